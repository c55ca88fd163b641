#include "crypto/signature.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <string.h>

#include "crypto/openssl.h"

static const unsigned char *bytes_of(struct text t)
{
    return (const unsigned char *)(t.len ? t.at : "");
}

static const EVP_MD *digest_of_length(size_t len)
{
    static const EVP_MD *(*const digests[])(void) = {EVP_sha256, EVP_sha384, EVP_sha512};

    for (size_t i = 0; i < sizeof(digests) / sizeof(*digests); i++)
        if ((size_t)EVP_MD_get_size(digests[i]()) == len)
            return digests[i]();
    return NULL;
}

static BIGNUM *number_of(struct text t)
{
    return t.len <= SIGNATURE_RSA_BITS_MAX / 8 ? BN_bin2bn(bytes_of(t), (int)t.len, NULL) : NULL;
}

static EVP_PKEY *rsa_of_numbers(const BIGNUM *modulus, const BIGNUM *exponent)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM *parameters = NULL;
    EVP_PKEY *key = NULL;

    if (OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent))
        parameters = OSSL_PARAM_BLD_to_param(builder);
    if (!parameters || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    return key;
}

/* NULL for numbers that are no sound key. */
static EVP_PKEY *rsa_of(struct text modulus, struct text exponent)
{
    BIGNUM *n = number_of(modulus), *e = number_of(exponent);
    EVP_PKEY *key = NULL;

    if (n && e && BN_num_bits(n) >= SIGNATURE_RSA_BITS_MIN && BN_is_odd(n) && BN_is_odd(e) &&
        BN_num_bits(e) > 1 && BN_num_bits(e) <= 64)
        key = rsa_of_numbers(n, e);
    BN_free(n);
    BN_free(e);
    return key;
}

static bool rsa_verify(EVP_PKEY *key, const EVP_MD *algorithm, struct text digest,
                       struct text signature)
{
    unsigned char whole[SIGNATURE_RSA_BITS_MAX / 8] = {0};
    size_t len = (size_t)EVP_PKEY_get_size(key);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    bool good = signature.len <= len && len <= sizeof(whole);

    if (good)
        memcpy(whole + len - signature.len, bytes_of(signature), signature.len);
    good = good && EVP_PKEY_verify_init(context) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(context, algorithm) == 1 &&
           EVP_PKEY_verify(context, whole, len, bytes_of(digest), digest.len) == 1;
    EVP_PKEY_CTX_free(context);
    return good;
}

bool signature_rsa_is_good(struct text modulus, struct text exponent, struct text digest,
                           struct text signature)
{
    const EVP_MD *algorithm = digest_of_length(digest.len);
    EVP_PKEY *key;
    bool good;

    openssl_start();
    key = rsa_of(modulus, exponent);
    good = key && algorithm && rsa_verify(key, algorithm, digest, signature);
    EVP_PKEY_free(key);
    (void)openssl_reason();
    return good;
}

bool signature_ed25519_is_good(struct text key, struct text message, struct text signature)
{
    EVP_MD_CTX *context;
    EVP_PKEY *public_key;
    bool good;

    openssl_start();
    if (key.len != ED25519_BYTES)
        return false;
    public_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes_of(key), key.len);
    context = EVP_MD_CTX_new();
    good = public_key && EVP_DigestVerifyInit(context, NULL, NULL, NULL, public_key) == 1 &&
           EVP_DigestVerify(context, bytes_of(signature), signature.len, bytes_of(message),
                            message.len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(public_key);
    (void)openssl_reason();
    return good;
}
