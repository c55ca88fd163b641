/* openpgp - as much of OpenPGP (RFC 9580, RFC 4880) as provenance files need: armor,
 * packets, public keys and signatures of versions 4 and 6, RSA and Ed25519. Bytes to
 * tables, nothing is judged here but form; the mathematics is crypto's. Pure. */
#ifndef SOURCE_OPENPGP_H
#define SOURCE_OPENPGP_H
#include <stdint.h>

#include "schema/diag.h"

enum openpgp_tag {
    OPENPGP_SIGNATURE = 2,
    OPENPGP_KEY = 6,
    OPENPGP_USER_ID = 13,
    OPENPGP_SUBKEY = 14,
};
enum openpgp_signature_type {
    OPENPGP_OF_BINARY = 0x00,
    OPENPGP_OF_TEXT = 0x01,
    OPENPGP_OF_USER_ID = 0x10, /* to 0x13 */
    OPENPGP_OF_SUBKEY = 0x18,
    OPENPGP_BY_SUBKEY = 0x19,
    OPENPGP_OF_KEY = 0x1f,
    OPENPGP_REVOKES_KEY = 0x20,
    OPENPGP_REVOKES_SUBKEY = 0x28,
};
enum { OPENPGP_MAY_SIGN = 0x02 }; /* of key flags */

struct openpgp_packet {
    unsigned tag;
    struct text body;
};
struct openpgp_key {
    unsigned version;
    int64_t created;
    bool is_rsa;
    struct text body;                     /* of the packet: what is hashed */
    struct text modulus, exponent, point; /* RSA, or Ed25519's 32 bytes */
    const char *id;                       /* 16 hex digits in capitals */
};
struct openpgp_signature {
    unsigned version, type, flags;
    bool has_flags;
    bool is_rsa;
    const char *hash;         /* "SHA256", "SHA384", "SHA512" */
    int64_t created, expires; /* expires, key_expires: seconds after; 0 = never */
    int64_t key_expires;
    const char *issuer;   /* key id, "" when it does not say */
    struct text embedded; /* body of a signature inside, or empty */
    struct text hashed;   /* from the version up to the hashed subpackets */
    struct text salt;     /* version 6 */
    struct text check;    /* the first two bytes of the digest */
    struct text proof;    /* RSA: the number; Ed25519: 64 bytes */
};

/* The bytes of every armor block "-----BEGIN PGP <label>-----" joined; binary input as
 * it is. False when there is none or one is damaged. */
bool openpgp_dearmor(struct arena *a, struct text text, const char *label, struct text *out);
/* Takes the first packet off; false at the end (rest empty) or when malformed. */
bool openpgp_next(struct text *rest, struct openpgp_packet *out);
/* NULL = read; else a sentence on what is wrong with it, or what it needs that is not
 * here. id is that of the key also then, when it could be told. */
const char *openpgp_read_key(struct arena *a, struct diags *diags, struct text body,
                             struct openpgp_key *out);
const char *openpgp_read_signature(struct arena *a, struct text body,
                                   struct openpgp_signature *out);
/* What is hashed of a key packet, for its fingerprint and for signatures about it. */
void openpgp_add_key(struct text_builder *b, unsigned version, struct text body);
/* Is it a signature of `data` by key? data is what stands before the trailer. */
bool openpgp_is_good(struct arena *a, struct diags *diags, const struct openpgp_key *key,
                     const struct openpgp_signature *signature, struct text data);

#endif
