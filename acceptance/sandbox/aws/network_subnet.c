/* Subnets and the addresses in them. */
#include <string.h>

#include "acceptance/sandbox/aws/network.h"

enum { PENDING_SECONDS = 2, RESERVED_ADDRESSES = 5 };

static const struct value *view(struct cloud_request *r, const struct record *subnet);

static const char *const filters[] = {"subnet-id",
                                      "subnetId",
                                      "vpc-id",
                                      "vpcId",
                                      "state",
                                      "state",
                                      "cidr",
                                      "cidrBlock",
                                      "cidr-block",
                                      "cidrBlock",
                                      "availability-zone",
                                      "availabilityZone",
                                      "availability-zone-id",
                                      "availabilityZoneId",
                                      "map-public-ip-on-launch",
                                      "mapPublicIpOnLaunch",
                                      NULL};
const struct network_kind network_subnet = {.kind = "subnet",
                                            .prefix = "subnet",
                                            .ids = "SubnetId",
                                            .set = "subnetSet",
                                            .id = "subnetId",
                                            .not_found = "InvalidSubnetID.NotFound",
                                            .filters = filters,
                                            .view = view};

int64_t network_free_addresses(struct cloud *c, const struct record *subnet)
{
    struct record *interface = NULL;
    struct network_block block;
    int64_t left;

    if (!network_block_read(record_text(subnet, "cidrBlock"), &block))
        return 0;
    left = (int64_t)(block.last - block.first) + 1 - RESERVED_ADDRESSES;
    while ((interface = record_next(c, interface, subnet->region, network_interface.kind)))
        left -= record_is(interface, "subnetId", subnet->id);
    return left;
}

static const struct value *view(struct cloud_request *r, const struct record *subnet)
{
    return value_with(r->a, subnet->body, "availableIpAddressCount",
                      value_integer(r->a, network_free_addresses(r->cloud, subnet)));
}

/* The zone that the request names, or the first one. */
static bool choose_zone(struct cloud_request *r, const char **name, const char **id)
{
    const char *wanted = cloud_text(r, "AvailabilityZone"),
               *wanted_id = cloud_text(r, "AvailabilityZoneId");

    for (const struct cloud_region *region = cloud_region_list; region->name; region++)
        for (int i = 0; strcmp(region->name, r->region) == 0 && i < CLOUD_ZONES; i++) {
            *name = text_f(r->a, "%s%c", region->name, 'a' + i);
            *id = text_f(r->a, "%s-az%d", region->zone_prefix, i + 1);
            if ((!*wanted || strcmp(*name, wanted) == 0) &&
                (!*wanted_id || strcmp(*id, wanted_id) == 0))
                return true;
        }
    return cloud_refuse(r, 400, "InvalidParameterValue",
                        "Value (%s%s) for parameter availabilityZone is invalid. Subnets can "
                        "currently only be created in the zones of %s.",
                        wanted, wanted_id, r->region);
}

static bool block_free(struct cloud_request *r, const struct record *vpc, const char *cidr)
{
    struct network_block block, whole, other;
    struct record *subnet = NULL;

    if (!network_block_read(cidr, &block))
        return cloud_refuse(r, 400, "InvalidParameterValue",
                            "Value (%s) for parameter cidrBlock is invalid. This is not a valid "
                            "CIDR block.",
                            cidr);
    if (!network_block_read(record_text(vpc, "cidrBlock"), &whole) || block.prefix > 28 ||
        block.first < whole.first || block.last > whole.last)
        return cloud_refuse(r, 400, "InvalidSubnet.Range", "The CIDR '%s' is invalid.", cidr);
    while ((subnet = record_next(r->cloud, subnet, r->region, "subnet")))
        if (record_is(subnet, "vpcId", vpc->id) &&
            network_block_read(record_text(subnet, "cidrBlock"), &other) &&
            network_blocks_overlap(&block, &other))
            return cloud_refuse(r, 400, "InvalidSubnet.Conflict",
                                "The CIDR '%s' conflicts with another subnet", cidr);
    return true;
}

static const struct value *subnet_body(struct cloud_request *r, const struct record *vpc,
                                       const char *zone, const char *zone_id)
{
    struct arena *a = r->a;
    const char *ipv6 = cloud_text(r, "Ipv6CidrBlock");

    return value_map_of(
        a, {"vpcId", value_string(a, vpc->id)}, {"state", value_string(a, "pending")},
        {"ownerId", value_string(a, r->cloud->account)},
        {"cidrBlock", value_string(a, cloud_text(r, "CidrBlock"))},
        {"availabilityZone", value_string(a, zone)},
        {"availabilityZoneId", value_string(a, zone_id)}, {"mapPublicIpOnLaunch", &value_false},
        {"assignIpv6AddressOnCreation", &value_false}, {"defaultForAz", &value_false},
        {"ipv6CidrBlockAssociationSet",
         *ipv6 ? value_list_of(a, network_ipv6_association(r, "subnet-cidr-assoc", ipv6))
               : &value_empty_list});
}

static bool create_subnet(struct cloud_request *r)
{
    struct record *vpc = network_get(r, &network_vpc, cloud_text(r, "VpcId")), *subnet;
    const char *zone = "", *zone_id = "";

    if (!vpc || !choose_zone(r, &zone, &zone_id) ||
        !block_free(r, vpc, cloud_text(r, "CidrBlock")) ||
        !network_ipv6_block_free(r, vpc, cloud_text(r, "Ipv6CidrBlock")))
        return false;
    subnet = network_new(r, &network_subnet, subnet_body(r, vpc, zone, zone_id));
    if (!subnet)
        return false;
    record_set(subnet, "subnetArn", value_string(r->a, network_arn(r, "subnet", subnet->id)));
    record_later(r->cloud, subnet, PENDING_SECONDS, network_ipv6_ripen);
    return network_answer(r, "subnet", &network_subnet, subnet);
}

static bool describe_subnets(struct cloud_request *r)
{
    return network_describe(r, &network_subnet);
}

static bool modify_subnet_attribute(struct cloud_request *r)
{
    static const char *const names[][2] = {
        {"MapPublicIpOnLaunch", "mapPublicIpOnLaunch"},
        {"AssignIpv6AddressOnCreation", "assignIpv6AddressOnCreation"}};
    struct record *subnet = network_get(r, &network_subnet, cloud_text(r, "SubnetId"));
    const char *const *found = NULL;
    bool on;

    if (!subnet)
        return false;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (!value_has(r->parameters, names[i][0]))
            continue;
        if (found)
            return cloud_refuse(r, 400, "InvalidParameterCombination",
                                "Fields for multiple attribute types specified: %s, %s", found[0],
                                names[i][0]);
        found = names[i];
    }
    if (!found)
        return cloud_refuse(r, 400, "MissingParameter", "No attribute is specified.");
    on = strcmp(value_text(value_at(r->parameters, found[0]), "Value"), "true") == 0;
    if (on && found == names[1] && !network_ipv6_may_assign(r, subnet))
        return false;
    record_set(subnet, found[1], value_bool(on));
    return network_done(r);
}

/* Associations with route tables end with the subnet; interfaces do not. */
static void end_associations(struct cloud *c, const struct record *subnet)
{
    struct record *table = NULL;

    while ((table = record_next(c, table, subnet->region, network_route_table.kind))) {
        const struct value *all = value_at(table->body, "associationSet");
        struct value_builder kept;

        value_builder_init(&kept, table->arena);
        for (size_t i = 0; i < value_count(all); i++)
            if (strcmp(value_text(value_item(all, i), "subnetId"), subnet->id) != 0)
                value_builder_add(&kept, value_item(all, i));
        record_set(table, "associationSet", value_builder_list(&kept));
    }
}

static bool delete_subnet(struct cloud_request *r)
{
    struct record *subnet = network_get(r, &network_subnet, cloud_text(r, "SubnetId"));

    if (!subnet)
        return false;
    if (network_where(r->cloud, r->region, &network_interface, "subnetId", subnet->id))
        return cloud_refuse(r, 400, "DependencyViolation",
                            "The subnet '%s' has dependencies and cannot be deleted.", subnet->id);
    end_associations(r->cloud, subnet);
    record_remove(r->cloud, subnet);
    return network_done(r);
}

const struct cloud_operation network_subnet_operations[] = {
    {.name = "CreateSubnet",
     .handle = create_subnet,
     .parameters = "!VpcId !CidrBlock Ipv6CidrBlock AvailabilityZone AvailabilityZoneId "
                   "TagSpecification"},
    {.name = "DescribeSubnets", .handle = describe_subnets, .parameters = "SubnetId" NETWORK_PAGED},
    {.name = "ModifySubnetAttribute",
     .handle = modify_subnet_attribute,
     .parameters = "!SubnetId MapPublicIpOnLaunch AssignIpv6AddressOnCreation"},
    {.name = "DeleteSubnet", .handle = delete_subnet, .parameters = "!SubnetId"},
    {.name = NULL}};
