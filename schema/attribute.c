#include "schema/attribute.h"

#include <string.h>

#include "schema/element.h"

const struct attribute *attribute_find(const struct attribute *rows, const char *name)
{
    ATTRIBUTE_EACH (row, rows)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

const struct type *attribute_type(struct arena *a, const struct attribute *row)
{
    switch (row->nesting) {
    case NESTING_NONE:
        return row->type;
    case NESTING_LIST:
        return type_list(a, TYPE_LIST, attributes_type(a, row->nested));
    case NESTING_SET:
        return type_list(a, TYPE_SET, attributes_type(a, row->nested));
    case NESTING_MAP:
        return type_list(a, TYPE_MAP, attributes_type(a, row->nested));
    default:
        return attributes_type(a, row->nested);
    }
}

static size_t row_count(const struct attribute *rows)
{
    size_t count = 0;

    ATTRIBUTE_EACH (row, rows)
        count++;
    return count;
}

const struct type *attributes_type(struct arena *a, const struct attribute *rows)
{
    size_t count = row_count(rows);
    struct type_field *fields = arena_array(a, count, sizeof(*fields));

    for (size_t i = 0; i < count; i++)
        fields[i] = (struct type_field){rows[i].name, attribute_type(a, &rows[i])};
    return type_object(a, fields, count);
}

/* --- walking ------------------------------------------------------------- */

struct walk {
    struct arena *arena;
    attribute_visit_fn *visit;
    void *data;
};

static bool walk_object(const struct walk *w, const struct attribute *rows, struct place at,
                        const struct value *object);

static bool walk_row(const struct walk *w, const struct attribute *row, struct place at,
                     const struct value *v)
{
    if (!w->visit(w->data, row, at.at, v))
        return false;
    for (size_t i = 0; row->nested && i < element_count(row, v); i++)
        if (!walk_object(w, row->nested, place_of_element(w->arena, at, row, v, i),
                         element_at(row, v, i)))
            return false;
    return true;
}

static bool walk_object(const struct walk *w, const struct attribute *rows, struct place at,
                        const struct value *object)
{
    if (!value_is_set(object))
        return true;
    ATTRIBUTE_EACH (row, rows)
        if (!walk_row(w, row, place_of_row(w->arena, at, row), value_at(object, row->name)))
            return false;
    return true;
}

bool attributes_walk(struct arena *a, const struct attribute *rows, const struct value *object,
                     attribute_visit_fn *visit, void *data)
{
    const struct walk w = {a, visit, data};

    return walk_object(&w, rows, (struct place){0}, object);
}

/* --- mapping ------------------------------------------------------------- */

struct mapping {
    struct arena *arena;
    attribute_map_fn *map;
    void *data;
};

static const struct value *map_object(const struct mapping *m, const struct attribute *rows,
                                      struct place at, const struct value *object);

static const struct value *map_row(const struct mapping *m, const struct attribute *row,
                                   struct place at, const struct value *v)
{
    size_t count = row->nested ? element_count(row, v) : 0;
    const struct value **elements = arena_array(m->arena, count, sizeof(const struct value *));

    for (size_t i = 0; i < count; i++)
        elements[i] = map_object(m, row->nested, place_of_element(m->arena, at, row, v, i),
                                 element_at(row, v, i));
    return m->map(m->data, row, at.at, count ? element_join(m->arena, row, v, elements) : v);
}

static const struct value *map_object(const struct mapping *m, const struct attribute *rows,
                                      struct place at, const struct value *object)
{
    struct value_builder b;

    if (!value_is_set(object))
        return object;
    value_builder_init(&b, m->arena);
    ATTRIBUTE_EACH (row, rows)
        value_builder_push(
            &b, row->name,
            map_row(m, row, place_of_row(m->arena, at, row), value_at(object, row->name)));
    return value_builder_map(&b);
}

const struct value *attributes_map(struct arena *a, const struct attribute *rows,
                                   const struct value *object, attribute_map_fn *map, void *data)
{
    const struct mapping m = {a, map, data};

    return map_object(&m, rows, (struct place){0}, object);
}
