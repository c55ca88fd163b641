/* moment - Go's time.Time: an instant and the zone that it is shown in.
 *
 * Arithmetic never fails; like Go's it wraps around at the ends of 64 bits. Pure; a
 * moment borrows its zone. Durations are nanoseconds. */
#ifndef TEMPLATE_MOMENT_H
#define TEMPLATE_MOMENT_H
#include <stdbool.h>
#include <stdint.h>

#include "template/zone.h"

struct moment {
    int64_t seconds; /* since 1970-01-01T00:00:00Z */
    int32_t nanoseconds;
    const struct zone *zone;
};

/* A moment as its zone's calendar and clocks show it. */
struct moment_date {
    int64_t year;
    int month, day, hour, minute, second; /* from 1 the first two, from 0 the others */
    int weekday;                          /* 0 is Sunday */
    int year_day;                         /* from 1 */
};

/* The first instant of the year 1 in UTC: Go's zero value. */
extern const struct moment moment_zero;

struct moment moment_now(void);
struct moment moment_of_seconds(int64_t seconds);
/* Parts outside of their range carry over ("October 32" is November 1). The date is
 * one of zone; the year at most 10^12 away from 0. */
struct moment moment_of_date(const struct moment_date *date, int32_t nanoseconds,
                             const struct zone *zone);
struct moment_date moment_date(const struct moment *m);
/* The date on which `seconds` of a clock in UTC fall. */
struct moment_date moment_date_of_seconds(int64_t seconds);
int moment_days_in_month(int month, int64_t year);
bool moment_is_leap(int64_t year);

struct moment moment_add(const struct moment *m, int64_t duration);
/* Adds years, months and days as a calendar does. */
struct moment moment_add_date(const struct moment *m, int64_t years, int64_t months, int64_t days);
/* a - b, at most what a duration holds. */
int64_t moment_since(const struct moment *a, const struct moment *b);
/* -1, 0, 1. */
int moment_compare(const struct moment *a, const struct moment *b);
/* To a multiple of duration since the year 1: down, or to the nearest, halves up. */
struct moment moment_truncate(const struct moment *m, int64_t duration);
struct moment moment_round(const struct moment *m, int64_t duration);

#endif
