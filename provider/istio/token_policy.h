/* token_policy - what kind of token a watcher is given, and when it is due to be
 * replaced: the `token` argument of resources that connect clusters. */
#ifndef ISTIO_TOKEN_POLICY_H
#define ISTIO_TOKEN_POLICY_H
#include <stdint.h>

#include "istio/reader.h"
#include "schema/attribute.h"

extern const struct attribute token_policy_attributes[];

struct token_policy {
    enum reader_token type;
    int64_t validity_seconds, renew_before_seconds; /* of a bound one */
};

/* token is the argument's object; null stands for the default. */
struct token_policy token_policy_of(const struct value *token);
/* Rules across the rows; `at` is the argument. */
bool token_policy_check(struct call *c, const struct path *at, const struct value *token);
/* Now, for a token with these claims. Never within the first two thirds of its
 * life: a server that shortens lives must not be asked in each apply. */
bool token_policy_is_due(const struct token_policy *policy, const struct value *claims);
/* Now, for one that expires then. */
bool token_policy_is_near(const struct token_policy *policy, int64_t expires_at);

#endif
