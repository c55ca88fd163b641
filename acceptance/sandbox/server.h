/* server - the inside of one stand-in API server: what its files share.
 *
 * One lock guards everything in struct sandbox. A request is handled under it
 * from routing to reply; only waiting (slow answers, watches) happens without.
 * Functions here expect the lock to be held unless they say otherwise. */
#ifndef SANDBOX_SERVER_H
#define SANDBOX_SERVER_H
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "acceptance/sandbox/faults.h"
#include "acceptance/sandbox/kinds.h"
#include "acceptance/sandbox/sandbox.h"
#include "base/arena.h"
#include "schema/value.h"

enum {
    BODY_BYTES_MAX = 3 << 20, /* as a real server */
    REPLY_BYTES_MAX = 1 << 30,
    EVENTS_KEPT = 8192, /* older ones answer 410 Gone */
};

struct user {
    const char *name, *uid;
    const char *const *groups; /* NULL ends */
    const struct value *extra; /* map of lists, or NULL */
};

struct stored; /* one revision of an object: see store.h */
struct collection;

struct event {
    const char *type; /* "ADDED", "MODIFIED", "DELETED" */
    int64_t version;
    const struct collection *collection;
    struct stored *now, *before; /* before: NULL when added */
};

/* A controller has to look at an object, at due_ms. */
struct task {
    int64_t due_ms;
    const struct kind *kind;
    char *ns, *name;
};

struct identity; /* keys and certificates: see identity.h */

struct sandbox {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* an event, a fault, the end */
    bool stopping;
    struct arena *arena; /* lives as long as the server */
    const char *name, *url, *git_version;
    int minor; /* of git_version */
    int64_t settle_ms;
    bool istiod, cloud;
    struct identity *identity;
    sandbox_bearer_fn *bearer; /* NULL = nobody has other tokens */
    void *bearer_data;
    sandbox_changed_fn *changed_fn; /* NULL = nobody wants to know */
    void *changed_data;
    const char *service_class, *service_refusal; /* sandbox_set_service_webhook() */
    struct MHD_Daemon *daemon;
    pthread_t controllers;

    struct collection **collections;
    size_t collection_count;
    struct event events[EVENTS_KEPT]; /* a ring */
    size_t event_first, event_count;
    int64_t version, oldest_version; /* watches from below the oldest are too old */
    struct kind **custom;            /* kinds of CustomResourceDefinitions, one per version */
    size_t custom_count;
    struct kind **retired; /* no longer served, perhaps still watched */
    size_t retired_count;

    struct task *tasks;
    size_t task_count, task_capacity;

    struct faults faults;
};

struct request {
    struct sandbox *s;
    struct arena *a;
    const char *method, *path, *target; /* path decoded; target as it came */
    const struct value *query;          /* map of strings */
    const char *content_type, *accept, *agent, *authorization;
    struct text certificate; /* of the client, verified, as DER; empty without one */
    struct text body;
    struct user user;
    bool is_known; /* user was told by the server's bearer function */

    const struct kind *kind;
    const char *ns, *name, *subresource; /* "" when absent */
    const char *verb;
    const char *manager;
    bool dry_run;

    int status;
    const char *reply_type;
    struct text reply;
    const struct value *warnings; /* list of strings */
    struct watch *watch;          /* the reply is a stream */
};

/* The value of a query parameter, "" when absent. */
const char *request_parameter(const struct request *r, const char *name);
void reply_value(struct request *r, int status, const struct value *v);
void reply_text(struct request *r, int status, const char *type, struct text body);

/* control.c: how a fault that answers answers; /sandbox/..., the control interface
 * (false: another path). */
void control_answer(struct request *r, enum sandbox_fault met);
bool control_handle(struct request *r);

/* resource.c: everything under /api and /apis that is an object. */
void resource_handle(struct request *r);
/* The stored object that a path names, or NULL. */
const struct value *resource_at(struct sandbox *s, struct arena *a, const char *path);

#endif
