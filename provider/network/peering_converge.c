/* The connection as it has to be: asked for, accepted, tagged, with names across it. */
#include <string.h>

#include "aws/ec2.h"
#include "aws/tags.h"
#include "network/peering.h"

static const struct value *text(const struct peering_work *w, const char *z)
{
    return value_string(w->call->arena, z);
}

bool peering_may_change(struct peering_work *w, const char *line)
{
    if (w->look_only)
        w->drift = value_append(w->call->arena, w->drift, text(w, line));
    return !w->look_only;
}

/* --- the connection ------------------------------------------------------------------------- */

const char *peering_explain(struct arena *a, const struct value *output)
{
    static const struct {
        const char *code, *advice;
    } advices[] = {
        {"failed", "So ends what asks for VPCs whose blocks overlap, or for one that does not "
                   "exist. AWS forgets it by itself; put the blocks right, then apply again."},
        {"rejected", "The accepter's side refused it. Ask there, then apply again."},
        {"expired", "Nobody accepted it within seven days. Apply again: it is asked for anew."},
    };
    const struct value *one = value_item(value_at(output, "VpcPeeringConnections"), 0);

    for (size_t i = 0; i < sizeof(advices) / sizeof(*advices); i++)
        if (strcmp(value_text(value_at(one, "Status"), "Code"), advices[i].code) == 0)
            return text_f(a, "%s. %s", ec2_explain_vpc_peering_connection(a, output),
                          advices[i].advice);
    return ec2_explain_vpc_peering_connection(a, output);
}

static const char *const limits[] = {"*LimitExceeded", NULL};

static bool ask_for_it(struct peering_work *w)
{
    const struct peering_side *mine = &w->sides[PEERING_REQUESTER],
                              *other = &w->sides[PEERING_ACCEPTER];
    struct arena *a = w->call->arena;
    const struct value *input = value_map_of(
        a, {"VpcId", text(w, mine->vpc_id)}, {"PeerVpcId", text(w, other->vpc_id)},
        {"PeerOwnerId", text(w, other->owner)}, {"PeerRegion", text(w, aws_region(other->aws))},
        {"TagSpecifications", tags_specification(a, "vpc-peering-connection", w->tags)});
    struct aws_reply reply;

    if (!aws_try(w->call, mine->aws, &ec2_create_vpc_peering_connection, input, &reply))
        return false;
    if (!reply.output)
        return aws_refused(w->call, mine->aws, &ec2_create_vpc_peering_connection,
                           aws_error_is(&reply.error, limits)
                               ? "A VPC has at most 50 connections, and 25 may wait to be "
                                 "accepted, unless the quota was raised"
                               : "",
                           &reply.error);
    w->sides[PEERING_REQUESTER].connection = value_at(reply.output, "VpcPeeringConnection");
    return true;
}

static const struct value *input_of(const struct peering_work *w)
{
    return value_map_of(w->call->arena, {"VpcPeeringConnectionIds",
                                         value_list_of(w->call->arena, text(w, peering_id(w)))});
}

static bool wait_until(struct peering_work *w, struct peering_side *side,
                       const struct aws_wait *wait)
{
    const struct value *output;

    if (!aws_wait(w->call, side->aws, wait, input_of(w), peering_explain, &output))
        return false;
    side->connection = value_item(value_at(output, "VpcPeeringConnections"), 0);
    return true;
}

static bool accept_it(struct peering_work *w)
{
    const struct value *output;

    return aws_call_until(
        w->call, w->sides[PEERING_ACCEPTER].aws, &ec2_accept_vpc_peering_connection,
        value_map_of(w->call->arena, {"VpcPeeringConnectionId", text(w, peering_id(w))}),
        AWS_VISIBLE_MS, &output);
}

static bool become_active(struct peering_work *w)
{
    struct peering_side *mine = &w->sides[PEERING_REQUESTER], *other = &w->sides[PEERING_ACCEPTER];

    if (!wait_until(w, mine, &ec2_vpc_peering_connection_requested))
        return false;
    if (strcmp(peering_status(w), "active") != 0 &&
        (!accept_it(w) || !wait_until(w, mine, &ec2_vpc_peering_connection_active)))
        return false;
    other->connection = mine->connection;
    peering_read_blocks(w);
    return peering_is_one_place(w) || wait_until(w, other, &ec2_vpc_peering_connection_active);
}

/* --- its tags ------------------------------------------------------------------------------- */

static bool change_tags(struct peering_work *w, const struct peering_side *side,
                        const struct aws_operation *operation, const struct value *tags)
{
    struct arena *a = w->call->arena;
    const struct value *output;

    return !value_count(tags) ||
           aws_call_until(w->call, side->aws, operation,
                          value_map_of(a, {"Resources", value_list_of(a, text(w, peering_id(w)))},
                                       {"Tags", tags_list(a, tags)}),
                          AWS_VISIBLE_MS, &output);
}

static bool ensure_tags(struct peering_work *w, const struct peering_side *side)
{
    struct arena *a = w->call->arena;
    const struct value *now = tags_map(a, value_at(side->connection, "Tags")),
                       *missing = &value_empty_map, *dropped = &value_empty_map;

    for (size_t i = 0; i < value_count(w->tags); i++) {
        const struct value_entry *tag = &w->tags->map.entries[i];

        if (!value_equal(value_at(now, tag->key), tag->value))
            missing = value_with(a, missing, tag->key, tag->value);
    }
    for (size_t i = 0; i < value_count(w->old_tags); i++) {
        const struct value_entry *tag = &w->old_tags->map.entries[i];

        if (!value_has(w->tags, tag->key) && value_equal(value_at(now, tag->key), tag->value))
            dropped = value_with(a, dropped, tag->key, tag->value);
    }
    if ((!value_count(missing) && !value_count(dropped)) ||
        !peering_may_change(
            w, text_f(a, "connection %s: tags of the %s", peering_id(w), side->argument)))
        return true;
    return change_tags(w, side, &ec2_create_tags, missing) &&
           change_tags(w, side, &ec2_delete_tags, dropped);
}

/* --- names across it ---------------------------------------------------------------------- */

/* AWS may refuse it, between some regions or while a VPC has no DNS: routes work all the
 * same. */
static bool set_option(struct peering_work *w, size_t side)
{
    static const char *const members[PEERING_SIDES] = {"RequesterPeeringConnectionOptions",
                                                       "AccepterPeeringConnectionOptions"};
    struct arena *a = w->call->arena;
    struct peering_side *of = &w->sides[side];
    struct aws_reply reply;

    if (!aws_try(w->call, of->aws, &ec2_modify_vpc_peering_connection_options,
                 value_map_of(a, {"VpcPeeringConnectionId", text(w, peering_id(w))},
                              {members[side], value_map_of(a, {"AllowDnsResolutionFromRemoteVpc",
                                                               value_bool(w->dns)})}),
                 &reply))
        return false;
    if (reply.output)
        return true;
    if (!w->dns || aws_error_class(&reply.error) != AWS_REFUSED)
        return aws_refused(w->call, of->aws, &ec2_modify_vpc_peering_connection_options,
                           peering_id(w), &reply.error);
    w->dns_done = false;
    diag_warning(w->call->diags, path_of(a, "dns_resolution"), "Names do not resolve across it",
                 "AWS refused to let names of the %s's VPC resolve to private addresses on the "
                 "other side of %s: %s: %s. Routes are not touched by it; dns_resolution = false "
                 "is without this warning.",
                 of->argument, peering_id(w), reply.error.code, reply.error.message);
    return true;
}

static bool ensure_dns(struct peering_work *w)
{
    bool was_done = w->dns_done;

    if (!w->look_only)
        w->dns_done = w->dns;
    for (size_t i = 0; i < PEERING_SIDES; i++) {
        bool refused_before = w->look_only && w->dns && !was_done;

        if (peering_resolves(w, i) != w->dns && !refused_before &&
            peering_may_change(w, text_f(w->call->arena, "DNS resolution of the %s: %s",
                                         w->sides[i].argument, w->dns ? "off" : "on")) &&
            !set_option(w, i))
            return false;
    }
    return true;
}

/* --- all of it ---------------------------------------------------------------------------- */

static bool ensure_active(struct peering_work *w)
{
    if (!peering_connection(w) && (!peering_look_at_vpcs(w, false) || !ask_for_it(w)))
        return false;
    if (strcmp(peering_status(w), "active") == 0)
        return true;
    return !peering_may_change(
               w, text_f(w->call->arena, "connection %s: %s", peering_id(w), peering_status(w))) ||
           become_active(w);
}

bool peering_converge(struct peering_work *w)
{
    if (!ensure_active(w))
        return false;
    if (strcmp(peering_status(w), "active") != 0) /* only looked at */
        return true;
    for (size_t i = 0; i < PEERING_SIDES; i++)
        if ((i == PEERING_REQUESTER || !peering_is_one_place(w)) && !ensure_tags(w, &w->sides[i]))
            return false;
    return ensure_dns(w) && peering_routes_converge(w);
}

bool peering_remove(struct peering_work *w, const char *id)
{
    struct aws *aws = w->sides[PEERING_REQUESTER].aws;
    const struct value *output;

    if (!peering_routes_remove(w, id) || !peering_find(w, id))
        return false;
    if (!peering_connection(w))
        return true;
    return aws_call(w->call, aws, &ec2_delete_vpc_peering_connection,
                    value_map_of(w->call->arena, {"VpcPeeringConnectionId", text(w, id)}),
                    &output) &&
           aws_wait(w->call, aws, &ec2_vpc_peering_connection_deleted, input_of(w), NULL, &output);
}
