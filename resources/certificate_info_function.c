#include "base/clock.h"
#include "crypto/certificate.h"
#include "schema/resource.h"

static const struct attribute parameters[] = {
    STRING("pem", REQUIRED, "One or many certificates as PEM text."),
    END_ATTRIBUTES,
};

static const struct type_field fields[] = {
    {"subject", &type_string},
    {"issuer", &type_string},
    {"common_name", &type_string},
    {"serial", &type_string},
    {"fingerprint_sha256", &type_string},
    {"key_algorithm", &type_string},
    {"dns_names", &type_string_list},
    {"uris", &type_string_list},
    {"not_before", &type_string},
    {"not_after", &type_string},
    {"is_ca", &type_bool},
    {"is_self_signed", &type_bool},
    {"path_length", &type_number},
};

static const struct type certificate_type = {
    .kind = TYPE_OBJECT, .fields = fields, .count = sizeof(fields) / sizeof(fields[0])};
static const struct type certificates_type = {.kind = TYPE_LIST, .element = &certificate_type};

static const struct value *name_list(struct arena *a, const char *const *names)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (; names && *names; names++)
        value_builder_add(&b, value_string(a, *names));
    return value_builder_list(&b);
}

static const struct value *describe(struct arena *a, const struct certificate *certificate)
{
    return value_map_of(a, {"subject", value_string(a, certificate->subject)},
                        {"issuer", value_string(a, certificate->issuer)},
                        {"common_name", value_string(a, certificate->common_name)},
                        {"serial", value_string(a, certificate->serial)},
                        {"fingerprint_sha256", value_string(a, certificate->fingerprint_sha256)},
                        {"key_algorithm", value_string(a, certificate->key_algorithm)},
                        {"dns_names", name_list(a, certificate->dns_names)},
                        {"uris", name_list(a, certificate->uris)},
                        {"not_before", value_string(a, clock_rfc3339(a, certificate->not_before))},
                        {"not_after", value_string(a, clock_rfc3339(a, certificate->not_after))},
                        {"is_ca", value_bool(certificate->is_ca)},
                        {"is_self_signed", value_bool(certificate->is_self_signed)},
                        {"path_length", certificate->path_length < 0
                                            ? &value_null
                                            : value_integer(a, certificate->path_length)});
}

static bool info(struct call *c, const struct value *arguments, const struct value **out)
{
    struct text pem = value_string_text(value_item(arguments, 0));
    struct certificates found;
    struct value_builder list;

    if (!certificate_read_all(c->arena, c->diags, path_index(c->arena, NULL, 0), "certificate", pem,
                              &found))
        return false;
    value_builder_init(&list, c->arena);
    for (size_t i = 0; i < found.count; i++)
        value_builder_add(&list, describe(c->arena, &found.items[i]));
    *out = value_builder_list(&list);
    return true;
}

FUNCTION(certificate_info) = {
    .name = "certificate_info",
    .kind = KIND_FUNCTION,
    .summary = "Reads certificates: subject, issuer, validity, fingerprint and CA flags.",
    .doc = "The result is a list in the order of the text. Times are RFC 3339; `path_length` is "
           "null when the certificate gives none. Whether a certificate is still valid depends "
           "on the time, so that is left to a comparison with `plantimestamp()`.",
    .attributes = parameters,
    .returns = &certificates_type,
    .run = info,
};
