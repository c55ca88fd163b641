/* Peering of two VPCs. Either side has its own region: accepting and the accepter's
 * options are asked for there. */
#include <string.h>

#include "aws/ec2_parts.h"

/* --- shapes ----------------------------------------------------------------------- */

static const struct aws_member options[] = {MEMBER("AllowDnsResolutionFromRemoteVpc", AWS_BOOL),
                                            END_MEMBERS};
static const struct aws_member side[] = {
    MEMBER("VpcId", AWS_STRING),
    MEMBER("OwnerId", AWS_STRING),
    MEMBER("Region", AWS_STRING),
    MEMBER("CidrBlock", AWS_STRING),
    MEMBER("PeeringOptions", AWS_STRUCTURE, .members = options),
    END_MEMBERS};
static const struct aws_member status[] = {MEMBER("Code", AWS_STRING),
                                           MEMBER("Message", AWS_STRING), END_MEMBERS};
static const struct aws_member connection[] = {
    MEMBER("VpcPeeringConnectionId", AWS_STRING),
    MEMBER("RequesterVpcInfo", AWS_STRUCTURE, .members = side),
    MEMBER("AccepterVpcInfo", AWS_STRUCTURE, .members = side),
    MEMBER("Status", AWS_STRUCTURE, .members = status),
    EC2_TAGS,
    END_MEMBERS};
static const struct aws_member create_in[] = {MEMBER("VpcId", AWS_STRING),
                                              MEMBER("PeerVpcId", AWS_STRING),
                                              MEMBER("PeerOwnerId", AWS_STRING),
                                              MEMBER("PeerRegion", AWS_STRING),
                                              EC2_TAG_SPECIFICATIONS,
                                              END_MEMBERS};
static const struct aws_member connection_out[] = {
    MEMBER("VpcPeeringConnection", AWS_STRUCTURE, .members = connection), END_MEMBERS};
static const struct aws_member connection_in[] = {MEMBER("VpcPeeringConnectionId", AWS_STRING),
                                                  END_MEMBERS};
static const struct aws_member connections_in[] = {
    EC2_LIST("VpcPeeringConnectionIds", "VpcPeeringConnectionId"), EC2_PAGED, END_MEMBERS};
static const struct aws_member connections_out[] =
    EC2_LISTED("VpcPeeringConnections", "vpcPeeringConnectionSet", connection);
static const struct aws_member options_in[] = {
    MEMBER("VpcPeeringConnectionId", AWS_STRING),
    MEMBER("RequesterPeeringConnectionOptions", AWS_STRUCTURE, .members = options),
    MEMBER("AccepterPeeringConnectionOptions", AWS_STRUCTURE, .members = options), END_MEMBERS};

/* --- operations -------------------------------------------------------------------- */

static const char *const exists[] = {"VpcPeeringConnectionAlreadyExists", NULL};

/* Overlapping blocks are no refusal: the connection becomes "failed". */
const struct aws_operation ec2_create_vpc_peering_connection =
    EC2("CreateVpcPeeringConnection", .input = create_in, .output = connection_out,
        .exists = exists, .pending = ec2_unseen);
const struct aws_operation ec2_accept_vpc_peering_connection =
    EC2("AcceptVpcPeeringConnection", .input = connection_in, .output = connection_out,
        .pending = ec2_unseen);
const struct aws_operation ec2_describe_vpc_peering_connections =
    EC2("DescribeVpcPeeringConnections", .input = connections_in, .output = connections_out,
        .gone = ec2_missing, EC2_PAGES("VpcPeeringConnections"), .flags = AWS_READS);
/* Possible only while it is active. */
const struct aws_operation ec2_modify_vpc_peering_connection_options =
    EC2("ModifyVpcPeeringConnectionOptions", .input = options_in, .pending = ec2_unseen,
        .flags = AWS_READS);
const struct aws_operation ec2_delete_vpc_peering_connection = EC2(
    "DeleteVpcPeeringConnection", .input = connection_in, .gone = ec2_missing, .flags = AWS_READS);

/* --- waiting ------------------------------------------------------------------------ */

static const char *const state[] = {"VpcPeeringConnections", "Status", "Code", NULL};
static const char *const requested[] = {"pending-acceptance", "active", NULL};
static const char *const active[] = {"active", NULL};
static const char *const gone[] = {"deleted", "deleting", "rejected", "failed", "expired", NULL};

const struct aws_wait ec2_vpc_peering_connection_requested = {
    .what = "VPC peering connection to reach its other side",
    .operation = &ec2_describe_vpc_peering_connections,
    .path = state,
    .done = requested,
    .failed = gone,
    .may_be_missing = true,
    .poll_ms_min = 500,
    .poll_ms_max = 5000,
};
const struct aws_wait ec2_vpc_peering_connection_active = {
    .what = "VPC peering connection to become active",
    .operation = &ec2_describe_vpc_peering_connections,
    .path = state,
    .done = active,
    .failed = gone,
    .may_be_missing = true,
    .poll_ms_min = 500,
    .poll_ms_max = 5000,
};
const struct aws_wait ec2_vpc_peering_connection_deleted = {
    .what = "VPC peering connection to be deleted",
    .operation = &ec2_describe_vpc_peering_connections,
    .path = state,
    .done = gone,
    .until_gone = true,
    .poll_ms_min = 500,
    .poll_ms_max = 5000,
};

const char *ec2_explain_vpc_peering_connection(struct arena *a, const struct value *output)
{
    const struct value *one = value_item(value_at(output, "VpcPeeringConnections"), 0);

    (void)a;
    return value_text(value_at(one, "Status"), "Message");
}

/* --- looking ------------------------------------------------------------------------ */

bool ec2_describe_vpc_peering_connection(struct call *c, struct aws *session, const char *id,
                                         const struct value **out)
{
    const char *code;

    if (!ec2_look_up(c, session, &ec2_describe_vpc_peering_connections, "VpcPeeringConnectionIds",
                     id, out))
        return false;
    code = *out ? value_text(value_at(*out, "Status"), "Code") : "";
    for (const char *const *one = gone; *one; one++)
        if (strcmp(code, *one) == 0)
            *out = NULL;
    return true;
}
