#include "codec/msgpack_token.h"

#include <string.h>

/* --- reading ------------------------------------------------------------- */

/* A big-endian integer of 1, 2, 4 or 8 bytes. */
static bool take(struct text *rest, size_t bytes, uint64_t *out)
{
    *out = 0;
    if (rest->len < bytes)
        return false;
    for (size_t i = 0; i < bytes; i++)
        *out = *out << 8 | (unsigned char)rest->at[i];
    *rest = (struct text){rest->at + bytes, rest->len - bytes};
    return true;
}

static enum msgpack_status take_body(struct text *rest, uint64_t len, struct msgpack_token *out)
{
    if (len > rest->len)
        return MSGPACK_ENDS_EARLY;
    out->body = (struct text){rest->at, (size_t)len};
    *rest = (struct text){rest->at + len, rest->len - (size_t)len};
    return MSGPACK_FINE;
}

/* kind and a length of `bytes` bytes, then what it is the length of. */
static enum msgpack_status take_sized(struct text *rest, enum msgpack_kind kind, size_t bytes,
                                      struct msgpack_token *out)
{
    uint64_t length;

    out->kind = kind;
    if (!take(rest, bytes, &length))
        return MSGPACK_ENDS_EARLY;
    out->count = (uint32_t)length;
    return kind == MSGPACK_ARRAY || kind == MSGPACK_MAP ? MSGPACK_FINE
                                                        : take_body(rest, length, out);
}

static enum msgpack_status take_ext(struct text *rest, uint64_t len, struct msgpack_token *out)
{
    uint64_t code;

    out->kind = MSGPACK_EXT;
    if (!take(rest, 1, &code))
        return MSGPACK_ENDS_EARLY;
    out->ext = code < 0x80 ? (int)code : (int)code - 0x100;
    return take_body(rest, len, out);
}

static enum msgpack_status take_sized_ext(struct text *rest, size_t bytes,
                                          struct msgpack_token *out)
{
    uint64_t len;

    return take(rest, bytes, &len) ? take_ext(rest, len, out) : MSGPACK_ENDS_EARLY;
}

static enum msgpack_status take_unsigned(struct text *rest, size_t bytes, struct msgpack_token *out)
{
    out->kind = MSGPACK_UNSIGNED;
    return take(rest, bytes, &out->unsigned_integer) ? MSGPACK_FINE : MSGPACK_ENDS_EARLY;
}

static enum msgpack_status take_signed(struct text *rest, size_t bytes, struct msgpack_token *out)
{
    uint64_t bits;

    out->kind = MSGPACK_SIGNED;
    if (!take(rest, bytes, &bits))
        return MSGPACK_ENDS_EARLY;
    if (bytes < 8 && bits >> (8 * bytes - 1))
        bits |= UINT64_MAX << (8 * bytes);
    memcpy(&out->signed_integer, &bits, sizeof(bits));
    return MSGPACK_FINE;
}

static enum msgpack_status take_real(struct text *rest, size_t bytes, struct msgpack_token *out)
{
    uint64_t bits;
    uint32_t half;
    float single;

    out->kind = MSGPACK_REAL;
    if (!take(rest, bytes, &bits))
        return MSGPACK_ENDS_EARLY;
    if (bytes == 8) {
        memcpy(&out->real, &bits, sizeof(bits));
        return MSGPACK_FINE;
    }
    half = (uint32_t)bits;
    memcpy(&single, &half, sizeof(single));
    out->real = (double)single;
    return MSGPACK_FINE;
}

/* The forms whose first byte holds a small number itself. */
static bool take_small(struct text *rest, unsigned char first, struct msgpack_token *out,
                       enum msgpack_status *status)
{
    *status = MSGPACK_FINE;
    if (first < 0x80) {
        out->kind = MSGPACK_UNSIGNED;
        out->unsigned_integer = first;
    } else if (first >= 0xe0) {
        out->kind = MSGPACK_SIGNED;
        out->signed_integer = (int64_t)first - 0x100;
    } else if (first < 0xa0) {
        out->kind = first < 0x90 ? MSGPACK_MAP : MSGPACK_ARRAY;
        out->count = first & 0x0f;
    } else if (first < 0xc0) {
        out->kind = MSGPACK_STRING;
        *status = take_body(rest, first & 0x1f, out);
    } else {
        return false;
    }
    return true;
}

enum msgpack_status msgpack_token_read(struct text *rest, struct msgpack_token *out)
{
    enum msgpack_status status;
    uint64_t byte;
    unsigned first;

    *out = (struct msgpack_token){.kind = MSGPACK_NIL, .body = TEXT("")};
    if (!take(rest, 1, &byte))
        return MSGPACK_ENDS_EARLY;
    first = (unsigned)byte;
    if (take_small(rest, (unsigned char)first, out, &status))
        return status;
    switch (first) {
    case 0xc0:
        return MSGPACK_FINE;
    case 0xc2:
    case 0xc3:
        out->kind = MSGPACK_BOOL;
        out->boolean = first == 0xc3;
        return MSGPACK_FINE;
    case 0xc4:
    case 0xc5:
    case 0xc6:
        return take_sized(rest, MSGPACK_BINARY, (size_t)1 << (first - 0xc4), out);
    case 0xc7:
    case 0xc8:
    case 0xc9:
        return take_sized_ext(rest, (size_t)1 << (first - 0xc7), out);
    case 0xca:
    case 0xcb:
        return take_real(rest, first == 0xca ? 4 : 8, out);
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
        return take_unsigned(rest, (size_t)1 << (first - 0xcc), out);
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
        return take_signed(rest, (size_t)1 << (first - 0xd0), out);
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
        return take_ext(rest, (uint64_t)1 << (first - 0xd4), out);
    case 0xd9:
    case 0xda:
    case 0xdb:
        return take_sized(rest, MSGPACK_STRING, (size_t)1 << (first - 0xd9), out);
    case 0xdc:
    case 0xdd:
        return take_sized(rest, MSGPACK_ARRAY, first == 0xdc ? 2 : 4, out);
    case 0xde:
    case 0xdf:
        return take_sized(rest, MSGPACK_MAP, first == 0xde ? 2 : 4, out);
    default: /* 0xc1 */
        return MSGPACK_NO_SUCH_FORM;
    }
}

/* --- writing ------------------------------------------------------------- */

/* A first byte and the lowest `bytes` bytes of bits, big-endian. */
static void add_form(struct text_builder *b, unsigned first, uint64_t bits, int bytes)
{
    text_add_char(b, (char)first);
    while (bytes--)
        text_add_char(b, (char)(bits >> (8 * bytes) & 0xff));
}

/* first is the form with an 8-bit length; those with 16 and 32 follow it. */
static void add_length(struct text_builder *b, unsigned first, size_t len)
{
    if (len <= UINT8_MAX)
        add_form(b, first, len, 1);
    else if (len <= UINT16_MAX)
        add_form(b, first + 1, len, 2);
    else
        add_form(b, first + 2, len, 4);
}

void msgpack_add_nil(struct text_builder *b)
{
    text_add_char(b, (char)0xc0);
}

void msgpack_add_bool(struct text_builder *b, bool boolean)
{
    text_add_char(b, (char)(boolean ? 0xc3 : 0xc2));
}

static void add_negative(struct text_builder *b, int64_t i)
{
    if (i >= -32)
        text_add_char(b, (char)i);
    else if (i >= INT8_MIN)
        add_form(b, 0xd0, (uint64_t)i, 1);
    else if (i >= INT16_MIN)
        add_form(b, 0xd1, (uint64_t)i, 2);
    else if (i >= INT32_MIN)
        add_form(b, 0xd2, (uint64_t)i, 4);
    else
        add_form(b, 0xd3, (uint64_t)i, 8);
}

void msgpack_add_integer(struct text_builder *b, int64_t i)
{
    if (i < 0)
        add_negative(b, i);
    else if (i < 0x80)
        text_add_char(b, (char)i);
    else if (i <= UINT32_MAX)
        add_length(b, 0xcc, (size_t)i);
    else
        add_form(b, 0xcf, (uint64_t)i, 8);
}

void msgpack_add_real(struct text_builder *b, double real)
{
    uint64_t bits;

    memcpy(&bits, &real, sizeof(bits));
    add_form(b, 0xcb, bits, 8);
}

void msgpack_add_string(struct text_builder *b, struct text t)
{
    if (t.len < 32)
        text_add_char(b, (char)(0xa0 | t.len));
    else
        add_length(b, 0xd9, t.len);
    text_add(b, t);
}

void msgpack_add_binary(struct text_builder *b, struct text t)
{
    add_length(b, 0xc4, t.len);
    text_add(b, t);
}

static void add_count(struct text_builder *b, unsigned small, unsigned large, size_t count)
{
    if (count < 16)
        text_add_char(b, (char)(small | count));
    else if (count <= UINT16_MAX)
        add_form(b, large, count, 2);
    else
        add_form(b, large + 1, count, 4);
}

void msgpack_add_array(struct text_builder *b, size_t count)
{
    add_count(b, 0x90, 0xdc, count);
}

void msgpack_add_map(struct text_builder *b, size_t count)
{
    add_count(b, 0x80, 0xde, count);
}

void msgpack_add_ext(struct text_builder *b, int code, struct text body)
{
    int power = 0;

    while (power < 4 && (size_t)1 << power != body.len)
        power++;
    if ((size_t)1 << power == body.len)
        text_add_char(b, (char)(0xd4 + power));
    else
        add_length(b, 0xc7, body.len);
    text_add_char(b, (char)code);
    text_add(b, body);
}
