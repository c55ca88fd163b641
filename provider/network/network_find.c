/* What there is of a network, by tags. */
#include <string.h>

#include "aws/ec2.h"
#include "aws/tags.h"
#include "network/network_adopt.h"
#include "network/network_ipv6.h"
#include "network/network_parts.h"

const char *network_role(struct arena *a, const char *kind, const char *zone)
{
    return text_f(a, "%s/%s", kind, zone);
}

static const char *role_of(struct arena *a, const struct value *object, const char *name)
{
    const struct value *tags = tags_map(a, value_at(object, "Tags"));

    return strcmp(value_text(tags, NETWORK_TAG), name) == 0 ? value_text(tags, NETWORK_ROLE_TAG)
                                                            : "";
}

/* The first of each role counts. */
static const struct value *by_role(struct network_work *w, const struct value *list)
{
    struct arena *a = w->call->arena;
    const struct value *map = &value_empty_map;

    for (size_t i = 0; i < value_count(list); i++) {
        const char *role = role_of(a, value_item(list, i), w->plan->name);

        if (*role && !value_has(map, role))
            map = value_with(a, map, role, value_item(list, i));
    }
    return map;
}

bool network_find_kind(struct network_work *w, const struct aws_operation *operation,
                       const struct value **out)
{
    const struct value *items;

    if (!ec2_list(w->call, w->aws, operation,
                  ec2_filter(w->call->arena, NULL, "tag:" NETWORK_TAG, w->plan->name), &items))
        return false;
    *out = by_role(w, items);
    return true;
}

static bool nat_is(const struct value *nat, const char *state)
{
    return strcmp(value_text(nat, "State"), state) == 0;
}

/* Deleted ones are listed for an hour. One that is being deleted still holds its
 * address and comes back only as another. */
static bool find_nats(struct network_work *w)
{
    struct arena *a = w->call->arena;
    const struct value *items, *live = &value_empty_list;

    w->found.failed_nats = &value_empty_list;
    if (!ec2_list(w->call, w->aws, &ec2_describe_nat_gateways,
                  ec2_filter(a, NULL, "tag:" NETWORK_TAG, w->plan->name), &items))
        return false;
    for (size_t i = 0; i < value_count(items); i++) {
        const struct value *nat = value_item(items, i);

        if (nat_is(nat, "pending") || nat_is(nat, "available"))
            live = value_append(a, live, nat);
        else if (nat_is(nat, "failed") || nat_is(nat, "deleting"))
            w->found.failed_nats = value_append(a, w->found.failed_nats, nat);
    }
    w->found.nats = by_role(w, live);
    return true;
}

static bool find_vpc(struct network_work *w, const char *vpc_id)
{
    const struct value *map;

    if (*vpc_id)
        return ec2_describe_vpc(w->call, w->aws, vpc_id, &w->found.vpc);
    if (!network_find_kind(w, &ec2_describe_vpcs, &map))
        return false;
    w->found.vpc = value_has(map, "vpc") ? value_at(map, "vpc") : NULL;
    return true;
}

bool network_find(struct network_work *w, const char *vpc_id)
{
    w->found = (struct network_found){.vpc = NULL};
    return find_vpc(w, vpc_id) && network_find_kind(w, &ec2_describe_subnets, &w->found.subnets) &&
           network_find_kind(w, &ec2_describe_route_tables, &w->found.tables) &&
           network_find_kind(w, &ec2_describe_internet_gateways, &w->found.gateways) &&
           find_nats(w) && network_find_kind(w, &ec2_describe_addresses, &w->found.addresses) &&
           network_ipv6_find(w) && (!network_is_foreign(w) || network_adopt(w));
}

bool network_check_name(struct network_work *w)
{
    const struct value *items;

    if (!ec2_list(w->call, w->aws, &ec2_describe_vpcs,
                  ec2_filter(w->call->arena, NULL, "tag:Name", w->plan->name), &items))
        return false;
    if (!value_count(items))
        return true;
    return diag_error(
        w->call->diags, path_of(w->call->arena, "name"), "There is a VPC of this name already",
        "VPC %s in %s is called \"%s\" and is not this resource's. Choose another name, or take it "
        "over: terraform import istio_vpc.<name> 'region=%s,vpc=%s'.",
        value_text(value_item(items, 0), "VpcId"), aws_region(w->aws), w->plan->name,
        aws_region(w->aws), value_text(value_item(items, 0), "VpcId"));
}
