/* What a controller makes for a Service or an Ingress, and takes away again. */
#include <string.h>

#include "acceptance/sandbox/aws/balancer.h"
#include "acceptance/sandbox/aws/elasticloadbalancing.h"
#include "acceptance/sandbox/aws/network.h"
#include "base/clock.h"
#include "codec/json.h"

enum { REMOVE_SECONDS = 10 };

static const char manager[] = "controller";

/* --- the object in the cluster ------------------------------------------------------------------
 */
void balancer_event(const struct balancer *b, const struct balancer_plan *p, const char *type,
                    const char *reason, const char *message)
{
    struct arena *a = b->a;
    const struct value *metadata = value_at(p->object, "metadata");
    const struct value *now = value_string(a, clock_rfc3339(a, clock_now()));
    const char *name = text_f(
        a, "%s.%s", p->name,
        balancer_hash(a, text_f(a, "%s %s %s", value_text(metadata, "uid"), reason, message)));
    const char *path = text_f(a, "/api/v1/namespaces/%s/events/%s", p->ns, name);
    char *known = sandbox_object(b->sandbox, path);
    const struct value *about =
        value_map_of(a, {"apiVersion", value_at(p->object, "apiVersion")},
                     {"kind", value_string(a, p->kind)}, {"namespace", value_string(a, p->ns)},
                     {"name", value_string(a, p->name)}, {"uid", value_at(metadata, "uid")},
                     {"resourceVersion", value_at(metadata, "resourceVersion")});
    const struct value *event = value_map_of(
        a, {"apiVersion", value_string(a, "v1")}, {"kind", value_string(a, "Event")},
        {"metadata",
         value_map_of(a, {"name", value_string(a, name)}, {"namespace", value_string(a, p->ns)})},
        {"involvedObject", about}, {"type", value_string(a, type)},
        {"reason", value_string(a, reason)}, {"message", value_string(a, message)},
        {"source",
         value_map_of(a, {"component", value_string(a, p->is_network ? "service" : "ingress")})},
        {"firstTimestamp", now}, {"lastTimestamp", now}, {"count", value_integer(a, 1)});

    if (!known)
        sandbox_put(b->sandbox, path, json_write(a, event).at, manager);
    memory_free(known);
}

/* Only over what was looked at: otherwise at the next look. */
static bool set_finalizers(const struct balancer *b, const struct balancer_plan *p,
                           const struct value *list)
{
    const struct value *metadata =
        value_map_of(b->a, {"finalizers", list},
                     {"resourceVersion", value_in(p->object, "metadata", "resourceVersion")});

    return sandbox_put(b->sandbox, p->path,
                       json_write(b->a, value_map_of(b->a, {"metadata", metadata})).at, manager);
}

static bool add_finalizer(const struct balancer *b, const struct balancer_plan *p)
{
    const struct value *list = value_in(p->object, "metadata", "finalizers");

    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_z(value_item(list, i)), p->finalizer) == 0)
            return true;
    return set_finalizers(b, p,
                          value_append(b->a, list->kind == VALUE_LIST ? list : &value_empty_list,
                                       value_string(b->a, p->finalizer)));
}

static void remove_finalizer(const struct balancer *b, const struct balancer_plan *p)
{
    const struct value *list = value_in(p->object, "metadata", "finalizers");
    struct value_builder left;

    value_builder_init(&left, b->a);
    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_z(value_item(list, i)), p->finalizer) != 0)
            value_builder_add(&left, value_item(list, i));
    set_finalizers(b, p, value_builder_list(&left));
}

/* NULL = it has no host name. */
static void set_hostname(const struct balancer *b, const struct balancer_plan *p,
                         const struct value *hostname)
{
    const struct value *ingress = value_in(p->object, "status", "loadBalancer", "ingress");
    const struct value *wanted = &value_null, *v;

    if (hostname)
        wanted = value_list_of(b->a, value_map_of(b->a, {"hostname", hostname}));
    if (value_equal(ingress, wanted))
        return;
    v = value_with_in(b->a, &value_empty_map, wanted, "status", "loadBalancer", "ingress");
    sandbox_put(b->sandbox, text_f(b->a, "%s/status", p->path), json_write(b->a, v).at, manager);
}

/* --- what there is ------------------------------------------------------------------------------
 */
static const struct value *tags_for(const struct balancer *b, const struct balancer_plan *p,
                                    const char *resource)
{
    return value_with(b->a, p->tags, balancer_tag(b, p, "resource"), value_string(b->a, resource));
}

static bool is_of_stack(const struct balancer *b, const struct balancer_plan *p,
                        const struct record *record)
{
    return strcmp(value_text(record->tags, balancer_cluster_tag(b)), b->name) == 0 &&
           strcmp(value_text(record->tags, balancer_tag(b, p, "stack")), p->stack) == 0;
}

/* The next record of that kind which was made for it. */
static struct record *next_of(const struct balancer *b, const struct balancer_plan *p,
                              const struct record *before, const char *kind)
{
    struct record *at = record_next(b->c, before, b->cluster->region, kind);

    while (at && !is_of_stack(b, p, at))
        at = record_next(b->c, at, b->cluster->region, kind);
    return at;
}

/* --- security groups -----------------------------------------------------------------------------
 */
static const char *shared_name(const struct balancer *b)
{
    char *name = arena_strdup(b->a, b->name);
    size_t len = 0;

    for (const char *at = b->name; *at; at++)
        if (*at != '-' && *at != '_')
            name[len++] = *at;
    name[len] = '\0';
    return text_f(b->a, "k8s-traffic-%s-%s", name,
                  balancer_hash(b->a, text_f(b->a, "%s %s shared", b->cluster->region, b->name)));
}

static struct record *find_group(const struct balancer *b, const char *name)
{
    struct record *at = NULL;

    while ((at = record_next(b->c, at, b->cluster->region, network_security_group.kind)))
        if (record_is(at, "vpcId", b->vpc) && record_is(at, "groupName", name))
            return at;
    return NULL;
}

/* The one that all of the cluster's load balancers have, which its nodes let in. */
static const struct record *shared_group(const struct balancer *b)
{
    const char *name = shared_name(b);
    struct record *group = find_group(b, name);
    const struct record *nodes = record_find(
        b->c, b->cluster->region, network_security_group.kind,
        value_z(value_in(b->cluster->body, "resourcesVpcConfig", "clusterSecurityGroupId")));

    if (group)
        return group;
    group = network_group_add(
        b->c, b->cluster->region, b->vpc, name,
        "[k8s] Shared Backend SecurityGroup for LoadBalancer",
        value_map_of(b->a, {balancer_cluster_tag(b), value_string(b->a, b->name)},
                     {"elbv2.k8s.aws/resource", value_string(b->a, "backend-sg")}));
    if (nodes)
        network_group_admit(b->c, nodes, group, "elbv2.k8s.aws/targetGroupBinding=shared");
    return group;
}

static const struct value *groups_for(const struct balancer *b, const struct balancer_plan *p)
{
    const struct record *own = find_group(b, p->load_balancer_name);

    if (!own)
        own = network_group_add(b->c, b->cluster->region, b->vpc, p->load_balancer_name,
                                "[k8s] Managed SecurityGroup for LoadBalancer",
                                tags_for(b, p, "ManagedLBSecurityGroup"));
    return value_list_of(b->a, value_string(b->a, own->id),
                         value_string(b->a, shared_group(b)->id));
}

/* False = an interface still has it. */
static bool drop_group(const struct balancer *b, struct record *group)
{
    network_group_forget(b->c, group);
    if (network_group_is_used(b->c, group))
        return false;
    network_remove_rules(b->c, group);
    record_remove(b->c, group);
    return true;
}

/* --- making -------------------------------------------------------------------------------------
 */
static struct record *find_target_group(const struct balancer *b, const struct balancer_plan *p,
                                        const char *name)
{
    struct record *at = NULL;

    while ((at = next_of(b, p, at, ELASTICLOADBALANCING_GROUP)))
        if (record_is(at, "TargetGroupName", name))
            return at;
    return NULL;
}

static void put_target_groups(const struct balancer *b, const struct balancer_plan *p,
                              const struct record *balancer)
{
    for (size_t i = 0; i < value_count(p->groups); i++) {
        const struct value *wanted = value_item(p->groups, i);
        struct record *group = find_target_group(b, p, value_text(wanted, "Name"));

        if (!group)
            group = elasticloadbalancing_add_group(b->c, balancer, value_text(wanted, "Name"),
                                                   p->target_type, value_text(wanted, "Protocol"),
                                                   value_integer_at(wanted, "Port"),
                                                   tags_for(b, p, value_text(wanted, "Resource")));
        elasticloadbalancing_set_targets(
            b->c, group, p->node_fault ? &value_empty_list : value_at(wanted, "Targets"));
    }
}

/* The ARNs of the groups that a listener is to lead to. */
static const struct value *arns_of(const struct balancer *b, const struct balancer_plan *p,
                                   const struct value *names)
{
    const struct value *arns = &value_empty_list;

    for (size_t i = 0; i < value_count(names); i++) {
        const struct record *group = find_target_group(b, p, value_z(value_item(names, i)));

        if (group)
            arns = value_append(b->a, arns, value_string(b->a, group->id));
    }
    return arns;
}

static bool is_wanted(const struct balancer *b, const struct balancer_plan *p,
                      const struct record *listener)
{
    for (size_t i = 0; i < value_count(p->listeners); i++) {
        const struct value *one = value_item(p->listeners, i);

        if (value_equal(value_at(one, "Port"), value_at(listener->body, "Port")) &&
            value_equal(value_at(one, "Protocol"), value_at(listener->body, "Protocol")) &&
            value_equal(arns_of(b, p, value_at(one, "Groups")),
                        value_at(listener->body, ".groups")))
            return true;
    }
    return false;
}

static bool listens(const struct balancer *b, const struct record *balancer, int64_t port)
{
    const struct record *at = NULL;

    while ((at = elasticloadbalancing_listener_of(b->c, at, balancer)))
        if (value_integer_at(at->body, "Port") == port)
            return true;
    return false;
}

static void put_listeners(const struct balancer *b, const struct balancer_plan *p,
                          const struct record *balancer)
{
    struct record *at = elasticloadbalancing_listener_of(b->c, NULL, balancer), *next;

    for (; at; at = next) {
        next = elasticloadbalancing_listener_of(b->c, at, balancer);
        if (!is_wanted(b, p, at))
            record_remove(b->c, at);
    }
    for (size_t i = 0; i < value_count(p->listeners); i++) {
        const struct value *one = value_item(p->listeners, i);
        int64_t port = value_integer_at(one, "Port");

        if (!listens(b, balancer, port))
            elasticloadbalancing_add_listener(
                b->c, balancer, value_text(one, "Protocol"), port,
                arns_of(b, p, value_at(one, "Groups")), !p->is_network,
                tags_for(b, p, text_f(b->a, "%lld", (long long)port)));
    }
}

/* Target groups to which nothing leads any more. */
static void drop_target_groups(const struct balancer *b, const struct balancer_plan *p)
{
    struct record *at = next_of(b, p, NULL, ELASTICLOADBALANCING_GROUP), *next;

    for (; at; at = next) {
        next = next_of(b, p, at, ELASTICLOADBALANCING_GROUP);
        if (!elasticloadbalancing_listener_to(b->c, NULL, at))
            record_remove(b->c, at);
    }
}

void balancer_deploy(const struct balancer *b, const struct balancer_plan *p)
{
    struct record *balancer = next_of(b, p, NULL, ELASTICLOADBALANCING_BALANCER);

    if (!balancer && p->fault) {
        balancer_event(b, p, "Warning", "FailedBuildModel",
                       text_f(b->a, "Failed build model due to %s", p->fault));
        return;
    }
    if (!add_finalizer(b, p))
        return;
    if (balancer && !record_is(balancer, "Scheme", p->scheme)) {
        elasticloadbalancing_remove(b->c, balancer); /* cannot be changed */
        balancer = NULL;
    }
    if (!balancer)
        balancer =
            elasticloadbalancing_add(b->c, b->cluster->region, p->load_balancer_name,
                                     p->is_network ? "network" : "application", p->scheme,
                                     p->subnets, groups_for(b, p), tags_for(b, p, "LoadBalancer"));
    if (!balancer)
        return;
    put_target_groups(b, p, balancer);
    put_listeners(b, p, balancer);
    drop_target_groups(b, p);
    set_hostname(b, p, value_at(balancer->body, "DNSName"));
    if (p->node_fault)
        balancer_event(b, p, "Warning", "FailedNetworkReconcile", p->node_fault);
    else
        balancer_event(b, p, "Normal", "SuccessfullyReconciled", "Successfully reconciled");
}

/* --- taking away
 * ----------------------------------------------------------------------------------- */
static bool has_load_balancers(const struct balancer *b)
{
    const struct record *at = NULL;

    while ((at = record_next(b->c, at, b->cluster->region, ELASTICLOADBALANCING_BALANCER)))
        if (strcmp(value_text(at->tags, balancer_cluster_tag(b)), b->name) == 0)
            return true;
    return false;
}

static bool drop_groups(const struct balancer *b, const struct balancer_plan *p)
{
    struct record *group;

    while ((group = next_of(b, p, NULL, network_security_group.kind)))
        if (!drop_group(b, group))
            return false;
    group = has_load_balancers(b) ? NULL : find_group(b, shared_name(b));
    return !group || drop_group(b, group);
}

void balancer_withdraw(const struct balancer *b, const struct balancer_plan *p)
{
    struct record *balancer = next_of(b, p, NULL, ELASTICLOADBALANCING_BALANCER);

    if (balancer &&
        strcmp(value_text(value_at(balancer->body, ".attributes"), "deletion_protection.enabled"),
               "true") == 0) {
        balancer_event(b, p, "Warning", "FailedDeployModel",
                       "Failed deploy model due to deletion_protection is enabled, cannot delete "
                       "the load balancer");
        return;
    }
    if (balancer && !value_flag(balancer->body, ".leaves")) {
        record_set(balancer, ".leaves", &value_true);
        record_later(b->c, balancer, REMOVE_SECONDS, elasticloadbalancing_remove);
    }
    if (balancer)
        return;
    drop_target_groups(b, p);
    if (!drop_groups(b, p))
        return; /* until their interfaces are gone */
    set_hostname(b, p, NULL);
    remove_finalizer(b, p);
}
