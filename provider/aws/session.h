/* session - the inside of a struct aws: what its calls share. For aws.c, request.c and
 * the sources of credentials. */
#ifndef AWS_SESSION_H
#define AWS_SESSION_H
#include <pthread.h>

#include "aws/aws.h"
#include "aws/retry.h"

/* One service as one session sees it. */
struct session_service {
    struct session_service *next;
    const struct aws_service *service;
    struct service_address address;
    struct http_endpoint *endpoint;
    struct aws_bucket bucket; /* under the session's lock */
};

struct session_credentials {
    char *id, *secret, *token, *source; /* memory_*; NULL = none yet */
    int64_t expires_at;
    uint64_t generation; /* 0 = not yet obtained */
};

struct aws {
    struct arena *arena; /* written only while the session is made, and under the lock */
    struct aws_pool *pool;
    struct aws *next;
    const char *region, *profile;
    const struct value *assume_role; /* of the provider block or connection; null = none */
    const struct value *profile_settings;
    bool fips, dual_stack;
    int retries_max;

    pthread_mutex_t lock; /* of all below but credentials */
    struct session_service *services;
    int64_t clock_offset_s; /* theirs minus ours */
    char *account, *arn, *user_id;

    pthread_mutex_t credentials_lock; /* held while credentials are fetched */
    struct session_credentials credentials;
};

/* The service's entry, made at its first use. */
bool session_service(struct call *c, struct aws *s, const struct aws_service *service,
                     struct session_service **out);
/* After a refusal of credentials of that generation: gets others, unless somebody has.
 * *renewed false when what there is now is the same. */
bool session_renew(struct call *c, struct aws *s, uint64_t generation, bool *renewed);
/* aws_credentials_now() and the generation of what it gave. */
bool session_credentials_now(struct call *c, struct aws *s, struct aws_credentials *out,
                             uint64_t *generation);

/* One operation, retried by the rules of retry.h. `as` signs it; NULL = the session's
 * own credentials, unless the operation is AWS_UNSIGNED. */
bool session_ask(struct call *c, struct aws *s, const struct aws_operation *operation,
                 const struct value *input, const struct aws_credentials *as,
                 struct aws_reply *reply);

#endif
