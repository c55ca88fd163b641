#include "kube/set_order.h"

#include <string.h>

static const struct {
    const char *group, *kind; /* kind NULL = all of the group */
    enum set_step step;
} kinds[] = {
    {"", "Namespace", SET_NAMESPACES},
    {"apiextensions.k8s.io", NULL, SET_DEFINITIONS},
    {"", "Service", SET_SERVICES},
    {"", "Endpoints", SET_SERVICES},
    {"discovery.k8s.io", NULL, SET_SERVICES},
    {"", "Pod", SET_WORKLOADS},
    {"", "ReplicationController", SET_WORKLOADS},
    {"", NULL, SET_BASICS},
    {"rbac.authorization.k8s.io", "RoleBinding", SET_BINDINGS},
    {"rbac.authorization.k8s.io", "ClusterRoleBinding", SET_BINDINGS},
    {"rbac.authorization.k8s.io", NULL, SET_BASICS},
    {"scheduling.k8s.io", NULL, SET_BASICS},
    {"storage.k8s.io", NULL, SET_BASICS},
    {"node.k8s.io", NULL, SET_BASICS},
    {"networking.k8s.io", "NetworkPolicy", SET_BASICS},
    {"apps", NULL, SET_WORKLOADS},
    {"batch", NULL, SET_WORKLOADS},
    {"autoscaling", NULL, SET_WORKLOADS},
    {"policy", NULL, SET_WORKLOADS},
    {"admissionregistration.k8s.io", NULL, SET_WEBHOOKS},
    {"apiregistration.k8s.io", NULL, SET_WEBHOOKS},
};

struct text set_group(const char *api_version)
{
    const char *slash = strchr(api_version, '/');

    return slash ? (struct text){api_version, (size_t)(slash - api_version)} : TEXT("");
}

enum set_step set_step_of(const struct kube_ref *ref)
{
    struct text group = set_group(ref->api_version);

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (text_is(group, kinds[i].group) &&
            (!kinds[i].kind || strcmp(kinds[i].kind, ref->kind) == 0))
            return kinds[i].step;
    return SET_CUSTOM;
}
