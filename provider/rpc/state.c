#include "rpc/state.h"

#include "schema/path.h"
#include "schema/type.h"
#include "schema/unknown.h"

static const struct value *drop_write_only(void *data, const struct attribute *row,
                                           const struct path *at, const struct value *v)
{
    (void)data;
    (void)at;
    return row->flags & WRITE_ONLY ? &value_null : v;
}

const struct value *state_complete(struct call *c, const struct value *v)
{
    if (!value_is_set(v))
        return v;
    return attributes_map(c->arena, resource_attributes(c->arena, c->resource), v, drop_write_only,
                          NULL);
}

static void report_unknown(struct call *c, const struct path *at)
{
    diag_error(c->diags, NULL, "Bug in the provider: value left unknown",
               "%s did what was asked but left %s without a value. What exists was saved to the "
               "state. Please report this.",
               c->resource->name, at ? path_text(c->arena, at) : "the whole object");
}

static const struct path *step_of(struct arena *a, const struct path *at, const struct type *t,
                                  const struct value *v, size_t i)
{
    if (v->kind == VALUE_LIST)
        return t->kind == TYPE_SET ? at : path_index(a, at, i);
    if (t->kind == TYPE_MAP)
        return path_key(a, at, v->map.entries[i].key);
    return path_name(a, at, v->map.entries[i].key);
}

static const struct type *child_type(const struct type *t, const struct value *v, size_t i)
{
    const struct type *child = t->element;

    if (t->kind == TYPE_OBJECT && v->kind == VALUE_MAP)
        child = type_field(t, v->map.entries[i].key);
    else if (t->kind == TYPE_TUPLE)
        child = i < t->count ? t->fields[i].type : NULL;
    return child ? child : &type_dynamic;
}

static void report_unknowns(struct call *c, const struct path *at, const struct type *t,
                            const struct value *v)
{
    if (value_is_wholly_known(v))
        return;
    if (value_is_unknown(v)) {
        report_unknown(c, at);
        return;
    }
    for (size_t i = 0; i < value_count(v); i++)
        report_unknowns(c, step_of(c->arena, at, t, v, i), child_type(t, v, i),
                        v->kind == VALUE_LIST ? v->list.items[i] : v->map.entries[i].value);
}

bool state_settle(struct call *c, const struct value *v, bool failed, const struct value **out)
{
    const struct type *t = resource_type(c->arena, c->resource);

    *out = &value_null;
    v = state_complete(c, v);
    if (!failed)
        report_unknowns(c, NULL, t, v);
    v = unknown_to_null(c->arena, v);
    if (!type_admits(t, v))
        return diag_error(c->diags, NULL, "Bug in the provider: state of the wrong shape",
                          "%s returned an object that does not fit its own schema. Please report "
                          "this.",
                          c->resource->name);
    *out = v;
    return true;
}
