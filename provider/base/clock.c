#include "base/clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

static _Atomic int64_t shift_seconds;

#ifdef TEST_BUILD
static int64_t environment_shift(void)
{
    const char *text = getenv("ISTIO_TEST_CLOCK");

    return text ? strtoll(text, NULL, 10) : 0;
}
#else
static int64_t environment_shift(void)
{
    return 0;
}
#endif

static int64_t shift(void)
{
    return atomic_load(&shift_seconds) + environment_shift();
}

int64_t clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec + shift();
}

int64_t clock_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return ((int64_t)now.tv_sec + shift()) * 1000000000 + now.tv_nsec;
}

int64_t clock_monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_shift(int64_t offset_seconds)
{
    atomic_store(&shift_seconds, offset_seconds);
}

/* The well-known era arithmetic: 400 years have 146,097 days. */
int64_t clock_days(int64_t year, int64_t month, int64_t day)
{
    int64_t era, year_of_era, day_of_year;

    year -= month <= 2;
    era = (year >= 0 ? year : year - 399) / 400;
    year_of_era = year - era * 400;
    day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

char *clock_rfc3339(struct arena *a, int64_t at)
{
    time_t seconds = (time_t)at;
    struct tm date;

    if (!gmtime_r(&seconds, &date))
        return arena_strdup(a, "");
    return text_f(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", date.tm_year + 1900, date.tm_mon + 1,
                  date.tm_mday, date.tm_hour, date.tm_min, date.tm_sec);
}

/* Takes exactly `digits` decimal digits from *at. */
static bool take_digits(const char **at, int digits, int64_t *out)
{
    *out = 0;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        *out = *out * 10 + (**at - '0');
    }
    return true;
}

static bool take_char(const char **at, const char *any_of)
{
    if (!**at || !strchr(any_of, **at))
        return false;
    (*at)++;
    return true;
}

static bool take_zone(const char **at, int64_t *offset_seconds)
{
    int64_t hours, minutes, sign;

    *offset_seconds = 0;
    if (take_char(at, "Zz"))
        return true;
    sign = **at == '-' ? -1 : 1;
    if (!take_char(at, "+-") || !take_digits(at, 2, &hours) || !take_char(at, ":") ||
        !take_digits(at, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *offset_seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    return clock_days(year + month / 12, month % 12 + 1, 1) - clock_days(year, month, 1);
}

int64_t clock_parse_rfc3339(const char *z)
{
    int64_t year, month, day, hour, minute, second, zone;

    if (!z || !take_digits(&z, 4, &year) || !take_char(&z, "-") || !take_digits(&z, 2, &month) ||
        !take_char(&z, "-") || !take_digits(&z, 2, &day) || !take_char(&z, "Tt ") ||
        !take_digits(&z, 2, &hour) || !take_char(&z, ":") || !take_digits(&z, 2, &minute) ||
        !take_char(&z, ":") || !take_digits(&z, 2, &second))
        return -1;
    if (take_char(&z, ".")) {
        if (*z < '0' || *z > '9')
            return -1;
        z += strspn(z, "0123456789");
    }
    if (!take_zone(&z, &zone) || *z || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 60)
        return -1;
    return clock_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - zone;
}

static bool take_unit(const char **at, double *ms)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = {{"ms", 1},     {"us", 1e-3}, {"\xc2\xb5s", 1e-3}, {"ns", 1e-6},
                 {"h", 3600e3}, {"m", 60e3},  {"s", 1e3}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strncmp(*at, units[i].name, strlen(units[i].name)) == 0) {
            *at += strlen(units[i].name);
            *ms = units[i].ms;
            return true;
        }
    return false;
}

int64_t clock_parse_duration_ms(const char *z)
{
    static const double hundred_years_ms = 100.0 * 366 * 86400e3, nanosecond_ms = 1e-6;
    double total = 0;

    if (!z || !*z)
        return -1;
    if (strcmp(z, "0") == 0)
        return 0;
    while (*z) {
        double amount = 0, place = 1, unit;
        const char *start = z;

        for (; *z >= '0' && *z <= '9'; z++)
            amount = amount * 10 + (*z - '0');
        if (*z == '.')
            for (z++; *z >= '0' && *z <= '9'; z++)
                amount += (*z - '0') * (place /= 10);
        if (z == start || (z == start + 1 && *start == '.') || !take_unit(&z, &unit))
            return -1;
        total += amount * unit;
        if (total > hundred_years_ms)
            return -1;
    }
    return (int64_t)(total + nanosecond_ms / 2);
}
