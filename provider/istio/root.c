#include "istio/root.h"

#include <string.h>

#include "base/clock.h"
#include "istio/issued.h"
#include "kube/connection.h"

const struct root_argument root_arguments[] = {
    {"common_name", NULL},
    {"organization", "Istio"},
    {"key_algorithm", "RSA-4096"},
    {"validity", "87600h"},
    {NULL, NULL},
};

/* --- the object ------------------------------------------------------------------ */

bool root_is_own(const struct value *object)
{
    return !value_is_null(value_at(object, "certificate"));
}

const struct value *root_place(const struct value *object)
{
    return value_in(object, "storage", "secret");
}

const struct value *root_aws_place(const struct value *object)
{
    return value_in(object, "storage", "secrets_manager");
}

bool root_is_in_state(const struct value *object)
{
    return value_is_null(root_place(object)) && value_is_null(root_aws_place(object));
}

const struct path *root_place_path(struct arena *a)
{
    return path_of(a, "storage", "secret");
}

static const struct value *aws_id(struct arena *a, const struct value *place)
{
    const char *region = value_text(place, "region"), *name = value_text(place, "name");

    return region[0] && name[0] ? value_f(a, "%s/%s", region, name) : &value_unknown;
}

const struct value *root_id(struct arena *a, const struct value *object)
{
    const struct value *place = root_place(object);
    const char *cluster = connection_name(value_at(place, "cluster")),
               *namespace = value_text(place, "namespace"), *name = value_text(place, "name");

    if (!value_is_null(root_aws_place(object)))
        return aws_id(a, root_aws_place(object));
    if (value_is_null(place))
        return value_at(object, "fingerprint_sha256");
    return cluster[0] && namespace[0] && name[0] ? value_f(a, "%s/%s/%s", cluster, namespace, name)
                                                 : &value_unknown;
}

const struct value *root_signer(struct arena *a, const struct value *object)
{
    const struct value *place = root_aws_place(object);

    if (value_is_set(place))
        place = value_map_of(a, {"name", value_at(place, "name")},
                             {"region", value_at(place, "region")});
    return value_map_of(a, {"certificate_pem", value_at(object, "certificate_pem")},
                        {"private_key_pem", value_at(object, "private_key_pem")},
                        {"secret", root_place(object)}, {"secrets_manager", place});
}

static const struct value *with_arguments(struct arena *a, const struct value *object,
                                          const struct cacerts_signer_info *info)
{
    const char *validity = issued_validity(a, info->not_before, info->expires_at);

    object = issued_fill(a, object, "common_name", issued_part(a, info->subject, "CN"));
    object = issued_fill(a, object, "organization", issued_part(a, info->subject, "O"));
    object = issued_fill(a, object, "key_algorithm", info->key_algorithm);
    return issued_fill(a, object, "validity", validity);
}

const struct value *root_describe(struct arena *a, const struct value *object,
                                  const struct cacerts_signer_info *info, struct text key)
{
    const struct value *v = with_arguments(a, object, info);
    const char *expires_at = info->expires_at ? clock_rfc3339(a, info->expires_at) : NULL;

    v = value_with(a, v, "certificate_pem", value_string_of(a, info->certificates));
    v = value_with(a, v, "private_key_pem",
                   root_is_in_state(v) ? value_string_of(a, key) : &value_null);
    v = value_with(a, v, "fingerprint_sha256", value_string(a, info->fingerprint));
    v = value_with(a, v, "serial", value_string(a, info->serial));
    v = value_with(a, v, "expires_at", value_string(a, expires_at));
    v = value_with(a, v, "id", root_id(a, v));
    return value_with(a, v, "signer", root_signer(a, v));
}

/* --- where it comes from ------------------------------------------------------------ */

bool root_own(struct call *c, const struct value *object, struct cacerts_signer *out)
{
    out->certificates = value_string_text(value_at(object, "certificate"));
    out->key = value_string_text(value_at(c->config, "private_key_wo"));
    return out->key.len ||
           diag_error(c->diags, path_of(c->arena, "private_key_wo"), "The private key is missing",
                      "A certificate of your own can sign only together with its key.");
}

bool root_make(struct call *c, const struct value *object, struct cacerts_signer *out)
{
    const struct cacerts_root_request request = {
        .common_name = value_text(object, "common_name"),
        .organization = value_text(object, "organization"),
        .key_algorithm = value_text(object, "key_algorithm"),
        .validity_seconds = clock_parse_duration_ms(value_text(object, "validity")) / 1000,
        .now = clock_now(),
    };

    if (root_is_own(object))
        return root_own(c, object, out);
    return cacerts_root_issue(c->arena, c->diags, &request, out);
}

bool root_check(struct call *c, const struct value *object, const struct cacerts_signer *signer,
                struct cacerts_signer_info *out)
{
    const struct path *at = root_is_own(object) ? path_of(c->arena, "certificate") : NULL;

    return cacerts_signer_check(c->arena, c->diags, at, signer, clock_now(), out);
}

/* --- what is there already ------------------------------------------------------------- */

static bool is_own_certificate(struct call *quiet, const struct value *object,
                               const struct cacerts_signer_info *info)
{
    const struct cacerts_signer own = {value_string_text(value_at(object, "certificate")),
                                       TEXT("")};
    struct cacerts_signer_info wanted;

    return root_check(quiet, object, &own, &wanted) &&
           strcmp(wanted.fingerprint, info->fingerprint) == 0;
}

static bool is_as_generated(struct arena *a, const struct value *object,
                            const struct cacerts_signer_info *info)
{
    const char *validity = issued_validity(a, info->not_before, info->expires_at);

    return strcmp(issued_part(a, info->subject, "CN"), value_text(object, "common_name")) == 0 &&
           strcmp(issued_part(a, info->subject, "O"), value_text(object, "organization")) == 0 &&
           strcmp(info->key_algorithm, value_text(object, "key_algorithm")) == 0 &&
           clock_parse_duration_ms(validity) ==
               clock_parse_duration_ms(value_text(object, "validity"));
}

bool root_is_left_over(struct call *c, const struct value *object,
                       const struct cacerts_signer *found)
{
    struct cacerts_signer_info info;
    struct diags unheard;
    struct call quiet;

    diags_init(&unheard, c->arena);
    quiet = call_quietly(c, &unheard);
    if (!found->key.len || !root_check(&quiet, object, found, &info))
        return false;
    return root_is_own(object) ? is_own_certificate(&quiet, object, &info)
                               : is_as_generated(c->arena, object, &info);
}
