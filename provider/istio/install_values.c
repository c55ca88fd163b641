#include "istio/install_values.h"

#include <string.h>

#include "helm/arguments.h"
#include "istio/namespace.h"
#include "istio/version.h"

const char *install_network(const struct value *object)
{
    const struct value *own = value_at(object, "network");

    return value_is_null(own) ? value_z(value_in(object, "cluster", "network")) : value_z(own);
}

/* --- profiles --------------------------------------------------------------------- */

static bool is_any_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

/* Those that say nothing to the charts. */
static bool is_plain(const char *profile)
{
    static const char *const plain[] = {"", "default", "minimal", "empty", NULL};

    return is_any_of(profile, plain);
}

bool install_check_profile(struct call *c, const struct value *object)
{
    static const char *const translated[] = {"demo", "preview", "openshift", NULL};
    static const char *const newer[] = {"remote", "stable", NULL};
    const char *profile = value_text(object, "profile"), *version = value_text(object, "version");
    int minor = version_minor(version), needed = VERSION_MINOR_PROFILES;

    if (!minor || is_plain(profile))
        return true;
    if (is_any_of(profile, newer))
        needed = VERSION_MINOR_PLATFORMS;
    if (minor >= needed || (is_any_of(profile, translated) && minor < VERSION_MINOR_PROFILES))
        return true;
    return diag_error(c->diags, path_of(c->arena, "profile"),
                      text_f(c->arena, "Istio %s has no profile %s", version, profile),
                      "Charts know it from 1.%d on. Before, default, minimal, empty, demo, preview "
                      "and openshift are understood; say what else is wanted in values.",
                      needed);
}

/* What istioctl took profiles for before the charts had files for them. */
static const struct value *demo_before_profiles(struct arena *a)
{
    const struct value *cpu = value_string(a, "10m");
    const struct value *v = &value_empty_map;

    v = value_with_in(a, v, value_string(a, "/dev/stdout"), "meshConfig", "accessLogFile");
    v = value_with_in(a, v, &value_false, "pilot", "autoscaleEnabled");
    v = value_with_in(a, v, value_integer(a, 100), "pilot", "traceSampling");
    v = value_with_in(a, v, cpu, "pilot", "resources", "requests", "cpu");
    v = value_with_in(a, v, value_string(a, "100Mi"), "pilot", "resources", "requests", "memory");
    v = value_with_in(a, v, cpu, "global", "proxy", "resources", "requests", "cpu");
    return value_with_in(a, v, value_string(a, "40Mi"), "global", "proxy", "resources", "requests",
                         "memory");
}

static const struct value *openshift_before_profiles(struct arena *a, enum component which)
{
    const struct value *v =
        value_with_in(a, &value_empty_map, value_string(a, "openshift"), "global", "platform");

    if (which == COMPONENT_CNI) {
        v = value_with_in(a, v, value_string(a, "/var/lib/cni/bin"), "cni", "cniBinDir");
        v = value_with_in(a, v, value_string(a, "/etc/cni/multus/net.d"), "cni", "cniConfDir");
        v = value_with_in(a, v, value_string(a, "istio-cni.conf"), "cni", "cniConfFileName");
        v = value_with_in(a, v, value_string(a, "multus"), "cni", "provider");
        v = value_with_in(a, v, &value_true, "cni", "privileged");
        v = value_with_in(a, v, &value_false, "cni", "chained");
    }
    if (which == COMPONENT_ISTIOD) {
        v = value_with_in(a, v, &value_true, "istio_cni", "enabled");
        v = value_with_in(a, v, &value_false, "istio_cni", "chained");
    }
    return v;
}

static const struct value *before_profiles(struct arena *a, const char *profile,
                                           enum component which)
{
    if (strcmp(profile, "openshift") == 0)
        return openshift_before_profiles(a, which);
    if (which != COMPONENT_ISTIOD)
        return &value_empty_map;
    if (strcmp(profile, "demo") == 0)
        return demo_before_profiles(a);
    if (strcmp(profile, "preview") == 0)
        return value_with_in(a, &value_empty_map, value_string(a, "true"), "meshConfig",
                             "defaultConfig", "proxyMetadata", "ISTIO_META_DNS_CAPTURE");
    return &value_empty_map;
}

static const struct value *profile_values(struct arena *a, const struct value *object,
                                          enum component which)
{
    const char *profile = value_text(object, "profile");
    int minor = version_minor(value_text(object, "version"));

    if (is_plain(profile))
        return &value_empty_map;
    if (minor < VERSION_MINOR_PROFILES)
        return before_profiles(a, profile, which);
    if (strcmp(profile, "openshift") == 0 && minor >= VERSION_MINOR_PLATFORMS)
        return value_with_in(a, &value_empty_map, value_string(a, profile), "global", "platform");
    return value_map_of(a, {"profile", value_string(a, profile)});
}

/* --- typed arguments ---------------------------------------------------------------- */

/* Unset arguments leave no trace; unknown ones make the whole unknown. */
static const struct value *put(struct arena *a, const struct value *values, const struct value *v,
                               const char *const *keys)
{
    return value_is_null(v) ? values : value_with_walk(a, values, v, keys);
}
#define PUT(a, values, v, ...) put((a), (values), (v), (const char *const[]){__VA_ARGS__, NULL})

static const struct value *text_or_null(struct arena *a, const char *z)
{
    return z[0] ? value_string(a, z) : &value_null;
}

static const struct value *network(struct arena *a, const struct value *object)
{
    const struct value *own = value_at(object, "network");

    if (value_is_null(own))
        own = value_in(object, "cluster", "network");
    return value_is_unknown(own) ? own : text_or_null(a, value_z(own));
}

static const struct value *cluster_name(const struct value *object)
{
    return value_in(object, "cluster", "name");
}

/* istiod's namespace, where it is not the one that charts take for granted. */
static const struct value *namespace(const struct value *object)
{
    const struct value *v = value_at(object, "namespace");

    return strcmp(value_z(v), NAMESPACE_DEFAULT) == 0 ? &value_null : v;
}

static const struct value *revision(const struct value *object)
{
    const struct value *v = value_at(object, "revision");

    return value_is_set(v) && !value_z(v)[0] ? &value_null : v;
}

/* The validator of the whole cluster belongs to this istiod unless somebody else is
 * named. */
static const struct value *default_revision(const struct value *object)
{
    const struct value *said = value_at(object, "default_revision");

    return value_is_null(said) ? revision(object) : said;
}

static const struct value *base_values(struct arena *a, const struct value *object)
{
    const struct value *v = &value_empty_map;

    v = PUT(a, v, namespace(object), "global", "istioNamespace");
    return PUT(a, v, default_revision(object), "defaultRevision");
}

/* istiod leaves pods' traffic to the plug-in, where it is installed; the switch moved. */
static const struct value *with_cni(struct arena *a, const struct value *values,
                                    const struct value *object)
{
    int minor = version_minor(value_text(object, "version"));

    if (!component_is_wanted(object, COMPONENT_CNI) ||
        strcmp(value_text(object, "profile"), "ambient") == 0)
        return values;
    if (minor >= VERSION_MINOR_PROFILES)
        values = value_with_in(a, values, &value_true, "pilot", "cni", "enabled");
    if (minor < VERSION_MINOR_PLATFORMS)
        values = value_with_in(a, values, &value_true, "istio_cni", "enabled");
    return values;
}

static const struct value *istiod_values(struct arena *a, const struct value *object)
{
    const struct value *v = &value_empty_map;

    v = PUT(a, v, value_at(object, "mesh_id"), "global", "meshID");
    v = PUT(a, v, cluster_name(object), "global", "multiCluster", "clusterName");
    v = PUT(a, v, network(a, object), "global", "network");
    v = PUT(a, v, namespace(object), "global", "istioNamespace");
    v = PUT(a, v, revision(object), "revision");
    v = PUT(a, v, value_at(object, "revision_tags"), "revisionTags");
    v = PUT(a, v, value_at(object, "mesh_config"), "meshConfig");
    v = PUT(a, v, value_at(object, "trust_domain"), "meshConfig", "trustDomain");
    v = PUT(a, v, value_at(object, "pilot_env"), "pilot", "env");
    return with_cni(a, v, object);
}

static const struct value *cni_values(struct arena *a, const struct value *object)
{
    return PUT(a, &value_empty_map, revision(object), "revision");
}

static const struct value *ztunnel_values(struct arena *a, const struct value *object)
{
    const struct value *v = &value_empty_map;

    v = PUT(a, v, cluster_name(object), "multiCluster", "clusterName");
    v = PUT(a, v, network(a, object), "network");
    v = PUT(a, v, namespace(object), "istioNamespace");
    v = PUT(a, v, revision(object), "revision");
    return PUT(a, v, value_at(object, "trust_domain"), "env", "TRUST_DOMAIN");
}

static const struct value *typed_values(struct arena *a, const struct value *object,
                                        enum component which)
{
    static const struct value *(*const all[])(struct arena * a, const struct value *object) = {
        [COMPONENT_BASE] = base_values,
        [COMPONENT_ISTIOD] = istiod_values,
        [COMPONENT_CNI] = cni_values,
        [COMPONENT_ZTUNNEL] = ztunnel_values,
    };

    return all[which](a, object);
}

/* --- conflicts ----------------------------------------------------------------------- */

struct conflict_search {
    struct call *call;
    const struct path *at;
    bool is_fine;
};

static void compare(struct conflict_search *s, const char *place, const struct value *typed,
                    const struct value *said)
{
    if (value_is_unknown(said) || value_is_unknown(typed))
        return;
    if (typed->kind == VALUE_MAP && said->kind == VALUE_MAP) {
        for (size_t i = 0; i < value_count(typed); i++) {
            const char *key = typed->map.entries[i].key;

            if (value_has(said, key))
                compare(s, place[0] ? text_f(s->call->arena, "%s.%s", place, key) : key,
                        typed->map.entries[i].value, value_at(said, key));
        }
        return;
    }
    if (!value_equal(typed, said))
        s->is_fine =
            diag_error(s->call->diags, s->at, "Values contradict an argument",
                       "%s is set here and follows from another argument of this resource, with "
                       "another value. Leave one of the two out.",
                       place);
}

/* Values below pilot may as well be written at the top. */
static bool check_conflicts(struct call *c, const struct path *at, const struct value *typed,
                            const struct value *said)
{
    struct conflict_search s = {c, at, true};

    if (value_is_null(said))
        return true;
    compare(&s, "", typed, said);
    if (value_has(typed, "pilot") && value_has(said, "env"))
        compare(&s, "env", value_in(typed, "pilot", "env"), value_at(said, "env"));
    return s.is_fine;
}

/* --- all together ------------------------------------------------------------------- */

static bool check_mesh_config(struct call *c, const struct value *object)
{
    const struct value *typed =
        PUT(c->arena, &value_empty_map, value_at(object, "trust_domain"), "trustDomain");

    return check_conflicts(c, path_of(c->arena, "mesh_config"), typed,
                           value_at(object, "mesh_config"));
}

/* The last part, which istiod alone has. */
static bool own_values(struct call *c, const struct value *object, const struct value *typed,
                       const struct value **values)
{
    const struct value *said;

    return check_mesh_config(c, object) && arguments_values(c, object, &value_null, &said) &&
           check_conflicts(c, path_of(c->arena, "values"), typed, said) &&
           arguments_values(c, object, *values, values);
}

/* What values depend on without standing in them. */
static bool is_decided(const struct value *object)
{
    return !value_is_unknown(value_at(object, "profile")) &&
           !value_is_unknown(value_at(object, "version")) &&
           !value_is_unknown(value_at(object, "mesh_config")) &&
           component_is_decided(object, COMPONENT_CNI);
}

bool install_values(struct call *c, const struct value *object, enum component which,
                    const struct value **out)
{
    const char *name = component_name(which);
    const struct value *typed = typed_values(c->arena, object, which);
    const struct value *own = value_in(object, "components", name, "values");

    *out = value_merge(c->arena, profile_values(c->arena, object, which), typed);
    if (!check_conflicts(c, path_of(c->arena, "components", name, "values"), typed, own))
        return false;
    if (!value_is_null(own))
        *out = value_is_unknown(own) ? own : value_merge(c->arena, *out, own);
    if (which == COMPONENT_ISTIOD && !own_values(c, object, typed, out))
        return false;
    if (!value_is_wholly_known(*out) || !is_decided(object))
        *out = &value_unknown;
    return true;
}
