/* Taking a network down, in the only order that AWS allows: NAT gateways, addresses,
 * route tables, subnets, the internet gateways, the VPC. */
#include <string.h>

#include "aws/ec2.h"
#include "network/leftover.h"
#include "network/network_ipv6.h"

enum {
    ADDRESS_MS = 2 * 60 * 1000,
    SUBNET_MS = 20 * 60 * 1000, /* interfaces of a cluster that just went linger */
    VPC_MS = 5 * 60 * 1000,
    EXPLAIN_MS = 10 * 1000, /* kept of the deadline to say what is in the way */
};

/* --- what is in the way ---------------------------------------------------------------------- */

static struct leftover_place place_of(const struct network_work *w)
{
    return (struct leftover_place){.cluster = "",
                                   .vpc_id = value_text(w->found.vpc, "VpcId"),
                                   .clusters = w->plan->cluster_names};
}

/* Always false. `why` holds what AWS said. */
static bool explain(struct network_work *w, const char *what, const struct diags *why)
{
    const struct leftover_place place = place_of(w);
    struct call *c = w->call;
    struct leftover *list;
    struct diags other;
    struct call quiet;
    size_t count = 0;

    diags_init(&other, c->arena);
    quiet = call_quietly(c, &other);
    if (!leftover_find(&quiet, w->aws, &place, &list, &count) || !count) {
        diags_append(c->diags, why);
        return false;
    }
    return diag_error(c->diags, NULL, text_f(c->arena, "Cannot delete %s: it is still used", what),
                      "%s\nWhat is left in VPC %s:\n%sRemove what made them (a Service of type "
                      "LoadBalancer, a cluster, a group of nodes), then destroy again.",
                      why->first ? why->first->detail : "", place.vpc_id,
                      leftover_text(c->arena, list, count));
}

/* Before anything goes: as long as it may still be repaired, the VPC is whole. */
static bool clear_leftovers(struct network_work *w)
{
    const struct leftover_place place = place_of(w);
    struct call *c = w->call;
    struct leftover *list;
    bool proven = false;
    size_t count;

    if ((w->force_destroy && !leftover_remove(c, w->aws, &place)) ||
        !leftover_wait(c, w->aws, &place, NETWORK_LEFTOVER_MS, &list, &count))
        return false;
    if (!count)
        return true;
    for (size_t i = 0; i < count; i++)
        proven = proven || *list[i].cluster;
    return diag_error(
        c->diags, NULL, text_f(c->arena, "VPC %s is still used", place.vpc_id),
        "What is left in it (waited up to %d minutes for what may go by itself):\n%sNothing of the "
        "VPC was deleted. Remove what made them (a Service of type LoadBalancer, a cluster, a "
        "group of nodes), then destroy again.%s",
        NETWORK_LEFTOVER_MS / 60000, leftover_text(c->arena, list, count),
        !proven ? ""
        : w->force_destroy
            ? " With force_destroy those go that are of clusters which no longer exist."
            : " Or set force_destroy = true, apply, and destroy again: it removes those that "
              "their tags prove to be of a cluster which no longer exists.");
}

/* Waits while something depends on it, then says what. */
static bool drop(struct network_work *w, const struct aws_operation *operation, const char *what,
                 const struct value *input, int64_t ms)
{
    int64_t left = call_left_ms(w->call) - EXPLAIN_MS;
    const struct value *output;
    struct diags why;
    struct call quiet;

    diags_init(&why, w->call->arena);
    quiet = call_quietly(w->call, &why);
    left = left > 0 ? left : 0;
    return aws_call_until(&quiet, w->aws, operation, input, ms < left ? ms : left, &output) ||
           explain(w, what, &why);
}

static const struct value *id_input(struct network_work *w, const char *member, const char *id)
{
    return value_map_of(w->call->arena, {member, value_string(w->call->arena, id)});
}

/* --- NAT gateways and addresses --------------------------------------------------------------- */

static bool nat_delete(struct network_work *w, const struct value *nat)
{
    const struct value *output;

    return strcmp(value_text(nat, "State"), "deleting") == 0 ||
           aws_call(w->call, w->aws, &ec2_delete_nat_gateway,
                    id_input(w, "NatGatewayId", value_text(nat, "NatGatewayId")), &output);
}

static bool nat_gone(struct network_work *w, const struct value *nat)
{
    struct arena *a = w->call->arena;
    const struct value *output;

    return aws_wait(
        w->call, w->aws, &ec2_nat_gateway_deleted,
        value_map_of(a, {"NatGatewayIds", value_list_of(a, value_at(nat, "NatGatewayId"))}),
        ec2_explain_nat_gateway, &output);
}

/* All at once, then the waiting. */
static bool nats_delete(struct network_work *w, const struct value *nats)
{
    for (size_t i = 0; i < value_count(nats); i++)
        if (!nat_delete(w, value_item(nats, i)))
            return false;
    for (size_t i = 0; i < value_count(nats); i++)
        if (!nat_gone(w, value_item(nats, i)))
            return false;
    return true;
}

bool network_clear_nats(struct network_work *w)
{
    return nats_delete(w, w->found.failed_nats);
}

/* --- what is no longer wanted -------------------------------------------------------------------
 */

static bool wants_role(const struct network_work *w, const char *role)
{
    const struct network_plan *p = w->plan;
    struct arena *a = w->call->arena;

    if (strcmp(role, "internet-gateway") == 0 || strcmp(role, "public-routes") == 0)
        return network_plan_is_public(p);
    if (strcmp(role, NETWORK_IPV6_GATEWAY) == 0)
        return network_ipv6_wants_gateway(p);
    for (size_t i = 0; i < p->count; i++) {
        const struct network_plan_zone *z = &p->zones[i];

        if ((z->public_block && strcmp(role, network_role(a, "public", z->name)) == 0) ||
            (z->private_block && (strcmp(role, network_role(a, "private", z->name)) == 0 ||
                                  strcmp(role, network_role(a, "private-routes", z->name)) == 0)) ||
            (network_plan_has_nat(p, i) && strcmp(role, network_role(a, "nat", z->name)) == 0))
            return true;
    }
    return false;
}

/* The objects of roles that are not wanted; only named when looking. */
static const struct value *unwanted(struct network_work *w, const struct value *map,
                                    const char *what)
{
    struct arena *a = w->call->arena;
    const struct value *list = &value_empty_list;

    for (size_t i = 0; i < value_count(map); i++) {
        const struct value_entry *one = &map->map.entries[i];

        if (wants_role(w, one->key))
            continue;
        if (w->look_only)
            w->drift = value_append(a, w->drift, value_f(a, "%s %s: left over", what, one->key));
        else
            list = value_append(a, list, one->value);
    }
    return list;
}

static bool prune_addresses(struct network_work *w)
{
    const struct value *list = unwanted(w, w->found.addresses, "address");

    for (size_t i = 0; i < value_count(list); i++) {
        const char *id = value_text(value_item(list, i), "AllocationId");

        if (!drop(w, &ec2_release_address, text_f(w->call->arena, "address %s", id),
                  id_input(w, "AllocationId", id), ADDRESS_MS))
            return false;
    }
    return true;
}

static bool disassociate(struct network_work *w, const struct value *table)
{
    const struct value *list = value_at(table, "Associations"), *output;

    for (size_t i = 0; i < value_count(list); i++)
        if (!aws_call(w->call, w->aws, &ec2_disassociate_route_table,
                      id_input(w, "AssociationId",
                               value_text(value_item(list, i), "RouteTableAssociationId")),
                      &output))
            return false;
    return true;
}

static bool prune_tables(struct network_work *w)
{
    const struct value *list = unwanted(w, w->found.tables, "route table");

    for (size_t i = 0; i < value_count(list); i++) {
        const char *id = value_text(value_item(list, i), "RouteTableId");

        if (!disassociate(w, value_item(list, i)) ||
            !drop(w, &ec2_delete_route_table, text_f(w->call->arena, "route table %s", id),
                  id_input(w, "RouteTableId", id), VPC_MS))
            return false;
    }
    return true;
}

static bool prune_subnets(struct network_work *w)
{
    const struct value *list = unwanted(w, w->found.subnets, "subnet");

    for (size_t i = 0; i < value_count(list); i++) {
        const char *id = value_text(value_item(list, i), "SubnetId");

        if (!drop(w, &ec2_delete_subnet, text_f(w->call->arena, "subnet %s", id),
                  id_input(w, "SubnetId", id), SUBNET_MS))
            return false;
    }
    return true;
}

static bool detach_gateway(struct network_work *w, const struct value *gateway)
{
    const char *id = value_text(gateway, "InternetGatewayId");
    const struct value *attachments = value_at(gateway, "Attachments");

    if (!value_count(attachments))
        return true;
    return drop(w, &ec2_detach_internet_gateway,
                text_f(w->call->arena, "the attachment of internet gateway %s", id),
                value_with(w->call->arena, id_input(w, "InternetGatewayId", id), "VpcId",
                           value_at(value_item(attachments, 0), "VpcId")),
                SUBNET_MS);
}

static bool prune_gateways(struct network_work *w)
{
    const struct value *list = unwanted(w, w->found.gateways, "internet gateway");

    for (size_t i = 0; i < value_count(list); i++) {
        const char *id = value_text(value_item(list, i), "InternetGatewayId");

        if (!detach_gateway(w, value_item(list, i)) ||
            !drop(w, &ec2_delete_internet_gateway,
                  text_f(w->call->arena, "internet gateway %s", id),
                  id_input(w, "InternetGatewayId", id), VPC_MS))
            return false;
    }
    return true;
}

static bool prune_egress_gateways(struct network_work *w)
{
    const struct value *list =
        unwanted(w, w->found.egress_gateways, "egress-only internet gateway");

    for (size_t i = 0; i < value_count(list); i++) {
        const char *id = value_text(value_item(list, i), "EgressOnlyInternetGatewayId");

        if (!drop(w, &ec2_delete_egress_only_internet_gateway,
                  text_f(w->call->arena, "egress-only internet gateway %s", id),
                  id_input(w, "EgressOnlyInternetGatewayId", id), VPC_MS))
            return false;
    }
    return true;
}

bool network_prune(struct network_work *w)
{
    return nats_delete(w, unwanted(w, w->found.nats, "NAT gateway")) && prune_addresses(w) &&
           prune_tables(w) && prune_subnets(w) && prune_gateways(w) && prune_egress_gateways(w);
}

bool network_remove(struct network_work *w)
{
    struct network_plan *nothing = arena_copy(w->call->arena, w->plan, sizeof(*w->plan));
    const char *id = value_text(w->found.vpc, "VpcId");

    if (w->found.vpc && !clear_leftovers(w))
        return false;
    nothing->count = 0;
    w->plan = nothing;
    return network_clear_nats(w) && network_prune(w) &&
           (!w->found.vpc || drop(w, &ec2_delete_vpc, text_f(w->call->arena, "VPC %s", id),
                                  id_input(w, "VpcId", id), VPC_MS));
}
