/* istio_vpc_peering against a stand-in AWS account: exact requests, going on after failures,
 * and what is refused. */
#include "acceptance/harness/component_aws.h"
#include "aws/ec2.h"
#include "aws/iam.h"

extern const struct resource resource_istio_vpc_peering;
static const struct resource *const peering = &resource_istio_vpc_peering;

enum { EAST, WEST, SIDES };

/* Two VPCs with a route table each, made behind the provider's back. */
struct stage {
    struct component_aws t;
    struct arena *a;
    struct aws *aws[SIDES];
    const char *regions[SIDES], *vpcs[SIDES], *tables[SIDES];
    const char *json;
};

static void close_stage(void *s)
{
    component_stop_aws(&((struct stage *)s)->t);
}

static struct call *call_of(struct stage *s)
{
    return component_call(&s->t.component, peering, &value_null);
}

static const struct value *ask(struct stage *s, size_t side, const struct aws_operation *operation,
                               const struct value *input)
{
    struct call *c = call_of(s);
    const struct value *output;

    if (!aws_call_until(c, s->aws[side], operation, input, AWS_VISIBLE_MS, &output) || !output)
        fail_msg("%s: %s", operation->name, component_diags(&s->t.component));
    return output;
}

static const struct value *string(struct stage *s, const char *text)
{
    return value_string(s->a, text);
}

static void make_vpc(struct stage *s, size_t side, const char *block)
{
    const struct aws_access access = {.region = s->regions[side]};
    struct arena *a = s->a;

    assert_true(aws_open(call_of(s), &access, NULL, &s->aws[side]));
    s->vpcs[side] = value_text(
        value_at(ask(s, side, &ec2_create_vpc, value_map_of(a, {"CidrBlock", string(s, block)})),
                 "Vpc"),
        "VpcId");
    s->tables[side] = value_text(value_at(ask(s, side, &ec2_create_route_table,
                                              value_map_of(a, {"VpcId", string(s, s->vpcs[side])})),
                                          "RouteTable"),
                                 "RouteTableId");
}

static const char *requests(struct stage *s)
{
    return component_aws_requests(&s->t);
}

/* Nothing is sent again, so that each failure is seen. */
static struct stage *start_at(struct arena *a, const char *east, const char *west,
                              const char *west_block, const struct cloud_options *options)
{
    struct stage *s = arena_alloc(a, sizeof(*s));
    struct clients *clients = &s->t.component.clients;

    *s = (struct stage){.a = a, .regions = {east, west}};
    component_start_aws(&s->t, a, 0, options);
    arena_defer(a, close_stage, s);
    clients->provider_config =
        value_with_in(a, clients->provider_config, value_integer(a, 0), "aws", "max_retries");
    make_vpc(s, EAST, "10.1.0.0/16");
    make_vpc(s, WEST, west_block);
    s->json = text_f(a,
                     "{\"requester\": {\"vpc_id\": \"%s\", \"region\": \"%s\", "
                     "\"route_table_ids\": [\"%s\"]}, \"accepter\": {\"vpc_id\": \"%s\", "
                     "\"region\": \"%s\", \"route_table_ids\": [\"%s\"]}}",
                     s->vpcs[EAST], east, s->tables[EAST], s->vpcs[WEST], west, s->tables[WEST]);
    requests(s);
    return s;
}

static struct stage *start(struct arena *a)
{
    return start_at(a, "eu-west-1", "us-east-1", "10.2.0.0/16",
                    &(struct cloud_options){.speed = 0});
}

static const struct value *apply(struct stage *s, const struct value *prior, const char *json)
{
    const struct value *out = component_apply(&s->t.component, peering, prior, json);

    if (!out)
        fail_msg("%s", component_diags(&s->t.component));
    return out;
}

static const struct value *refreshed(struct stage *s, const struct value *state)
{
    return component_read(&s->t.component, peering, state);
}

static size_t drifts(struct stage *s, const struct value *state)
{
    return value_count(value_at(refreshed(s, state), "drift"));
}

/* The route of a side's table to the other VPC; NULL = none. */
static const struct value *route_of(struct stage *s, size_t side)
{
    static const char *const blocks[] = {"10.2.0.0/16", "10.1.0.0/16"};
    const struct value *table;

    assert_true(ec2_describe_route_table(call_of(s), s->aws[side], s->tables[side], &table));
    return ec2_route_to(table, blocks[side]);
}

static void delete_route(struct stage *s, size_t side)
{
    ask(s, side, &ec2_delete_route,
        value_map_of(
            s->a, {"RouteTableId", string(s, s->tables[side])},
            {"DestinationCidrBlock", value_at(route_of(s, side), "DestinationCidrBlock")}));
}

/* A route of the side's table to the other block through an internet gateway. */
static void lead_elsewhere(struct stage *s, size_t side, const struct aws_operation *operation)
{
    struct arena *a = s->a;
    const struct value *gateway = value_at(
        value_at(ask(s, side, &ec2_create_internet_gateway, &value_empty_map), "InternetGateway"),
        "InternetGatewayId");

    ask(s, side, &ec2_attach_internet_gateway,
        value_map_of(a, {"InternetGatewayId", gateway}, {"VpcId", string(s, s->vpcs[side])}));
    ask(s, side, operation,
        value_map_of(
            a, {"RouteTableId", string(s, s->tables[side])},
            {"DestinationCidrBlock", string(s, side == EAST ? "10.2.0.0/16" : "10.1.0.0/16")},
            {"GatewayId", gateway}));
}

/* Connections in the account, those that are over left out. */
static size_t connections(struct stage *s)
{
    char *lines = cloud_inventory(s->t.cloud);
    size_t count = 0;

    for (const char *at = lines; (at = strstr(at, " vpc-peering-connection ")); at++)
        count++;
    memory_free(lines);
    return count;
}

static const char *first_path(struct stage *s)
{
    assert_non_null(s->t.component.diags.first);
    return path_text(s->a, s->t.component.diags.first->path);
}

static void assert_said(struct stage *s, const char *text)
{
    if (!strstr(component_diags(&s->t.component), text))
        fail_msg("\"%s\" is not in: %s", text, component_diags(&s->t.component));
}

/* --- its life ------------------------------------------------------------------------- */

TEST(created_refreshed_and_destroyed)
{
    struct stage *s = start(a);
    const struct value *state = apply(s, NULL, s->json);

    assert_string_equal(requests(s), "POST ec2.eu-west-1/DescribeVpcs 200\n" /* the plan */
                                     "POST ec2.us-east-1/DescribeVpcs 200\n"
                                     "POST ec2.eu-west-1/DescribeVpcPeeringConnections 200\n"
                                     "POST ec2.eu-west-1/DescribeVpcs 200\n"
                                     "POST ec2.us-east-1/DescribeVpcs 200\n"
                                     "POST ec2.eu-west-1/CreateVpcPeeringConnection 200\n"
                                     "POST ec2.eu-west-1/DescribeVpcPeeringConnections 200\n"
                                     "POST ec2.us-east-1/AcceptVpcPeeringConnection 200\n"
                                     "POST ec2.eu-west-1/DescribeVpcPeeringConnections 200\n"
                                     "POST ec2.us-east-1/DescribeVpcPeeringConnections 200\n"
                                     "POST ec2.us-east-1/CreateTags 200\n"
                                     "POST ec2.eu-west-1/ModifyVpcPeeringConnectionOptions 200\n"
                                     "POST ec2.us-east-1/ModifyVpcPeeringConnectionOptions 200\n"
                                     "POST ec2.eu-west-1/DescribeRouteTables 200\n"
                                     "POST ec2.eu-west-1/CreateRoute 200\n"
                                     "POST ec2.eu-west-1/DescribeRouteTables 200\n"
                                     "POST ec2.us-east-1/DescribeRouteTables 200\n"
                                     "POST ec2.us-east-1/CreateRoute 200\n"
                                     "POST ec2.us-east-1/DescribeRouteTables 200\n");
    assert_string_equal(value_text(state, "status"), "active");
    assert_true(value_flag(state, "dns_resolution_enabled"));
    assert_int_equal(value_count(value_at(state, "routes")), 2);
    state = refreshed(s, state);
    assert_string_equal(requests(s), "POST ec2.eu-west-1/DescribeVpcPeeringConnections 200\n"
                                     "POST ec2.us-east-1/DescribeVpcPeeringConnections 200\n"
                                     "POST ec2.eu-west-1/DescribeRouteTables 200\n"
                                     "POST ec2.us-east-1/DescribeRouteTables 200\n");
    assert_true(component_plans_nothing(&s->t.component, peering, state, s->json));
    assert_string_equal(requests(s), "");
    assert_true(component_remove(&s->t.component, peering, state));
    assert_string_equal(requests(s), "POST ec2.eu-west-1/DescribeRouteTables 200\n"
                                     "POST ec2.eu-west-1/DeleteRoute 200\n"
                                     "POST ec2.us-east-1/DescribeRouteTables 200\n"
                                     "POST ec2.us-east-1/DeleteRoute 200\n"
                                     "POST ec2.eu-west-1/DescribeVpcPeeringConnections 200\n"
                                     "POST ec2.us-east-1/DescribeVpcPeeringConnections 200\n"
                                     "POST ec2.eu-west-1/DeleteVpcPeeringConnection 200\n"
                                     "POST ec2.eu-west-1/DescribeVpcPeeringConnections 200\n");
    assert_int_equal(connections(s), 0);
    assert_null(route_of(s, EAST));
    assert_null(refreshed(s, state));
    assert_true(component_remove(&s->t.component, peering, state));
}

/* In one region both sides see one connection: it is asked for once. */
TEST(within_one_region)
{
    struct stage *s =
        start_at(a, "eu-west-1", "eu-west-1", "10.2.0.0/16", &(struct cloud_options){.speed = 0});
    const struct value *state = apply(s, NULL, s->json);

    requests(s);
    assert_int_equal(drifts(s, state), 0);
    assert_string_equal(requests(s), "POST ec2.eu-west-1/DescribeVpcPeeringConnections 200\n"
                                     "POST ec2.eu-west-1/DescribeRouteTables 200\n"
                                     "POST ec2.eu-west-1/DescribeRouteTables 200\n");
    assert_true(component_remove(&s->t.component, peering, state));
    assert_int_equal(connections(s), 0);
}

/* AWS takes its time, and does not show everyone at once what it made. */
TEST(what_was_just_made_may_not_be_seen_yet)
{
    struct stage *s = start_at(a, "eu-west-1", "us-east-1", "10.2.0.0/16",
                               &(struct cloud_options){.speed = CLOUD_SPEED, .eventual = true});
    const struct value *state = apply(s, NULL, s->json);

    assert_int_equal(drifts(s, state), 0);
    assert_true(component_remove(&s->t.component, peering, state));
}

/* --- failures --------------------------------------------------------------------------- */

static const struct {
    const char *operation;
    size_t count;
} creating[] = {{"CreateVpcPeeringConnection", 1},
                {"AcceptVpcPeeringConnection", 1},
                {"CreateTags", 1},
                {"ModifyVpcPeeringConnectionOptions", 2},
                {"CreateRoute", 2}};

static void fail_once_at(struct arena *a, enum sandbox_fault fault, const char *operation,
                         size_t nth)
{
    struct stage *s = start(a);
    const struct value *state;

    print_message("    %s %zu\n", operation, nth);
    cloud_fault(s->t.cloud, fault, nth, 1, text_f(a, "/%s", operation));
    state = component_apply(&s->t.component, peering, NULL, s->json);
    if (!state) /* else the request may be repeated, and was */
        state = apply(s, NULL, s->json);
    else
        assert_int_equal(fault, FAULT_CUT_AFTER);
    assert_int_equal(connections(s), 1);
    assert_int_equal(drifts(s, state), 0);
    assert_non_null(route_of(s, EAST));
    assert_non_null(route_of(s, WEST));
    assert_true(component_remove(&s->t.component, peering, state));
    assert_int_equal(connections(s), 0);
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

TEST(a_destroy_goes_on)
{
    static const char *const operations[] = {"/DeleteRoute", "us-east-1/DeleteRoute",
                                             "/DeleteVpcPeeringConnection"};

    for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
        struct stage *s = start(a);
        const struct value *state = apply(s, NULL, s->json);

        cloud_fault(s->t.cloud, FAULT_500, 1, 1, operations[i]);
        assert_false(component_remove(&s->t.component, peering, state));
        state = refreshed(s, state);
        assert_non_null(state);
        assert_true(component_remove(&s->t.component, peering, state));
        assert_int_equal(connections(s), 0);
        assert_null(route_of(s, EAST));
        assert_null(route_of(s, WEST));
    }
}

/* A refusal of the DNS option is told, and not asked for again and again. */
TEST(dns_may_be_refused)
{
    struct stage *s = start(a);
    const struct value *state;

    cloud_fault(s->t.cloud, FAULT_409, 1, 0, "us-east-1/ModifyVpcPeeringConnectionOptions");
    state = apply(s, NULL, s->json);
    assert_int_equal(s->t.component.diags.first->severity, DIAG_WARNING);
    assert_string_equal(first_path(s), "dns_resolution");
    assert_false(value_flag(state, "dns_resolution_enabled"));
    assert_int_equal(drifts(s, state), 0);
    assert_true(component_plans_nothing(&s->t.component, peering, refreshed(s, state), s->json));
}

/* --- drift and changes ------------------------------------------------------------------ */

TEST(drift_is_repaired)
{
    struct stage *s = start(a);
    const struct value *state = apply(s, NULL, s->json);
    struct arena *arena = s->a;

    delete_route(s, WEST);
    lead_elsewhere(s, EAST, &ec2_replace_route);
    ask(s, WEST, &ec2_modify_vpc_peering_connection_options,
        value_map_of(arena, {"VpcPeeringConnectionId", value_at(state, "id")},
                     {"AccepterPeeringConnectionOptions",
                      value_map_of(arena, {"AllowDnsResolutionFromRemoteVpc", &value_false})}));
    state = refreshed(s, state);
    assert_int_equal(value_count(value_at(state, "drift")), 3);
    assert_false(component_plans_nothing(&s->t.component, peering, state, s->json));
    state = apply(s, state, s->json);
    assert_int_equal(drifts(s, state), 0);
    assert_string_equal(value_text(route_of(s, EAST), "VpcPeeringConnectionId"),
                        value_text(state, "id"));
}

/* Tables that are no longer named lose the route; tags and DNS change in place. */
TEST(updated_in_place)
{
    struct stage *s = start(a);
    const struct value *state = apply(s, NULL, s->json), *changed;
    const char *json =
        text_f(a,
               "{\"requester\": {\"vpc_id\": \"%s\", \"region\": \"eu-west-1\"}, \"accepter\": "
               "{\"vpc_id\": \"%s\", \"region\": \"us-east-1\", \"route_table_ids\": [\"%s\"]}, "
               "\"dns_resolution\": false, \"tags\": {\"team\": \"mesh\"}}",
               s->vpcs[EAST], s->vpcs[WEST], s->tables[WEST]);

    changed = apply(s, state, json);
    assert_string_equal(value_text(changed, "id"), value_text(state, "id"));
    assert_null(route_of(s, EAST));
    assert_non_null(route_of(s, WEST));
    assert_int_equal(value_count(value_at(changed, "routes")), 1);
    assert_false(value_flag(changed, "dns_resolution_enabled"));
    assert_int_equal(drifts(s, changed), 0);
    assert_true(component_plans_nothing(&s->t.component, peering, refreshed(s, changed), json));
}

/* Another VPC is another connection; another block is not. */
TEST(what_replaces_it)
{
    struct stage *s = start(a);
    const struct value *state = apply(s, NULL, s->json),
                       *config = component_config(&s->t.component, peering, s->json), *changed;
    struct call *c = component_call(&s->t.component, peering, config);
    struct plan plan;

    changed = value_with_in(a, config, value_string(a, "10.1.0.0/17"), "requester", "cidr_block");
    assert_true(plan_resource(c, peering, state, changed, changed, &plan));
    assert_null(plan.replace);
    assert_true(value_is_unknown(value_at(plan.planned, "routes")));
    changed = value_with_in(a, config, value_string(a, "vpc-1"), "accepter", "vpc_id");
    assert_true(plan_resource(c, peering, state, changed, changed, &plan));
    assert_string_equal(path_text(a, plan.replace->path), "accepter.vpc_id");
}

/* The accepter's side is asked for by a role, as in another account: tokens differ, what is
 * seen is the same. */
TEST(the_accepter_has_a_role)
{
    struct stage *s =
        start_at(a, "eu-west-1", "eu-west-1", "10.2.0.0/16", &(struct cloud_options){.speed = 0});
    static const char trust[] =
        "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": "
        "{\"AWS\": \"arn:aws:iam::111122223333:root\"}, \"Action\": \"sts:AssumeRole\"}]}";
    const struct value *role = value_at(
                           ask(s, EAST, &iam_create_role,
                               value_map_of(a, {"RoleName", string(s, "accepter")},
                                            {"AssumeRolePolicyDocument", string(s, trust)})),
                           "Role"),
                       *state;
    const char *json =
        text_f(a,
               "{\"requester\": {\"vpc_id\": \"%s\", \"region\": \"eu-west-1\"}, \"accepter\": "
               "{\"vpc_id\": \"%s\", \"region\": \"eu-west-1\", \"role_arn\": \"%s\"}}",
               s->vpcs[EAST], s->vpcs[WEST], value_text(role, "Arn"));

    requests(s);
    state = apply(s, NULL, json);
    assert_non_null(strstr(requests(s), "POST sts.eu-west-1/AssumeRole 200\n"));
    assert_int_equal(drifts(s, state), 0);
    assert_string_equal(requests(s), "POST ec2.eu-west-1/DescribeVpcPeeringConnections 200\n"
                                     "POST ec2.eu-west-1/DescribeVpcPeeringConnections 200\n");
    assert_true(component_remove(&s->t.component, peering, state));
    assert_int_equal(connections(s), 0);
}

/* What another one left of an earlier connection is replaced, what is equal is kept. */
TEST(routes_that_are_there)
{
    struct stage *s = start(a);
    const struct value *state = apply(s, NULL, s->json);

    ask(s, EAST, &ec2_delete_vpc_peering_connection,
        value_map_of(a, {"VpcPeeringConnectionId", value_at(state, "id")}));
    assert_string_equal(value_text(route_of(s, EAST), "State"), "blackhole");
    assert_null(refreshed(s, state));
    state = apply(s, NULL, s->json);
    assert_string_equal(value_text(route_of(s, EAST), "State"), "active");
    assert_int_equal(drifts(s, state), 0);
    assert_int_equal(connections(s), 1);
}

/* --- import ------------------------------------------------------------------------------- */

TEST(imported)
{
    struct stage *s = start(a);
    const struct value *state = apply(s, NULL, s->json), *told;
    const char *id = text_f(a, "region=eu-west-1,id=%s", value_text(state, "id"));
    struct call *c = call_of(s);

    assert_false(peering->import(c, "pcx-1", &told));
    c = call_of(s);
    assert_true(peering->import(c, id, &told));
    told = refreshed(s, component_config(&s->t.component, peering, json_write(a, told).at));
    assert_non_null(told);
    told = value_with(a, told, "complete", &value_true); /* as the plugin adds it */
    assert_true(component_plans_nothing(&s->t.component, peering, told, s->json));
}

/* --- what is refused ------------------------------------------------------------------------ */

static void assert_refused(struct stage *s, const char *json, const char *path, const char *text)
{
    assert_null(component_apply(&s->t.component, peering, NULL, json));
    assert_string_equal(first_path(s), path);
    assert_said(s, text);
    assert_int_equal(connections(s), 0);
}

TEST(one_vpc_twice)
{
    struct stage *s = start(a);

    assert_refused(s,
                   "{\"requester\": {\"vpc_id\": \"vpc-1\", \"region\": \"eu-west-1\"}, "
                   "\"accepter\": {\"vpc_id\": \"vpc-1\", \"region\": \"eu-west-1\"}}",
                   "accepter.vpc_id", "the same VPC");
    assert_string_equal(requests(s), "");
}

TEST(blocks_that_overlap)
{
    struct stage *s =
        start_at(a, "eu-west-1", "us-east-1", "10.1.128.0/17", &(struct cloud_options){.speed = 0});

    assert_refused(s, s->json, "accepter.vpc_id", "10.1.128.0/17");
    assert_null(strstr(requests(s), "CreateVpcPeeringConnection"));
}

/* Before there are VPCs, from what is said of them alone. */
TEST(blocks_that_are_said_overlap)
{
    struct stage *s = start(a);
    const struct value *config =
        component_config(&s->t.component, peering,
                         "{\"requester\": {\"region\": \"eu-west-1\", \"vpc_id\": \"x\", "
                         "\"cidr_block\": \"10.1.0.0/16\"}, \"accepter\": {\"region\": "
                         "\"us-east-1\", \"vpc_id\": \"y\", \"cidr_block\": \"10.1.1.0/24\"}}");
    struct plan plan;
    struct call *c;

    config = value_with_in(a, config, &value_unknown, "requester", "vpc_id");
    config = value_with_in(a, config, &value_unknown, "accepter", "vpc_id");
    c = component_call(&s->t.component, peering, config);
    assert_false(plan_resource(c, peering, &value_null, config, config, &plan));
    assert_string_equal(first_path(s), "accepter.cidr_block");
    assert_string_equal(requests(s), "");
}

TEST(a_vpc_that_is_not_there)
{
    struct stage *s = start(a);

    assert_refused(s,
                   text_f(a,
                          "{\"requester\": {\"vpc_id\": \"%s\", \"region\": \"eu-west-1\"}, "
                          "\"accepter\": {\"vpc_id\": \"%s\", \"region\": \"us-west-2\"}}",
                          s->vpcs[EAST], s->vpcs[WEST]),
                   "accepter.vpc_id", "us-west-2");
}

/* An unreachable service at plan leaves the look for the apply. */
TEST(a_plan_needs_no_answer)
{
    struct stage *s = start(a);
    const struct value *config = component_config(&s->t.component, peering, s->json);
    struct call *c = component_call(&s->t.component, peering, config);
    struct plan plan;

    cloud_fault(s->t.cloud, FAULT_500, 1, 0, "DescribeVpcs");
    assert_true(plan_resource(c, peering, &value_null, config, config, &plan));
    assert_int_equal(s->t.component.diags.first->severity, DIAG_WARNING);
}

TEST(a_route_that_leads_elsewhere)
{
    struct stage *s = start(a);

    lead_elsewhere(s, WEST, &ec2_create_route);
    assert_null(component_apply(&s->t.component, peering, NULL, s->json));
    assert_string_equal(first_path(s), "accepter.route_table_ids");
    assert_said(s, "leads to igw-");
    assert_said(s, s->tables[WEST]);
}

TEST(a_table_of_another_vpc)
{
    struct stage *s = start(a);
    const char *json = text_f(a,
                              "{\"requester\": {\"vpc_id\": \"%s\", \"region\": \"eu-west-1\", "
                              "\"route_table_ids\": [\"rtb-0\"]}, \"accepter\": {\"vpc_id\": "
                              "\"%s\", \"region\": \"us-east-1\"}}",
                              s->vpcs[EAST], s->vpcs[WEST]);

    assert_null(component_apply(&s->t.component, peering, NULL, json));
    assert_string_equal(first_path(s), "requester.route_table_ids");
}

/* Somebody else joined the two, in whichever direction: it is named for an import. */
TEST(another_connection_is_there)
{
    for (size_t asking = 0; asking < SIDES; asking++) {
        struct stage *s = start(a);
        const struct value *made =
            ask(s, asking, &ec2_create_vpc_peering_connection,
                value_map_of(a, {"VpcId", string(s, s->vpcs[asking])},
                             {"PeerVpcId", string(s, s->vpcs[1 - asking])},
                             {"PeerRegion", string(s, s->regions[1 - asking])}));
        const char *id =
            value_text(value_at(made, "VpcPeeringConnection"), "VpcPeeringConnectionId");

        assert_null(component_apply(&s->t.component, peering, NULL, s->json));
        assert_string_equal(first_path(s), "accepter.vpc_id");
        assert_said(s, text_f(a, "'region=%s,id=%s'", s->regions[asking], id));
    }
}
