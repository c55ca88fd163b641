#include "schema/element.h"

/* How elements stand in the value: by nesting, or by type of a plain row. */
enum shape { SHAPE_LEAF, SHAPE_OBJECT, SHAPE_LIST, SHAPE_SET, SHAPE_MAP };

static enum shape shape_of(const struct attribute *row)
{
    switch (row->nesting) {
    case NESTING_SINGLE:
    case NESTING_BLOCK:
        return SHAPE_OBJECT;
    case NESTING_LIST:
        return SHAPE_LIST;
    case NESTING_SET:
        return SHAPE_SET;
    case NESTING_MAP:
        return SHAPE_MAP;
    default:
        break;
    }
    switch (row->type->kind) {
    case TYPE_LIST:
        return SHAPE_LIST;
    case TYPE_SET:
        return SHAPE_SET;
    case TYPE_MAP:
        return SHAPE_MAP;
    default:
        return SHAPE_LEAF;
    }
}

struct place place_of_row(struct arena *a, struct place parent, const struct attribute *row)
{
    return parent.in_set ? parent : (struct place){path_name(a, parent.at, row->name), false};
}

struct place place_of_element(struct arena *a, struct place place, const struct attribute *row,
                              const struct value *v, size_t i)
{
    if (place.in_set)
        return place;
    switch (shape_of(row)) {
    case SHAPE_LIST:
        return (struct place){path_index(a, place.at, i), false};
    case SHAPE_MAP:
        return (struct place){path_key(a, place.at, v->map.entries[i].key), false};
    case SHAPE_SET:
        return (struct place){place.at, true};
    default:
        return place;
    }
}

size_t element_count(const struct attribute *row, const struct value *v)
{
    enum value_kind kind = v ? v->kind : VALUE_NULL;

    switch (shape_of(row)) {
    case SHAPE_OBJECT:
        return kind == VALUE_MAP;
    case SHAPE_LIST:
    case SHAPE_SET:
        return kind == VALUE_LIST ? value_count(v) : 0;
    case SHAPE_MAP:
        return kind == VALUE_MAP ? value_count(v) : 0;
    default:
        return 0;
    }
}

const struct value *element_at(const struct attribute *row, const struct value *v, size_t i)
{
    if (i >= element_count(row, v))
        return &value_null;
    if (shape_of(row) == SHAPE_OBJECT)
        return v;
    return v->kind == VALUE_MAP ? v->map.entries[i].value : v->list.items[i];
}

static const struct value *map_join(struct arena *a, const struct value *like,
                                    const struct value *const *elements)
{
    struct value_entry *entries = arena_array(a, like->map.count, sizeof(*entries));

    for (size_t i = 0; i < like->map.count; i++)
        entries[i] = (struct value_entry){like->map.entries[i].key, elements[i]};
    return value_map(a, entries, like->map.count);
}

const struct value *element_join(struct arena *a, const struct attribute *row,
                                 const struct value *like, const struct value *const *elements)
{
    if (shape_of(row) == SHAPE_OBJECT)
        return elements[0];
    if (like->kind == VALUE_MAP)
        return map_join(a, like, elements);
    return value_list_copy(a, elements, like->list.count);
}
