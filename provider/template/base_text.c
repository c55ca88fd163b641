#include "template/base_text.h"

#include <string.h>

static const char alphabet64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static struct text corrupt(struct arena *a, int base, size_t at)
{
    return text_of(text_f(a, "illegal base%d data at input byte %zu", base, at));
}

static int digit_of(const char *alphabet, char c)
{
    const char *found = c ? strchr(alphabet, c) : NULL;

    return found ? (int)(found - alphabet) : -1;
}

/* --- base64 --------------------------------------------------------------- */

struct reader {
    struct text in;
    size_t at;
    size_t bad; /* where it went wrong */
};

static bool fail_at(struct reader *r, size_t at)
{
    r->bad = at;
    return false;
}

static void skip_line_ends(struct reader *r)
{
    while (r->at < r->in.len && (r->in.at[r->at] == '\n' || r->in.at[r->at] == '\r'))
        r->at++;
}

/* Behind the first '=' as character `have` of its group: nothing else may follow. */
static bool read_padding(struct reader *r, int have)
{
    if (have < 2)
        return fail_at(r, r->at - 1);
    skip_line_ends(r);
    if (have == 2) {
        if (r->at == r->in.len)
            return fail_at(r, r->at);
        if (r->in.at[r->at] != '=')
            return fail_at(r, r->at - 1);
        r->at++;
        skip_line_ends(r);
    }
    return r->at == r->in.len || fail_at(r, r->at);
}

/* Up to four characters; *have says how many stood there. */
static bool read_group(struct reader *r, unsigned *bits, int *have)
{
    *bits = 0;
    *have = 0;
    while (*have < 4) {
        int digit;

        skip_line_ends(r);
        if (r->at == r->in.len)
            return *have == 0 || fail_at(r, r->at - (size_t)*have);
        digit = digit_of(alphabet64, r->in.at[r->at++]);
        if (digit < 0)
            return r->in.at[r->at - 1] == '=' ? read_padding(r, *have) : fail_at(r, r->at - 1);
        *bits = *bits << 6 | (unsigned)digit;
        ++*have;
    }
    return true;
}

bool base64_text_try(struct arena *a, struct text encoded, struct text *out)
{
    struct reader r = {.in = encoded};
    char *bytes = arena_alloc(a, encoded.len + 4);
    size_t len = 0;
    int have = 4;

    while (have == 4) {
        unsigned bits;

        if (!read_group(&r, &bits, &have)) {
            *out = corrupt(a, 64, r.bad);
            return false;
        }
        bits <<= 6 * (4 - have);
        for (int i = 0; i + 1 < have; i++)
            bytes[len++] = (char)(bits >> (16 - 8 * i));
    }
    *out = (struct text){bytes, len};
    return true;
}

struct text base64_text_decode(struct arena *a, struct text encoded)
{
    struct text out;

    (void)base64_text_try(a, encoded, &out);
    return out;
}

/* --- base32 --------------------------------------------------------------- */

struct text base32_text_encode(struct arena *a, struct text bytes)
{
    struct text_builder b;

    text_builder_init(&b, a, bytes.len * 2 + 16);
    for (size_t i = 0; i < bytes.len; i += 5) {
        size_t have = bytes.len - i < 5 ? bytes.len - i : 5;
        unsigned long long bits = 0;

        for (size_t j = 0; j < 5; j++)
            bits = bits << 8 | (j < have ? (unsigned char)bytes.at[i + j] : 0);
        for (size_t j = 0; j < 8; j++)
            text_add_char(&b,
                          (char)(j * 5 < have * 8 ? alphabet32[bits >> (35 - 5 * j) & 31] : '='));
    }
    return text_built(&b);
}

static struct text without_line_ends(struct arena *a, struct text t)
{
    char *out = arena_alloc(a, t.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < t.len; i++)
        if (t.at[i] != '\n' && t.at[i] != '\r')
            out[len++] = t.at[i];
    return (struct text){out, len};
}

/* At the '=' that is character `have` of its group. */
static bool read_padding32(struct reader *r, size_t have)
{
    size_t left = r->in.len - r->at - 1;

    if (left + have < 7)
        return fail_at(r, r->in.len);
    for (size_t k = 0; k < 7 - have; k++)
        if (left > k && r->in.at[r->at + 1 + k] != '=')
            return fail_at(r, r->at + k);
    return (have != 1 && have != 3 && have != 6) || fail_at(r, r->at);
}

static bool read_group32(struct reader *r, unsigned long long *bits, size_t *have)
{
    *bits = 0;
    for (*have = 0; *have < 8; ++*have, r->at++) {
        int digit;

        if (r->at == r->in.len)
            return *have == 0 || fail_at(r, r->in.len - *have);
        if (r->in.at[r->at] == '=' && *have >= 2 && r->in.len - r->at - 1 < 8)
            return read_padding32(r, *have);
        digit = digit_of(alphabet32, r->in.at[r->at]);
        if (digit < 0)
            return fail_at(r, r->at);
        *bits = *bits << 5 | (unsigned long long)digit;
    }
    return true;
}

struct text base32_text_decode(struct arena *a, struct text encoded)
{
    struct reader r = {.in = without_line_ends(a, encoded)};
    char *out = arena_alloc(a, encoded.len + 8);
    size_t len = 0, have = 8;

    while (have == 8) {
        unsigned long long bits;

        if (!read_group32(&r, &bits, &have))
            return corrupt(a, 32, r.bad);
        bits <<= 5 * (8 - have);
        for (size_t i = 0; i < have * 5 / 8; i++)
            out[len++] = (char)(bits >> (32 - 8 * i));
    }
    return (struct text){out, len};
}
