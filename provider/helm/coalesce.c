#include "helm/coalesce.h"

#include <string.h>

static const struct text global = {"global", sizeof("global") - 1};

static bool is_table(const struct datum *d)
{
    return d && d->kind == DATUM_MAP;
}

static bool is_nil(const struct datum *d)
{
    return d && d->kind == DATUM_NIL;
}

static const char *place_of(const struct coalescing *k, const char *place, struct text key)
{
    if (!k->warn)
        return "";
    return text_f(k->call->arena, "%s%s%.*s", place, place[0] ? "." : "", (int)key.len, key.at);
}

static void warn(const struct coalescing *k, const char *place, struct text key, const char *ours,
                 const char *theirs)
{
    if (k->warn)
        diag_warning(k->call->diags, k->at, "A default of the chart is passed over",
                     "%s is %s here and %s in the chart's own values: nothing of the chart's "
                     "is kept.",
                     place_of(k, place, key), ours, theirs);
}

/* One key of src. had: src held more than a null there before dst's nulls were noted. */
static void coalesce_key(const struct coalescing *k, const struct datum *dst,
                         const struct datum_entry *entry, const char *place, bool merge, bool had)
{
    const struct datum *given = datum_get(dst, entry->key), *val = entry->value;

    if (!given) {
        datum_set(dst, entry->key, val);
    } else if (!merge && is_nil(given) && had) {
        datum_unset(dst, entry->key);
    } else if (is_table(val) && is_table(given)) {
        coalesce_tables(k, given, val, place_of(k, place, entry->key), merge);
    } else if (is_table(val) && val->map->count > 0 && !is_nil(given)) {
        warn(k, place, entry->key, "no map", "a map");
    } else if (is_table(given) && datum_truth(val)) {
        warn(k, place, entry->key, "a map", "none");
    }
}

/* Helm notes dst's nulls in src before it merges; a null that src has no value for
 * stays. Src is walked as it was at first: what was noted needs no further step. */
void coalesce_tables(const struct coalescing *k, const struct datum *dst, const struct datum *src,
                     const char *place, bool merge)
{
    struct arena *a = k->call->arena;
    size_t count = src->map->count;
    struct datum_entry *before = arena_array(a, count, sizeof(*before));

    for (size_t i = 0; i < count; i++)
        before[i] = src->map->entries[i];
    for (size_t i = 0; i < dst->map->count; i++)
        if (is_nil(dst->map->entries[i].value))
            datum_set(src, dst->map->entries[i].key, &datum_nil);
    for (size_t i = 0; i < count; i++) {
        const struct datum *given = datum_get(dst, before[i].key);
        bool had = !is_nil(before[i].value);

        if (is_nil(given) && merge)
            continue;
        coalesce_key(k, dst, &before[i], place, merge, had);
    }
}

static const struct datum *shallow(struct arena *a, const struct datum *map)
{
    const struct datum *copy = datum_map_new(a);

    for (size_t i = 0; i < map->map->count; i++)
        datum_set(copy, map->map->entries[i].key, map->map->entries[i].value);
    return copy;
}

/* One global of the parent into the sub-chart's; below its first level the maps are
 * shared by both, as in Helm. */
static void push_global(const struct coalescing *k, const struct datum *to,
                        const struct datum_entry *entry)
{
    const struct datum *present = datum_get(to, entry->key), *copy;
    struct coalescing quiet = *k;

    if (!is_table(entry->value)) {
        if (!is_table(present))
            datum_set(to, entry->key, entry->value);
        return;
    }
    if (present && !is_table(present))
        return;
    copy = shallow(k->call->arena, entry->value);
    quiet.warn = false;
    if (present)
        coalesce_tables(&quiet, copy, present, "", true);
    datum_set(to, entry->key, copy);
}

static void push_globals(const struct coalescing *k, const struct datum *to,
                         const struct datum *from)
{
    const struct datum *theirs = datum_get(to, global), *ours = datum_get(from, global);

    if ((theirs && !is_table(theirs)) || (ours && !is_table(ours)))
        return;
    if (!theirs) {
        theirs = datum_map_new(k->call->arena);
        datum_set(to, global, theirs);
    }
    for (size_t i = 0; ours && i < ours->map->count; i++)
        push_global(k, theirs, &ours->map->entries[i]);
}

static bool is_member(const struct family *f, struct text name)
{
    for (size_t i = 0; i < f->member_count; i++)
        if (text_is(name, f->members[i]->name))
            return true;
    return false;
}

/* One value of the chart's own under what is given. */
static void lay_under(const struct coalescing *k, const struct family *f, const struct datum *given,
                      const struct datum_entry *entry, const char *place)
{
    const struct datum *said = datum_get(given, entry->key);

    if (!said) {
        datum_set(given, entry->key, entry->value);
    } else if (is_nil(said)) {
        if (!k->merge)
            datum_unset(given, entry->key);
    } else if (is_table(said) && is_table(entry->value)) {
        coalesce_tables(k, said, entry->value, place_of(k, place, entry->key),
                        k->merge || is_member(f, entry->key));
    } else if (is_table(said) && datum_truth(entry->value)) {
        warn(k, place, entry->key, "a map", "none");
    } else if (is_table(entry->value) && entry->value->map->count > 0) {
        warn(k, place, entry->key, "no map", "a map");
    }
}

static bool coalesce(const struct coalescing *k, const struct family *f, const struct datum *given,
                     const char *place)
{
    const struct datum *own = datum_copy(k->call->arena, f->values);

    for (size_t i = 0; i < own->map->count; i++)
        lay_under(k, f, given, &own->map->entries[i], place);
    for (size_t i = 0; i < f->member_count; i++) {
        const struct family *member = f->members[i];
        struct text name = text_of(member->name);
        const struct datum *part = datum_get(given, name);

        if (!part) {
            part = datum_map_new(k->call->arena);
            datum_set(given, name, part);
        } else if (!is_table(part)) {
            return diag_error(k->call->diags, k->at, "The values do not fit the chart",
                              "%s is a sub-chart of %s: its values must be a map, not a %s.",
                              member->name, f->name,
                              value_kind_name(datum_to_value(k->call->arena, part)));
        }
        push_globals(k, part, given);
        if (!coalesce(k, member, part, place_of(k, place, name)))
            return false;
    }
    return true;
}

bool coalesce_values(const struct coalescing *k, const struct family *f, const struct datum *given,
                     const struct datum **out)
{
    *out = given && given->kind == DATUM_MAP ? datum_copy(k->call->arena, given)
                                             : datum_map_new(k->call->arena);
    return coalesce(k, f, *out, "");
}
