/* Who is behind a port of a Service: pods, or the nodes' own ports. */
#include <string.h>

#include "acceptance/sandbox/aws/balancer.h"
#include "acceptance/sandbox/aws/cloud_eks.h"
#include "acceptance/sandbox/aws/network.h"

/* The zone of the subnet with this address; one of the load balancer's for any other. */
static const char *zone_of(const struct balancer *b, const struct balancer_plan *p, const char *ip)
{
    const struct record *at = NULL, *first;
    struct network_block block, one;
    bool is_address = network_block_read(text_f(b->a, "%s/32", ip), &one);

    while (is_address && (at = record_next(b->c, at, b->cluster->region, network_subnet.kind)))
        if (record_is(at, "vpcId", b->vpc) &&
            network_block_read(record_text(at, "cidrBlock"), &block) &&
            network_blocks_overlap(&block, &one))
            return record_text(at, "availabilityZone");
    first = record_find(b->c, b->cluster->region, network_subnet.kind,
                        value_z(value_item(p->subnets, 0)));
    return first ? record_text(first, "availabilityZone") : "all";
}

static const struct value *target(struct arena *a, const char *id, const struct value *port,
                                  const char *zone, bool ready)
{
    return value_map_of(a, {"Id", value_string(a, id)}, {"Port", port},
                        {"AvailabilityZone", value_string(a, zone)}, {"Ready", value_bool(ready)});
}

/* --- pods ------------------------------------------------------------------------------------- */
static bool is_slice_of(const struct value *slice, const struct value *service)
{
    return value_equal(value_in(slice, "metadata", "namespace"),
                       value_in(service, "metadata", "namespace")) &&
           value_equal(value_in(slice, "metadata", "labels", "kubernetes.io/service-name"),
                       value_in(service, "metadata", "name"));
}

static const struct value *port_of(const struct value *slice, const char *name)
{
    const struct value *ports = value_at(slice, "ports");

    for (size_t i = 0; i < value_count(ports); i++)
        if (strcmp(value_text(value_item(ports, i), "name"), name) == 0)
            return value_at(value_item(ports, i), "port");
    return NULL;
}

static void add_endpoints(const struct balancer *b, const struct balancer_plan *p,
                          const struct value *slice, const struct value *port,
                          struct value_builder *out)
{
    const struct value *endpoints = value_at(slice, "endpoints");

    for (size_t i = 0; i < value_count(endpoints); i++) {
        const struct value *one = value_item(endpoints, i), *ips = value_at(one, "addresses");
        const char *ip = value_z(value_item(ips, 0));
        bool ready = value_flag(value_at(one, "conditions"), "ready");

        value_builder_add(out, target(b->a, ip, port, zone_of(b, p, ip), ready));
    }
}

static const struct value *pods(const struct balancer *b, const struct balancer_plan *p,
                                const struct value *service, const char *port_name)
{
    const struct value *slices = balancer_list(b, "/apis/discovery.k8s.io/v1/endpointslices");
    struct value_builder out;

    value_builder_init(&out, b->a);
    for (size_t i = 0; i < value_count(slices); i++) {
        const struct value *slice = value_item(slices, i), *port = port_of(slice, port_name);

        if (port && is_slice_of(slice, service))
            add_endpoints(b, p, slice, port, &out);
    }
    return value_builder_list(&out);
}

/* --- nodes ------------------------------------------------------------------------------------ */
static bool is_ready(const struct value *node)
{
    const struct value *conditions = value_in(node, "status", "conditions");

    for (size_t i = 0; i < value_count(conditions); i++)
        if (strcmp(value_text(value_item(conditions, i), "type"), "Ready") == 0)
            return strcmp(value_text(value_item(conditions, i), "status"), "True") == 0;
    return false;
}

/* Every node leads to some pod, if there is a ready one. */
static const struct value *nodes(const struct balancer *b, const struct value *port, bool has_pod)
{
    const struct value *all = balancer_list(b, "/api/v1/nodes");
    struct value_builder out;

    value_builder_init(&out, b->a);
    for (size_t i = 0; i < value_count(all); i++) {
        const struct value *node = value_item(all, i);
        const char *id = strrchr(value_z(value_in(node, "spec", "providerID")), '/');
        const char *zone =
            value_z(value_in(node, "metadata", "labels", "topology.kubernetes.io/zone"));

        if (id && is_ready(node))
            value_builder_add(&out, target(b->a, id + 1, port, zone, has_pod));
    }
    return value_builder_list(&out);
}

/* The controller opens the one group of a node that carries the cluster's tag. */
static const char *groups_fault(const struct balancer *b, const struct record *interface)
{
    const struct value *groups = value_at(interface->body, "groupSet");
    const char *tag = text_f(b->a, "kubernetes.io/cluster/%s", b->name), *found = "";
    size_t count = 0;

    for (size_t i = 0; i < value_count(groups); i++) {
        const char *id = value_text(value_item(groups, i), "groupId");
        const struct record *group =
            record_find(b->c, b->cluster->region, network_security_group.kind, id);

        if (group && value_has(group->tags, tag))
            found = text_f(b->a, "%s%s%s", found, count++ ? " " : "", id);
    }
    return count == 1 ? NULL
                      : text_f(b->a,
                               "expected exactly one securityGroup tagged with %s for eni %s, got: "
                               "[%s] (clusterName: %s)",
                               tag, interface->id, found, b->name);
}

const char *balancer_node_fault(const struct balancer *b)
{
    const struct record *nodegroup = NULL, *at = NULL, *interface;
    const char *fault = NULL;

    while ((nodegroup = cloud_eks_below(b->c, nodegroup, "nodegroup", b->cluster)))
        while (!fault && (at = cloud_eks_next_instance(b->c, at, nodegroup))) {
            interface = record_find(b->c, at->region, network_interface.kind,
                                    record_text(at, ".interface"));
            fault =
                interface && value_flag(at->body, ".joined") ? groups_fault(b, interface) : NULL;
        }
    return fault;
}

const struct value *balancer_targets(const struct balancer *b, const struct balancer_plan *p,
                                     const struct value *service, const struct value *port)
{
    const struct value *ready = pods(b, p, service, value_text(port, "name"));
    bool has_pod = false;

    if (strcmp(p->target_type, "ip") == 0)
        return ready;
    for (size_t i = 0; i < value_count(ready); i++)
        has_pod = has_pod || value_flag(value_item(ready, i), "Ready");
    return nodes(b, value_at(port, "nodePort"), has_pod);
}
