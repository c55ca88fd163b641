#include "template/moment.h"

#include "base/clock.h"

enum { DAY = 86400, ERA_YEARS = 400, ERA_DAYS = 146097, SECOND = 1000000000 };

/* Seconds from the first instant of the year 1 to 1970. */
static const int64_t year_one_seconds = INT64_C(62135596800);
static const int64_t calendar_max = INT64_C(1000000000); /* of steps in a calendar */

const struct moment moment_zero = {INT64_C(-62135596800), 0, &zone_utc};

static int64_t wrapping_sum(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t wrapping_product(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

/* Division that rounds down; the rest is never negative. */
static int64_t split(int64_t n, int64_t by, int64_t *rest)
{
    int64_t down = n / by;

    *rest = n % by;
    if (*rest < 0) {
        *rest += by;
        down--;
    }
    return down;
}

static int64_t clamp(int64_t n, int64_t limit)
{
    return n > limit ? limit : n < -limit ? -limit : n;
}

/* --- making ------------------------------------------------------------------ */
struct moment moment_now(void)
{
    int64_t rest, seconds = split(clock_now_ns(), SECOND, &rest);

    return (struct moment){seconds, (int32_t)rest, &zone_utc};
}

struct moment moment_of_seconds(int64_t seconds)
{
    return (struct moment){seconds, 0, &zone_utc};
}

struct moment moment_of_date(const struct moment_date *date, int32_t nanoseconds,
                             const struct zone *zone)
{
    int64_t month, year = date->year + split((int64_t)date->month - 1, 12, &month);
    int64_t local = wrapping_product(clock_days(year, month + 1, 1) + date->day - 1, DAY);
    int32_t offset;

    local = wrapping_sum(local, ((int64_t)date->hour * 60 + date->minute) * 60 + date->second);
    /* The offset that held at the time that is sought: a second look settles it. */
    offset = zone_at(zone, local).offset;
    offset = zone_at(zone, wrapping_sum(local, -offset)).offset;
    return (struct moment){wrapping_sum(local, -offset), nanoseconds, zone};
}

/* --- the calendar -------------------------------------------------------------- */
bool moment_is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int moment_days_in_month(int month, int64_t year)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && moment_is_leap(year));
}

/* Years of an era are counted from March, so that the leap day is the last. */
static void set_day(struct moment_date *out, int64_t days)
{
    int64_t day, era = split(days + 719468, ERA_DAYS, &day);
    int64_t year = (day - day / 1460 + day / 36524 - day / (ERA_DAYS - 1)) / 365;
    int64_t month;

    day -= 365 * year + year / 4 - year / 100;
    month = (5 * day + 2) / 153;
    out->day = (int)(day - (153 * month + 2) / 5 + 1);
    out->month = (int)(month < 10 ? month + 3 : month - 9);
    out->year = year + era * ERA_YEARS + (out->month <= 2);
    out->year_day = (int)(days - clock_days(out->year, 1, 1) + 1);
}

struct moment_date moment_date_of_seconds(int64_t seconds)
{
    struct moment_date out = {0};
    int64_t second, weekday, days = split(seconds, DAY, &second);

    set_day(&out, days);
    (void)split(days + 4, 7, &weekday); /* 1970 began on a Thursday */
    out.weekday = (int)weekday;
    out.hour = (int)(second / 3600);
    out.minute = (int)(second / 60 % 60);
    out.second = (int)(second % 60);
    return out;
}

struct moment_date moment_date(const struct moment *m)
{
    return moment_date_of_seconds(wrapping_sum(m->seconds, zone_at(m->zone, m->seconds).offset));
}

/* --- arithmetic ----------------------------------------------------------------- */
struct moment moment_add(const struct moment *m, int64_t duration)
{
    int64_t rest, seconds = split(duration, SECOND, &rest);
    struct moment out = *m;

    rest += m->nanoseconds;
    out.seconds = wrapping_sum(wrapping_sum(m->seconds, seconds), rest / SECOND);
    out.nanoseconds = (int32_t)(rest % SECOND);
    return out;
}

struct moment moment_add_date(const struct moment *m, int64_t years, int64_t months, int64_t days)
{
    struct moment_date date = moment_date(m);

    date.year = clamp(date.year + clamp(years, calendar_max), calendar_max);
    date.month += (int)clamp(months, calendar_max);
    date.day += (int)clamp(days, calendar_max);
    return moment_of_date(&date, m->nanoseconds, m->zone);
}

int64_t moment_since(const struct moment *a, const struct moment *b)
{
    int64_t seconds, out;

    if (!__builtin_sub_overflow(a->seconds, b->seconds, &seconds) &&
        !__builtin_mul_overflow(seconds, SECOND, &out) &&
        !__builtin_add_overflow(out, (int64_t)a->nanoseconds - b->nanoseconds, &out))
        return out;
    return moment_compare(a, b) < 0 ? INT64_MIN : INT64_MAX;
}

int moment_compare(const struct moment *a, const struct moment *b)
{
    if (a->seconds != b->seconds)
        return a->seconds < b->seconds ? -1 : 1;
    return (a->nanoseconds > b->nanoseconds) - (a->nanoseconds < b->nanoseconds);
}

/* How far m is behind the last multiple of duration; the product of seconds and
 * nanoseconds does not fit 64 bits, so it is built by doubling. */
static int64_t beyond_multiple(const struct moment *m, int64_t duration)
{
    uint64_t divisor = (uint64_t)duration, addend, sum = (uint64_t)m->nanoseconds % divisor;
    int64_t rest;

    (void)split(wrapping_sum(m->seconds, year_one_seconds), duration, &rest);
    addend = (uint64_t)rest;
    for (unsigned factor = SECOND; factor; factor >>= 1) {
        if (factor & 1)
            sum = (sum + addend) % divisor;
        addend = addend * 2 % divisor;
    }
    return (int64_t)sum;
}

struct moment moment_truncate(const struct moment *m, int64_t duration)
{
    return duration <= 0 ? *m : moment_add(m, -beyond_multiple(m, duration));
}

struct moment moment_round(const struct moment *m, int64_t duration)
{
    int64_t beyond;

    if (duration <= 0)
        return *m;
    beyond = beyond_multiple(m, duration);
    return moment_add(m, beyond < duration - beyond ? -beyond : duration - beyond);
}
