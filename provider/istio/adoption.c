#include "istio/adoption.h"

#include <string.h>

const struct value *adoption_at(const struct adoption *w, const char *const *keys)
{
    const struct value *v = w->rest;

    for (; *keys; keys++)
        v = value_at(v, *keys);
    return v;
}

static const struct value *without(struct arena *a, const struct value *map,
                                   const char *const *keys)
{
    const struct value *inner = value_at(map, keys[0]);

    if (!value_has(map, keys[0]))
        return map;
    if (keys[1]) {
        inner = without(a, inner, keys + 1);
        if (value_count(inner))
            return value_with(a, map, keys[0], inner);
    }
    return value_with(a, map, keys[0], NULL);
}

void adoption_drop(struct adoption *w, const char *const *keys)
{
    w->rest = without(w->arena, w->rest, keys);
}

void adoption_drop_if(struct adoption *w, const char *known, const char *const *keys)
{
    const struct value *v = adoption_at(w, keys);

    if (v->kind == VALUE_STRING && strcmp(value_z(v), known) == 0)
        adoption_drop(w, keys);
}

void adoption_take(struct adoption *w, const char *attribute, const char *const *keys)
{
    const struct value *v = adoption_at(w, keys);

    if (v->kind != VALUE_STRING)
        return;
    w->object = value_with(w->arena, w->object, attribute, v);
    adoption_drop(w, keys);
}

static bool holds_only_texts(const struct value *v)
{
    size_t count = value_count(v);

    for (size_t i = 0; i < count; i++)
        if ((v->kind == VALUE_MAP ? v->map.entries[i].value : value_item(v, i))->kind !=
            VALUE_STRING)
            return false;
    return count > 0;
}

void adoption_take_texts(struct adoption *w, const char *attribute, enum value_kind kind,
                         const char *const *keys)
{
    const struct value *v = adoption_at(w, keys);

    if (v->kind != kind || !holds_only_texts(v))
        return;
    w->object = value_with(w->arena, w->object, attribute, v);
    adoption_drop(w, keys);
}
