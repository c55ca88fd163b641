#include "istio/install_adopt.h"

#include <string.h>

#include "istio/adoption.h"
#include "istio/install_values.h"
#include "istio/namespace.h"
#include "istio/version.h"

static void adopt_platform(struct adoption *w)
{
    static const char *const platform[] = {"global", "platform", NULL};

    if (strcmp(value_z(adoption_at(w, platform)), "openshift") != 0 ||
        version_minor(value_text(w->object, "version")) < VERSION_MINOR_PLATFORMS ||
        value_text(w->object, "profile")[0])
        return;
    ADOPTION_TAKE(w, "profile", "global", "platform");
}

static void adopt_istiod(struct adoption *w)
{
    static const char *const env[] = {"pilot", "env", NULL}, *const tags[] = {"revisionTags", NULL};
    const struct value *mesh;

    ADOPTION_TAKE(w, "profile", "profile");
    adopt_platform(w);
    ADOPTION_TAKE(w, "mesh_id", "global", "meshID");
    ADOPTION_DROP_IF(w, value_z(value_in(w->object, "cluster", "name")), "global", "multiCluster",
                     "clusterName");
    ADOPTION_DROP_IF(w, value_z(value_in(w->object, "cluster", "network")), "global", "network");
    ADOPTION_TAKE(w, "network", "global", "network");
    ADOPTION_DROP_IF(w, value_text(w->object, "namespace"), "global", "istioNamespace");
    ADOPTION_DROP_IF(w, value_text(w->object, "revision"), "revision");
    adoption_take_texts(w, "revision_tags", VALUE_LIST, tags);
    adoption_take_texts(w, "pilot_env", VALUE_MAP, env);
    ADOPTION_TAKE(w, "trust_domain", "meshConfig", "trustDomain");
    mesh = value_at(w->rest, "meshConfig");
    if (mesh->kind == VALUE_MAP && value_count(mesh)) {
        w->object = value_with(w->arena, w->object, "mesh_config", mesh);
        w->rest = value_with(w->arena, w->rest, "meshConfig", NULL);
    }
}

static void adopt_base(struct adoption *w)
{
    const char *revision = value_text(w->object, "revision");

    ADOPTION_DROP_IF(w, value_text(w->object, "namespace"), "global", "istioNamespace");
    if (revision[0])
        ADOPTION_DROP_IF(w, revision, "defaultRevision");
    ADOPTION_TAKE(w, "default_revision", "defaultRevision");
}

static void adopt_data_plane(struct adoption *w)
{
    ADOPTION_DROP_IF(w, value_z(value_in(w->object, "cluster", "name")), "multiCluster",
                     "clusterName");
    ADOPTION_DROP_IF(w, install_network(w->object), "network");
    ADOPTION_DROP_IF(w, value_text(w->object, "namespace"), "istioNamespace");
    ADOPTION_DROP_IF(w, value_text(w->object, "revision"), "revision");
    ADOPTION_DROP_IF(w, value_text(w->object, "trust_domain"), "env", "TRUST_DOMAIN");
}

/* The profile of istiod goes for all of them. */
static void drop_profile(struct adoption *w)
{
    const char *profile = value_text(w->object, "profile");

    ADOPTION_DROP_IF(w, profile, "profile");
    ADOPTION_DROP_IF(w, profile, "global", "platform");
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
