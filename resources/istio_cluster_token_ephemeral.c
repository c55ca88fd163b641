#include "base/clock.h"
#include "istio/service_token.h"
#include "kube/connection.h"
#include "schema/check.h"
#include "schema/resource.h"

static const struct attribute attributes[] = {
    CLUSTER("cluster", REQUIRED, "The cluster whose API server accepts the token."),
    STRING("service_account", OPTIONAL,
           "Service account to make a token for. Left out, the token that `cluster` itself signs "
           "in with is given.",
           .check = check_dns_subdomain),
    STRING("namespace", OPTIONAL, "Namespace of the service account.", .check = check_dns_label,
           .requires = NAMES("service_account")),
    TYPED("audiences", &type_string_list, OPTIONAL,
          "Who the token is meant for. Left out, the API server.",
          .requires = NAMES("service_account")),
    STRING("validity", OPTIONAL,
           "How long the token of the service account is wanted for, such as `1h` (which is the "
           "default); the server may change it.",
           .check = check_duration, .requires = NAMES("service_account")),
    STRING("token", COMPUTED | SENSITIVE, "The bearer token."),
    STRING("expires_at", COMPUTED, "When it expires, RFC 3339; null when that is not known."),
    END_ATTRIBUTES,
};

static bool token_validate(struct call *c, const struct value *config)
{
    if (value_is_set(value_at(config, "service_account")) &&
        value_is_null(value_at(config, "namespace")))
        return diag_error(c->diags, path_of(c->arena, "namespace"), "The namespace is missing",
                          "A service account is in a namespace: set namespace beside "
                          "service_account.");
    return true;
}

static bool own_token(struct call *c, struct kube *k, struct service_token *out)
{
    if (!kube_token(c, k, &out->token, &out->expires_at))
        return false;
    if (*out->token)
        return true;
    return diag_error(c->diags, path_of(c->arena, "cluster"), "There is no token",
                      "Cluster %s is signed in to with a client certificate. Name a "
                      "service_account to get a token.",
                      kube_name(k));
}

static bool account_token(struct call *c, struct kube *k, const struct value *config,
                          struct service_token *out)
{
    int64_t validity_ms = clock_parse_duration_ms(value_text(config, "validity"));

    return service_token_request(
        c, k, value_text(config, "namespace"), value_text(config, "service_account"),
        value_at(config, "audiences"), validity_ms < 0 ? 3600 : validity_ms / 1000, out);
}

static bool token_open(struct call *c, const struct value *config, struct ephemeral_result *out)
{
    struct service_token token;
    struct kube *k;
    bool named = value_is_set(value_at(config, "service_account"));

    if (!kube_open(c, value_at(config, "cluster"), path_of(c->arena, "cluster"), &k) ||
        !(named ? account_token(c, k, config, &token) : own_token(c, k, &token)))
        return false;
    out->result = value_with(c->arena, config, "token", value_string(c->arena, token.token));
    out->result = value_with(c->arena, out->result, "expires_at",
                             token.expires_at
                                 ? value_string(c->arena, clock_rfc3339(c->arena, token.expires_at))
                                 : &value_null);
    return true;
}

EPHEMERAL(istio_cluster_token) = {
    .name = "istio_cluster_token",
    .kind = KIND_EPHEMERAL,
    .summary = "A bearer token for a cluster's API server, which is never stored.",
    .doc = "For another provider's configuration or a write-only argument. A token cannot be "
           "renewed while Terraform runs: ask for a validity that outlasts the apply.",
    .attributes = attributes,
    .validate = token_validate,
    .open = token_open,
};
