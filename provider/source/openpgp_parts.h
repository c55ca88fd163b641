/* openpgp_parts - what the two halves of openpgp share: numbers, and what is hashed. */
#ifndef SOURCE_OPENPGP_PARTS_H
#define SOURCE_OPENPGP_PARTS_H
#include "source/openpgp.h"

enum openpgp_algorithm {
    OPENPGP_RSA = 1,
    OPENPGP_RSA_SIGN_ONLY = 3,
    OPENPGP_EDDSA_LEGACY = 22,
    OPENPGP_ED25519 = 27,
};

/* All take from the front of *rest; false when there is too little. */
bool openpgp_take(struct text *rest, size_t len, struct text *out);
/* A big-endian number of `len` bytes, at most 4. */
bool openpgp_take_number(struct text *rest, size_t len, uint32_t *out);
/* A multiprecision integer: its length in bits, then the bytes. */
bool openpgp_take_integer(struct text *rest, struct text *out);
void openpgp_add_number(struct text_builder *b, size_t len, size_t number);
/* Of a fingerprint: the first bytes in version 6, the last in version 4. */
const char *openpgp_id(struct arena *a, unsigned version, struct text fingerprint);

#endif
