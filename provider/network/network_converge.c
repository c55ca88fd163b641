/* Each object of a network as it has to be, in the order in which they need each other.
 * A step that finds what it wants asks nothing; with look_only it only says what differs. */
#include <string.h>

#include "aws/ec2.h"
#include "aws/tags.h"
#include "network/network_ipv6.h"
#include "network/network_parts.h"

#define EVERYWHERE "0.0.0.0/0"

static const struct value *text(struct network_work *w, const char *z)
{
    return value_string(w->call->arena, z);
}

static const char *vpc_id(const struct network_work *w)
{
    return value_text(w->found.vpc, "VpcId");
}

bool network_may_change(struct network_work *w, const char *line)
{
    if (w->look_only)
        w->drift = value_append(w->call->arena, w->drift, text(w, line));
    return !w->look_only;
}

bool network_change(struct network_work *w, const struct aws_operation *operation,
                    const struct value *input, const struct value **output)
{
    return aws_call_until(w->call, w->aws, operation, input, AWS_VISIBLE_MS, output);
}

/* The same where the answer says nothing. */
static bool change(struct network_work *w, const struct aws_operation *operation,
                   const struct value *input)
{
    const struct value *output;

    return network_change(w, operation, input, &output);
}

bool network_make(struct network_work *w, const struct aws_operation *operation, const char *type,
                  const char *role, const struct value *input, const struct value **output)
{
    struct arena *a = w->call->arena;

    return aws_call_until(w->call, w->aws, operation,
                          value_with(a, input, "TagSpecifications",
                                     tags_specification(a, type, network_tags(w, role))),
                          AWS_VISIBLE_MS, output);
}

/* --- tags ----------------------------------------------------------------------------------- */

static bool role_is(const char *role, const char *kind)
{
    return strncmp(role, kind, strlen(kind)) == 0;
}

static const struct value *subnet_tags(struct network_work const *w, const char *role,
                                       const struct value *tags)
{
    struct arena *a = w->call->arena;
    const struct value *names = w->plan->cluster_names;

    tags = value_with(a, tags,
                      role_is(role, "public/") ? "kubernetes.io/role/elb"
                                               : "kubernetes.io/role/internal-elb",
                      value_string(a, "1"));
    for (size_t i = 0; i < value_count(names); i++)
        tags = value_with(a, tags,
                          text_f(a, "kubernetes.io/cluster/%s", value_z(value_item(names, i))),
                          value_string(a, "shared"));
    return tags;
}

static const char *name_of(const struct network_work *w, const char *role)
{
    return strcmp(role, "vpc") == 0 ? w->plan->name
                                    : text_f(w->call->arena, "%s/%s", w->plan->name, role);
}

const struct value *network_tags(const struct network_work *w, const char *role)
{
    struct arena *a = w->call->arena;
    const struct value *tags = w->plan->tags;

    if (!value_has(tags, "Name") || strcmp(role, "vpc") != 0)
        tags = value_with(a, tags, "Name", value_string(a, name_of(w, role)));
    if (role_is(role, "public/") || role_is(role, "private/"))
        tags = subnet_tags(w, role, tags);
    tags = value_with(a, tags, NETWORK_TAG, value_string(a, w->plan->name));
    return value_sorted(a, value_with(a, tags, NETWORK_ROLE_TAG, value_string(a, role)));
}

/* Of `from` what `other` lacks or has with another value. */
static const struct value *tags_missing(struct arena *a, const struct value *from,
                                        const struct value *other)
{
    const struct value *map = &value_empty_map;

    for (size_t i = 0; i < value_count(from); i++) {
        const struct value_entry *tag = &from->map.entries[i];

        if (!value_equal(value_at(other, tag->key), tag->value))
            map = value_with(a, map, tag->key, tag->value);
    }
    return map;
}

/* What this resource gave once, gives no longer, and is still there. */
static const struct value *tags_dropped(const struct network_work *w, const struct value *now,
                                        const struct value *wanted)
{
    const struct value *map = &value_empty_map;

    for (size_t i = 0; i < value_count(w->old_tags); i++) {
        const struct value_entry *tag = &w->old_tags->map.entries[i];

        if (!value_has(wanted, tag->key) && value_equal(value_at(now, tag->key), tag->value))
            map = value_with(w->call->arena, map, tag->key, tag->value);
    }
    return map;
}

static bool change_tags(struct network_work *w, const struct aws_operation *operation,
                        const char *id, const struct value *tags)
{
    struct arena *a = w->call->arena;

    return !value_count(tags) ||
           change(w, operation,
                  value_map_of(a, {"Resources", value_list_of(a, text(w, id))},
                               {"Tags", tags_list(a, tags)}));
}

bool network_ensure_tags(struct network_work *w, const struct value *object, const char *id,
                         const char *role)
{
    struct arena *a = w->call->arena;
    const struct value *wanted = network_tags(w, role),
                       *now = tags_map(a, value_at(object, "Tags")),
                       *missing = tags_missing(a, wanted, now),
                       *dropped = tags_dropped(w, now, wanted);

    if ((!value_count(missing) && !value_count(dropped)) ||
        !network_may_change(w, text_f(a, "%s %s: tags", role, id)))
        return true;
    return change_tags(w, &ec2_create_tags, id, missing) &&
           change_tags(w, &ec2_delete_tags, id, dropped);
}

/* --- the VPC ---------------------------------------------------------------------------------- */

static bool make_vpc(struct network_work *w)
{
    struct arena *a = w->call->arena;
    const struct value *input = value_map_of(a, {"CidrBlock", text(w, w->plan->cidr_block)}),
                       *output;

    if (w->plan->ipv6)
        input = value_with(a, input, "AmazonProvidedIpv6CidrBlock", &value_true);
    if (!network_make(w, &ec2_create_vpc, "vpc", "vpc", input, &output))
        return false;
    w->found.vpc = value_at(output, "Vpc");
    return true;
}

static bool vpc_ready(struct network_work *w)
{
    struct arena *a = w->call->arena;
    const struct value *output;

    if (strcmp(value_text(w->found.vpc, "State"), "available") == 0)
        return true;
    return aws_wait(w->call, w->aws, &ec2_vpc_available,
                    value_map_of(a, {"VpcIds", value_list_of(a, text(w, vpc_id(w)))}), NULL,
                    &output);
}

static bool ensure_vpc_attribute(struct network_work *w, const char *attribute, const char *member)
{
    struct arena *a = w->call->arena;
    bool on;

    if (!ec2_describe_vpc_attribute(w->call, w->aws, vpc_id(w), attribute, &on))
        return false;
    if (on || !network_may_change(w, text_f(a, "vpc %s: %s is off", vpc_id(w), attribute)))
        return true;
    return change(w, &ec2_modify_vpc_attribute,
                  value_map_of(a, {"VpcId", text(w, vpc_id(w))},
                               {member, value_map_of(a, {"Value", &value_true})}));
}

static bool ensure_vpc(struct network_work *w)
{
    const char *block = value_text(w->found.vpc, "CidrBlock");

    if (!w->found.vpc && !make_vpc(w))
        return false;
    if (*block && strcmp(block, w->plan->cidr_block) != 0)
        return diag_error(w->call->diags, path_of(w->call->arena, "cidr_block"),
                          "The VPC has another block",
                          "VPC %s, which an earlier apply made for \"%s\", has %s. Say that block, "
                          "or remove the VPC first.",
                          vpc_id(w), w->plan->name, block);
    return vpc_ready(w) && ensure_vpc_attribute(w, "enableDnsSupport", "EnableDnsSupport") &&
           ensure_vpc_attribute(w, "enableDnsHostnames", "EnableDnsHostnames") &&
           network_ipv6_ensure_vpc(w);
}

/* --- the way out --------------------------------------------------------------------------------
 */

#define GATEWAY "internet-gateway"

static bool make_gateway(struct network_work *w)
{
    const struct value *output;

    if (!network_make(w, &ec2_create_internet_gateway, "internet-gateway", GATEWAY,
                      &value_empty_map, &output))
        return false;
    w->found.gateways =
        value_with(w->call->arena, w->found.gateways, GATEWAY, value_at(output, "InternetGateway"));
    return true;
}

static bool attach_gateway(struct network_work *w, const char *id)
{
    struct arena *a = w->call->arena;

    if (!network_may_change(w, text_f(a, GATEWAY " %s: detached", id)))
        return true;
    return change(
        w, &ec2_attach_internet_gateway,
        value_map_of(a, {"InternetGatewayId", text(w, id)}, {"VpcId", text(w, vpc_id(w))}));
}

static bool ensure_gateway(struct network_work *w)
{
    const struct value *gateway;
    const char *id;

    if (!network_plan_is_public(w->plan))
        return true;
    if (!value_has(w->found.gateways, GATEWAY)) {
        if (!network_may_change(w, GATEWAY ": missing"))
            return true;
        if (!make_gateway(w))
            return false;
    }
    gateway = value_at(w->found.gateways, GATEWAY);
    id = value_text(gateway, "InternetGatewayId");
    if (!network_ensure_tags(w, gateway, id, GATEWAY))
        return false;
    return value_count(value_at(gateway, "Attachments")) || attach_gateway(w, id);
}

/* --- subnets
 * -------------------------------------------------------------------------------------- */

static bool make_subnet(struct network_work *w, const char *role, const char *zone,
                        const char *block)
{
    struct arena *a = w->call->arena;
    const struct value *input, *output, *subnet;
    const char *ipv6_block;

    if (!network_ipv6_choose(w, role, &ipv6_block))
        return false;
    input = value_map_of(a, {"VpcId", text(w, vpc_id(w))}, {"CidrBlock", text(w, block)},
                         {"AvailabilityZone", text(w, zone)});
    if (ipv6_block)
        input = value_with(a, input, "Ipv6CidrBlock", text(w, ipv6_block));
    if (!network_make(w, &ec2_create_subnet, "subnet", role, input, &output))
        return false;
    subnet = value_at(output, "Subnet");
    w->found.subnets = value_with(a, w->found.subnets, role, subnet);
    return aws_wait(w->call, w->aws, &ec2_subnet_available,
                    value_map_of(a, {"SubnetIds", value_list_of(a, value_at(subnet, "SubnetId"))}),
                    NULL, &output) &&
           network_ipv6_ensure_subnet(w, role);
}

static bool ensure_subnet(struct network_work *w, const char *kind, const char *zone,
                          const char *block)
{
    struct arena *a = w->call->arena;
    const char *role = network_role(a, kind, zone);
    const struct value *subnet = value_at(w->found.subnets, role);

    if (!block)
        return true;
    if (value_is_null(subnet))
        return !network_may_change(w, text_f(a, "subnet %s: missing", role)) ||
               make_subnet(w, role, zone, block);
    if (strcmp(value_text(subnet, "CidrBlock"), block) != 0)
        return w->look_only ||
               diag_error(w->call->diags, NULL, "The subnet has another block",
                          "Subnet %s (%s) has %s, not %s. Say that block, or remove the subnet.",
                          value_text(subnet, "SubnetId"), role, value_text(subnet, "CidrBlock"),
                          block);
    return network_ensure_tags(w, subnet, value_text(subnet, "SubnetId"), role) &&
           network_ipv6_ensure_subnet(w, role);
}

static bool ensure_subnets(struct network_work *w)
{
    for (size_t i = 0; i < w->plan->count; i++) {
        const struct network_plan_zone *zone = &w->plan->zones[i];

        if (!ensure_subnet(w, "public", zone->name, zone->public_block) ||
            !ensure_subnet(w, "private", zone->name, zone->private_block))
            return false;
    }
    return true;
}

/* --- NAT gateways
 * ----------------------------------------------------------------------------------- */

static bool ensure_address(struct network_work *w, const char *role)
{
    struct arena *a = w->call->arena;
    const struct value *address = value_at(w->found.addresses, role), *output;

    if (!value_is_null(address))
        return network_ensure_tags(w, address, value_text(address, "AllocationId"), role);
    if (!network_may_change(w, text_f(a, "address %s: missing", role)))
        return true;
    if (!network_make(w, &ec2_allocate_address, "elastic-ip", role,
                      value_map_of(a, {"Domain", text(w, "vpc")}), &output))
        return false;
    w->found.addresses = value_with(a, w->found.addresses, role, output);
    return true;
}

static bool make_nat(struct network_work *w, const char *role, const char *zone)
{
    struct arena *a = w->call->arena;
    const struct value *subnet = value_at(w->found.subnets, network_role(a, "public", zone)),
                       *output;

    if (!network_make(w, &ec2_create_nat_gateway, "natgateway", role,
                      value_map_of(a, {"SubnetId", value_at(subnet, "SubnetId")},
                                   {"AllocationId",
                                    value_at(value_at(w->found.addresses, role), "AllocationId")}),
                      &output))
        return false;
    w->found.nats = value_with(a, w->found.nats, role, value_at(output, "NatGateway"));
    return true;
}

static bool ensure_nat(struct network_work *w, const char *zone)
{
    struct arena *a = w->call->arena;
    const char *role = network_role(a, "nat", zone);
    const struct value *nat = value_at(w->found.nats, role);

    if (!ensure_address(w, role))
        return false;
    if (!value_is_null(nat))
        return network_ensure_tags(w, nat, value_text(nat, "NatGatewayId"), role);
    return !network_may_change(w, text_f(a, "NAT gateway %s: missing", role)) ||
           make_nat(w, role, zone);
}

static bool nat_ready(struct network_work *w, const char *zone)
{
    struct arena *a = w->call->arena;
    const struct value *nat = value_at(w->found.nats, network_role(a, "nat", zone)), *output;

    if (w->look_only || strcmp(value_text(nat, "State"), "available") == 0)
        return true;
    return aws_wait(
        w->call, w->aws, &ec2_nat_gateway_available,
        value_map_of(a, {"NatGatewayIds", value_list_of(a, value_at(nat, "NatGatewayId"))}),
        ec2_explain_nat_gateway, &output);
}

/* They are made side by side, then waited for. */
static bool ensure_nats(struct network_work *w)
{
    const struct network_plan *p = w->plan;

    if (!w->look_only && !network_clear_nats(w))
        return false;
    for (size_t i = 0; i < p->count; i++)
        if (network_plan_has_nat(p, i) && !ensure_nat(w, p->zones[i].name))
            return false;
    for (size_t i = 0; i < p->count; i++)
        if (network_plan_has_nat(p, i) && !nat_ready(w, p->zones[i].name))
            return false;
    return true;
}

/* --- routes
 * --------------------------------------------------------------------------------------------- */

static bool make_table(struct network_work *w, const char *role)
{
    struct arena *a = w->call->arena;
    const struct value *output;

    if (!network_make(w, &ec2_create_route_table, "route-table", role,
                      value_map_of(a, {"VpcId", text(w, vpc_id(w))}), &output))
        return false;
    w->found.tables = value_with(a, w->found.tables, role, value_at(output, "RouteTable"));
    return true;
}

bool network_ensure_route(struct network_work *w, const struct value *table, const char *role,
                          const struct network_route *route)
{
    struct arena *a = w->call->arena;
    const struct value *now = ec2_route_to(table, route->destination), *input, *seen;
    const char *id = value_text(table, "RouteTableId"),
               *destination = strchr(route->destination, ':') ? "DestinationIpv6CidrBlock"
                                                              : "DestinationCidrBlock";

    if (route->target ? now && strcmp(value_text(now, route->member), route->target) == 0 : !now)
        return true;
    if (!network_may_change(w, text_f(a, "route table %s: %s", role, route->what)))
        return true;
    input =
        value_map_of(a, {"RouteTableId", text(w, id)}, {destination, text(w, route->destination)});
    if (!route->target)
        return change(w, &ec2_delete_route, input);
    return change(w, now ? &ec2_replace_route : &ec2_create_route,
                  value_with(a, input, route->member, text(w, route->target))) &&
           ec2_wait_route(w->call, w->aws, id, route->destination, &seen);
}

static bool ensure_route(struct network_work *w, const struct value *table, const char *role,
                         const char *member, const char *target)
{
    const struct network_route route = {
        .destination = EVERYWHERE, .member = member, .target = target, .what = "default route"};

    return network_ensure_route(w, table, role, &route) &&
           network_ipv6_ensure_route(w, table, role);
}

/* The association of a subnet with any table of ours but this one; NULL = none. */
static const struct value *association_elsewhere(const struct network_work *w, const char *subnet)
{
    for (size_t i = 0; i < value_count(w->found.tables); i++) {
        const struct value *one = ec2_association_of(w->found.tables->map.entries[i].value, subnet);

        if (one)
            return one;
    }
    return NULL;
}

static bool associate(struct network_work *w, const char *table, const char *subnet)
{
    struct arena *a = w->call->arena;
    const struct value *other = association_elsewhere(w, subnet), *association;

    if (other
            ? !change(w, &ec2_replace_route_table_association,
                      value_map_of(a, {"AssociationId", value_at(other, "RouteTableAssociationId")},
                                   {"RouteTableId", text(w, table)}))
            : !change(
                  w, &ec2_associate_route_table,
                  value_map_of(a, {"RouteTableId", text(w, table)}, {"SubnetId", text(w, subnet)})))
        return false;
    return ec2_wait_association(w->call, w->aws, table, subnet, &association);
}

static bool ensure_association(struct network_work *w, const struct value *table, const char *role)
{
    const char *subnet = value_text(value_at(w->found.subnets, role), "SubnetId");

    if (!*subnet || ec2_association_of(table, subnet) ||
        !network_may_change(w, text_f(w->call->arena, "subnet %s: not associated", role)))
        return true;
    return associate(w, value_text(table, "RouteTableId"), subnet);
}

/* *out NULL: missing, and only looked at. */
static bool ensure_table(struct network_work *w, const char *role, const struct value **out)
{
    *out = NULL;
    if (!value_has(w->found.tables, role)) {
        if (!network_may_change(w, text_f(w->call->arena, "route table %s: missing", role)))
            return true;
        if (!make_table(w, role))
            return false;
    }
    *out = value_at(w->found.tables, role);
    return network_ensure_tags(w, *out, value_text(*out, "RouteTableId"), role);
}

static bool ensure_public_routes(struct network_work *w)
{
    const char *gateway = value_text(value_at(w->found.gateways, GATEWAY), "InternetGatewayId");
    struct arena *a = w->call->arena;
    const struct value *table;

    if (!network_plan_is_public(w->plan))
        return true;
    if (!ensure_table(w, "public-routes", &table))
        return false;
    if (!table)
        return true;
    if (!ensure_route(w, table, "public-routes", "GatewayId", gateway))
        return false;
    for (size_t i = 0; i < w->plan->count; i++)
        if (!ensure_association(w, table, network_role(a, "public", w->plan->zones[i].name)))
            return false;
    return true;
}

static bool ensure_private_routes(struct network_work *w, size_t zone)
{
    const struct network_plan *p = w->plan;
    struct arena *a = w->call->arena;
    const char *role = network_role(a, "private-routes", p->zones[zone].name),
               *subnet = network_role(a, "private", p->zones[zone].name),
               *nat = network_role(a, "nat", p->zones[network_plan_nat_of(p, zone)].name);
    const struct value *table;

    if (!p->zones[zone].private_block)
        return true;
    if (!ensure_table(w, role, &table))
        return false;
    return !table ||
           (ensure_route(w, table, role, "NatGatewayId",
                         p->nat == NETWORK_PLAN_NAT_NONE
                             ? NULL
                             : value_text(value_at(w->found.nats, nat), "NatGatewayId")) &&
            ensure_association(w, table, subnet));
}

static bool ensure_routes(struct network_work *w)
{
    if (!ensure_public_routes(w))
        return false;
    for (size_t i = 0; i < w->plan->count; i++)
        if (!ensure_private_routes(w, i))
            return false;
    return true;
}

bool network_converge(struct network_work *w)
{
    return ensure_vpc(w) && ensure_gateway(w) && network_ipv6_ensure_gateway(w) &&
           ensure_subnets(w) && ensure_nats(w) && ensure_routes(w) && network_prune(w) &&
           /* last: until then it tells that the rest may not have tags of ours */
           network_ensure_tags(w, w->found.vpc, vpc_id(w), "vpc");
}
