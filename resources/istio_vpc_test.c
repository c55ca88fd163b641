/* istio_vpc against a stand-in AWS account: requests, counts, and going on after failures. */
#include "resources/test_vpc_stage.h"

#include "aws/ec2.h"

#define TWO_ZONES_INVENTORY                                                                        \
    "elastic-ip 1\ninternet-gateway 1\nnatgateway 1\nnetwork-interface 1\nroute-table 3\nsubnet "  \
    "4\nvpc 1\n"

TEST(created_refreshed_and_destroyed)
{
    struct component_aws *t = start(a);
    const struct value *state = apply(t, NULL, TWO_ZONES);

    assert_string_equal(changes(t), "CreateVpc 200\n"
                                    "ModifyVpcAttribute 200\n"
                                    "CreateInternetGateway 200\n"
                                    "AttachInternetGateway 200\n"
                                    "CreateSubnet 200\nCreateSubnet 200\n"
                                    "CreateSubnet 200\nCreateSubnet 200\n"
                                    "AllocateAddress 200\n"
                                    "CreateNatGateway 200\n"
                                    "CreateRouteTable 200\nCreateRoute 200\n"
                                    "AssociateRouteTable 200\nAssociateRouteTable 200\n"
                                    "CreateRouteTable 200\nCreateRoute 200\n"
                                    "AssociateRouteTable 200\n"
                                    "CreateRouteTable 200\nCreateRoute 200\n"
                                    "AssociateRouteTable 200\n");
    assert_string_equal(inventory(t), TWO_ZONES_INVENTORY);
    assert_int_equal(value_count(value_at(state, "private_subnet_ids")), 2);
    assert_int_equal(value_count(value_at(state, "public_subnet_ids")), 2);
    assert_int_equal(value_count(value_at(state, "private_route_table_ids")), 2);
    assert_int_equal(value_count(value_at(state, "nat_addresses")), 1);
    assert_string_equal(value_z(value_item(value_at(state, "availability_zone_names"), 1)),
                        "eu-west-1b");
    state = refreshed(t, state);
    assert_string_equal(component_aws_requests(t),
                        "POST ec2.eu-west-1/DescribeVpcs 200\n"
                        "POST ec2.eu-west-1/DescribeSubnets 200\n"
                        "POST ec2.eu-west-1/DescribeRouteTables 200\n"
                        "POST ec2.eu-west-1/DescribeInternetGateways 200\n"
                        "POST ec2.eu-west-1/DescribeNatGateways 200\n"
                        "POST ec2.eu-west-1/DescribeAddresses 200\n"
                        "POST ec2.eu-west-1/DescribeVpcAttribute 200\n"
                        "POST ec2.eu-west-1/DescribeVpcAttribute 200\n");
    assert_true(component_plans_nothing(&t->component, &resource_istio_vpc, state, TWO_ZONES));
    assert_string_equal(component_aws_requests(t), "");
    assert_true(component_remove(&t->component, &resource_istio_vpc, state));
    assert_string_equal(changes(t), "DeleteNatGateway 200\n"
                                    "ReleaseAddress 200\n"
                                    "DisassociateRouteTable 200\nDisassociateRouteTable 200\n"
                                    "DeleteRouteTable 200\n"
                                    "DisassociateRouteTable 200\nDeleteRouteTable 200\n"
                                    "DisassociateRouteTable 200\nDeleteRouteTable 200\n"
                                    "DeleteSubnet 200\nDeleteSubnet 200\n"
                                    "DeleteSubnet 200\nDeleteSubnet 200\n"
                                    "DetachInternetGateway 200\nDeleteInternetGateway 200\n"
                                    "DeleteVpc 200\n");
    assert_string_equal(inventory(t), "");
    assert_null(refreshed(t, state));
    assert_true(component_remove(&t->component, &resource_istio_vpc, state));
}

/* What changed, in place: zones, NAT gateways, tags. */
TEST(updated_in_place)
{
    struct component_aws *t = start(a);
    const struct value *one = apply(t, NULL,
                                    "{" BASE ", " ZONES(1) ", \"tags\": "
                                                           "{\"a\": \"1\", \"b\": \"2\"}}"),
                       *state;

    state = apply(t, one,
                  "{" BASE ", " ZONES(2) ", \"nat_gateways\": \"per_zone\", "
                                         "\"tags\": {\"a\": \"3\"}}");
    assert_string_equal(value_text(state, "id"), value_text(one, "id"));
    assert_true(value_equal(value_item(value_at(state, "private_subnet_ids"), 0),
                            value_item(value_at(one, "private_subnet_ids"), 0)));
    assert_string_equal(inventory(t),
                        "elastic-ip 2\ninternet-gateway 1\nnatgateway 2\nnetwork-interface 2\n"
                        "route-table 3\nsubnet 4\nvpc 1\n");
    state = refreshed(t, state);
    assert_int_equal(value_count(value_at(state, "drift")), 0);
    state = apply(t, state,
                  "{" BASE ", " ZONES(1) ", \"nat_gateways\": \"none\", "
                                         "\"tags\": {\"a\": \"3\"}}");
    assert_string_equal(inventory(t), "internet-gateway 1\nroute-table 2\nsubnet 2\nvpc 1\n");
    assert_int_equal(value_count(value_at(state, "nat_addresses")), 0);
    assert_int_equal(value_count(value_at(refreshed(t, state), "drift")), 0);
    assert_true(component_remove(&t->component, &resource_istio_vpc, state));
    assert_string_equal(inventory(t), "");
}

/* Another block is another VPC, whose subnets may lie anywhere. */
TEST(another_block_replaces_it)
{
    struct component_aws *t = start(a);
    const struct value *state = apply(t, NULL, ONE_ZONE),
                       *config = component_config(&t->component, &resource_istio_vpc,
                                                  "{\"name\": \"east\", \"region\": \"eu-west-1\", "
                                                  "\"cidr_block\": \"10.2.0.0/16\", " ZONES(1) "}");
    struct call *c = component_call(&t->component, &resource_istio_vpc, config);
    struct plan plan;

    assert_true(plan_resource(c, &resource_istio_vpc, state, config, config, &plan));
    assert_string_equal(path_text(a, plan.replace->path), "cidr_block");
}

/* Each changing call of a create fails once, before or after it was carried out; the next
 * apply has exactly one of everything. CreateRoute stands for CreateRouteTable too. */
static const struct {
    const char *operation;
    size_t count;
} creating[] = {{"CreateVpc", 1},
                {"ModifyVpcAttribute", 1},
                {"CreateInternetGateway", 1},
                {"AttachInternetGateway", 1},
                {"CreateSubnet", 4},
                {"AllocateAddress", 1},
                {"CreateNatGateway", 1},
                {"CreateRoute", 6},
                {"AssociateRouteTable", 4}};

static void fail_once_at(struct arena *a, enum sandbox_fault fault, const char *operation,
                         size_t nth)
{
    struct component_aws *t = start(a);
    const struct value *state;

    print_message("    %s %zu\n", operation, nth);
    cloud_fault(t->cloud, fault, nth, 1, text_f(a, "ec2.eu-west-1/%s", operation));
    state = component_apply(&t->component, &resource_istio_vpc, NULL, TWO_ZONES);
    if (!state) /* else it carries a token, and was sent again */
        state = apply(t, NULL, TWO_ZONES);
    else
        assert_int_equal(fault, FAULT_CUT_AFTER);
    assert_string_equal(inventory(t), TWO_ZONES_INVENTORY);
    assert_int_equal(value_count(value_at(refreshed(t, state), "drift")), 0);
    assert_true(component_remove(&t->component, &resource_istio_vpc, state));
    assert_string_equal(inventory(t), "");
}

static void fail_everywhere(struct arena *a, enum sandbox_fault fault)
{
    for (size_t i = 0; i < sizeof(creating) / sizeof(*creating); i++)
        for (size_t nth = 1; nth <= creating[i].count; nth++)
            fail_once_at(a, fault, creating[i].operation, nth);
}

TEST(goes_on_after_a_refusal)
{
    fail_everywhere(a, FAULT_500);
}

TEST(goes_on_after_a_lost_answer)
{
    fail_everywhere(a, FAULT_CUT_AFTER);
}

/* A destroy that failed anywhere is finished by the next one, from a refreshed state. */
TEST(a_destroy_goes_on)
{
    static const char *const operations[] = {
        "DeleteNatGateway", "ReleaseAddress",        "DisassociateRouteTable", "DeleteRouteTable",
        "DeleteSubnet",     "DetachInternetGateway", "DeleteInternetGateway",  "DeleteVpc"};

    for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
        struct component_aws *t = start(a);
        const struct value *state = apply(t, NULL, TWO_ZONES);

        cloud_fault(t->cloud, FAULT_500, 1, 1, text_f(a, "ec2.eu-west-1/%s", operations[i]));
        assert_false(component_remove(&t->component, &resource_istio_vpc, state));
        state = refreshed(t, state);
        assert_non_null(state);
        assert_true(component_remove(&t->component, &resource_istio_vpc, state));
        assert_string_equal(inventory(t), "");
    }
}

/* What is taken away behind our back shows, and comes back. */
TEST(drift_is_repaired)
{
    struct component_aws *t = start(a);
    const struct value *state = apply(t, NULL, ONE_ZONE), *output, *drift;
    const struct aws_access access = {.region = "eu-west-1"};
    struct call *c = component_call(&t->component, &resource_istio_vpc, &value_null);
    struct aws *aws;

    assert_true(aws_open(c, &access, NULL, &aws));
    assert_true(aws_call(
        c, aws, &ec2_delete_route,
        value_map_of(a, {"RouteTableId", value_item(value_at(state, "private_route_table_ids"), 0)},
                     {"DestinationCidrBlock", value_string(a, "0.0.0.0/0")}),
        &output));
    state = refreshed(t, state);
    drift = value_at(state, "drift");
    assert_int_equal(value_count(drift), 1);
    assert_string_equal(value_z(value_item(drift, 0)),
                        "route table private-routes/eu-west-1a: default route");
    changes(t);
    state = apply(t, state, ONE_ZONE);
    assert_string_equal(changes(t), "CreateRoute 200\n");
    assert_int_equal(value_count(value_at(refreshed(t, state), "drift")), 0);
}

/* A create over somebody else's names the import; the import takes over what is there. */
TEST(a_foreign_network_is_imported)
{
    struct component_aws *t = start(a);
    struct call *c = component_call(&t->component, &resource_istio_vpc, &value_null);
    const struct value *state = apply(t, NULL, TWO_ZONES), *told, *adopted, *output;
    const struct aws_access access = {.region = "eu-west-1"};
    const char *id = value_text(state, "id");
    struct text rest, line, word;
    struct aws *aws;
    char *lines;

    c = component_call(&t->component, &resource_istio_vpc, &value_null);
    assert_true(aws_open(c, &access, NULL, &aws));
    lines = cloud_inventory(t->cloud);
    rest = text_of(arena_strdup(a, lines));
    memory_free(lines);
    while (text_split(&rest, '\n', &line)) {
        for (int i = 0; i < 2; i++)
            text_split(&line, ' ', &word);
        if (line.len)
            assert_true(aws_call(
                c, aws, &ec2_delete_tags,
                value_map_of(
                    a, {"Resources", value_list_of(a, value_string_of(a, line))},
                    {"Tags",
                     value_list_of(
                         a, value_map_of(a, {"Key", value_string(a, "istio.multicluster/vpc")}),
                         value_map_of(a, {"Key", value_string(a, "istio.multicluster/role")}))}),
                &output));
    }
    assert_null(component_apply(&t->component, &resource_istio_vpc, NULL, TWO_ZONES));
    assert_non_null(
        strstr(component_diags(&t->component), text_f(a, "'region=eu-west-1,vpc=%s'", id)));
    c = component_call(&t->component, &resource_istio_vpc, &value_null);
    assert_true(resource_istio_vpc.import(c, text_f(a, "region=eu-west-1,vpc=%s", id), &told));
    assert_string_equal(value_text(told, "id"), id);
    adopted =
        refreshed(t, component_config(&t->component, &resource_istio_vpc, json_write(a, told).at));
    assert_int_equal(value_count(value_at(adopted, "drift")), 11);
    assert_true(
        value_equal(value_at(adopted, "private_subnets"), value_at(state, "private_subnets")));
    assert_true(value_equal(value_at(adopted, "private_subnet_ids"),
                            value_at(state, "private_subnet_ids")));
    changes(t);
    adopted = apply(t, adopted, TWO_ZONES);
    assert_int_equal(count_lines(changes(t)), 11);
    adopted = refreshed(t, adopted);
    assert_int_equal(value_count(value_at(adopted, "drift")), 0);
    assert_string_equal(inventory(t), TWO_ZONES_INVENTORY);
    assert_true(component_remove(&t->component, &resource_istio_vpc, adopted));
    assert_string_equal(inventory(t), "");
}

/* AWS answers before every reader sees what it made. */
TEST(what_was_just_made_may_not_be_seen_yet)
{
    struct component_aws *t = arena_alloc(a, sizeof(*t));
    const struct value *state;

    component_start_aws(t, a, 0, &(struct cloud_options){.speed = CLOUD_SPEED, .eventual = true});
    arena_defer(a, close_component, t);
    state = apply(t, NULL, ONE_ZONE);
    assert_string_equal(inventory(t), "elastic-ip 1\ninternet-gateway 1\nnatgateway 1\n"
                                      "network-interface 1\nroute-table 2\nsubnet 2\nvpc 1\n");
    assert_true(component_remove(&t->component, &resource_istio_vpc, state));
    assert_string_equal(inventory(t), "");
}

/* What others left in it is named before anything goes. */
TEST(what_blocks_a_destroy_is_named)
{
    struct component_aws *t = start(a);
    const struct value *state = apply(t, NULL, ONE_ZONE);

    ask(t, &ec2_create_security_group,
        text_f(a, "{\"GroupName\": \"k8s-traffic\", \"Description\": \"d\", \"VpcId\": \"%s\"}",
               value_text(state, "id")));
    changes(t);
    assert_false(component_remove(&t->component, &resource_istio_vpc, state));
    assert_non_null(strstr(component_diags(&t->component), "(k8s-traffic)\nNothing of the VPC"));
    assert_null(strstr(component_diags(&t->component), "force_destroy"));
    assert_string_equal(changes(t), "");
    assert_string_equal(inventory(t), "elastic-ip 1\ninternet-gateway 1\nnatgateway 1\n"
                                      "network-interface 1\nroute-table 2\nsecurity-group 1\n"
                                      "subnet 2\nvpc 1\n");
}

/* A load balancer and its group, as a cluster that was deleted before its Services left them. */
static const struct value *with_leftovers(struct component_aws *t, const char *json)
{
    struct arena *a = t->component.arena;
    const struct value *state = apply(t, NULL, json);
    const char *group = value_text(
        ask(t, &ec2_create_security_group,
            text_f(a,
                   "{\"GroupName\": \"k8s-traffic\", \"Description\": \"d\", \"VpcId\": \"%s\", "
                   "\"TagSpecifications\": [{\"ResourceType\": \"security-group\", \"Tags\": "
                   "[{\"Key\": \"elbv2.k8s.aws/cluster\", \"Value\": \"eks-1\"}]}]}",
                   value_text(state, "id"))),
        "GroupId");
    char *hostname = cloud_add_load_balancer(
        t->cloud, "eu-west-1",
        text_f(a,
               "{\"Name\": \"k8s-east\", \"Subnets\": [\"%s\"], \"SecurityGroups\": [\"%s\"], "
               "\"Tags\": {\"elbv2.k8s.aws/cluster\": \"eks-1\", \"service.k8s.aws/stack\": "
               "\"istio-ingress/gateway\"}}",
               value_z(value_item(value_at(state, "public_subnet_ids"), 0)), group));

    assert_non_null(hostname);
    memory_free(hostname);
    return state;
}

TEST(what_clusters_left_is_named_with_what_made_it)
{
    struct component_aws *t = start(a);
    const struct value *state = with_leftovers(t, ONE_ZONE);
    struct call *c = component_call(&t->component, &resource_istio_vpc, &value_null);
    const char *text;

    changes(t);
    c->deadline_ms = clock_monotonic_ms() + 10000; /* all of it is kept for the explanation */
    assert_false(resource_istio_vpc.remove(c, state));
    text = component_diags(&t->component);
    assert_non_null(strstr(text,
                           "- load balancer k8s-east, made by Service istio-ingress/gateway of "
                           "cluster eks-1\n"));
    assert_non_null(strstr(text, "(k8s-traffic), made by the load balancer controller of cluster "
                                 "eks-1\n"));
    assert_non_null(strstr(text, "Or set force_destroy = true"));
    assert_string_equal(changes(t), "");
}

TEST(what_clusters_left_is_removed_with_force_destroy)
{
    struct component_aws *t = start(a);
    const struct value *state =
        with_leftovers(t, "{" BASE ", " ZONES(1) ", \"force_destroy\": true}");

    changes(t);
    if (!component_remove(&t->component, &resource_istio_vpc, state))
        fail_msg("%s", component_diags(&t->component));
    assert_non_null(strstr(changes(t), "clusters/eks-1 404\nDeleteLoadBalancer 200\n"
                                       "DeleteSecurityGroup 200\nDeleteNatGateway 200\n"));
    assert_string_equal(inventory(t), "");
}

/* What is not known, or cannot be asked, waits for the apply. */
TEST(a_plan_needs_no_answer)
{
    struct component_aws *t = start(a);
    const struct value *config = component_config(&t->component, &resource_istio_vpc, TWO_ZONES);
    struct call *c = component_call(&t->component, &resource_istio_vpc, config);
    struct plan plan;

    cloud_fault(t->cloud, FAULT_500, 1, 1, "DescribeAvailabilityZones");
    assert_true(plan_resource(c, &resource_istio_vpc, &value_null, config, config, &plan));
    assert_int_equal(t->component.diags.first->severity, DIAG_WARNING);
    assert_true(value_is_unknown(value_at(plan.planned, "availability_zone_names")));
    assert_int_equal(value_count(value_at(plan.planned, "private_subnets")), 2);
    config = value_with(a, value_with(a, config, "cidr_block", &value_unknown),
                        "availability_zones", &value_unknown);
    c = component_call(&t->component, &resource_istio_vpc, config);
    assert_true(plan_resource(c, &resource_istio_vpc, &value_null, config, config, &plan));
    assert_true(value_is_unknown(value_at(plan.planned, "private_subnets")));
}

static void assert_refused(struct component_aws *t, const char *json, const char *path)
{
    assert_null(component_apply(&t->component, &resource_istio_vpc, NULL, json));
    assert_non_null(t->component.diags.first);
    assert_string_equal(path_text(t->component.arena, t->component.diags.first->path), path);
}

TEST(wrong_arguments_are_refused_by_the_plan)
{
    struct component_aws *t = start(a);

    assert_refused(t,
                   "{" BASE ", \"availability_zones\": {\"type\": [\"list\", \"string\"], "
                   "\"value\": [\"eu-west-1a\", \"eu-west-1x\"]}}",
                   "availability_zones[1]");
    assert_refused(t, "{" BASE ", " ZONES(7) "}", "availability_zones");
    assert_refused(t, "{" BASE ", " ZONES(0) "}", "availability_zones");
    assert_refused(t, "{" BASE ", \"private_subnets\": [\"10.1.0.0/20\", \"10.1.8.0/24\"]}",
                   "private_subnets[1]");
    assert_refused(t, "{" BASE ", \"public_subnets\": []}", "nat_gateways");
    assert_refused(t,
                   "{\"name\": \"east\", \"region\": \"eu-west-1\", \"cidr_block\": "
                   "\"10.1.0.0/25\", " ZONES(2) "}",
                   "cidr_block");
    assert_string_equal(changes(t), "");
    assert_string_equal(inventory(t), "");
}
