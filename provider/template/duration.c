#include "template/duration.h"

#include <inttypes.h>

#include "template/quote.h"

static const uint64_t magnitude_max = UINT64_C(1) << 63;

static const struct {
    struct text name;
    uint64_t nanoseconds;
} units[] = {
    {{"ns", 2}, 1},
    {{"us", 2}, 1000},
    {{"\xc2\xb5s", 3}, 1000}, /* U+00B5, micro sign */
    {{"\xce\xbcs", 3}, 1000}, /* U+03BC, mu */
    {{"ms", 2}, 1000000},
    {{"s", 1}, DURATION_SECOND},
    {{"m", 1}, DURATION_MINUTE},
    {{"h", 1}, DURATION_HOUR},
};

/* --- reading ------------------------------------------------------------------ */
static bool is_digit(struct text t)
{
    return t.len && t.at[0] >= '0' && t.at[0] <= '9';
}

static struct text skip(struct text t, size_t len)
{
    return (struct text){t.at + len, t.len - len};
}

/* False: it does not fit. */
static bool take_whole(struct text *t, uint64_t *out)
{
    for (*out = 0; is_digit(*t); *t = skip(*t, 1)) {
        if (*out > magnitude_max / 10)
            return false;
        *out = *out * 10 + (uint64_t)(t->at[0] - '0');
        if (*out > magnitude_max)
            return false;
    }
    return true;
}

/* What follows a point; digits that no longer fit are dropped. */
static void take_fraction(struct text *t, uint64_t *out, double *scale)
{
    bool full = false;

    *out = 0;
    *scale = 1;
    for (; is_digit(*t); *t = skip(*t, 1)) {
        full = full || *out > (magnitude_max - 1) / 10 ||
               *out * 10 + (uint64_t)(t->at[0] - '0') > magnitude_max;
        if (full)
            continue;
        *out = *out * 10 + (uint64_t)(t->at[0] - '0');
        *scale *= 10;
    }
}

static struct text take_unit_name(struct text *t)
{
    struct text name = {t->at, 0};

    while (name.len < t->len && t->at[name.len] != '.' && !is_digit(skip(*t, name.len)))
        name.len++;
    *t = skip(*t, name.len);
    return name;
}

static uint64_t find_unit(struct text name)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (text_equal(name, units[i].name))
            return units[i].nanoseconds;
    return 0;
}

static const char *fail(struct arena *a, const char *what, struct text whole)
{
    return text_f(a, "time: %s %s", what, quote_ascii(a, whole));
}

/* "1.5h": adds it to *sum. NULL = done. */
static const char *take_part(struct arena *a, struct text *t, struct text whole, uint64_t *sum)
{
    static const char invalid[] = "invalid duration";
    struct text start = *t, name;
    uint64_t count, fraction = 0, unit;
    double scale = 1;
    bool digits;

    if (!take_whole(t, &count))
        return fail(a, invalid, whole);
    digits = t->at != start.at;
    if (t->len && t->at[0] == '.') {
        *t = skip(*t, 1);
        digits = digits || is_digit(*t);
        take_fraction(t, &fraction, &scale);
    }
    if (!digits)
        return fail(a, invalid, whole);
    name = take_unit_name(t);
    if (!name.len)
        return fail(a, "missing unit in duration", whole);
    if (!(unit = find_unit(name)))
        return fail(a, text_f(a, "unknown unit %s in duration", quote_ascii(a, name)), whole);
    if (count > magnitude_max / unit)
        return fail(a, invalid, whole);
    count = count * unit + (uint64_t)((double)fraction * ((double)unit / scale));
    if (count > magnitude_max || count > magnitude_max - *sum)
        return fail(a, invalid, whole);
    *sum += count;
    return NULL;
}

const char *duration_read(struct arena *a, struct text t, int64_t *out)
{
    struct text whole = t;
    bool negative = t.len && t.at[0] == '-';
    uint64_t sum = 0;
    const char *error = NULL;

    *out = 0;
    if (t.len && (t.at[0] == '-' || t.at[0] == '+'))
        t = skip(t, 1);
    if (text_is(t, "0"))
        return NULL;
    if (!t.len)
        return fail(a, "invalid duration", whole);
    while (t.len && !error)
        error = take_part(a, &t, whole, &sum);
    if (!error && sum == magnitude_max && !negative)
        error = fail(a, "invalid duration", whole);
    if (!error)
        *out = (int64_t)(negative ? 0 - sum : sum);
    return error;
}

/* --- printing ----------------------------------------------------------------- */
/* n / 10^digits without zeros at its end. */
static void print_decimal(struct text_builder *b, uint64_t n, int digits)
{
    uint64_t power = 1;

    for (int i = 0; i < digits; i++)
        power *= 10;
    text_add_f(b, "%" PRIu64, n / power);
    if (n % power == 0)
        return;
    for (n %= power; n % 10 == 0; n /= 10)
        digits--;
    text_add_f(b, ".%0*" PRIu64, digits, n);
}

void duration_print(struct text_builder *b, int64_t duration)
{
    uint64_t left = duration < 0 ? 0 - (uint64_t)duration : (uint64_t)duration;

    if (duration < 0)
        text_add_char(b, '-');
    if (left < DURATION_SECOND) {
        int digits = left < 1000 ? 0 : left < 1000000 ? 3 : 6;

        print_decimal(b, left, left ? digits : 0);
        text_add_z(b, !left ? "s" : digits == 0 ? "ns" : digits == 3 ? "\xc2\xb5s" : "ms");
        return;
    }
    if (left >= DURATION_HOUR)
        text_add_f(b, "%" PRIu64 "h", left / DURATION_HOUR);
    if (left >= DURATION_MINUTE)
        text_add_f(b, "%" PRIu64 "m", left / DURATION_MINUTE % 60);
    print_decimal(b, left % DURATION_MINUTE, 9);
    text_add_char(b, 's');
}

/* --- arithmetic --------------------------------------------------------------- */
int64_t duration_truncate(int64_t duration, int64_t unit)
{
    return unit <= 0 ? duration : duration - duration % unit;
}

int64_t duration_round(int64_t duration, int64_t unit)
{
    int64_t rest, out;

    if (unit <= 0)
        return duration;
    rest = duration % unit;
    out = duration - rest;
    if (rest < 0 ? -rest >= unit + rest : rest >= unit - rest)
        if (__builtin_add_overflow(out, duration < 0 ? -unit : unit, &out))
            return duration < 0 ? INT64_MIN : INT64_MAX;
    return out;
}

double duration_in(int64_t duration, int64_t unit)
{
    int64_t whole = duration / unit, rest = duration % unit;

    return (double)whole + (double)rest / (double)unit;
}
