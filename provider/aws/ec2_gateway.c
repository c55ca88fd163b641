/* Internet gateways of both kinds, addresses, NAT gateways. */
#include <string.h>

#include "aws/ec2_parts.h"

/* --- shapes ----------------------------------------------------------------------- */

static const struct aws_member attachment[] = {MEMBER("State", AWS_STRING),
                                               MEMBER("VpcId", AWS_STRING), END_MEMBERS};
static const struct aws_member internet_gateway[] = {
    MEMBER("InternetGatewayId", AWS_STRING),
    MEMBER("Attachments", AWS_LIST, .wire = "attachmentSet", .members = attachment), EC2_TAGS,
    END_MEMBERS};
static const struct aws_member create_gateway_in[] = {EC2_TAG_SPECIFICATIONS, END_MEMBERS};
static const struct aws_member gateway_out[] = {
    MEMBER("InternetGateway", AWS_STRUCTURE, .members = internet_gateway), END_MEMBERS};
static const struct aws_member gateways_in[] = {EC2_LIST("InternetGatewayIds", "InternetGatewayId"),
                                                EC2_PAGED, END_MEMBERS};
static const struct aws_member gateways_out[] =
    EC2_LISTED("InternetGateways", "internetGatewaySet", internet_gateway);
static const struct aws_member attach_in[] = {MEMBER("InternetGatewayId", AWS_STRING),
                                              MEMBER("VpcId", AWS_STRING), END_MEMBERS};
static const struct aws_member gateway_in[] = {MEMBER("InternetGatewayId", AWS_STRING),
                                               END_MEMBERS};

static const struct aws_member egress_only[] = {
    MEMBER("EgressOnlyInternetGatewayId", AWS_STRING),
    MEMBER("Attachments", AWS_LIST, .wire = "attachmentSet", .members = attachment), EC2_TAGS,
    END_MEMBERS};
static const struct aws_member create_egress_in[] = {
    MEMBER("VpcId", AWS_STRING), EC2_TAG_SPECIFICATIONS, MEMBER("ClientToken", AWS_STRING),
    END_MEMBERS};
static const struct aws_member egress_out[] = {
    MEMBER("EgressOnlyInternetGateway", AWS_STRUCTURE, .members = egress_only), END_MEMBERS};
static const struct aws_member egresses_in[] = {
    EC2_LIST("EgressOnlyInternetGatewayIds", "EgressOnlyInternetGatewayId"), EC2_PAGED,
    END_MEMBERS};
static const struct aws_member egresses_out[] =
    EC2_LISTED("EgressOnlyInternetGateways", "egressOnlyInternetGatewaySet", egress_only);
static const struct aws_member egress_in[] = {MEMBER("EgressOnlyInternetGatewayId", AWS_STRING),
                                              END_MEMBERS};

static const struct aws_member address[] = {MEMBER("AllocationId", AWS_STRING),
                                            MEMBER("PublicIp", AWS_STRING),
                                            MEMBER("AssociationId", AWS_STRING),
                                            MEMBER("NetworkInterfaceId", AWS_STRING),
                                            MEMBER("Domain", AWS_STRING),
                                            EC2_TAGS,
                                            END_MEMBERS};
static const struct aws_member allocate_in[] = {MEMBER("Domain", AWS_STRING),
                                                EC2_TAG_SPECIFICATIONS, END_MEMBERS};
static const struct aws_member allocate_out[] = {MEMBER("AllocationId", AWS_STRING),
                                                 MEMBER("PublicIp", AWS_STRING), END_MEMBERS};
static const struct aws_member addresses_in[] = {EC2_LIST("AllocationIds", "AllocationId"),
                                                 EC2_FILTERS, END_MEMBERS};
static const struct aws_member addresses_out[] = {
    MEMBER("Addresses", AWS_LIST, .wire = "addressesSet", .members = address), END_MEMBERS};
static const struct aws_member release_in[] = {MEMBER("AllocationId", AWS_STRING), END_MEMBERS};

static const struct aws_member nat_address[] = {
    MEMBER("AllocationId", AWS_STRING), MEMBER("NetworkInterfaceId", AWS_STRING),
    MEMBER("PublicIp", AWS_STRING), MEMBER("PrivateIp", AWS_STRING), END_MEMBERS};
static const struct aws_member nat[] = {
    MEMBER("NatGatewayId", AWS_STRING),
    MEMBER("SubnetId", AWS_STRING),
    MEMBER("VpcId", AWS_STRING),
    MEMBER("State", AWS_STRING),
    MEMBER("FailureCode", AWS_STRING),
    MEMBER("FailureMessage", AWS_STRING),
    MEMBER("ConnectivityType", AWS_STRING),
    MEMBER("NatGatewayAddresses", AWS_LIST, .wire = "natGatewayAddressSet", .members = nat_address),
    EC2_TAGS,
    END_MEMBERS};
static const struct aws_member create_nat_in[] = {
    MEMBER("SubnetId", AWS_STRING),         MEMBER("AllocationId", AWS_STRING),
    MEMBER("ConnectivityType", AWS_STRING), EC2_TAG_SPECIFICATIONS,
    MEMBER("ClientToken", AWS_STRING),      END_MEMBERS};
static const struct aws_member nat_out[] = {MEMBER("NatGateway", AWS_STRUCTURE, .members = nat),
                                            END_MEMBERS};
static const struct aws_member nats_in[] = {
    EC2_LIST("NatGatewayIds", "NatGatewayId"),
    MEMBER("Filter", AWS_LIST, .members = ec2_filter_members), MEMBER("MaxResults", AWS_INTEGER),
    MEMBER("NextToken", AWS_STRING), END_MEMBERS};
static const struct aws_member nats_out[] = EC2_LISTED("NatGateways", "natGatewaySet", nat);
static const struct aws_member nat_in[] = {MEMBER("NatGatewayId", AWS_STRING), END_MEMBERS};

/* --- operations -------------------------------------------------------------------- */

static const char *const attached[] = {"Resource.AlreadyAssociated", NULL};
static const char *const not_attached[] = {"Gateway.NotAttached", "*.NotFound", NULL};
static const char *const address_used[] = {"InvalidIPAddress.InUse", NULL};

const struct aws_operation ec2_create_internet_gateway =
    EC2("CreateInternetGateway", .input = create_gateway_in, .output = gateway_out);
const struct aws_operation ec2_describe_internet_gateways =
    EC2("DescribeInternetGateways", .input = gateways_in, .output = gateways_out,
        .gone = ec2_missing, EC2_PAGES("InternetGateways"), .flags = AWS_READS);
const struct aws_operation ec2_attach_internet_gateway =
    EC2("AttachInternetGateway", .input = attach_in, .exists = attached, .pending = ec2_unseen);
/* Blocked while public addresses are mapped in the VPC. */
const struct aws_operation ec2_detach_internet_gateway =
    EC2("DetachInternetGateway", .input = attach_in, .gone = not_attached, .pending = ec2_blocked,
        .flags = AWS_READS);
const struct aws_operation ec2_delete_internet_gateway =
    EC2("DeleteInternetGateway", .input = gateway_in, .gone = ec2_missing, .pending = ec2_blocked,
        .flags = AWS_READS);

const struct aws_operation ec2_create_egress_only_internet_gateway =
    EC2("CreateEgressOnlyInternetGateway", .input = create_egress_in, .output = egress_out,
        .pending = ec2_unseen, .token = "ClientToken");
const struct aws_operation ec2_describe_egress_only_internet_gateways =
    EC2("DescribeEgressOnlyInternetGateways", .input = egresses_in, .output = egresses_out,
        .gone = ec2_missing, EC2_PAGES("EgressOnlyInternetGateways"), .flags = AWS_READS);
const struct aws_operation ec2_delete_egress_only_internet_gateway =
    EC2("DeleteEgressOnlyInternetGateway", .input = egress_in, .gone = ec2_missing,
        .pending = ec2_blocked, .flags = AWS_READS);

/* Has no token: who repeats it looks by tag first. */
const struct aws_operation ec2_allocate_address =
    EC2("AllocateAddress", .input = allocate_in, .output = allocate_out);
const struct aws_operation ec2_describe_addresses =
    EC2("DescribeAddresses", .input = addresses_in, .output = addresses_out, .gone = ec2_missing,
        .items = "Addresses", .flags = AWS_READS);
const struct aws_operation ec2_release_address =
    EC2("ReleaseAddress", .input = release_in, .gone = ec2_missing, .pending = address_used,
        .flags = AWS_READS);

const struct aws_operation ec2_create_nat_gateway =
    EC2("CreateNatGateway", .input = create_nat_in, .output = nat_out, .pending = ec2_unseen,
        .token = "ClientToken");
const struct aws_operation ec2_describe_nat_gateways =
    EC2("DescribeNatGateways", .input = nats_in, .output = nats_out, .gone = ec2_missing,
        EC2_PAGES("NatGateways"), .flags = AWS_READS);
const struct aws_operation ec2_delete_nat_gateway =
    EC2("DeleteNatGateway", .input = nat_in, .gone = ec2_missing, .flags = AWS_READS);

/* --- waiting ------------------------------------------------------------------------ */

static const char *const nat_state[] = {"NatGateways", "State", NULL};
static const char *const nat_available[] = {"available", NULL};
static const char *const nat_failed[] = {"failed", "deleting", "deleted", NULL};
static const char *const nat_deleted[] = {"deleted", NULL};

const struct aws_wait ec2_nat_gateway_available = {
    .what = "NAT gateway to become available",
    .operation = &ec2_describe_nat_gateways,
    .path = nat_state,
    .done = nat_available,
    .failed = nat_failed,
    .may_be_missing = true,
    .poll_ms_min = 500,
    .poll_ms_max = 15000,
};
const struct aws_wait ec2_nat_gateway_deleted = {
    .what = "NAT gateway to be deleted",
    .operation = &ec2_describe_nat_gateways,
    .path = nat_state,
    .done = nat_deleted,
    .until_gone = true,
    .poll_ms_min = 500,
    .poll_ms_max = 15000,
};

const char *ec2_explain_nat_gateway(struct arena *a, const struct value *output)
{
    const struct value *gateway = value_item(value_at(output, "NatGateways"), 0);
    const char *code = value_text(gateway, "FailureCode");

    return *code ? text_f(a, "%s: %s", code, value_text(gateway, "FailureMessage")) : "";
}

/* --- looking ------------------------------------------------------------------------ */

bool ec2_describe_internet_gateway(struct call *c, struct aws *session, const char *id,
                                   const struct value **out)
{
    return ec2_look_up(c, session, &ec2_describe_internet_gateways, "InternetGatewayIds", id, out);
}

bool ec2_describe_egress_only_internet_gateway(struct call *c, struct aws *session, const char *id,
                                               const struct value **out)
{
    return ec2_look_up(c, session, &ec2_describe_egress_only_internet_gateways,
                       "EgressOnlyInternetGatewayIds", id, out);
}

bool ec2_describe_address(struct call *c, struct aws *session, const char *allocation_id,
                          const struct value **out)
{
    return ec2_look_up(c, session, &ec2_describe_addresses, "AllocationIds", allocation_id, out);
}

/* It stays listed for about an hour after it is gone. */
bool ec2_describe_nat_gateway(struct call *c, struct aws *session, const char *id,
                              const struct value **out)
{
    if (!ec2_look_up(c, session, &ec2_describe_nat_gateways, "NatGatewayIds", id, out))
        return false;
    if (*out && strcmp(value_text(*out, "State"), "deleted") == 0)
        *out = NULL;
    return true;
}
