#include "schema/resource.h"

static const struct attribute parameters[] = {
    DYNAMIC("base", REQUIRED, "Values to start from: an object or a map."),
    END_ATTRIBUTES,
};

static const struct attribute variadic[] = {
    DYNAMIC("overrides", REQUIRED, "Values that are laid over, in this order."),
    END_ATTRIBUTES,
};

static bool check_mapping(struct call *c, const struct value *v, size_t argument)
{
    if (v->kind == VALUE_MAP)
        return true;
    return diag_error(c->diags, path_index(c->arena, NULL, argument), "Values must be an object",
                      "Argument %zu is a %s; values as charts take them are an object or a map.",
                      argument + 1, value_kind_name(v));
}

static bool merge(struct call *c, const struct value *arguments, const struct value **out)
{
    const struct value *merged = value_item(arguments, 0);
    const struct value *overrides = value_item(arguments, 1);

    if (!check_mapping(c, merged, 0))
        return false;
    for (size_t i = 0; i < value_count(overrides); i++) {
        if (!check_mapping(c, value_item(overrides, i), i + 1))
            return false;
        merged = value_merge(c->arena, merged, value_item(overrides, i));
    }
    *out = merged;
    return true;
}

FUNCTION(values_merge) = {
    .name = "values_merge",
    .kind = KIND_FUNCTION,
    .summary = "Merges chart values deeply, the later over the earlier.",
    .doc = "Maps are merged by key at every depth; anything else, lists and null included, is "
           "replaced as a whole. This is how Helm lays one values file over another.",
    .attributes = parameters,
    .variadic = variadic,
    .returns = &type_dynamic,
    .run = merge,
};
