/* Numbers. Integer arithmetic wraps as Go's does. */
#include <math.h>

#include "template/convert.h"
#include "template/decimal.h"

static int64_t integer(struct function_call *f, size_t i)
{
    return convert_integer(function_argument(f, i));
}

static double real(struct function_call *f, size_t i)
{
    return convert_real(function_argument(f, i));
}

/* --- conversions ---------------------------------------------------------- */

static const struct datum *run_int(struct function_call *f)
{
    return datum_int(f->arena, integer(f, 0));
}

static const struct datum *run_int64(struct function_call *f)
{
    return datum_int64(f->arena, integer(f, 0));
}

static const struct datum *run_float64(struct function_call *f)
{
    return datum_float64(f->arena, real(f, 0));
}

static const struct datum *run_atoi(struct function_call *f)
{
    int64_t i;

    (void)convert_parse_integer(function_text(f, 0), 10, &i); /* the bound, when out of range */
    return datum_int(f->arena, i);
}

/* From octal, as file modes are written. */
static const struct datum *run_to_decimal(struct function_call *f)
{
    int64_t i;
    bool read = convert_parse_integer(datum_text(f->arena, function_argument(f, 0)), 8, &i);

    return datum_int64(f->arena, read ? i : 0);
}

/* --- integers ------------------------------------------------------------- */

static const struct datum *run_add(struct function_call *f)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < f->count; i++)
        sum += (uint64_t)integer(f, i);
    return datum_int64(f->arena, (int64_t)sum);
}

static const struct datum *run_add1(struct function_call *f)
{
    return datum_int64(f->arena, (int64_t)((uint64_t)integer(f, 0) + 1));
}

static const struct datum *run_sub(struct function_call *f)
{
    return datum_int64(f->arena, (int64_t)((uint64_t)integer(f, 0) - (uint64_t)integer(f, 1)));
}

static const struct datum *run_mul(struct function_call *f)
{
    uint64_t product = 1;

    for (size_t i = 0; i < f->count; i++)
        product *= (uint64_t)integer(f, i);
    return datum_int64(f->arena, (int64_t)product);
}

static const struct datum *run_div(struct function_call *f)
{
    int64_t by = integer(f, 1);

    if (by == 0)
        return function_fail(f, "runtime error: integer divide by zero");
    if (by == -1) /* of the smallest number too */
        return datum_int64(f->arena, (int64_t)(0 - (uint64_t)integer(f, 0)));
    return datum_int64(f->arena, integer(f, 0) / by);
}

static const struct datum *run_mod(struct function_call *f)
{
    int64_t by = integer(f, 1);

    if (by == 0)
        return function_fail(f, "runtime error: integer divide by zero");
    return datum_int64(f->arena, by == -1 ? 0 : integer(f, 0) % by);
}

static const struct datum *run_max(struct function_call *f)
{
    int64_t max = integer(f, 0);

    for (size_t i = 1; i < f->count; i++)
        if (integer(f, i) > max)
            max = integer(f, i);
    return datum_int64(f->arena, max);
}

static const struct datum *run_min(struct function_call *f)
{
    int64_t min = integer(f, 0);

    for (size_t i = 1; i < f->count; i++)
        if (integer(f, i) < min)
            min = integer(f, i);
    return datum_int64(f->arena, min);
}

/* --- reals ---------------------------------------------------------------- */

static bool is_zero(double d)
{
    return !(d < 0) && !(d > 0) && !isnan(d);
}

static const struct datum *run_maxf(struct function_call *f)
{
    double max = real(f, 0);

    for (size_t i = 1; i < f->count; i++) {
        double d = real(f, i);

        if (isnan(max) || isnan(d))
            max = max == INFINITY || d == INFINITY ? INFINITY : NAN;
        else if (d > max || (is_zero(d) && is_zero(max) && signbit(max)))
            max = d;
    }
    return datum_float64(f->arena, max);
}

static const struct datum *run_minf(struct function_call *f)
{
    double min = real(f, 0);

    for (size_t i = 1; i < f->count; i++) {
        double d = real(f, i);

        if (isnan(min) || isnan(d))
            min = min == -INFINITY || d == -INFINITY ? -INFINITY : NAN;
        else if (d < min || (is_zero(d) && is_zero(min) && signbit(d)))
            min = d;
    }
    return datum_float64(f->arena, min);
}

static const struct datum *run_floor(struct function_call *f)
{
    return datum_float64(f->arena, floor(real(f, 0)));
}

static const struct datum *run_ceil(struct function_call *f)
{
    return datum_float64(f->arena, ceil(real(f, 0)));
}

/* 10^places, rounded where Go's math.Pow rounds. */
static double power_of_ten(int64_t places)
{
    uint64_t left = places < 0 ? 0 - (uint64_t)places : (uint64_t)places;
    double power = 1, factor;
    int exponent = 0, step;

    factor = frexp(10, &step);
    for (; left; left >>= 1) {
        if (step > 1 << 12) {
            exponent += step;
            break;
        }
        if (left & 1) {
            power *= factor;
            exponent += step;
        }
        factor *= factor;
        step *= 2;
        if (factor < .5) {
            factor += factor;
            step--;
        }
    }
    return places < 0 ? ldexp(1 / power, -exponent) : ldexp(power, exponent);
}

static const struct datum *run_round(struct function_call *f)
{
    double from = f->count > 2 ? function_real(f, 2) : .5, whole;
    double power = power_of_ten(function_integer(f, 1)), shifted = power * real(f, 0);
    double part = isinf(shifted) ? NAN : modf(shifted, &whole);

    return datum_float64(f->arena, (part >= from ? ceil(shifted) : floor(shifted)) / power);
}

/* --- decimals ------------------------------------------------------------- */

static bool read_decimal(struct function_call *f, size_t i, struct decimal *out)
{
    double d = real(f, i);

    if (isnan(d) || isinf(d)) {
        function_fail(f, "Cannot create a Decimal from %s",
                      isnan(d) ? "NaN"
                      : d > 0  ? "+Inf"
                               : "-Inf");
        return false;
    }
    *out = decimal_of(f->arena, d);
    return true;
}

typedef bool operation_fn(struct arena *a, struct decimal x, struct decimal y, struct decimal *out);

/* result <- result op argument, for the arguments from `first` on. */
static const struct datum *compute(struct function_call *f, struct decimal result, size_t first,
                                   operation_fn *operation)
{
    for (size_t i = first; i < f->count; i++) {
        struct decimal next;

        if (!read_decimal(f, i, &next))
            return NULL;
        if (operation == decimal_divide && !next.count)
            return function_fail(f, "decimal division by 0");
        if (!operation(f->arena, result, next, &result))
            return function_fail(f, "the result has more than %d digits", DECIMAL_DIGITS_MAX);
    }
    return datum_float64(f->arena, decimal_real(f->arena, result));
}

static const struct datum *compute_from_first(struct function_call *f, operation_fn *operation)
{
    struct decimal result;

    return read_decimal(f, 0, &result) ? compute(f, result, 1, operation) : NULL;
}

static const struct datum *run_addf(struct function_call *f)
{
    return compute(f, decimal_of(f->arena, 0), 0, decimal_add);
}

static const struct datum *run_add1f(struct function_call *f)
{
    return compute(f, decimal_of(f->arena, 1), 0, decimal_add);
}

static const struct datum *run_subf(struct function_call *f)
{
    return compute_from_first(f, decimal_subtract);
}

static const struct datum *run_mulf(struct function_call *f)
{
    return compute_from_first(f, decimal_multiply);
}

static const struct datum *run_divf(struct function_call *f)
{
    return compute_from_first(f, decimal_divide);
}

const struct function functions_number[] = {
    {"int", "v", run_int, 0},
    {"int64", "v", run_int64, 0},
    {"float64", "v", run_float64, 0},
    {"atoi", "s", run_atoi, 0},
    {"toDecimal", "v", run_to_decimal, 0},
    {"add", "v*", run_add, 0},
    {"add1", "v", run_add1, 0},
    {"sub", "vv", run_sub, 0},
    {"mul", "vv*", run_mul, 0},
    {"div", "vv", run_div, 0},
    {"mod", "vv", run_mod, 0},
    {"max", "vv*", run_max, 0},
    {"biggest", "vv*", run_max, 0},
    {"min", "vv*", run_min, 0},
    {"maxf", "vv*", run_maxf, 0},
    {"minf", "vv*", run_minf, 0},
    {"floor", "v", run_floor, 0},
    {"ceil", "v", run_ceil, 0},
    {"round", "vif*", run_round, 0},
    {"addf", "v*", run_addf, 0},
    {"add1f", "v", run_add1f, 0},
    {"subf", "vv*", run_subf, 0},
    {"mulf", "vv*", run_mulf, 0},
    {"divf", "vv*", run_divf, 0},
    {0},
};
