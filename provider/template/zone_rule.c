#include "template/zone_rule.h"

#include "base/clock.h"
#include "template/moment.h"

enum { HOUR = 3600, DAY = 86400, OFFSET_HOURS_MAX = 24 * 7 };

/* --- reading ---------------------------------------------------------------- */
static bool take(struct text *t, char c)
{
    if (!t->len || t->at[0] != c)
        return false;
    *t = (struct text){t->at + 1, t->len - 1};
    return true;
}

static bool take_number(struct text *t, int min, int max, int *out)
{
    size_t i = 0;

    *out = 0;
    for (; i < t->len && t->at[i] >= '0' && t->at[i] <= '9'; i++) {
        *out = *out * 10 + (t->at[i] - '0');
        if (*out > max)
            return false;
    }
    *t = (struct text){t->at + i, t->len - i};
    return i && *out >= min;
}

static bool ends_name(char c)
{
    return (c >= '0' && c <= '9') || c == ',' || c == '-' || c == '+';
}

/* "CET", or "<+03>" where it has more than letters. */
static bool take_name(struct arena *a, struct text *t, const char **out)
{
    bool framed = take(t, '<');
    size_t len = 0;

    while (len < t->len && (framed ? t->at[len] != '>' : !ends_name(t->at[len])))
        len++;
    if (framed ? len == t->len : len < 3)
        return false;
    *out = text_z(a, (struct text){t->at, len});
    len += framed;
    *t = (struct text){t->at + len, t->len - len};
    return true;
}

/* "-5:30": [+-]hours[:minutes[:seconds]] in seconds. */
static bool take_offset(struct text *t, int32_t *out)
{
    bool negative = take(t, '-');
    int number;

    if (!negative)
        (void)take(t, '+');
    if (!take_number(t, 0, OFFSET_HOURS_MAX, &number))
        return false;
    *out = number * HOUR;
    for (int unit = 60; unit && take(t, ':'); unit /= 60) {
        if (!take_number(t, 0, 59, &number))
            return false;
        *out += number * unit;
    }
    *out = negative ? -*out : *out;
    return true;
}

static bool take_day(struct text *t, struct zone_change *out)
{
    if (take(t, 'J')) {
        out->form = ZONE_DAY_JULIAN;
        return take_number(t, 1, 365, &out->day);
    }
    if (take(t, 'M')) {
        out->form = ZONE_DAY_OF_WEEK;
        return take_number(t, 1, 12, &out->month) && take(t, '.') &&
               take_number(t, 1, 5, &out->week) && take(t, '.') && take_number(t, 0, 6, &out->day);
    }
    out->form = ZONE_DAY_OF_YEAR;
    return take_number(t, 0, 365, &out->day);
}

static bool take_change(struct text *t, struct zone_change *out)
{
    out->second = 2 * HOUR;
    return take_day(t, out) && (!take(t, '/') || take_offset(t, &out->second));
}

/* Numbers here are added to the local time, ours to UTC. */
static bool take_kind_offset(struct text *t, struct zone_kind *out)
{
    if (!take_offset(t, &out->offset))
        return false;
    out->offset = -out->offset;
    return true;
}

bool zone_rule_read(struct arena *a, struct text t, struct zone_rule *out)
{
    *out = (struct zone_rule){.summer.summer = true};
    if (!take_name(a, &t, &out->standard.name) || !take_kind_offset(&t, &out->standard))
        return false;
    if (!t.len || t.at[0] == ',')
        return true;
    out->has_summer = true;
    out->summer.offset = out->standard.offset + HOUR;
    if (!take_name(a, &t, &out->summer.name) ||
        (t.len && t.at[0] != ',' && !take_kind_offset(&t, &out->summer)))
        return false;
    if (!t.len)
        t = TEXT(",M3.2.0,M11.1.0");
    return take(&t, ',') && take_change(&t, &out->summer_starts) && take(&t, ',') &&
           take_change(&t, &out->summer_ends) && !t.len;
}

/* --- asking ----------------------------------------------------------------- */
/* The day of the year, from 0, on which a change falls. */
static int64_t day_of(const struct zone_change *change, int64_t year)
{
    int64_t first, day;

    switch (change->form) {
    case ZONE_DAY_JULIAN: /* February 29 is not counted */
        return change->day - 1 + (moment_is_leap(year) && change->day >= 60);
    case ZONE_DAY_OF_YEAR:
        return change->day;
    case ZONE_DAY_OF_WEEK:
        break;
    }
    first = clock_days(year, change->month, 1);
    /* 1970 began on a Thursday */
    day = ((change->day - (first + 4)) % 7 + 7) % 7 + (int64_t)(change->week - 1) * 7;
    if (day >= moment_days_in_month(change->month, year))
        day -= 7; /* week 5 is the last */
    return first + day - clock_days(year, 1, 1);
}

static int64_t second_of(const struct zone_change *change, int64_t year, int32_t offset)
{
    return day_of(change, year) * DAY + change->second - offset;
}

struct zone_kind zone_rule_at(const struct zone_rule *rule, int64_t seconds)
{
    struct moment_date date = moment_date_of_seconds(seconds);
    int64_t in_year = (int64_t)(date.year_day - 1) * DAY + (int64_t)date.hour * HOUR +
                      (int64_t)date.minute * 60 + date.second;
    int64_t start, end;
    bool is_summer;

    if (!rule->has_summer)
        return rule->standard;
    start = second_of(&rule->summer_starts, date.year, rule->standard.offset);
    end = second_of(&rule->summer_ends, date.year, rule->summer.offset);
    if (start <= end)
        is_summer = in_year >= start && in_year < end;
    else /* south of the equator the year begins in summer */
        is_summer = in_year >= start || in_year < end;
    return is_summer ? rule->summer : rule->standard;
}
