#include "istio/gateway_live.h"

#include <string.h>

#include "istio/gateway.h"
#include "istio/revision.h"
#include "kube/set.h"
#include "kube/wait.h"
#include "schema/path.h"

static bool holds(const struct value *list, const char *name)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_z(value_item(list, i)), name) == 0)
            return true;
    return false;
}

bool gateway_check_injector(struct call *c, struct kube *k, const char *revision)
{
    const struct value *revisions, *tags;

    if (!revision_list(c, k, &revisions, &tags))
        return false;
    if (revision[0] ? holds(revisions, revision) || holds(tags, revision)
                    : value_count(revisions) > 0)
        return true;
    return diag_error(c->diags, path_of(c->arena, "control_plane"),
                      "No istiod would inject into the gateway's pods",
                      "Cluster %s has no injector%s%s: the pods would wait for an image \"auto\" "
                      "that does not exist. Install istiod first, and let the gateway name it: "
                      "control_plane = istio_control_plane.<name>.id.",
                      kube_name(k), revision[0] ? " of revision " : "", revision);
}

/* --- addresses ----------------------------------------------------------------------- */

struct kube_ref gateway_front_ref(const struct value *object)
{
    const char *namespace = value_text(object, "namespace"), *name = value_text(object, "name");

    return gateway_is_behind(object, "alb")
               ? (struct kube_ref){"networking.k8s.io/v1", "Ingress", namespace, name}
               : (struct kube_ref){"v1", "Service", namespace, name};
}

bool gateway_front_now(struct call *c, struct kube *k, const struct value *object,
                       const struct value **front)
{
    const struct kube_ref ref = gateway_front_ref(object);

    return kube_get(c, k, &ref, front);
}

static const struct value *points_of(const struct value *object)
{
    return value_in(object, "status", "loadBalancer", "ingress");
}

static enum kube_verdict judge_address(struct call *c, void *data, const struct value *object,
                                       const char **last_seen)
{
    (void)c;
    (void)data;
    if (!object)
        return KUBE_NOT_YET;
    *last_seen = "no controller has given it an address; for a load balancer of AWS, see the "
                 "events of the object and whether the AWS load balancer controller runs";
    return value_count(points_of(object)) > 0 ? KUBE_DONE : KUBE_NOT_YET;
}

bool gateway_wait_for_address(struct call *c, struct kube *k, const struct value *object)
{
    const struct kube_ref ref = gateway_front_ref(object);
    const struct value *unused;

    return kube_wait_for(c, k, &ref, "get an address", judge_address, NULL, &unused);
}

const struct value *gateway_with_addresses(struct arena *a, const struct value *object,
                                           const struct value *front)
{
    const struct value *addresses = &value_empty_list, *hostname = &value_null,
                       *points = points_of(front);

    for (size_t i = 0; i < value_count(points); i++) {
        const struct value *point = value_item(points, i);
        const struct value *name = value_at(point, "hostname"), *ip = value_at(point, "ip");

        addresses = value_append(a, addresses, value_is_set(ip) ? ip : name);
        if (value_is_null(hostname) && value_is_set(name))
            hostname = name;
    }
    return value_with(a, value_with(a, object, "addresses", addresses), "hostname", hostname);
}

bool gateway_ask_addresses(struct call *c, struct kube *k, const struct value **object)
{
    const struct value *front;

    if (!gateway_front_now(c, k, *object, &front))
        return false;
    *object = gateway_with_addresses(c->arena, *object, front);
    return true;
}

/* --- pods ------------------------------------------------------------------------------ */

static bool is_workload(const char *kind)
{
    return strcmp(kind, "Deployment") == 0 || strcmp(kind, "DaemonSet") == 0;
}

bool gateway_wait_for_pods(struct call *c, struct kube *k, const struct value *entries)
{
    for (size_t i = 0; i < value_count(entries); i++) {
        const struct value_entry *entry = &entries->map.entries[i];
        const struct kube_ref ref =
            kube_set_ref(c->arena, entry->key, value_text(entry->value, "api_version"));
        const struct value *object;

        if (is_workload(ref.kind) &&
            !kube_wait_for(c, k, &ref, "be rolled out", kube_judge_ready, NULL, &object))
            return false;
    }
    return true;
}
