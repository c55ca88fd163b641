#include <string.h>

#include "aws/tags.h"
#include "network/peering.h"
#include "schema/check.h"
#include "schema/resource.h"

static const struct attribute side_rows[] = {
    STRING("vpc_id", REQUIRED | FORCE_NEW, "Id of the VPC.", .check = check_not_empty),
    STRING("region", REQUIRED | FORCE_NEW, "Its region.", .check = check_not_empty),
    TYPED("route_table_ids", &type_string_set, OPTIONAL,
          "Route tables of this VPC that lead to the other one. An equal route that is there is "
          "taken over, a blackhole is replaced; one that leads elsewhere is an error.",
          .check_element = check_not_empty),
    STRING("cidr_block", OPTIONAL,
           "IPv4 block of this VPC that the other side's routes lead to. Default: the VPC's first. "
           "Said for both sides, overlapping blocks are found before the VPCs exist.",
           .check = check_cidr),
    STRING("role_arn", OPTIONAL, "Role to assume for this side: a VPC of another account."),
    STRING("profile", OPTIONAL, "Profile for this side, likewise."),
    END_ATTRIBUTES,
};

static const struct attribute attributes[] = {
    NESTED("requester", NESTING_SINGLE, side_rows, REQUIRED, "The side that asks."),
    NESTED("accepter", NESTING_SINGLE, side_rows, REQUIRED,
           "The side that accepts; in any region, of any account."),
    BOOL("dns_resolution", OPTIONAL | COMPUTED,
         "Names of instances resolve to their private addresses on the other side. Where AWS "
         "refuses that, a warning says so.",
         .fallback = "true"),
    TYPED("tags", &type_string_map, OPTIONAL, "Tags of the connection, on both sides."),
    STRING("id", COMPUTED | KEEP_STATE, "Id of the connection."),
    STRING("status", COMPUTED | KEEP_STATE, "Its status: `active`."),
    TYPED("routes", &type_string_set, COMPUTED | KEEP_STATE,
          "The routes both ways: `<route table> <destination>`."),
    BOOL("dns_resolution_enabled", COMPUTED | KEEP_STATE,
         "Whether AWS let names resolve both ways."),
    TYPED("tags_all", &type_string_map, COMPUTED | KEEP_STATE,
          "`tags` and the provider's `default_tags`."),
    TYPED("drift", &type_string_list, COMPUTED | KEEP_STATE,
          "What is missing or different in AWS. The next apply puts it right."),
    END_ATTRIBUTES,
};

static const char *const outputs[] = {"status", "routes", "dns_resolution_enabled", NULL};

static const struct value *described(const struct peering_work *w, const struct value *object)
{
    struct arena *a = w->call->arena;

    object = value_with(a, object, "id", value_string(a, peering_id(w)));
    object = value_with(a, object, "status", value_string(a, peering_status(w)));
    object = value_with(a, object, "drift", w->drift);
    if (w->look_only && !value_is_null(value_at(object, "routes")))
        return object;
    object = value_with(a, object, "dns_resolution_enabled", value_bool(w->dns_done));
    return value_with(a, object, "routes", w->routes);
}

/* --- applying ---------------------------------------------------------------------------- */

static bool peering_create(struct call *c, const struct value *planned, const struct value **out)
{
    struct peering_work w;
    bool done;

    if (!peering_open(c, planned, &w) || !peering_find(&w, ""))
        return false;
    done = peering_converge(&w);
    *out = peering_connection(&w) ? described(&w, planned) : NULL;
    return done;
}

static bool peering_update(struct call *c, const struct value *prior, const struct value *planned,
                           const struct value **out)
{
    struct peering_work w;

    *out = prior;
    if (!peering_open(c, planned, &w))
        return false;
    w.old_tags = value_at(prior, "tags_all");
    w.old_routes = value_at(prior, "routes");
    if (!peering_find(&w, value_text(prior, "id")))
        return false;
    if (!peering_connection(&w))
        return diag_error(c->diags, NULL, "The VPC peering connection is gone",
                          "%s was deleted since the plan was made. Plan again.",
                          value_text(prior, "id"));
    if (!peering_converge(&w))
        return false;
    *out = described(&w, planned);
    return true;
}

static bool peering_delete(struct call *c, const struct value *state)
{
    struct peering_work w;

    return peering_open(c, state, &w) && peering_remove(&w, value_text(state, "id"));
}

static bool peering_read(struct call *c, const struct value *state, const struct value **out)
{
    struct peering_work w;

    *out = state;
    if (!*value_text(value_at(state, "requester"), "vpc_id") && /* imported */
        !peering_import(c, out))
        return false;
    if (!*out)
        return true;
    if (!peering_open(c, *out, &w) || !peering_find(&w, value_text(state, "id")))
        return false;
    w.look_only = true;
    w.dns_done = value_flag(*out, "dns_resolution_enabled");
    if (!peering_connection(&w) || !peering_converge(&w)) {
        *out = NULL; /* gone, or a failure was reported */
        return !peering_connection(&w);
    }
    *out = described(&w, *out);
    return true;
}

/* --- planning ------------------------------------------------------------------------------ */

static bool needs_work(const struct plan *plan)
{
    static const char *const causes[] = {"requester", "accepter", "dns_resolution", NULL};

    for (const char *const *one = causes; *one; one++)
        if (plan_changes(plan, *one))
            return true;
    return value_count(value_at(plan->prior, "drift")) > 0;
}

/* What is to be made has its VPCs looked at, as far as they are known. */
static bool check_vpcs(struct call *c, const struct plan *plan)
{
    struct peering_work w;

    return !plan_is_create(plan) || c->config_unknown ||
           (peering_open(c, plan->planned, &w) && peering_look_at_vpcs(&w, true));
}

static bool peering_plan(struct call *c, struct plan *plan)
{
    const struct value *tags = value_at(plan->config, "tags");

    if (!check_vpcs(c, plan))
        return false;
    plan_set(c, plan, "tags_all",
             value_is_wholly_known(tags) && !c->config_unknown ? tags_all(c, tags)
                                                               : &value_unknown);
    plan_set(c, plan, "drift", &value_empty_list);
    if (!plan_is_create(plan) && needs_work(plan))
        plan_set_all_unknown(c, plan, outputs);
    return true;
}

static bool peering_validate(struct call *c, const struct value *config)
{
    const char *mine = value_text(value_at(config, "requester"), "vpc_id"),
               *theirs = value_text(value_at(config, "accepter"), "vpc_id");

    if (!*mine || strcmp(mine, theirs) != 0)
        return true;
    return diag_error(c->diags, path_of(c->arena, "accepter", "vpc_id"),
                      "Both sides are the same VPC", "A VPC cannot be joined with itself: %s.",
                      mine);
}

/* --- import ---------------------------------------------------------------------------------- */

static bool peering_take_over(struct call *c, const char *id, const struct value **out)
{
    struct text rest = text_of(id), pair, key;
    const struct value *told = &value_empty_map;
    struct arena *a = c->arena;

    while (text_split(&rest, ',', &pair))
        if (text_split(&pair, '=', &key))
            told = value_with(a, told, text_z(a, key), value_string_of(a, pair));
    if (!*value_text(told, "region") || !*value_text(told, "id"))
        return diag_error(c->diags, NULL, "Malformed import id",
                          "It is region=<region of the requester>,id=<id of the connection>; it "
                          "is \"%s\".",
                          id);
    *out = value_map_of(a, {"id", value_at(told, "id")},
                        {"requester", value_map_of(a, {"region", value_at(told, "region")})});
    return true;
}

RESOURCE(istio_vpc_peering) = {
    .name = "istio_vpc_peering",
    .kind = KIND_MANAGED,
    .summary = "Two VPCs joined, in one region or two: the connection, accepted, and the routes "
               "both ways.",
    .doc = "The connection carries the tag `" PEERING_TAG "` with the ids of both VPCs, and is "
           "looked up by it before it is made: an apply that failed or was killed is continued by "
           "the next one. Peering is not transitive: each pair of VPCs has its own.\n\n"
           "**Destroy** deletes every route that leads to the connection in both VPCs, then the "
           "connection.",
    .attributes = attributes,
    .timeouts = {.create = 600, .read = 300, .update = 600, .remove = 600},
    .import_doc = "The import id names the `region` of the requester and the id of the connection: "
                  "`region=eu-west-1,id=pcx-0123456789abcdef0`. Both sides have to be of the "
                  "provider's own account.",
    .continues = NAMES("requester", "accepter"),
    .validate = peering_validate,
    .plan = peering_plan,
    .create = peering_create,
    .read = peering_read,
    .update = peering_update,
    .remove = peering_delete,
    .import = peering_take_over,
};
