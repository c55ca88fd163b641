#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "template/format_parts.h"
#include "template/quote.h"
#include "template/rune.h"

enum { EXPONENT_FORM = 6, /* from here on 'g' writes an exponent */ DIGITS_MAX = 64 };

/* --- the shortest digits that read back ------------------------------------ */
struct decimal {
    bool negative;
    char digits[20];
    int count;    /* of digits, at least 1 */
    int exponent; /* of the first digit */
};

static void read_decimal(const char *scientific, struct decimal *d)
{
    const char *exponent = strchr(scientific, 'e');

    d->negative = scientific[0] == '-';
    d->count = 0;
    for (const char *c = scientific + d->negative; c < exponent; c++)
        if (*c != '.')
            d->digits[d->count++] = *c;
    while (d->count > 1 && d->digits[d->count - 1] == '0')
        d->count--;
    d->exponent = (int)strtol(exponent + 1, NULL, 10);
}

/* Up to 15 digits survive a normal double, so what is shorter shows there as zeros
 * at the end; tiny numbers have fewer and are tried from one digit on. */
static void shortest(double real, struct decimal *d)
{
    char text[40];
    int precision = fabs(real) < 2.3e-308 ? 0 : 14;

    do {
        (void)snprintf(text, sizeof(text), "%.*e", precision, real);
    } while (++precision < 17 && strtod(text, NULL) != real);
    read_decimal(text, d);
}

static void add_repeated(struct text_builder *b, char c, int count)
{
    for (int i = 0; i < count && !b->overflow; i++)
        text_add_char(b, c);
}

static void add_scientific(struct text_builder *b, const struct decimal *d)
{
    text_add_char(b, d->digits[0]);
    if (d->count > 1) {
        text_add_char(b, '.');
        text_add(b, (struct text){d->digits + 1, (size_t)d->count - 1});
    }
    text_add_f(b, "e%c%02d", d->exponent < 0 ? '-' : '+', abs(d->exponent));
}

static void add_plain(struct text_builder *b, const struct decimal *d)
{
    int whole = d->exponent + 1; /* digits before the point */
    int taken = whole < d->count ? whole : d->count;

    if (whole <= 0) {
        text_add_z(b, "0.");
        add_repeated(b, '0', -whole);
        text_add(b, (struct text){d->digits, (size_t)d->count});
        return;
    }
    text_add(b, (struct text){d->digits, (size_t)taken});
    add_repeated(b, '0', whole - d->count);
    if (taken < d->count) {
        text_add_char(b, '.');
        text_add(b, (struct text){d->digits + taken, (size_t)(d->count - taken)});
    }
}

static bool add_special(struct text_builder *b, double real)
{
    if (isnan(real))
        text_add_z(b, "NaN");
    else if (isinf(real))
        text_add_z(b, real < 0 ? "-Inf" : "+Inf");
    return isnan(real) || isinf(real);
}

void format_shortest(struct text_builder *b, double real, char form)
{
    struct decimal d = {0};

    if (add_special(b, real))
        return;
    shortest(real, &d);
    if (d.negative)
        text_add_char(b, '-');
    if (form == 'e' || (form == 'g' && (d.exponent < -4 || d.exponent >= EXPONENT_FORM)))
        add_scientific(b, &d);
    else
        add_plain(b, &d);
}

/* --- integers --------------------------------------------------------------- */
static struct text digits_of(uint64_t magnitude, unsigned base, bool upper, char out[static 64])
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    size_t at = DIGITS_MAX;

    do {
        out[--at] = digits[magnitude % base];
        magnitude /= base;
    } while (magnitude);
    return (struct text){out + at, DIGITS_MAX - at};
}

static void add_prefix(struct text_builder *b, const struct format_verb *v, unsigned base,
                       bool starts_with_zero)
{
    if (v->verb == 'O')
        text_add_z(b, "0o");
    if (!v->sharp)
        return;
    if (base == 2)
        text_add_z(b, "0b");
    else if (base == 16)
        text_add_z(b, v->verb == 'X' ? "0X" : "0x");
    else if (base == 8 && !starts_with_zero)
        text_add_char(b, '0');
}

/* %.3d and %03d both ask for leading zeros; a precision rules out the flag. */
static int wanted_digits(const struct format_verb *v, bool negative)
{
    if (v->has_precision)
        return v->precision;
    if (!v->zero || v->minus || !v->has_width)
        return 0;
    return v->width - (negative || v->plus || v->blank);
}

static void add_based(struct text_builder *b, const struct format_verb *v, int64_t i, unsigned base)
{
    uint64_t magnitude = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
    struct format_verb spaces = *v;
    struct text_builder whole;
    char buffer[DIGITS_MAX];
    struct text digits = digits_of(magnitude, base, v->verb == 'X', buffer);
    int zeros = wanted_digits(v, i < 0) - (int)digits.len;

    spaces.zero = false;
    text_builder_init(&whole, b->arena, b->max_bytes);
    if (v->has_precision && v->precision == 0 && i == 0) {
        format_padded(b, &spaces, text_built(&whole));
        return;
    }
    if (i < 0 || v->plus || v->blank)
        text_add_char(&whole, (char)(i < 0 ? '-' : v->plus ? '+' : ' '));
    add_prefix(&whole, v, base, zeros > 0 || digits.at[0] == '0');
    add_repeated(&whole, '0', zeros);
    text_add(&whole, digits);
    format_padded(b, &spaces, text_built(&whole));
}

static uint32_t rune_of(int64_t i)
{
    return i < 0 || i > RUNE_MAX ? RUNE_INVALID : (uint32_t)i;
}

static void add_unicode(struct text_builder *b, const struct format_verb *v, int64_t i)
{
    struct format_verb spaces = *v;
    struct text_builder whole;
    char buffer[DIGITS_MAX];
    struct text digits = digits_of((uint64_t)i, 16, true, buffer);
    int wanted = v->has_precision && v->precision > 4 ? v->precision : 4;

    spaces.zero = false;
    text_builder_init(&whole, b->arena, b->max_bytes);
    text_add_z(&whole, "U+");
    add_repeated(&whole, '0', wanted - (int)digits.len);
    text_add(&whole, digits);
    if (v->sharp && i >= 0 && i <= RUNE_MAX && rune_is_printable((uint32_t)i)) {
        text_add_z(&whole, " '");
        rune_add(&whole, (uint32_t)i);
        text_add_char(&whole, '\'');
    }
    format_padded(b, &spaces, text_built(&whole));
}

static void add_character(struct text_builder *b, const struct format_verb *v, int64_t i)
{
    struct text_builder one;

    text_builder_init(&one, b->arena, b->max_bytes);
    if (v->verb == 'q')
        quote_rune(&one, rune_of(i), v->plus);
    else
        rune_add(&one, rune_of(i));
    format_padded(b, v, text_built(&one));
}

bool format_integer(struct text_builder *b, const struct format_verb *v, const struct datum *d)
{
    struct format_verb hexadecimal = *v;

    switch (v->verb) {
    case 'v':
        hexadecimal.sharp = true;
        if (v->sharp_v && datum_type_name(d)[0] == 'u')
            add_based(b, &hexadecimal, d->integer, 16);
        else
            add_based(b, v, d->integer, 10);
        return true;
    case 'd':
        add_based(b, v, d->integer, 10);
        return true;
    case 'b':
        add_based(b, v, d->integer, 2);
        return true;
    case 'o':
    case 'O':
        add_based(b, v, d->integer, 8);
        return true;
    case 'x':
    case 'X':
        add_based(b, v, d->integer, 16);
        return true;
    case 'c':
    case 'q':
        add_character(b, v, d->integer);
        return true;
    case 'U':
        add_unicode(b, v, d->integer);
        return true;
    default:
        return false;
    }
}

/* --- floats ------------------------------------------------------------------ */
/* C writes the exponent of %a without padding, Go with two digits at least. */
static void add_hexadecimal(struct text_builder *b, double real, int precision, bool upper)
{
    char *text =
        precision < 0 ? text_f(b->arena, "%a", real) : text_f(b->arena, "%.*a", precision, real);
    char *exponent = strchr(text, 'p');
    int value = (int)strtol(exponent + 1, NULL, 10);

    *exponent = '\0';
    text = text_f(b->arena, "%sp%c%02d", text, value < 0 ? '-' : '+', abs(value));
    for (char *c = text; upper && *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 32);
    text_add_z(b, text);
}

/* Mantissa and exponent as whole numbers, base two. */
static void add_binary(struct text_builder *b, double real)
{
    int exponent;
    double mantissa = frexp(real, &exponent);
    int bits = 53;

    if (exponent < -1021) {
        bits -= -1021 - exponent; /* a denormal has fewer */
        exponent = -1021;
    }
    exponent = real < 0 || real > 0 ? exponent - 53 : -1074;
    text_add_f(b, "%" PRId64 "p%+d", (int64_t)ldexp(mantissa, bits), exponent);
}

/* Go writes the digits that %#g keeps itself: six or the precision in all. */
static void restore_zeros(struct text_builder *b, struct text number, int wanted)
{
    size_t end = 0;
    bool point = false, significant = false;

    while (end < number.len && number.at[end] != 'e' && number.at[end] != 'E' &&
           number.at[end] != 'p' && number.at[end] != 'P') {
        char c = number.at[end++];

        point = point || c == '.';
        if (c == '.' || c == '-')
            continue;
        significant = significant || c != '0';
        wanted -= significant;
    }
    text_add(b, (struct text){number.at, end});
    if (!point) {
        wanted -= end == 1 && number.at[0] == '0';
        text_add_char(b, '.');
    }
    add_repeated(b, '0', wanted);
    text_add(b, (struct text){number.at + end, number.len - end});
}

static void add_float(struct text_builder *b, char form, double real, int precision)
{
    switch (form) {
    case 'x':
    case 'X':
        add_hexadecimal(b, real, precision, form == 'X');
        break;
    case 'b':
        add_binary(b, real);
        break;
    case 'e':
        text_add_f(b, "%.*e", precision, real);
        break;
    case 'E':
        text_add_f(b, "%.*E", precision, real);
        break;
    case 'f':
    case 'F':
        text_add_f(b, "%.*f", precision, real);
        break;
    default:
        if (precision < 0)
            format_shortest(b, real, 'g');
        else
            text_add_f(b, "%.*g", precision, real);
    }
}

/* The number without its sign. */
static struct text unsigned_float(struct arena *a, const struct format_verb *v, char form,
                                  double real)
{
    int precision = form == 'e' || form == 'E' || form == 'f' || form == 'F' ? 6 : -1;
    struct text_builder plain, sharp;

    if (v->has_precision)
        precision = v->precision;
    text_builder_init(&plain, a, SIZE_MAX / 4);
    add_float(&plain, form, fabs(real), precision);
    if (v->verb == 'G')
        for (size_t i = 0; i < plain.len; i++)
            if (plain.at[i] == 'e')
                plain.at[i] = 'E';
    if (!v->sharp || form == 'b')
        return text_built(&plain);
    text_builder_init(&sharp, a, SIZE_MAX / 4);
    precision = strchr("gGvx", form) ? (precision < 0 ? 6 : precision) : 0;
    restore_zeros(&sharp, text_built(&plain), precision);
    return text_built(&sharp);
}

static void add_signed(struct text_builder *b, const struct format_verb *v, const char *sign,
                       struct text number)
{
    struct text_builder whole;

    if (sign[0] && v->zero && !v->minus && v->has_width) {
        text_add_z(b, sign);
        format_padding(b, v, number.len + 1);
        text_add(b, number);
        return;
    }
    text_builder_init(&whole, b->arena, SIZE_MAX / 4);
    text_add_z(&whole, sign);
    text_add(&whole, number);
    format_padded(b, v, text_built(&whole));
}

bool format_float(struct text_builder *b, const struct format_verb *v, double real)
{
    const char *sign = signbit(real) ? "-" : v->plus ? "+" : v->blank ? " " : "";
    struct format_verb spaces = *v;

    if (v->verb > 0x7f || !v->verb || !strchr("vbgGxXeEfF", (int)v->verb))
        return false;
    spaces.zero = false;
    if (isnan(real))
        add_signed(b, &spaces, v->plus ? "+" : v->blank ? " " : "", TEXT("NaN"));
    else if (isinf(real))
        add_signed(b, &spaces, sign[0] == '\0' || sign[0] == '+' ? "+" : sign, TEXT("Inf"));
    else
        add_signed(b, v, sign,
                   unsigned_float(b->arena, v, (char)(v->verb == 'v' ? 'g' : v->verb), real));
    return true;
}
