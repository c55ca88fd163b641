#include "istio/install_adopt.h"

#include <string.h>

#include "istio/install_values.h"
#include "istio/namespace.h"
#include "istio/version.h"

/* An object on its way, and the values that no argument says yet. */
struct adoption {
    struct arena *arena;
    const struct value *object, *rest;
};

static const struct value *at_keys(const struct value *v, const char *const *keys)
{
    for (; *keys; keys++)
        v = value_at(v, *keys);
    return v;
}

/* The map without what stands there, and without maps that this leaves empty. */
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

/* What follows from elsewhere need not be said. */
static void drop_if(struct adoption *w, const char *known, const char *const *keys)
{
    const struct value *v = at_keys(w->rest, keys);

    if (v->kind == VALUE_STRING && strcmp(value_z(v), known) == 0)
        w->rest = without(w->arena, w->rest, keys);
}
#define DROP_IF(w, known, ...) drop_if((w), (known), (const char *const[]){__VA_ARGS__, NULL})

static void take(struct adoption *w, const char *attribute, const char *const *keys)
{
    const struct value *v = at_keys(w->rest, keys);

    if (v->kind != VALUE_STRING)
        return;
    w->object = value_with(w->arena, w->object, attribute, v);
    w->rest = without(w->arena, w->rest, keys);
}
#define TAKE(w, attribute, ...) take((w), (attribute), (const char *const[]){__VA_ARGS__, NULL})

static bool holds_only_texts(const struct value *v)
{
    size_t count = value_count(v);

    for (size_t i = 0; i < count; i++)
        if ((v->kind == VALUE_MAP ? v->map.entries[i].value : value_item(v, i))->kind !=
            VALUE_STRING)
            return false;
    return count > 0;
}

static void take_texts(struct adoption *w, const char *attribute, enum value_kind kind,
                       const char *const *keys)
{
    const struct value *v = at_keys(w->rest, keys);

    if (v->kind != kind || !holds_only_texts(v))
        return;
    w->object = value_with(w->arena, w->object, attribute, v);
    w->rest = without(w->arena, w->rest, keys);
}

static void adopt_platform(struct adoption *w)
{
    static const char *const platform[] = {"global", "platform", NULL};

    if (strcmp(value_z(at_keys(w->rest, platform)), "openshift") != 0 ||
        version_minor(value_text(w->object, "version")) < VERSION_MINOR_PLATFORMS ||
        value_text(w->object, "profile")[0])
        return;
    TAKE(w, "profile", "global", "platform");
}

static void adopt_istiod(struct adoption *w)
{
    static const char *const env[] = {"pilot", "env", NULL}, *const tags[] = {"revisionTags", NULL};
    const struct value *mesh;

    TAKE(w, "profile", "profile");
    adopt_platform(w);
    TAKE(w, "mesh_id", "global", "meshID");
    DROP_IF(w, value_z(value_in(w->object, "cluster", "name")), "global", "multiCluster",
            "clusterName");
    DROP_IF(w, value_z(value_in(w->object, "cluster", "network")), "global", "network");
    TAKE(w, "network", "global", "network");
    DROP_IF(w, value_text(w->object, "namespace"), "global", "istioNamespace");
    DROP_IF(w, value_text(w->object, "revision"), "revision");
    take_texts(w, "revision_tags", VALUE_LIST, tags);
    take_texts(w, "pilot_env", VALUE_MAP, env);
    TAKE(w, "trust_domain", "meshConfig", "trustDomain");
    mesh = value_at(w->rest, "meshConfig");
    if (mesh->kind == VALUE_MAP && value_count(mesh)) {
        w->object = value_with(w->arena, w->object, "mesh_config", mesh);
        w->rest = value_with(w->arena, w->rest, "meshConfig", NULL);
    }
}

static void adopt_base(struct adoption *w)
{
    const char *revision = value_text(w->object, "revision");

    DROP_IF(w, value_text(w->object, "namespace"), "global", "istioNamespace");
    if (revision[0])
        DROP_IF(w, revision, "defaultRevision");
    TAKE(w, "default_revision", "defaultRevision");
}

static void adopt_data_plane(struct adoption *w)
{
    DROP_IF(w, value_z(value_in(w->object, "cluster", "name")), "multiCluster", "clusterName");
    DROP_IF(w, install_network(w->object), "network");
    DROP_IF(w, value_text(w->object, "namespace"), "istioNamespace");
    DROP_IF(w, value_text(w->object, "revision"), "revision");
    DROP_IF(w, value_text(w->object, "trust_domain"), "env", "TRUST_DOMAIN");
}

/* The profile of istiod goes for all of them. */
static void drop_profile(struct adoption *w)
{
    const char *profile = value_text(w->object, "profile");

    DROP_IF(w, profile, "profile");
    DROP_IF(w, profile, "global", "platform");
}

static const struct value *empty_to_null(const struct value *map)
{
    return value_count(map) ? map : &value_null;
}

static void adopt_one(struct adoption *w, enum component which, const struct value *values)
{
    const char *name = component_name(which);

    w->rest = values->kind == VALUE_MAP ? values : &value_empty_map;
    if (which == COMPONENT_ISTIOD) {
        adopt_istiod(w);
        w->object = value_with(w->arena, w->object, "values", empty_to_null(w->rest));
        return;
    }
    drop_profile(w);
    if (which == COMPONENT_BASE)
        adopt_base(w);
    else
        adopt_data_plane(w);
    if (value_count(w->rest))
        w->object = value_with_in(w->arena, w->object, w->rest, "components", name, "values");
}

static void adopt_version(struct adoption *w, const struct install_adopted *found)
{
    static const enum component order[] = {COMPONENT_ISTIOD, COMPONENT_BASE, COMPONENT_CNI,
                                           COMPONENT_ZTUNNEL};

    for (size_t i = 0; i < COMPONENT_COUNT && !value_text(w->object, "version")[0]; i++)
        if (found[order[i]].found)
            w->object = value_with(w->arena, w->object, "version",
                                   value_string(w->arena, found[order[i]].chart_version));
}

const struct value *install_adopt(struct arena *a, const struct value *object,
                                  const struct install_adopted found[static COMPONENT_COUNT])
{
    static const enum component order[] = {COMPONENT_ISTIOD, COMPONENT_BASE, COMPONENT_CNI,
                                           COMPONENT_ZTUNNEL};
    struct adoption w = {a, object, &value_empty_map};

    adopt_version(&w, found);
    for (size_t i = 0; i < COMPONENT_COUNT; i++)
        if (found[order[i]].found)
            adopt_one(&w, order[i], found[order[i]].values);
    for (int i = 0; i < COMPONENT_COUNT; i++)
        if (component_is_wanted(w.object, (enum component)i) != found[i].found)
            w.object = value_with_in(a, w.object, value_bool(found[i].found), "components",
                                     component_name((enum component)i), "enabled");
    return w.object;
}
