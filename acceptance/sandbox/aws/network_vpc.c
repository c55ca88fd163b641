/* VPCs and their attributes; zones; quotas. */
#include <string.h>

#include "acceptance/sandbox/aws/network.h"

enum { PENDING_SECONDS = 2, QUOTA = 5 };

static const char *const filters[] = {
    "vpc-id",    "vpcId",    "state",   "state",      "cidr",      "cidrBlock", "cidr-block",
    "cidrBlock", "owner-id", "ownerId", "is-default", "isDefault", NULL};
const struct network_kind network_vpc = {.kind = "vpc",
                                         .prefix = "vpc",
                                         .ids = "VpcId",
                                         .set = "vpcSet",
                                         .id = "vpcId",
                                         .not_found = "InvalidVpcID.NotFound",
                                         .filters = filters};

static size_t vpc_count(struct cloud_request *r)
{
    struct record *record = NULL;
    size_t count = 0;

    while ((record = record_next(r->cloud, record, r->region, "vpc")))
        count++;
    return count;
}

static const struct value *association(struct cloud_request *r, const char *cidr)
{
    struct arena *a = r->a;
    const char *id = cloud_new_id(r->cloud, a, "vpc-cidr-assoc");

    return value_list_of(
        a, value_map_of(
               a, {"associationId", value_string(a, id)}, {"cidrBlock", value_string(a, cidr)},
               {"cidrBlockState", value_map_of(a, {"state", value_string(a, "associated")})}));
}

static const struct value *vpc_body(struct cloud_request *r, const char *cidr)
{
    struct arena *a = r->a;
    bool ipv6 = strcmp(cloud_text(r, "AmazonProvidedIpv6CidrBlock"), "true") == 0;

    return value_map_of(
        a, {"ownerId", value_string(a, r->cloud->account)}, {"state", value_string(a, "pending")},
        {"cidrBlock", value_string(a, cidr)}, {"cidrBlockAssociationSet", association(r, cidr)},
        {"ipv6CidrBlockAssociationSet",
         ipv6 ? value_list_of(
                    a, network_ipv6_association(r, "vpc-cidr-assoc", network_ipv6_new_block(r)))
              : &value_empty_list},
        {"dhcpOptionsId", value_string(a, "dopt-0d5a1f2b3c4d5e6f7")},
        {"instanceTenancy", value_string(a, "default")}, {"isDefault", &value_false},
        {".enableDnsSupport", &value_true}, {".enableDnsHostnames", &value_false},
        {".enableNetworkAddressUsageMetrics", &value_false});
}

static bool create_vpc(struct cloud_request *r)
{
    size_t most = r->cloud->options.vpcs_max ? r->cloud->options.vpcs_max : QUOTA;
    const char *cidr = cloud_text(r, "CidrBlock");
    struct network_block block;
    struct record *vpc;

    if (!network_block_read(cidr, &block))
        return cloud_refuse(r, 400, "InvalidParameterValue",
                            "Value (%s) for parameter cidrBlock is invalid. This is not a valid "
                            "CIDR block.",
                            cidr);
    if (block.prefix < 16 || block.prefix > 28)
        return cloud_refuse(r, 400, "InvalidVpc.Range", "The CIDR '%s' is invalid.", cidr);
    if (vpc_count(r) >= most)
        return cloud_refuse(r, 400, "VpcLimitExceeded",
                            "The maximum number of VPCs has been reached.");
    vpc = network_new(r, &network_vpc, vpc_body(r, cidr));
    if (!vpc)
        return false;
    network_add_main_route_table(r, vpc);
    network_add_default_group(r, vpc);
    record_later(r->cloud, vpc, PENDING_SECONDS, network_ipv6_ripen);
    return network_answer(r, "vpc", &network_vpc, vpc);
}

static bool describe_vpcs(struct cloud_request *r)
{
    return network_describe(r, &network_vpc);
}

/* --- attributes ---------------------------------------------------------------------------- */
static const char *const attributes[] = {"EnableDnsSupport", "EnableDnsHostnames",
                                         "EnableNetworkAddressUsageMetrics", NULL};

static char *small(struct arena *a, const char *name)
{
    char *out = arena_strdup(a, name);

    out[0] = (char)(out[0] | 0x20);
    return out;
}

static bool describe_vpc_attribute(struct cloud_request *r)
{
    struct record *vpc = network_get(r, &network_vpc, cloud_text(r, "VpcId"));
    const char *name = cloud_text(r, "Attribute");

    if (!vpc)
        return false;
    if (!value_has(vpc->body, text_f(r->a, ".%s", name)))
        return cloud_refuse(r, 400, "InvalidParameterValue",
                            "Value (%s) for parameter attribute is invalid.", name);
    return cloud_answer(
        r,
        value_map_of(
            r->a, {"vpcId", value_string(r->a, vpc->id)},
            {name, value_map_of(r->a, {"value", value_at(vpc->body, text_f(r->a, ".%s", name))})}));
}

static bool modify_vpc_attribute(struct cloud_request *r)
{
    struct record *vpc = network_get(r, &network_vpc, cloud_text(r, "VpcId"));
    const char *found = NULL;
    bool on;

    if (!vpc)
        return false;
    for (const char *const *name = attributes; *name; name++) {
        if (!value_has(r->parameters, *name))
            continue;
        if (found)
            return cloud_refuse(r, 400, "InvalidParameterCombination",
                                "Fields for multiple attribute types specified: %s, %s", found,
                                *name);
        found = *name;
    }
    if (!found)
        return cloud_refuse(r, 400, "MissingParameter", "No attribute is specified.");
    on = strcmp(value_text(value_at(r->parameters, found), "Value"), "true") == 0;
    if (on && strcmp(found, "EnableDnsHostnames") == 0 &&
        !value_flag(vpc->body, ".enableDnsSupport"))
        return cloud_refuse(r, 400, "InvalidParameterValue",
                            "Cannot enable DNS hostnames while DNS support is off.");
    record_set(vpc, text_f(r->a, ".%s", small(r->a, found)), value_bool(on));
    return network_done(r);
}

/* --- the end --------------------------------------------------------------------------------- */
/* What still holds the VPC; NULL = nothing. */
static const struct record *blocker(struct cloud_request *r, const char *vpc)
{
    static const struct network_kind *const kinds[] = {
        &network_subnet, &network_interface, &network_route_table, &network_security_group};
    struct record *record = NULL;

    for (struct record *at = r->cloud->records; at; at = at->next)
        if (strcmp(at->region, r->region) == 0 && record_is(at, ".vpcId", vpc) && !at->ghost)
            return at;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        while ((record = record_next(r->cloud, record, r->region, kinds[i]->kind)))
            if (record_is(record, "vpcId", vpc) && !record->ghost)
                return record;
    return NULL;
}

static void remove_defaults(struct cloud *c, const struct record *vpc)
{
    static const struct network_kind *const kinds[] = {&network_route_table,
                                                       &network_security_group};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        struct record *found = network_where(c, vpc->region, kinds[i], "vpcId", vpc->id);

        if (!found)
            continue;
        network_remove_rules(c, found);
        record_remove(c, found);
    }
}

static bool delete_vpc(struct cloud_request *r)
{
    struct record *vpc = network_get(r, &network_vpc, cloud_text(r, "VpcId"));

    if (!vpc)
        return false;
    if (blocker(r, vpc->id) || network_is_peered(r->cloud, r->region, vpc->id))
        return cloud_refuse(r, 400, "DependencyViolation",
                            "The vpc '%s' has dependencies and cannot be deleted.", vpc->id);
    remove_defaults(r->cloud, vpc);
    record_remove(r->cloud, vpc);
    return network_done(r);
}

/* --- zones and quotas ------------------------------------------------------------------------ */
static const char *const zone_filters[] = {"zone-name", "zoneName",  "zone-id",       "zoneId",
                                           "state",     "zoneState", "opt-in-status", "optInStatus",
                                           "zone-type", "zoneType",  "region-name",   "regionName",
                                           NULL};
static const struct network_kind zone_kind = {.set = "availabilityZoneInfo",
                                              .filters = zone_filters};

static const struct value *zone(struct cloud_request *r, const struct cloud_region *region, int at)
{
    struct arena *a = r->a;

    return value_map_of(a, {"zoneName", value_f(a, "%s%c", region->name, 'a' + at)},
                        {"zoneId", value_f(a, "%s-az%d", region->zone_prefix, at + 1)},
                        {"zoneState", value_string(a, "available")},
                        {"zoneType", value_string(a, "availability-zone")},
                        {"optInStatus", value_string(a, "opt-in-not-required")},
                        {"regionName", value_string(a, region->name)});
}

static bool describe_zones(struct cloud_request *r)
{
    const struct value *names = cloud_items(r->a, value_at(r->parameters, "ZoneName"));
    struct value_builder all;

    value_builder_init(&all, r->a);
    for (const struct cloud_region *region = cloud_region_list; region->name; region++)
        for (int i = 0; strcmp(region->name, r->region) == 0 && i < CLOUD_ZONES; i++) {
            const struct value *one = zone(r, region, i);
            bool wanted = !value_count(names);

            for (size_t k = 0; k < value_count(names); k++)
                wanted |= value_equal(value_item(names, k), value_at(one, "zoneName"));
            if (wanted)
                value_builder_add(&all, one);
        }
    return network_list(r, &zone_kind, value_builder_list(&all));
}

static const struct value *attribute(struct arena *a, const char *name, size_t quota)
{
    const struct value *one =
        value_map_of(a, {"attributeValue", value_f(a, "%zu", quota ? quota : QUOTA)});

    return value_map_of(a, {"attributeName", value_string(a, name)},
                        {"attributeValueSet", value_list_of(a, one)});
}

static bool describe_account_attributes(struct cloud_request *r)
{
    const struct value *names = cloud_items(r->a, value_at(r->parameters, "AttributeName"));
    const struct value *all[] = {
        attribute(r->a, "vpc-max-elastic-ips", r->cloud->options.addresses_max),
        attribute(r->a, "max-elastic-ips", r->cloud->options.addresses_max)};
    struct value_builder out;

    value_builder_init(&out, r->a);
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
        for (size_t k = 0; k < (value_count(names) ? value_count(names) : 1); k++)
            if (!value_count(names) ||
                value_equal(value_item(names, k), value_at(all[i], "attributeName")))
                value_builder_add(&out, all[i]);
    return cloud_answer(r, value_map_of(r->a, {"accountAttributeSet", value_builder_list(&out)}));
}

const struct cloud_operation network_vpc_operations[] = {
    {.name = "CreateVpc",
     .handle = create_vpc,
     .parameters = "!CidrBlock AmazonProvidedIpv6CidrBlock InstanceTenancy TagSpecification"},
    {.name = "DescribeVpcs", .handle = describe_vpcs, .parameters = "VpcId" NETWORK_PAGED},
    {.name = "DescribeVpcAttribute",
     .handle = describe_vpc_attribute,
     .parameters = "!VpcId !Attribute"},
    {.name = "ModifyVpcAttribute",
     .handle = modify_vpc_attribute,
     .parameters = "!VpcId EnableDnsSupport EnableDnsHostnames EnableNetworkAddressUsageMetrics"},
    {.name = "DeleteVpc", .handle = delete_vpc, .parameters = "!VpcId"},
    {.name = "DescribeAvailabilityZones",
     .handle = describe_zones,
     .parameters = "ZoneName ZoneId Filter AllAvailabilityZones"},
    {.name = "DescribeAccountAttributes",
     .handle = describe_account_attributes,
     .parameters = "AttributeName"},
    {.name = NULL}};
