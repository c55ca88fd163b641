/* client - the inside of a struct kube: one request with credentials, renewal
 * and messages. For files in kube/ only. */
#ifndef KUBE_CLIENT_H
#define KUBE_CLIENT_H
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/client.h"
#include "kube/discovery.h"
#include "kube/kube.h"
#include "kube/target.h"

struct kube_pool {
    pthread_mutex_t lock; /* of the list */
    struct http_client *http;
    struct kube *first; /* all ever made: replaced ones serve the calls that hold them */
    kube_eks_token_fn *eks_token;
    kube_eks_cluster_fn *eks_cluster;
};

/* Connections with one TLS identity; kept until the end, because a request may
 * still run on those of an older identity. */
struct kube_endpoint {
    struct http_endpoint *http;
    struct kube_endpoint *next;
};

struct kube_auth {
    char *token; /* memory_*; NULL = none */
    int64_t expires_at, read_at;
    uint64_t generation; /* 0 = not yet obtained */
    struct http_endpoint *endpoint;
};

struct kube {
    struct arena *arena; /* written only while the client is made */
    struct kube_pool *pool;
    const struct value *connection; /* by which it is found again */
    const char *name, *expected_uid;
    struct kube_target target;
    struct kube *next;

    pthread_mutex_t auth_lock; /* held while credentials are fetched, so that one does it for all */
    struct kube_auth auth;
    struct http_endpoint *base; /* without an identity from a plugin */
    struct kube_endpoint *endpoints;

    pthread_mutex_t discovery_lock; /* held while the server is asked */
    struct discovery discovery;

    pthread_mutex_t facts_lock; /* held while the server is asked */
    char *uid;                  /* memory_*; NULL = not yet asked */
    char *git_version;          /* likewise */
    int major, minor;
    int64_t unreachable_until_ms; /* no use asking again before; monotonic */
    char *unreachable_text;       /* memory_*; why */
};

/* --- credentials (auth.c) ------------------------------------------------ */
struct kube_session {
    const struct http_endpoint *endpoint;
    const char *token;         /* in the call's arena; NULL = none */
    const char *authorization; /* the header made of it; NULL = none */
    int64_t expires_at;
    uint64_t generation;
};
/* What to send now, fetched when there is none or it is about to expire. */
bool auth_session(struct call *c, struct kube *k, struct kube_session *out);
/* After a 401 to `old`: gets other credentials, unless somebody has already.
 * *renewed false when there is no way to get any. */
bool auth_renew(struct call *c, struct kube *k, const struct kube_session *old, bool *renewed);
/* "the token of exec plugin aws": for messages. */
const char *auth_text(struct arena *a, const struct kube *k);
void auth_clear(struct kube *k);
/* Makes connections with this TLS identity; kept by k. */
bool auth_endpoint(struct call *c, struct kube *k, struct text certificate_pem, struct text key_pem,
                   const struct path *at, struct http_endpoint **out);

/* Credentials that a plugin printed; in the call's arena. */
struct exec_credential {
    const char *token; /* NULL = none */
    struct text client_certificate_pem, client_key_pem;
    int64_t expires_at; /* 0 = never */
};
bool exec_run(struct call *c, const struct kube_exec *e, const char *cluster,
              struct exec_credential *out);

/* --- requests (client.c) -------------------------------------------------- */
/* What a request is about, for the messages of its failure. */
struct kube_subject {
    const char *verb;           /* "apply": "Cannot apply Secret a/b" */
    const struct kube_ref *ref; /* NULL = the server itself */
    const char *import_hint;    /* how an object that exists is taken over; NULL = unsaid */
    const struct value *sent;   /* body, whose secrets are kept out of messages; NULL = none */
};

struct kube_request {
    const char *method, *target;
    const char *content_type, *accept; /* NULL = none, application/json */
    struct text body;
    unsigned flags; /* of http */
    int64_t timeout_ms;
    bool (*on_data)(void *data, struct text piece);
    void *data;
};

/* True = a reply of whatever status came, after at most one renewal. */
bool kube_send(struct call *c, struct kube *k, const struct kube_subject *about,
               const struct kube_request *request, struct http_reply *reply);
/* The same without a word on failure, which is in the reply. False also when
 * credentials failed: then reported. */
bool kube_exchange(struct call *c, struct kube *k, const struct kube_request *request,
                   struct http_reply *reply);
/* Many at once; replies[i].failure tells. False (reported) when credentials failed. */
bool kube_send_all(struct call *c, struct kube *k, const struct kube_request *requests,
                   size_t count, struct http_reply *replies);
/* Sends, and reports all but a 2xx reply with JSON. */
bool kube_ask(struct call *c, struct kube *k, const struct kube_subject *about,
              const struct kube_request *request, const struct value **body);
/* The body of a 2xx reply. */
bool kube_reply_body(struct call *c, const struct kube *k, const struct http_reply *reply,
                     const struct value **out);
bool kube_status_is_fine(int status);
/* Compares the server's uid with the connection's, once per client. */
bool kube_check_uid(struct call *c, struct kube *k);

/* --- failures (error.c): always false -------------------------------------- */
bool kube_refused(struct call *c, const struct kube *k, const struct kube_subject *about,
                  const struct http_reply *reply);
bool kube_unreachable(struct call *c, const struct kube *k, const struct kube_subject *about,
                      const struct http_reply *reply);
/* An object is there that is not ours. */
bool kube_exists(struct call *c, const struct kube *k, const struct kube_subject *about);
bool kube_not_served(struct call *c, const struct kube *k, const struct kube_subject *about);
/* The Status object of a reply; value_null when it has none. */
const struct value *kube_status_of(struct call *c, const struct http_reply *reply);

/* --- objects (object.c) ----------------------------------------------------- */
/* "/api/v1/namespaces/a/secrets/b", without the name when it is NULL; reports a
 * namespace or name that is missing or malformed. */
bool object_target(struct call *c, const struct kube *k, const struct kube_subject *about,
                   const struct kube_resource *resource, const char *name, const char **out);
/* http flags that keep the bodies of secret things out of the log. */
unsigned object_secrecy(const struct kube_ref *ref, unsigned flags);
/* "?fieldManager=…&fieldValidation=Strict", with force and dryRun as flagged. */
const char *object_query(struct arena *a, unsigned flags, bool is_apply);

#endif
