#include "template/time_layout.h"

#include <inttypes.h>
#include <stdlib.h>

const char *const time_months[12] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
const char *const time_weekdays[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                      "Thursday", "Friday", "Saturday"};

/* --- reading a layout ------------------------------------------------------------ */
enum {
    NOT_BEFORE_LETTERS = 1 << 8, /* of lower case */
    PLAIN = 1 << 9,              /* it is no element, though what is in it would be */
    SHORT_NAME_LEN = 3,
    ZONE_SHORT = 0,
    ZONE_LONG = TIME_ZONE_MINUTES,
    ZONE_COLONS = TIME_ZONE_MINUTES | TIME_COLONS,
    ZONE_FULL = TIME_ZONE_MINUTES | TIME_ZONE_SECONDS,
    ZONE_FULL_COLONS = ZONE_FULL | TIME_COLONS,
};

/* The first row that fits counts. */
static const struct row {
    struct text word;
    enum time_element element;
    unsigned flags;
} rows[] = {
    {{"January", 7}, TIME_MONTH_NAME, 0},
    {{"Jan", 3}, TIME_MONTH_NAME_SHORT, NOT_BEFORE_LETTERS},
    {{"Monday", 6}, TIME_WEEKDAY, 0},
    {{"Mon", 3}, TIME_WEEKDAY_SHORT, NOT_BEFORE_LETTERS},
    {{"MST", 3}, TIME_ZONE_NAME, 0},
    {{"01", 2}, TIME_MONTH, TIME_PADDED},
    {{"02", 2}, TIME_DAY, TIME_PADDED},
    {{"03", 2}, TIME_HOUR_OF_12, TIME_PADDED},
    {{"04", 2}, TIME_MINUTE, TIME_PADDED},
    {{"05", 2}, TIME_SECOND, TIME_PADDED},
    {{"06", 2}, TIME_YEAR_SHORT, 0},
    {{"002", 3}, TIME_YEAR_DAY, TIME_PADDED},
    {{"15", 2}, TIME_HOUR, 0},
    {{"1", 1}, TIME_MONTH, 0},
    {{"2006", 4}, TIME_YEAR, 0},
    {{"2", 1}, TIME_DAY, 0},
    {{"_2006", 5}, TIME_NOTHING, PLAIN}, /* "_" and the year, not "_2" */
    {{"_2", 2}, TIME_DAY, TIME_SPACED},
    {{"__2", 3}, TIME_YEAR_DAY, TIME_SPACED},
    {{"3", 1}, TIME_HOUR_OF_12, 0},
    {{"4", 1}, TIME_MINUTE, 0},
    {{"5", 1}, TIME_SECOND, 0},
    {{"PM", 2}, TIME_HALF, TIME_CAPITAL},
    {{"pm", 2}, TIME_HALF, 0},
    {{"-070000", 7}, TIME_ZONE, ZONE_FULL},
    {{"-07:00:00", 9}, TIME_ZONE, ZONE_FULL_COLONS},
    {{"-0700", 5}, TIME_ZONE, ZONE_LONG},
    {{"-07:00", 6}, TIME_ZONE, ZONE_COLONS},
    {{"-07", 3}, TIME_ZONE, ZONE_SHORT},
    {{"Z070000", 7}, TIME_ZONE, ZONE_FULL | TIME_Z},
    {{"Z07:00:00", 9}, TIME_ZONE, ZONE_FULL_COLONS | TIME_Z},
    {{"Z0700", 5}, TIME_ZONE, ZONE_LONG | TIME_Z},
    {{"Z07:00", 6}, TIME_ZONE, ZONE_COLONS | TIME_Z},
    {{"Z07", 3}, TIME_ZONE, ZONE_SHORT | TIME_Z},
};

static struct text behind(struct text t, size_t len)
{
    return (struct text){t.at + len, t.len - len};
}

static bool fits(const struct row *row, struct text t)
{
    size_t len = row->word.len;

    if (t.len < len || !text_equal((struct text){t.at, len}, row->word))
        return false;
    return !(row->flags & NOT_BEFORE_LETTERS) || t.len == len || t.at[len] < 'a' || t.at[len] > 'z';
}

/* ".000" or ",999", when no other digit follows. */
static bool take_fraction(struct text t, struct time_chunk *out)
{
    size_t len = 1;

    if (t.len < 2 || (t.at[0] != '.' && t.at[0] != ',') || (t.at[1] != '0' && t.at[1] != '9'))
        return false;
    while (len < t.len && t.at[len] == t.at[1])
        len++;
    if (len < t.len && t.at[len] >= '0' && t.at[len] <= '9')
        return false;
    out->element = t.at[1] == '0' ? TIME_FRACTION : TIME_FRACTION_TRIMMED;
    out->digits = len - 1;
    out->word = (struct text){t.at, len};
    return true;
}

/* Whether an element begins t. */
static bool take_element(struct text t, struct time_chunk *out)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].word.at[0] == t.at[0] && fits(&rows[i], t)) {
            if (rows[i].flags & PLAIN)
                return false;
            out->element = rows[i].element;
            out->flags = rows[i].flags;
            out->word = (struct text){t.at, rows[i].word.len};
            return true;
        }
    return take_fraction(t, out);
}

struct time_chunk time_layout_next(struct text *layout)
{
    struct time_chunk out = {.before = {layout->at, 0}};

    while (layout->len && !take_element(*layout, &out)) {
        out.before.len++;
        *layout = behind(*layout, 1);
    }
    *layout = behind(*layout, out.word.len);
    return out;
}

/* --- writing ---------------------------------------------------------------------- */
static void add_number(struct text_builder *b, int64_t n, int width)
{
    if (n < 0)
        text_add_char(b, '-');
    text_add_f(b, "%0*" PRId64, width, n < 0 ? -n : n);
}

/* A number of up to `width` digits, padded as the chunk says. */
static void add_padded(struct text_builder *b, const struct time_chunk *c, int n, int width)
{
    if (c->flags & TIME_SPACED)
        text_add_f(b, "%*d", width, n);
    else
        add_number(b, n, c->flags & TIME_PADDED ? width : 1);
}

static void add_offset(struct text_builder *b, unsigned flags, int32_t offset)
{
    int minutes = abs(offset / 60);
    const char *colon = flags & TIME_COLONS ? ":" : "";

    if (flags & TIME_Z && offset == 0) {
        text_add_char(b, 'Z');
        return;
    }
    text_add_f(b, "%c%02d", offset / 60 < 0 ? '-' : '+', minutes / 60);
    if (flags & TIME_ZONE_MINUTES)
        text_add_f(b, "%s%02d", colon, minutes % 60);
    if (flags & TIME_ZONE_SECONDS)
        text_add_f(b, "%s%02d", colon, abs(offset % 60));
}

static void add_zone_name(struct text_builder *b, const struct zone_kind *zone)
{
    if (*zone->name)
        text_add_z(b, zone->name);
    else
        add_offset(b, ZONE_LONG, zone->offset);
}

static void add_fraction(struct text_builder *b, const struct time_chunk *c, int32_t nanoseconds)
{
    char *digits = text_f(b->arena, "%09" PRId32, nanoseconds);
    size_t len = c->digits < 9 ? c->digits : 9;

    while (c->element == TIME_FRACTION_TRIMMED && len && digits[len - 1] == '0')
        len--;
    if (!len)
        return;
    text_add_char(b, c->word.at[0]);
    text_add(b, (struct text){digits, len});
}

static void add_day(struct text_builder *b, const struct time_chunk *c, const struct moment_date *d)
{
    switch (c->element) {
    case TIME_YEAR:
        add_number(b, d->year, 4);
        break;
    case TIME_YEAR_SHORT:
        add_number(b, (d->year < 0 ? -d->year : d->year) % 100, 2);
        break;
    case TIME_MONTH_NAME:
        text_add_z(b, time_months[d->month - 1]);
        break;
    case TIME_MONTH_NAME_SHORT:
        text_add(b, (struct text){time_months[d->month - 1], SHORT_NAME_LEN});
        break;
    case TIME_MONTH:
        add_padded(b, c, d->month, 2);
        break;
    case TIME_DAY:
        add_padded(b, c, d->day, 2);
        break;
    case TIME_YEAR_DAY:
        add_padded(b, c, d->year_day, 3);
        break;
    case TIME_WEEKDAY:
        text_add_z(b, time_weekdays[d->weekday]);
        break;
    default:
        text_add(b, (struct text){time_weekdays[d->weekday], SHORT_NAME_LEN});
        break;
    }
}

static void add_clock(struct text_builder *b, const struct time_chunk *c,
                      const struct moment_date *d)
{
    switch (c->element) {
    case TIME_HOUR:
        add_number(b, d->hour, 2);
        break;
    case TIME_HOUR_OF_12:
        add_padded(b, c, d->hour % 12 ? d->hour % 12 : 12, 2);
        break;
    case TIME_MINUTE:
        add_padded(b, c, d->minute, 2);
        break;
    case TIME_SECOND:
        add_padded(b, c, d->second, 2);
        break;
    default:
        text_add_char(b, (c->flags & TIME_CAPITAL ? "AP" : "ap")[d->hour >= 12]);
        text_add_char(b, c->flags & TIME_CAPITAL ? 'M' : 'm');
        break;
    }
}

static void add_element(struct text_builder *b, const struct time_chunk *c,
                        const struct moment_date *date, const struct zone_kind *zone,
                        int32_t nanoseconds)
{
    if (c->element <= TIME_WEEKDAY_SHORT)
        add_day(b, c, date);
    else if (c->element == TIME_ZONE)
        add_offset(b, c->flags, zone->offset);
    else if (c->element == TIME_ZONE_NAME)
        add_zone_name(b, zone);
    else if (c->element == TIME_FRACTION || c->element == TIME_FRACTION_TRIMMED)
        add_fraction(b, c, nanoseconds);
    else
        add_clock(b, c, date);
}

void time_layout_format(struct text_builder *b, struct text layout, const struct moment *m)
{
    struct moment_date date = moment_date(m);
    struct zone_kind zone = zone_at(m->zone, m->seconds);

    while (layout.len && !b->overflow) {
        struct time_chunk c = time_layout_next(&layout);

        text_add(b, c.before);
        if (c.element != TIME_NOTHING)
            add_element(b, &c, &date, &zone, m->nanoseconds);
    }
}

void time_layout_print(struct text_builder *b, const struct moment *m)
{
    time_layout_format(b, TEXT("2006-01-02 15:04:05.999999999 -0700 MST"), m);
}
