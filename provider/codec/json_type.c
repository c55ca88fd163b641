/* Terraform's JSON state to values of the declared type. */
#include "codec/json.h"

struct typing {
    struct arena *a;
    struct diags *diags;
};

static bool to_type(struct typing *c, const struct value *json, const struct type *t,
                    const struct path *at, const struct value **out);

static bool misfit(struct typing *c, const struct value *json, const struct type *t,
                   const struct path *at)
{
    return diag_error(c->diags, path_copy(c->a, at), "Stored value has the wrong type",
                      "A %s stands where the schema has %s. The state may have been written by "
                      "another version of this provider, or edited by hand.",
                      value_kind_name(json), type_name(c->a, t));
}

static bool to_primitive(struct typing *c, const struct value *json, const struct type *t,
                         const struct path *at, const struct value **out)
{
    struct text text = json->kind == VALUE_NUMBER ? json->number.text
                       : json->kind == VALUE_BOOL ? text_of(json->boolean ? "true" : "false")
                                                  : value_string_text(json);

    *out = NULL;
    if (json->kind == VALUE_LIST || json->kind == VALUE_MAP)
        return misfit(c, json, t, at);
    if (t->kind == TYPE_STRING)
        *out = json->kind == VALUE_STRING ? json : value_string_of(c->a, text);
    else if (t->kind == TYPE_NUMBER)
        *out = json->kind == VALUE_NUMBER ? json : value_number(c->a, text);
    else if (json->kind == VALUE_BOOL || text_is(text, "true") || text_is(text, "false"))
        *out = value_bool(text_is(text, "true"));
    return *out || misfit(c, json, t, at);
}

static bool to_list(struct typing *c, const struct value *json, const struct type *t,
                    const struct path *at, const struct value **out)
{
    struct value_builder items;

    if (json->kind != VALUE_LIST || (t->kind == TYPE_TUPLE && json->list.count != t->count))
        return misfit(c, json, t, at);
    value_builder_init(&items, c->a);
    for (size_t i = 0; i < json->list.count; i++) {
        const struct path step = {.parent = at, .kind = PATH_INDEX, .index = (int64_t)i};
        const struct type *element = t->kind == TYPE_TUPLE ? t->fields[i].type : t->element;
        const struct value *item;

        if (!to_type(c, json->list.items[i], element, &step, &item))
            return false;
        value_builder_add(&items, item);
    }
    *out = value_builder_list(&items);
    return true;
}

static bool to_map(struct typing *c, const struct value *json, const struct type *t,
                   const struct path *at, const struct value **out)
{
    struct value_builder members;
    bool object = t->kind == TYPE_OBJECT;
    size_t count = object ? t->count : value_count(json);

    if (json->kind != VALUE_MAP)
        return misfit(c, json, t, at);
    value_builder_init(&members, c->a);
    for (size_t i = 0; i < count; i++) {
        const char *key = object ? t->fields[i].name : json->map.entries[i].key;
        const struct path step = {.parent = at, .kind = object ? PATH_NAME : PATH_KEY, .name = key};
        const struct value *member = object ? value_at(json, key) : json->map.entries[i].value;

        if (!to_type(c, member, object ? t->fields[i].type : t->element, &step, &member))
            return false;
        value_builder_push(&members, key, member);
    }
    *out = value_builder_map(&members);
    return true;
}

/* {"type": T, "value": V} */
static bool to_dynamic(struct typing *c, const struct value *json, const struct path *at,
                       const struct value **out)
{
    const struct type *type =
        value_has(json, "value") ? type_from_value(c->a, value_at(json, "type")) : NULL;

    if (!type)
        return misfit(c, json, &type_dynamic, at);
    if (!to_type(c, value_at(json, "value"), type, at, out))
        return false;
    *out = value_typed(c->a, *out, type);
    return true;
}

static bool to_type(struct typing *c, const struct value *json, const struct type *t,
                    const struct path *at, const struct value **out)
{
    *out = &value_null;
    if (value_is_null(json))
        return true;
    switch (t->kind) {
    case TYPE_DYNAMIC:
        return to_dynamic(c, json, at, out);
    case TYPE_LIST:
    case TYPE_SET:
    case TYPE_TUPLE:
        return to_list(c, json, t, at, out);
    case TYPE_MAP:
    case TYPE_OBJECT:
        return to_map(c, json, t, at, out);
    default:
        return to_primitive(c, json, t, at, out);
    }
}

bool json_to_type(struct arena *a, const struct value *json, const struct type *t,
                  struct diags *diags, const struct value **out)
{
    struct typing c = {.a = a, .diags = diags};

    return to_type(&c, json, t, NULL, out);
}
