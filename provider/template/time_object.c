#include "template/time_object.h"

#include "template/convert.h"
#include "template/duration.h"
#include "template/time_layout.h"

static const struct datum_class time_class, duration_class, month_class, weekday_class,
    location_class;

static const struct datum *printed(struct function_call *f, const struct datum *self)
{
    return datum_string(f->arena, datum_text(f->arena, self));
}

/* --- durations --------------------------------------------------------------------- */
const struct datum *time_object_duration(struct arena *a, int64_t duration)
{
    return datum_of_class(a, &duration_class, datum_int64(a, duration));
}

static const struct datum *hours(struct function_call *f, const struct datum *self)
{
    return datum_float64(f->arena, duration_in(self->integer, DURATION_HOUR));
}

static const struct datum *minutes(struct function_call *f, const struct datum *self)
{
    return datum_float64(f->arena, duration_in(self->integer, DURATION_MINUTE));
}

static const struct datum *seconds(struct function_call *f, const struct datum *self)
{
    return datum_float64(f->arena, duration_in(self->integer, DURATION_SECOND));
}

static const struct datum *milliseconds(struct function_call *f, const struct datum *self)
{
    return datum_int64(f->arena, self->integer / 1000000);
}

static const struct datum *microseconds(struct function_call *f, const struct datum *self)
{
    return datum_int64(f->arena, self->integer / 1000);
}

static const struct datum *nanoseconds(struct function_call *f, const struct datum *self)
{
    return datum_int64(f->arena, self->integer);
}

static const struct datum *absolute(struct function_call *f, const struct datum *self)
{
    if (self->integer == INT64_MIN)
        return time_object_duration(f->arena, INT64_MAX);
    return time_object_duration(f->arena, self->integer < 0 ? -self->integer : self->integer);
}

static const struct datum *round_duration(struct function_call *f, const struct datum *self)
{
    return time_object_duration(f->arena, duration_round(self->integer, function_integer(f, 0)));
}

static const struct datum *truncate_duration(struct function_call *f, const struct datum *self)
{
    return time_object_duration(f->arena, duration_truncate(self->integer, function_integer(f, 0)));
}

static const struct datum_method duration_methods[] = {
    {"Hours", "", hours},
    {"Minutes", "", minutes},
    {"Seconds", "", seconds},
    {"Milliseconds", "", milliseconds},
    {"Microseconds", "", microseconds},
    {"Nanoseconds", "", nanoseconds},
    {"Abs", "", absolute},
    {"Round", "D", round_duration},
    {"Truncate", "D", truncate_duration},
    {"String", "", printed},
    {0},
};

static void duration_show(struct text_builder *b, const struct datum *self)
{
    duration_print(b, self->integer);
}

static const struct datum_class duration_class = {
    .type_name = "time.Duration",
    .kind_name = "int64",
    .methods = duration_methods,
    .print = duration_show,
};

/* --- months, weekdays, locations ---------------------------------------------------- */
static const struct datum_method name_methods[] = {{"String", "", printed}, {0}};

static void month_print(struct text_builder *b, const struct datum *self)
{
    text_add_z(b, time_months[self->integer - 1]);
}

static void weekday_print(struct text_builder *b, const struct datum *self)
{
    text_add_z(b, time_weekdays[self->integer]);
}

static void location_print(struct text_builder *b, const struct datum *self)
{
    const struct zone *zone = self->object.data;

    text_add_z(b, zone->name);
}

static const struct datum_class month_class = {
    .type_name = "time.Month",
    .kind_name = "int",
    .methods = name_methods,
    .print = month_print,
};

static const struct datum_class weekday_class = {
    .type_name = "time.Weekday",
    .kind_name = "int",
    .methods = name_methods,
    .print = weekday_print,
};

static const struct datum *location_plain(struct arena *a,
                                          __attribute__((unused)) const struct datum *self)
{
    return datum_map_new(a);
}

static const struct datum_class location_class = {
    .type_name = "*time.Location",
    .kind_name = "ptr",
    .methods = name_methods,
    .print = location_print,
    .plain = location_plain,
};

/* --- times -------------------------------------------------------------------------- */
const struct datum *time_object(struct arena *a, const struct moment *m)
{
    return datum_object(a, &time_class, arena_copy(a, m, sizeof(*m)));
}

const struct moment *time_object_moment(const struct datum *d)
{
    return d->kind == DATUM_OBJECT && d->object.class == &time_class ? d->object.data : NULL;
}

static const struct moment *moment_of(const struct datum *self)
{
    return self->object.data;
}

const struct moment *time_object_argument(const struct function_call *f, size_t i)
{
    return moment_of(function_argument(f, i));
}

static const struct datum *run_format(struct function_call *f, const struct datum *self)
{
    struct text_builder b;

    text_builder_init(&b, f->arena, DATUM_TEXT_BYTES_MAX);
    time_layout_format(&b, function_text(f, 0), moment_of(self));
    return convert_built(f, &b);
}

static const struct datum *run_add(struct function_call *f, const struct datum *self)
{
    struct moment m = moment_add(moment_of(self), function_integer(f, 0));

    return time_object(f->arena, &m);
}

static const struct datum *run_add_date(struct function_call *f, const struct datum *self)
{
    struct moment m = moment_add_date(moment_of(self), function_integer(f, 0),
                                      function_integer(f, 1), function_integer(f, 2));

    return time_object(f->arena, &m);
}

static const struct datum *run_round(struct function_call *f, const struct datum *self)
{
    struct moment m = moment_round(moment_of(self), function_integer(f, 0));

    return time_object(f->arena, &m);
}

static const struct datum *run_truncate(struct function_call *f, const struct datum *self)
{
    struct moment m = moment_truncate(moment_of(self), function_integer(f, 0));

    return time_object(f->arena, &m);
}

static const struct datum *run_sub(struct function_call *f, const struct datum *self)
{
    return time_object_duration(f->arena,
                                moment_since(moment_of(self), time_object_argument(f, 0)));
}

static const struct datum *run_compare(struct function_call *f, const struct datum *self)
{
    return datum_int(f->arena, moment_compare(moment_of(self), time_object_argument(f, 0)));
}

static const struct datum *run_before(struct function_call *f, const struct datum *self)
{
    return datum_bool(moment_compare(moment_of(self), time_object_argument(f, 0)) < 0);
}

static const struct datum *run_after(struct function_call *f, const struct datum *self)
{
    return datum_bool(moment_compare(moment_of(self), time_object_argument(f, 0)) > 0);
}

static const struct datum *run_equal(struct function_call *f, const struct datum *self)
{
    return datum_bool(moment_compare(moment_of(self), time_object_argument(f, 0)) == 0);
}

static const struct datum *in_zone(struct function_call *f, const struct datum *self,
                                   const struct zone *zone)
{
    struct moment m = *moment_of(self);

    m.zone = zone;
    return time_object(f->arena, &m);
}

static const struct datum *run_utc(struct function_call *f, const struct datum *self)
{
    return in_zone(f, self, &zone_utc);
}

static const struct datum *run_in(struct function_call *f, const struct datum *self)
{
    return in_zone(f, self, function_argument(f, 0)->object.data);
}

static const struct datum *run_location(struct function_call *f, const struct datum *self)
{
    return datum_object(f->arena, &location_class, moment_of(self)->zone);
}

static const struct datum *run_year(struct function_call *f, const struct datum *self)
{
    return datum_int(f->arena, moment_date(moment_of(self)).year);
}

static const struct datum *run_month(struct function_call *f, const struct datum *self)
{
    return datum_of_class(f->arena, &month_class,
                          datum_int(f->arena, moment_date(moment_of(self)).month));
}

static const struct datum *run_weekday(struct function_call *f, const struct datum *self)
{
    return datum_of_class(f->arena, &weekday_class,
                          datum_int(f->arena, moment_date(moment_of(self)).weekday));
}

static const struct datum *run_day(struct function_call *f, const struct datum *self)
{
    return datum_int(f->arena, moment_date(moment_of(self)).day);
}

static const struct datum *run_year_day(struct function_call *f, const struct datum *self)
{
    return datum_int(f->arena, moment_date(moment_of(self)).year_day);
}

static const struct datum *run_hour(struct function_call *f, const struct datum *self)
{
    return datum_int(f->arena, moment_date(moment_of(self)).hour);
}

static const struct datum *run_minute(struct function_call *f, const struct datum *self)
{
    return datum_int(f->arena, moment_date(moment_of(self)).minute);
}

static const struct datum *run_second(struct function_call *f, const struct datum *self)
{
    return datum_int(f->arena, moment_date(moment_of(self)).second);
}

static const struct datum *run_nanosecond(struct function_call *f, const struct datum *self)
{
    return datum_int(f->arena, moment_of(self)->nanoseconds);
}

/* Seconds since 1970 times `per_second`, which wraps around as in Go. */
static const struct datum *since_1970(struct function_call *f, const struct datum *self,
                                      int32_t per_second)
{
    const struct moment *m = moment_of(self);
    uint64_t count = (uint64_t)m->seconds * (uint64_t)per_second +
                     (uint64_t)(m->nanoseconds / (1000000000 / per_second));

    return datum_int64(f->arena, (int64_t)count);
}

static const struct datum *run_unix(struct function_call *f, const struct datum *self)
{
    return since_1970(f, self, 1);
}

static const struct datum *run_unix_milli(struct function_call *f, const struct datum *self)
{
    return since_1970(f, self, 1000);
}

static const struct datum *run_unix_micro(struct function_call *f, const struct datum *self)
{
    return since_1970(f, self, 1000000);
}

static const struct datum *run_unix_nano(struct function_call *f, const struct datum *self)
{
    return since_1970(f, self, 1000000000);
}

static const struct datum *run_is_zero(__attribute__((unused)) struct function_call *f,
                                       const struct datum *self)
{
    return datum_bool(moment_compare(moment_of(self), &moment_zero) == 0);
}

static const struct datum *run_is_summer(__attribute__((unused)) struct function_call *f,
                                         const struct datum *self)
{
    return datum_bool(zone_at(moment_of(self)->zone, moment_of(self)->seconds).summer);
}

static const struct datum_method time_methods[] = {
    {"Format", "s", run_format},
    {"Add", "D", run_add},
    {"AddDate", "iii", run_add_date},
    {"Round", "D", run_round},
    {"Truncate", "D", run_truncate},
    {"Sub", "T", run_sub},
    {"Compare", "T", run_compare},
    {"Before", "T", run_before},
    {"After", "T", run_after},
    {"Equal", "T", run_equal},
    {"UTC", "", run_utc},
    {"Local", "", run_utc},
    {"In", "Z", run_in},
    {"Location", "", run_location},
    {"Year", "", run_year},
    {"Month", "", run_month},
    {"Weekday", "", run_weekday},
    {"Day", "", run_day},
    {"YearDay", "", run_year_day},
    {"Hour", "", run_hour},
    {"Minute", "", run_minute},
    {"Second", "", run_second},
    {"Nanosecond", "", run_nanosecond},
    {"Unix", "", run_unix},
    {"UnixMilli", "", run_unix_milli},
    {"UnixMicro", "", run_unix_micro},
    {"UnixNano", "", run_unix_nano},
    {"IsZero", "", run_is_zero},
    {"IsDST", "", run_is_summer},
    {"String", "", printed},
    {0},
};

static void time_print(struct text_builder *b, const struct datum *self)
{
    time_layout_print(b, moment_of(self));
}

/* As Go writes it into JSON: RFC 3339. */
static const struct datum *time_plain(struct arena *a, const struct datum *self)
{
    struct text_builder b;

    text_builder_init(&b, a, DATUM_TEXT_BYTES_MAX);
    time_layout_format(&b, TEXT("2006-01-02T15:04:05.999999999Z07:00"), moment_of(self));
    return datum_string(a, text_built(&b));
}

static bool time_equal(const struct datum *a, const struct datum *b)
{
    return moment_compare(moment_of(a), moment_of(b)) == 0 &&
           moment_of(a)->zone == moment_of(b)->zone;
}

static const struct datum_class time_class = {
    .type_name = "time.Time",
    .kind_name = "struct",
    .methods = time_methods,
    .print = time_print,
    .plain = time_plain,
    .equal = time_equal,
};
