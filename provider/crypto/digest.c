#include "crypto/digest.h"

#include <openssl/rand.h>

#include "crypto/openssl.h"

static bool broken(struct diags *diags, const char *what)
{
    return diag_error(diags, NULL, "OpenSSL does not work",
                      "%s failed: %s. The OpenSSL library that the provider uses is damaged or "
                      "restricted on this machine.",
                      what, openssl_reason());
}

bool digest_sha256(struct diags *diags, struct text data, unsigned char out[static SHA256_BYTES])
{
    openssl_start();
    if (!EVP_Digest(data.len ? data.at : "", data.len, out, NULL, EVP_sha256(), NULL))
        return broken(diags, "SHA-256");
    return true;
}

const char *digest_sha256_hex(struct arena *a, struct diags *diags, struct text data)
{
    unsigned char bytes[SHA256_BYTES];

    return digest_sha256(diags, data, bytes) ? digest_hex(a, bytes, sizeof(bytes)) : "";
}

bool digest_hmac_sha256(struct diags *diags, struct text key, struct text data,
                        unsigned char out[static SHA256_BYTES])
{
    const unsigned char *bytes = (const unsigned char *)(data.len ? data.at : "");
    size_t len = 0;

    openssl_start();
    if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key.len ? key.at : "", key.len, bytes,
                   data.len, out, SHA256_BYTES, &len) ||
        len != SHA256_BYTES)
        return broken(diags, "HMAC-SHA-256");
    return true;
}

bool digest_named(struct arena *a, struct diags *diags, const char *algorithm, struct text data,
                  struct text *out)
{
    unsigned char *bytes = arena_alloc(a, DIGEST_BYTES_MAX);
    size_t len = 0;

    openssl_start();
    if (!EVP_Q_digest(NULL, algorithm, NULL, data.len ? data.at : "", data.len, bytes, &len))
        return broken(diags, algorithm);
    *out = (struct text){(const char *)bytes, len};
    return true;
}

bool digest_random(struct diags *diags, void *out, size_t len)
{
    unsigned char *at = out;

    openssl_start();
    for (size_t step; len > 0; at += step, len -= step) {
        step = len < 4096 ? len : 4096; /* RAND_bytes counts in int */
        if (RAND_bytes(at, (int)step) != 1)
            return broken(diags, "The random number generator");
    }
    return true;
}

char *digest_hex(struct arena *a, const void *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *at = bytes;
    char *hex = arena_array(a, 2, len + 1);

    for (size_t i = 0; i < len; i++) {
        hex[2 * i] = digits[at[i] >> 4];
        hex[2 * i + 1] = digits[at[i] & 15];
    }
    return hex;
}
