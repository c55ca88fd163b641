/* review - requests that are answered and not stored: tokens and who may what. */
#ifndef SANDBOX_REVIEW_H
#define SANDBOX_REVIEW_H
#include "acceptance/sandbox/server.h"

void review_handle(struct request *r);
/* The data of a kubernetes.io/service-account-token Secret: token, ca.crt,
 * namespace; the Secret with them, or NULL when its account does not exist. */
const struct value *review_fill_secret(struct sandbox *s, struct arena *a,
                                       const struct value *secret);

#endif
