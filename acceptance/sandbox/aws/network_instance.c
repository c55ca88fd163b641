/* Instances, which node groups run; nobody starts them over the wire here. */
#include <string.h>

#include "acceptance/sandbox/aws/network.h"
#include "base/clock.h"

enum { START_SECONDS = 25 };

static const char *const filters[] = {"instance-id",
                                      "instancesSet.instanceId",
                                      "instance-state-name",
                                      "instancesSet.instanceState.name",
                                      "instance-type",
                                      "instancesSet.instanceType",
                                      "vpc-id",
                                      "instancesSet.vpcId",
                                      "subnet-id",
                                      "instancesSet.subnetId",
                                      "availability-zone",
                                      "instancesSet.placement.availabilityZone",
                                      "private-ip-address",
                                      "instancesSet.privateIpAddress",
                                      "private-dns-name",
                                      "instancesSet.privateDnsName",
                                      "instance.group-id",
                                      "instancesSet.groupSet.groupId",
                                      NULL};
const struct network_kind network_instance = {.kind = "instance",
                                              .prefix = "i",
                                              .ids = "InstanceId",
                                              .set = "reservationSet",
                                              .id = "instanceId",
                                              .not_found = "InvalidInstanceID.NotFound",
                                              .filters = filters};

/* --- life ------------------------------------------------------------------------------------ */
static void set_state(struct record *instance, int64_t code, const char *name)
{
    struct arena *a = instance->arena;

    record_set(instance, "instanceState",
               value_map_of(a, {"code", value_integer(a, code)}, {"name", value_string(a, name)}));
}

static void run(struct cloud *c, struct record *instance)
{
    (void)c;
    set_state(instance, 16, "running");
}

static const char *host_name(struct arena *a, const char *ip, const char *region)
{
    char *dashed = arena_strdup(a, ip);

    for (char *at = dashed; *at; at++)
        *at = *at == '.' ? '-' : *at;
    return text_f(a, "ip-%s.%s.compute.internal", dashed, region);
}

/* Its first interface, which cannot be taken away from it. */
static struct record *add_interface(struct cloud *c, struct arena *a, const struct record *subnet,
                                    const char *instance, const struct value *groups)
{
    struct record *made =
        network_interface_add(c, subnet, "interface", text_f(a, "aws-K8S-%s", instance), groups);

    if (!made)
        return NULL;
    record_set(made, "requesterId", NULL);
    record_set(made, "requesterManaged", &value_false);
    record_set(made, "attachment",
               value_map_of(a, {"attachmentId", value_string(a, cloud_new_id(c, a, "eni-attach"))},
                            {"instanceId", value_string(a, instance)},
                            {"instanceOwnerId", value_string(a, c->account)},
                            {"deviceIndex", value_integer(a, 0)},
                            {"status", value_string(a, "attached")},
                            {"deleteOnTermination", &value_true}));
    return made;
}

struct record *network_instance_add(struct cloud *c, const struct record *subnet, const char *type,
                                    const struct value *groups, const struct value *tags)
{
    struct arena *a = arena_new();
    const char *id = cloud_new_id(c, a, network_instance.prefix), *ip;
    const struct record *interface = add_interface(c, a, subnet, id, groups);
    struct record *made = NULL;

    if (interface) {
        ip = record_text(interface, "privateIpAddress");
        made = record_add(
            c, subnet->region, network_instance.kind, id,
            value_map_of(
                a, {"instanceId", value_string(a, id)},
                {"imageId", value_string(a, "ami-0standin000000000")},
                {"privateDnsName", value_string(a, host_name(a, ip, subnet->region))},
                {"reason", &value_empty_string}, {"instanceType", value_string(a, type)},
                {"launchTime", value_string(a, clock_rfc3339(a, clock_now()))},
                {"placement",
                 value_map_of(a, {"availabilityZone", value_at(subnet->body, "availabilityZone")})},
                {"subnetId", value_string(a, subnet->id)},
                {"vpcId", value_at(subnet->body, "vpcId")},
                {"privateIpAddress", value_string(a, ip)},
                {"groupSet", value_at(interface->body, "groupSet")},
                {".interface", value_string(a, interface->id)}));
        made->tags = value_copy(made->arena, tags);
        set_state(made, 0, "pending");
        record_later(c, made, START_SECONDS, run);
    }
    arena_free(a);
    return made;
}

void network_instance_terminate(struct cloud *c, struct record *instance)
{
    struct arena *a = instance->arena;
    const char *now = clock_rfc3339(a, clock_now());
    struct record *interface = record_find(c, instance->region, network_interface.kind,
                                           record_text(instance, ".interface"));

    if (interface)
        record_remove(c, interface);
    set_state(instance, 48, "terminated");
    record_set(instance, "reason", value_f(a, "User initiated (%s)", now));
    record_set(instance, "stateReason",
               value_map_of(a, {"code", value_string(a, "Client.UserInitiatedShutdown")},
                            {"message", value_string(a, "Client.UserInitiatedShutdown: User "
                                                        "initiated shutdown")}));
    record_set(instance, "groupSet", NULL);
    record_fade(c, instance);
}

/* --- looking --------------------------------------------------------------------------------- */
static const struct value *reservation(struct cloud_request *r, const struct record *instance)
{
    return value_map_of(
        r->a, {"reservationId", value_f(r->a, "r-%s", instance->id + 2)},
        {"ownerId", value_string(r->a, r->cloud->account)},
        {"instancesSet", value_list_of(r->a, network_view(r, &network_instance, instance))},
        {".tags", instance->tags});
}

static bool describe_instances(struct cloud_request *r)
{
    const struct value *ids = cloud_items(r->a, value_at(r->parameters, network_instance.ids));
    const struct record *at = NULL;
    struct value_builder all;

    value_builder_init(&all, r->a);
    for (size_t i = 0; i < value_count(ids); i++) {
        at = network_get(r, &network_instance, value_z(value_item(ids, i)));
        if (!at)
            return false;
        value_builder_add(&all, reservation(r, at));
    }
    at = NULL;
    while (!value_count(ids) && (at = record_next(r->cloud, at, r->region, network_instance.kind)))
        if (at->seen_at_ms <= clock_monotonic_ms())
            value_builder_add(&all, reservation(r, at));
    return network_list(r, &network_instance, value_builder_list(&all));
}

const struct cloud_operation network_instance_operations[] = {
    {.name = "DescribeInstances",
     .handle = describe_instances,
     .parameters = "InstanceId" NETWORK_PAGED},
    {.name = NULL}};
