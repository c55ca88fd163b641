#include "istio/service_token.h"

#include "base/clock.h"
#include "codec/base64.h"
#include "codec/json.h"

/* spec is of the TokenRequest. */
static bool ask(struct call *c, struct kube *k, const struct kube_ref *account,
                const struct value *spec, struct service_token *out)
{
    const struct value *body, *reply;

    body =
        value_map_of(c->arena, {"apiVersion", value_string(c->arena, "authentication.k8s.io/v1")},
                     {"kind", value_string(c->arena, "TokenRequest")}, {"spec", spec});
    if (!kube_create_subresource(c, k, account, "token", body, KUBE_SECRET, &reply))
        return false;
    out->token = value_z(value_in(reply, "status", "token"));
    out->expires_at =
        clock_parse_rfc3339(value_z(value_in(reply, "status", "expirationTimestamp")));
    if (!*out->token || out->expires_at < 0)
        return diag_error(c->diags, NULL, "Malformed TokenRequest",
                          "Cluster %s answered a TokenRequest for %s without a token or without "
                          "its expirationTimestamp.",
                          kube_name(k), kube_ref_text(c->arena, account));
    return true;
}

bool service_token_request(struct call *c, struct kube *k, const char *namespace,
                           const char *account, const struct value *audiences, int64_t seconds,
                           struct service_token *out)
{
    const struct kube_ref ref = {"v1", "ServiceAccount", namespace, account};
    const struct value *spec =
        value_map_of(c->arena, {"expirationSeconds", value_integer(c->arena, seconds)});

    if (value_count(audiences))
        spec = value_with(c->arena, spec, "audiences", audiences);
    return ask(c, k, &ref, spec, out);
}

bool service_token_request_bound(struct call *c, struct kube *k, const char *namespace,
                                 const char *account, const struct value *secret, int64_t seconds,
                                 struct service_token *out)
{
    const struct kube_ref ref = {"v1", "ServiceAccount", namespace, account};
    const struct value *metadata = value_at(secret, "metadata");
    const struct value *bound =
        value_map_of(c->arena, {"apiVersion", value_string(c->arena, "v1")},
                     {"kind", value_string(c->arena, "Secret")},
                     {"name", value_at(metadata, "name")}, {"uid", value_at(metadata, "uid")});

    return ask(c, k, &ref,
               value_map_of(c->arena, {"expirationSeconds", value_integer(c->arena, seconds)},
                            {"boundObjectRef", bound}),
               out);
}

const struct value *service_token_claims(struct arena *a, const char *token)
{
    struct text rest = text_of(token), header, payload, bytes;
    const struct value *claims = &value_null;
    struct diags unheard;

    diags_init(&unheard, a);
    if (!text_split(&rest, '.', &header) || !text_split(&rest, '.', &payload) ||
        !base64_decode(a, payload, BASE64_URL_RAW, &bytes) ||
        !json_read(a, bytes, "token", &unheard, &claims) || claims->kind != VALUE_MAP)
        return &value_empty_map;
    return claims;
}
