#include "schema/unknown.h"

const struct value *unknown_to_null(struct arena *a, const struct value *v)
{
    struct value_builder b;

    if (value_is_unknown(v))
        return &value_null;
    if (value_is_wholly_known(v))
        return v;
    value_builder_init(&b, a);
    for (size_t i = 0; v->kind == VALUE_LIST && i < v->list.count; i++)
        value_builder_add(&b, unknown_to_null(a, v->list.items[i]));
    for (size_t i = 0; v->kind == VALUE_MAP && i < v->map.count; i++)
        value_builder_push(&b, v->map.entries[i].key, unknown_to_null(a, v->map.entries[i].value));
    return v->kind == VALUE_LIST ? value_builder_list(&b) : value_builder_map(&b);
}
