/* Results that differ from call to call. */
#include <string.h>

#include "codec/base64.h"
#include "crypto/digest.h"
#include "template/convert.h"
#include "template/rune.h"
#include "template/template.h"

static bool random_bytes(struct function_call *f, unsigned char *out, size_t len)
{
    struct diags diags;

    diags_init(&diags, f->arena);
    if (digest_random(&diags, out, len))
        return true;
    function_fail(f, "%s", diags.first->detail);
    return false;
}

/* A number below `limit`, each as likely; false and reported on failure. */
static bool random_below(struct function_call *f, uint64_t limit, uint64_t *out)
{
    uint64_t fair = UINT64_MAX - UINT64_MAX % limit;
    unsigned char bytes[sizeof(*out)];

    do {
        if (!random_bytes(f, bytes, sizeof bytes))
            return false;
        memcpy(out, bytes, sizeof bytes);
    } while (*out >= fair);
    *out %= limit;
    return true;
}

static const struct datum *run_rand_int(struct function_call *f)
{
    int64_t min = function_integer(f, 0);
    uint64_t distance = (uint64_t)function_integer(f, 1) - (uint64_t)min, random;

    if (distance == 0 || distance > INT64_MAX)
        return function_fail(f, "invalid argument to Intn");
    if (!random_below(f, distance, &random))
        return NULL;
    return datum_int(f->arena, (int64_t)((uint64_t)min + random));
}

static const struct datum *run_shuffle(struct function_call *f)
{
    struct text t = function_text(f, 0);
    size_t count = rune_count(t), len;
    uint32_t *runes;
    struct text_builder b;

    if (count > CONVERT_ITEMS_MAX)
        return function_fail(f, "%zu is too many at random: at most %d", count,
                             (int)CONVERT_ITEMS_MAX);
    runes = arena_array(f->arena, count, sizeof(*runes));
    for (size_t i = 0, at = 0; i < count; i++, at += len)
        runes[i] = rune_decode(t, at, &len);
    text_builder_init(&b, f->arena, TEMPLATE_OUTPUT_BYTES_MAX);
    for (; count; count--) {
        uint64_t pick;

        if (!random_below(f, count, &pick))
            return NULL;
        rune_add(&b, runes[pick]);
        runes[pick] = runes[count - 1];
    }
    return convert_built(f, &b);
}

/* --- words ---------------------------------------------------------------- */

/* False when so many bytes or characters are not made. */
static bool count_read(struct function_call *f, int64_t *count)
{
    *count = function_integer(f, 0);
    if (*count <= CONVERT_ITEMS_MAX)
        return true;
    function_fail(f, "%lld is too many at random: at most %d", (long long)*count,
                  (int)CONVERT_ITEMS_MAX);
    return false;
}

/* Each of the letters as likely: bytes from the last, unfull round are dropped. */
static const struct datum *word_of(struct function_call *f, struct text letters)
{
    size_t fair = 256 - 256 % letters.len, len = 0;
    unsigned char bytes[256];
    int64_t count;
    char *word;

    if (!count_read(f, &count))
        return NULL;
    if (count <= 0)
        return &datum_empty_string;
    word = arena_alloc(f->arena, (size_t)count);
    while (len < (size_t)count) {
        if (!random_bytes(f, bytes, sizeof(bytes)))
            return NULL;
        for (size_t i = 0; i < sizeof(bytes) && len < (size_t)count; i++)
            if (bytes[i] < fair)
                word[len++] = letters.at[bytes[i] % letters.len];
    }
    return datum_string(f->arena, (struct text){word, len});
}

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static const struct datum *run_rand_alpha_num(struct function_call *f)
{
    return word_of(f, TEXT(DIGITS LETTERS));
}

static const struct datum *run_rand_alpha(struct function_call *f)
{
    return word_of(f, TEXT(LETTERS));
}

static const struct datum *run_rand_numeric(struct function_call *f)
{
    return word_of(f, TEXT(DIGITS));
}

static const struct datum *run_rand_ascii(struct function_call *f)
{
    return word_of(f, TEXT(" !\"#$%&'()*+,-./" DIGITS ":;<=>?@" LETTERS "[\\]^_`{|}~"));
}

static const struct datum *run_rand_bytes(struct function_call *f)
{
    unsigned char *bytes;
    int64_t count;

    if (!count_read(f, &count))
        return NULL;
    if (count < 0)
        return function_fail(f, "runtime error: makeslice: len out of range");
    bytes = arena_alloc(f->arena, (size_t)count);
    if (!random_bytes(f, bytes, (size_t)count))
        return NULL;
    return datum_string(
        f->arena,
        base64_encode(f->arena, (struct text){(char *)bytes, (size_t)count}, BASE64_STANDARD));
}

/* RFC 9562: version 4 and the variant have their bits, all others are random. */
static const struct datum *run_uuidv4(struct function_call *f)
{
    unsigned char bytes[16];
    const char *hex;

    if (!random_bytes(f, bytes, sizeof(bytes)))
        return NULL;
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    hex = digest_hex(f->arena, bytes, sizeof(bytes));
    return datum_string_z(f->arena, text_f(f->arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
                                           hex + 12, hex + 16, hex + 20));
}

const struct function functions_random[] = {
    {"randInt", "ii", run_rand_int, FUNCTION_UNSTABLE},
    {"shuffle", "s", run_shuffle, FUNCTION_UNSTABLE},
    {"randAlphaNum", "i", run_rand_alpha_num, FUNCTION_UNSTABLE},
    {"randAlpha", "i", run_rand_alpha, FUNCTION_UNSTABLE},
    {"randNumeric", "i", run_rand_numeric, FUNCTION_UNSTABLE},
    {"randAscii", "i", run_rand_ascii, FUNCTION_UNSTABLE},
    {"randBytes", "i", run_rand_bytes, FUNCTION_UNSTABLE},
    {"uuidv4", "", run_uuidv4, FUNCTION_UNSTABLE},
    {0},
};
