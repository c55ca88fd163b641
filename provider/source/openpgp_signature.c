#include <string.h>

#include "crypto/digest.h"
#include "crypto/signature.h"
#include "source/openpgp_parts.h"

enum {
    SUBPACKET_CREATED = 2,
    SUBPACKET_EXPIRES = 3,
    SUBPACKET_KEY_EXPIRES = 9,
    SUBPACKET_ISSUER = 16,
    SUBPACKET_FLAGS = 27,
    SUBPACKET_EMBEDDED = 32,
    SUBPACKET_FINGERPRINT = 33,
    CRITICAL = 0x80,

    FINGERPRINT_BYTES_MIN = 20,
    ED25519_PROOF_BYTES = 2 * ED25519_BYTES,
    TRAILER_BYTES_MAX = 16,
};

static const char damaged[] = "it is damaged";

/* --- reading --------------------------------------------------------------------------- */

static const char *hash_name(uint32_t number)
{
    return number == 8 ? "SHA256" : number == 9 ? "SHA384" : number == 10 ? "SHA512" : NULL;
}

static const char *read_time(struct text data, int64_t *out)
{
    uint32_t seconds;

    if (data.len != 4 || !openpgp_take_number(&data, 4, &seconds))
        return damaged;
    *out = seconds;
    return NULL;
}

static void read_fingerprint(struct arena *a, struct text data, struct openpgp_signature *s)
{
    uint32_t version;

    if (openpgp_take_number(&data, 1, &version) && data.len >= FINGERPRINT_BYTES_MIN)
        s->issuer = openpgp_id(a, version, data);
}

/* What may stand where it is not signed along: it only names keys, or is a signature
 * that proves itself. False: it is something else. */
static bool read_hint(struct arena *a, unsigned kind, struct text data, struct openpgp_signature *s)
{
    if (kind == SUBPACKET_FINGERPRINT)
        read_fingerprint(a, data, s);
    else if (kind == SUBPACKET_ISSUER && data.len == 8 && !s->issuer[0])
        s->issuer = openpgp_id(a, 6, data);
    else if (kind == SUBPACKET_EMBEDDED)
        s->embedded = data;
    else
        return kind == SUBPACKET_ISSUER;
    return true;
}

static const char *read_statement(unsigned type, struct text data, struct openpgp_signature *s)
{
    switch (type & ~(unsigned)CRITICAL) {
    case SUBPACKET_CREATED:
        return read_time(data, &s->created);
    case SUBPACKET_EXPIRES:
        return read_time(data, &s->expires);
    case SUBPACKET_KEY_EXPIRES:
        return read_time(data, &s->key_expires);
    case SUBPACKET_FLAGS:
        s->has_flags = true;
        s->flags = data.len ? (unsigned char)data.at[0] : 0;
        return NULL;
    default:
        return type & CRITICAL ? "it has a critical part that is not supported" : NULL;
    }
}

/* Unlike that of a packet, the length of a subpacket has no partial form. */
static bool take_length(struct text *rest, uint32_t *out)
{
    uint32_t more;

    if (!openpgp_take_number(rest, 1, out))
        return false;
    if (*out < 192)
        return true;
    if (*out == 255)
        return openpgp_take_number(rest, 4, out);
    if (!openpgp_take_number(rest, 1, &more))
        return false;
    *out = ((*out - 192) << 8) + more + 192;
    return true;
}

static const char *read_subpackets(struct arena *a, struct text area, bool hashed,
                                   struct openpgp_signature *s)
{
    const char *fault = NULL;

    while (area.len && !fault) {
        struct text data;
        uint32_t len, type;

        if (!take_length(&area, &len) || !openpgp_take(&area, len, &data) ||
            !openpgp_take_number(&data, 1, &type))
            return damaged;
        if (!read_hint(a, type & ~(unsigned)CRITICAL, data, s) && hashed)
            fault = read_statement(type, data, s);
    }
    return fault;
}

/* Two integers, which lack their leading zeros. */
static const char *read_eddsa(struct arena *a, struct text rest, struct text *out)
{
    char *proof = arena_alloc(a, ED25519_PROOF_BYTES);
    struct text r, s;

    if (!openpgp_take_integer(&rest, &r) || !openpgp_take_integer(&rest, &s) || rest.len ||
        r.len > ED25519_BYTES || s.len > ED25519_BYTES)
        return damaged;
    memcpy(proof + ED25519_BYTES - r.len, r.at, r.len);
    memcpy(proof + ED25519_PROOF_BYTES - s.len, s.at, s.len);
    *out = (struct text){proof, ED25519_PROOF_BYTES};
    return NULL;
}

static const char *read_proof(struct arena *a, struct text rest, uint32_t algorithm,
                              struct openpgp_signature *s)
{
    s->is_rsa = algorithm == OPENPGP_RSA || algorithm == OPENPGP_RSA_SIGN_ONLY;
    if (s->is_rsa)
        return openpgp_take_integer(&rest, &s->proof) && !rest.len ? NULL : damaged;
    if (algorithm == OPENPGP_EDDSA_LEGACY)
        return read_eddsa(a, rest, &s->proof);
    if (algorithm == OPENPGP_ED25519)
        return openpgp_take(&rest, ED25519_PROOF_BYTES, &s->proof) && !rest.len ? NULL : damaged;
    return "it is made with a key that is neither RSA nor Ed25519";
}

static const char *read_salt(struct text *rest, struct openpgp_signature *s)
{
    uint32_t len;

    if (s->version != 6)
        return NULL;
    return openpgp_take_number(rest, 1, &len) && openpgp_take(rest, len, &s->salt) ? NULL : damaged;
}

const char *openpgp_read_signature(struct arena *a, struct text body, struct openpgp_signature *out)
{
    struct text rest = body, hashed, unhashed;
    uint32_t version, type, algorithm, hash, len;
    const char *fault;

    *out = (struct openpgp_signature){.issuer = ""};
    if (!openpgp_take_number(&rest, 1, &version) || !openpgp_take_number(&rest, 1, &type) ||
        !openpgp_take_number(&rest, 1, &algorithm) || !openpgp_take_number(&rest, 1, &hash))
        return damaged;
    out->version = version;
    out->type = type;
    out->hash = hash_name(hash);
    if (version != 4 && version != 6)
        return "it is of a version that is not supported";
    if (!openpgp_take_number(&rest, version == 6 ? 4 : 2, &len) ||
        !openpgp_take(&rest, len, &hashed))
        return damaged;
    out->hashed = (struct text){body.at, body.len - rest.len};
    if (!openpgp_take_number(&rest, version == 6 ? 4 : 2, &len) ||
        !openpgp_take(&rest, len, &unhashed) || !openpgp_take(&rest, 2, &out->check))
        return damaged;
    fault = read_subpackets(a, unhashed, false, out);
    fault = fault ? fault : read_subpackets(a, hashed, true, out);
    fault = fault ? fault : read_salt(&rest, out);
    if (!fault && !out->hash)
        fault = "its hash is none of SHA-256, SHA-384 and SHA-512";
    return fault ? fault : read_proof(a, rest, algorithm, out);
}

/* --- verifying --------------------------------------------------------------------------- */

static bool hash(struct arena *a, struct diags *diags, const struct openpgp_signature *s,
                 struct text data, struct text *out)
{
    struct text_builder b;

    text_builder_init(&b, a, s->salt.len + data.len + s->hashed.len + TRAILER_BYTES_MAX);
    text_add(&b, s->salt);
    text_add(&b, data);
    text_add(&b, s->hashed);
    openpgp_add_number(&b, 1, s->version);
    openpgp_add_number(&b, 1, 0xff);
    openpgp_add_number(&b, 4, s->hashed.len);
    return digest_named(a, diags, s->hash, text_built(&b), out);
}

bool openpgp_is_good(struct arena *a, struct diags *diags, const struct openpgp_key *key,
                     const struct openpgp_signature *signature, struct text data)
{
    struct text digest;

    if (key->is_rsa != signature->is_rsa || key->version != signature->version ||
        !hash(a, diags, signature, data, &digest) || memcmp(digest.at, signature->check.at, 2) != 0)
        return false;
    return key->is_rsa
               ? signature_rsa_is_good(key->modulus, key->exponent, digest, signature->proof)
               : signature_ed25519_is_good(key->point, digest, signature->proof);
}
