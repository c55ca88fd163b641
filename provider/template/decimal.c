#include "template/decimal.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static struct decimal trimmed(struct decimal d)
{
    while (d.count && d.digits[d.count - 1] == 0)
        d.count--;
    return d;
}

/* "-1.25e+02" */
static struct decimal parse(struct arena *a, const char *z)
{
    size_t len = strcspn(z, "e"), count = 0;
    uint8_t *digits = arena_alloc(a, len + 1);
    int exponent = (int)strtol(z + len + 1, NULL, 10);

    for (size_t i = len; i > 0; i--) {
        if (z[i - 1] == '.')
            exponent -= (int)count;
        else if (z[i - 1] != '-')
            digits[count++] = (uint8_t)(z[i - 1] - '0');
    }
    return trimmed((struct decimal){z[0] == '-', digits, count, exponent});
}

struct decimal decimal_of(struct arena *a, double d)
{
    const char *z = "0e+00";

    for (int places = 0; places <= 16; places++) {
        z = text_f(a, "%.*e", places, d);
        if (!(strtod(z, NULL) < d) && !(strtod(z, NULL) > d))
            break;
    }
    return parse(a, z);
}

double decimal_real(struct arena *a, struct decimal d)
{
    struct text_builder b;

    if (!d.count)
        return 0;
    text_builder_init(&b, a, DECIMAL_DIGITS_MAX + 64);
    text_add_z(&b, d.negative ? "-" : "");
    for (size_t i = d.count; i > 0; i--)
        text_add_char(&b, (char)('0' + d.digits[i - 1]));
    text_add_f(&b, "e%d", d.exponent);
    return strtod(text_built(&b).at, NULL);
}

/* The same number with a smaller exponent. */
static bool lowered(struct arena *a, struct decimal *d, int exponent)
{
    size_t shift = (size_t)(d->exponent - exponent);
    uint8_t *digits;

    if (d->exponent == exponent || !d->count) {
        d->exponent = exponent;
        return true;
    }
    if (shift + d->count > DECIMAL_DIGITS_MAX)
        return false;
    digits = arena_alloc(a, shift + d->count);
    memcpy(digits + shift, d->digits, d->count);
    *d = (struct decimal){d->negative, digits, shift + d->count, exponent};
    return true;
}

static int compare_magnitudes(struct decimal x, struct decimal y)
{
    if (x.count != y.count)
        return x.count < y.count ? -1 : 1;
    for (size_t i = x.count; i > 0; i--)
        if (x.digits[i - 1] != y.digits[i - 1])
            return x.digits[i - 1] < y.digits[i - 1] ? -1 : 1;
    return 0;
}

static int digit(struct decimal d, size_t i)
{
    return i < d.count ? d.digits[i] : 0;
}

/* x + sign * y of equal exponents; x is the larger when the sign is -1. */
static struct decimal sum(struct arena *a, struct decimal x, struct decimal y, int sign)
{
    size_t count = (x.count > y.count ? x.count : y.count) + 1;
    uint8_t *digits = arena_alloc(a, count);
    int carry = 0;

    for (size_t i = 0; i < count; i++) {
        int d = digit(x, i) + sign * digit(y, i) + carry;

        carry = d > 9 ? 1 : d < 0 ? -1 : 0;
        digits[i] = (uint8_t)(d - carry * 10);
    }
    return trimmed((struct decimal){x.negative, digits, count, x.exponent});
}

bool decimal_add(struct arena *a, struct decimal x, struct decimal y, struct decimal *out)
{
    int exponent = x.exponent < y.exponent ? x.exponent : y.exponent;

    if (!lowered(a, &x, exponent) || !lowered(a, &y, exponent))
        return false;
    if (x.negative == y.negative)
        *out = sum(a, x, y, 1);
    else if (compare_magnitudes(x, y) >= 0)
        *out = sum(a, x, y, -1);
    else
        *out = sum(a, y, x, -1);
    return out->count <= DECIMAL_DIGITS_MAX;
}

bool decimal_subtract(struct arena *a, struct decimal x, struct decimal y, struct decimal *out)
{
    y.negative = !y.negative;
    return decimal_add(a, x, y, out);
}

bool decimal_multiply(struct arena *a, struct decimal x, struct decimal y, struct decimal *out)
{
    size_t count = x.count + y.count;
    uint8_t *digits;

    if (count > DECIMAL_DIGITS_MAX || abs(x.exponent + y.exponent) > DECIMAL_DIGITS_MAX)
        return false;
    digits = arena_alloc(a, count + 1);
    for (size_t i = 0; i < x.count; i++) {
        unsigned carry = 0;

        for (size_t k = 0; k < y.count || carry; k++) {
            unsigned d = digits[i + k] + carry + (unsigned)(x.digits[i] * digit(y, k));

            digits[i + k] = (uint8_t)(d % 10);
            carry = d / 10;
        }
    }
    *out =
        trimmed((struct decimal){x.negative != y.negative, digits, count, x.exponent + y.exponent});
    return true;
}

/* Takes y out of the remainder as often as it goes. */
static uint8_t take_out(uint8_t *remainder, size_t *count, struct decimal y)
{
    uint8_t times = 0;

    while (compare_magnitudes((struct decimal){false, remainder, *count, 0}, y) >= 0) {
        int borrow = 0;

        for (size_t i = 0; i < *count; i++) {
            int d = remainder[i] - digit(y, i) - borrow;

            borrow = d < 0;
            remainder[i] = (uint8_t)(d + borrow * 10);
        }
        while (*count && remainder[*count - 1] == 0)
            --*count;
        times++;
    }
    return times;
}

/* The whole quotient of two whole numbers, rounded. */
static struct decimal quotient(struct arena *a, struct decimal x, struct decimal y)
{
    uint8_t *digits = arena_alloc(a, x.count + 2), *remainder = arena_alloc(a, y.count + 2);
    static const uint8_t one[] = {1};
    struct decimal whole;
    size_t count = 0;

    for (size_t i = x.count; i > 0; i--) {
        memmove(remainder + 1, remainder, count);
        remainder[0] = x.digits[i - 1];
        count += count || remainder[0];
        digits[i - 1] = take_out(remainder, &count, y);
    }
    whole = trimmed((struct decimal){false, digits, x.count, 0});
    x = (struct decimal){false, remainder, count, 0};
    if (count && compare_magnitudes(sum(a, x, x, 1), y) >= 0)
        whole = sum(a, whole, (struct decimal){false, one, 1, 0}, 1);
    return whole;
}

bool decimal_divide(struct arena *a, struct decimal x, struct decimal y, struct decimal *out)
{
    bool negative = x.negative != y.negative;
    int exponent = y.exponent - DECIMAL_DIVISION_PLACES;

    *out = (struct decimal){0};
    if (!x.count)
        return true;
    if (x.exponent >= exponent) {
        if (!lowered(a, &x, exponent))
            return false;
    } else if (!lowered(a, &y, x.exponent + DECIMAL_DIVISION_PLACES)) {
        return false;
    }
    *out = quotient(a, x, y);
    out->negative = negative;
    out->exponent = -DECIMAL_DIVISION_PLACES;
    return true;
}
