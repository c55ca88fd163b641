#include "template/constant.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "template/quote.h"

/* --- numbers ------------------------------------------------------------------ */
static bool is_digit_of(char c, unsigned base)
{
    unsigned value = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                     : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                     : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                            : 99;

    return value < base;
}

/* Go's rule: an underscore stands between digits, or between a base prefix and a
 * digit. *out is the text without them. */
static bool remove_underscores(struct arena *a, struct text t, char **out)
{
    char *z = arena_alloc(a, t.len + 1);
    size_t prefix = t.len && (t.at[0] == '+' || t.at[0] == '-'), len = 0;
    bool based = t.len > prefix + 1 && t.at[prefix] == '0' && strchr("xXoObB", t.at[prefix + 1]);
    bool digit = false; /* the character before was one */

    for (size_t i = 0; i < t.len; i++) {
        bool is_prefix = based && i <= prefix + 1 && i >= prefix;

        if (t.at[i] == '_') {
            if (!digit || i + 1 == t.len || !is_digit_of(t.at[i + 1], 16))
                return false;
            digit = false;
            continue;
        }
        digit = is_prefix || is_digit_of(t.at[i], 16);
        z[len++] = t.at[i];
    }
    *out = z;
    return true;
}

static unsigned base_of(const char **z)
{
    const char *at = *z;

    if (at[0] != '0' || !at[1])
        return 10;
    *z += 2;
    switch (at[1]) {
    case 'x':
    case 'X':
        return 16;
    case 'o':
    case 'O':
        return 8;
    case 'b':
    case 'B':
        return 2;
    default:
        *z = at + 1;
        return 8;
    }
}

/* False: it is no whole number in Go's notation, or exceeds 64 bits. */
static bool read_magnitude(const char *z, uint64_t *out)
{
    unsigned base = base_of(&z);

    *out = 0;
    if (!*z)
        return false;
    for (; *z; z++) {
        unsigned digit = (unsigned char)(*z <= '9' ? *z - '0' : (*z | 0x20) - 'a' + 10);

        if (!is_digit_of(*z, base) || *out > (UINT64_MAX - digit) / base)
            return false;
        *out = *out * base + digit;
    }
    return true;
}

static bool read_real(const char *z, double *out)
{
    const char *digits = z + (z[0] == '-' || z[0] == '+');
    bool hexadecimal = digits[0] == '0' && (digits[1] | 0x20) == 'x';
    char *end;

    if (hexadecimal ? !strpbrk(digits, "pP") : !strpbrk(digits, "0123456789"))
        return false;
    errno = 0;
    *out = strtod(z, &end);
    return *end == '\0' && !(errno == ERANGE && isinf(*out));
}

/* The text decides: 1.0 and 1e2 are floats where any type will do, 1 is an int. */
static bool looks_like_float(struct text t)
{
    bool hexadecimal = t.len > 2 && t.at[0] == '0' && (t.at[1] | 0x20) == 'x';

    for (size_t i = 0; i < t.len; i++)
        if (strchr(hexadecimal ? "pP" : ".eEpP", t.at[i]))
            return true;
    return false;
}

static bool use_magnitude(struct arena *a, struct node *n, bool negative, uint64_t magnitude)
{
    uint64_t limit = (uint64_t)INT64_MAX + negative;

    n->constant.is_float = true;
    n->constant.real = negative ? -(double)magnitude : (double)magnitude;
    if (magnitude > limit)
        return !negative;
    n->constant.is_integer = true;
    n->constant.integer = (int64_t)(negative ? 0 - magnitude : magnitude);
    n->constant.value = datum_int(a, n->constant.integer);
    return true;
}

static void use_real(struct arena *a, struct node *n, double real)
{
    n->constant.is_float = true;
    n->constant.real = real;
    if (real >= -9223372036854775808.0 && real < 9223372036854775808.0 && real == floor(real)) {
        n->constant.is_integer = true;
        n->constant.integer = (int64_t)real;
    }
    n->constant.value = datum_float64(a, real);
}

static bool refuse(struct arena *a, struct text t, const char *why, const char **error)
{
    struct text_builder b;

    text_builder_init(&b, a, 4096);
    text_add_z(&b, why);
    quote_text(&b, t, false);
    *error = b.at;
    return false;
}

static bool read_number(struct arena *a, struct text t, struct node *n, const char **error)
{
    bool signs = t.len && (t.at[0] == '-' || t.at[0] == '+');
    uint64_t magnitude;
    double real;
    char *z;

    if (!remove_underscores(a, t, &z))
        return refuse(a, t, "illegal number syntax: ", error);
    if (read_magnitude(z + signs, &magnitude) && !(z[0] == '+' && magnitude > INT64_MAX) &&
        use_magnitude(a, n, z[0] == '-', magnitude))
        return true;
    if (!read_real(z, &real))
        return refuse(a, t, "illegal number syntax: ", error);
    if (!looks_like_float(t))
        return refuse(a, t, "integer overflow: ", error);
    use_real(a, n, real);
    return true;
}

static bool read_character(struct arena *a, struct text t, struct node *n, const char **error)
{
    uint32_t rune;
    bool whole;

    *error = "invalid syntax";
    if (!quote_read_rune(t, &rune, &whole))
        return false;
    *error = text_f(a, "malformed character constant: %.*s", (int)t.len, t.at);
    return whole && use_magnitude(a, n, false, rune);
}

/* --- complex numbers ------------------------------------------------------------- */
struct complex {
    double real, imaginary;
};

static const struct datum *no_member(struct function_call *f, const struct datum *self,
                                     struct text name, bool *found, bool *is_method)
{
    (void)f;
    (void)self;
    (void)name;
    *found = *is_method = false;
    return NULL;
}

static void print_complex(struct text_builder *b, const struct datum *self)
{
    const struct complex *c = self->object.data;

    text_add_char(b, '(');
    datum_print_float64(b, c->real);
    if (!signbit(c->imaginary))
        text_add_char(b, '+');
    datum_print_float64(b, c->imaginary);
    text_add_z(b, "i)");
}

/* Charts have no use for them: they can be printed, and that is all. */
static const struct datum_class complex_class = {
    .type_name = "complex128",
    .kind_name = "complex128",
    .member = no_member,
    .print = print_complex,
};

/* "2i", "1+2i" */
static bool read_complex(struct arena *a, struct text t, struct node *n, const char **error)
{
    struct complex *c = arena_alloc(a, sizeof(*c));
    size_t split = t.len - 1;
    char *real, *imaginary;

    while (split > 0 && ((t.at[split] != '+' && t.at[split] != '-') ||
                         ((t.at[split - 1] | 0x20) == 'e' || (t.at[split - 1] | 0x20) == 'p')))
        split--;
    if (!remove_underscores(a, (struct text){t.at, split}, &real) ||
        !remove_underscores(a, (struct text){t.at + split, t.len - split - 1}, &imaginary) ||
        (split && !read_real(real, &c->real)) || !read_real(imaginary, &c->imaginary))
        return refuse(a, t, "illegal number syntax: ", error);
    n->constant.value = datum_object(a, &complex_class, c);
    return true;
}

bool constant_read(struct arena *a, const struct token *t, struct node *n, const char **error)
{
    struct text unquoted;

    n->constant.source = t->text;
    switch (t->kind) {
    case TOKEN_BOOL:
        n->kind = NODE_BOOL;
        n->constant.value = datum_bool(text_is(t->text, "true"));
        return true;
    case TOKEN_STRING:
    case TOKEN_RAW_STRING:
        n->kind = NODE_STRING;
        *error = "invalid syntax";
        if (!quote_read(a, t->text, &unquoted))
            return false;
        n->constant.value = datum_string(a, unquoted);
        return true;
    case TOKEN_CHARACTER_CONSTANT:
        n->kind = NODE_NUMBER;
        return read_character(a, t->text, n, error);
    default:
        n->kind = NODE_NUMBER;
        if (text_ends_with(t->text, "i"))
            return read_complex(a, t->text, n, error);
        return read_number(a, t->text, n, error);
    }
}
