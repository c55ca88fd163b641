/* Route tables, their associations with subnets, and their routes. */
#include <string.h>

#include "acceptance/sandbox/aws/network.h"

static const struct value *view(struct cloud_request *r, const struct record *table);

static const char *const filters[] = {"route-table-id",
                                      "routeTableId",
                                      "vpc-id",
                                      "vpcId",
                                      "association.subnet-id",
                                      "associationSet.subnetId",
                                      "association.main",
                                      "associationSet.main",
                                      "association.route-table-association-id",
                                      "associationSet.routeTableAssociationId",
                                      "route.destination-cidr-block",
                                      "routeSet.destinationCidrBlock",
                                      "route.vpc-peering-connection-id",
                                      "routeSet.vpcPeeringConnectionId",
                                      "route.nat-gateway-id",
                                      "routeSet.natGatewayId",
                                      NULL};
const struct network_kind network_route_table = {.kind = "route-table",
                                                 .prefix = "rtb",
                                                 .ids = "RouteTableId",
                                                 .set = "routeTableSet",
                                                 .id = "routeTableId",
                                                 .not_found = "InvalidRouteTableID.NotFound",
                                                 .filters = filters,
                                                 .view = view};

/* What a route may lead to: its parameter, its member, what is there, its refusal. */
static const struct target {
    const char *parameter, *member;
    const struct network_kind *kind;
    const char *state; /* member that must be "available" or "active"; NULL = none */
    const char *not_found;
} targets[] = {
    {"GatewayId", "gatewayId", &network_internet_gateway, NULL, "InvalidGatewayID.NotFound"},
    {"NatGatewayId", "natGatewayId", &network_nat_gateway, "state", "InvalidNatGatewayID.NotFound"},
    {"EgressOnlyInternetGatewayId", "egressOnlyInternetGatewayId", &network_egress_only_gateway,
     NULL, "InvalidGatewayID.NotFound"},
    {"VpcPeeringConnectionId", "vpcPeeringConnectionId", &network_peering, ".state",
     "InvalidVpcPeeringConnectionID.NotFound"},
};
enum { TARGETS = sizeof(targets) / sizeof(*targets) };

static bool is_alive(struct cloud *c, const char *region, const struct target *target,
                     const char *id)
{
    const struct record *record = record_find(c, region, target->kind->kind, id);

    return record && (!target->state || record_is(record, target->state, "available") ||
                      record_is(record, target->state, "active"));
}

/* A route whose target is gone is a black hole. */
static const struct value *view(struct cloud_request *r, const struct record *table)
{
    const struct value *routes = value_at(table->body, "routeSet");
    struct value_builder b;

    value_builder_init(&b, r->a);
    for (size_t i = 0; i < value_count(routes); i++) {
        const struct value *route = value_item(routes, i);
        bool alive = strcmp(value_text(route, "gatewayId"), "local") == 0;

        for (size_t k = 0; k < TARGETS; k++)
            alive |= is_alive(r->cloud, table->region, &targets[k],
                              value_text(route, targets[k].member));
        value_builder_add(&b, value_with(r->a, route, "state",
                                         value_string(r->a, alive ? "active" : "blackhole")));
    }
    return value_with(r->a, table->body, "routeSet", value_builder_list(&b));
}

/* --- tables ---------------------------------------------------------------------------------- */
static const struct value *local_route(struct arena *a, const struct record *vpc)
{
    return value_list_of(a,
                         value_map_of(a, {"destinationCidrBlock", value_at(vpc->body, "cidrBlock")},
                                      {"gatewayId", value_string(a, "local")},
                                      {"origin", value_string(a, "CreateRouteTable")}));
}

static const struct value *table_body(struct cloud_request *r, const struct record *vpc)
{
    return value_map_of(r->a, {"vpcId", value_string(r->a, vpc->id)},
                        {"ownerId", value_string(r->a, r->cloud->account)},
                        {"associationSet", &value_empty_list},
                        {"routeSet", local_route(r->a, vpc)});
}

static const struct value *association(struct cloud_request *r, const struct record *table,
                                       const char *subnet)
{
    struct arena *a = r->a;

    return value_map_of(
        a, {"routeTableAssociationId", value_string(a, cloud_new_id(r->cloud, a, "rtbassoc"))},
        {"routeTableId", value_string(a, table->id)},
        {"subnetId", subnet ? value_string(a, subnet) : &value_null}, {"main", value_bool(!subnet)},
        {"associationState", value_map_of(a, {"state", value_string(a, "associated")})});
}

void network_add_main_route_table(struct cloud_request *r, const struct record *vpc)
{
    const char *id = cloud_new_id(r->cloud, r->a, network_route_table.prefix);
    const struct value *body =
        value_with(r->a, table_body(r, vpc), "routeTableId", value_string(r->a, id));
    struct record *table = record_add(r->cloud, r->region, network_route_table.kind, id, body);

    table->ghost = true;
    record_set(table, "associationSet", value_list_of(r->a, association(r, table, NULL)));
}

static bool create_table(struct cloud_request *r)
{
    struct record *vpc = network_get(r, &network_vpc, cloud_text(r, "VpcId")), *table;
    const char *token = cloud_text(r, "ClientToken");

    if (!vpc || !token_check(r, token, &table))
        return false;
    if (!table) {
        table = network_new(r, &network_route_table, table_body(r, vpc));
        if (!table)
            return false;
        token_keep(r, token, table);
    }
    return network_answer(r, "routeTable", &network_route_table, table);
}

static bool describe_tables(struct cloud_request *r)
{
    return network_describe(r, &network_route_table);
}

static bool delete_table(struct cloud_request *r)
{
    struct record *table = network_get(r, &network_route_table, cloud_text(r, "RouteTableId"));

    if (!table)
        return false;
    if (value_count(value_at(table->body, "associationSet")))
        return cloud_refuse(r, 400, "DependencyViolation",
                            "The routeTable '%s' has dependencies and cannot be deleted.",
                            table->id);
    record_remove(r->cloud, table);
    return network_done(r);
}

/* --- associations ------------------------------------------------------------------------------
 */
/* The table with an association whose member has this text; *at is where. */
static struct record *find_association(struct cloud_request *r, const char *member,
                                       const char *text, size_t *at)
{
    struct record *table = NULL;

    while ((table = record_next(r->cloud, table, r->region, network_route_table.kind))) {
        const struct value *all = value_at(table->body, "associationSet");

        for (*at = 0; *at < value_count(all); ++*at)
            if (strcmp(value_text(value_item(all, *at), member), text) == 0)
                return table;
    }
    return NULL;
}

static void remove_item(struct record *table, const char *list, size_t at)
{
    const struct value *all = value_at(table->body, list);
    struct value_builder b;

    value_builder_init(&b, table->arena);
    for (size_t i = 0; i < value_count(all); i++)
        if (i != at)
            value_builder_add(&b, value_item(all, i));
    record_set(table, list, value_builder_list(&b));
}

static void add_item(struct record *table, const char *list, const struct value *item)
{
    record_set(table, list, value_append(table->arena, value_at(table->body, list), item));
}

static bool associate(struct cloud_request *r)
{
    struct record *table = network_get(r, &network_route_table, cloud_text(r, "RouteTableId"));
    struct record *subnet =
        table ? network_get(r, &network_subnet, cloud_text(r, "SubnetId")) : NULL;
    const struct value *made;
    size_t at;

    if (!subnet)
        return false;
    if (find_association(r, "subnetId", subnet->id, &at))
        return cloud_refuse(r, 400, "Resource.AlreadyAssociated",
                            "the specified association for route table %s conflicts with an "
                            "existing association",
                            table->id);
    if (!record_is(subnet, "vpcId", record_text(table, "vpcId")))
        return cloud_refuse(r, 400, "InvalidParameterValue",
                            "Route table %s and subnet %s belong to different networks", table->id,
                            subnet->id);
    made = association(r, table, subnet->id);
    add_item(table, "associationSet", made);
    return cloud_answer(
        r, value_map_of(r->a, {"associationId", value_at(made, "routeTableAssociationId")},
                        {"associationState", value_at(made, "associationState")}));
}

static struct record *associated(struct cloud_request *r, size_t *at)
{
    const char *id = cloud_text(r, "AssociationId");
    struct record *table = find_association(r, "routeTableAssociationId", id, at);

    if (!table)
        cloud_refuse(r, 400, "InvalidAssociationID.NotFound",
                     "The association ID '%s' does not exist", id);
    return table;
}

static bool replace_association(struct cloud_request *r)
{
    struct record *wanted = network_get(r, &network_route_table, cloud_text(r, "RouteTableId"));
    const struct value *old, *made;
    struct record *table;
    size_t at;

    table = wanted ? associated(r, &at) : NULL;
    if (!table)
        return false;
    old = value_item(value_at(table->body, "associationSet"), at);
    made = association(r, wanted, value_flag(old, "main") ? NULL : value_text(old, "subnetId"));
    remove_item(table, "associationSet", at);
    add_item(wanted, "associationSet", made);
    return cloud_answer(
        r, value_map_of(r->a, {"newAssociationId", value_at(made, "routeTableAssociationId")},
                        {"associationState", value_at(made, "associationState")}));
}

static bool disassociate(struct cloud_request *r)
{
    size_t at;
    struct record *table = associated(r, &at);

    if (!table)
        return false;
    if (value_flag(value_item(value_at(table->body, "associationSet"), at), "main"))
        return cloud_refuse(r, 400, "InvalidParameterValue",
                            "cannot disassociate the main route table association %s",
                            cloud_text(r, "AssociationId"));
    remove_item(table, "associationSet", at);
    return network_done(r);
}

/* --- routes -------------------------------------------------------------------------------------
 */
static const char *destination_member(const struct cloud_request *r)
{
    return *cloud_text(r, "DestinationIpv6CidrBlock") ? "destinationIpv6CidrBlock"
                                                      : "destinationCidrBlock";
}

static const char *destination(const struct cloud_request *r)
{
    const char *six = cloud_text(r, "DestinationIpv6CidrBlock");

    return *six ? six : cloud_text(r, "DestinationCidrBlock");
}

/* Where the route to the request's destination is; the count when there is none. */
static size_t find_route(const struct cloud_request *r, const struct record *table)
{
    const struct value *routes = value_at(table->body, "routeSet");
    size_t at = 0;

    while (at < value_count(routes) &&
           strcmp(value_text(value_item(routes, at), destination_member(r)), destination(r)) != 0)
        at++;
    return at;
}

static bool has_route(const struct cloud_request *r, const struct record *table)
{
    return find_route(r, table) < value_count(value_at(table->body, "routeSet"));
}

/* The route of the request; NULL = refused. */
static const struct value *route_wanted(struct cloud_request *r)
{
    const struct value *route =
        value_map_of(r->a, {destination_member(r), value_string(r->a, destination(r))},
                     {"origin", value_string(r->a, "CreateRoute")});
    struct network_block block;
    size_t found = 0;

    for (size_t i = 0; i < TARGETS; i++) {
        const char *id = cloud_text(r, targets[i].parameter);

        if (!*id)
            continue;
        found++;
        route = value_with(r->a, route, targets[i].member, value_string(r->a, id));
        if (!record_seen(r->cloud, r->region, targets[i].kind->kind, id)) {
            cloud_refuse(r, 400, targets[i].not_found, "The %s ID '%s' does not exist",
                         targets[i].kind->kind, id);
            return NULL;
        }
    }
    if (found != 1 ||
        (*cloud_text(r, "DestinationCidrBlock") && !network_block_read(destination(r), &block))) {
        cloud_refuse(r, 400, "InvalidParameterValue",
                     "A route has one valid destination and exactly one target.");
        return NULL;
    }
    return route;
}

static bool put_route(struct cloud_request *r, bool replaces)
{
    struct record *table = network_get(r, &network_route_table, cloud_text(r, "RouteTableId"));
    const struct value *route = table ? route_wanted(r) : NULL;

    if (!route)
        return false;
    if (!replaces && has_route(r, table))
        return cloud_refuse(r, 400, "RouteAlreadyExists",
                            "The route identified by %s already exists.", destination(r));
    if (replaces && !has_route(r, table))
        return cloud_refuse(r, 400, "InvalidRoute.NotFound",
                            "There is no route defined for '%s' in the route table.",
                            destination(r));
    remove_item(table, "routeSet", find_route(r, table));
    add_item(table, "routeSet", route);
    return network_done(r);
}

static bool create_route(struct cloud_request *r)
{
    return put_route(r, false);
}

static bool replace_route(struct cloud_request *r)
{
    return put_route(r, true);
}

static bool delete_route(struct cloud_request *r)
{
    struct record *table = network_get(r, &network_route_table, cloud_text(r, "RouteTableId"));

    if (!table)
        return false;
    if (!has_route(r, table))
        return cloud_refuse(r, 400, "InvalidRoute.NotFound",
                            "no route with destination-cidr-block %s in route table %s",
                            destination(r), table->id);
    remove_item(table, "routeSet", find_route(r, table));
    return network_done(r);
}

#define ROUTE                                                                                      \
    "!RouteTableId DestinationCidrBlock DestinationIpv6CidrBlock GatewayId NatGatewayId "          \
    "EgressOnlyInternetGatewayId VpcPeeringConnectionId"
const struct cloud_operation network_route_operations[] = {
    {.name = "CreateRouteTable",
     .handle = create_table,
     .parameters = "!VpcId TagSpecification ClientToken"},
    {.name = "DescribeRouteTables",
     .handle = describe_tables,
     .parameters = "RouteTableId" NETWORK_PAGED},
    {.name = "DeleteRouteTable", .handle = delete_table, .parameters = "!RouteTableId"},
    {.name = "AssociateRouteTable", .handle = associate, .parameters = "!RouteTableId !SubnetId"},
    {.name = "ReplaceRouteTableAssociation",
     .handle = replace_association,
     .parameters = "!AssociationId !RouteTableId"},
    {.name = "DisassociateRouteTable", .handle = disassociate, .parameters = "!AssociationId"},
    {.name = "CreateRoute", .handle = create_route, .parameters = ROUTE},
    {.name = "ReplaceRoute", .handle = replace_route, .parameters = ROUTE},
    {.name = "DeleteRoute",
     .handle = delete_route,
     .parameters = "!RouteTableId DestinationCidrBlock DestinationIpv6CidrBlock"},
    {.name = NULL}};
