/* digest - SHA-256, HMAC-SHA-256, random bytes. The only caller of OpenSSL's
 * digests. Failures of OpenSSL here mean a broken installation: reported. */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H
#include <stdbool.h>

#include "base/text.h"
#include "schema/diag.h"

enum { SHA256_BYTES = 32 };

bool digest_sha256(struct diags *diags, struct text data, unsigned char out[static SHA256_BYTES]);
/* Lower-case hex, 64 characters; "" and reported on failure. */
const char *digest_sha256_hex(struct arena *a, struct diags *diags, struct text data);
bool digest_hmac_sha256(struct diags *diags, struct text key, struct text data,
                        unsigned char out[static SHA256_BYTES]);
bool digest_random(struct diags *diags, void *out, size_t len);
char *digest_hex(struct arena *a, const void *bytes, size_t len);

#endif
