#include "crypto/certificate.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/openssl.h"
#include "crypto/pem.h"

enum { NAME_BYTES_MAX = 4096, SANS_MAX = 1000 };

static void close_certificate(void *handle)
{
    X509_free(handle);
}

static void close_names(void *handle)
{
    GENERAL_NAMES_free(handle);
}

static const char *name_text(struct arena *a, const X509_NAME *name)
{
    BIO *buffer = openssl_buffer(a);

    if (buffer)
        X509_NAME_print_ex(buffer, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    return text_printable(a, openssl_written(a, buffer), NAME_BYTES_MAX);
}

static const char *common_name(struct arena *a, const X509_NAME *name)
{
    int index = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, index);
    unsigned char *utf8 = NULL;
    int len = entry ? ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry)) : 0;
    const char *text = "";

    if (len > 0)
        text = text_printable(a, (struct text){(char *)utf8, (size_t)len}, NAME_BYTES_MAX);
    OPENSSL_free(utf8);
    return text;
}

static const char *serial_hex(struct arena *a, const X509 *x)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
    const char *digits =
        digest_hex(a, ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial));

    return ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER ? text_f(a, "-%s", digits) : digits;
}

static const char *fingerprint(struct arena *a, const X509 *x)
{
    unsigned char bytes[SHA256_BYTES];

    return X509_digest(x, EVP_sha256(), bytes, NULL) ? digest_hex(a, bytes, sizeof(bytes)) : "";
}

/* Without libc's calendar, which has no thread-safe inverse of gmtime in POSIX. */
static bool time_seconds(const ASN1_TIME *t, int64_t *out)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, seconds = 0;
    bool done = epoch && ASN1_TIME_diff(&days, &seconds, epoch, t);

    ASN1_TIME_free(epoch);
    *out = (int64_t)days * 86400 + seconds;
    return done;
}

static const char *const *names_of_kind(struct arena *a, const GENERAL_NAMES *names, int kind)
{
    int count = names ? sk_GENERAL_NAME_num(names) : 0;
    const char **list;
    size_t found = 0;

    count = count < SANS_MAX ? count : SANS_MAX;
    list = arena_array(a, (size_t)count + 1, sizeof(*list));
    for (int i = 0; i < count; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        const ASN1_IA5STRING *text = name->type == kind ? name->d.ia5 : NULL;

        if (text)
            list[found++] = text_printable(a,
                                           (struct text){(const char *)ASN1_STRING_get0_data(text),
                                                         (size_t)ASN1_STRING_length(text)},
                                           NAME_BYTES_MAX);
    }
    return list;
}

static void read_names(struct arena *a, const X509 *x, struct certificate *out)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);

    if (names)
        arena_defer(a, close_names, names);
    out->dns_names = names_of_kind(a, names, GEN_DNS);
    out->uris = names_of_kind(a, names, GEN_URI);
}

static struct text pem_text(struct arena *a, X509 *x)
{
    BIO *buffer = openssl_buffer(a);

    if (buffer)
        PEM_write_bio_X509(buffer, x);
    return openssl_written(a, buffer);
}

static void describe(struct arena *a, X509 *x, struct certificate *out)
{
    out->subject = name_text(a, X509_get_subject_name(x));
    out->issuer = name_text(a, X509_get_issuer_name(x));
    out->common_name = common_name(a, X509_get_subject_name(x));
    out->serial = serial_hex(a, x);
    out->fingerprint_sha256 = fingerprint(a, x);
    out->key_algorithm = openssl_algorithm(a, X509_get0_pubkey(x));
    read_names(a, x, out);
    out->is_ca = (X509_get_extension_flags(x) & EXFLAG_CA) != 0;
    out->is_self_signed = X509_self_signed(x, 1) == 1;
    out->path_length = X509_get_pathlen(x);
    out->pem = pem_text(a, x);
    out->handle = x;
}

bool openssl_certificate(struct arena *a, struct diags *diags, const struct path *at,
                         const char *what, X509 *x, struct certificate *out)
{
    arena_defer(a, close_certificate, x);
    *out = (struct certificate){0};
    describe(a, x, out);
    ERR_clear_error();
    if (!time_seconds(X509_get0_notBefore(x), &out->not_before) ||
        !time_seconds(X509_get0_notAfter(x), &out->not_after))
        return diag_error(diags, at, text_f(diags->arena, "The %s is malformed", what),
                          "%s has a date that is none. Let its CA issue it again.", out->subject);
    if (X509_get_extension_flags(x) & EXFLAG_INVALID)
        return diag_error(diags, at, text_f(diags->arena, "The %s is malformed", what),
                          "%s has an extension that cannot be decoded. Let its CA issue it again.",
                          out->subject);
    return true;
}

/* --- reading ------------------------------------------------------------ */
static bool read_one(struct arena *a, struct diags *diags, const struct path *at, const char *what,
                     struct text der, struct certificate *out)
{
    const unsigned char *start = (const unsigned char *)der.at, *end = start;
    X509 *x = d2i_X509(NULL, &end, (long)der.len);
    size_t rest = der.len - (size_t)(end - start);

    ERR_clear_error();
    if (!x)
        return diag_error(diags, at, text_f(diags->arena, "The %s is not a certificate", what),
                          "Its content is not X.509 in DER%s%s", pem_has_block(der) ? "." : ". ",
                          pem_hint(der));
    if (!openssl_certificate(a, diags, at, what, x, out))
        return false;
    if (rest)
        return diag_error(diags, at, text_f(diags->arena, "Data after the %s", what),
                          "%zu bytes follow the end of certificate %s. Pass the certificate alone; "
                          "several are passed as PEM.",
                          rest, out->subject);
    return true;
}

static bool refuse_block(struct diags *diags, const struct path *at, const char *what,
                         const struct pem_block *block, size_t number)
{
    struct text label = text_of(block->label);

    if (text_ends_with(label, "PRIVATE KEY"))
        return diag_error(diags, at,
                          text_f(diags->arena, "Private key where the %s is expected", what),
                          "PEM block %zu is a private key (%s). Pass the certificate here and the "
                          "key in the argument that is meant for it, which keeps it out of state.",
                          number, block->label);
    if (text_is(label, "TRUSTED CERTIFICATE"))
        return diag_error(diags, at, text_f(diags->arena, "The %s has OpenSSL's own form", what),
                          "PEM block %zu is a TRUSTED CERTIFICATE, which Istio cannot read. "
                          "Rewrite it: openssl x509 -in trusted.pem -out plain.pem",
                          number);
    return diag_error(diags, at, text_f(diags->arena, "Unexpected block in the %s", what),
                      "PEM block %zu is a %s; only CERTIFICATE blocks belong here.", number,
                      text_printable(diags->arena, label, 80));
}

static bool read_blocks(struct arena *a, struct diags *diags, const struct path *at,
                        const char *what, const struct pem_blocks *blocks,
                        struct certificate *items)
{
    for (size_t i = 0; i < blocks->count; i++) {
        const struct pem_block *block = &blocks->items[i];

        if (strcmp(block->label, "CERTIFICATE") != 0)
            return refuse_block(diags, at, what, block, i + 1);
        if (!read_one(a, diags, at, what, block->der, &items[i]))
            return false;
    }
    return true;
}

static bool read_pem(struct arena *a, struct diags *diags, const struct path *at, const char *what,
                     struct text pem, struct certificates *out)
{
    struct certificate *items;
    struct pem_blocks blocks;

    if (!pem_read_all(a, diags, at, what, pem, &blocks))
        return false;
    items = arena_array(a, blocks.count, sizeof(*items));
    if (!read_blocks(a, diags, at, what, &blocks, items))
        return false;
    *out = (struct certificates){items, blocks.count};
    return true;
}

/* A person who mixes up two arguments deserves to hear it. */
static bool is_private_key(struct arena *a, struct text der)
{
    struct diags unheard;
    struct key *k;

    diags_init(&unheard, a);
    return key_read(a, &unheard, NULL, der, &k);
}

static bool read_der(struct arena *a, struct diags *diags, const struct path *at, const char *what,
                     struct text der, struct certificates *out)
{
    struct certificate *items = arena_array(a, 1, sizeof(*items));

    if (is_private_key(a, der))
        return diag_error(diags, at,
                          text_f(diags->arena, "Private key where the %s is expected", what),
                          "The text is a private key in DER. Pass the certificate here and the key "
                          "in the argument that is meant for it, which keeps it out of state.");
    if (!read_one(a, diags, at, what, der, items))
        return false;
    *out = (struct certificates){items, 1};
    return true;
}

bool certificate_read_all(struct arena *a, struct diags *diags, const struct path *at,
                          const char *what, struct text pem_or_der, struct certificates *out)
{
    openssl_start();
    if (!pem_check_size(diags, at, what, pem_or_der))
        return false;
    return pem_has_block(pem_or_der) ? read_pem(a, diags, at, what, pem_or_der, out)
                                     : read_der(a, diags, at, what, pem_or_der, out);
}

/* --- for charts ---------------------------------------------------------- */
static const char *first_certificate(struct arena *a, struct text der, struct certificate *out)
{
    const unsigned char *end = (const unsigned char *)der.at;
    X509 *x = d2i_X509(NULL, &end, (long)der.len);
    struct diags diags;

    diags_init(&diags, a);
    ERR_clear_error();
    if (!x)
        return "x509: malformed certificate";
    if (!openssl_certificate(a, &diags, NULL, "certificate", x, out))
        return diags.first->detail;
    return (const char *)end == der.at + der.len ? NULL : "x509: trailing data";
}

const char *certificate_try(struct arena *a, const char *what, struct text pem,
                            struct certificate *out)
{
    struct pem_block block;
    const char *error;

    if (!pem_read_first(a, pem, &block))
        return "unable to decode certificate";
    error = first_certificate(a, block.der, out);
    return error ? text_f(a, "error parsing certificate: %s: %s", what, error) : NULL;
}

bool certificate_has_key(const struct certificate *c, const struct key *k)
{
    bool fits = X509_check_private_key(c->handle, key_handle(k)) == 1;

    ERR_clear_error();
    return fits;
}
