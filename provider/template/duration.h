/* duration - Go's time.Duration: nanoseconds, written "1h30m0.5s". Pure. */
#ifndef TEMPLATE_DURATION_H
#define TEMPLATE_DURATION_H
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define DURATION_SECOND INT64_C(1000000000)
#define DURATION_MINUTE (60 * DURATION_SECOND)
#define DURATION_HOUR (60 * DURATION_MINUTE)

/* time.ParseDuration. NULL = done; else what Go says of t. */
const char *duration_read(struct arena *a, struct text t, int64_t *out);
void duration_print(struct text_builder *b, int64_t duration);
/* To a multiple of unit: toward zero, or to the nearest, halves away from zero. */
int64_t duration_truncate(int64_t duration, int64_t unit);
int64_t duration_round(int64_t duration, int64_t unit);
/* How many units of 3600, 60 or 1 seconds it is. */
double duration_in(int64_t duration, int64_t unit);

#endif
