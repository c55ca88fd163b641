#include "istio/reader_object.h"

#include <string.h>

static const char managed_by[] = "app.kubernetes.io/managed-by";

/* As Istio's own chart has them. Secrets are among them because istiod waits for
 * them to be listed before it takes a remote cluster as synced; expired groups
 * are there for old istiods. Lists are separated by commas. */
static const struct {
    const char *groups, *resources, *verbs;
} rules[] = {
    {"config.istio.io,security.istio.io,networking.istio.io,authentication.istio.io,"
     "rbac.istio.io,telemetry.istio.io,extensions.istio.io",
     "*", "get,list,watch"},
    {"", "endpoints,pods,services,nodes,replicationcontrollers,namespaces,secrets",
     "get,list,watch"},
    {"networking.x-k8s.io,gateway.networking.k8s.io", "gateways", "get,list,watch"},
    {"apiextensions.k8s.io", "customresourcedefinitions", "get,list,watch"},
    {"discovery.k8s.io", "endpointslices", "get,list,watch"},
    {"multicluster.x-k8s.io", "serviceexports", "get,list,watch,create,delete"},
    {"multicluster.x-k8s.io", "serviceimports", "get,list,watch"},
    {"apps", "replicasets", "get,list,watch"},
    {"authentication.k8s.io", "tokenreviews", "create"},
    {"authorization.k8s.io", "subjectaccessreviews", "create"},
};

static const struct value *list_of(struct arena *a, const char *words)
{
    struct text rest = text_of(words), word;
    struct value_builder b;

    value_builder_init(&b, a);
    while (text_split(&rest, ',', &word))
        value_builder_add(&b, value_string_of(a, word));
    return value_builder_list(&b);
}

static const struct value *rules_value(struct arena *a)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        value_builder_add(&b, value_map_of(a, {"apiGroups", list_of(a, rules[i].groups)},
                                           {"resources", list_of(a, rules[i].resources)},
                                           {"verbs", list_of(a, rules[i].verbs)}));
    return value_builder_list(&b);
}

/* Role and binding have the name that Istio's chart and istioctl give them. */
static char *role_name(struct arena *a, const struct reader *r)
{
    if (strcmp(r->account, READER_ACCOUNT_DEFAULT) == 0)
        return text_f(a, "istio-reader-clusterrole-%s", r->namespace);
    return text_f(a, "istio-reader-clusterrole-%s-%s", r->account, r->namespace);
}

static const struct value *object(struct arena *a, const char *api_version, const char *kind,
                                  const char *namespace, const char *name)
{
    const struct value *labels = value_map_of(a, {"app", value_string(a, "istio-reader")},
                                              {managed_by, value_string(a, KUBE_FIELD_MANAGER)});
    const struct value *metadata =
        value_map_of(a, {"name", value_string(a, name)}, {"labels", labels});

    if (namespace)
        metadata = value_with(a, metadata, "namespace", value_string(a, namespace));
    return value_map_of(a, {"apiVersion", value_string(a, api_version)},
                        {"kind", value_string(a, kind)}, {"metadata", metadata});
}

static const struct value *role(struct arena *a, const struct reader *r)
{
    return value_with(
        a, object(a, "rbac.authorization.k8s.io/v1", "ClusterRole", NULL, role_name(a, r)), "rules",
        rules_value(a));
}

static const struct value *binding(struct arena *a, const struct reader *r)
{
    const char *name = role_name(a, r);
    const struct value *role =
        value_map_of(a, {"apiGroup", value_string(a, "rbac.authorization.k8s.io")},
                     {"kind", value_string(a, "ClusterRole")}, {"name", value_string(a, name)});
    const struct value *subject = value_map_of(a, {"kind", value_string(a, "ServiceAccount")},
                                               {"name", value_string(a, r->account)},
                                               {"namespace", value_string(a, r->namespace)});
    const struct value *v =
        object(a, "rbac.authorization.k8s.io/v1", "ClusterRoleBinding", NULL, name);

    v = value_with(a, v, "roleRef", role);
    return value_with(a, v, "subjects", value_list_of(a, subject));
}

const struct value *reader_object(struct arena *a, const struct reader *r, enum reader_part part)
{
    switch (part) {
    case READER_ROLE:
        return role(a, r);
    case READER_BINDING:
        return binding(a, r);
    default:
        return object(a, "v1", "ServiceAccount", r->namespace, r->account);
    }
}

bool reader_object_is_ours(const struct value *object)
{
    const char *manager = value_z(value_in(object, "metadata", "labels", managed_by));

    return strcmp(manager, KUBE_FIELD_MANAGER) == 0 && kube_is_ours(object);
}

/* --- the watcher's Secret ------------------------------------------------------------ */

/* A Secret's type cannot change, so that each type has its own. */
char *reader_secret_name(struct arena *a, const char *watcher, enum reader_token type)
{
    return text_f(a, "istio-remote-secret-%s-%s", watcher,
                  type == READER_TOKEN_BOUND ? "bound" : "token");
}

const struct value *reader_secret(struct arena *a, const struct reader *r, const char *watcher,
                                  enum reader_token type)
{
    bool bound = type == READER_TOKEN_BOUND;
    const struct value *metadata = value_map_of(
        a, {"name", value_string(a, reader_secret_name(a, watcher, type))},
        {"namespace", value_string(a, r->namespace)},
        {"labels", value_map_of(a, {READER_WATCHER_LABEL, value_string(a, watcher)})},
        {"annotations", value_map_of(a, {READER_ACCOUNT_ANNOTATION, value_string(a, r->account)})});

    return value_map_of(
        a, {"apiVersion", value_string(a, "v1")}, {"kind", value_string(a, "Secret")},
        {"type", value_string(a, bound ? "Opaque" : "kubernetes.io/service-account-token")},
        {"metadata", metadata});
}
