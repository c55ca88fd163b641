#include "istio/token_policy.h"

#include <string.h>

#include "base/clock.h"
#include "schema/check.h"

#define VALIDITY_DEFAULT "8760h"
#define RENEW_BEFORE_DEFAULT "720h"

enum { VALIDITY_SECONDS_MIN = 600 }; /* what the TokenRequest API takes */

const struct attribute token_policy_attributes[] = {
    STRING("type", OPTIONAL | COMPUTED,
           "`secret`: one that does not expire, in a Secret of its own on the remote cluster, as "
           "istioctl makes it. `bound`: one that expires and is renewed when Terraform runs; an "
           "istiod before 1.30 drops its old client of the cluster before the new one has synced.",
           .fallback = "secret", .one_of = ONE_OF("secret", "bound")),
    STRING("validity", OPTIONAL,
           "How long a bound token is wanted for; left out, `" VALIDITY_DEFAULT
           "`. Servers may shorten it, EKS to `24h`.",
           .check = check_duration),
    STRING("renew_before", OPTIONAL,
           "How long before its end the plan shows the renewal of a bound token; left out, "
           "`" RENEW_BEFORE_DEFAULT "`. It is never more than a third of the token's life.",
           .check = check_duration),
    END_ATTRIBUTES,
};

static int64_t seconds_of(const struct value *token, const char *name, const char *fallback)
{
    const char *text = value_text(token, name);

    return clock_parse_duration_ms(text[0] ? text : fallback) / 1000;
}

struct token_policy token_policy_of(const struct value *token)
{
    bool bound = strcmp(value_text(token, "type"), "bound") == 0;

    return (struct token_policy){
        .type = bound ? READER_TOKEN_BOUND : READER_TOKEN_SECRET,
        .validity_seconds = seconds_of(token, "validity", VALIDITY_DEFAULT),
        .renew_before_seconds = seconds_of(token, "renew_before", RENEW_BEFORE_DEFAULT),
    };
}

static bool check_lasting(struct call *c, const struct path *at, const struct value *token)
{
    static const char *const names[] = {"validity", "renew_before"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (value_is_set(value_at(token, names[i])))
            return diag_error(c->diags, path_name(c->arena, at, names[i]),
                              "The token does not expire", "%s goes with type = \"bound\" only.",
                              names[i]);
    return true;
}

bool token_policy_check(struct call *c, const struct path *at, const struct value *token)
{
    struct token_policy policy;

    if (!value_is_set(token) || !value_is_wholly_known(token))
        return true;
    policy = token_policy_of(token);
    if (policy.type != READER_TOKEN_BOUND)
        return check_lasting(c, at, token);
    if (policy.validity_seconds < VALIDITY_SECONDS_MIN)
        return diag_error(c->diags, path_name(c->arena, at, "validity"),
                          "The token's life is too short",
                          "Kubernetes makes none for less than 10m.");
    if (policy.renew_before_seconds < policy.validity_seconds ||
        !value_is_set(value_at(token, "renew_before")))
        return true;
    return diag_error(
        c->diags, path_name(c->arena, at, "renew_before"), "Renewal would never come to an end",
        "renew_before has to be shorter than validity (" VALIDITY_DEFAULT " when it is left out).");
}

bool token_policy_is_due(const struct token_policy *policy, const struct value *claims)
{
    int64_t expires_at = value_integer_at(claims, "exp");
    int64_t third = (expires_at - value_integer_at(claims, "iat")) / 3;
    int64_t before = policy->renew_before_seconds;

    return expires_at && expires_at - (before < third ? before : third) <= clock_now();
}

bool token_policy_is_near(const struct token_policy *policy, int64_t expires_at)
{
    return expires_at - policy->renew_before_seconds <= clock_now();
}
