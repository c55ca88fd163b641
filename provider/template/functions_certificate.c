/* Certificates: authorities, and servers that they vouch for. What charts make lives for
 * one render only: a plan must keep it. */
#include <arpa/inet.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/certificate.h"
#include "template/base_text.h"
#include "template/convert.h"

enum { NAMES_MAX = 10000, ADDRESS_BYTES_MAX = 64 };

/* --- the object ----------------------------------------------------------- */

struct pair {
    const struct datum *certificate, *key; /* PEM */
};

static const struct pair *pair_of(const struct datum *d)
{
    return d->object.data;
}

static const struct datum *pair_member(struct function_call *f, const struct datum *self,
                                       struct text name, bool *found, bool *is_method)
{
    (void)f;
    *is_method = false;
    *found = true;
    if (text_is(name, "Cert"))
        return pair_of(self)->certificate;
    if (text_is(name, "Key"))
        return pair_of(self)->key;
    *found = false;
    return NULL;
}

static void pair_print(struct text_builder *b, const struct datum *self)
{
    text_add_char(b, '{');
    text_add(b, pair_of(self)->certificate->text);
    text_add_char(b, ' ');
    text_add(b, pair_of(self)->key->text);
    text_add_char(b, '}');
}

static const struct datum *pair_plain(struct arena *a, const struct datum *self)
{
    const struct datum *map = datum_map_new(a);

    datum_set(map, TEXT("Cert"), pair_of(self)->certificate);
    datum_set(map, TEXT("Key"), pair_of(self)->key);
    return map;
}

static const struct datum_class pair_class = {
    .type_name = "sprig.certificate",
    .kind_name = "struct",
    .member = pair_member,
    .print = pair_print,
    .plain = pair_plain,
};

static const struct datum *pair_new(struct function_call *f, struct text certificate,
                                    struct text key)
{
    struct pair *pair = arena_alloc(f->arena, sizeof(*pair));

    pair->certificate = datum_string(f->arena, certificate);
    pair->key = datum_string(f->arena, key);
    return datum_object(f->arena, &pair_class, pair);
}

/* --- names ---------------------------------------------------------------- */

static bool not_text(struct function_call *f, const char *what, const struct datum *d)
{
    struct text printed = datum_text(f->arena, d);

    function_fail(f, "error %s: %.*s is not a string", what, (int)printed.len, printed.at);
    return false;
}

static bool few_enough(struct function_call *f, const struct datum *list)
{
    if (list->list.count <= NAMES_MAX)
        return true;
    function_fail(f, "%zu names are too many for a certificate: at most %d", list->list.count,
                  (int)NAMES_MAX);
    return false;
}

/* Go writes IPv4 in four bytes, also when it is mapped into IPv6. */
static bool address_read(struct arena *a, struct text t, struct text *bytes)
{
    static const char mapped[] = "\0\0\0\0\0\0\0\0\0\0\xff\xff";
    char *out = arena_alloc(a, 16), *z = text_z(a, t);

    if (t.len > ADDRESS_BYTES_MAX || strlen(z) != t.len)
        return false;
    *bytes = (struct text){out, 4};
    if (inet_pton(AF_INET, z, out) == 1)
        return true;
    *bytes = (struct text){out, 16};
    if (inet_pton(AF_INET6, z, out) != 1)
        return false;
    if (memcmp(out, mapped, sizeof(mapped) - 1) == 0)
        *bytes = (struct text){out + 12, 4};
    return true;
}

static bool addresses_read(struct function_call *f, const struct datum *list,
                           struct certificate_request *request)
{
    struct text *out = arena_array(f->arena, list->list.count, sizeof(*out));

    if (!few_enough(f, list))
        return false;
    for (size_t i = 0; i < list->list.count; i++) {
        const struct datum *d = list->list.items[i];

        if (d->kind != DATUM_STRING)
            return not_text(f, "parsing ip", d);
        if (!address_read(f->arena, d->text, &out[i])) {
            function_fail(f, "error parsing ip: %.*s", (int)d->text.len, d->text.at);
            return false;
        }
    }
    request->ip_addresses = out;
    request->ip_address_count = list->list.count;
    return true;
}

static bool is_ascii(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (!t.at[i] || (unsigned char)t.at[i] > 127)
            return false;
    return true;
}

static bool dns_names_read(struct function_call *f, const struct datum *list,
                           struct certificate_request *request)
{
    const char **out = arena_array(f->arena, list->list.count + 1, sizeof(*out));

    if (!few_enough(f, list))
        return false;
    for (size_t i = 0; i < list->list.count; i++) {
        const struct datum *d = list->list.items[i];

        if (d->kind != DATUM_STRING)
            return not_text(f, "processing alternate dns name", d);
        if (!is_ascii(d->text)) {
            function_fail(f,
                          "error creating certificate: x509: \"%.*s\" cannot be encoded as an "
                          "IA5String",
                          (int)d->text.len, d->text.at);
            return false;
        }
        out[i] = text_z(f->arena, d->text);
    }
    request->dns_names = out;
    return true;
}

/* --- issuing -------------------------------------------------------------- */

/* Go counts the days in nanoseconds and lets them overflow, after 292 years. */
static int64_t seconds_of_days(int64_t days)
{
    return (int64_t)((uint64_t)days * 86400000000000u) / 1000000000;
}

static void dates_set(struct certificate_request *request, int64_t days)
{
    request->not_before = clock_now();
    request->not_after = request->not_before + seconds_of_days(days);
}

static bool key_make(struct function_call *f, const struct key **out)
{
    struct diags diags;
    struct key *key;

    diags_init(&diags, f->arena);
    if (!key_generate(f->arena, &diags, "RSA-2048", &key)) {
        function_fail(f, "error generating rsa key: %s", diags.first->detail);
        return false;
    }
    *out = key;
    return true;
}

static bool key_given(struct function_call *f, struct text pem, const char *doing,
                      const struct key **out)
{
    struct key *key;
    const char *error = key_try(f->arena, pem, &key);

    if (error)
        function_fail(f, "%s private key: %s", doing, error);
    *out = error ? NULL : key;
    return !error;
}

/* Go signs with what can sign for TLS. */
static bool is_old(struct arena *a, const struct key *key)
{
    return strcmp(key_algorithm(a, key), "DSA") == 0;
}

static const char *unfit_key(struct arena *a, const struct certificate_request *request)
{
    if (is_old(a, request->issuer ? request->issuer_key : request->key))
        return "x509: certificate private key does not implement crypto.Signer";
    if (is_old(a, request->key))
        return "x509: unsupported public key type: *dsa.PublicKey";
    if (request->issuer && !certificate_has_key(request->issuer, request->issuer_key))
        return "x509: provided PrivateKey doesn't match parent's PublicKey";
    return NULL;
}

static const struct datum *issue(struct function_call *f, const struct certificate_request *request)
{
    const char *unfit = unfit_key(f->arena, request);
    struct certificate out;
    struct diags diags;

    diags_init(&diags, f->arena);
    if (unfit)
        return function_fail(f, "error creating certificate: %s", unfit);
    if (!certificate_issue(f->arena, &diags, request, &out))
        return function_fail(f, "error creating certificate: %s", diags.first->detail);
    return pair_new(f, out.pem, key_write_traditional_pem(f->arena, request->key));
}

/* --- the functions -------------------------------------------------------- */

/* Arguments: common name, days, and for ...WithKey the key. */
static const struct datum *authority(struct function_call *f, bool with_key)
{
    struct certificate_request request = {
        .profile = CERTIFICATE_CHART_CA,
        .common_name = text_z(f->arena, function_text(f, 0)),
        .path_length = -1,
    };

    if (with_key ? !key_given(f, function_text(f, 2), "parsing", &request.key)
                 : !key_make(f, &request.key))
        return NULL;
    dates_set(&request, function_integer(f, 1));
    return issue(f, &request);
}

static const struct datum *run_gen_ca(struct function_call *f)
{
    return authority(f, false);
}

static const struct datum *run_gen_ca_with_key(struct function_call *f)
{
    return authority(f, true);
}

static bool issuer_read(struct function_call *f, const struct pair *pair,
                        struct certificate_request *request)
{
    struct certificate *issuer = arena_alloc(f->arena, sizeof(*issuer));
    const char *error =
        certificate_try(f->arena, "decodedSignerCert.Bytes", pair->certificate->text, issuer);

    if (error) {
        function_fail(f, "%s", error);
        return false;
    }
    request->issuer = issuer;
    return key_given(f, pair->key->text, "error parsing", &request->issuer_key);
}

/* Arguments: common name, addresses, names, days, then the authority's pair when there is
 * one, and for ...WithKey the key. */
static const struct datum *server(struct function_call *f, bool is_signed, bool with_key)
{
    struct certificate_request request = {
        .profile = CERTIFICATE_CHART_TLS,
        .common_name = text_z(f->arena, function_text(f, 0)),
        .path_length = -1,
    };

    if (with_key && !key_given(f, function_text(f, is_signed ? 5 : 4), "parsing", &request.key))
        return NULL;
    if (is_signed && !issuer_read(f, pair_of(f->arguments[4]), &request))
        return NULL;
    if (!addresses_read(f, f->arguments[1], &request) ||
        !dns_names_read(f, f->arguments[2], &request))
        return NULL;
    if (!with_key && !key_make(f, &request.key))
        return NULL;
    dates_set(&request, function_integer(f, 3));
    return issue(f, &request);
}

static const struct datum *run_self_signed(struct function_call *f)
{
    return server(f, false, false);
}

static const struct datum *run_self_signed_with_key(struct function_call *f)
{
    return server(f, false, true);
}

static const struct datum *run_signed(struct function_call *f)
{
    return server(f, true, false);
}

static const struct datum *run_signed_with_key(struct function_call *f)
{
    return server(f, true, true);
}

/* Checks each half, not that they belong together; gives them back as they are. */
static const struct datum *run_custom(struct function_call *f)
{
    struct text certificate, key;
    const struct key *read_key;
    struct certificate read;
    const char *error;

    if (!base64_text_try(f->arena, function_text(f, 0), &certificate))
        return function_fail(f, "unable to decode base64 certificate");
    if (!base64_text_try(f->arena, function_text(f, 1), &key))
        return function_fail(f, "unable to decode base64 private key");
    if ((error = certificate_try(f->arena, "decodedCert.Bytes", certificate, &read)))
        return function_fail(f, "%s", error);
    if (!key_given(f, key, "error parsing", &read_key))
        return NULL;
    return pair_new(f, certificate, key);
}

const struct function functions_certificate[] = {
    {"buildCustomCert", "ss", run_custom, 0},
    {"genCA", "si", run_gen_ca, FUNCTION_UNSTABLE | FUNCTION_SLOW},
    {"genCAWithKey", "sis", run_gen_ca_with_key, FUNCTION_UNSTABLE | FUNCTION_SLOW},
    {"genSelfSignedCert", "slli", run_self_signed, FUNCTION_UNSTABLE | FUNCTION_SLOW},
    {"genSelfSignedCertWithKey", "sllis", run_self_signed_with_key,
     FUNCTION_UNSTABLE | FUNCTION_SLOW},
    {"genSignedCert", "slliC", run_signed, FUNCTION_UNSTABLE | FUNCTION_SLOW},
    {"genSignedCertWithKey", "slliCs", run_signed_with_key, FUNCTION_UNSTABLE | FUNCTION_SLOW},
    {0},
};
