/* cipher - AES-256 in CBC mode, as Sprig's encryptAES uses it: no integrity, so for
 * that format only. */
#ifndef CRYPTO_CIPHER_H
#define CRYPTO_CIPHER_H
#include <stdbool.h>

#include "base/text.h"
#include "schema/diag.h"

enum { CIPHER_KEY_BYTES = 32, CIPHER_BLOCK_BYTES = 16, CIPHER_TEXT_BYTES_MAX = 64 << 20 };

/* The plain text is padded by 1 to 16 bytes that tell their number (PKCS#7). */
bool cipher_encrypt(struct arena *a, struct diags *diags,
                    const unsigned char key[static CIPHER_KEY_BYTES],
                    const unsigned char iv[static CIPHER_BLOCK_BYTES], struct text plain,
                    struct text *out);
/* Whole blocks; the padding is left for the caller to judge. */
bool cipher_decrypt(struct arena *a, struct diags *diags,
                    const unsigned char key[static CIPHER_KEY_BYTES],
                    const unsigned char iv[static CIPHER_BLOCK_BYTES], struct text encrypted,
                    struct text *out);

#endif
