/* Maps. What Go visits in random order (keys, values) comes in the order of the keys. */
#include "template/convert.h"

static const struct datum *new_map(struct function_call *f)
{
    return datum_map_new(f->arena);
}

static const struct datum *run_dict(struct function_call *f)
{
    const struct datum *map = new_map(f);

    for (size_t i = 0; i < f->count; i += 2)
        datum_set(map, convert_text(f->arena, function_argument(f, i)),
                  i + 1 < f->count ? function_argument(f, i + 1) : &datum_empty_string);
    return map;
}

static const struct datum *run_get(struct function_call *f)
{
    const struct datum *found = datum_get(function_argument(f, 0), function_text(f, 1));

    return found ? found : &datum_empty_string;
}

static const struct datum *run_set(struct function_call *f)
{
    if (datum_is_unmade(function_argument(f, 0)))
        return function_fail(f, "assignment to entry in nil map");
    datum_set(function_argument(f, 0), function_text(f, 1), function_argument(f, 2));
    return function_argument(f, 0);
}

static const struct datum *run_unset(struct function_call *f)
{
    datum_unset(function_argument(f, 0), function_text(f, 1));
    return function_argument(f, 0);
}

static const struct datum *run_has_key(struct function_call *f)
{
    return datum_bool(datum_get(function_argument(f, 0), function_text(f, 1)) != NULL);
}

static const struct datum *run_pluck(struct function_call *f)
{
    const struct datum **found = arena_array(f->arena, f->count, sizeof(struct datum *));
    size_t count = 0;

    for (size_t i = 1; i < f->count; i++) {
        const struct datum *value = datum_get(function_argument(f, i), function_text(f, 0));

        if (value)
            found[count++] = value;
    }
    return datum_list(f->arena, found, count);
}

static const struct datum *run_keys(struct function_call *f)
{
    const struct datum **keys;
    size_t count = 0;

    for (size_t i = 0; i < f->count; i++)
        count += datum_len(function_argument(f, i));
    keys = arena_array(f->arena, count, sizeof(struct datum *));
    count = 0;
    for (size_t i = 0; i < f->count; i++) {
        const struct datum_map *map = function_argument(f, i)->map;

        for (size_t k = 0; k < map->count; k++)
            keys[count++] = datum_string(f->arena, map->entries[k].key);
    }
    return datum_strings(f->arena, keys, count);
}

static const struct datum *run_values(struct function_call *f)
{
    const struct datum_map *map = function_argument(f, 0)->map;
    const struct datum **values = arena_array(f->arena, map->count, sizeof(struct datum *));

    for (size_t i = 0; i < map->count; i++)
        values[i] = map->entries[i].value;
    return datum_list(f->arena, values, map->count);
}

static const struct datum *run_pick(struct function_call *f)
{
    const struct datum *from = function_argument(f, 0), *map = new_map(f);

    for (size_t i = 1; i < f->count; i++) {
        const struct datum *value = datum_get(from, function_text(f, i));

        if (value)
            datum_set(map, function_text(f, i), value);
    }
    return map;
}

static const struct datum *run_omit(struct function_call *f)
{
    const struct datum_map *from = function_argument(f, 0)->map;
    const struct datum *map = new_map(f);

    for (size_t i = 0; i < from->count; i++)
        datum_set(map, from->entries[i].key, from->entries[i].value);
    for (size_t i = 1; i < f->count; i++)
        datum_unset(map, function_text(f, i));
    return map;
}

/* Go panics here with its own words for a value of another type. */
static const struct datum *not_a(struct function_call *f, const struct datum *d, const char *wanted)
{
    if (d->kind == DATUM_NIL)
        return function_fail(f, "interface conversion: interface {} is nil, not %s", wanted);
    return function_fail(f, "interface conversion: interface {} is %s, not %s", datum_type_name(d),
                         wanted);
}

static bool is_plain_map(const struct datum *d)
{
    return d->kind == DATUM_MAP && text_is(TEXT("map[string]interface {}"), datum_type_name(d));
}

static const struct datum *run_dig(struct function_call *f)
{
    const struct datum *at;

    if (f->count < 3)
        return function_fail(f, "dig needs at least three arguments");
    at = function_argument(f, f->count - 1);
    if (!is_plain_map(at))
        return not_a(f, at, "map[string]interface {}");
    for (size_t i = 0; i + 2 < f->count; i++)
        if (function_argument(f, i)->kind != DATUM_STRING)
            return not_a(f, function_argument(f, i), "string");
    for (size_t i = 0; i + 2 < f->count; i++) {
        if (!is_plain_map(at))
            return not_a(f, at, "map[string]interface {}");
        at = datum_get(at, function_argument(f, i)->text);
        if (!at)
            return function_argument(f, f->count - 2);
    }
    return at;
}

static const struct datum *run_deep_copy(struct function_call *f)
{
    const struct datum *copy;

    if (function_argument(f, 0)->kind == DATUM_NIL)
        return function_fail(f, "reflect: call of reflect.Value.Type on zero Value");
    copy = datum_copy_whole(f->arena, function_argument(f, 0));
    return copy ? copy : function_fail(f, "the value is too large to copy, or holds itself");
}

static const struct datum *run_deep_equal(struct function_call *f)
{
    size_t nodes = DATUM_NODES_MAX;
    bool equal = datum_equal_within(function_argument(f, 0), function_argument(f, 1), &nodes);

    return function_work(f, (DATUM_NODES_MAX - nodes) / FUNCTION_ELEMENTS_PER_STEP)
               ? datum_bool(equal)
               : NULL;
}

const struct function functions_dict[] = {
    {"dict", "v*", run_dict, 0},
    {"get", "ms", run_get, 0},
    {"set", "msv", run_set, 0},
    {"unset", "ms", run_unset, 0},
    {"hasKey", "ms", run_has_key, 0},
    {"pluck", "sm*", run_pluck, 0},
    {"keys", "m*", run_keys, 0},
    {"values", "m", run_values, 0},
    {"pick", "ms*", run_pick, 0},
    {"omit", "ms*", run_omit, 0},
    {"dig", "v*", run_dig, 0},
    {"deepCopy", "v", run_deep_copy, 0},
    {"mustDeepCopy", "v", run_deep_copy, 0},
    {"deepEqual", "vv", run_deep_equal, 0},
    {0},
};
