#include "codec/real.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 0.<digits> times ten to the power of point. */
struct digits {
    bool negative;
    char at[20];
    int count, point;
};

/* From "-d.ddde+dd". */
static void take_digits(const char *text, struct digits *out)
{
    out->negative = *text == '-';
    text += out->negative;
    out->count = 0;
    for (; *text != 'e'; text++)
        if (*text != '.')
            out->at[out->count++] = *text;
    while (out->count > 1 && out->at[out->count - 1] == '0')
        out->count--;
    out->point = (int)strtol(text + 1, NULL, 10) + 1;
}

static void shortest_double(double d, struct digits *out)
{
    char text[40];

    /* the smallest doubles have fewer digits to be told apart by */
    for (int precision = fabs(d) < DBL_MIN ? 0 : 14; precision <= 16; precision++) {
        (void)snprintf(text, sizeof(text), "%.*e", precision, d);
        if (strtod(text, NULL) == d)
            break;
    }
    take_digits(text, out);
}

static void shortest_float(float f, struct digits *out)
{
    char text[40];

    for (int precision = fabsf(f) < FLT_MIN ? 0 : 5; precision <= 8; precision++) {
        (void)snprintf(text, sizeof(text), "%.*e", precision, (double)f);
        if (strtof(text, NULL) == f)
            break;
    }
    take_digits(text, out);
}

static size_t print_plain(char *out, const struct digits *d)
{
    char *at = out;

    if (d->negative)
        *at++ = '-';
    if (d->point <= 0) {
        *at++ = '0';
        *at++ = '.';
        for (int i = d->point; i < 0; i++)
            *at++ = '0';
    }
    for (int i = 0; i < d->count || i < d->point; i++) {
        if (i == d->point && i > 0)
            *at++ = '.';
        *at++ = (char)(i < d->count ? d->at[i] : '0');
    }
    *at = '\0';
    return (size_t)(at - out);
}

/* The exponent has at least so many digits. */
static size_t print_exponent(char *out, const struct digits *d, int exponent_digits)
{
    int exponent = d->point - 1;
    int len = snprintf(out, REAL_TEXT_BYTES, "%s%c%s%.*se%c%0*d", d->negative ? "-" : "", d->at[0],
                       d->count > 1 ? "." : "", d->count - 1, d->at + 1, exponent < 0 ? '-' : '+',
                       exponent_digits, abs(exponent));

    return (size_t)len;
}

static size_t print_g(char *out, const struct digits *d)
{
    int exponent = d->point - 1;

    return exponent < -4 || exponent >= 6 ? print_exponent(out, d, 2) : print_plain(out, d);
}

size_t real_print(char out[static REAL_TEXT_BYTES], double d)
{
    struct digits digits = {0};

    shortest_double(d, &digits);
    return print_g(out, &digits);
}

size_t real_print_float(char out[static REAL_TEXT_BYTES], float f)
{
    struct digits digits = {0};

    shortest_float(f, &digits);
    return print_g(out, &digits);
}

size_t real_print_json(char out[static REAL_TEXT_BYTES], double d)
{
    struct digits digits = {0};

    shortest_double(d, &digits);
    if (d != 0 && (fabs(d) < 1e-6 || fabs(d) >= 1e21))
        return print_exponent(out, &digits, 1);
    return print_plain(out, &digits);
}
