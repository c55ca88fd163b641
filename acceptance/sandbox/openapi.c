#include "acceptance/sandbox/openapi.h"

#include <string.h>

static const struct value *schema_of(struct arena *a, const struct shape *shape,
                                     struct value_builder *named);

static const char *schema_name(struct arena *a, const char *type)
{
    return text_f(a, "io.k8s.api.%s", type);
}

static const struct value *object_schema(struct arena *a, const struct shape *shape,
                                         struct value_builder *named)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < shape->count; i++)
        value_builder_push(&b, shape->fields[i].name, schema_of(a, shape->fields[i].shape, named));
    return value_map_of(a, {"type", value_string(a, "object")},
                        {"properties", value_builder_map(&b)});
}

static bool is_named(const struct value_builder *named, const char *name)
{
    for (size_t i = 0; i < named->count; i++)
        if (strcmp(named->entries[i].key, name) == 0)
            return true;
    return false;
}

/* Built-in structs stand once among the components, and are referred to. */
static const struct value *reference(struct arena *a, const struct shape *shape,
                                     struct value_builder *named)
{
    const char *name = schema_name(a, shape->name);

    if (!is_named(named, name)) {
        value_builder_push(named, name, &value_empty_map); /* it may hold itself */
        value_builder_set(named, name, object_schema(a, shape, named));
    }
    return value_map_of(a, {"$ref", value_f(a, "#/components/schemas/%s", name)});
}

static const struct value *list_schema(struct arena *a, const struct shape *shape,
                                       struct value_builder *named)
{
    static const char *const kinds[] = {"atomic", "set", "map"};
    const struct value *keys = &value_empty_list;
    const struct value *v = value_map_of(
        a, {"type", value_string(a, "array")}, {"items", schema_of(a, shape->item, named)},
        {"x-kubernetes-list-type", value_string(a, kinds[shape->list])});

    if (shape->list != SHAPE_LIST_MAP)
        return v;
    for (size_t i = 0; shape->keys[i]; i++)
        keys = value_append(a, keys, value_string(a, shape->keys[i]));
    return value_with(a, v, "x-kubernetes-list-map-keys", keys);
}

static const struct value *scalar_schema(struct arena *a, const struct shape *shape)
{
    static const struct {
        enum shape_kind kind;
        const char *type, *format;
    } scalars[] = {
        {SHAPE_STRING, "string", ""},    {SHAPE_INTEGER, "integer", "int64"},
        {SHAPE_NUMBER, "number", ""},    {SHAPE_BOOL, "boolean", ""},
        {SHAPE_QUANTITY, "string", ""},  {SHAPE_TIME, "string", "date-time"},
        {SHAPE_BYTES, "string", "byte"}, {SHAPE_INT_OR_STRING, "string", "int-or-string"},
    };
    const struct value *v = &value_empty_map;

    for (size_t i = 0; i < sizeof(scalars) / sizeof(*scalars); i++) {
        if (scalars[i].kind != shape->kind)
            continue;
        v = value_with(a, v, "type", value_string(a, scalars[i].type));
        if (*scalars[i].format)
            v = value_with(a, v, "format", value_string(a, scalars[i].format));
    }
    return v;
}

static const struct value *schema_of(struct arena *a, const struct shape *shape,
                                     struct value_builder *named)
{
    switch (shape->kind) {
    case SHAPE_OBJECT:
        return *shape->name ? reference(a, shape, named) : object_schema(a, shape, named);
    case SHAPE_MAP:
        return value_map_of(a, {"type", value_string(a, "object")},
                            {"additionalProperties", schema_of(a, shape->item, named)});
    case SHAPE_LIST:
        return list_schema(a, shape, named);
    default:
        return scalar_schema(a, shape);
    }
}

static const struct value *patch_operation(struct arena *a, const struct value *type)
{
    static const char *const names[] = {"dryRun", "fieldManager", "fieldValidation", "force"};
    const struct value *parameters = &value_empty_list;

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        parameters = value_append(
            a, parameters,
            value_map_of(a, {"name", value_string(a, names[i])}, {"in", value_string(a, "query")},
                         {"schema", value_map_of(a, {"type", value_string(a, "string")})}));
    return value_map_of(a, {"parameters", parameters}, {"responses", &value_empty_map},
                        {"x-kubernetes-action", value_string(a, "patch")},
                        {"x-kubernetes-group-version-kind", type});
}

static const char *path_of(struct arena *a, const struct kind *k)
{
    return text_f(a, "/%s/%s%s/%s/{name}", *k->group ? "apis" : "api", kind_api_version(a, k),
                  k->flags & KIND_NAMESPACED ? "/namespaces/{namespace}" : "", k->plural);
}

const struct value *openapi_document(struct request *r, const struct kind *const *kinds)
{
    struct arena *a = r->a;
    struct value_builder named, paths;

    value_builder_init(&named, a);
    value_builder_init(&paths, a);
    for (size_t i = 0; kinds[i]; i++) {
        const struct kind *k = kinds[i];
        const char *name = k->flags & KIND_CUSTOM
                               ? text_f(a, "%s.%s.%s", k->group, k->version, k->kind)
                               : schema_name(a, k->kind);
        const struct value *type = value_map_of(a, {"group", value_string(a, k->group)},
                                                {"version", value_string(a, k->version)},
                                                {"kind", value_string(a, k->kind)});

        value_builder_set(&named, name,
                          value_with(a, object_schema(a, k->shape, &named),
                                     "x-kubernetes-group-version-kind", value_list_of(a, type)));
        value_builder_set(&paths, path_of(a, k),
                          value_map_of(a, {"patch", patch_operation(a, type)}));
    }
    return value_map_of(a, {"openapi", value_string(a, "3.0.0")},
                        {"info", value_map_of(a, {"title", value_string(a, "Kubernetes stand-in")},
                                              {"version", value_string(a, r->s->git_version)})},
                        {"paths", value_builder_map(&paths)},
                        {"components", value_map_of(a, {"schemas", value_builder_map(&named)})});
}
