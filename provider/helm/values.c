#include "helm/values.h"

#include <string.h>

#include "helm/coalesce.h"
#include "helm/set_expression.h"
#include "schema/type.h"

static const struct type integer_type = {.kind = TYPE_NUMBER};
const struct type *const values_integer = &integer_type;

const struct datum *values_to_datum(struct arena *a, const struct value *v)
{
    const struct datum **items, *map;

    switch (v->kind) {
    case VALUE_NUMBER:
        if (v->type == values_integer)
            return datum_int64(a, value_as_integer(v));
        return datum_of_value(a, v);
    case VALUE_LIST:
        items = arena_array(a, v->list.count, sizeof(struct datum *));
        for (size_t i = 0; i < v->list.count; i++)
            items[i] = values_to_datum(a, v->list.items[i]);
        return datum_list(a, items, v->list.count);
    case VALUE_MAP:
        map = datum_map_new(a);
        for (size_t i = 0; i < v->map.count; i++)
            datum_set(map, text_of(v->map.entries[i].key),
                      values_to_datum(a, v->map.entries[i].value));
        return map;
    default:
        return datum_of_value(a, v);
    }
}

static const struct value *list_from_datum(struct arena *a, const struct datum *d)
{
    const struct value **items = arena_array(a, d->list.count, sizeof(struct value *));

    for (size_t i = 0; i < d->list.count; i++)
        items[i] = values_from_datum(a, d->list.items[i]);
    return value_list(a, items, d->list.count);
}

static const struct value *map_from_datum(struct arena *a, const struct datum *d)
{
    struct value_entry *entries = arena_array(a, d->map->count, sizeof(*entries));

    for (size_t i = 0; i < d->map->count; i++)
        entries[i] = (struct value_entry){text_z(a, d->map->entries[i].key),
                                          values_from_datum(a, d->map->entries[i].value)};
    return value_map(a, entries, d->map->count);
}

const struct value *values_from_datum(struct arena *a, const struct datum *d)
{
    switch (d->kind) {
    case DATUM_INT64:
        return value_typed(a, value_integer(a, d->integer), values_integer);
    case DATUM_LIST:
        return list_from_datum(a, d);
    case DATUM_MAP:
        return map_from_datum(a, d);
    default:
        return datum_to_value(a, d);
    }
}

/* --- the user's side --------------------------------------------------------- */

static bool kind_of(const char *type, enum set_kind *out)
{
    static const char *const names[] = {"auto", "string", "file", "json", "literal"};

    *out = SET_AUTO;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(type, names[i]) == 0)
            return *out = (enum set_kind)i, true;
    return type[0] == '\0';
}

static bool set_over(struct call *c, struct text expression, const char *type,
                     const struct path *at, const struct datum *values)
{
    struct set_options options = {.at = at};

    if (!kind_of(type, &options.kind) || options.kind == SET_FILE)
        return diag_error(c->diags, at, "A value cannot be set",
                          "The type \"%s\" is none of auto, string, json, literal.", type);
    return set_expression(c, expression, &options, values);
}

bool values_set(struct call *c, struct text expression, const char *type, const struct path *at,
                const struct value *base, const struct value **out)
{
    const struct datum *values =
        base->kind == VALUE_MAP ? values_to_datum(c->arena, base) : datum_map_new(c->arena);

    if (!set_over(c, expression, type, at, values))
        return false;
    *out = values_from_datum(c->arena, values);
    return true;
}

static bool merge_documents(struct call *c, const struct value *documents, const struct path *at,
                            const struct value **out)
{
    *out = &value_empty_map;
    for (size_t i = 0; i < value_count(documents); i++) {
        const struct value *document = value_item(documents, i);

        if (value_is_null(document))
            continue;
        if (document->kind != VALUE_MAP)
            return diag_error(c->diags, at, "The values are no map",
                              "Document %zu of the values is a %s; it must be a map of the "
                              "chart's values.",
                              i + 1, value_kind_name(document));
        *out = value_merge(c->arena, *out, document);
    }
    return true;
}

bool values_of_user(struct call *c, const struct value *documents, const struct value *sets,
                    const struct path *documents_at, const struct path *sets_at,
                    const struct value **out)
{
    const struct datum *values;

    if (!merge_documents(c, documents, documents_at, out))
        return false;
    if (value_count(sets) == 0)
        return true;
    values = values_to_datum(c->arena, *out);
    for (size_t i = 0; i < value_count(sets); i++) {
        const struct value *set = value_item(sets, i);
        const char *expression =
            text_f(c->arena, "%s=%s", value_text(set, "name"), value_text(set, "value"));

        if (!set_over(c, text_of(expression), value_text(set, "type"),
                      path_index(c->arena, sets_at, i), values))
            return false;
    }
    *out = values_from_datum(c->arena, values);
    return true;
}

/* --- the chart's side -------------------------------------------------------- */

bool values_for_chart(struct call *c, const struct chart *chart, const struct value *user,
                      const struct path *at, struct chart **chart_out, const struct datum **values)
{
    struct family *f = family_new(c->arena, chart);
    const struct datum *given =
        user->kind == VALUE_MAP ? values_to_datum(c->arena, user) : datum_map_new(c->arena);
    struct coalescing k = {.call = c, .at = at, .warn = true};

    if (!family_settle(c, at, f, given) || !coalesce_values(&k, f, given, values))
        return false;
    *chart_out = family_chart(c->arena, f);
    return true;
}
