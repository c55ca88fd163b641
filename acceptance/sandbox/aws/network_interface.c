/* Network interfaces, which AWS's own things put into subnets, and network plugins; and
 * what nobody has here: endpoints. */
#include <string.h>

#include "acceptance/sandbox/aws/network.h"

static const char *const filters[] = {"network-interface-id",
                                      "networkInterfaceId",
                                      "vpc-id",
                                      "vpcId",
                                      "subnet-id",
                                      "subnetId",
                                      "group-id",
                                      "groupSet.groupId",
                                      "description",
                                      "description",
                                      "status",
                                      "status",
                                      "interface-type",
                                      "interfaceType",
                                      "requester-id",
                                      "requesterId",
                                      "attachment.instance-id",
                                      "attachment.instanceId",
                                      "private-ip-address",
                                      "privateIpAddress",
                                      NULL};
const struct network_kind network_interface = {.kind = "network-interface",
                                               .prefix = "eni",
                                               .ids = "NetworkInterfaceId",
                                               .set = "networkInterfaceSet",
                                               .id = "networkInterfaceId",
                                               .not_found = "InvalidNetworkInterfaceID.NotFound",
                                               .filters = filters};

/* The lowest address of the subnet that no interface has; 0 = none is left. */
static uint32_t free_address(struct cloud *c, struct arena *a, const struct record *subnet)
{
    struct network_block block;

    if (!network_block_read(record_text(subnet, "cidrBlock"), &block))
        return 0;
    for (uint32_t ip = block.first + 4; ip < block.last; ip++) {
        struct record *other = NULL;

        while ((other = record_next(c, other, subnet->region, network_interface.kind)))
            if (record_is(other, "subnetId", subnet->id) &&
                record_is(other, "privateIpAddress", network_ip(a, ip)))
                break;
        if (!other)
            return ip;
    }
    return 0;
}

static const struct value *groups_of(struct arena *a, const struct value *ids)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(ids); i++)
        value_builder_add(&b, value_map_of(a, {"groupId", value_item(ids, i)}));
    return value_builder_list(&b);
}

struct record *network_interface_add(struct cloud *c, const struct record *subnet, const char *type,
                                     const char *description, const struct value *groups)
{
    struct arena *a = arena_new();
    const char *id = cloud_new_id(c, a, network_interface.prefix);
    uint32_t ip = free_address(c, a, subnet);
    struct record *made = NULL;
    const struct value *attachment =
        value_map_of(a, {"attachmentId", value_string(a, cloud_new_id(c, a, "ela-attach"))},
                     {"instanceOwnerId", value_string(a, "amazon-aws")},
                     {"status", value_string(a, "attached")});

    if (ip)
        made = record_add(
            c, subnet->region, network_interface.kind, id,
            value_map_of(a, {"networkInterfaceId", value_string(a, id)},
                         {"subnetId", value_string(a, subnet->id)},
                         {"vpcId", value_at(subnet->body, "vpcId")},
                         {"availabilityZone", value_at(subnet->body, "availabilityZone")},
                         {"description", value_string(a, description)},
                         {"ownerId", value_string(a, c->account)},
                         {"requesterId", value_string(a, "amazon-aws")},
                         {"requesterManaged", &value_true}, {"status", value_string(a, "in-use")},
                         {"interfaceType", value_string(a, type)},
                         {"privateIpAddress", value_string(a, network_ip(a, ip))},
                         {"groupSet", groups_of(a, groups)}, {"attachment", attachment}));
    arena_free(a);
    return made;
}

static bool describe_interfaces(struct cloud_request *r)
{
    return network_describe(r, &network_interface);
}

static struct record *attached(struct cloud_request *r, const char *attachment)
{
    struct record *record = NULL;

    while ((record = record_next(r->cloud, record, r->region, network_interface.kind)))
        if (strcmp(value_text(value_at(record->body, "attachment"), "attachmentId"), attachment) ==
            0)
            return record;
    cloud_refuse(r, 400, "InvalidAttachmentID.NotFound",
                 "The interface attachment '%s' does not exist", attachment);
    return NULL;
}

static bool detach_interface(struct cloud_request *r)
{
    struct record *record = attached(r, cloud_text(r, "AttachmentId"));

    if (!record)
        return false;
    if (value_flag(record->body, "requesterManaged"))
        return cloud_refuse(r, 403, "OperationNotPermitted",
                            "You are not allowed to manage '%s' attachments.",
                            record_text(record, "interfaceType"));
    if (value_has(value_at(record->body, "attachment"), "deviceIndex"))
        return cloud_refuse(r, 400, "OperationNotPermitted",
                            "The network interface at device index 0 cannot be detached.");
    record_set(record, "attachment", NULL);
    record_set(record, "status", value_string(r->a, "available"));
    return network_done(r);
}

static bool delete_interface(struct cloud_request *r)
{
    struct record *record = network_get(r, &network_interface, cloud_text(r, "NetworkInterfaceId"));

    if (!record)
        return false;
    if (value_has(record->body, "attachment"))
        return cloud_refuse(r, 400, "InvalidParameterValue",
                            "Network interface '%s' is currently in use.", record->id);
    record_remove(r->cloud, record);
    return network_done(r);
}

/* One that nobody uses yet, or any more: as network plugins have them. */
static bool create_interface(struct cloud_request *r)
{
    const struct record *subnet = network_get(r, &network_subnet, cloud_text(r, "SubnetId"));
    uint32_t ip = subnet ? free_address(r->cloud, r->a, subnet) : 0;
    struct record *made;

    if (!subnet)
        return false;
    if (!ip)
        return cloud_refuse(r, 400, "InsufficientFreeAddressesInSubnet",
                            "There aren't sufficient free Ipv4 addresses in subnet '%s'",
                            subnet->id);
    made =
        network_new(r, &network_interface,
                    value_map_of(r->a, {"subnetId", value_string(r->a, subnet->id)},
                                 {"vpcId", value_at(subnet->body, "vpcId")},
                                 {"availabilityZone", value_at(subnet->body, "availabilityZone")},
                                 {"description", value_string(r->a, cloud_text(r, "Description"))},
                                 {"ownerId", value_string(r->a, r->cloud->account)},
                                 {"status", value_string(r->a, "available")},
                                 {"interfaceType", value_string(r->a, "interface")},
                                 {"privateIpAddress", value_string(r->a, network_ip(r->a, ip))}));
    return made && network_answer(r, "networkInterface", &network_interface, made);
}

/* --- a kind that is always empty here ------------------------------------------------------- */
static bool none(struct cloud_request *r, const char *ids, const char *set, const char *not_found)
{
    const struct value *asked = cloud_items(r->a, value_at(r->parameters, ids));

    if (value_count(asked))
        return cloud_refuse(r, 400, not_found, "The ID '%s' does not exist",
                            value_z(value_item(asked, 0)));
    return cloud_answer(r, value_map_of(r->a, {set, &value_empty_list}));
}

static bool describe_endpoints(struct cloud_request *r)
{
    return none(r, "VpcEndpointId", "vpcEndpointSet", "InvalidVpcEndpointId.NotFound");
}

const struct cloud_operation network_interface_operations[] = {
    {.name = "DescribeNetworkInterfaces",
     .handle = describe_interfaces,
     .parameters = "NetworkInterfaceId" NETWORK_PAGED},
    {.name = "CreateNetworkInterface",
     .handle = create_interface,
     .parameters = "!SubnetId Description TagSpecification"},
    {.name = "DetachNetworkInterface",
     .handle = detach_interface,
     .parameters = "!AttachmentId Force"},
    {.name = "DeleteNetworkInterface",
     .handle = delete_interface,
     .parameters = "!NetworkInterfaceId"},
    {.name = "DescribeVpcEndpoints",
     .handle = describe_endpoints,
     .parameters = "VpcEndpointId" NETWORK_PAGED},
    {.name = NULL}};
