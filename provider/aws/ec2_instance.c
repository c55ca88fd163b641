/* What is in a network: instances, for finding out why a node does not join, and what
 * clusters leave behind: interfaces, volumes, endpoints. */
#include "aws/ec2_parts.h"

/* --- shapes ----------------------------------------------------------------------- */

static const struct aws_member group[] = {MEMBER("GroupId", AWS_STRING),
                                          MEMBER("GroupName", AWS_STRING), END_MEMBERS};
static const struct aws_member state[] = {MEMBER("Name", AWS_STRING), END_MEMBERS};
static const struct aws_member reason[] = {MEMBER("Code", AWS_STRING),
                                           MEMBER("Message", AWS_STRING), END_MEMBERS};
static const struct aws_member placement[] = {MEMBER("AvailabilityZone", AWS_STRING), END_MEMBERS};
static const struct aws_member instance[] = {
    MEMBER("InstanceId", AWS_STRING),
    MEMBER("InstanceType", AWS_STRING),
    MEMBER("ImageId", AWS_STRING),
    MEMBER("State", AWS_STRUCTURE, .wire = "instanceState", .members = state),
    MEMBER("StateTransitionReason", AWS_STRING, .wire = "reason"),
    MEMBER("StateReason", AWS_STRUCTURE, .members = reason),
    MEMBER("LaunchTime", AWS_TIME),
    MEMBER("Placement", AWS_STRUCTURE, .members = placement),
    MEMBER("SubnetId", AWS_STRING),
    MEMBER("VpcId", AWS_STRING),
    MEMBER("PrivateIpAddress", AWS_STRING),
    MEMBER("PrivateDnsName", AWS_STRING),
    MEMBER("SecurityGroups", AWS_LIST, .wire = "groupSet", .members = group),
    EC2_TAGS,
    END_MEMBERS};
static const struct aws_member reservation[] = {
    MEMBER("Instances", AWS_LIST, .wire = "instancesSet", .members = instance), END_MEMBERS};
static const struct aws_member instances_in[] = {EC2_LIST("InstanceIds", "InstanceId"),
                                                 MEMBER("IncludeManagedResources", AWS_BOOL),
                                                 EC2_PAGED, END_MEMBERS};
static const struct aws_member instances_out[] =
    EC2_LISTED("Reservations", "reservationSet", reservation);

static const struct aws_member attachment[] = {
    MEMBER("AttachmentId", AWS_STRING), MEMBER("InstanceId", AWS_STRING),
    MEMBER("InstanceOwnerId", AWS_STRING), MEMBER("Status", AWS_STRING), END_MEMBERS};
static const struct aws_member public_address[] = {MEMBER("AllocationId", AWS_STRING),
                                                   MEMBER("PublicIp", AWS_STRING), END_MEMBERS};
static const struct aws_member interface[] = {
    MEMBER("NetworkInterfaceId", AWS_STRING),
    MEMBER("Status", AWS_STRING),
    MEMBER("Description", AWS_STRING),
    MEMBER("InterfaceType", AWS_STRING),
    MEMBER("RequesterId", AWS_STRING),
    MEMBER("RequesterManaged", AWS_BOOL),
    MEMBER("SubnetId", AWS_STRING),
    MEMBER("VpcId", AWS_STRING),
    MEMBER("PrivateIpAddress", AWS_STRING),
    MEMBER("Attachment", AWS_STRUCTURE, .members = attachment),
    MEMBER("Association", AWS_STRUCTURE, .members = public_address),
    MEMBER("Groups", AWS_LIST, .wire = "groupSet", .members = group),
    MEMBER("TagSet", AWS_LIST, .members = ec2_tag), /* the one object that calls them so */
    END_MEMBERS};
static const struct aws_member interfaces_in[] = {
    EC2_LIST("NetworkInterfaceIds", "NetworkInterfaceId"),
    MEMBER("IncludeManagedResources", AWS_BOOL), EC2_PAGED, END_MEMBERS};
static const struct aws_member interfaces_out[] =
    EC2_LISTED("NetworkInterfaces", "networkInterfaceSet", interface);
static const struct aws_member detach_in[] = {MEMBER("AttachmentId", AWS_STRING),
                                              MEMBER("Force", AWS_BOOL), END_MEMBERS};
static const struct aws_member interface_in[] = {MEMBER("NetworkInterfaceId", AWS_STRING),
                                                 END_MEMBERS};

static const struct aws_member volume[] = {MEMBER("VolumeId", AWS_STRING),
                                           MEMBER("State", AWS_STRING, .wire = "status"),
                                           MEMBER("AvailabilityZone", AWS_STRING),
                                           MEMBER("Size", AWS_INTEGER),
                                           MEMBER("CreateTime", AWS_TIME),
                                           EC2_TAGS,
                                           END_MEMBERS};
static const struct aws_member volumes_in[] = {EC2_LIST("VolumeIds", "VolumeId"), EC2_PAGED,
                                               END_MEMBERS};
static const struct aws_member volumes_out[] = EC2_LISTED("Volumes", "volumeSet", volume);
static const struct aws_member volume_in[] = {MEMBER("VolumeId", AWS_STRING), END_MEMBERS};

static const struct aws_member endpoint[] = {MEMBER("VpcEndpointId", AWS_STRING),
                                             MEMBER("VpcEndpointType", AWS_STRING),
                                             MEMBER("ServiceName", AWS_STRING),
                                             MEMBER("State", AWS_STRING),
                                             MEMBER("VpcId", AWS_STRING),
                                             EC2_TAGS,
                                             END_MEMBERS};
static const struct aws_member endpoints_in[] = {EC2_LIST("VpcEndpointIds", "VpcEndpointId"),
                                                 EC2_PAGED, END_MEMBERS};
static const struct aws_member endpoints_out[] =
    EC2_LISTED("VpcEndpoints", "vpcEndpointSet", endpoint);

/* --- operations -------------------------------------------------------------------- */

static const char *const interface_used[] = {"InvalidNetworkInterface.InUse",
                                             "InvalidParameterValue", NULL};
static const char *const volume_used[] = {"VolumeInUse", NULL};

const struct aws_operation ec2_describe_instances =
    EC2("DescribeInstances", .input = instances_in, .output = instances_out, .gone = ec2_missing,
        EC2_PAGES("Reservations"), .flags = AWS_READS);
const struct aws_operation ec2_describe_network_interfaces =
    EC2("DescribeNetworkInterfaces", .input = interfaces_in, .output = interfaces_out,
        .gone = ec2_missing, EC2_PAGES("NetworkInterfaces"), .flags = AWS_READS);
const struct aws_operation ec2_detach_network_interface =
    EC2("DetachNetworkInterface", .input = detach_in, .gone = ec2_missing, .flags = AWS_READS);
const struct aws_operation ec2_delete_network_interface =
    EC2("DeleteNetworkInterface", .input = interface_in, .gone = ec2_missing,
        .pending = interface_used, .flags = AWS_READS);
const struct aws_operation ec2_describe_volumes =
    EC2("DescribeVolumes", .input = volumes_in, .output = volumes_out, .gone = ec2_missing,
        EC2_PAGES("Volumes"), .flags = AWS_READS);
const struct aws_operation ec2_delete_volume =
    EC2("DeleteVolume", .input = volume_in, .gone = ec2_missing, .pending = volume_used,
        .flags = AWS_READS);
const struct aws_operation ec2_describe_vpc_endpoints =
    EC2("DescribeVpcEndpoints", .input = endpoints_in, .output = endpoints_out, .gone = ec2_missing,
        EC2_PAGES("VpcEndpoints"), .flags = AWS_READS);

/* --- waiting ------------------------------------------------------------------------ */

static const char *const interface_state[] = {"NetworkInterfaces", "Status", NULL};
static const char *const available[] = {"available", NULL};

/* After a detach; gone will do as well. */
const struct aws_wait ec2_network_interface_available = {
    .what = "network interface to be detached",
    .operation = &ec2_describe_network_interfaces,
    .path = interface_state,
    .done = available,
    .until_gone = true,
    .poll_ms_min = 500,
    .poll_ms_max = 20000,
};

/* --- looking ------------------------------------------------------------------------ */

bool ec2_list_instances(struct call *c, struct aws *session, const struct value *filters,
                        const struct value **instances)
{
    const struct value *reservations;
    struct value_builder all;

    if (!ec2_list(c, session, &ec2_describe_instances, filters, &reservations))
        return false;
    value_builder_init(&all, c->arena);
    for (size_t i = 0; i < value_count(reservations); i++) {
        const struct value *some = value_at(value_item(reservations, i), "Instances");

        for (size_t k = 0; k < value_count(some); k++)
            value_builder_add(&all, value_item(some, k));
    }
    *instances = value_builder_list(&all);
    return true;
}

bool ec2_describe_network_interface(struct call *c, struct aws *session, const char *id,
                                    const struct value **out)
{
    return ec2_look_up(c, session, &ec2_describe_network_interfaces, "NetworkInterfaceIds", id,
                       out);
}
