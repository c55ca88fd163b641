#include "acceptance/sandbox/kinds.h"

#include <pthread.h>
#include <string.h>

#include "acceptance/sandbox/server.h"
#include "base/text.h"

#define N KIND_NAMESPACED
#define S KIND_STATUS
#define G KIND_GENERATION
#define R KIND_REVIEW
#define POD_TEMPLATE "\"template\":{\"metadata\":{},\"spec\":{}}"
#define RBAC "rbac.authorization.k8s.io"
#define ADMISSION "admissionregistration.k8s.io"

/* clang-format off */
static struct kind builtin[] = {
    {"", "v1", "ConfigMap", "configmaps", "configmap", "ConfigMapList", "cm", "", N, "{}", NULL, NULL, NULL},
    {"", "v1", "Endpoints", "endpoints", "endpoints", "EndpointsList", "ep", "", N, "{}", NULL, NULL, NULL},
    {"", "v1", "Event", "events", "event", "EventList", "ev", "", N, "{\"involvedObject\":{},\"source\":{}}", NULL, NULL, NULL},
    {"", "v1", "LimitRange", "limitranges", "limitrange", "LimitRangeList", "limits", "", N, "{\"spec\":{}}", NULL, NULL, NULL},
    {"", "v1", "Namespace", "namespaces", "namespace", "NamespaceList", "ns", "", S, "{\"spec\":{},\"status\":{}}", NULL, NULL, NULL},
    {"", "v1", "Node", "nodes", "node", "NodeList", "no", "", S, "{\"spec\":{},\"status\":{}}", NULL, NULL, NULL},
    {"", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", "persistentvolumeclaim", "PersistentVolumeClaimList", "pvc", "", N | S, "{\"spec\":{\"resources\":{}},\"status\":{}}", NULL, NULL, NULL},
    {"", "v1", "PersistentVolume", "persistentvolumes", "persistentvolume", "PersistentVolumeList", "pv", "", S, "{\"spec\":{},\"status\":{}}", NULL, NULL, NULL},
    {"", "v1", "Pod", "pods", "pod", "PodList", "po", "all", N | S | G, "{\"spec\":{},\"status\":{}}", NULL, NULL, NULL},
    {"", "v1", "ResourceQuota", "resourcequotas", "resourcequota", "ResourceQuotaList", "quota", "", N | S, "{\"spec\":{},\"status\":{}}", NULL, NULL, NULL},
    {"", "v1", "Secret", "secrets", "secret", "SecretList", "", "", N, "{}", NULL, NULL, NULL},
    {"", "v1", "ServiceAccount", "serviceaccounts", "serviceaccount", "ServiceAccountList", "sa", "", N, "{}", NULL, NULL, NULL},
    {"", "v1", "Service", "services", "service", "ServiceList", "svc", "all", N | S, "{\"spec\":{},\"status\":{\"loadBalancer\":{}}}", NULL, NULL, NULL},
    {"apiregistration.k8s.io", "v1", "APIService", "apiservices", "apiservice", "APIServiceList", "", "api-extensions", S, "{\"spec\":{},\"status\":{}}", NULL, NULL, NULL},
    {"apps", "v1", "ControllerRevision", "controllerrevisions", "controllerrevision", "ControllerRevisionList", "", "", N, "{}", NULL, NULL, NULL},
    {"apps", "v1", "DaemonSet", "daemonsets", "daemonset", "DaemonSetList", "ds", "all", N | S | G, "{\"spec\":{" POD_TEMPLATE ",\"updateStrategy\":{}},\"status\":{}}", NULL, NULL, NULL},
    {"apps", "v1", "Deployment", "deployments", "deployment", "DeploymentList", "deploy", "all", N | S | G, "{\"spec\":{" POD_TEMPLATE ",\"strategy\":{}},\"status\":{}}", NULL, NULL, NULL},
    {"apps", "v1", "ReplicaSet", "replicasets", "replicaset", "ReplicaSetList", "rs", "all", N | S | G, "{\"spec\":{" POD_TEMPLATE "},\"status\":{}}", NULL, NULL, NULL},
    {"apps", "v1", "StatefulSet", "statefulsets", "statefulset", "StatefulSetList", "sts", "all", N | S | G, "{\"spec\":{" POD_TEMPLATE ",\"updateStrategy\":{}},\"status\":{}}", NULL, NULL, NULL},
    {"authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews", "selfsubjectreview", "", "", "", R, "{}", NULL, NULL, NULL},
    {"authentication.k8s.io", "v1", "TokenReview", "tokenreviews", "tokenreview", "", "", "", R, "{\"spec\":{},\"status\":{}}", NULL, NULL, NULL},
    {"authorization.k8s.io", "v1", "LocalSubjectAccessReview", "localsubjectaccessreviews", "localsubjectaccessreview", "", "", "", N | R, "{\"spec\":{},\"status\":{}}", NULL, NULL, NULL},
    {"authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", "selfsubjectaccessreview", "", "", "", R, "{\"spec\":{},\"status\":{}}", NULL, NULL, NULL},
    {"authorization.k8s.io", "v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews", "selfsubjectrulesreview", "", "", "", R, "{\"spec\":{},\"status\":{}}", NULL, NULL, NULL},
    {"authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", "subjectaccessreview", "", "", "", R, "{\"spec\":{},\"status\":{}}", NULL, NULL, NULL},
    {"autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "horizontalpodautoscaler", "HorizontalPodAutoscalerList", "hpa", "all", N | S, "{\"spec\":{\"scaleTargetRef\":{}},\"status\":{}}", NULL, NULL, NULL},
    {"batch", "v1", "CronJob", "cronjobs", "cronjob", "CronJobList", "cj", "all", N | S | G, "{\"spec\":{\"jobTemplate\":{\"metadata\":{},\"spec\":{" POD_TEMPLATE "}}},\"status\":{}}", NULL, NULL, NULL},
    {"batch", "v1", "Job", "jobs", "job", "JobList", "", "all", N | S | G, "{\"spec\":{" POD_TEMPLATE "},\"status\":{}}", NULL, NULL, NULL},
    {"networking.k8s.io", "v1", "IngressClass", "ingressclasses", "ingressclass", "IngressClassList", "", "", G, "{\"spec\":{}}", NULL, NULL, NULL},
    {"networking.k8s.io", "v1", "Ingress", "ingresses", "ingress", "IngressList", "ing", "", N | S | G, "{\"spec\":{},\"status\":{\"loadBalancer\":{}}}", NULL, NULL, NULL},
    {"networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", "networkpolicy", "NetworkPolicyList", "netpol", "", N | G, "{\"spec\":{}}", NULL, NULL, NULL},
    {"policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", "poddisruptionbudget", "PodDisruptionBudgetList", "pdb", "", N | S | G, "{\"spec\":{},\"status\":{}}", NULL, NULL, NULL},
    {RBAC, "v1", "ClusterRoleBinding", "clusterrolebindings", "clusterrolebinding", "ClusterRoleBindingList", "", "", 0, "{}", NULL, NULL, NULL},
    {RBAC, "v1", "ClusterRole", "clusterroles", "clusterrole", "ClusterRoleList", "", "", 0, "{}", NULL, NULL, NULL},
    {RBAC, "v1", "RoleBinding", "rolebindings", "rolebinding", "RoleBindingList", "", "", N, "{}", NULL, NULL, NULL},
    {RBAC, "v1", "Role", "roles", "role", "RoleList", "", "", N, "{}", NULL, NULL, NULL},
    {"storage.k8s.io", "v1", "StorageClass", "storageclasses", "storageclass", "StorageClassList", "sc", "", 0, "{}", NULL, NULL, NULL},
    {ADMISSION, "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", "mutatingwebhookconfiguration", "MutatingWebhookConfigurationList", "", "api-extensions", G, "{}", NULL, NULL, NULL},
    {ADMISSION, "v1", "ValidatingAdmissionPolicy", "validatingadmissionpolicies", "validatingadmissionpolicy", "ValidatingAdmissionPolicyList", "", "api-extensions", S | G, "{\"spec\":{},\"status\":{}}", NULL, NULL, NULL},
    {ADMISSION, "v1", "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", "validatingadmissionpolicybinding", "ValidatingAdmissionPolicyBindingList", "", "api-extensions", G, "{\"spec\":{}}", NULL, NULL, NULL},
    {ADMISSION, "v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", "validatingwebhookconfiguration", "ValidatingWebhookConfigurationList", "", "api-extensions", G, "{}", NULL, NULL, NULL},
    {"apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", "customresourcedefinition", "CustomResourceDefinitionList", "crd,crds", "api-extensions", S | G, "{\"spec\":{\"names\":{}},\"status\":{\"acceptedNames\":{},\"conditions\":[],\"storedVersions\":[]}}", NULL, NULL, NULL},
    {"scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", "priorityclass", "PriorityClassList", "pc", "", G, "{}", NULL, NULL, NULL},
    {"coordination.k8s.io", "v1", "Lease", "leases", "lease", "LeaseList", "", "", N, "{\"spec\":{}}", NULL, NULL, NULL},
    {"discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", "endpointslice", "EndpointSliceList", "", "", N | G, "{}", NULL, NULL, NULL},
};
/* clang-format on */

enum { BUILTIN_COUNT = sizeof(builtin) / sizeof(*builtin) };

static const struct kind *listed[BUILTIN_COUNT + 1];
static pthread_once_t listed_once = PTHREAD_ONCE_INIT;

static void list_make(void)
{
    for (size_t i = 0; i < BUILTIN_COUNT; i++) {
        builtin[i].shape = shape_builtin(builtin[i].kind);
        listed[i] = &builtin[i];
    }
}

const struct kind *const *kinds_builtin(void)
{
    pthread_once(&listed_once, list_make);
    return listed;
}

/* plural or kind may be NULL: not asked for. */
static const struct kind *search(const struct sandbox *s, const char *group, const char *version,
                                 const char *plural, const char *name)
{
    const struct kind *const *kinds = kinds_builtin();

    for (size_t i = 0; i < BUILTIN_COUNT + s->custom_count; i++) {
        const struct kind *k = i < BUILTIN_COUNT ? kinds[i] : s->custom[i - BUILTIN_COUNT];

        if (strcmp(k->group, group) == 0 && strcmp(k->version, version) == 0 &&
            (!plural || strcmp(k->plural, plural) == 0) && (!name || strcmp(k->kind, name) == 0))
            return k;
    }
    return NULL;
}

const struct kind *kind_find(const struct sandbox *s, const char *group, const char *version,
                             const char *plural)
{
    return search(s, group, version, plural, NULL);
}

const struct kind *kind_by_name(const struct sandbox *s, const char *group, const char *version,
                                const char *kind)
{
    return search(s, group, version, NULL, kind);
}

bool kind_is(const struct kind *kind, const char *group, const char *plural)
{
    return strcmp(kind->group, group) == 0 && strcmp(kind->plural, plural) == 0;
}

const char *kind_api_version(struct arena *a, const struct kind *kind)
{
    return *kind->group ? text_f(a, "%s/%s", kind->group, kind->version) : kind->version;
}

const char *kind_resource(struct arena *a, const struct kind *kind)
{
    return *kind->group ? text_f(a, "%s.%s", kind->plural, kind->group) : kind->plural;
}

const char *kind_qualified(struct arena *a, const struct kind *kind)
{
    return *kind->group ? text_f(a, "%s.%s", kind->kind, kind->group) : kind->kind;
}
