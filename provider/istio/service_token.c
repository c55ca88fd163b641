#include "istio/service_token.h"

#include "base/clock.h"

bool service_token_request(struct call *c, struct kube *k, const char *namespace,
                           const char *account, const struct value *audiences, int64_t seconds,
                           struct service_token *out)
{
    const struct kube_ref ref = {"v1", "ServiceAccount", namespace, account};
    const struct value *body, *reply;

    body = value_map_of(
        c->arena, {"apiVersion", value_string(c->arena, "authentication.k8s.io/v1")},
        {"kind", value_string(c->arena, "TokenRequest")},
        {"spec", value_map_of(c->arena, {"expirationSeconds", value_integer(c->arena, seconds)})});
    if (value_count(audiences))
        body = value_with_in(c->arena, body, audiences, "spec", "audiences");
    if (!kube_create_subresource(c, k, &ref, "token", body, KUBE_SECRET, &reply))
        return false;
    out->token = value_z(value_in(reply, "status", "token"));
    out->expires_at =
        clock_parse_rfc3339(value_z(value_in(reply, "status", "expirationTimestamp")));
    if (!*out->token || out->expires_at < 0)
        return diag_error(c->diags, NULL, "Malformed TokenRequest",
                          "Cluster %s answered a TokenRequest for %s without a token or without "
                          "its expirationTimestamp.",
                          kube_name(k), kube_ref_text(c->arena, &ref));
    return true;
}
