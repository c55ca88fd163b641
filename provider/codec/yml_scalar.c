#include "codec/yml_scalar.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_one_of(struct text t, const char *const *words)
{
    for (; *words; words++)
        if (text_is(t, *words))
            return true;
    return false;
}

/* --- words --------------------------------------------------------------- */

static enum yml_meaning word_meaning(struct text t)
{
    static const char *const yes[] = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                      "True", "TRUE", "on",  "On",  "ON",  NULL};
    static const char *const no[] = {"n",     "N",     "no",  "No",  "NO",  "false",
                                     "False", "FALSE", "off", "Off", "OFF", NULL};
    static const char *const null[] = {"", "~", "null", "Null", "NULL", NULL};

    return is_one_of(t, null)  ? YML_NULL
           : is_one_of(t, yes) ? YML_TRUE
           : is_one_of(t, no)  ? YML_FALSE
                               : YML_STRING;
}

static bool is_not_finite(struct text t)
{
    static const char *const words[] = {".nan",  ".NaN",  ".NAN",  ".inf",  ".Inf",
                                        ".INF",  "+.inf", "+.Inf", "+.INF", "-.inf",
                                        "-.Inf", "-.INF", NULL};

    return is_one_of(t, words);
}

/* --- numbers ------------------------------------------------------------- */

static struct text without_underscores(struct arena *a, struct text t)
{
    char *plain;
    size_t len = 0;

    if (!memchr(t.at, '_', t.len))
        return t;
    plain = arena_alloc(a, t.len + 1);
    for (size_t i = 0; i < t.len; i++)
        if (t.at[i] != '_')
            plain[len++] = t.at[i];
    return (struct text){plain, len};
}

static unsigned digit_of(char c)
{
    return is_digit(c)            ? (unsigned)(c - '0')
           : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
           : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                  : 99;
}

/* The base that a prefix says, and the digits behind it. */
static unsigned base_of(struct text *digits)
{
    char letter = (char)(digits->len > 2 && digits->at[0] == '0' ? digits->at[1] | 0x20 : 0);
    unsigned base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;

    if (base)
        *digits = (struct text){digits->at + 2, digits->len - 2};
    else if (digits->len > 1 && digits->at[0] == '0')
        base = 8;
    return base ? base : 10;
}

/* Go's ParseInt and ParseUint with base 0: what fits one of them. */
static bool read_integer(struct text t, bool *negative, uint64_t *out)
{
    bool sign = t.len && (t.at[0] == '-' || t.at[0] == '+');
    struct text digits = {t.at + sign, t.len - sign};
    unsigned base = base_of(&digits);
    uint64_t limit;

    *negative = sign && t.at[0] == '-';
    /* go-yaml's own look at binary numbers lets a second sign through */
    if (base == 2 && t.at[sign + 1] == 'b' && digits.len > 1 && !*negative &&
        (digits.at[0] == '-' || digits.at[0] == '+')) {
        sign = true;
        *negative = digits.at[0] == '-';
        digits = (struct text){digits.at + 1, digits.len - 1};
    }
    limit = *negative ? (uint64_t)INT64_MAX + 1 : sign ? INT64_MAX : UINT64_MAX;
    *out = 0;
    for (size_t i = 0; i < digits.len; i++) {
        unsigned digit = digit_of(digits.at[i]);

        if (digit >= base || *out > (limit - digit) / base)
            return false;
        *out = *out * base + digit;
    }
    return digits.len > 0;
}

static size_t skip_digits(struct text t, size_t i)
{
    while (i < t.len && is_digit(t.at[i]))
        i++;
    return i;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool has_float_shape(struct text t)
{
    size_t i = t.len && (t.at[0] == '-' || t.at[0] == '+'), whole = skip_digits(t, i), end = whole;

    if (whole < t.len && t.at[whole] == '.')
        end = skip_digits(t, whole + 1);
    if (end == i || (whole == i && end == whole + 1))
        return false;
    if (end < t.len && (t.at[end] | 0x20) == 'e') {
        i = end + 1;
        i += i < t.len && (t.at[i] == '-' || t.at[i] == '+');
        end = skip_digits(t, i);
        if (end == i)
            return false;
    }
    return end == t.len;
}

static bool is_float(struct arena *a, struct text t)
{
    char room[64], *z = room;

    if (!has_float_shape(t))
        return false;
    if (t.len < sizeof(room)) {
        memcpy(room, t.at, t.len);
        room[t.len] = '\0';
    } else {
        z = text_z(a, t);
    }
    return isfinite(strtod(z, NULL));
}

/* Behind a point go-yaml leaves underscores to Go, which wants digits on both sides. */
static bool underscores_separate(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.at[i] == '_' &&
            (i == 0 || i + 1 == t.len || !is_digit(t.at[i - 1]) || !is_digit(t.at[i + 1])))
            return false;
    return true;
}

/* --- dates --------------------------------------------------------------- */

/* One or two digits, within the bounds. */
static bool take_number(struct text *t, int low, int high, int *out)
{
    size_t len = skip_digits((struct text){t->at, t->len > 2 ? 2 : t->len}, 0);

    *out = len == 2 ? (t->at[0] - '0') * 10 + t->at[1] - '0' : len == 1 ? t->at[0] - '0' : -1;
    *t = (struct text){t->at + len, t->len - len};
    return *out >= low && *out <= high;
}

static bool take_char(struct text *t, char c)
{
    if (!t->len || t->at[0] != c)
        return false;
    *t = (struct text){t->at + 1, t->len - 1};
    return true;
}

static int days_in(int month, int year)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

/* "Z", "+02:00", or nothing behind a blank. */
static bool is_zone(struct text t)
{
    int hours, minutes;

    if (t.len == 1)
        return t.at[0] == 'Z';
    if (t.len != 6 || (t.at[0] != '+' && t.at[0] != '-') || t.at[3] != ':')
        return false;
    t = (struct text){t.at + 1, 5};
    return take_number(&t, 0, 24, &hours) && take_char(&t, ':') &&
           take_number(&t, 0, 60, &minutes) && !t.len;
}

static bool is_time_of_day(struct text t, bool zoned)
{
    int part;

    if (!take_number(&t, 0, 23, &part) || !take_char(&t, ':') || !take_number(&t, 0, 59, &part) ||
        !take_char(&t, ':') || !take_number(&t, 0, 59, &part))
        return false;
    if (t.len > 1 && (t.at[0] == '.' || t.at[0] == ',') && is_digit(t.at[1])) {
        size_t end = skip_digits(t, 1);

        t = (struct text){t.at + end, t.len - end};
    }
    return zoned ? is_zone(t) : !t.len;
}

/* 2006-1-2, 2006-1-2 15:4:5.9, 2006-1-2T15:4:5.9Z: valid days only. */
static bool is_timestamp(struct text t)
{
    int year, month, day;

    if (skip_digits(t, 0) != 4 || t.len < 8 || t.at[4] != '-')
        return false;
    year = (t.at[0] - '0') * 1000 + (t.at[1] - '0') * 100 + (t.at[2] - '0') * 10 + t.at[3] - '0';
    t = (struct text){t.at + 5, t.len - 5};
    if (!take_number(&t, 1, 12, &month) || !take_char(&t, '-') ||
        !take_number(&t, 1, days_in(month, year), &day))
        return false;
    if (!t.len)
        return true;
    if (take_char(&t, ' '))
        return is_time_of_day(t, false);
    return (take_char(&t, 'T') || take_char(&t, 't')) && is_time_of_day(t, true);
}

/* --- all together -------------------------------------------------------- */

static enum yml_meaning number_meaning(struct arena *a, struct text t)
{
    bool negative;
    uint64_t magnitude;

    if (is_timestamp(t))
        return YML_TIMESTAMP;
    t = without_underscores(a, t);
    return read_integer(t, &negative, &magnitude) ? YML_INTEGER
           : is_float(a, t)                       ? YML_FLOAT
                                                  : YML_STRING;
}

enum yml_meaning yml_scalar_meaning(struct arena *a, struct text plain)
{
    char first = (char)(plain.len ? plain.at[0] : '~');

    if (strchr("yYnNtTfFoO~", first))
        return plain.len <= strlen("false") ? word_meaning(plain) : YML_STRING;
    if (is_digit(first) || first == '-' || first == '+')
        return is_not_finite(plain) ? YML_NOT_FINITE : number_meaning(a, plain);
    if (first != '.')
        return YML_STRING;
    return is_not_finite(plain) ? YML_NOT_FINITE
           : underscores_separate(plain) && is_float(a, without_underscores(a, plain)) ? YML_FLOAT
                                                                                       : YML_STRING;
}

static const struct value *integer_value(struct arena *a, struct text t)
{
    bool negative;
    uint64_t magnitude;

    if (!read_integer(t, &negative, &magnitude))
        return &value_null;
    return value_number(a, text_of(text_f(a, "%s%llu", negative && magnitude ? "-" : "",
                                          (unsigned long long)magnitude)));
}

/* Exact where it can be; a number with more than 1,100 digits is what a double has
 * of it. */
static const struct value *float_value(struct arena *a, struct text t)
{
    const struct value *exact = value_number(a, t);

    return exact ? exact : value_real(a, strtod(text_z(a, t), NULL));
}

const struct value *yml_scalar_value(struct arena *a, struct text plain)
{
    switch (yml_scalar_meaning(a, plain)) {
    case YML_NULL:
    case YML_NOT_FINITE:
        return &value_null;
    case YML_TRUE:
        return &value_true;
    case YML_FALSE:
        return &value_false;
    case YML_INTEGER:
        return integer_value(a, without_underscores(a, plain));
    case YML_FLOAT:
        return float_value(a, without_underscores(a, plain));
    case YML_STRING:
    case YML_TIMESTAMP:
        break;
    }
    return value_string_of(a, plain);
}

/* [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)? */
bool yml_scalar_is_base60(struct text t)
{
    size_t i = t.len && (t.at[0] == '-' || t.at[0] == '+'), parts = 0;

    if (i >= t.len || !is_digit(t.at[i]))
        return false;
    while (i < t.len && (is_digit(t.at[i]) || t.at[i] == '_'))
        i++;
    for (; i + 1 < t.len && t.at[i] == ':' && is_digit(t.at[i + 1]); parts++) {
        bool two = i + 2 < t.len && is_digit(t.at[i + 2]);

        if (two && t.at[i + 1] > '5')
            return false;
        i += two ? 3 : 2;
    }
    if (i < t.len && t.at[i] == '.')
        for (i++; i < t.len && (is_digit(t.at[i]) || t.at[i] == '_');)
            i++;
    return parts && i == t.len;
}
