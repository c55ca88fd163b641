/* IPv6 blocks of VPCs and subnets: some time passes until they are associated. */
#include <arpa/inet.h>
#include <string.h>

#include "acceptance/sandbox/aws/network.h"

enum { PENDING_SECONDS = 2, BLOCKS_MAX = 5 };
#define BLOCKS "ipv6CidrBlockAssociationSet"

const struct value *network_ipv6_association(struct cloud_request *r, const char *prefix,
                                             const char *cidr)
{
    struct arena *a = r->a;

    return value_map_of(
        a, {"associationId", value_string(a, cloud_new_id(r->cloud, a, prefix))},
        {"ipv6CidrBlock", value_string(a, cidr)},
        {"ipv6CidrBlockState", value_map_of(a, {"state", value_string(a, "associating")})});
}

const char *network_ipv6_new_block(const struct cloud_request *r)
{
    return text_f(r->a, "2600:1f18:%x:1200::/56", 0x1000U + (unsigned)(r->cloud->made & 0xfff));
}

void network_ipv6_ripen(struct cloud *c, struct record *record)
{
    const struct value *all = value_at(record->body, BLOCKS);
    struct arena *a = record->arena;
    struct value_builder b;

    network_available(c, record);
    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(all); i++)
        value_builder_add(&b,
                          value_with(a, value_item(all, i), "ipv6CidrBlockState",
                                     value_map_of(a, {"state", value_string(a, "associated")})));
    record_set(record, BLOCKS, value_builder_list(&b));
}

static const char *address_of(struct arena *a, const char *cidr)
{
    return text_z(a, (struct text){cidr, strcspn(cidr, "/")});
}

/* Is it a /64 of one of the VPC's blocks? */
static bool is_inside(struct arena *a, const struct record *vpc, const char *cidr)
{
    const struct value *all = value_at(vpc->body, BLOCKS);
    struct in6_addr mine, theirs;

    if (strcmp(cidr + strcspn(cidr, "/"), "/64") != 0 ||
        inet_pton(AF_INET6, address_of(a, cidr), &mine) != 1)
        return false;
    for (size_t i = 0; i < value_count(all); i++) {
        const struct value *one = value_item(all, i);

        if (strcmp(value_text(value_at(one, "ipv6CidrBlockState"), "state"), "associated") == 0 &&
            inet_pton(AF_INET6, address_of(a, value_text(one, "ipv6CidrBlock")), &theirs) == 1 &&
            memcmp(mine.s6_addr, theirs.s6_addr, 56 / 8) == 0)
            return true;
    }
    return false;
}

static const char *block_of(const struct record *subnet)
{
    return value_text(value_item(value_at(subnet->body, BLOCKS), 0), "ipv6CidrBlock");
}

bool network_ipv6_block_free(struct cloud_request *r, const struct record *vpc, const char *cidr)
{
    struct record *subnet = NULL;

    if (!*cidr)
        return true;
    if (!is_inside(r->a, vpc, cidr))
        return cloud_refuse(r, 400, "InvalidSubnet.Range", "The CIDR '%s' is invalid.", cidr);
    while ((subnet = record_next(r->cloud, subnet, r->region, network_subnet.kind)))
        if (record_is(subnet, "vpcId", vpc->id) && strcmp(block_of(subnet), cidr) == 0)
            return cloud_refuse(r, 400, "InvalidSubnet.Conflict",
                                "The CIDR '%s' conflicts with another subnet", cidr);
    return true;
}

/* Whether the subnet may give addresses of IPv6. */
bool network_ipv6_may_assign(struct cloud_request *r, const struct record *subnet)
{
    const struct value *one = value_item(value_at(subnet->body, BLOCKS), 0);

    return strcmp(value_text(value_at(one, "ipv6CidrBlockState"), "state"), "associated") == 0 ||
           cloud_refuse(r, 400, "InvalidParameterValue",
                        "Subnet '%s' has no IPv6 CIDR block that is associated.", subnet->id);
}

static bool answer(struct cloud_request *r, const char *id, const struct record *record,
                   const struct value *association)
{
    return cloud_answer(r, value_map_of(r->a, {id, value_string(r->a, record->id)},
                                        {"ipv6CidrBlockAssociation", association}));
}

static void add(struct cloud_request *r, struct record *record, const struct value *association)
{
    record_set(record, BLOCKS, value_append(r->a, value_at(record->body, BLOCKS), association));
    record_later(r->cloud, record, PENDING_SECONDS, network_ipv6_ripen);
}

static bool associate_vpc(struct cloud_request *r)
{
    struct record *vpc = network_get(r, &network_vpc, cloud_text(r, "VpcId"));
    const struct value *one;

    if (!vpc)
        return false;
    if (strcmp(cloud_text(r, "AmazonProvidedIpv6CidrBlock"), "true") != 0)
        return cloud_refuse(r, 400, "MissingParameter", "No CIDR block is asked for.");
    if (value_count(value_at(vpc->body, BLOCKS)) >= BLOCKS_MAX)
        return cloud_refuse(r, 400, "CidrLimitExceeded",
                            "This network '%s' has met its maximum number of allowed CIDRs: %d",
                            vpc->id, BLOCKS_MAX);
    one = network_ipv6_association(r, "vpc-cidr-assoc", network_ipv6_new_block(r));
    add(r, vpc, one);
    return answer(r, "vpcId", vpc, value_with(r->a, one, "ipv6CidrBlock", value_string(r->a, "")));
}

static bool associate_subnet(struct cloud_request *r)
{
    struct record *subnet = network_get(r, &network_subnet, cloud_text(r, "SubnetId"));
    const struct record *vpc =
        subnet ? network_get(r, &network_vpc, record_text(subnet, "vpcId")) : NULL;
    const char *cidr = cloud_text(r, "Ipv6CidrBlock");
    const struct value *one;

    if (!vpc)
        return false;
    if (value_count(value_at(subnet->body, BLOCKS)))
        return cloud_refuse(r, 400, "CidrLimitExceeded",
                            "This subnet '%s' has met its maximum number of allowed CIDRs: 1",
                            subnet->id);
    if (!network_ipv6_block_free(r, vpc, cidr))
        return false;
    one = network_ipv6_association(r, "subnet-cidr-assoc", cidr);
    add(r, subnet, one);
    return answer(r, "subnetId", subnet, one);
}

/* The record of that kind with the association of that id; NULL = refused. */
static struct record *associated(struct cloud_request *r, const struct network_kind *kind)
{
    const char *id = cloud_text(r, "AssociationId");
    struct record *record = NULL;

    while ((record = record_next(r->cloud, record, r->region, kind->kind))) {
        const struct value *one = value_item(value_at(record->body, BLOCKS), 0);

        if (strcmp(value_text(one, "associationId"), id) == 0)
            return record;
    }
    cloud_refuse(r, 400, "InvalidCidrAssociationID.NotFound",
                 "The association ID '%s' does not exist", id);
    return NULL;
}

static bool disassociate(struct cloud_request *r, struct record *record, const char *id)
{
    const struct value *one = value_item(value_at(record->body, BLOCKS), 0),
                       *state = value_map_of(r->a, {"state", value_string(r->a, "disassociating")});

    record_set(record, BLOCKS, &value_empty_list);
    return answer(r, id, record, value_with(r->a, one, "ipv6CidrBlockState", state));
}

static bool disassociate_subnet(struct cloud_request *r)
{
    struct record *subnet = associated(r, &network_subnet);

    return subnet && disassociate(r, subnet, "subnetId");
}

static bool disassociate_vpc(struct cloud_request *r)
{
    struct record *vpc = associated(r, &network_vpc), *subnet = NULL;

    if (!vpc)
        return false;
    while ((subnet = record_next(r->cloud, subnet, r->region, network_subnet.kind)))
        if (record_is(subnet, "vpcId", vpc->id) && *block_of(subnet))
            return cloud_refuse(r, 400, "InvalidCidrBlock.InUse",
                                "The vpc '%s' currently has a subnet within CIDR block '%s'",
                                vpc->id, block_of(vpc));
    return disassociate(r, vpc, "vpcId");
}

const struct cloud_operation network_ipv6_operations[] = {
    {.name = "AssociateVpcCidrBlock",
     .handle = associate_vpc,
     .parameters = "!VpcId AmazonProvidedIpv6CidrBlock"},
    {.name = "DisassociateVpcCidrBlock",
     .handle = disassociate_vpc,
     .parameters = "!AssociationId"},
    {.name = "AssociateSubnetCidrBlock",
     .handle = associate_subnet,
     .parameters = "!SubnetId !Ipv6CidrBlock"},
    {.name = "DisassociateSubnetCidrBlock",
     .handle = disassociate_subnet,
     .parameters = "!AssociationId"},
    {.name = NULL}};
