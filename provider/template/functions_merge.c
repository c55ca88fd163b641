/* merge and mergeOverwrite, by the rules of mergo 1.0.1: which of two values stays,
 * when maps are joined and when the one is put in place of the other, decides what later
 * changes are seen through both. */
#include "template/convert.h"

enum { MERGE_DEPTH_MAX = 1000 };

static bool merge_maps(struct function_call *f, const struct datum *into, const struct datum *from,
                       bool overwrite, unsigned depth);

/* Puts a value into a map whose own type, and that of the map it comes from, decide. */
static bool put(struct function_call *f, const struct datum *into, const struct datum *from,
                const struct datum_entry *entry)
{
    if (!datum_holds_any(into) && datum_holds_any(from)) {
        function_fail(f, "reflect.Value.SetMapIndex: value of type interface {} is not assignable "
                         "to type string");
        return false;
    }
    datum_set(into, entry->key, entry->value);
    return true;
}

/* Joins the maps behind one key; true when that settled it. */
static bool merge_key(struct function_call *f, const struct datum *into, const struct datum *from,
                      const struct datum_entry *entry, bool overwrite, unsigned depth)
{
    const struct datum *old = datum_get(into, entry->key), *new = entry->value;
    bool maps = old && old->kind == DATUM_MAP && !datum_is_unmade(old) && new->kind == DATUM_MAP;

    if (new->kind == DATUM_NIL)
        return !overwrite || put(f, into, from, entry);
    if (maps && !merge_maps(f, old, new, overwrite, depth + 1))
        return false;
    /* Looked at after the join: a map that it filled stays. */
    if (old && datum_truth(old) && (maps || !overwrite))
        return true;
    return put(f, into, from, entry);
}

static bool merge_maps(struct function_call *f, const struct datum *into, const struct datum *from,
                       bool overwrite, unsigned depth)
{
    size_t count = from->map->count;
    struct datum_entry *entries; /* from may be a part of into and grow */

    if (depth > MERGE_DEPTH_MAX) {
        function_fail(f, "maps are nested more than %d deep", MERGE_DEPTH_MAX);
        return false;
    }
    if (!function_work(f, 1 + count))
        return false;
    entries = arena_copy(f->arena, from->map->entries, count * sizeof(*entries));
    for (size_t i = 0; i < count; i++)
        if (!merge_key(f, into, from, &entries[i], overwrite, depth))
            return false;
    return true;
}

static const struct datum *merge_all(struct function_call *f, bool overwrite)
{
    const struct datum *into = function_argument(f, 0);

    if (datum_is_unmade(into))
        into = datum_map_new(f->arena);
    for (size_t i = 1; i < f->count; i++)
        if (!merge_maps(f, into, function_argument(f, i), overwrite, 0))
            return NULL;
    return into;
}

static const struct datum *run_merge(struct function_call *f)
{
    return merge_all(f, false);
}

static const struct datum *run_merge_overwrite(struct function_call *f)
{
    return merge_all(f, true);
}

const struct function functions_merge[] = {
    {"merge", "mm*", run_merge, 0},
    {"mustMerge", "mm*", run_merge, 0},
    {"mergeOverwrite", "mm*", run_merge_overwrite, 0},
    {"mustMergeOverwrite", "mm*", run_merge_overwrite, 0},
    {0},
};
