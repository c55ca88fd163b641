#include "crypto/openssl.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

void openssl_start(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

const char *openssl_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());

    ERR_clear_error();
    return reason ? reason : "no reason given";
}

static void close_buffer(void *handle)
{
    BIO_free(handle); /* OpenSSL clears the memory of such a BIO */
}

BIO *openssl_buffer(struct arena *a)
{
    BIO *buffer = BIO_new(BIO_s_mem());

    if (buffer)
        arena_defer(a, close_buffer, buffer);
    return buffer;
}

struct text openssl_written(struct arena *a, BIO *buffer)
{
    char *at = NULL;
    long len = buffer ? BIO_get_mem_data(buffer, &at) : 0;

    if (len <= 0)
        return TEXT("");
    return (struct text){arena_copy(a, at, (size_t)len), (size_t)len};
}

static const char *curve_name(struct arena *a, const char *group)
{
    static const char *const names[][2] = {
        {"prime256v1", "ECDSA-P256"}, {"P-256", "ECDSA-P256"},     {"secp384r1", "ECDSA-P384"},
        {"P-384", "ECDSA-P384"},      {"secp521r1", "ECDSA-P521"}, {"P-521", "ECDSA-P521"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(group, names[i][0]) == 0)
            return names[i][1];
    return text_f(a, "ECDSA-%s", group);
}

const char *openssl_algorithm(struct arena *a, const EVP_PKEY *key)
{
    char group[80] = "";
    const char *type = key ? EVP_PKEY_get0_type_name(key) : NULL;

    if (!type)
        return "unknown";
    if (EVP_PKEY_is_a(key, "RSA"))
        return text_f(a, "RSA-%d", EVP_PKEY_get_bits(key));
    if (!EVP_PKEY_is_a(key, "EC"))
        return arena_strdup(a, type);
    if (!EVP_PKEY_get_group_name(key, group, sizeof(group), NULL))
        return "ECDSA with a curve of its own";
    return curve_name(a, group);
}

const EVP_MD *openssl_signing_digest(const EVP_PKEY *key)
{
    int bits = EVP_PKEY_is_a(key, "EC") ? EVP_PKEY_get_bits(key) : 0;

    if (EVP_PKEY_is_a(key, "ED25519"))
        return NULL; /* it has its own */
    return bits > 384 ? EVP_sha512() : bits > 256 ? EVP_sha384() : EVP_sha256();
}
