#include "template/convert.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- integers ------------------------------------------------------------- */

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
}

static unsigned digit_value(char c)
{
    c = lower(c);
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    return c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 10 : 36;
}

static struct text skip(struct text t, size_t count)
{
    return (struct text){t.at + count, t.len - count};
}

/* Each "_" stands between digits or right after a prefix. */
static bool underscores_fit(struct text t, bool prefixed)
{
    bool digit = prefixed;

    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] == '_' && !digit)
            return false;
        digit = t.at[i] != '_';
    }
    return digit;
}

/* Takes "0x" and the like and tells the base; plain "0" is a prefix of octal too. */
static unsigned take_base(struct text *t)
{
    char mark;

    if (!t->len || t->at[0] != '0')
        return 10;
    mark = (char)(t->len >= 3 ? lower(t->at[1]) : '\0');
    if (mark == 'b' || mark == 'o' || mark == 'x') {
        *t = skip(*t, 2);
        return mark == 'b' ? 2 : mark == 'o' ? 8 : 16;
    }
    *t = skip(*t, 1);
    return 8;
}

static bool read_digits(struct text t, unsigned base, bool underscores, uint64_t *out, bool *large)
{
    *out = 0;
    *large = false;
    for (size_t i = 0; i < t.len; i++) {
        unsigned digit = digit_value(t.at[i]);

        if (t.at[i] == '_' && underscores)
            continue;
        if (digit >= base)
            return false;
        *large = *large || *out > (UINT64_MAX - digit) / base;
        *out = *out * base + digit;
    }
    return true;
}

bool convert_parse_integer(struct text t, unsigned base, int64_t *out)
{
    bool negative = t.len && t.at[0] == '-', from_prefix = base == 0, large;
    uint64_t magnitude, limit = (uint64_t)INT64_MAX + negative;
    struct text digits;

    *out = 0;
    if (t.len && (t.at[0] == '-' || t.at[0] == '+'))
        t = skip(t, 1);
    if (!t.len)
        return false;
    digits = t;
    if (from_prefix)
        base = take_base(&digits);
    if (!read_digits(digits, base, from_prefix, &magnitude, &large))
        return false;
    if (from_prefix && !underscores_fit(digits, digits.at != t.at))
        return false;
    large = large || magnitude > limit;
    if (large)
        magnitude = limit;
    *out = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return !large;
}

/* "12.00" is an integer to Sprig, "12.50" is not. */
static struct text without_zero_decimals(struct text t)
{
    size_t end = t.len;

    while (end && t.at[end - 1] == '0')
        end--;
    if (end && end < t.len && t.at[end - 1] == '.')
        return (struct text){t.at, end - 1};
    return t;
}

int64_t convert_truncate(double d)
{
    static const double end = 9223372036854775808.0; /* 2^63 */

    return d >= -end && d < end ? (int64_t)d : INT64_MIN;
}

int64_t convert_integer(const struct datum *d)
{
    int64_t i;

    switch (d->kind) {
    case DATUM_BOOL:
        return d->boolean;
    case DATUM_INT:
    case DATUM_INT64:
    case DATUM_UINT8:
        return d->integer;
    case DATUM_FLOAT64:
        return convert_truncate(d->real);
    case DATUM_STRING:
        return convert_parse_integer(without_zero_decimals(d->text), 0, &i) ? i : 0;
    default:
        return 0;
    }
}

/* --- reals ---------------------------------------------------------------- */

static bool is_word(struct text t, const char *word)
{
    size_t len = strlen(word);

    if (t.len != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (lower(t.at[i]) != word[i])
            return false;
    return true;
}

static size_t take_digits(struct text *t, unsigned base)
{
    size_t digits = 0, i = 0;

    for (; i < t->len && (t->at[i] == '_' || digit_value(t->at[i]) < base); i++)
        digits += t->at[i] != '_';
    *t = skip(*t, i);
    return digits;
}

static bool take_any(struct text *t, const char *set)
{
    if (!t->len || !t->at[0] || !strchr(set, t->at[0]))
        return false;
    *t = skip(*t, 1);
    return true;
}

/* Each "_" has a digit on both sides, and 0x counts as one. */
static bool real_underscores_fit(struct text t, bool hexadecimal)
{
    unsigned base = hexadecimal ? 16 : 10;

    for (size_t i = 0; i < t.len; i++) {
        bool before = i > 0 && (digit_value(t.at[i - 1]) < base || (hexadecimal && i == 2));

        if (t.at[i] == '_' && !(before && i + 1 < t.len && digit_value(t.at[i + 1]) < base))
            return false;
    }
    return true;
}

/* Digits, point, exponent as Go writes literals, without the sign. */
static bool is_real(struct text t)
{
    bool hexadecimal = t.len > 2 && t.at[0] == '0' && lower(t.at[1]) == 'x';
    struct text rest = hexadecimal ? skip(t, 2) : t;
    size_t digits = take_digits(&rest, hexadecimal ? 16 : 10);

    if (take_any(&rest, "."))
        digits += take_digits(&rest, hexadecimal ? 16 : 10);
    if (!digits)
        return false;
    if (take_any(&rest, hexadecimal ? "pP" : "eE")) {
        take_any(&rest, "+-");
        if (!take_digits(&rest, 10))
            return false;
    } else if (hexadecimal) {
        return false;
    }
    return rest.len == 0 && real_underscores_fit(t, hexadecimal);
}

bool convert_parse_real(struct text t, double *out)
{
    char plain[512], *at = plain, *end;
    struct text number = t;

    *out = 0;
    if (t.len >= sizeof plain || !t.len)
        return false;
    take_any(&number, "+-");
    if (is_word(number, "inf") || is_word(number, "infinity")) {
        *out = t.at[0] == '-' ? -INFINITY : INFINITY;
        return true;
    }
    if (is_word(t, "nan")) {
        *out = NAN;
        return true;
    }
    if (!is_real(number))
        return false;
    for (size_t i = 0; i < t.len; i++)
        if (t.at[i] != '_')
            *at++ = t.at[i];
    *at = 0;
    *out = strtod(plain, &end);
    return !isinf(*out) && *end == 0;
}

double convert_real(const struct datum *d)
{
    double real;

    if (d->kind == DATUM_FLOAT64)
        return d->real;
    if (d->kind == DATUM_STRING)
        return convert_parse_real(d->text, &real) ? real : 0;
    return (double)convert_integer(d);
}

/* --- texts and lists ------------------------------------------------------ */

struct text convert_text(struct arena *a, const struct datum *d)
{
    return d->kind == DATUM_BYTES ? d->text : datum_text(a, d);
}

const struct datum *convert_nil_error(struct function_call *f)
{
    return function_fail(f, "runtime error: invalid memory address or nil pointer dereference");
}

static struct items items_of_bytes(struct arena *a, struct text bytes)
{
    const struct datum **items = arena_array(a, bytes.len, sizeof(struct datum *));

    for (size_t i = 0; i < bytes.len; i++)
        items[i] = datum_uint8(a, (uint8_t)bytes.at[i]);
    return (struct items){items, bytes.len};
}

bool convert_items(struct function_call *f, const struct datum *d, const char *before_kind,
                   const char *after_kind, struct items *out)
{
    if (d->kind == DATUM_LIST) {
        *out = (struct items){d->list.items, d->list.count};
        return true;
    }
    if (d->kind == DATUM_BYTES) {
        *out = items_of_bytes(f->arena, d->text);
        return true;
    }
    if (d->kind == DATUM_NIL)
        convert_nil_error(f);
    else
        function_fail(f, "%s%s%s", before_kind, datum_kind_name(d), after_kind);
    return false;
}

struct items convert_strings(struct function_call *f, const struct datum *d)
{
    struct items from = {&d, d->kind != DATUM_NIL};
    const struct datum **texts;
    size_t count = 0;

    if (d->kind == DATUM_LIST)
        from = (struct items){d->list.items, d->list.count};
    else if (d->kind == DATUM_BYTES)
        from = items_of_bytes(f->arena, d->text);
    texts = arena_array(f->arena, from.count, sizeof(struct datum *));
    for (size_t i = 0; i < from.count; i++)
        if (from.at[i]->kind != DATUM_NIL)
            texts[count++] = datum_string(f->arena, convert_text(f->arena, from.at[i]));
    return (struct items){texts, count};
}

const struct datum *convert_built(struct function_call *f, const struct text_builder *b)
{
    if (b->overflow)
        return function_fail(f, "the result is longer than %zu bytes", b->max_bytes);
    return datum_string(f->arena, text_built(b));
}

const struct datum *convert_typed(struct function_call *f, const struct datum *d,
                                  const char *type_name)
{
    struct datum *typed = arena_alloc(f->arena, sizeof(*typed));

    *typed = *d;
    typed->type_name = type_name;
    return typed;
}
