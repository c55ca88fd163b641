#include "istio/authority.h"

#include <string.h>

#include "base/clock.h"
#include "istio/issued.h"
#include "istio/signer.h"
#include "istio/trust.h"
#include "kube/connection.h"

/* --- the object from the bundle ---------------------------------------------- */

bool authority_is_due(struct arena *a, const struct value *object, int64_t expires_at, bool *gains)
{
    int64_t before_ms = clock_parse_duration_ms(value_text(object, "renew_before"));
    struct cacerts_signer_info signer;

    *gains = value_is_null(value_at(object, "root")) ||
             !signer_look(a, value_at(object, "root"), &signer) || signer.expires_at > expires_at;
    return expires_at - before_ms / 1000 <= clock_now();
}

static const struct value *with_arguments(struct arena *a, const struct value *object,
                                          const struct cacerts_info *info)
{
    const char *validity = issued_validity(a, info->not_before, info->expires_at);

    object = issued_fill(a, object, "organization", issued_part(a, info->ca_subject, "O"));
    object = issued_fill(a, object, "key_algorithm", info->key_algorithm);
    object = issued_fill(a, object, "validity", validity);
    return issued_fill(a, object, "renew_before", AUTHORITY_RENEW_BEFORE);
}

const char *authority_id(struct arena *a, const struct value *object)
{
    return text_f(a, "%s/%s/%s", connection_name(value_at(object, "cluster")),
                  value_text(object, "namespace"), CACERTS_SECRET_NAME);
}

const struct value *authority_describe(struct arena *a, const struct value *object,
                                       const struct bundle *b)
{
    const struct cacerts_info *info = &b->info;
    const struct value *v = with_arguments(a, object, info);
    const char *expires_at = info->expires_at ? clock_rfc3339(a, info->expires_at) : NULL;
    bool gains, due = authority_is_due(a, v, info->expires_at, &gains);

    v = value_with(a, v, "id", value_string(a, authority_id(a, v)));
    v = value_with(a, v, "secret_name", value_string(a, CACERTS_SECRET_NAME));
    v = value_with(a, v, "certificate_pem",
                   value_string_of(a, trust_certificates(a, b->files.cert_chain)));
    v = value_with(a, v, "fingerprint_sha256", value_string(a, info->ca_fingerprint));
    v = value_with(a, v, "root_fingerprint_sha256", value_string(a, info->root_fingerprint));
    v = value_with(a, v, "root_fingerprints", b->roots);
    v = value_with(a, v, "serial", value_string(a, info->ca_serial));
    v = value_with(a, v, "expires_at", value_string(a, expires_at));
    return value_with(a, v, "ready_for_renewal",
                      value_bool(!b->secret || b->fault || (due && gains)));
}

bool authority_is_as_written(struct call *c, const struct bundle *b)
{
    const char *written = value_text(c->private_data, "written");

    return !written[0] || strcmp(written, bundle_digest(c, b)) == 0;
}

/* --- what is to be done ------------------------------------------------------- */

static bool differs(const struct value *one, const struct value *other, const char *name)
{
    return !value_equal(value_at(one, name), value_at(other, name));
}

static bool signer_differs(struct arena *a, const struct value *prior, const struct value *planned)
{
    struct cacerts_signer_info was, is;

    return signer_look(a, value_at(prior, "root"), &was) &&
           signer_look(a, value_at(planned, "root"), &is) &&
           strcmp(was.fingerprint, is.fingerprint) != 0;
}

/* The clock is asked only where renew_before itself changes; a refresh has
 * asked it for all other cases. */
static bool becomes_due(struct arena *a, const struct value *prior, const struct value *planned)
{
    int64_t expires_at = clock_parse_rfc3339(value_text(prior, "expires_at"));
    bool gains;

    return differs(prior, planned, "renew_before") &&
           authority_is_due(a, planned, expires_at, &gains) && gains;
}

static bool is_stale(struct arena *a, const struct value *prior, const struct value *planned)
{
    return value_flag(prior, "ready_for_renewal") || differs(prior, planned, "organization") ||
           differs(prior, planned, "key_algorithm") || differs(prior, planned, "validity") ||
           strcmp(connection_name(value_at(prior, "cluster")),
                  connection_name(value_at(planned, "cluster"))) != 0 ||
           signer_differs(a, prior, planned) || becomes_due(a, prior, planned);
}

bool authority_next(struct call *c, const struct value *prior, const struct value *planned,
                    struct rotation *out)
{
    const struct path *at = path_of(c->arena, "root", "certificate_pem");
    const struct value *root = value_at(planned, "root");
    struct cacerts_signer_info signer;
    const struct rotation_state state = {
        .chain_root = value_text(prior, "root_fingerprint_sha256"),
        .roots = value_at(prior, "root_fingerprints"),
        .wanted_root = signer_look(c->arena, root, &signer) ? signer.root_fingerprint : "",
        .rotation = value_text(planned, "rotation"),
        .is_stale = is_stale(c->arena, prior, planned),
    };

    if (!state.wanted_root[0])
        return diag_error(c->diags, at, "The root's certificate cannot be read",
                          "It has to be PEM, as istio_root_ca gives it out.");
    return rotation_next(c, &state, out);
}
