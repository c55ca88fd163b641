#include "network/network_ipv6.h"

#include <arpa/inet.h>
#include <string.h>

#include "aws/ec2.h"
#include "network/network_parts.h"

enum {
    POLL_MIN_MS = 1000,
    POLL_MAX_MS = 5000,
    ZONE_BLOCKS = 16,      /* for each zone in each half: one is used, others where it is taken */
    PUBLIC_PLACE = 0x80,   /* of the 256 /64 of the VPC */
    SUBNETS_BYTE = 56 / 8, /* of an address: which /64 it is of */
};

static const struct value *text(struct network_work *w, const char *z)
{
    return value_string(w->call->arena, z);
}

static const char *vpc_id(const struct network_work *w)
{
    return value_text(w->found.vpc, "VpcId");
}

/* --- blocks -------------------------------------------------------------------------------- */

static const char *state_of(const struct value *association)
{
    return value_text(value_at(association, "Ipv6CidrBlockState"), "State");
}

static bool is_associated(const struct value *association)
{
    return association && strcmp(state_of(association), "associated") == 0;
}

/* The association of a VPC or subnet that is there or on its way; NULL = none. Only blocks of
 * that length count; while it is on its way, which one it will be may not be known. */
static const struct value *association_of(const struct value *object, const char *length)
{
    const struct value *list = value_at(object, "Ipv6CidrBlockAssociationSet");

    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *one = value_item(list, i);
        const char *block = value_text(one, "Ipv6CidrBlock");

        if ((is_associated(one) || strcmp(state_of(one), "associating") == 0) &&
            (!*block || strcmp(block + strcspn(block, "/"), length) == 0))
            return one;
    }
    return NULL;
}

static const struct value *vpc_association(const struct value *vpc)
{
    return vpc ? association_of(vpc, "/56") : NULL;
}

const char *network_ipv6_block(const struct value *vpc)
{
    const struct value *one = vpc_association(vpc);

    return is_associated(one) ? value_text(one, "Ipv6CidrBlock") : "";
}

static bool is_used(const struct value *subnets, const char *block)
{
    for (size_t i = 0; i < value_count(subnets); i++) {
        const struct value *one = association_of(subnets->map.entries[i].value, "/64");

        if (one && strcmp(value_text(one, "Ipv6CidrBlock"), block) == 0)
            return true;
    }
    return false;
}

/* Each zone has places of its own, so that none takes another's. */
static size_t place(bool is_public, size_t zone, size_t nth)
{
    return is_public ? PUBLIC_PLACE + zone + nth * NETWORK_PLAN_ZONES_MAX
                     : zone * ZONE_BLOCKS + nth;
}

const char *network_ipv6_derive(struct arena *a, const char *vpc_block, bool is_public, size_t zone,
                                const struct value *subnets)
{
    size_t slash = strcspn(vpc_block, "/");
    const char *first = text_z(a, (struct text){vpc_block, slash});
    char written[INET6_ADDRSTRLEN];
    struct in6_addr address;

    if (strcmp(vpc_block + slash, "/56") != 0 || inet_pton(AF_INET6, first, &address) != 1)
        return NULL;
    for (size_t nth = 0; nth < ZONE_BLOCKS; nth++) {
        const char *block;

        address.s6_addr[SUBNETS_BYTE] = (uint8_t)place(is_public, zone, nth);
        block =
            text_f(a, "%s/64", inet_ntop(AF_INET6, &address, written, (socklen_t)sizeof(written)));
        if (!is_used(subnets, block))
            return block;
    }
    return NULL;
}

/* --- checking ------------------------------------------------------------------------------- */

bool network_ipv6_check_kept(struct call *c, const struct value *prior, const struct value *planned)
{
    const struct value *wanted = value_at(planned, "ipv6");

    if (!value_flag(prior, "ipv6") || value_is_unknown(wanted) || value_as_bool(wanted))
        return true;
    return diag_error(c->diags, path_of(c->arena, "ipv6"), "IPv6 cannot be switched off",
                      "AWS takes a VPC's IPv6 block back only when no subnet uses it, and a "
                      "subnet's only when nothing in it has an address of it, as nodes and load "
                      "balancers have. VPC %s has %s: say ipv6 = true, or have another VPC made in "
                      "its place (terraform taint), which destroys all that is in this one.",
                      value_text(prior, "id"),
                      value_is_set(value_at(prior, "ipv6_cidr_block"))
                          ? value_text(prior, "ipv6_cidr_block")
                          : "one");
}

bool network_ipv6_check_made(struct network_work *w)
{
    if (w->plan->ipv6 || !vpc_association(w->found.vpc))
        return true;
    return diag_error(w->call->diags, path_of(w->call->arena, "ipv6"), "The VPC has an IPv6 block",
                      "VPC %s, which an earlier apply made for \"%s\", has %s. Say ipv6 = true, or "
                      "remove the VPC first.",
                      vpc_id(w), w->plan->name,
                      value_text(vpc_association(w->found.vpc), "Ipv6CidrBlock"));
}

/* --- looking ---------------------------------------------------------------------------------- */

bool network_ipv6_find(struct network_work *w)
{
    w->found.egress_gateways = &value_empty_map;
    return (!w->plan->ipv6 && !vpc_association(w->found.vpc)) ||
           network_find_kind(w, &ec2_describe_egress_only_internet_gateways,
                             &w->found.egress_gateways);
}

static bool is_attached(const struct value *gateway, const char *vpc)
{
    const struct value *list = value_at(gateway, "Attachments");

    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_text(value_item(list, i), "VpcId"), vpc) == 0)
            return true;
    return false;
}

/* EC2 has no filter for what they are attached to. */
bool network_ipv6_adopt(struct network_work *w)
{
    const struct value *list;

    if (!vpc_association(w->found.vpc))
        return true;
    if (!ec2_list(w->call, w->aws, &ec2_describe_egress_only_internet_gateways, NULL, &list))
        return false;
    for (size_t i = 0; i < value_count(list); i++)
        if (!value_has(w->found.egress_gateways, NETWORK_IPV6_GATEWAY) &&
            is_attached(value_item(list, i), vpc_id(w)))
            w->found.egress_gateways = value_with(w->call->arena, w->found.egress_gateways,
                                                  NETWORK_IPV6_GATEWAY, value_item(list, i));
    return true;
}

/* --- associating ----------------------------------------------------------------------------- */

typedef bool describe_fn(struct call *c, struct aws *aws, const char *id, const struct value **out);

static const struct value *association_with_id(const struct value *object, const char *id)
{
    const struct value *list = value_at(object, "Ipv6CidrBlockAssociationSet");

    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_text(value_item(list, i), "AssociationId"), id) == 0)
            return value_item(list, i);
    return NULL;
}

/* *object = the VPC or subnet as it is when it has the block. */
static bool wait_associated(struct network_work *w, describe_fn *describe, const char *id,
                            const char *association, const struct value **object)
{
    struct call *c = w->call;

    for (int64_t pause_ms = POLL_MIN_MS;; pause_ms = POLL_MAX_MS) {
        const struct value *now, *one;
        const char *state;

        if (!describe(c, w->aws, id, &now))
            return false;
        one = now ? association_with_id(now, association) : NULL;
        state = one ? state_of(one) : "not there yet";
        *object = now;
        if (is_associated(one))
            return true;
        if (strcmp(state, "failing") == 0 || strcmp(state, "failed") == 0)
            return diag_error(c->diags, NULL, "AWS gives no IPv6 block", "%s of %s is %s. %s",
                              association, id, state,
                              value_text(value_at(one, "Ipv6CidrBlockState"), "StatusMessage"));
        if (!call_wait_ms(c, pause_ms, "IPv6 block to be associated",
                          text_f(c->arena, "Last seen of %s: %s.", id, state)))
            return false;
    }
}

bool network_ipv6_ensure_vpc(struct network_work *w)
{
    struct arena *a = w->call->arena;
    const struct value *one = vpc_association(w->found.vpc), *output;
    const char *id = vpc_id(w);

    if (!w->plan->ipv6 || is_associated(one))
        return true;
    if (!one) {
        if (!network_may_change(w, text_f(a, "vpc %s: IPv6 block missing", id)))
            return true;
        if (!network_change(w, &ec2_associate_vpc_cidr_block,
                            value_map_of(a, {"VpcId", text(w, id)},
                                         {"AmazonProvidedIpv6CidrBlock", &value_true}),
                            &output))
            return false;
        one = value_at(output, "Ipv6CidrBlockAssociation");
    }
    return w->look_only || wait_associated(w, ec2_describe_vpc, id,
                                           value_text(one, "AssociationId"), &w->found.vpc);
}

/* --- subnets ---------------------------------------------------------------------------------- */

static bool is_role(struct network_work *w, const char *role, const char *kind, size_t zone)
{
    return strcmp(role, network_role(w->call->arena, kind, w->plan->zones[zone].name)) == 0;
}

bool network_ipv6_choose(struct network_work *w, const char *role, const char **block)
{
    const char *whole = network_ipv6_block(w->found.vpc);

    *block = NULL;
    for (size_t i = 0; w->plan->ipv6 && i < w->plan->count; i++)
        if (is_role(w, role, "public", i) || is_role(w, role, "private", i))
            *block = network_ipv6_derive(w->call->arena, whole, is_role(w, role, "public", i), i,
                                         w->found.subnets);
    return *block || !w->plan->ipv6 ||
           diag_error(w->call->diags, NULL, "No IPv6 block is left for the subnet",
                      "Subnets of others use what %s of VPC %s has for subnet %s.", whole,
                      vpc_id(w), role);
}

static bool associate_subnet(struct network_work *w, const char *role, const char *id,
                             const struct value **association)
{
    struct arena *a = w->call->arena;
    const struct value *output;
    const char *block;

    if (!network_ipv6_choose(w, role, &block) ||
        !network_change(
            w, &ec2_associate_subnet_cidr_block,
            value_map_of(a, {"SubnetId", text(w, id)}, {"Ipv6CidrBlock", text(w, block)}), &output))
        return false;
    *association = value_at(output, "Ipv6CidrBlockAssociation");
    return true;
}

static bool ensure_assigned(struct network_work *w, const struct value *subnet, const char *role)
{
    struct arena *a = w->call->arena;
    const struct value *output;

    if (value_flag(subnet, "AssignIpv6AddressOnCreation") ||
        !network_may_change(w, text_f(a, "subnet %s: gives no IPv6 addresses", role)))
        return true;
    return network_change(
        w, &ec2_modify_subnet_attribute,
        value_map_of(a, {"SubnetId", value_at(subnet, "SubnetId")},
                     {"AssignIpv6AddressOnCreation", value_map_of(a, {"Value", &value_true})}),
        &output);
}

bool network_ipv6_ensure_subnet(struct network_work *w, const char *role)
{
    struct arena *a = w->call->arena;
    const struct value *subnet = value_at(w->found.subnets, role),
                       *one = association_of(subnet, "/64");
    const char *id = value_text(subnet, "SubnetId");

    if (!w->plan->ipv6 || !*network_ipv6_block(w->found.vpc)) /* only looked at: it is missing */
        return true;
    if (!one && !network_may_change(w, text_f(a, "subnet %s: IPv6 block missing", role)))
        return true;
    if (!one && !associate_subnet(w, role, id, &one))
        return false;
    if (!w->look_only && !is_associated(one)) {
        if (!wait_associated(w, ec2_describe_subnet, id, value_text(one, "AssociationId"), &subnet))
            return false;
        w->found.subnets = value_with(a, w->found.subnets, role, subnet);
    }
    return ensure_assigned(w, subnet, role);
}

/* --- the way out --------------------------------------------------------------------------- */

bool network_ipv6_wants_gateway(const struct network_plan *p)
{
    return p->ipv6 && p->count && p->zones[0].private_block;
}

static const char *gateway_id(const struct network_work *w)
{
    return value_text(value_at(w->found.egress_gateways, NETWORK_IPV6_GATEWAY),
                      "EgressOnlyInternetGatewayId");
}

static bool make_gateway(struct network_work *w)
{
    struct arena *a = w->call->arena;
    const struct value *output;

    if (!network_make(w, &ec2_create_egress_only_internet_gateway, "egress-only-internet-gateway",
                      NETWORK_IPV6_GATEWAY, value_map_of(a, {"VpcId", text(w, vpc_id(w))}),
                      &output))
        return false;
    w->found.egress_gateways = value_with(a, w->found.egress_gateways, NETWORK_IPV6_GATEWAY,
                                          value_at(output, "EgressOnlyInternetGateway"));
    return true;
}

bool network_ipv6_ensure_gateway(struct network_work *w)
{
    if (!network_ipv6_wants_gateway(w->plan))
        return true;
    if (!value_has(w->found.egress_gateways, NETWORK_IPV6_GATEWAY))
        return !network_may_change(w, NETWORK_IPV6_GATEWAY ": missing") || make_gateway(w);
    return network_ensure_tags(w, value_at(w->found.egress_gateways, NETWORK_IPV6_GATEWAY),
                               gateway_id(w), NETWORK_IPV6_GATEWAY);
}

bool network_ipv6_ensure_route(struct network_work *w, const struct value *table, const char *role)
{
    bool is_public = strcmp(role, "public-routes") == 0;
    const struct network_route route = {
        .destination = "::/0",
        .what = "default route of IPv6",
        .member = is_public ? "GatewayId" : "EgressOnlyInternetGatewayId",
        .target = is_public ? value_text(value_at(w->found.gateways, "internet-gateway"),
                                         "InternetGatewayId")
                            : gateway_id(w),
    };

    return !w->plan->ipv6 || network_ensure_route(w, table, role, &route);
}
