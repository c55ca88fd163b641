/* decimal - exact decimal numbers, in which Sprig computes addf, subf, mulf and divf,
 * so that 0.1 + 0.2 is 0.3. Pure; results live in the arena. */
#ifndef TEMPLATE_DECIMAL_H
#define TEMPLATE_DECIMAL_H
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

enum {
    DECIMAL_DIGITS_MAX = 20000, /* longer results are refused */
    DECIMAL_DIVISION_PLACES = 16,
};

/* digits * 10^exponent; 0 has no digits. */
struct decimal {
    bool negative;
    const uint8_t *digits; /* the lowest first; the highest is not 0 */
    size_t count;
    int exponent;
};

/* The shortest digits that read back as d, which is finite. */
struct decimal decimal_of(struct arena *a, double d);
/* The nearest; too large ones are infinite. */
double decimal_real(struct arena *a, struct decimal d);

/* False: the result has too many digits. */
bool decimal_add(struct arena *a, struct decimal x, struct decimal y, struct decimal *out);
bool decimal_subtract(struct arena *a, struct decimal x, struct decimal y, struct decimal *out);
bool decimal_multiply(struct arena *a, struct decimal x, struct decimal y, struct decimal *out);
/* y is not 0. Rounded half away from zero to DECIMAL_DIVISION_PLACES. */
bool decimal_divide(struct arena *a, struct decimal x, struct decimal y, struct decimal *out);

#endif
