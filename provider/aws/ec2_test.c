/* What the functions of ec2 make of answers. The rows are tested in operations_test.c. */
#include "aws/ec2.h"

#include "aws/test_stage.h"

#define LIST(name, items) ANSWER("200 OK", "<R><" name ">" items "</" name "></R>")
#define REFUSAL(code)                                                                              \
    ANSWER("400 Bad Request",                                                                      \
           "<Response><Errors><Error><Code>" code "</Code></Error></Errors></Response>")

typedef bool describe_fn(struct call *c, struct aws *session, const char *id,
                         const struct value **out);

TEST(one_object_is_looked_up_by_its_id)
{
    static const struct {
        describe_fn *describe;
        const char *answer, *asks, *member; /* member "" = there is none */
    } rows[] = {
        {ec2_describe_vpc, LIST("vpcSet", "<item><vpcId>x-1</vpcId></item>"), "&VpcId.1=x-1",
         "VpcId"},
        {ec2_describe_vpc, LIST("vpcSet", ""), "&VpcId.1=x-1", ""},
        {ec2_describe_vpc, REFUSAL("InvalidVpcID.NotFound"), "=DescribeVpcs&", ""},
        {ec2_describe_subnet, LIST("subnetSet", "<item><subnetId>x-1</subnetId></item>"),
         "&SubnetId.1=x-1", "SubnetId"},
        {ec2_describe_internet_gateway, REFUSAL("InvalidInternetGatewayID.NotFound"),
         "&InternetGatewayId.1=x-1", ""},
        {ec2_describe_egress_only_internet_gateway,
         LIST("egressOnlyInternetGatewaySet",
              "<item><egressOnlyInternetGatewayId>x-1</egressOnlyInternetGatewayId></item>"),
         "&EgressOnlyInternetGatewayId.1=x-1", "EgressOnlyInternetGatewayId"},
        {ec2_describe_address,
         LIST("addressesSet", "<item><allocationId>x-1</allocationId></item>"),
         "&AllocationId.1=x-1", "AllocationId"},
        {ec2_describe_nat_gateway,
         LIST("natGatewaySet", "<item><natGatewayId>x-1</natGatewayId><state>deleting</state>"
                               "</item>"),
         "&NatGatewayId.1=x-1", "NatGatewayId"},
        {ec2_describe_nat_gateway,
         LIST("natGatewaySet", "<item><natGatewayId>x-1</natGatewayId><state>deleted</state>"
                               "</item>"),
         "&NatGatewayId.1=x-1", ""},
        {ec2_describe_nat_gateway, REFUSAL("NatGatewayNotFound"), "=DescribeNatGateways&", ""},
        {ec2_describe_security_group,
         LIST("securityGroupInfo", "<item><groupId>x-1</groupId></item>"), "&GroupId.1=x-1",
         "GroupId"},
        {ec2_describe_security_group_rule, REFUSAL("InvalidSecurityGroupRuleId.NotFound"),
         "&SecurityGroupRuleId.1=x-1", ""},
        {ec2_describe_vpc_peering_connection,
         LIST("vpcPeeringConnectionSet",
              "<item><vpcPeeringConnectionId>x-1</vpcPeeringConnectionId><status>"
              "<code>pending-acceptance</code></status></item>"),
         "&VpcPeeringConnectionId.1=x-1", "VpcPeeringConnectionId"},
        {ec2_describe_vpc_peering_connection,
         LIST("vpcPeeringConnectionSet",
              "<item><vpcPeeringConnectionId>x-1</vpcPeeringConnectionId><status>"
              "<code>rejected</code></status></item>"),
         "&VpcPeeringConnectionId.1=x-1", ""},
        {ec2_describe_launch_template, REFUSAL("InvalidLaunchTemplateId.NotFound"),
         "&LaunchTemplateId.1=x-1", ""},
        {ec2_describe_network_interface,
         LIST("networkInterfaceSet", "<item><networkInterfaceId>x-1</networkInterfaceId></item>"),
         "&NetworkInterfaceId.1=x-1", "NetworkInterfaceId"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *const answers[] = {rows[i].answer, NULL};
        struct stage *s = stage_with_keys(a, answers);
        const struct value *out = &value_true;

        assert_true(rows[i].describe(&s->f->call, s->aws, "x-1", &out));
        assert_true(saw(s, 0, rows[i].asks));
        if (*rows[i].member)
            assert_string_equal(value_text(out, rows[i].member), "x-1");
        else
            assert_null(out);
    }
}

TEST(other_refusals_are_reported)
{
    const char *const answers[] = {REFUSAL("InvalidSubnetID.Malformed"), NULL};
    struct stage *s = stage_with_keys(a, answers);
    const struct value *out;

    assert_false(ec2_describe_subnet(&s->f->call, s->aws, "x", &out));
    assert_string_equal(s->f->diags.first->summary,
                        "EC2 refused DescribeSubnets: InvalidSubnetID.Malformed");
}

TEST(attributes_of_a_vpc_are_read_one_by_one)
{
    const char *const answers[] = {
        ANSWER("200 OK", "<R><enableDnsSupport><value>true</value></enableDnsSupport></R>"),
        ANSWER("200 OK", "<R><enableDnsHostnames><value>false</value></enableDnsHostnames></R>"),
        REFUSAL("InvalidVpcID.NotFound"), NULL};
    struct stage *s = stage_with_keys(a, answers);
    bool on;

    assert_true(ec2_describe_vpc_attribute(&s->f->call, s->aws, "v", "enableDnsSupport", &on));
    assert_true(on);
    assert_true(saw(s, 0, "&VpcId=v&Attribute=enableDnsSupport"));
    assert_true(ec2_describe_vpc_attribute(&s->f->call, s->aws, "v", "enableDnsHostnames", &on));
    assert_false(on);
    assert_true(ec2_describe_vpc_attribute(&s->f->call, s->aws, "v", "enableDnsSupport", &on));
    assert_false(on);
}

TEST(filters_narrow_what_is_listed)
{
    const char *const answers[] = {
        LIST("subnetSet", "<item><subnetId>s-1</subnetId></item>"), LIST("natGatewaySet", ""),
        LIST("availabilityZoneInfo", "<item><zoneName>eu-west-1a</zoneName></item>"),
        LIST("vpcSet", ""), NULL};
    struct stage *s = stage_with_keys(a, answers);
    struct call *c = &s->f->call;
    const struct value *items,
        *filters = ec2_filter(a, NULL, "vpc-id", "v"),
        *tags = value_map_of(a, {"Name", value_string(a, "mesh")}, {"bare", value_string(a, "1")});

    assert_true(ec2_list(c, s->aws, &ec2_describe_subnets, filters, &items));
    assert_int_equal(value_count(items), 1);
    assert_true(saw(s, 0, "&Filter.1.Name=vpc-id&Filter.1.Value.1=v"));
    assert_true(ec2_list(c, s->aws, &ec2_describe_nat_gateways, filters, &items));
    assert_true(saw(s, 1, "&Filter.1.Name=vpc-id&Filter.1.Value.1=v"));
    assert_true(ec2_list_availability_zones(c, s->aws, &items));
    assert_string_equal(value_text(value_item(items, 0), "ZoneName"), "eu-west-1a");
    assert_true(saw(s, 2, "Filter.1.Value.1=availability-zone&"));
    assert_true(saw(s, 2, "Filter.2.Value.1=opt-in-not-required&"));
    assert_true(ec2_list(c, s->aws, &ec2_describe_vpcs, ec2_filter_tags(a, filters, tags), &items));
    assert_true(saw(s, 3,
                    "&Filter.2.Name=tag%3AName&Filter.2.Value.1=mesh&Filter.3.Name=tag%3Abare"
                    "&Filter.3.Value.1=1"));
}

TEST(instances_come_without_their_reservations)
{
    const char *const answers[] = {
        LIST("reservationSet",
             "<item><instancesSet><item><instanceId>i-1</instanceId></item><item><instanceId>i-2"
             "</instanceId></item></instancesSet></item><item><instancesSet><item><instanceId>i-3"
             "</instanceId></item></instancesSet></item>"),
        NULL};
    struct stage *s = stage_with_keys(a, answers);
    const struct value *list;

    assert_true(ec2_list_instances(&s->f->call, s->aws, NULL, &list));
    assert_int_equal(value_count(list), 3);
    assert_string_equal(value_text(value_item(list, 2), "InstanceId"), "i-3");
}

TEST(routes_and_associations_are_found_in_their_table)
{
    const char *const answers[] = {
        LIST("routeTableSet",
             "<item><routeSet><item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock></item>"
             "<item><destinationIpv6CidrBlock>::/0</destinationIpv6CidrBlock>"
             "<egressOnlyInternetGatewayId>e-1</egressOnlyInternetGatewayId></item></routeSet>"
             "<associationSet><item><main>true</main></item><item><subnetId>s-1</subnetId>"
             "<routeTableAssociationId>a-1</routeTableAssociationId></item></associationSet>"
             "</item>"),
        NULL};
    struct stage *s = stage_with_keys(a, answers);
    const struct value *table;

    assert_true(ec2_describe_route_table(&s->f->call, s->aws, "rtb-1", &table));
    assert_string_equal(value_text(ec2_route_to(table, "::/0"), "EgressOnlyInternetGatewayId"),
                        "e-1");
    assert_null(ec2_route_to(table, "0.0.0.0/0"));
    assert_string_equal(value_text(ec2_association_of(table, "s-1"), "RouteTableAssociationId"),
                        "a-1");
    assert_null(ec2_association_of(table, "s-2"));
}

#define TABLE(route_state, association_state)                                                      \
    LIST("routeTableSet",                                                                          \
         "<item><routeSet><item><destinationCidrBlock>0.0.0.0/0</"                                 \
         "destinationCidrBlock><state>" route_state                                                \
         "</state></item></routeSet><associationSet><item><subnetId>s-1</subnetId>"                \
         "<associationState><state>" association_state                                             \
         "</state><statusMessage>busy</statusMessage>"                                             \
         "</associationState></item></associationSet></item>")

TEST(what_is_put_into_a_table_is_waited_for)
{
    const char *const answers[] = {TABLE("blackhole", "associated"), TABLE("active", "associated"),
                                   TABLE("active", "failed"), NULL};
    struct stage *s = stage_with_keys(a, answers);
    struct call *c = &s->f->call;
    const struct value *out;

    assert_true(ec2_wait_route(c, s->aws, "rtb-1", "0.0.0.0/0", &out));
    assert_string_equal(value_text(out, "State"), "blackhole");
    assert_true(ec2_wait_association(c, s->aws, "rtb-1", "s-1", &out));
    assert_string_equal(value_text(out, "SubnetId"), "s-1");
    assert_false(ec2_wait_association(c, s->aws, "rtb-1", "s-1", &out));
    assert_string_equal(s->f->diags.first->detail, "s-1 in rtb-1 is failed. busy");
}

TEST(waits_end_by_state_and_say_why)
{
    static const struct {
        const struct aws_wait *wait;
        const char *(*explain)(struct arena *a, const struct value *output);
        const char *answer, *error; /* error "" = it ends well */
    } rows[] = {
        {&ec2_vpc_available, NULL, LIST("vpcSet", "<item><state>available</state></item>"), ""},
        {&ec2_vpc_deleted, NULL, REFUSAL("InvalidVpcID.NotFound"), ""},
        {&ec2_subnet_deleted, NULL, LIST("subnetSet", ""), ""},
        {&ec2_nat_gateway_available, ec2_explain_nat_gateway,
         LIST("natGatewaySet", "<item><state>failed</state><failureCode>Gateway.NotAttached"
                               "</failureCode><failureMessage>no gateway</failureMessage></item>"),
         "It is failed. Gateway.NotAttached: no gateway"},
        {&ec2_nat_gateway_deleted, NULL,
         LIST("natGatewaySet", "<item><state>deleted</state></item>"), ""},
        {&ec2_vpc_peering_connection_requested, NULL,
         LIST("vpcPeeringConnectionSet",
              "<item><status><code>pending-acceptance</code></status></item>"),
         ""},
        {&ec2_vpc_peering_connection_active, ec2_explain_vpc_peering_connection,
         LIST("vpcPeeringConnectionSet", "<item><status><code>failed</code><message>overlapping"
                                         "</message></status></item>"),
         "It is failed. overlapping"},
        {&ec2_vpc_peering_connection_deleted, NULL,
         LIST("vpcPeeringConnectionSet", "<item><status><code>expired</code></status></item>"), ""},
        {&ec2_network_interface_available, NULL,
         LIST("networkInterfaceSet", "<item><status>available</status></item>"), ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *const answers[] = {rows[i].answer, NULL};
        struct stage *s = stage_with_keys(a, answers);
        const struct value *out;

        assert_int_equal(
            aws_wait(&s->f->call, s->aws, rows[i].wait, &value_empty_map, rows[i].explain, &out),
            !*rows[i].error);
        if (*rows[i].error)
            assert_string_equal(s->f->diags.first->detail, rows[i].error);
    }
}
