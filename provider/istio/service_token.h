/* service_token - bearer tokens of service accounts. A token is a secret: it
 * lives in the call's arena and goes into nothing that is logged or stored. */
#ifndef ISTIO_SERVICE_TOKEN_H
#define ISTIO_SERVICE_TOKEN_H
#include <stdint.h>

#include "kube/kube.h"

struct service_token {
    const char *token;
    int64_t expires_at; /* seconds since 1970 */
};

/* The TokenRequest API: a token that the cluster made for the account, valid
 * for about `seconds` (servers may shorten or lengthen it; at least 600).
 * audiences is a list of strings, or null for the API server itself. An account
 * that does not exist is an error that says so. */
bool service_token_request(struct call *c, struct kube *k, const char *namespace,
                           const char *account, const struct value *audiences, int64_t seconds,
                           struct service_token *out);
/* The same for the API server, and only as long as this Secret exists, which is
 * in the account's namespace: to delete it is to revoke the token. */
bool service_token_request_bound(struct call *c, struct kube *k, const char *namespace,
                                 const char *account, const struct value *secret, int64_t seconds,
                                 struct service_token *out);
/* What a token says of itself ("sub", "iat", "exp"), unverified; an empty map
 * when it is no JWT. */
const struct value *service_token_claims(struct arena *a, const char *token);

#endif
