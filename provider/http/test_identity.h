/* test_identity - certificates for the tests of this folder: a tiny CA. */
#ifndef HTTP_TEST_IDENTITY_H
#define HTTP_TEST_IDENTITY_H
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/test.h"

#define UNUSED __attribute__((unused))

struct identity {
    X509 *x;
    EVP_PKEY *key;
    const char *cert_pem, *key_pem;
};

static void identity_free(void *data)
{
    struct identity *id = data;

    X509_free(id->x);
    EVP_PKEY_free(id->key);
}

static const char *bio_to_text(struct arena *a, BIO *bio)
{
    char *at;
    long len = BIO_get_mem_data(bio, &at);
    const char *z = text_z(a, (struct text){at, (size_t)len});

    BIO_free(bio);
    return z;
}

static void identity_extend(X509 *x, int kind, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, value);

    assert_non_null(extension);
    X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
}

/* names: "DNS:a,IP:127.0.0.1", or NULL for a CA. issuer NULL = self-signed. */
UNUSED static struct identity *identity_new(struct arena *a, const char *common_name,
                                            const char *names, const struct identity *issuer,
                                            long from_seconds, long to_seconds)
{
    static long serial = 1;
    struct identity *id = arena_alloc(a, sizeof(*id));
    X509 *x = id->x = X509_new();
    BIO *cert = BIO_new(BIO_s_mem()), *key = BIO_new(BIO_s_mem());

    id->key = EVP_EC_gen("P-256");
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x), from_seconds);
    X509_gmtime_adj(X509_getm_notAfter(x), to_seconds);
    X509_set_pubkey(x, id->key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                               (const unsigned char *)common_name, -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer->x : x));
    identity_extend(x, NID_basic_constraints, names ? "critical,CA:FALSE" : "critical,CA:TRUE");
    if (names)
        identity_extend(x, NID_subject_alt_name, names);
    assert_true(X509_sign(x, issuer ? issuer->key : id->key, EVP_sha256()) > 0);
    PEM_write_bio_X509(cert, x);
    PEM_write_bio_PKCS8PrivateKey(key, id->key, NULL, NULL, 0, NULL, NULL);
    id->cert_pem = bio_to_text(a, cert);
    id->key_pem = bio_to_text(a, key);
    arena_defer(a, identity_free, id);
    return id;
}

#endif
