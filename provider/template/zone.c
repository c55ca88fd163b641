#include "template/zone.h"

#include <stdio.h>
#include <string.h>

static const char folder[] = "/usr/share/zoneinfo";

static struct zone_kind utc_kind = {"UTC", 0, false};
const struct zone zone_utc = {.name = "UTC", .kinds = &utc_kind, .kind_count = 1};

/* --- files (RFC 8536) --------------------------------------------------------- */
struct reader {
    const unsigned char *at;
    size_t left;
};

/* NULL: there is not that much. */
static const unsigned char *take(struct reader *r, size_t bytes)
{
    const unsigned char *at = r->at;

    if (bytes > r->left)
        return NULL;
    r->at += bytes;
    r->left -= bytes;
    return at;
}

static uint32_t number32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t number(const unsigned char *at, size_t bytes)
{
    return bytes == 4 ? (int32_t)number32(at)
                      : (int64_t)((uint64_t)number32(at) << 32 | number32(at + 4));
}

/* Elements of a block; each is less than the file is long. */
struct header {
    int version;
    size_t ut_flags, wall_flags, leaps, starts, kinds, name_bytes;
};

static bool read_header(struct reader *r, struct header *h)
{
    const unsigned char *at = take(r, 44);
    size_t *counts[] = {&h->ut_flags, &h->wall_flags, &h->leaps,
                        &h->starts,   &h->kinds,      &h->name_bytes};

    if (!at || memcmp(at, "TZif", 4) != 0)
        return false;
    h->version = at[4] ? at[4] - '0' : 1;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        *counts[i] = number32(at + 20 + 4 * i);
        if (*counts[i] > ZONE_FILE_BYTES_MAX)
            return false;
    }
    return true;
}

static size_t block_bytes(const struct header *h, size_t time_bytes)
{
    return h->starts * (time_bytes + 1) + h->kinds * 6 + h->name_bytes +
           h->leaps * (time_bytes + 4) + h->wall_flags + h->ut_flags;
}

static bool read_kinds(struct arena *a, struct reader *r, const struct header *h, struct zone *zone)
{
    const unsigned char *kinds = take(r, h->kinds * 6), *names = take(r, h->name_bytes);
    const char *z;

    if (!kinds || !names || !h->kinds)
        return false;
    z = arena_copy(a, names, h->name_bytes);
    zone->kinds = arena_array(a, h->kinds, sizeof(*zone->kinds));
    zone->kind_count = h->kinds;
    for (size_t i = 0; i < h->kinds; i++, kinds += 6) {
        if (kinds[5] >= h->name_bytes)
            return false;
        zone->kinds[i] = (struct zone_kind){z + kinds[5], (int32_t)number32(kinds), kinds[4]};
    }
    return true;
}

static bool read_starts(struct arena *a, struct reader *r, const struct header *h,
                        size_t time_bytes, struct zone *zone)
{
    const unsigned char *times = take(r, h->starts * time_bytes), *kinds = take(r, h->starts);
    int64_t *starts;

    if (!times || !kinds)
        return false;
    starts = arena_array(a, h->starts, sizeof(*starts));
    for (size_t i = 0; i < h->starts; i++) {
        starts[i] = number(times + i * time_bytes, time_bytes);
        if (kinds[i] >= h->kinds || (i && starts[i] <= starts[i - 1]))
            return false;
    }
    zone->starts = starts;
    zone->start_kinds = arena_copy(a, kinds, h->starts);
    zone->start_count = h->starts;
    return true;
}

/* "\n" rule "\n" ends files from version 2 on. */
static void read_rule(struct arena *a, struct reader r, struct zone *zone)
{
    struct text rest = {(const char *)r.at, r.left}, rule;

    if (r.left < 2 || !text_split(&rest, '\n', &rule) || rule.len ||
        !text_split(&rest, '\n', &rule))
        return;
    zone->has_rule = zone_rule_read(a, rule, &zone->rule);
}

const struct zone *zone_read(struct arena *a, const char *name, struct text file)
{
    struct reader r = {(const unsigned char *)file.at, file.len};
    struct zone *zone = arena_alloc(a, sizeof(*zone));
    size_t time_bytes = 4;
    struct header h;

    if (!read_header(&r, &h))
        return NULL;
    if (h.version > 1) { /* the block with short times comes first, for old readers */
        time_bytes = 8;
        if (!take(&r, block_bytes(&h, 4)) || !read_header(&r, &h))
            return NULL;
    }
    zone->name = name;
    if (!read_starts(a, &r, &h, time_bytes, zone) || !read_kinds(a, &r, &h, zone) ||
        !take(&r, h.leaps * (time_bytes + 4) + h.wall_flags + h.ut_flags))
        return NULL;
    if (time_bytes == 8)
        read_rule(a, r, zone);
    return zone;
}

static bool is_safe_name(struct text name)
{
    if (name.len > ZONE_NAME_BYTES_MAX || name.at[0] == '/' || name.at[0] == '\\')
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!name.at[i] || (name.at[i] == '.' && i + 1 < name.len && name.at[i + 1] == '.'))
            return false;
    return true;
}

static bool read_file(struct arena *a, const char *path, struct text *out)
{
    char *bytes = arena_alloc(a, ZONE_FILE_BYTES_MAX);
    FILE *file = fopen(path, "rb");

    if (!file)
        return false;
    *out = (struct text){bytes, fread(bytes, 1, ZONE_FILE_BYTES_MAX, file)};
    (void)fclose(file);
    return out->len < ZONE_FILE_BYTES_MAX;
}

const struct zone *zone_load(struct arena *a, struct text name)
{
    const struct zone *zone = NULL;
    struct arena *scratch;
    struct text file;

    if (!name.len || text_is(name, "UTC") || text_is(name, "Local"))
        return &zone_utc;
    if (!is_safe_name(name))
        return NULL;
    scratch = arena_new();
    if (read_file(scratch, text_f(scratch, "%s/%.*s", folder, (int)name.len, name.at), &file))
        zone = zone_read(a, text_z(a, name), file);
    arena_free(scratch);
    return zone;
}

const struct zone *zone_fixed(struct arena *a, const char *name, int32_t offset)
{
    struct zone *zone = arena_alloc(a, sizeof(*zone));

    zone->name = name;
    zone->kinds = arena_alloc(a, sizeof(*zone->kinds));
    zone->kinds[0] = (struct zone_kind){name, offset, false};
    zone->kind_count = 1;
    return zone;
}

/* --- asking ------------------------------------------------------------------- */
/* Before the first start: the first kind when no start leads to it, else the standard
 * time nearest before the first start's, else the first standard time. */
static struct zone_kind first_kind(const struct zone *zone)
{
    size_t i;

    if (!zone->start_count || !memchr(zone->start_kinds, 0, zone->start_count))
        return zone->kinds[0];
    if (zone->kinds[zone->start_kinds[0]].summer)
        for (i = zone->start_kinds[0]; i > 0; i--)
            if (!zone->kinds[i - 1].summer)
                return zone->kinds[i - 1];
    for (i = 0; i < zone->kind_count; i++)
        if (!zone->kinds[i].summer)
            return zone->kinds[i];
    return zone->kinds[0];
}

struct zone_kind zone_at(const struct zone *zone, int64_t seconds)
{
    size_t low = 0, high = zone->start_count;

    if (high && seconds < zone->starts[0])
        return first_kind(zone);
    while (high > low + 1) {
        size_t middle = low + (high - low) / 2;

        if (seconds < zone->starts[middle])
            high = middle;
        else
            low = middle;
    }
    if (zone->has_rule && low + 1 >= zone->start_count)
        return zone_rule_at(&zone->rule, seconds);
    return zone->start_count ? zone->kinds[zone->start_kinds[low]] : first_kind(zone);
}
