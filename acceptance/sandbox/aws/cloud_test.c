/* The stand-in account, asked as the provider asks AWS. */
#include "acceptance/harness/component_aws.h"
#include "aws/ec2.h"

struct scene {
    struct arena *a;
    struct component_aws *t;
    struct cloud *cloud;
    struct call *call;
    struct aws *aws;
    struct aws_reply reply;
};

/* --- asking ---------------------------------------------------------------------------------- */
static void close_scene(void *t)
{
    component_stop_aws(t);
}

static struct aws *open_in(struct scene *s, const char *region)
{
    const struct aws_access access = {.region = region};
    struct aws *aws;

    assert_true(aws_open(s->call, &access, NULL, &aws));
    return aws;
}

/* A session in eu-west-1 that tries once: each refusal is seen. */
static void scene_start(struct scene *s, struct arena *a, const struct cloud_options *options)
{
    struct clients *clients;

    *s = (struct scene){.a = a, .t = arena_alloc(a, sizeof(*s->t))};
    component_start_aws(s->t, a, 0, options);
    arena_defer(a, close_scene, s->t);
    clients = &s->t->component.clients;
    clients->provider_config =
        value_with_in(a, clients->provider_config, value_integer(a, 0), "aws", "max_retries");
    s->cloud = s->t->cloud;
    s->call = component_call(&s->t->component, NULL, &value_null);
    s->aws = open_in(s, "eu-west-1");
}

/* AWS's code of the refusal; "" = done. */
static const char *ask_in(struct scene *s, struct aws *aws, const struct aws_operation *operation,
                          const char *input)
{
    const struct value *v;
    const char *reason = json_try(s->a, text_of(input), &v);

    assert_null(reason);
    if (!aws_try(s->call, aws, operation, v, &s->reply))
        fail_msg("%s", component_diags(&s->t->component));
    return s->reply.output ? "" : s->reply.error.code;
}

static const char *ask(struct scene *s, const struct aws_operation *operation, const char *input)
{
    return ask_in(s, s->aws, operation, input);
}

static const char *done_in(struct scene *s, struct aws *aws, const struct aws_operation *operation,
                           const char *input, const char *member, const char *id)
{
    const char *code = ask_in(s, aws, operation, input);
    const struct value *object;

    if (*code)
        fail_msg("%s: %s: %s", operation->name, code, s->reply.error.message);
    object = *member ? value_at(s->reply.output, member) : s->reply.output;
    return value_text(object, id);
}

static const char *done(struct scene *s, const struct aws_operation *operation, const char *input,
                        const char *member, const char *id)
{
    return done_in(s, s->aws, operation, input, member, id);
}

#define JSON(...) text_f(s.a, __VA_ARGS__)
#define REFUSED(expected, operation, ...)                                                          \
    assert_string_equal(ask(&s, &(operation), JSON(__VA_ARGS__)), (expected))
#define DONE(operation, ...) (void)done(&s, &(operation), JSON(__VA_ARGS__), "", "")

static const char *new_vpc(struct scene *s, const char *cidr)
{
    return done(s, &ec2_create_vpc, text_f(s->a, "{\"CidrBlock\": \"%s\"}", cidr), "Vpc", "VpcId");
}

static const char *new_subnet(struct scene *s, const char *vpc, const char *cidr)
{
    return done(s, &ec2_create_subnet,
                text_f(s->a, "{\"VpcId\": \"%s\", \"CidrBlock\": \"%s\"}", vpc, cidr), "Subnet",
                "SubnetId");
}

static const struct value *first(struct scene *s, const char *list)
{
    return value_item(value_at(s->reply.output, list), 0);
}

/* --- networks ----------------------------------------------------------------------------------
 */
TEST(a_network_is_made_and_taken_down_in_order_only)
{
    struct scene s;
    const char *vpc, *subnet, *gateway, *address, *nat, *table, *association;
    char *left;

    scene_start(&s, a, &(struct cloud_options){.speed = 0});
    vpc = new_vpc(&s, "10.1.0.0/16");
    assert_int_equal(strlen(vpc), strlen("vpc-0123456789abcdef0"));
    subnet = new_subnet(&s, vpc, "10.1.48.0/24");
    gateway = done(&s, &ec2_create_internet_gateway, "{}", "InternetGateway", "InternetGatewayId");
    DONE(ec2_attach_internet_gateway, "{\"InternetGatewayId\": \"%s\", \"VpcId\": \"%s\"}", gateway,
         vpc);
    address = done(&s, &ec2_allocate_address, "{\"Domain\": \"vpc\"}", "", "AllocationId");
    nat = done(&s, &ec2_create_nat_gateway,
               JSON("{\"SubnetId\": \"%s\", \"AllocationId\": \"%s\"}", subnet, address),
               "NatGateway", "NatGatewayId");
    assert_string_equal(value_text(value_at(s.reply.output, "NatGateway"), "State"), "pending");
    DONE(ec2_describe_nat_gateways, "{\"NatGatewayIds\": [\"%s\"]}", nat);
    assert_string_equal(value_text(first(&s, "NatGateways"), "State"), "available");
    table = done(&s, &ec2_create_route_table, JSON("{\"VpcId\": \"%s\"}", vpc), "RouteTable",
                 "RouteTableId");
    DONE(ec2_create_route,
         "{\"RouteTableId\": \"%s\", \"DestinationCidrBlock\": \"0.0.0.0/0\", "
         "\"NatGatewayId\": \"%s\"}",
         table, nat);
    association = done(&s, &ec2_associate_route_table,
                       JSON("{\"RouteTableId\": \"%s\", \"SubnetId\": \"%s\"}", table, subnet), "",
                       "AssociationId");

    REFUSED("DependencyViolation", ec2_delete_vpc, "{\"VpcId\": \"%s\"}", vpc);
    REFUSED("DependencyViolation", ec2_delete_subnet, "{\"SubnetId\": \"%s\"}", subnet);
    REFUSED("InvalidIPAddress.InUse", ec2_release_address, "{\"AllocationId\": \"%s\"}", address);
    REFUSED("DependencyViolation", ec2_detach_internet_gateway,
            "{\"InternetGatewayId\": \"%s\", \"VpcId\": \"%s\"}", gateway, vpc);
    REFUSED("DependencyViolation", ec2_delete_route_table, "{\"RouteTableId\": \"%s\"}", table);

    DONE(ec2_delete_nat_gateway, "{\"NatGatewayId\": \"%s\"}", nat);
    DONE(ec2_describe_route_tables, "{\"RouteTableIds\": [\"%s\"]}", table);
    assert_string_equal(value_text(ec2_route_to(first(&s, "RouteTables"), "0.0.0.0/0"), "State"),
                        "blackhole");
    DONE(ec2_release_address, "{\"AllocationId\": \"%s\"}", address);
    DONE(ec2_disassociate_route_table, "{\"AssociationId\": \"%s\"}", association);
    DONE(ec2_delete_route_table, "{\"RouteTableId\": \"%s\"}", table);
    DONE(ec2_delete_subnet, "{\"SubnetId\": \"%s\"}", subnet);
    REFUSED("DependencyViolation", ec2_delete_vpc, "{\"VpcId\": \"%s\"}", vpc);
    DONE(ec2_detach_internet_gateway, "{\"InternetGatewayId\": \"%s\", \"VpcId\": \"%s\"}", gateway,
         vpc);
    DONE(ec2_delete_internet_gateway, "{\"InternetGatewayId\": \"%s\"}", gateway);
    DONE(ec2_delete_vpc, "{\"VpcId\": \"%s\"}", vpc);
    REFUSED("InvalidVpcID.NotFound", ec2_describe_vpcs, "{\"VpcIds\": [\"%s\"]}", vpc);
    left = cloud_inventory(s.cloud);
    assert_string_equal(left, "");
    memory_free(left);
}

TEST(subnets_lie_within_their_vpc_and_apart)
{
    static const struct {
        const char *cidr, *code;
    } cases[] = {
        {"10.1.0.0/20", "InvalidSubnet.Conflict"}, {"10.1.8.0/24", "InvalidSubnet.Conflict"},
        {"10.2.0.0/24", "InvalidSubnet.Range"},    {"10.1.16.0/29", "InvalidSubnet.Range"},
        {"10.1.16.0", "InvalidParameterValue"},    {"10.1.16.0/20", ""}};
    struct scene s;
    const char *vpc;

    scene_start(&s, a, &(struct cloud_options){.speed = 0});
    vpc = new_vpc(&s, "10.1.0.0/16");
    new_subnet(&s, vpc, "10.1.0.0/20");
    assert_int_equal(
        value_integer_at(value_at(s.reply.output, "Subnet"), "AvailableIpAddressCount"), 4091);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        REFUSED(cases[i].code, ec2_create_subnet, "{\"VpcId\": \"%s\", \"CidrBlock\": \"%s\"}", vpc,
                cases[i].cidr);
    REFUSED("InvalidParameterValue", ec2_create_subnet,
            "{\"VpcId\": \"%s\", \"CidrBlock\": \"10.1.32.0/20\", "
            "\"AvailabilityZone\": \"us-east-1a\"}",
            vpc);
    REFUSED("InvalidVpc.Range", ec2_create_vpc, "{\"CidrBlock\": \"10.0.0.0/8\"}");
    REFUSED("InvalidVpcID.NotFound", ec2_create_subnet,
            "{\"VpcId\": \"vpc-0123456789abcdef0\", \"CidrBlock\": \"10.1.32.0/20\"}");
}

TEST(a_nat_gateway_without_a_way_out_fails)
{
    struct scene s;
    const char *subnet, *address, *nat;

    scene_start(&s, a, &(struct cloud_options){.speed = 0});
    subnet = new_subnet(&s, new_vpc(&s, "10.1.0.0/16"), "10.1.0.0/24");
    address = done(&s, &ec2_allocate_address, "{}", "", "AllocationId");
    nat = done(&s, &ec2_create_nat_gateway,
               JSON("{\"SubnetId\": \"%s\", \"AllocationId\": \"%s\"}", subnet, address),
               "NatGateway", "NatGatewayId");
    DONE(ec2_describe_nat_gateways, "{\"NatGatewayIds\": [\"%s\"]}", nat);
    assert_string_equal(value_text(first(&s, "NatGateways"), "State"), "failed");
    assert_string_equal(value_text(first(&s, "NatGateways"), "FailureCode"), "Gateway.NotAttached");
    DONE(ec2_release_address, "{\"AllocationId\": \"%s\"}", address);
    DONE(ec2_delete_subnet, "{\"SubnetId\": \"%s\"}", subnet);
}

TEST(attributes_are_one_in_each_call)
{
    struct scene s;
    const char *vpc;
    bool on;

    scene_start(&s, a, &(struct cloud_options){.speed = 0});
    vpc = new_vpc(&s, "10.1.0.0/16");
    REFUSED("InvalidParameterCombination", ec2_modify_vpc_attribute,
            "{\"VpcId\": \"%s\", \"EnableDnsSupport\": {\"Value\": true}, "
            "\"EnableDnsHostnames\": {\"Value\": true}}",
            vpc);
    assert_true(ec2_describe_vpc_attribute(s.call, s.aws, vpc, "enableDnsHostnames", &on));
    assert_false(on);
    DONE(ec2_modify_vpc_attribute, "{\"VpcId\": \"%s\", \"EnableDnsHostnames\": {\"Value\": true}}",
         vpc);
    assert_true(ec2_describe_vpc_attribute(s.call, s.aws, vpc, "enableDnsHostnames", &on));
    assert_true(on);
}

/* --- rules, peerings, templates ----------------------------------------------------------------
 */
static const char *new_group(struct scene *s, const char *vpc, const char *name)
{
    return done(s, &ec2_create_security_group,
                text_f(s->a,
                       "{\"VpcId\": \"%s\", \"GroupName\": \"%s\", \"Description\": \"mesh\"}", vpc,
                       name),
                "", "GroupId");
}

TEST(groups_that_others_name_stay)
{
    struct scene s;
    const char *vpc, *nodes, *control, *rule;

    scene_start(&s, a, &(struct cloud_options){.speed = 0});
    vpc = new_vpc(&s, "10.1.0.0/16");
    nodes = new_group(&s, vpc, "nodes");
    control = new_group(&s, vpc, "control");
    REFUSED("InvalidGroup.Duplicate", ec2_create_security_group,
            "{\"VpcId\": \"%s\", \"GroupName\": \"nodes\", \"Description\": \"again\"}", vpc);
    DONE(ec2_authorize_security_group_ingress,
         "{\"GroupId\": \"%s\", \"IpPermissions\": [{\"IpProtocol\": \"tcp\", \"FromPort\": 15017, "
         "\"ToPort\": 15017, \"UserIdGroupPairs\": [{\"GroupId\": \"%s\", "
         "\"Description\": \"webhook\"}]}]}",
         nodes, control);
    rule = value_text(first(&s, "SecurityGroupRules"), "SecurityGroupRuleId");
    assert_string_equal(
        value_text(value_at(first(&s, "SecurityGroupRules"), "ReferencedGroupInfo"), "GroupId"),
        control);
    REFUSED("InvalidPermission.Duplicate", ec2_authorize_security_group_ingress,
            "{\"GroupId\": \"%s\", \"IpPermissions\": [{\"IpProtocol\": \"tcp\", \"FromPort\": "
            "15017, \"ToPort\": 15017, \"UserIdGroupPairs\": [{\"GroupId\": \"%s\"}]}]}",
            nodes, control);
    DONE(ec2_describe_security_groups, "{\"GroupIds\": [\"%s\"]}", nodes);
    assert_int_equal(
        value_integer_at(value_item(value_at(first(&s, "SecurityGroups"), "IpPermissions"), 0),
                         "FromPort"),
        15017);
    REFUSED("DependencyViolation", ec2_delete_security_group, "{\"GroupId\": \"%s\"}", control);
    DONE(ec2_revoke_security_group_ingress,
         "{\"GroupId\": \"%s\", \"SecurityGroupRuleIds\": [\"%s\"]}", nodes, rule);
    DONE(ec2_delete_security_group, "{\"GroupId\": \"%s\"}", control);
    REFUSED("DependencyViolation", ec2_delete_vpc, "{\"VpcId\": \"%s\"}", vpc);
    DONE(ec2_delete_security_group, "{\"GroupId\": \"%s\"}", nodes);
    DONE(ec2_delete_vpc, "{\"VpcId\": \"%s\"}", vpc);
}

TEST(peerings_across_regions_have_two_sides)
{
    struct scene s;
    struct aws *east;
    const char *vpc, *peer, *peering, *input;

    scene_start(&s, a, &(struct cloud_options){.speed = 0});
    east = open_in(&s, "us-east-2");
    vpc = new_vpc(&s, "10.1.0.0/16");
    peer = done_in(&s, east, &ec2_create_vpc, "{\"CidrBlock\": \"10.2.0.0/16\"}", "Vpc", "VpcId");
    peering = done(&s, &ec2_create_vpc_peering_connection,
                   JSON("{\"VpcId\": \"%s\", \"PeerVpcId\": \"%s\", \"PeerRegion\": "
                        "\"us-east-2\"}",
                        vpc, peer),
                   "VpcPeeringConnection", "VpcPeeringConnectionId");
    input = JSON("{\"VpcPeeringConnectionId\": \"%s\"}", peering);
    assert_string_equal(ask(&s, &ec2_accept_vpc_peering_connection, input),
                        "OperationNotPermitted");
    assert_string_equal(ask_in(&s, east, &ec2_accept_vpc_peering_connection, input), "");
    DONE(ec2_describe_vpc_peering_connections, "{\"VpcPeeringConnectionIds\": [\"%s\"]}", peering);
    assert_string_equal(value_text(value_at(first(&s, "VpcPeeringConnections"), "Status"), "Code"),
                        "active");
    REFUSED("DependencyViolation", ec2_delete_vpc, "{\"VpcId\": \"%s\"}", vpc);
    assert_string_equal(ask_in(&s, east, &ec2_delete_vpc_peering_connection, input), "");
    DONE(ec2_delete_vpc, "{\"VpcId\": \"%s\"}", vpc);
    assert_string_equal(ask_in(&s, east, &ec2_delete_vpc, JSON("{\"VpcId\": \"%s\"}", peer)), "");
}

TEST(overlapping_networks_do_not_peer)
{
    struct scene s;
    const char *peering;

    scene_start(&s, a, &(struct cloud_options){.speed = 0});
    peering = done(&s, &ec2_create_vpc_peering_connection,
                   JSON("{\"VpcId\": \"%s\", \"PeerVpcId\": \"%s\"}", new_vpc(&s, "10.1.0.0/16"),
                        new_vpc(&s, "10.1.128.0/17")),
                   "VpcPeeringConnection", "VpcPeeringConnectionId");
    DONE(ec2_describe_vpc_peering_connections, "{\"VpcPeeringConnectionIds\": [\"%s\"]}", peering);
    assert_string_equal(value_text(value_at(first(&s, "VpcPeeringConnections"), "Status"), "Code"),
                        "failed");
}

TEST(launch_templates_change_by_versions)
{
    struct scene s;
    const char *template;
    const struct value *version;

    scene_start(&s, a, &(struct cloud_options){.speed = 0});
    template = done(&s, &ec2_create_launch_template,
                    "{\"LaunchTemplateName\": \"nodes\", \"LaunchTemplateData\": "
                    "{\"SecurityGroupIds\": [\"sg-1\"], \"MetadataOptions\": {\"HttpTokens\": "
                    "\"required\", \"HttpPutResponseHopLimit\": 2}}}",
                    "LaunchTemplate", "LaunchTemplateId");
    REFUSED(
        "InvalidLaunchTemplateName.AlreadyExistsException", ec2_create_launch_template,
        "{\"LaunchTemplateName\": \"nodes\", \"LaunchTemplateData\": {\"ImageId\": \"ami-1\"}}");
    DONE(ec2_create_launch_template_version,
         "{\"LaunchTemplateId\": \"%s\", \"LaunchTemplateData\": {\"InstanceType\": \"t3.large\"}}",
         template);
    assert_true(
        ec2_describe_launch_template_version(s.call, s.aws, template, "$Default", &version));
    assert_int_equal(value_integer_at(version, "VersionNumber"), 1);
    assert_string_equal(
        value_z(value_item(value_in(version, "LaunchTemplateData", "SecurityGroupIds"), 0)),
        "sg-1");
    DONE(ec2_modify_launch_template, "{\"LaunchTemplateId\": \"%s\", \"DefaultVersion\": \"2\"}",
         template);
    REFUSED("InvalidLaunchTemplateId.VersionNotFound", ec2_modify_launch_template,
            "{\"LaunchTemplateId\": \"%s\", \"DefaultVersion\": \"7\"}", template);
    assert_true(
        ec2_describe_launch_template_version(s.call, s.aws, template, "$Default", &version));
    assert_string_equal(value_text(value_at(version, "LaunchTemplateData"), "InstanceType"),
                        "t3.large");
}

/* --- tags, pages, tokens, quotas, time ---------------------------------------------------------
 */
TEST(objects_are_found_by_tags_page_by_page)
{
    struct scene s;
    const char *vpc;
    const struct value *items, *filters;

    scene_start(&s, a, &(struct cloud_options){.speed = 0});
    vpc = new_vpc(&s, "10.1.0.0/16");
    for (int i = 0; i < 12; i++)
        DONE(ec2_create_subnet,
             "{\"VpcId\": \"%s\", \"CidrBlock\": \"10.1.%d.0/24\", \"TagSpecifications\": "
             "[{\"ResourceType\": \"subnet\", \"Tags\": [{\"Key\": \"number\", \"Value\": "
             "\"%d\"}]}]}",
             vpc, i, i);
    REFUSED("InvalidParameterValue", ec2_create_subnet,
            "{\"VpcId\": \"%s\", \"CidrBlock\": \"10.1.99.0/24\", \"TagSpecifications\": "
            "[{\"ResourceType\": \"vpc\", \"Tags\": [{\"Key\": \"a\", \"Value\": \"b\"}]}]}",
            vpc);
    assert_true(aws_list(s.call, s.aws, &ec2_describe_subnets,
                         value_map_of(a, {"MaxResults", value_integer(a, 5)}), &items));
    assert_int_equal(value_count(items), 12);
    filters = ec2_filter(a, ec2_filter(a, NULL, "vpc-id", vpc), "tag:number", "1*");
    assert_true(ec2_list(s.call, s.aws, &ec2_describe_subnets, filters, &items));
    assert_int_equal(value_count(items), 3); /* 1, 10, 11 */
    DONE(ec2_create_tags,
         "{\"Resources\": [\"%s\"], \"Tags\": [{\"Key\": \"Name\", \"Value\": \"mesh\"}]}", vpc);
    filters = ec2_filter(a, NULL, "tag:Name", "mesh");
    assert_true(ec2_list(s.call, s.aws, &ec2_describe_vpcs, filters, &items));
    assert_int_equal(value_count(items), 1);
    REFUSED("InvalidParameterValue", ec2_describe_vpcs,
            "{\"Filters\": [{\"Name\": \"vpcid\", \"Values\": [\"x\"]}]}");
    REFUSED("InvalidParameterCombination", ec2_describe_vpcs,
            "{\"VpcIds\": [\"%s\"], \"MaxResults\": 5}", vpc);
    REFUSED("InvalidID.NotFound", ec2_create_tags,
            "{\"Resources\": [\"vpc-00000000000000000\"], \"Tags\": [{\"Key\": \"a\", \"Value\": "
            "\"b\"}]}");
}

TEST(a_repeated_token_makes_nothing_twice)
{
    struct scene s;
    const char *subnet, *nat, *again;

    scene_start(&s, a, &(struct cloud_options){.speed = 0});
    subnet = new_subnet(&s, new_vpc(&s, "10.1.0.0/16"), "10.1.0.0/24");
    nat = done(&s, &ec2_create_nat_gateway,
               JSON("{\"SubnetId\": \"%s\", \"ConnectivityType\": \"private\", \"ClientToken\": "
                    "\"one\"}",
                    subnet),
               "NatGateway", "NatGatewayId");
    again = done(&s, &ec2_create_nat_gateway,
                 JSON("{\"SubnetId\": \"%s\", \"ConnectivityType\": \"private\", "
                      "\"ClientToken\": \"one\"}",
                      subnet),
                 "NatGateway", "NatGatewayId");
    assert_string_equal(nat, again);
    REFUSED("IdempotentParameterMismatch", ec2_create_nat_gateway,
            "{\"SubnetId\": \"subnet-0123456789abcdef0\", \"ConnectivityType\": \"private\", "
            "\"ClientToken\": \"one\"}");
}

TEST(quotas_are_five_in_each_region)
{
    struct scene s;

    scene_start(&s, a, &(struct cloud_options){.speed = 0, .vpcs_max = 2});
    for (int i = 0; i < 5; i++)
        DONE(ec2_allocate_address, "{}");
    REFUSED("AddressLimitExceeded", ec2_allocate_address, "{}");
    new_vpc(&s, "10.1.0.0/16");
    new_vpc(&s, "10.2.0.0/16");
    REFUSED("VpcLimitExceeded", ec2_create_vpc, "{\"CidrBlock\": \"10.3.0.0/16\"}");
    assert_string_equal(
        ask_in(&s, open_in(&s, "us-west-2"), &ec2_create_vpc, "{\"CidrBlock\": \"10.3.0.0/16\"}"),
        "");
}

TEST(what_was_just_made_is_not_seen_at_once)
{
    struct scene s;
    const char *vpc, *input;

    scene_start(&s, a, &(struct cloud_options){.speed = 1, .eventual = true});
    vpc = new_vpc(&s, "10.1.0.0/16");
    input = JSON("{\"VpcIds\": [\"%s\"]}", vpc);
    assert_string_equal(ask(&s, &ec2_describe_vpcs, input), "InvalidVpcID.NotFound");
    scene_start(&s, a, &(struct cloud_options){.speed = 0, .eventual = true});
    vpc = new_vpc(&s, "10.1.0.0/16");
    input = JSON("{\"VpcIds\": [\"%s\"]}", vpc);
    assert_string_equal(ask(&s, &ec2_describe_vpcs, input), "");
}

TEST(states_take_their_time)
{
    struct scene s;

    scene_start(&s, a, &(struct cloud_options){.speed = 1});
    DONE(ec2_describe_vpcs, "{\"VpcIds\": [\"%s\"]}", new_vpc(&s, "10.1.0.0/16"));
    assert_string_equal(value_text(first(&s, "Vpcs"), "State"), "pending");
}

TEST(unknown_and_missing_parameters_are_refused)
{
    static const struct aws_member in[] = {MEMBER("Cidr", AWS_STRING), END_MEMBERS};
    static const struct aws_operation typo = {
        .name = "CreateVpc", .service = &aws_ec2, .input = in};
    static const struct aws_operation nothing = {.name = "CreateVps", .service = &aws_ec2};
    struct scene s;

    scene_start(&s, a, &(struct cloud_options){.speed = 0});
    assert_string_equal(ask(&s, &typo, "{\"Cidr\": \"10.1.0.0/16\"}"), "UnknownParameter");
    assert_string_equal(ask(&s, &typo, "{}"), "MissingParameter");
    assert_string_equal(ask(&s, &nothing, "{}"), "InvalidAction");
}

TEST(too_many_requests_are_throttled)
{
    struct scene s;
    const char *code = "";

    scene_start(&s, a, &(struct cloud_options){.speed = 0, .throttle = 2});
    for (int i = 0; i < 10 && !*code; i++)
        code = ask(&s, &ec2_describe_vpcs, "{}");
    assert_string_equal(code, "RequestLimitExceeded");
}

TEST(faults_come_in_the_services_words)
{
    struct scene s;

    scene_start(&s, a, &(struct cloud_options){.speed = 0});
    cloud_fault(s.cloud, FAULT_500, 1, 1, "ec2.eu-west-1/CreateVpc");
    REFUSED("InternalError", ec2_create_vpc, "{\"CidrBlock\": \"10.1.0.0/16\"}");
    new_vpc(&s, "10.1.0.0/16");
    assert_string_equal(component_aws_requests(s.t), "POST ec2.eu-west-1/CreateVpc 500\n"
                                                     "POST ec2.eu-west-1/CreateVpc 200\n");
}

TEST(a_session_that_expires_is_renewed)
{
    struct scene s;

    scene_start(&s, a, &(struct cloud_options){.speed = 0});
    cloud_add_key(s.cloud, "job", "ASIAJOB", "secret", "token", 0);
    component_use_key("ASIAJOB", "secret", "token");
    s.aws = open_in(&s, "us-west-2");
    DONE(ec2_describe_vpcs, "{}");
    cloud_add_key(s.cloud, "job", "ASIAJOB", "secret", "token", clock_now() - 1);
    component_use_key(cloud_key_id(s.cloud), cloud_secret(s.cloud), "");
    DONE(ec2_describe_vpcs, "{}");
    assert_non_null(strstr(component_aws_requests(s.t), "DescribeVpcs 400\nPOST "));
}
