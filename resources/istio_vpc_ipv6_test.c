/* istio_vpc with `ipv6` against a stand-in AWS account. */
#include "resources/test_vpc_stage.h"

#include "aws/ec2.h"

#define IPV6_ZONES(n) "{" BASE ", " ZONES(n) ", \"ipv6\": true}"
#define IPV6_INVENTORY                                                                             \
    "egress-only-internet-gateway 1\nelastic-ip 1\ninternet-gateway 1\nnatgateway 1\n"             \
    "network-interface 1\nroute-table 2\nsubnet 2\nvpc 1\n"

/* What `key` of the n-th thing that a describe operation lists says. */
static const struct value *listed(struct component_aws *t, const struct aws_operation *operation,
                                  const char *input, size_t nth)
{
    return value_item(value_at(ask(t, operation, input), operation->items), nth);
}

static const char *subnet_block(struct component_aws *t, const struct value *state,
                                const char *attribute, size_t nth)
{
    const struct value *subnet =
        listed(t, &ec2_describe_subnets,
               text_f(t->component.arena, "{\"SubnetIds\": [\"%s\"]}",
                      value_z(value_item(value_at(state, attribute), nth))),
               0);

    assert_true(value_flag(subnet, "AssignIpv6AddressOnCreation"));
    return value_text(value_item(value_at(subnet, "Ipv6CidrBlockAssociationSet"), 0),
                      "Ipv6CidrBlock");
}

/* "2600:…:1200::/56" and "80" are "2600:…:1280::/64". */
static const char *block_in(struct arena *a, const struct value *state, const char *place)
{
    const char *block = value_text(state, "ipv6_cidr_block");
    size_t len = strlen(block);

    assert_true(len > 7);
    assert_string_equal(block + len - 7, "00::/56");
    return text_f(a, "%.*s%s::/64", (int)(len - 7), block, place);
}

static void assert_blocks(struct component_aws *t, const struct value *state, size_t zones)
{
    static const char *const private[] = {"00", "10", "20"}, *const public[] = {"80", "81", "82"};
    struct arena *a = t->component.arena;

    for (size_t i = 0; i < zones; i++) {
        assert_string_equal(subnet_block(t, state, "private_subnet_ids", i),
                            block_in(a, state, private[i]));
        assert_string_equal(subnet_block(t, state, "public_subnet_ids", i),
                            block_in(a, state, public[i]));
    }
}

TEST(created_with_ipv6_refreshed_and_destroyed)
{
    struct component_aws *t = start(a);
    const struct value *state = apply(t, NULL, IPV6_ZONES(1)), *gateway;

    assert_string_equal(changes(t), "CreateVpc 200\n"
                                    "ModifyVpcAttribute 200\n"
                                    "CreateInternetGateway 200\n"
                                    "AttachInternetGateway 200\n"
                                    "CreateEgressOnlyInternetGateway 200\n"
                                    "CreateSubnet 200\nModifySubnetAttribute 200\n"
                                    "CreateSubnet 200\nModifySubnetAttribute 200\n"
                                    "AllocateAddress 200\n"
                                    "CreateNatGateway 200\n"
                                    "CreateRouteTable 200\nCreateRoute 200\nCreateRoute 200\n"
                                    "AssociateRouteTable 200\n"
                                    "CreateRouteTable 200\nCreateRoute 200\nCreateRoute 200\n"
                                    "AssociateRouteTable 200\n");
    assert_string_equal(inventory(t), IPV6_INVENTORY);
    assert_blocks(t, state, 1);
    gateway = listed(t, &ec2_describe_egress_only_internet_gateways, "{}", 0);
    assert_int_equal(value_count(value_at(gateway, "Tags")), 3);
    component_aws_requests(t);
    state = refreshed(t, state);
    assert_int_equal(value_count(value_at(state, "drift")), 0);
    assert_string_equal(component_aws_requests(t),
                        "POST ec2.eu-west-1/DescribeVpcs 200\n"
                        "POST ec2.eu-west-1/DescribeSubnets 200\n"
                        "POST ec2.eu-west-1/DescribeRouteTables 200\n"
                        "POST ec2.eu-west-1/DescribeInternetGateways 200\n"
                        "POST ec2.eu-west-1/DescribeNatGateways 200\n"
                        "POST ec2.eu-west-1/DescribeAddresses 200\n"
                        "POST ec2.eu-west-1/DescribeEgressOnlyInternetGateways 200\n"
                        "POST ec2.eu-west-1/DescribeVpcAttribute 200\n"
                        "POST ec2.eu-west-1/DescribeVpcAttribute 200\n");
    assert_true(component_plans_nothing(&t->component, &resource_istio_vpc, state, IPV6_ZONES(1)));
    assert_true(component_remove(&t->component, &resource_istio_vpc, state));
    assert_string_equal(changes(t), "DeleteNatGateway 200\n"
                                    "ReleaseAddress 200\n"
                                    "DisassociateRouteTable 200\nDeleteRouteTable 200\n"
                                    "DisassociateRouteTable 200\nDeleteRouteTable 200\n"
                                    "DeleteSubnet 200\nDeleteSubnet 200\n"
                                    "DetachInternetGateway 200\nDeleteInternetGateway 200\n"
                                    "DeleteEgressOnlyInternetGateway 200\n"
                                    "DeleteVpc 200\n");
    assert_string_equal(inventory(t), "");
}

static const struct value *table_of(struct component_aws *t, const struct value *state,
                                    const char *attribute)
{
    return listed(t, &ec2_describe_route_tables,
                  text_f(t->component.arena, "{\"RouteTableIds\": [\"%s\"]}",
                         value_z(value_item(value_at(state, attribute), 0))),
                  0);
}

TEST(ipv6_leaves_private_subnets_without_nat)
{
    struct component_aws *t = start(a);
    const struct value *state = apply(t, NULL,
                                      "{" BASE ", " ZONES(1) ", \"ipv6\": true, "
                                                             "\"nat_gateways\": \"none\"}"),
                       *table = table_of(t, state, "private_route_table_ids");

    assert_null(ec2_route_to(table, "0.0.0.0/0"));
    assert_true(strncmp(value_text(ec2_route_to(table, "::/0"), "EgressOnlyInternetGatewayId"),
                        "eigw-", 5) == 0);
    table = table_of(t, state, "public_route_table_ids");
    assert_true(strncmp(value_text(ec2_route_to(table, "::/0"), "GatewayId"), "igw-", 4) == 0);
}

/* In place; then a zone more, which moves no block; off is refused. */
TEST(ipv6_is_switched_on_later)
{
    struct component_aws *t = start(a);
    const struct value *old = apply(t, NULL, ONE_ZONE), *state, *config;
    struct plan plan;
    struct call *c;

    assert_true(value_is_null(value_at(old, "ipv6_cidr_block")));
    changes(t);
    state = apply(t, old, IPV6_ZONES(1));
    assert_string_equal(changes(t), "AssociateVpcCidrBlock 200\n"
                                    "CreateEgressOnlyInternetGateway 200\n"
                                    "AssociateSubnetCidrBlock 200\nModifySubnetAttribute 200\n"
                                    "AssociateSubnetCidrBlock 200\nModifySubnetAttribute 200\n"
                                    "CreateRoute 200\nCreateRoute 200\n");
    assert_string_equal(value_text(state, "id"), value_text(old, "id"));
    assert_blocks(t, state, 1);
    state = apply(t, refreshed(t, state), IPV6_ZONES(2));
    assert_blocks(t, state, 2);
    config = component_config(&t->component, &resource_istio_vpc, TWO_ZONES);
    c = component_call(&t->component, &resource_istio_vpc, config);
    assert_false(plan_resource(c, &resource_istio_vpc, state, config, config, &plan));
    assert_string_equal(path_text(a, c->diags->first->path), "ipv6");
    assert_non_null(strstr(component_diags(&t->component), "only when no subnet uses it"));
    assert_true(component_remove(&t->component, &resource_istio_vpc, state));
    assert_string_equal(inventory(t), "");
}

/* Each changing call fails once, before or after it was carried out. */
static const struct {
    const char *operation;
    size_t count;
} making[] = {{"CreateVpc", 1},
              {"CreateEgressOnlyInternetGateway", 1},
              {"CreateSubnet", 2},
              {"ModifySubnetAttribute", 2},
              {"CreateRoute", 6}},
  switching[] = {{"AssociateVpcCidrBlock", 1},
                 {"CreateEgressOnlyInternetGateway", 1},
                 {"AssociateSubnetCidrBlock", 2},
                 {"ModifySubnetAttribute", 2},
                 {"CreateRoute", 2}};

static void assert_whole(struct component_aws *t, const struct value *state)
{
    assert_string_equal(inventory(t), IPV6_INVENTORY);
    state = refreshed(t, state);
    assert_int_equal(value_count(value_at(state, "drift")), 0);
    assert_blocks(t, state, 1);
    assert_true(component_remove(&t->component, &resource_istio_vpc, state));
    assert_string_equal(inventory(t), "");
}

static void fail_once(struct arena *a, enum sandbox_fault fault, bool switches,
                      const char *operation, size_t nth)
{
    struct component_aws *t = start(a);
    const struct value *old = switches ? apply(t, NULL, ONE_ZONE) : NULL, *state;

    print_message("    %s %zu\n", operation, nth);
    cloud_fault(t->cloud, fault, nth, 1, text_f(a, "ec2.eu-west-1/%s", operation));
    state = component_apply(&t->component, &resource_istio_vpc, old, IPV6_ZONES(1));
    if (!state) /* else it carries a token, or changes nothing the second time */
        state = apply(t, old, IPV6_ZONES(1));
    else
        assert_int_equal(fault, FAULT_CUT_AFTER);
    assert_whole(t, state);
}

static void fail_everywhere(struct arena *a, enum sandbox_fault fault)
{
    for (size_t i = 0; i < sizeof(making) / sizeof(*making); i++)
        for (size_t nth = 1; nth <= making[i].count; nth++)
            fail_once(a, fault, false, making[i].operation, nth);
    for (size_t i = 0; i < sizeof(switching) / sizeof(*switching); i++)
        for (size_t nth = 1; nth <= switching[i].count; nth++)
            fail_once(a, fault, true, switching[i].operation, nth);
}

TEST(ipv6_goes_on_after_a_refusal)
{
    fail_everywhere(a, FAULT_500);
}

TEST(ipv6_goes_on_after_a_lost_answer)
{
    fail_everywhere(a, FAULT_CUT_AFTER);
}

TEST(a_destroy_goes_on_past_the_egress_only_gateway)
{
    struct component_aws *t = start(a);
    const struct value *state = apply(t, NULL, IPV6_ZONES(1));

    cloud_fault(t->cloud, FAULT_500, 1, 1, "ec2.eu-west-1/DeleteEgressOnlyInternetGateway");
    assert_false(component_remove(&t->component, &resource_istio_vpc, state));
    assert_true(component_remove(&t->component, &resource_istio_vpc, refreshed(t, state)));
    assert_string_equal(inventory(t), "");
}

/* A create that failed after it made the block goes on only with it. */
TEST(a_create_goes_on_with_what_it_made)
{
    struct component_aws *t = start(a);

    cloud_fault(t->cloud, FAULT_500, 1, 1, "ec2.eu-west-1/CreateSubnet");
    assert_null(component_apply(&t->component, &resource_istio_vpc, NULL, IPV6_ZONES(1)));
    assert_null(component_apply(&t->component, &resource_istio_vpc, NULL, ONE_ZONE));
    assert_non_null(strstr(component_diags(&t->component), "Say ipv6 = true"));
    assert_whole(t, apply(t, NULL, IPV6_ZONES(1)));
}

static const char *drift_of(struct component_aws *t, const struct value *state)
{
    const struct value *drift = value_at(state, "drift");
    const char *lines = "";

    for (size_t i = 0; i < value_count(drift); i++)
        lines = text_f(t->component.arena, "%s%s\n", lines, value_z(value_item(drift, i)));
    return lines;
}

/* What is taken away behind our back shows, and comes back. */
TEST(ipv6_drift_is_repaired)
{
    struct component_aws *t = start(a);
    const struct value *state = apply(t, NULL, IPV6_ZONES(1));
    const char *subnet = value_z(value_item(value_at(state, "private_subnet_ids"), 0));

    ask(t, &ec2_modify_subnet_attribute,
        text_f(a, "{\"SubnetId\": \"%s\", \"AssignIpv6AddressOnCreation\": {\"Value\": false}}",
               subnet));
    ask(t, &ec2_delete_route,
        text_f(a, "{\"RouteTableId\": \"%s\", \"DestinationIpv6CidrBlock\": \"::/0\"}",
               value_z(value_item(value_at(state, "public_route_table_ids"), 0))));
    ask(t, &ec2_delete_egress_only_internet_gateway,
        text_f(a, "{\"EgressOnlyInternetGatewayId\": \"%s\"}",
               value_text(listed(t, &ec2_describe_egress_only_internet_gateways, "{}", 0),
                          "EgressOnlyInternetGatewayId")));
    state = refreshed(t, state);
    assert_string_equal(drift_of(t, state),
                        "egress-only-internet-gateway: missing\n"
                        "subnet private/eu-west-1a: gives no IPv6 addresses\n"
                        "route table public-routes: default route of IPv6\n"
                        "route table private-routes/eu-west-1a: default route of IPv6\n");
    changes(t);
    state = apply(t, state, IPV6_ZONES(1));
    assert_string_equal(changes(t), "CreateEgressOnlyInternetGateway 200\n"
                                    "ModifySubnetAttribute 200\n"
                                    "CreateRoute 200\nReplaceRoute 200\n");
    assert_whole(t, state);
}

/* Without our tags it is found by what it is attached to; an import tells `ipv6`. */
TEST(a_foreign_network_with_ipv6_is_imported)
{
    struct component_aws *t = start(a);
    const struct value *state = apply(t, NULL, IPV6_ZONES(1)), *adopted;
    char *lines = cloud_inventory(t->cloud);
    struct text rest = text_of(arena_strdup(a, lines)), line, word;

    memory_free(lines);
    while (text_split(&rest, '\n', &line)) {
        text_split(&line, ' ', &word);
        text_split(&line, ' ', &word);
        if (line.len)
            ask(t, &ec2_delete_tags,
                text_f(a,
                       "{\"Resources\": [\"%s\"], \"Tags\": [{\"Key\": \"istio.multicluster/vpc\"},"
                       " {\"Key\": \"istio.multicluster/role\"}]}",
                       text_z(a, line)));
    }
    adopted = refreshed(t, component_config(&t->component, &resource_istio_vpc,
                                            text_f(a, "{\"region\": \"eu-west-1\", \"id\": \"%s\"}",
                                                   value_text(state, "id"))));
    assert_true(value_flag(adopted, "ipv6"));
    assert_string_equal(value_text(adopted, "ipv6_cidr_block"),
                        value_text(state, "ipv6_cidr_block"));
    assert_non_null(strstr(drift_of(t, adopted), "egress-only-internet-gateway eigw-"));
    changes(t);
    adopted = apply(t, adopted, IPV6_ZONES(1));
    assert_null(strstr(changes(t), "CreateEgress"));
    assert_whole(t, adopted);
}

/* Blocks take their time, and AWS answers before every reader sees what it made. */
TEST(ipv6_may_not_be_seen_yet)
{
    struct component_aws *t = arena_alloc(a, sizeof(*t));
    const struct value *state;

    component_start_aws(t, a, 0, &(struct cloud_options){.speed = CLOUD_SPEED, .eventual = true});
    arena_defer(a, close_component, t);
    state = apply(t, NULL, ONE_ZONE);
    state = apply(t, state, IPV6_ZONES(1));
    assert_whole(t, state);
}
