/* The keywords of JSON Schema that ask numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/real.h"
#include "json_schema/json_schema_judge.h"

/* A bound of a number; exclusive also when draft 4 says so beside it. */
static void check_limit(struct judge *j, const struct question *q, const char *keyword,
                        const char *exclusive_keyword, int sign, struct misses *to)
{
    const struct value *limit = value_at(q->schema, keyword);
    const struct value *other = value_at(q->schema, exclusive_keyword);
    bool flagged = other->kind == VALUE_BOOL && other->boolean;
    char got[REAL_TEXT_BYTES], want[REAL_TEXT_BYTES];

    for (int exclusive = 0; exclusive < 2; exclusive++) {
        const struct value *l = exclusive && !flagged ? other : limit;
        double difference = (value_as_real(q->value) - value_as_real(l)) * sign;

        if (l->kind != VALUE_NUMBER || (!exclusive && flagged) ||
            (exclusive ? difference > 0 : difference >= 0))
            continue;
        real_print(got, value_as_real(q->value));
        real_print(want, value_as_real(l));
        (void)judge_miss(j, to, q->place, "%s: got %s, want %s",
                         exclusive ? exclusive_keyword : keyword, got, want);
    }
}

/* A decimal number as an integer times a power of ten; false when it has too many digits. */
static bool scaled(const struct number *n, int places, long long *out)
{
    const char *point = memchr(n->text.at, '.', n->text.len);
    size_t digits = n->text.len + (size_t)places;
    char *rest;

    if (digits > 17)
        return false;
    *out = strtoll(n->text.at, &rest, 10);
    for (int i = 0; i < places; i++) {
        const char *digit = point ? point + 1 + i : NULL;
        bool there = digit && digit < n->text.at + n->text.len;

        *out = *out * 10 + (there ? (n->text.at[0] == '-' ? '0' - *digit : *digit - '0') : 0);
    }
    return true;
}

static int places_of(const struct number *n)
{
    const char *point = memchr(n->text.at, '.', n->text.len);

    return point ? (int)(n->text.at + n->text.len - point - 1) : 0;
}

static bool is_multiple(const struct number *n, const struct number *of)
{
    int places = places_of(n) > places_of(of) ? places_of(n) : places_of(of);
    long long left, right;

    if (places < 17 && scaled(n, places, &left) && scaled(of, places, &right))
        return right != 0 && left % right == 0;
    return fabs(remainder(n->real, of->real)) == 0.0;
}

void judge_number(struct judge *j, const struct question *q, struct misses *to)
{
    const struct value *of = value_at(q->schema, "multipleOf");
    char got[REAL_TEXT_BYTES], want[REAL_TEXT_BYTES];

    check_limit(j, q, "minimum", "exclusiveMinimum", 1, to);
    check_limit(j, q, "maximum", "exclusiveMaximum", -1, to);
    if (of->kind != VALUE_NUMBER || is_multiple(&q->value->number, &of->number))
        return;
    real_print(got, value_as_real(q->value));
    real_print(want, value_as_real(of));
    (void)judge_miss(j, to, q->place, "multipleOf: got %s, want %s", got, want);
}
