/* VPCs, subnets, and the zones and quotas that they depend on. */
#include "aws/ec2_parts.h"

/* --- shapes ----------------------------------------------------------------------- */

static const struct aws_member block_state[] = {MEMBER("State", AWS_STRING),
                                                MEMBER("StatusMessage", AWS_STRING), END_MEMBERS};
static const struct aws_member block[] = {
    MEMBER("AssociationId", AWS_STRING), MEMBER("CidrBlock", AWS_STRING),
    MEMBER("CidrBlockState", AWS_STRUCTURE, .members = block_state), END_MEMBERS};
static const struct aws_member ipv6_block[] = {
    MEMBER("AssociationId", AWS_STRING), MEMBER("Ipv6CidrBlock", AWS_STRING),
    MEMBER("Ipv6CidrBlockState", AWS_STRUCTURE, .members = block_state), END_MEMBERS};
static const struct aws_member vpc[] = {
    MEMBER("VpcId", AWS_STRING),
    MEMBER("State", AWS_STRING),
    MEMBER("CidrBlock", AWS_STRING),
    MEMBER("IsDefault", AWS_BOOL),
    MEMBER("OwnerId", AWS_STRING),
    MEMBER("DhcpOptionsId", AWS_STRING),
    MEMBER("CidrBlockAssociationSet", AWS_LIST, .members = block),
    MEMBER("Ipv6CidrBlockAssociationSet", AWS_LIST, .members = ipv6_block),
    EC2_TAGS,
    END_MEMBERS};
static const struct aws_member create_vpc_in[] = {
    MEMBER("CidrBlock", AWS_STRING), MEMBER("AmazonProvidedIpv6CidrBlock", AWS_BOOL),
    MEMBER("InstanceTenancy", AWS_STRING), EC2_TAG_SPECIFICATIONS, END_MEMBERS};
static const struct aws_member vpc_out[] = {MEMBER("Vpc", AWS_STRUCTURE, .members = vpc),
                                            END_MEMBERS};
static const struct aws_member associate_vpc_in[] = {
    MEMBER("VpcId", AWS_STRING), MEMBER("AmazonProvidedIpv6CidrBlock", AWS_BOOL), END_MEMBERS};
static const struct aws_member associated_out[] = {
    MEMBER("Ipv6CidrBlockAssociation", AWS_STRUCTURE, .members = ipv6_block), END_MEMBERS};
static const struct aws_member vpcs_in[] = {EC2_LIST("VpcIds", "VpcId"), EC2_PAGED, END_MEMBERS};
static const struct aws_member vpcs_out[] = EC2_LISTED("Vpcs", "vpcSet", vpc);
static const struct aws_member vpc_in[] = {MEMBER("VpcId", AWS_STRING), END_MEMBERS};

static const struct aws_member flag[] = {MEMBER("Value", AWS_BOOL), END_MEMBERS};
#define VPC_ATTRIBUTES                                                                             \
    MEMBER("EnableDnsSupport", AWS_STRUCTURE, .members = flag),                                    \
        MEMBER("EnableDnsHostnames", AWS_STRUCTURE, .members = flag)
static const struct aws_member modify_vpc_in[] = {MEMBER("VpcId", AWS_STRING), VPC_ATTRIBUTES,
                                                  END_MEMBERS};
static const struct aws_member vpc_attribute_in[] = {MEMBER("VpcId", AWS_STRING),
                                                     MEMBER("Attribute", AWS_STRING), END_MEMBERS};
static const struct aws_member vpc_attribute_out[] = {VPC_ATTRIBUTES, END_MEMBERS};

static const struct aws_member subnet[] = {
    MEMBER("SubnetId", AWS_STRING),
    MEMBER("SubnetArn", AWS_STRING),
    MEMBER("VpcId", AWS_STRING),
    MEMBER("State", AWS_STRING),
    MEMBER("CidrBlock", AWS_STRING),
    MEMBER("AvailabilityZone", AWS_STRING),
    MEMBER("AvailabilityZoneId", AWS_STRING),
    MEMBER("AvailableIpAddressCount", AWS_INTEGER),
    MEMBER("MapPublicIpOnLaunch", AWS_BOOL),
    MEMBER("AssignIpv6AddressOnCreation", AWS_BOOL),
    MEMBER("Ipv6CidrBlockAssociationSet", AWS_LIST, .members = ipv6_block),
    EC2_TAGS,
    END_MEMBERS};
static const struct aws_member create_subnet_in[] = {MEMBER("VpcId", AWS_STRING),
                                                     MEMBER("CidrBlock", AWS_STRING),
                                                     MEMBER("Ipv6CidrBlock", AWS_STRING),
                                                     MEMBER("AvailabilityZone", AWS_STRING),
                                                     MEMBER("AvailabilityZoneId", AWS_STRING),
                                                     EC2_TAG_SPECIFICATIONS,
                                                     END_MEMBERS};
static const struct aws_member subnet_out[] = {MEMBER("Subnet", AWS_STRUCTURE, .members = subnet),
                                               END_MEMBERS};
static const struct aws_member associate_subnet_in[] = {
    MEMBER("SubnetId", AWS_STRING), MEMBER("Ipv6CidrBlock", AWS_STRING), END_MEMBERS};
static const struct aws_member subnets_in[] = {EC2_LIST("SubnetIds", "SubnetId"), EC2_PAGED,
                                               END_MEMBERS};
static const struct aws_member subnets_out[] = EC2_LISTED("Subnets", "subnetSet", subnet);
static const struct aws_member modify_subnet_in[] = {
    MEMBER("SubnetId", AWS_STRING), MEMBER("MapPublicIpOnLaunch", AWS_STRUCTURE, .members = flag),
    MEMBER("AssignIpv6AddressOnCreation", AWS_STRUCTURE, .members = flag), END_MEMBERS};
static const struct aws_member subnet_in[] = {MEMBER("SubnetId", AWS_STRING), END_MEMBERS};

static const struct aws_member zone[] = {MEMBER("ZoneName", AWS_STRING),
                                         MEMBER("ZoneId", AWS_STRING),
                                         MEMBER("State", AWS_STRING, .wire = "zoneState"),
                                         MEMBER("ZoneType", AWS_STRING),
                                         MEMBER("OptInStatus", AWS_STRING),
                                         MEMBER("RegionName", AWS_STRING),
                                         END_MEMBERS};
static const struct aws_member zones_in[] = {EC2_LIST("ZoneNames", "ZoneName"), EC2_FILTERS,
                                             END_MEMBERS};
static const struct aws_member zones_out[] = {
    MEMBER("AvailabilityZones", AWS_LIST, .wire = "availabilityZoneInfo", .members = zone),
    END_MEMBERS};
static const struct aws_member account_value[] = {MEMBER("AttributeValue", AWS_STRING),
                                                  END_MEMBERS};
static const struct aws_member account_attribute[] = {
    MEMBER("AttributeName", AWS_STRING),
    MEMBER("AttributeValues", AWS_LIST, .wire = "attributeValueSet", .members = account_value),
    END_MEMBERS};
static const struct aws_member account_in[] = {EC2_LIST("AttributeNames", "AttributeName"),
                                               END_MEMBERS};
static const struct aws_member account_out[] = {MEMBER("AccountAttributes", AWS_LIST,
                                                       .wire = "accountAttributeSet",
                                                       .members = account_attribute),
                                                END_MEMBERS};

/* --- operations -------------------------------------------------------------------- */

static const char *const subnet_exists[] = {"InvalidSubnet.Conflict", NULL};

const struct aws_operation ec2_create_vpc =
    EC2("CreateVpc", .input = create_vpc_in, .output = vpc_out);
const struct aws_operation ec2_describe_vpcs =
    EC2("DescribeVpcs", .input = vpcs_in, .output = vpcs_out, .gone = ec2_missing,
        EC2_PAGES("Vpcs"), .flags = AWS_READS);
const struct aws_operation ec2_describe_vpc_attribute_row =
    EC2("DescribeVpcAttribute", .input = vpc_attribute_in, .output = vpc_attribute_out,
        .gone = ec2_missing, .flags = AWS_READS);
const struct aws_operation ec2_modify_vpc_attribute = /* one attribute in each call */
    EC2("ModifyVpcAttribute", .input = modify_vpc_in, .pending = ec2_unseen, .flags = AWS_READS);
/* Has no token: who repeats it looks first. */
const struct aws_operation ec2_associate_vpc_cidr_block =
    EC2("AssociateVpcCidrBlock", .input = associate_vpc_in, .output = associated_out,
        .pending = ec2_unseen);
const struct aws_operation ec2_delete_vpc = EC2("DeleteVpc", .input = vpc_in, .gone = ec2_missing,
                                                .pending = ec2_blocked, .flags = AWS_READS);

const struct aws_operation ec2_create_subnet =
    EC2("CreateSubnet", .input = create_subnet_in, .output = subnet_out, .exists = subnet_exists,
        .pending = ec2_unseen);
const struct aws_operation ec2_describe_subnets =
    EC2("DescribeSubnets", .input = subnets_in, .output = subnets_out, .gone = ec2_missing,
        EC2_PAGES("Subnets"), .flags = AWS_READS);
const struct aws_operation ec2_modify_subnet_attribute = /* one attribute in each call */
    EC2("ModifySubnetAttribute", .input = modify_subnet_in, .pending = ec2_unseen,
        .flags = AWS_READS);
const struct aws_operation ec2_associate_subnet_cidr_block =
    EC2("AssociateSubnetCidrBlock", .input = associate_subnet_in, .output = associated_out,
        .pending = ec2_unseen);
const struct aws_operation ec2_delete_subnet =
    EC2("DeleteSubnet", .input = subnet_in, .gone = ec2_missing, .pending = ec2_blocked,
        .flags = AWS_READS);

const struct aws_operation ec2_describe_availability_zones =
    EC2("DescribeAvailabilityZones", .input = zones_in, .output = zones_out,
        .items = "AvailabilityZones", .flags = AWS_READS);
const struct aws_operation ec2_describe_account_attributes =
    EC2("DescribeAccountAttributes", .input = account_in, .output = account_out,
        .items = "AccountAttributes", .flags = AWS_READS);

/* --- waiting ------------------------------------------------------------------------ */

static const char *const available[] = {"available", NULL};
static const char *const vpc_state[] = {"Vpcs", "State", NULL};
static const char *const subnet_state[] = {"Subnets", "State", NULL};
static const char *const subnet_failed[] = {"failed", "failed-insufficient-capacity", NULL};

const struct aws_wait ec2_vpc_available = {
    .what = "VPC to become available",
    .operation = &ec2_describe_vpcs,
    .path = vpc_state,
    .done = available,
    .may_be_missing = true,
    .poll_ms_min = 500,
    .poll_ms_max = 5000,
};
const struct aws_wait ec2_vpc_deleted = {
    .what = "VPC to disappear",
    .operation = &ec2_describe_vpcs,
    .path = vpc_state,
    .until_gone = true,
    .poll_ms_min = 500,
    .poll_ms_max = 5000,
};
const struct aws_wait ec2_subnet_available = {
    .what = "subnet to become available",
    .operation = &ec2_describe_subnets,
    .path = subnet_state,
    .done = available,
    .failed = subnet_failed,
    .may_be_missing = true,
    .poll_ms_min = 500,
    .poll_ms_max = 5000,
};
const struct aws_wait ec2_subnet_deleted = {
    .what = "subnet to disappear",
    .operation = &ec2_describe_subnets,
    .path = subnet_state,
    .until_gone = true,
    .poll_ms_min = 500,
    .poll_ms_max = 5000,
};

/* --- looking ------------------------------------------------------------------------ */

bool ec2_describe_vpc(struct call *c, struct aws *session, const char *id, const struct value **out)
{
    return ec2_look_up(c, session, &ec2_describe_vpcs, "VpcIds", id, out);
}

bool ec2_describe_vpc_attribute(struct call *c, struct aws *session, const char *vpc_id,
                                const char *attribute, bool *on)
{
    char *member = arena_strdup(c->arena, attribute);
    const struct value *output;

    member[0] = (char)(member[0] & ~0x20); /* the members' names begin with a capital */
    if (!aws_call(c, session, &ec2_describe_vpc_attribute_row,
                  value_map_of(c->arena, {"VpcId", value_string(c->arena, vpc_id)},
                               {"Attribute", value_string(c->arena, attribute)}),
                  &output))
        return false;
    *on = output && value_as_bool(value_in(output, member, "Value"));
    return true;
}

bool ec2_describe_subnet(struct call *c, struct aws *session, const char *id,
                         const struct value **out)
{
    return ec2_look_up(c, session, &ec2_describe_subnets, "SubnetIds", id, out);
}

bool ec2_list_availability_zones(struct call *c, struct aws *session, const struct value **zones)
{
    struct arena *a = c->arena;
    const struct value *filters = ec2_filter(a, NULL, "zone-type", "availability-zone");

    filters = ec2_filter(a, filters, "opt-in-status", "opt-in-not-required");
    filters = ec2_filter(a, filters, "state", "available");
    return ec2_list(c, session, &ec2_describe_availability_zones, filters, zones);
}
