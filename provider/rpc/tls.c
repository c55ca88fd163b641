#include "rpc/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

enum { CLOCK_SKEW_SECONDS = 60, VALID_DAYS = 30 * 365, SERIAL_BYTES = 16 };

static void close_bio(void *handle)
{
    BIO_free(handle);
}

static void close_certificate(void *handle)
{
    X509_free(handle);
}

static void close_key(void *handle)
{
    EVP_PKEY_free(handle);
}

static bool add_extension(X509 *x, int id, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, id, value);
    bool done = extension && X509_add_ext(x, extension, -1);

    X509_EXTENSION_free(extension);
    return done;
}

static bool add_extensions(X509 *x)
{
    static const struct {
        int id;
        const char *value;
    } extensions[] = {
        {NID_subject_alt_name, "DNS:localhost"}, /* Go does not look at the common name */
        {NID_basic_constraints, "critical,CA:TRUE"},
        {NID_key_usage, "critical,digitalSignature,keyEncipherment,keyAgreement,keyCertSign"},
        {NID_ext_key_usage, "serverAuth,clientAuth"},
    };

    for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
        if (!add_extension(x, extensions[i].id, extensions[i].value))
            return false;
    return true;
}

static bool set_serial(X509 *x)
{
    unsigned char bytes[SERIAL_BYTES];
    BIGNUM *number;
    bool done;

    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        return false;
    bytes[0] &= 0x7f; /* positive */
    number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    done = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
    BN_free(number);
    return done;
}

static bool set_name(X509 *x)
{
    X509_NAME *name = X509_get_subject_name(x);

    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost",
                                      -1, -1, 0) &&
           X509_set_issuer_name(x, name);
}

static bool fill(X509 *x, EVP_PKEY *key)
{
    return X509_set_version(x, X509_VERSION_3) && set_serial(x) &&
           X509_gmtime_adj(X509_getm_notBefore(x), -CLOCK_SKEW_SECONDS) &&
           X509_time_adj_ex(X509_getm_notAfter(x), VALID_DAYS, 0, NULL) &&
           X509_set_pubkey(x, key) && set_name(x) && add_extensions(x) &&
           X509_sign(x, key, EVP_sha256());
}

static struct text written(struct arena *a, BIO *out)
{
    char *at;
    long len = BIO_get_mem_data(out, &at);

    return (struct text){arena_copy(a, at, (size_t)len), (size_t)len};
}

static bool write_out(struct arena *a, X509 *x, EVP_PKEY *key, struct tls_identity *out)
{
    BIO *parts[3];

    for (size_t i = 0; i < 3; i++) {
        parts[i] = BIO_new(BIO_s_mem());
        if (!parts[i])
            return false;
        arena_defer(a, close_bio, parts[i]);
    }
    if (!PEM_write_bio_PrivateKey(parts[0], key, NULL, NULL, 0, NULL, NULL) ||
        !PEM_write_bio_X509(parts[1], x) || !i2d_X509_bio(parts[2], x))
        return false;
    out->key_pem = written(a, parts[0]).at;
    out->certificate_pem = written(a, parts[1]).at;
    out->certificate_der = written(a, parts[2]);
    return true;
}

bool tls_identity_make(struct arena *a, struct diags *diags, struct tls_identity *out)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();

    arena_defer(a, close_key, key);
    arena_defer(a, close_certificate, x);
    if (key && x && fill(x, key) && write_out(a, x, key, out))
        return true;
    return diag_error(diags, NULL, "Cannot make a certificate for the connection to Terraform",
                      "OpenSSL says: %s.", ERR_error_string(ERR_peek_last_error(), NULL));
}
