#include "crypto/cipher.h"

#include "crypto/openssl.h"

enum direction { DECRYPT, ENCRYPT };

static bool run(EVP_CIPHER_CTX *context, enum direction direction, const unsigned char *key,
                const unsigned char *iv, struct text in, unsigned char *bytes, size_t *len)
{
    int most = 0, rest = 0;
    bool done =
        context &&
        EVP_CipherInit_ex2(context, EVP_aes_256_cbc(), key, iv, (int)direction, NULL) == 1 &&
        EVP_CIPHER_CTX_set_padding(context, direction == ENCRYPT) == 1 &&
        EVP_CipherUpdate(context, bytes, &most, (const unsigned char *)(in.len ? in.at : ""),
                         (int)in.len) == 1 &&
        EVP_CipherFinal_ex(context, bytes + most, &rest) == 1;

    *len = (size_t)most + (size_t)rest;
    return done;
}

static bool convert(struct arena *a, struct diags *diags, enum direction direction,
                    const unsigned char *key, const unsigned char *iv, struct text in,
                    struct text *out)
{
    EVP_CIPHER_CTX *context;
    unsigned char *bytes;
    bool done;

    openssl_start();
    if (in.len > CIPHER_TEXT_BYTES_MAX)
        return diag_error(diags, NULL, "The text is too large for AES",
                          "It has %zu bytes; at most %d are taken.", in.len,
                          (int)CIPHER_TEXT_BYTES_MAX);
    bytes = arena_alloc(a, in.len + CIPHER_BLOCK_BYTES);
    context = EVP_CIPHER_CTX_new();
    done = run(context, direction, key, iv, in, bytes, &out->len);
    EVP_CIPHER_CTX_free(context);
    out->at = (const char *)bytes;
    return done || diag_error(diags, NULL, "AES failed", "%s.", openssl_reason());
}

bool cipher_encrypt(struct arena *a, struct diags *diags,
                    const unsigned char key[static CIPHER_KEY_BYTES],
                    const unsigned char iv[static CIPHER_BLOCK_BYTES], struct text plain,
                    struct text *out)
{
    return convert(a, diags, ENCRYPT, key, iv, plain, out);
}

bool cipher_decrypt(struct arena *a, struct diags *diags,
                    const unsigned char key[static CIPHER_KEY_BYTES],
                    const unsigned char iv[static CIPHER_BLOCK_BYTES], struct text encrypted,
                    struct text *out)
{
    return convert(a, diags, DECRYPT, key, iv, encrypted, out);
}
