#include "template/quote.h"
#include "template/time_layout.h"

enum { UNSET = -1, SHORT_NAME_LEN = 3, NANOSECOND_DIGITS = 9 };

struct parser {
    struct arena *arena;
    struct text layout, rest; /* what is still to be read of both */
    int year, month, day, year_day, hour, minute, second, nanoseconds;
    bool before_noon, after_noon, utc, has_offset;
    int32_t offset;
    struct text zone_name;
    const char *out_of_range; /* "hour" */
};

static struct text skip(struct text t, size_t len)
{
    return (struct text){t.at + len, t.len - len};
}

static struct text first(struct text t, size_t len)
{
    return (struct text){t.at, len};
}

static bool is_digit(struct text t, size_t at)
{
    return at < t.len && t.at[at] >= '0' && t.at[at] <= '9';
}

/* Blanks of the layout stand for any number of them, also for none at the end. */
static bool take_literal(struct parser *p, struct text literal)
{
    while (literal.len) {
        if (literal.at[0] == ' ') {
            if (p->rest.len && p->rest.at[0] != ' ')
                return false;
            while (literal.len && literal.at[0] == ' ')
                literal = skip(literal, 1);
            while (p->rest.len && p->rest.at[0] == ' ')
                p->rest = skip(p->rest, 1);
            continue;
        }
        if (!p->rest.len || p->rest.at[0] != literal.at[0])
            return false;
        literal = skip(literal, 1);
        p->rest = skip(p->rest, 1);
    }
    return true;
}

/* Up to max digits, at least min. */
static bool take_number(struct parser *p, size_t min, size_t max, int *out)
{
    size_t len = 0;
    int number = 0;

    for (; len < max && is_digit(p->rest, len); len++)
        number = number * 10 + (p->rest.at[len] - '0');
    if (len < min)
        return false;
    *out = number;
    p->rest = skip(p->rest, len);
    return true;
}

static bool take_padded(struct parser *p, const struct time_chunk *c, size_t digits, int *out)
{
    for (size_t i = 1; c->flags & TIME_SPACED && i < digits && p->rest.len && *p->rest.at == ' ';
         i++)
        p->rest = skip(p->rest, 1);
    return take_number(p, c->flags & TIME_PADDED ? digits : 1, digits, out);
}

static void check_range(struct parser *p, int number, int min, int max, const char *what)
{
    if (number < min || number > max)
        p->out_of_range = what;
}

/* Letters match in either case. */
static bool starts_with_name(struct text t, struct text name)
{
    if (t.len < name.len)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if ((t.at[i] | 0x20) != (name.at[i] | 0x20))
            return false;
    return true;
}

static bool take_name(struct parser *p, const char *const *names, int count, bool is_short,
                      int *out)
{
    for (int i = 0; i < count; i++) {
        struct text name = is_short ? first(text_of(names[i]), SHORT_NAME_LEN) : text_of(names[i]);

        if (!starts_with_name(p->rest, name))
            continue;
        p->rest = skip(p->rest, name.len);
        *out = i + 1;
        return true;
    }
    return false;
}

/* --- the elements ------------------------------------------------------------------ */
static bool take_short_year(struct parser *p)
{
    int sign = p->rest.len && (p->rest.at[0] == '-' || p->rest.at[0] == '+');
    bool negative = sign && p->rest.at[0] == '-';

    p->rest = skip(p->rest, (size_t)sign);
    if (!take_number(p, (size_t)(2 - sign), (size_t)(2 - sign), &p->year))
        return false;
    p->year = negative ? -p->year : p->year;
    p->year += p->year >= 69 ? 1900 : 2000;
    return true;
}

static bool take_month(struct parser *p, const struct time_chunk *c)
{
    if (!take_padded(p, c, 2, &p->month))
        return false;
    check_range(p, p->month, 1, 12, "month");
    return true;
}

static bool take_hour(struct parser *p, const struct time_chunk *c, int max)
{
    if (!take_padded(p, c, 2, &p->hour))
        return false;
    check_range(p, p->hour, 0, max, "hour");
    return true;
}

static bool starts_fraction(struct text t)
{
    return t.len && (t.at[0] == '.' || t.at[0] == ',') && is_digit(t, 1);
}

/* A point and digits; what stands behind the ninth is not looked at. */
static bool take_fraction(struct parser *p, size_t digits)
{
    int number = 0;

    if (!starts_fraction(p->rest) || p->rest.len <= digits)
        return false;
    for (size_t i = 1; i <= NANOSECOND_DIGITS; i++) {
        if (i <= digits && !is_digit(p->rest, i))
            return false;
        number = number * 10 + (i <= digits ? p->rest.at[i] - '0' : 0);
    }
    p->nanoseconds = number;
    p->rest = skip(p->rest, digits + 1);
    return true;
}

static bool take_any_fraction(struct parser *p)
{
    size_t digits = 0;

    if (!starts_fraction(p->rest))
        return true;
    while (is_digit(p->rest, digits + 1))
        digits++;
    return take_fraction(p, digits);
}

/* Seconds may have a fraction that the layout does not name. */
static bool take_second(struct parser *p, const struct time_chunk *c)
{
    struct text layout = p->layout;
    enum time_element next = time_layout_next(&layout).element;

    if (!take_padded(p, c, 2, &p->second))
        return false;
    check_range(p, p->second, 0, 59, "second");
    if (p->out_of_range || next == TIME_FRACTION || next == TIME_FRACTION_TRIMMED)
        return true;
    return take_any_fraction(p);
}

static bool take_half(struct parser *p, const struct time_chunk *c)
{
    bool capital = c->flags & TIME_CAPITAL;

    if (text_starts_with(p->rest, capital ? "PM" : "pm"))
        p->after_noon = true;
    else if (text_starts_with(p->rest, capital ? "AM" : "am"))
        p->before_noon = true;
    else
        return false;
    p->rest = skip(p->rest, 2);
    return true;
}

/* Hours, minutes and seconds as far as the layout has them, in seconds. */
static bool read_offset(struct parser *p, size_t parts, size_t step)
{
    static const struct {
        int max, seconds;
        const char *name;
    } units[] = {{24, 3600, "time zone offset hour"},
                 {60, 60, "time zone offset minute"},
                 {60, 1, "time zone offset second"}};

    p->offset = 0;
    for (size_t i = 0; i < parts; i++) {
        size_t at = 1 + i * step;
        int number;

        if (!is_digit(p->rest, at) || !is_digit(p->rest, at + 1))
            return false;
        number = (p->rest.at[at] - '0') * 10 + (p->rest.at[at + 1] - '0');
        check_range(p, number, 0, units[i].max, units[i].name);
        p->offset += number * units[i].seconds;
    }
    return true;
}

static bool take_zone(struct parser *p, unsigned flags)
{
    size_t parts = flags & TIME_ZONE_SECONDS ? 3 : flags & TIME_ZONE_MINUTES ? 2 : 1;
    size_t step = flags & TIME_COLONS ? 3 : 2, len = 1 + parts * step - (step - 2);

    if (flags & TIME_Z && take_literal(p, TEXT("Z"))) {
        p->utc = true;
        return true;
    }
    if (p->rest.len < len)
        return false;
    for (size_t i = 1; step == 3 && i < parts; i++)
        if (p->rest.at[3 * i] != ':')
            return false;
    if (!read_offset(p, parts, step) || (p->rest.at[0] != '+' && p->rest.at[0] != '-'))
        return false;
    if (p->rest.at[0] == '-')
        p->offset = -p->offset;
    p->has_offset = true;
    p->rest = skip(p->rest, len);
    return true;
}

/* A sign and a number up to 23; 0 = no such thing. */
static size_t signed_hours_len(struct text t)
{
    size_t len = 1;
    int hours = 0;

    if (!t.len || (t.at[0] != '+' && t.at[0] != '-'))
        return 0;
    for (; is_digit(t, len); len++) {
        hours = hours * 10 + (t.at[len] - '0');
        if (hours > 23)
            return 0;
    }
    return len > 1 ? len : 0;
}

/* Bytes that look like the abbreviation of a zone; 0 = none. */
static size_t zone_name_len(struct text t)
{
    size_t capitals = 0;

    if (text_starts_with(t, "ChST") || text_starts_with(t, "MeST"))
        return 4;
    if (text_starts_with(t, "GMT"))
        return 3 + signed_hours_len(skip(t, 3));
    if (t.len >= 3 && (t.at[0] == '+' || t.at[0] == '-'))
        return signed_hours_len(t);
    while (capitals < t.len && capitals < 6 && t.at[capitals] >= 'A' && t.at[capitals] <= 'Z')
        capitals++;
    if (capitals == 3)
        return 3;
    if (capitals == 4)
        return t.at[3] == 'T' || text_starts_with(t, "WITA") ? 4 : 0;
    return capitals == 5 && t.at[4] == 'T' ? 5 : 0;
}

static bool take_zone_name(struct parser *p)
{
    size_t len = zone_name_len(p->rest);

    if (text_starts_with(p->rest, "UTC")) {
        p->utc = true;
        len = 3;
    } else {
        p->zone_name = first(p->rest, len);
    }
    p->rest = skip(p->rest, len);
    return len;
}

static bool take_day(struct parser *p, const struct time_chunk *c)
{
    int weekday;

    switch (c->element) {
    case TIME_YEAR:
        return take_number(p, 4, 4, &p->year);
    case TIME_YEAR_SHORT:
        return take_short_year(p);
    case TIME_MONTH_NAME:
    case TIME_MONTH_NAME_SHORT:
        return take_name(p, time_months, 12, c->element == TIME_MONTH_NAME_SHORT, &p->month);
    case TIME_MONTH:
        return take_month(p, c);
    case TIME_DAY:
        return take_padded(p, c, 2, &p->day);
    case TIME_YEAR_DAY:
        return take_padded(p, c, 3, &p->year_day);
    default: /* it is read, but says nothing */
        return take_name(p, time_weekdays, 7, c->element == TIME_WEEKDAY_SHORT, &weekday);
    }
}

static bool take_element(struct parser *p, const struct time_chunk *c)
{
    switch (c->element) {
    case TIME_HOUR:
        return take_hour(p, c, 23);
    case TIME_HOUR_OF_12:
        return take_hour(p, c, 12);
    case TIME_MINUTE:
        if (!take_padded(p, c, 2, &p->minute))
            return false;
        check_range(p, p->minute, 0, 59, "minute");
        return true;
    case TIME_SECOND:
        return take_second(p, c);
    case TIME_FRACTION:
        return take_fraction(p, c->digits);
    case TIME_FRACTION_TRIMMED:
        return take_any_fraction(p);
    case TIME_HALF:
        return take_half(p, c);
    case TIME_ZONE:
        return take_zone(p, c->flags);
    case TIME_ZONE_NAME:
        return take_zone_name(p);
    default:
        return take_day(p, c);
    }
}

/* --- the whole ----------------------------------------------------------------------- */
/* Month and day of a day of the year; NULL, or why they do not fit. */
static const char *set_year_day(struct parser *p)
{
    int month = 1, day = p->year_day;

    if (day < 1 || day > 365 + moment_is_leap(p->year))
        return "day-of-year out of range";
    while (day > moment_days_in_month(month, p->year))
        day -= moment_days_in_month(month++, p->year);
    if (p->month != UNSET && p->month != month)
        return "day-of-year does not match month";
    if (p->day != UNSET && p->day != day)
        return "day-of-year does not match day";
    p->month = month;
    p->day = day;
    return NULL;
}

static const char *set_defaults(struct parser *p)
{
    const char *error = p->year_day == UNSET ? NULL : set_year_day(p);

    if (p->after_noon && p->hour < 12)
        p->hour += 12;
    else if (p->before_noon && p->hour == 12)
        p->hour = 0;
    if (p->month == UNSET)
        p->month = 1;
    if (p->day == UNSET)
        p->day = 1;
    if (!error && (p->day < 1 || p->day > moment_days_in_month(p->month, p->year)))
        error = "day out of range";
    return error;
}

/* An abbreviation alone says nothing of the offset, but for "GMT+3". */
static int32_t offset_of_name(struct text name)
{
    int32_t hours = 0;

    if (name.len <= 3 || !text_starts_with(name, "GMT"))
        return 0;
    for (size_t i = 4; i < name.len; i++)
        hours = hours * 10 + (name.at[i] - '0');
    return (name.at[3] == '-' ? -hours : hours) * 3600;
}

static struct moment result(const struct parser *p)
{
    struct moment_date date = {p->year, p->month, p->day, p->hour, p->minute, p->second, 0, 0};
    struct moment out = moment_of_date(&date, p->nanoseconds, &zone_utc);
    bool named = p->zone_name.len;

    if (p->utc || (!p->has_offset && !named))
        return out;
    if (p->has_offset)
        out.seconds -= p->offset;
    if (p->has_offset && p->offset == 0 && !named)
        return out;
    out.zone = zone_fixed(p->arena, named ? text_z(p->arena, p->zone_name) : "",
                          p->has_offset ? p->offset : offset_of_name(p->zone_name));
    return out;
}

static const char *cannot_parse(struct arena *a, struct text layout, struct text whole,
                                struct text part, struct text element)
{
    return text_f(a, "parsing time %s as %s: cannot parse %s as %s", quote_ascii(a, whole),
                  quote_ascii(a, layout), quote_ascii(a, part), quote_ascii(a, element));
}

/* One after the other; NULL = done. */
static const char *take_elements(struct parser *p, struct text layout, struct text whole)
{
    for (;;) {
        struct time_chunk c = time_layout_next(&p->layout);
        struct text part;
        bool fits;

        if (!take_literal(p, c.before))
            return cannot_parse(p->arena, layout, whole, p->rest, c.before);
        if (c.element == TIME_NOTHING)
            return NULL;
        part = p->rest;
        fits = take_element(p, &c);
        if (p->out_of_range)
            return text_f(p->arena, "parsing time %s: %s out of range",
                          quote_ascii(p->arena, whole), p->out_of_range);
        if (!fits)
            return cannot_parse(p->arena, layout, whole, part, c.word);
    }
}

const char *time_layout_parse(struct arena *a, struct text layout, struct text t,
                              struct moment *out)
{
    struct parser p = {.arena = a, .layout = layout, .rest = t};
    const char *error;

    p.month = p.day = p.year_day = UNSET;
    *out = moment_zero;
    if ((error = take_elements(&p, layout, t)))
        return error;
    if (p.rest.len)
        return text_f(a, "parsing time %s: extra text: %s", quote_ascii(a, t),
                      quote_ascii(a, p.rest));
    if ((error = set_defaults(&p)))
        return text_f(a, "parsing time %s: %s", quote_ascii(a, t), error);
    *out = result(&p);
    return NULL;
}
