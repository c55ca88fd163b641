/* signature - is a signature good? For formats that bring keys as bare numbers.
 * False is a result: nothing is reported, and what is malformed is not good. */
#ifndef CRYPTO_SIGNATURE_H
#define CRYPTO_SIGNATURE_H
#include <stdbool.h>

#include "base/text.h"

enum { SIGNATURE_RSA_BITS_MIN = 2048, SIGNATURE_RSA_BITS_MAX = 16384, ED25519_BYTES = 32 };

/* PKCS#1 v1.5 over a digest of SHA-256, SHA-384 or SHA-512 (told by its length).
 * Numbers are big-endian; a signature may lack leading zeros. */
bool signature_rsa_is_good(struct text modulus, struct text exponent, struct text digest,
                           struct text signature);
/* key is ED25519_BYTES, signature twice as long. */
bool signature_ed25519_is_good(struct text key, struct text message, struct text signature);

#endif
