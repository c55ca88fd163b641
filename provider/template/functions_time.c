/* Dates and durations. Sprig's local time is UTC here (zone.h). */
#include <inttypes.h>

#include "template/convert.h"
#include "template/duration.h"
#include "template/evaluate.h"
#include "template/time_layout.h"
#include "template/time_object.h"

static const struct text html_layout = {"2006-01-02", 10};

/* The present, which makes what is rendered with it unstable. */
static struct moment present(struct function_call *f)
{
    f->run->unstable = true;
    return moment_now();
}

/* A time, or seconds since 1970; all else means now. */
static struct moment moment_of(struct function_call *f, const struct datum *d)
{
    const struct moment *m = time_object_moment(d);

    if (m)
        return *m;
    if ((d->kind == DATUM_INT || d->kind == DATUM_INT64) && !d->class)
        return moment_of_seconds(d->integer);
    return present(f);
}

/* --- writing and reading ------------------------------------------------------------- */
static const struct datum *format(struct function_call *f, struct text layout,
                                  const struct datum *date, struct text zone)
{
    struct moment m = moment_of(f, date);
    struct text_builder b;

    m.zone = zone_load(f->arena, zone);
    if (!m.zone)
        m.zone = &zone_utc;
    text_builder_init(&b, f->arena, DATUM_TEXT_BYTES_MAX);
    time_layout_format(&b, layout, &m);
    return convert_built(f, &b);
}

static const struct datum *run_date(struct function_call *f)
{
    return format(f, function_text(f, 0), function_argument(f, 1), TEXT("Local"));
}

static const struct datum *run_date_in_zone(struct function_call *f)
{
    return format(f, function_text(f, 0), function_argument(f, 1), function_text(f, 2));
}

static const struct datum *run_html_date(struct function_call *f)
{
    return format(f, html_layout, function_argument(f, 0), TEXT("Local"));
}

static const struct datum *run_html_date_in_zone(struct function_call *f)
{
    return format(f, html_layout, function_argument(f, 0), function_text(f, 1));
}

static const struct datum *run_to_date(struct function_call *f)
{
    struct moment m;

    (void)time_layout_parse(f->arena, function_text(f, 0), function_text(f, 1), &m);
    return time_object(f->arena, &m);
}

static const struct datum *run_must_to_date(struct function_call *f)
{
    struct moment m;
    const char *error = time_layout_parse(f->arena, function_text(f, 0), function_text(f, 1), &m);

    return error ? function_fail(f, "%s", error) : time_object(f->arena, &m);
}

/* --- arithmetic ------------------------------------------------------------------------ */
static const struct datum *run_now(struct function_call *f)
{
    struct moment m = present(f);

    return time_object(f->arena, &m);
}

static const struct datum *modify(struct function_call *f, bool must)
{
    const struct moment *m = time_object_argument(f, 1);
    const char *error;
    struct moment moved;
    int64_t duration;

    error = duration_read(f->arena, function_text(f, 0), &duration);
    if (error)
        return must ? function_fail(f, "%s", error) : function_argument(f, 1);
    moved = moment_add(m, duration);
    return time_object(f->arena, &moved);
}

static const struct datum *run_date_modify(struct function_call *f)
{
    return modify(f, false);
}

static const struct datum *run_must_date_modify(struct function_call *f)
{
    return modify(f, true);
}

static const struct datum *run_unix_epoch(struct function_call *f)
{
    return datum_string_z(f->arena,
                          text_f(f->arena, "%" PRId64, time_object_argument(f, 0)->seconds));
}

static const struct datum *duration_text(struct function_call *f, int64_t duration)
{
    struct text_builder b;

    text_builder_init(&b, f->arena, DATUM_TEXT_BYTES_MAX);
    duration_print(&b, duration);
    return convert_built(f, &b);
}

static int64_t since(struct function_call *f, const struct moment *m)
{
    struct moment now = present(f);

    return moment_since(&now, m);
}

static const struct datum *run_ago(struct function_call *f)
{
    struct moment m = moment_of(f, function_argument(f, 0));

    return duration_text(f, duration_round(since(f, &m), DURATION_SECOND));
}

/* Seconds; those of an int are not counted. */
static const struct datum *run_duration(struct function_call *f)
{
    const struct datum *d = function_argument(f, 0);
    int64_t count = 0;

    if (d->kind == DATUM_STRING)
        (void)convert_parse_integer(d->text, 10, &count);
    else if (d->kind == DATUM_INT64 && !d->class)
        count = d->integer;
    return duration_text(f, (int64_t)((uint64_t)count * DURATION_SECOND));
}

static int64_t duration_of(struct function_call *f, const struct datum *d)
{
    const struct moment *m = time_object_moment(d);
    int64_t duration = 0;

    if (m)
        return since(f, m);
    if (d->kind == DATUM_STRING)
        (void)duration_read(f->arena, d->text, &duration);
    else if (d->kind == DATUM_INT64 && !d->class)
        duration = d->integer;
    return duration;
}

/* Only its largest unit: "2h10m5s" is "2h". */
static const struct datum *run_duration_round(struct function_call *f)
{
    static const struct {
        uint64_t nanoseconds;
        const char *name;
    } units[] = {
        {UINT64_C(365) * 24 * DURATION_HOUR, "y"},
        {UINT64_C(30) * 24 * DURATION_HOUR, "mo"},
        {UINT64_C(24) * DURATION_HOUR, "d"},
        {DURATION_HOUR, "h"},
        {DURATION_MINUTE, "m"},
        {DURATION_SECOND, "s"},
    };
    int64_t duration = duration_of(f, function_argument(f, 0));
    uint64_t length = duration < 0 ? 0 - (uint64_t)duration : (uint64_t)duration;

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (length > units[i].nanoseconds)
            return datum_string_z(f->arena, text_f(f->arena, "%" PRIu64 "%s",
                                                   length / units[i].nanoseconds, units[i].name));
    return datum_string_z(f->arena, "0s");
}

const struct function functions_time[] = {
    {"now", "", run_now, 0},
    {"date", "sv", run_date, 0},
    {"dateInZone", "svs", run_date_in_zone, 0},
    {"date_in_zone", "svs", run_date_in_zone, 0},
    {"htmlDate", "v", run_html_date, 0},
    {"htmlDateInZone", "vs", run_html_date_in_zone, 0},
    {"toDate", "ss", run_to_date, 0},
    {"mustToDate", "ss", run_must_to_date, 0},
    {"dateModify", "sT", run_date_modify, 0},
    {"date_modify", "sT", run_date_modify, 0},
    {"mustDateModify", "sT", run_must_date_modify, 0},
    {"must_date_modify", "sT", run_must_date_modify, 0},
    {"unixEpoch", "T", run_unix_epoch, 0},
    {"ago", "v", run_ago, 0},
    {"duration", "v", run_duration, 0},
    {"durationRound", "v", run_duration_round, 0},
    {0},
};
