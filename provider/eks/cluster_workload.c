#include "eks/cluster_workload.h"

#include <string.h>

#include "base/clock.h"
#include "kube/kube.h"

enum { ANSWER_MS = 60 * 1000 };

static const struct kind {
    const char *api_version, *kind, *type; /* type of a Service; NULL = any */
} kinds[] = {
    {"v1", "Service", "LoadBalancer"},
    {"networking.k8s.io/v1", "Ingress", NULL},
};

static bool remove_kind(struct call *c, struct kube *k, const struct kind *kind)
{
    const struct kube_ref all = {kind->api_version, kind->kind, NULL, NULL};
    const struct kube_delete_options options = {.propagation = "Background"};
    const struct value *list;

    if (!kube_list(c, k, &all, NULL, &list))
        return false;
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *one = value_item(list, i);
        const struct kube_ref ref = {kind->api_version, kind->kind,
                                     value_z(value_in(one, "metadata", "namespace")),
                                     value_z(value_in(one, "metadata", "name"))};

        if (kind->type && strcmp(value_z(value_in(one, "spec", "type")), kind->type) != 0)
            continue;
        if (!kube_delete(c, k, &ref, &options))
            return false;
    }
    return true;
}

static bool remove_kinds(struct call *c, const struct value *connection)
{
    struct kube *k;

    if (!kube_open(c, connection, NULL, &k))
        return false;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (!remove_kind(c, k, &kinds[i]))
            return false;
    return true;
}

bool cluster_workload_remove(struct eks_cluster_work *w)
{
    int64_t until = clock_monotonic_ms() + ANSWER_MS;
    struct diags unheard;
    struct call c = call_quietly(w->call, &unheard);
    struct arena *a = w->call->arena;
    const struct value *connection =
        value_with(a, eks_cluster_access(w), "name", value_string(a, w->name));

    diags_init(&unheard, a);
    if (c.deadline_ms > until)
        c.deadline_ms = until;
    if (!remove_kinds(&c, connection))
        diag_warning(w->call->diags, NULL,
                     text_f(a, "Cluster %s cannot be asked to delete its load balancers", w->name),
                     "Services and Ingresses stay in it; what they made in AWS is looked for by "
                     "tags. %s",
                     unheard.first ? unheard.first->detail : "");
    return true;
}
