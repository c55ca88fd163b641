/* release_lookup - the template function lookup, answered by the server. */
#include <string.h>

#include "release/release_parts.h"
#include "template/function.h"

struct lookup {
    struct call *call;
    struct kube *kube;
    const struct value *crds; /* kinds that need not be served yet */
};

/* Whole numbers of live objects are int64 to templates, as client-go has them. */
static const struct datum *datum_of_live(struct arena *a, const struct value *v)
{
    const struct datum *out, **items;

    if (v->kind == VALUE_MAP) {
        out = datum_map_new(a);
        for (size_t i = 0; i < v->map.count; i++)
            datum_set(out, text_of(v->map.entries[i].key),
                      datum_of_live(a, v->map.entries[i].value));
        return out;
    }
    if (v->kind == VALUE_LIST) {
        items = arena_array(a, v->list.count, sizeof(struct datum *));
        for (size_t i = 0; i < v->list.count; i++)
            items[i] = datum_of_live(a, v->list.items[i]);
        return datum_list(a, items, v->list.count);
    }
    if (v->kind == VALUE_NUMBER && value_equal(v, value_integer(a, value_as_integer(v))))
        return datum_int64(a, value_as_integer(v));
    return datum_of_value(a, v);
}

static bool is_ours_to_define(const struct lookup *l, const char *kind)
{
    for (size_t i = 0; i < value_count(l->crds); i++)
        if (strcmp(value_z(value_in(value_item(l->crds, i), "spec", "names", "kind")), kind) == 0)
            return true;
    return false;
}

static const struct datum *failed(struct function_call *f, const struct diags *diags)
{
    return function_fail(f, "%s: %s", diags->first ? diags->first->summary : "lookup failed",
                         diags->first ? diags->first->detail : "");
}

static const struct datum *look_at_one(struct function_call *f, struct call *c,
                                       const struct lookup *l, const struct kube_ref *ref)
{
    const struct value *live;

    if (!kube_get(c, l->kube, ref, &live))
        return failed(f, c->diags);
    return live ? datum_of_live(f->arena, live) : datum_map_new(f->arena);
}

static const struct datum *look_at_all(struct function_call *f, struct call *c,
                                       const struct lookup *l, const struct kube_ref *ref)
{
    const struct kube_ref all = {ref->api_version, ref->kind,
                                 ref->namespace[0] ? ref->namespace : NULL, NULL};
    const struct value *items;

    if (!kube_list(c, l->kube, &all, NULL, &items))
        return failed(f, c->diags);
    return datum_of_live(
        f->arena, value_map_of(f->arena, {"apiVersion", value_string(f->arena, all.api_version)},
                               {"kind", value_f(f->arena, "%sList", all.kind)},
                               {"metadata", &value_empty_map}, {"items", items}));
}

static const struct datum *lookup(struct function_call *f, void *data, const char *api_version,
                                  const char *kind, const char *namespace, const char *name)
{
    const struct lookup *l = data;
    const struct kube_ref ref = {api_version, kind, namespace, name};
    struct kube_resource resource;
    struct diags diags;
    struct call c;
    bool found;

    diags_init(&diags, l->call->arena);
    c = call_quietly(l->call, &diags);
    if (!kube_discover(&c, l->kube, api_version, kind, &found, &resource))
        return failed(f, &diags);
    if (!found)
        return is_ours_to_define(l, kind)
                   ? datum_map_new(f->arena)
                   : function_fail(f, "unable to get apiresource from unstructured: %s, Kind=%s",
                                   api_version, kind);
    if (!name[0])
        return look_at_all(f, &c, l, &ref);
    if (resource.namespaced && !namespace[0])
        return datum_map_new(f->arena); /* as the server answers to such an address */
    return look_at_one(f, &c, l, &ref);
}

struct template_hooks release_lookup(struct call *c, struct kube *k, const struct value *crds)
{
    struct lookup *l = arena_alloc(c->arena, sizeof(*l));

    *l = (struct lookup){c, k, crds};
    return k ? (struct template_hooks){lookup, l} : (struct template_hooks){NULL, NULL};
}
