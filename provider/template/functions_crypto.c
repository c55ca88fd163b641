/* Digests, ciphers and private keys. */
#include <string.h>

#include "codec/base64.h"
#include "crypto/cipher.h"
#include "crypto/digest.h"
#include "crypto/key.h"
#include "template/base_text.h"
#include "template/convert.h"

/* --- digests -------------------------------------------------------------- */

static const struct datum *digest(struct function_call *f, const char *algorithm)
{
    struct diags diags;
    struct text bytes;

    diags_init(&diags, f->arena);
    if (!digest_named(f->arena, &diags, algorithm, function_text(f, 0), &bytes))
        return function_fail(f, "%s", diags.first->detail);
    return datum_string_z(f->arena, digest_hex(f->arena, bytes.at, bytes.len));
}

static const struct datum *run_sha1(struct function_call *f)
{
    return digest(f, "SHA1");
}

static const struct datum *run_sha256(struct function_call *f)
{
    return digest(f, "SHA256");
}

static const struct datum *run_sha512(struct function_call *f)
{
    return digest(f, "SHA512");
}

/* RFC 1950 8.2, printed in decimal as Sprig does. */
static const struct datum *run_adler32(struct function_call *f)
{
    struct text t = function_text(f, 0);
    uint32_t low = 1, high = 0;

    for (size_t i = 0; i < t.len; i++) {
        low = (low + (unsigned char)t.at[i]) % 65521;
        high = (high + low) % 65521;
    }
    return datum_string_z(f->arena, text_f(f->arena, "%lu", (unsigned long)(high << 16 | low)));
}

/* --- AES ------------------------------------------------------------------ */

/* The password itself is the key: cut, or filled up with zeros. */
static void cipher_key(const struct function_call *f, unsigned char key[static CIPHER_KEY_BYTES])
{
    struct text password = function_text(f, 0);

    memset(key, 0, CIPHER_KEY_BYTES);
    if (password.len)
        memcpy(key, password.at, password.len < CIPHER_KEY_BYTES ? password.len : CIPHER_KEY_BYTES);
}

static const struct datum *run_encrypt_aes(struct function_call *f)
{
    unsigned char key[CIPHER_KEY_BYTES], iv[CIPHER_BLOCK_BYTES];
    struct text plain = function_text(f, 1), encrypted;
    struct text_builder b;
    struct diags diags;

    if (!plain.len)
        return &datum_empty_string;
    diags_init(&diags, f->arena);
    cipher_key(f, key);
    if (!digest_random(&diags, iv, sizeof(iv)) ||
        !cipher_encrypt(f->arena, &diags, key, iv, plain, &encrypted))
        return function_fail(f, "%s", diags.first->detail);
    text_builder_init(&b, f->arena, sizeof(iv) + encrypted.len + 1);
    text_add(&b, (struct text){(const char *)iv, sizeof(iv)});
    text_add(&b, encrypted);
    return datum_string(f->arena, base64_encode(f->arena, text_built(&b), BASE64_STANDARD));
}

static const struct datum *decrypted(struct function_call *f, struct text bytes)
{
    struct text rest = {bytes.at + CIPHER_BLOCK_BYTES, bytes.len - CIPHER_BLOCK_BYTES}, plain;
    unsigned char key[CIPHER_KEY_BYTES], iv[CIPHER_BLOCK_BYTES];
    struct diags diags;
    size_t padding;

    diags_init(&diags, f->arena);
    cipher_key(f, key);
    memcpy(iv, bytes.at, sizeof(iv));
    if (!cipher_decrypt(f->arena, &diags, key, iv, rest, &plain))
        return function_fail(f, "%s", diags.first->detail);
    padding = (unsigned char)plain.at[plain.len - 1];
    if (padding > plain.len)
        return function_fail(f, "the text was not encrypted with this password");
    return datum_string(f->arena, (struct text){plain.at, plain.len - padding});
}

static const struct datum *run_decrypt_aes(struct function_call *f)
{
    struct text bytes;

    if (!function_text(f, 1).len)
        return &datum_empty_string;
    if (!base64_text_try(f->arena, function_text(f, 1), &bytes))
        return function_fail(f, "%.*s", (int)bytes.len, bytes.at);
    if (bytes.len > CIPHER_BLOCK_BYTES && bytes.len % CIPHER_BLOCK_BYTES)
        return function_fail(f, "crypto/cipher: input not full blocks");
    if (bytes.len <= CIPHER_BLOCK_BYTES)
        return function_fail(f, "%zu bytes are not what encryptAES makes", bytes.len);
    return decrypted(f, bytes);
}

/* --- private keys --------------------------------------------------------- */

static const struct datum *run_private_key(struct function_call *f)
{
    static const char *const algorithms[][2] = {
        {"", "RSA-4096"},        {"rsa", "RSA-4096"},    {"dsa", "DSA-2048"},
        {"ecdsa", "ECDSA-P256"}, {"ed25519", "ED25519"},
    };
    struct text type = function_text(f, 0);
    const char *algorithm = NULL;
    struct diags diags;
    struct key *key;

    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
        if (text_is(type, algorithms[i][0]))
            algorithm = algorithms[i][1];
    if (!algorithm)
        return datum_string_z(f->arena,
                              text_f(f->arena, "Unknown type %.*s", (int)type.len, type.at));
    diags_init(&diags, f->arena);
    if (!key_generate(f->arena, &diags, algorithm, &key))
        return function_fail(f, "%s", diags.first->detail);
    return datum_string(f->arena, key_write_traditional_pem(f->arena, key));
}

const struct function functions_crypto[] = {
    {"sha1sum", "s", run_sha1, 0},
    {"sha256sum", "s", run_sha256, 0},
    {"sha512sum", "s", run_sha512, 0},
    {"adler32sum", "s", run_adler32, 0},
    {"encryptAES", "ss", run_encrypt_aes, FUNCTION_UNSTABLE},
    {"decryptAES", "ss", run_decrypt_aes, 0},
    {"genPrivateKey", "s", run_private_key, FUNCTION_UNSTABLE | FUNCTION_SLOW},
    {0},
};
