#include "source/openpgp_parts.h"

#include <string.h>

#include "codec/base64.h"
#include "crypto/digest.h"
#include "crypto/signature.h"

enum { PACKETS_BYTES_MAX = 4 << 20 };

/* --- bytes --------------------------------------------------------------------------- */

bool openpgp_take(struct text *rest, size_t len, struct text *out)
{
    if (rest->len < len)
        return false;
    *out = (struct text){rest->at, len};
    *rest = (struct text){rest->at + len, rest->len - len};
    return true;
}

bool openpgp_take_number(struct text *rest, size_t len, uint32_t *out)
{
    struct text bytes;

    if (!openpgp_take(rest, len, &bytes))
        return false;
    *out = 0;
    for (size_t i = 0; i < len; i++)
        *out = *out << 8 | (unsigned char)bytes.at[i];
    return true;
}

bool openpgp_take_integer(struct text *rest, struct text *out)
{
    uint32_t bits;

    return openpgp_take_number(rest, 2, &bits) && openpgp_take(rest, (bits + 7) / 8, out);
}

void openpgp_add_number(struct text_builder *b, size_t len, size_t number)
{
    while (len-- > 0)
        text_add_char(b, (char)(unsigned char)(number >> (8 * len) & 0xff));
}

/* --- armor ----------------------------------------------------------------------------- */

/* The base64 between the blank line and the checksum. */
static bool read_block(struct arena *a, struct text block, struct text_builder *out)
{
    struct text_builder encoded;
    struct text line, bytes;
    bool in_body = false;

    text_builder_init(&encoded, a, (size_t)PACKETS_BYTES_MAX * 2);
    while (text_split(&block, '\n', &line)) {
        line = text_trim(line);
        if (!in_body && (line.len == 0 || memchr(line.at, ':', line.len))) {
            in_body = line.len == 0;
            continue;
        }
        in_body = true;
        if (line.len && line.at[0] == '=')
            break;
        text_add(&encoded, line);
    }
    if (encoded.overflow || !base64_decode(a, text_built(&encoded), BASE64_STANDARD, &bytes))
        return false;
    text_add(out, bytes);
    return bytes.len > 0;
}

bool openpgp_dearmor(struct arena *a, struct text text, const char *label, struct text *out)
{
    const char *begin = text_f(a, "-----BEGIN PGP %s-----", label);
    const char *end = text_f(a, "-----END PGP %s-----", label);
    const char *at = text_z(a, text), *stop;
    struct text_builder bytes;

    *out = text;
    if (text.len && (unsigned char)text.at[0] & 0x80)
        return true;
    text_builder_init(&bytes, a, PACKETS_BYTES_MAX);
    while ((at = strstr(at, begin))) {
        at += strlen(begin);
        at += strcspn(at, "\n");
        stop = strstr(at, end);
        if (!*at || !stop || !read_block(a, (struct text){at + 1, (size_t)(stop - at) - 1}, &bytes))
            return false;
        at = stop;
    }
    *out = text_built(&bytes);
    return out->len > 0 && !bytes.overflow;
}

/* --- packets ------------------------------------------------------------------------------ */

/* One, two or five bytes; pieces of unknown length are refused. */
static bool take_length(struct text *rest, uint32_t *out)
{
    uint32_t more;

    if (!openpgp_take_number(rest, 1, out))
        return false;
    if (*out < 192)
        return true;
    if (*out == 255)
        return openpgp_take_number(rest, 4, out);
    if (*out > 223 || !openpgp_take_number(rest, 1, &more))
        return false;
    *out = ((*out - 192) << 8) + more + 192;
    return true;
}

bool openpgp_next(struct text *rest, struct openpgp_packet *out)
{
    uint32_t head, len;

    if (!openpgp_take_number(rest, 1, &head) || !(head & 0x80))
        return false;
    if (head & 0x40) {
        out->tag = head & 0x3f;
        return take_length(rest, &len) && openpgp_take(rest, len, &out->body);
    }
    out->tag = head >> 2 & 0x0f;
    return (head & 3) < 3 && openpgp_take_number(rest, (size_t)1 << (head & 3), &len) &&
           openpgp_take(rest, len, &out->body);
}

/* --- keys ----------------------------------------------------------------------------------- */

/* What is hashed of a key packet, for its fingerprint and for signatures about it. */
void openpgp_add_key(struct text_builder *b, unsigned version, struct text body)
{
    openpgp_add_number(b, 1, version == 6 ? 0x9b : 0x99);
    openpgp_add_number(b, version == 6 ? 4 : 2, body.len);
    text_add(b, body);
}

const char *openpgp_id(struct arena *a, unsigned version, struct text fingerprint)
{
    const char *bytes = version == 6 ? fingerprint.at : fingerprint.at + fingerprint.len - 8;
    char *hex = digest_hex(a, bytes, 8);

    for (char *at = hex; *at; at++)
        if (*at >= 'a' && *at <= 'f')
            *at = (char)(*at - 'a' + 'A');
    return hex;
}

static const char *key_id(struct arena *a, struct diags *diags, const struct openpgp_key *key)
{
    struct text fingerprint;
    struct text_builder b;

    text_builder_init(&b, a, key->body.len + 8);
    openpgp_add_key(&b, key->version, key->body);
    if (!digest_named(a, diags, key->version == 6 ? "SHA256" : "SHA1", text_built(&b),
                      &fingerprint))
        return "";
    return openpgp_id(a, key->version, fingerprint);
}

static const char *read_rsa(struct text rest, struct openpgp_key *key)
{
    key->is_rsa = true;
    if (!openpgp_take_integer(&rest, &key->modulus) ||
        !openpgp_take_integer(&rest, &key->exponent) || rest.len)
        return "it is damaged";
    return key->modulus.len * 8 < SIGNATURE_RSA_BITS_MIN ? "it has fewer than 2048 bits" : NULL;
}

/* The curve's name, then the point as an integer that begins with 0x40. */
static const char *read_eddsa(struct text rest, struct openpgp_key *key)
{
    static const struct text curve = {"\x2b\x06\x01\x04\x01\xda\x47\x0f\x01", 9};
    struct text name;
    uint32_t len;

    if (!openpgp_take_number(&rest, 1, &len) || !openpgp_take(&rest, len, &name))
        return "it is damaged";
    if (!text_equal(name, curve))
        return "it is on another curve than Ed25519";
    if (!openpgp_take_integer(&rest, &key->point) || rest.len ||
        key->point.len != 1 + ED25519_BYTES || key->point.at[0] != 0x40)
        return "it is damaged";
    key->point = (struct text){key->point.at + 1, ED25519_BYTES};
    return NULL;
}

static const char *read_ed25519(struct text rest, struct openpgp_key *key)
{
    return openpgp_take(&rest, ED25519_BYTES, &key->point) && !rest.len ? NULL : "it is damaged";
}

const char *openpgp_read_key(struct arena *a, struct diags *diags, struct text body,
                             struct openpgp_key *out)
{
    struct text rest = body;
    uint32_t version, created, algorithm, material;

    *out = (struct openpgp_key){.body = body, .id = ""};
    if (!openpgp_take_number(&rest, 1, &version) || !openpgp_take_number(&rest, 4, &created) ||
        !openpgp_take_number(&rest, 1, &algorithm))
        return "it is damaged";
    if (version != 4 && version != 6)
        return "it is of a version that is not supported";
    out->version = version;
    out->created = created;
    out->id = key_id(a, diags, out);
    if (version == 6 && (!openpgp_take_number(&rest, 4, &material) || material != rest.len))
        return "it is damaged";
    if (algorithm == OPENPGP_RSA || algorithm == OPENPGP_RSA_SIGN_ONLY)
        return read_rsa(rest, out);
    if (algorithm == OPENPGP_EDDSA_LEGACY)
        return read_eddsa(rest, out);
    if (algorithm == OPENPGP_ED25519)
        return read_ed25519(rest, out);
    return "it is neither RSA nor Ed25519";
}
