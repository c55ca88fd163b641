/* password - hashes that are slow on purpose: bcrypt (libcrypt) and scrypt (OpenSSL). */
#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "schema/diag.h"

enum { PASSWORD_BCRYPT_BYTES = 60, PASSWORD_BCRYPT_INPUT_BYTES_MAX = 72 };

/* "$2a$10$" and 53 characters with a salt at random, as htpasswd files hold it. The
 * password has at most 72 bytes, of which none is NUL. */
bool password_bcrypt(struct diags *diags, struct text password,
                     char out[static PASSWORD_BCRYPT_BYTES + 1]);

/* RFC 7914: N, r and p. */
struct password_cost {
    uint64_t rounds;
    uint32_t block, parallel;
};
/* Takes about 128 * rounds * block bytes of memory: at most PASSWORD_SCRYPT_BYTES_MAX. */
enum { PASSWORD_SCRYPT_BYTES_MAX = 64 << 20 };
bool password_scrypt(struct diags *diags, struct text password, struct text salt,
                     struct password_cost cost, unsigned char *out, size_t len);

#endif
