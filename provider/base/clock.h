/* clock - the two clocks of the program, replaceable by tests.
 *
 * Wall time (seconds since 1970, UTC) is for certificates and tokens;
 * monotonic milliseconds are for deadlines. Thread-safe. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
#include <stdint.h>

#include "base/arena.h"

/* Seconds since 1970. In test builds the environment variable ISTIO_TEST_CLOCK
 * (seconds to add, may be negative) shifts it, so that whole-program tests see
 * certificates age; release builds do not read it. */
int64_t clock_now(void);
/* The same in nanoseconds. */
int64_t clock_now_ns(void);
/* Milliseconds of a clock that never steps. */
int64_t clock_monotonic_ms(void);
/* For unit tests: offset_seconds is added to clock_now() from now on. */
void clock_shift(int64_t offset_seconds);

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar. month is 1 to
 * 12, year at most 10^12 away from 0; day may lie outside of its month. */
int64_t clock_days(int64_t year, int64_t month, int64_t day);
/* "2026-01-31T10:20:30Z", the form Kubernetes and our state use. */
char *clock_rfc3339(struct arena *a, int64_t at);
/* Seconds since 1970 from RFC 3339 text with Z or a numeric zone, fraction
 * dropped; -1 when it is not such a text. */
int64_t clock_parse_rfc3339(const char *z);
/* Go's duration text ("1h30m", "90s", "250ms") in milliseconds; -1 when it is
 * not one or is negative or exceeds 100 years. */
int64_t clock_parse_duration_ms(const char *z);

#endif
