#include "crypto/password.h"

#include <crypt.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/openssl.h"

enum { SALT_BYTES = 16 };

static bool broken(struct diags *diags, const char *what, const char *reason)
{
    return diag_error(diags, NULL, text_f(diags->arena, "%s failed", what),
                      "%s. A library that the provider uses is damaged or restricted on this "
                      "machine.",
                      reason);
}

/* libcrypt's $2b$ is what everyone else calls $2a$ too; its own $2a$ differs for rare
 * passwords, to be safe from hashes of an old mistake. */
static bool hash(struct diags *diags, const char *password, const unsigned char *salt,
                 struct crypt_data *work, char *out)
{
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];

    if (!crypt_gensalt_rn("$2b$", 10, (const char *)salt, SALT_BYTES, setting, sizeof(setting)) ||
        !crypt_r(password, setting, work) || strlen(work->output) != PASSWORD_BCRYPT_BYTES)
        return broken(diags, "bcrypt", "libcrypt does not know it");
    memcpy(out, work->output, PASSWORD_BCRYPT_BYTES + 1);
    out[2] = 'a';
    return true;
}

bool password_bcrypt(struct diags *diags, struct text password,
                     char out[static PASSWORD_BCRYPT_BYTES + 1])
{
    char z[PASSWORD_BCRYPT_INPUT_BYTES_MAX + 1] = "";
    unsigned char salt[SALT_BYTES];
    struct crypt_data work = {0};
    bool done;

    if (password.len > PASSWORD_BCRYPT_INPUT_BYTES_MAX)
        return diag_error(diags, NULL, "The password is too long for bcrypt",
                          "It has %zu bytes; at most %d count.", password.len,
                          (int)PASSWORD_BCRYPT_INPUT_BYTES_MAX);
    if (password.len && memchr(password.at, '\0', password.len))
        return diag_error(diags, NULL, "The password holds a NUL byte",
                          "bcrypt would only see what stands before it.");
    if (password.len)
        memcpy(z, password.at, password.len);
    done = digest_random(diags, salt, sizeof(salt)) && hash(diags, z, salt, &work, out);
    OPENSSL_cleanse(z, sizeof(z));
    OPENSSL_cleanse(&work, sizeof(work));
    return done;
}

static OSSL_PARAM bytes_parameter(const char *name, struct text t)
{
    return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)(t.len ? t.at : ""), t.len);
}

bool password_scrypt(struct diags *diags, struct text password, struct text salt,
                     struct password_cost cost, unsigned char *out, size_t len)
{
    uint64_t most = PASSWORD_SCRYPT_BYTES_MAX;
    OSSL_PARAM parameters[] = {
        bytes_parameter(OSSL_KDF_PARAM_PASSWORD, password),
        bytes_parameter(OSSL_KDF_PARAM_SALT, salt),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &cost.rounds),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &cost.block),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &cost.parallel),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &most),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF_CTX *context;
    EVP_KDF *kdf;
    bool done;

    openssl_start();
    kdf = EVP_KDF_fetch(NULL, "SCRYPT", NULL);
    context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    done = context && EVP_KDF_derive(context, out, len, parameters) == 1;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    return done || broken(diags, "scrypt", openssl_reason());
}
