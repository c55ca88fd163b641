#include "network/peering.h"

#include <string.h>

#include "aws/ec2.h"
#include "aws/tags.h"
#include "base/clock.h"
#include "network/network_plan.h"

enum { PLAN_LOOK_MS = 15 * 1000 };

static const char *const arguments[PEERING_SIDES] = {"requester", "accepter"};
static const char *const infos[PEERING_SIDES] = {"RequesterVpcInfo", "AccepterVpcInfo"};

static const struct value *text(const struct peering_work *w, const char *z)
{
    return value_string(w->call->arena, z);
}

const struct value *peering_connection(const struct peering_work *w)
{
    return w->sides[PEERING_REQUESTER].connection;
}

const char *peering_id(const struct peering_work *w)
{
    return value_text(peering_connection(w), "VpcPeeringConnectionId");
}

static const char *status_of(const struct value *connection)
{
    return value_text(value_at(connection, "Status"), "Code");
}

const char *peering_status(const struct peering_work *w)
{
    return peering_connection(w) ? status_of(peering_connection(w)) : "";
}

/* --- arguments ------------------------------------------------------------------------ */

static bool open_side(struct call *c, const struct value *object, struct peering_side *side)
{
    const struct aws_access access = {.region = value_text(object, "region"),
                                      .profile = value_text(object, "profile"),
                                      .role_arn = value_text(object, "role_arn")};
    const char *block = value_text(object, "cidr_block");

    side->vpc_id = value_text(object, "vpc_id");
    side->owner = "";
    side->cidr_block = block;
    side->said = *block;
    side->blocks = *block ? value_list_of(c->arena, value_at(object, "cidr_block")) : NULL;
    side->route_table_ids = value_at(object, "route_table_ids");
    if (!*access.region || value_is_unknown(value_at(object, "profile")) ||
        value_is_unknown(value_at(object, "role_arn")))
        return true;
    return aws_open(c, &access, path_of(c->arena, side->argument, "region"), &side->aws);
}

bool peering_open(struct call *c, const struct value *object, struct peering_work *out)
{
    const struct value *tags = value_at(object, "tags_all");

    *out = (struct peering_work){.call = c,
                                 .dns = value_flag(object, "dns_resolution"),
                                 .old_tags = &value_null,
                                 .old_routes = &value_null,
                                 .drift = &value_empty_list,
                                 .routes = &value_empty_list};
    for (size_t i = 0; i < PEERING_SIDES; i++) {
        out->sides[i].argument = arguments[i];
        if (!open_side(c, value_at(object, arguments[i]), &out->sides[i]))
            return false;
    }
    out->tags = value_with(c->arena, value_count(tags) ? tags : &value_empty_map, PEERING_TAG,
                           value_f(c->arena, "%s/%s", out->sides[PEERING_REQUESTER].vpc_id,
                                   out->sides[PEERING_ACCEPTER].vpc_id));
    return true;
}

/* --- the VPCs --------------------------------------------------------------------------- */

static const struct value *blocks_of(struct arena *a, const struct value *vpc)
{
    const struct value *set = value_at(vpc, "CidrBlockAssociationSet"),
                       *blocks = value_list_of(a, value_at(vpc, "CidrBlock"));

    for (size_t i = 0; i < value_count(set); i++) {
        const struct value *one = value_item(set, i);

        if (strcmp(value_text(value_at(one, "CidrBlockState"), "State"), "associated") == 0 &&
            !value_equal(value_at(one, "CidrBlock"), value_at(vpc, "CidrBlock")))
            blocks = value_append(a, blocks, value_at(one, "CidrBlock"));
    }
    return blocks;
}

/* It was made a moment ago, by the same apply: not every reader sees it yet. */
static bool await_vpc(struct peering_work *w, const struct peering_side *side,
                      const struct value **vpc)
{
    struct arena *a = w->call->arena;
    const struct value *ids = value_list_of(a, text(w, side->vpc_id)), *output;

    if (!aws_wait(w->call, side->aws, &ec2_vpc_available, value_map_of(a, {"VpcIds", ids}), NULL,
                  &output))
        return false;
    *vpc = value_item(value_at(output, "Vpcs"), 0);
    return true;
}

/* At plan a failure becomes a warning, soon, and *vpc &value_null. */
static bool ask_for_vpc(struct peering_work *w, const struct peering_side *side, bool at_plan,
                        const struct value **vpc)
{
    struct diags why;
    struct call quiet = call_quietly(w->call, &why);

    diags_init(&why, w->call->arena);
    if (call_left_ms(&quiet) > PLAN_LOOK_MS)
        quiet.deadline_ms = clock_monotonic_ms() + PLAN_LOOK_MS;
    if (ec2_describe_vpc(at_plan ? &quiet : w->call, side->aws, side->vpc_id, vpc))
        return *vpc || at_plan || await_vpc(w, side, vpc);
    *vpc = &value_null;
    if (at_plan)
        diag_warning(w->call->diags, path_of(w->call->arena, side->argument, "vpc_id"),
                     "The VPC is looked at by the apply", "%s: %s", why.first->summary,
                     why.first->detail);
    return at_plan;
}

static bool look_at_vpc(struct peering_work *w, struct peering_side *side, bool at_plan)
{
    const struct value *vpc;

    if (!side->aws || !*side->vpc_id)
        return true;
    if (!ask_for_vpc(w, side, at_plan, &vpc))
        return false;
    if (!vpc)
        return diag_error(w->call->diags, path_of(w->call->arena, side->argument, "vpc_id"),
                          "There is no such VPC",
                          "%s is not there in %s, or belongs to another account. Its region, and "
                          "role_arn or profile for another account, stand beside it.",
                          side->vpc_id, aws_region(side->aws));
    if (value_is_null(vpc))
        return true;
    side->owner = value_text(vpc, "OwnerId");
    side->blocks = blocks_of(w->call->arena, vpc);
    if (!side->said)
        side->cidr_block = value_text(vpc, "CidrBlock");
    return true;
}

static bool check_pair(struct peering_work *w, const char *mine, const char *theirs)
{
    const struct peering_side *side = &w->sides[PEERING_ACCEPTER];

    if (!network_plan_overlap(mine, theirs))
        return true;
    return diag_error(w->call->diags,
                      path_of(w->call->arena, side->argument, side->said ? "cidr_block" : "vpc_id"),
                      "The blocks of the VPCs overlap",
                      "The accepter has %s and the requester %s: AWS joins only VPCs without a "
                      "common address. One of the two needs another block.",
                      theirs, mine);
}

static bool check_blocks(struct peering_work *w)
{
    const struct value *mine = w->sides[PEERING_REQUESTER].blocks,
                       *theirs = w->sides[PEERING_ACCEPTER].blocks;

    for (size_t i = 0; mine && theirs && i < value_count(mine); i++)
        for (size_t k = 0; k < value_count(theirs); k++)
            if (!check_pair(w, value_z(value_item(mine, i)), value_z(value_item(theirs, k))))
                return false;
    return true;
}

static bool was_answered(const struct peering_side *side)
{
    return !side->aws || !*side->vpc_id || *side->owner;
}

bool peering_look_at_vpcs(struct peering_work *w, bool at_plan)
{
    return look_at_vpc(w, &w->sides[PEERING_REQUESTER], at_plan) &&
           ((at_plan && !was_answered(&w->sides[PEERING_REQUESTER])) ||
            look_at_vpc(w, &w->sides[PEERING_ACCEPTER], at_plan)) &&
           check_blocks(w);
}

/* --- looking for it ------------------------------------------------------------------------ */

static bool is_over(const struct value *connection)
{
    for (const char *const *one = ec2_vpc_peering_connection_deleted.done; *one; one++)
        if (strcmp(status_of(connection), *one) == 0)
            return true;
    return false;
}

/* Either VPC on that side. */
static const struct value *filter_either(const struct peering_work *w, const char *name)
{
    struct arena *a = w->call->arena;

    return value_map_of(a, {"Name", text(w, name)},
                        {"Values", value_list_of(a, text(w, w->sides[PEERING_REQUESTER].vpc_id),
                                                 text(w, w->sides[PEERING_ACCEPTER].vpc_id))});
}

static bool refuse_foreign(struct peering_work *w, const struct value *one)
{
    bool turned = strcmp(value_text(value_at(one, infos[PEERING_REQUESTER]), "VpcId"),
                         w->sides[PEERING_REQUESTER].vpc_id) != 0;
    const char *id = value_text(one, "VpcPeeringConnectionId");
    const char *region = aws_region(w->sides[turned ? PEERING_ACCEPTER : PEERING_REQUESTER].aws);

    return diag_error(w->call->diags, path_of(w->call->arena, "accepter", "vpc_id"),
                      "The VPCs are joined already",
                      "%s (%s) joins %s and %s%s, and is not this resource's. Delete it, or take "
                      "it over: terraform import istio_vpc_peering.<name> 'region=%s,id=%s'.",
                      id, status_of(one), w->sides[PEERING_REQUESTER].vpc_id,
                      w->sides[PEERING_ACCEPTER].vpc_id,
                      turned ? " with requester and accepter the other way round" : "", region, id);
}

static bool find_by_vpcs(struct peering_work *w, const struct value **out)
{
    struct arena *a = w->call->arena;
    const struct value *list;

    *out = NULL;
    if (!ec2_list(w->call, w->sides[PEERING_REQUESTER].aws, &ec2_describe_vpc_peering_connections,
                  value_list_of(a, filter_either(w, "requester-vpc-info.vpc-id"),
                                filter_either(w, "accepter-vpc-info.vpc-id")),
                  &list))
        return false;
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *one = value_item(list, i);

        if (is_over(one))
            continue;
        if (!value_equal(value_at(tags_map(a, value_at(one, "Tags")), PEERING_TAG),
                         value_at(w->tags, PEERING_TAG)))
            return refuse_foreign(w, one);
        *out = one;
    }
    return true;
}

/* The same session sees one and the same. */
bool peering_is_one_place(const struct peering_work *w)
{
    return w->sides[PEERING_REQUESTER].aws == w->sides[PEERING_ACCEPTER].aws;
}

/* What the connection itself tells of its VPCs once it is active. */
void peering_read_blocks(struct peering_work *w)
{
    for (size_t i = 0; i < PEERING_SIDES; i++) {
        const struct value *info = value_at(peering_connection(w), infos[i]);

        if (!w->sides[i].said && *value_text(info, "CidrBlock"))
            w->sides[i].cidr_block = value_text(info, "CidrBlock");
    }
}

bool peering_resolves(const struct peering_work *w, size_t side)
{
    return value_flag(value_in(w->sides[side].connection, infos[side], "PeeringOptions"),
                      "AllowDnsResolutionFromRemoteVpc");
}

bool peering_find(struct peering_work *w, const char *id)
{
    struct peering_side *mine = &w->sides[PEERING_REQUESTER], *other = &w->sides[PEERING_ACCEPTER];

    if (*id ? !ec2_describe_vpc_peering_connection(w->call, mine->aws, id, &mine->connection)
            : !find_by_vpcs(w, &mine->connection))
        return false;
    other->connection = mine->connection;
    if (!mine->connection)
        return true;
    peering_read_blocks(w);
    return peering_is_one_place(w) || strcmp(peering_status(w), "active") != 0 ||
           ec2_describe_vpc_peering_connection(w->call, other->aws, peering_id(w),
                                               &other->connection);
}

/* --- import ------------------------------------------------------------------------------------
 */

static const struct value *own_tags(struct call *c, const struct value *connection)
{
    const struct value *tags = tags_without_foreign(
                           c->arena, tags_map(c->arena, value_at(connection, "Tags"))),
                       *defaults = tags_all(c, &value_null), *own = &value_empty_map;

    for (size_t i = 0; i < value_count(tags); i++) {
        const struct value_entry *tag = &tags->map.entries[i];

        if (strcmp(tag->key, PEERING_TAG) != 0 &&
            !value_equal(value_at(defaults, tag->key), tag->value))
            own = value_with(c->arena, own, tag->key, tag->value);
    }
    return value_count(own) ? own : &value_null;
}

static bool describe_side(struct peering_work *w, size_t i, const char *id,
                          const struct value **out)
{
    struct arena *a = w->call->arena;
    const struct value *ids;

    if (!peering_routes_found(w, i, id, &ids))
        return false;
    *out = value_map_of(a, {"vpc_id", text(w, w->sides[i].vpc_id)},
                        {"region", text(w, aws_region(w->sides[i].aws))},
                        {"route_table_ids", value_count(ids) ? ids : &value_null},
                        {"cidr_block", &value_null}, {"role_arn", &value_null},
                        {"profile", &value_null});
    return true;
}

/* Both sides with what the connection tells of them. */
static const struct value *sides_told(struct call *c, const struct value *object,
                                      const struct value *connection)
{
    for (size_t i = 0; i < PEERING_SIDES; i++) {
        const struct value *info = value_at(connection, infos[i]);

        object = value_with(c->arena, object, arguments[i],
                            value_map_of(c->arena, {"vpc_id", value_at(info, "VpcId")},
                                         {"region", value_at(info, "Region")}));
    }
    return object;
}

bool peering_import(struct call *c, const struct value **object)
{
    const char *id = value_text(*object, "id");
    const struct value *connection, *side;
    struct peering_work w;

    if (!peering_open(c, *object, &w) ||
        !ec2_describe_vpc_peering_connection(c, w.sides[PEERING_REQUESTER].aws, id, &connection))
        return false;
    if (!connection) {
        *object = NULL;
        return true;
    }
    *object = sides_told(c, *object, connection);
    if (!peering_open(c, *object, &w) || !peering_find(&w, id))
        return false;
    for (size_t i = 0; i < PEERING_SIDES; i++) {
        if (!describe_side(&w, i, id, &side))
            return false;
        *object = value_with(c->arena, *object, arguments[i], side);
    }
    *object = value_with(c->arena, *object, "tags", own_tags(c, connection));
    *object = value_with(c->arena, *object, "tags_all", tags_all(c, value_at(*object, "tags")));
    w.dns_done = peering_resolves(&w, PEERING_REQUESTER) && peering_resolves(&w, PEERING_ACCEPTER);
    *object = value_with(c->arena, *object, "dns_resolution", value_bool(w.dns_done));
    *object = value_with(c->arena, *object, "dns_resolution_enabled", value_bool(w.dns_done));
    return true;
}
