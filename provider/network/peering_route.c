/* Routes to the other side, one for each table that was named. */
#include <string.h>

#include "aws/ec2.h"
#include "network/peering.h"

static const struct value *text(const struct peering_work *w, const char *z)
{
    return value_string(w->call->arena, z);
}

/* All of the VPC, once. */
static bool look(struct peering_work *w, struct peering_side *side)
{
    return side->tables ||
           ec2_list(w->call, side->aws, &ec2_describe_route_tables,
                    ec2_filter(w->call->arena, NULL, "vpc-id", side->vpc_id), &side->tables);
}

static const struct value *table_of(const struct peering_side *side, const char *id)
{
    for (size_t i = 0; i < value_count(side->tables); i++)
        if (strcmp(value_text(value_item(side->tables, i), "RouteTableId"), id) == 0)
            return value_item(side->tables, i);
    return NULL;
}

static bool leads_to(const struct value *route, const char *connection)
{
    return route && strcmp(value_text(route, "VpcPeeringConnectionId"), connection) == 0;
}

static bool is_blackhole(const struct value *route)
{
    return strcmp(value_text(route, "State"), "blackhole") == 0;
}

static const char *name_of(const struct peering_work *w, const char *table, const char *block)
{
    return text_f(w->call->arena, "%s %s", table, block);
}

static bool was_ours(const struct peering_work *w, const char *name)
{
    for (size_t i = 0; i < value_count(w->old_routes); i++)
        if (strcmp(value_z(value_item(w->old_routes, i)), name) == 0)
            return true;
    return false;
}

/* Where a route leads, in EC2's words. */
static const char *target_of(const struct value *route)
{
    static const char *const members[] = {"GatewayId", "NatGatewayId",
                                          "EgressOnlyInternetGatewayId", "VpcPeeringConnectionId"};

    for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
        if (*value_text(route, members[i]))
            return value_text(route, members[i]);
    return "something else";
}

/* --- one route ------------------------------------------------------------------------ */

static bool refuse_foreign(struct peering_work *w, const struct peering_side *side,
                           const char *table, const char *block, const struct value *route)
{
    return diag_error(w->call->diags, path_of(w->call->arena, side->argument, "route_table_ids"),
                      "A route leads elsewhere already",
                      "In route table %s the route to %s leads to %s, which this resource did not "
                      "make. Delete that route, or leave the table out.",
                      table, block, target_of(route));
}

static bool put_route(struct peering_work *w, const struct peering_side *side, const char *table,
                      const char *block, bool replaces)
{
    const struct value *output, *route;

    return aws_call_until(w->call, side->aws, replaces ? &ec2_replace_route : &ec2_create_route,
                          value_map_of(w->call->arena, {"RouteTableId", text(w, table)},
                                       {"DestinationCidrBlock", text(w, block)},
                                       {"VpcPeeringConnectionId", text(w, peering_id(w))}),
                          AWS_VISIBLE_MS, &output) &&
           ec2_wait_route(w->call, side->aws, table, block, &route);
}

static bool ensure_route(struct peering_work *w, const struct peering_side *side,
                         const char *table_id, const char *block)
{
    const struct value *table = table_of(side, table_id),
                       *now = table ? ec2_route_to(table, block) : NULL;
    const char *name = name_of(w, table_id, block);
    bool black = now && is_blackhole(now);

    if (!table && !w->look_only)
        return diag_error(w->call->diags,
                          path_of(w->call->arena, side->argument, "route_table_ids"),
                          "There is no such route table",
                          "VPC %s in %s has no route table %s. A table of another VPC cannot lead "
                          "to this one's peers.",
                          side->vpc_id, aws_region(side->aws), table_id);
    if ((!leads_to(now, peering_id(w)) || black) &&
        peering_may_change(w, text_f(w->call->arena, "route %s: %s", name,
                                     !now    ? "missing"
                                     : black ? "blackhole"
                                             : "leads elsewhere"))) {
        if (now && !black && !was_ours(w, name))
            return refuse_foreign(w, side, table_id, block, now);
        if (!put_route(w, side, table_id, block, now))
            return false;
    }
    w->routes = value_append(w->call->arena, w->routes, text(w, name));
    return true;
}

static bool delete_route(struct peering_work *w, const struct peering_side *side, const char *table,
                         const char *block)
{
    const struct value *output;

    return aws_call(w->call, side->aws, &ec2_delete_route,
                    value_map_of(w->call->arena, {"RouteTableId", text(w, table)},
                                 {"DestinationCidrBlock", text(w, block)}),
                    &output);
}

/* --- those that are no longer wanted ---------------------------------------------------- */

static bool is_wanted(const struct peering_work *w, const char *name)
{
    for (size_t i = 0; i < value_count(w->routes); i++)
        if (strcmp(value_z(value_item(w->routes, i)), name) == 0)
            return true;
    return false;
}

/* One of ours before, if it still leads to the connection. */
static bool drop_route(struct peering_work *w, const char *name)
{
    struct text rest = text_of(name), table;
    const char *id;

    if (is_wanted(w, name) || !text_split(&rest, ' ', &table))
        return true;
    id = text_z(w->call->arena, table);
    for (size_t i = 0; i < PEERING_SIDES; i++) {
        const struct value *of = table_of(&w->sides[i], id);
        const char *block = text_z(w->call->arena, rest);

        if (of && leads_to(ec2_route_to(of, block), peering_id(w)) &&
            !delete_route(w, &w->sides[i], id, block))
            return false;
    }
    return true;
}

static bool drop_unwanted(struct peering_work *w)
{
    for (size_t i = 0; !w->look_only && i < value_count(w->old_routes); i++)
        if (!drop_route(w, value_z(value_item(w->old_routes, i))))
            return false;
    return true;
}

/* Tables of a side that names none, and named none before, are not asked for. */
static bool may_have_routes(const struct peering_work *w, const struct peering_side *side)
{
    return value_count(side->route_table_ids) || (!w->look_only && value_count(w->old_routes));
}

bool peering_routes_converge(struct peering_work *w)
{
    w->routes = &value_empty_list;
    for (size_t i = 0; i < PEERING_SIDES; i++) {
        struct peering_side *side = &w->sides[i];
        const char *block = w->sides[PEERING_SIDES - 1 - i].cidr_block;

        if (may_have_routes(w, side) && !look(w, side))
            return false;
        for (size_t k = 0; k < value_count(side->route_table_ids); k++)
            if (!ensure_route(w, side, value_z(value_item(side->route_table_ids, k)), block))
                return false;
    }
    return drop_unwanted(w);
}

/* --- all of them -------------------------------------------------------------------------- */

static bool remove_from(struct peering_work *w, const struct peering_side *side,
                        const struct value *table, const char *id)
{
    const struct value *routes = value_at(table, "Routes");

    for (size_t i = 0; i < value_count(routes); i++)
        if (leads_to(value_item(routes, i), id) &&
            !delete_route(w, side, value_text(table, "RouteTableId"),
                          value_text(value_item(routes, i), "DestinationCidrBlock")))
            return false;
    return true;
}

bool peering_routes_remove(struct peering_work *w, const char *id)
{
    for (size_t i = 0; i < PEERING_SIDES; i++) {
        struct peering_side *side = &w->sides[i];

        if (!look(w, side))
            return false;
        for (size_t k = 0; k < value_count(side->tables); k++)
            if (!remove_from(w, side, value_item(side->tables, k), id))
                return false;
    }
    return true;
}

bool peering_routes_found(struct peering_work *w, size_t side, const char *id,
                          const struct value **table_ids)
{
    struct peering_side *of = &w->sides[side];

    *table_ids = &value_empty_list;
    if (!look(w, of))
        return false;
    for (size_t i = 0; i < value_count(of->tables); i++) {
        const struct value *table = value_item(of->tables, i), *routes = value_at(table, "Routes");
        bool leads = false;

        for (size_t k = 0; k < value_count(routes); k++)
            leads |= leads_to(value_item(routes, k), id);
        if (leads)
            *table_ids = value_append(w->call->arena, *table_ids, value_at(table, "RouteTableId"));
    }
    return true;
}
