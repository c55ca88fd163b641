/* The first line is a layout, the second a time or a duration, the rest the file of a
 * zone: they are read or refused, and what was written is read back. */
#include <stdlib.h>

#include "template/duration.h"
#include "template/time_layout.h"

enum { OUTPUT_BYTES_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static struct text formatted(struct arena *a, struct text layout, const struct moment *m)
{
    struct text_builder b;

    text_builder_init(&b, a, OUTPUT_BYTES_MAX);
    time_layout_format(&b, layout, m);
    return text_built(&b);
}

static void check_duration(struct arena *a, struct text t)
{
    struct text_builder b;
    int64_t duration, again;
    const char *error = duration_read(a, t, &duration);

    if (error && (!*error || duration))
        abort();
    text_builder_init(&b, a, OUTPUT_BYTES_MAX);
    duration_print(&b, duration);
    if (duration_read(a, text_built(&b), &again) || again != duration)
        abort();
    if (duration > 0 && duration_truncate(duration, DURATION_SECOND) > duration)
        abort();
}

static void check_arithmetic(const struct moment *m, int64_t duration)
{
    struct moment moved = moment_add(m, duration), back = moment_add(&moved, 1);
    struct moment rounded = moment_round(m, duration), cut = moment_truncate(m, duration);

    if (moment_since(&back, &moved) != 1)
        abort();
    if (duration > 0 && (moment_compare(&cut, m) > 0 || moment_compare(&cut, &rounded) > 0))
        abort();
    moved = moment_add_date(m, duration, duration >> 7, duration >> 13);
    (void)moment_date(&moved);
}

static void check_time(struct arena *a, struct text layout, struct text t, const struct zone *zone)
{
    static const char whole[] = "2006-01-02 15:04:05.999999999 -07:00:00";
    struct moment m, again;
    int64_t duration;

    if (time_layout_parse(a, layout, t, &m) && moment_compare(&m, &moment_zero) != 0)
        abort();
    if (zone)
        m.zone = zone;
    (void)formatted(a, layout, &m);
    if (!time_layout_parse(a, text_of(whole), formatted(a, text_of(whole), &m), &again) &&
        moment_compare(&m, &again) != 0)
        abort();
    (void)duration_read(a, t, &duration);
    check_arithmetic(&m, duration);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct text rest = {(const char *)data, size}, layout, t = {"", 0};
    struct arena *a = arena_new();
    const struct zone *zone = NULL;

    if (text_split(&rest, '\n', &layout) && text_split(&rest, '\n', &t) && rest.at)
        zone = zone_read(a, "zone", rest);
    check_duration(a, t);
    check_time(a, layout, t, zone);
    arena_free(a);
    return 0;
}
