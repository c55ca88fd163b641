/* sandbox - stand-in Kubernetes API servers on loopback, in one process.
 *
 * For tests (linked in, many at once) and for people (build/istio-sandbox). It
 * is typed enough for real use and says in /version that it is a stand-in.
 * Listens on 127.0.0.1 only. Thread-safe. */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sandbox; /* one API server */

struct sandbox_options {
    const char *name;        /* "east": context name and part of its UIDs */
    int port;                /* 0 = any free one */
    const char *git_version; /* "v1.33.4" when NULL; decides which APIs are served */
    int64_t settle_ms;       /* delay of controllers (Deployments ready, …); 0 = at once */
    bool istiod;             /* do what a running istiod does to objects: see mesh.h */
    bool cloud;              /* load balancers of Services are somebody else's work */
};

/* Ends the process with a message when it cannot listen: tests cannot go on. */
struct sandbox *sandbox_start(const struct sandbox_options *options);
void sandbox_stop(struct sandbox *s);
const char *sandbox_url(const struct sandbox *s);
const char *sandbox_ca_pem(const struct sandbox *s);
/* A kubeconfig text with an administrator's client certificate / token. */
const char *sandbox_kubeconfig(const struct sandbox *s);
const char *sandbox_admin_token(const struct sandbox *s);
/* A user who may do nothing. */
const char *sandbox_nobody_token(const struct sandbox *s);

/* Tokens that the server has not made itself: fills in who bears one, in the arena; false =
 * it is not valid. Asked without any lock. Set before the first request. */
struct arena;
struct user;
typedef bool sandbox_bearer_fn(void *data, struct arena *a, const char *token, struct user *out);
void sandbox_set_bearers(struct sandbox *s, sandbox_bearer_fn *bearer, void *data);

/* The server becomes one of another version. */
void sandbox_set_version(struct sandbox *s, const char *git_version);
/* Called without any lock after every request that may have changed something, before its
 * answer. Set before the first request. */
typedef void sandbox_changed_fn(void *data);
void sandbox_set_changed(struct sandbox *s, sandbox_changed_fn *changed, void *data);
/* What a webhook does to new Services of type LoadBalancer without a class: gives them one
 * (NULL = nothing), or refuses every new Service (NULL = no). Texts that live forever. */
void sandbox_set_service_webhook(struct sandbox *s, const char *class_name, const char *refusal);

/* --- faults ------------------------------------------------------------- */
enum sandbox_fault {
    FAULT_NONE,
    FAULT_CUT,       /* connection closed without an answer */
    FAULT_CUT_AFTER, /* the request is carried out, then the connection is closed */
    FAULT_429,       /* with Retry-After */
    FAULT_500,
    FAULT_409,
    FAULT_SLOW,      /* the answer comes after sandbox_slow_ms() */
    FAULT_GARBAGE,   /* 200 with a body that is no JSON */
    FAULT_EXPIRED,   /* 401: the token just expired */
    FAULT_HANG,      /* no answer until the fault is cleared or the client leaves */
    FAULT_KILL,      /* a process is killed instead of carrying the request out ... */
    FAULT_KILL_AFTER /* ... or after it, before the answer: set by POST /sandbox/kill */
};
/* The requests from the first_request-th on (1 = the next one), `count` of them
 * (0 = all), meet the fault. Only requests whose "METHOD path?query" contains
 * `match` are counted; NULL = all. Faults add up, the first one that is due
 * wins; FAULT_NONE clears them all. */
void sandbox_fault(struct sandbox *s, enum sandbox_fault fault, size_t first_request, size_t count,
                   const char *match);
/* How long FAULT_SLOW takes; 2000 when never set. */
void sandbox_slow_ms(struct sandbox *s, int64_t ms);
/* By name "cut", "cut-after", "429", …; false when unknown. */
bool sandbox_fault_parse(const char *name, enum sandbox_fault *out);

/* --- what was asked ----------------------------------------------------- */
/* Requests since the start or the last reset, as lines
 * "PATCH /api/v1/namespaces/x/secrets/y?fieldManager=… 201\n"; caller frees
 * with memory_free(). Watches and discovery are included. */
char *sandbox_requests(struct sandbox *s);
void sandbox_requests_reset(struct sandbox *s);
size_t sandbox_request_count(struct sandbox *s);
/* The stored object as JSON, or NULL; caller frees with memory_free(). path is
 * "/api/v1/namespaces/x/secrets/y". */
char *sandbox_object(struct sandbox *s, const char *path);
/* What an administrator reads at a path, lists too; as sandbox_object(). */
char *sandbox_get(struct sandbox *s, const char *path);
/* It grows with every change of an object. */
int64_t sandbox_version(struct sandbox *s);
/* Changes behind everyone's back, as an administrator with another field
 * manager: json is merged into the object, which is made when it is missing. */
bool sandbox_put(struct sandbox *s, const char *path, const char *json, const char *manager);
bool sandbox_delete(struct sandbox *s, const char *path);
/* Controllers do at once what settle_ms would make wait. */
void sandbox_settle(struct sandbox *s);
/* Watches and lists from before now answer 410 Gone. */
void sandbox_compact(struct sandbox *s);

#endif
