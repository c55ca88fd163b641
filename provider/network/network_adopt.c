/* Networks that somebody else made: what each thing in them is, by what it does. */
#include <stdlib.h>
#include <string.h>

#include "aws/ec2.h"
#include "aws/tags.h"
#include "network/network_adopt.h"
#include "network/network_ipv6.h"

#define EVERYWHERE "0.0.0.0/0"

bool network_is_foreign(const struct network_work *w)
{
    const struct value *tags =
        w->found.vpc ? tags_map(w->call->arena, value_at(w->found.vpc, "Tags")) : &value_empty_map;

    return w->found.vpc && !*value_text(tags, NETWORK_TAG);
}

static bool list_in(struct network_work *w, const struct aws_operation *operation,
                    const char *filter, const struct value **items)
{
    return ec2_list(w->call, w->aws, operation,
                    ec2_filter(w->call->arena, NULL, filter, value_text(w->found.vpc, "VpcId")),
                    items);
}

/* The first of a role counts; others stay somebody else's. */
static void put(struct network_work *w, const struct value **map, const char *role,
                const struct value *object)
{
    if (!value_has(*map, role))
        *map = value_with(w->call->arena, *map, role, object);
}

static bool is_main(const struct value *table)
{
    const struct value *list = value_at(table, "Associations");

    for (size_t i = 0; i < value_count(list); i++)
        if (value_flag(value_item(list, i), "Main"))
            return true;
    return false;
}

/* The table that a subnet uses: its own, else the main one. */
static const struct value *table_of(const struct value *tables, const char *subnet)
{
    const struct value *used = &value_null;

    for (size_t i = 0; i < value_count(tables); i++) {
        const struct value *one = value_item(tables, i);

        if (ec2_association_of(one, subnet))
            return one;
        if (is_main(one))
            used = one;
    }
    return used;
}

static bool is_public(const struct value *table)
{
    const struct value *route = ec2_route_to(table, EVERYWHERE);

    return route && strncmp(value_text(route, "GatewayId"), "igw-", 4) == 0;
}

static bool has_table(const struct network_work *w, const struct value *table)
{
    for (size_t i = 0; i < value_count(w->found.tables); i++)
        if (value_equal(value_at(w->found.tables->map.entries[i].value, "RouteTableId"),
                        value_at(table, "RouteTableId")))
            return true;
    return false;
}

/* The main table cannot be ours: it goes only with its VPC. */
static void adopt_subnet(struct network_work *w, const struct value *subnet,
                         const struct value *tables)
{
    struct arena *a = w->call->arena;
    const char *zone = value_text(subnet, "AvailabilityZone");
    const struct value *table = table_of(tables, value_text(subnet, "SubnetId"));
    bool open = is_public(table);

    put(w, &w->found.subnets, network_role(a, open ? "public" : "private", zone), subnet);
    if (!value_is_null(table) && !is_main(table) && !has_table(w, table))
        put(w, &w->found.tables, open ? "public-routes" : network_role(a, "private-routes", zone),
            table);
}

static const char *zone_of(const struct value *subnets, const char *id)
{
    for (size_t i = 0; i < value_count(subnets); i++)
        if (strcmp(value_text(value_item(subnets, i), "SubnetId"), id) == 0)
            return value_text(value_item(subnets, i), "AvailabilityZone");
    return "";
}

static bool adopt_nat(struct network_work *w, const struct value *nat, const struct value *subnets)
{
    const char *role =
        network_role(w->call->arena, "nat", zone_of(subnets, value_text(nat, "SubnetId")));
    const struct value *address,
        *allocation = value_at(value_item(value_at(nat, "NatGatewayAddresses"), 0), "AllocationId");

    if (strcmp(value_text(nat, "State"), "available") != 0 || !*value_z(allocation))
        return true;
    if (!ec2_describe_address(w->call, w->aws, value_z(allocation), &address))
        return false;
    put(w, &w->found.nats, role, nat);
    if (address)
        put(w, &w->found.addresses, role, address);
    return true;
}

bool network_adopt(struct network_work *w)
{
    const struct value *subnets, *tables, *gateways, *nats;

    if (!list_in(w, &ec2_describe_subnets, "vpc-id", &subnets) ||
        !list_in(w, &ec2_describe_route_tables, "vpc-id", &tables) ||
        !list_in(w, &ec2_describe_internet_gateways, "attachment.vpc-id", &gateways) ||
        !list_in(w, &ec2_describe_nat_gateways, "vpc-id", &nats))
        return false;
    for (size_t i = 0; i < value_count(subnets); i++)
        adopt_subnet(w, value_item(subnets, i), tables);
    if (value_count(gateways))
        put(w, &w->found.gateways, "internet-gateway", value_item(gateways, 0));
    for (size_t i = 0; i < value_count(nats); i++)
        if (!adopt_nat(w, value_item(nats, i), subnets))
            return false;
    return network_ipv6_adopt(w);
}

/* --- the arguments that describe it --------------------------------------------------------- */

static int compare_names(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static const struct value *zones_found(struct arena *a, const struct value *subnets)
{
    const char **all = arena_array(a, value_count(subnets) + 1, sizeof(*all));
    const struct value *names = &value_empty_list;
    size_t count = 0;

    for (size_t i = 0; i < value_count(subnets); i++)
        all[count++] = value_text(subnets->map.entries[i].value, "AvailabilityZone");
    qsort(all, count, sizeof(*all), compare_names);
    for (size_t i = 0; i < count; i++)
        if (!i || strcmp(all[i], all[i - 1]) != 0)
            names = value_append(a, names, value_string(a, all[i]));
    return names;
}

static const struct value *blocks_found(struct arena *a, const struct value *subnets,
                                        const char *kind, const struct value *zones)
{
    const struct value *list = &value_empty_list;

    for (size_t i = 0; i < value_count(zones); i++) {
        const struct value *one =
            value_at(subnets, network_role(a, kind, value_z(value_item(zones, i))));

        if (!value_is_null(one))
            list = value_append(a, list, value_at(one, "CidrBlock"));
    }
    return list;
}

static const struct value *own_tags(struct call *c, const struct value *tags)
{
    const struct value *defaults = tags_all(c, &value_null), *own = &value_empty_map;

    tags = tags_without_foreign(c->arena, tags);
    for (size_t i = 0; i < value_count(tags); i++) {
        const struct value_entry *tag = &tags->map.entries[i];

        if (strcmp(tag->key, "Name") != 0 && strcmp(tag->key, NETWORK_TAG) != 0 &&
            strcmp(tag->key, NETWORK_ROLE_TAG) != 0 &&
            !value_equal(value_at(defaults, tag->key), tag->value))
            own = value_with(c->arena, own, tag->key, tag->value);
    }
    return value_count(own) ? own : &value_null;
}

static void describe_arguments(struct network_work *w, const struct value **object)
{
    struct arena *a = w->call->arena;
    const struct value *tags = tags_map(a, value_at(w->found.vpc, "Tags")),
                       *zones = zones_found(a, w->found.subnets);
    size_t nats = value_count(w->found.nats);

    *object = value_with(a, *object, "name", value_string(a, w->plan->name));
    *object = value_with(a, *object, "cidr_block", value_at(w->found.vpc, "CidrBlock"));
    *object = value_with(a, *object, "ipv6", value_bool(*network_ipv6_block(w->found.vpc)));
    *object = value_with(a, *object, "availability_zone_names", zones);
    *object = value_with(a, *object, "public_subnets",
                         blocks_found(a, w->found.subnets, "public", zones));
    *object = value_with(a, *object, "private_subnets",
                         blocks_found(a, w->found.subnets, "private", zones));
    *object = value_with(
        a, *object, "nat_gateways",
        value_string(a, network_plan_nat_names[!nats       ? NETWORK_PLAN_NAT_NONE
                                               : nats == 1 ? NETWORK_PLAN_NAT_SINGLE
                                                           : NETWORK_PLAN_NAT_PER_ZONE]));
    *object = value_with(a, *object, "force_destroy", &value_false);
    *object = value_with(a, *object, "tags", own_tags(w->call, tags));
    *object = value_with(a, *object, "tags_all", tags_all(w->call, value_at(*object, "tags")));
}

bool network_import(struct call *c, struct aws *aws, const char *id, const struct value **object)
{
    struct network_plan plan = {.count = 0};
    struct network_work w = {.call = c, .aws = aws, .plan = &plan, .drift = &value_empty_list};
    const struct value *vpc, *tags;

    if (!ec2_describe_vpc(c, aws, id, &vpc))
        return false;
    if (!vpc) {
        *object = NULL;
        return true;
    }
    tags = tags_map(c->arena, value_at(vpc, "Tags"));
    plan.name = value_text(tags, *value_text(tags, NETWORK_TAG) ? NETWORK_TAG : "Name");
    if (!*plan.name)
        return diag_error(c->diags, NULL, "The VPC has no name",
                          "VPC %s in %s has no tag Name, which becomes the argument name. Give it "
                          "one, then import it.",
                          id, aws_region(aws));
    if (!network_find(&w, id))
        return false;
    describe_arguments(&w, object);
    return true;
}
