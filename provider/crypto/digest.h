/* digest - SHA-256 and others, HMAC-SHA-256, random bytes. The only caller of OpenSSL's
 * digests. Failures of OpenSSL here mean a broken installation: reported. */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H
#include <stdbool.h>

#include "base/text.h"
#include "schema/diag.h"

enum { SHA256_BYTES = 32, DIGEST_BYTES_MAX = 64 };

bool digest_sha256(struct diags *diags, struct text data, unsigned char out[static SHA256_BYTES]);
/* Lower-case hex, 64 characters; "" and reported on failure. */
const char *digest_sha256_hex(struct arena *a, struct diags *diags, struct text data);
bool digest_hmac_sha256(struct diags *diags, struct text key, struct text data,
                        unsigned char out[static SHA256_BYTES]);
bool digest_random(struct diags *diags, void *out, size_t len);
/* By OpenSSL's name of the algorithm: "SHA1", "SHA512". A text in the arena. */
bool digest_named(struct arena *a, struct diags *diags, const char *algorithm, struct text data,
                  struct text *out);
char *digest_hex(struct arena *a, const void *bytes, size_t len);

#endif
