#include <string.h>

#include "aws/tags.h"
#include "network/network_adopt.h"
#include "network/network_arguments.h"
#include "network/network_ipv6.h"
#include "network/network_zones.h"
#include "schema/check.h"
#include "schema/resource.h"

static const struct attribute attributes[] = {
    STRING("name", REQUIRED | FORCE_NEW,
           "Name of the VPC; one of its kind in the account's region. It is its tag `Name`, and "
           "begins those of all that is in it.",
           .check = check_dns_label),
    STRING("region", OPTIONAL | COMPUTED | FORCE_NEW,
           "Region. Default: that of the provider's `aws` block, the environment or the profile."),
    STRING("cidr_block", REQUIRED | FORCE_NEW,
           "IPv4 block between /16 and /28; /24 or larger when subnets are derived.",
           .check = check_cidr),
    BOOL("ipv6", OPTIONAL | COMPUTED,
         "Also a /56 of IPv6 addresses of Amazon's, a /64 of it for each subnet, and ways out for "
         "them: by the internet gateway, and from private subnets by one that lets nothing in, "
         "whatever `nat_gateways` says. It is for dual-stack load balancers and the nodes' own "
         "traffic: clusters of EKS keep giving Pods IPv4 addresses. It can be switched on later, "
         "but not off.",
         .fallback = "false"),
    DYNAMIC("availability_zones", OPTIONAL,
            "How many availability zones, or a list of their names. Default: one for each subnet "
            "that is listed, else 3 (or all, where a region has fewer).",
            .check = network_zones_check),
    TYPED("public_subnets", &type_string_list, OPTIONAL | COMPUTED,
          "Blocks of the public subnets, one for each zone in their order; an empty list means "
          "none. Derived when left out.",
          .check_element = check_cidr, .max_items = NETWORK_PLAN_ZONES_MAX),
    TYPED("private_subnets", &type_string_list, OPTIONAL | COMPUTED,
          "Blocks of the private subnets, likewise. A sixteenth of the VPC each when derived.",
          .check_element = check_cidr, .max_items = NETWORK_PLAN_ZONES_MAX),
    STRING("nat_gateways", OPTIONAL | COMPUTED,
           "Ways out of the private subnets: `none`, a `single` one in the first zone, or one "
           "`per_zone`.",
           .fallback = "single", .one_of = network_plan_nat_names),
    TYPED("cluster_names", &type_string_list, OPTIONAL,
          "Clusters whose tag `kubernetes.io/cluster/<name>` the subnets carry, for load balancer "
          "controllers that ask for it.",
          .check_element = check_not_empty),
    TYPED("tags", &type_string_map, OPTIONAL, "Tags of everything that is made."),
    BOOL("force_destroy", OPTIONAL | COMPUTED,
         "Destroy also removes load balancers, target groups, network interfaces, security groups "
         "and volumes that tags prove to be of a cluster which no longer exists. Without it, and "
         "for everything else, destroy names what is left and deletes nothing.",
         .fallback = "false"),
    STRING("id", COMPUTED | KEEP_STATE, "Id of the VPC."),
    STRING("ipv6_cidr_block", COMPUTED | KEEP_STATE, "Its IPv6 block, with `ipv6`."),
    TYPED("availability_zone_names", &type_string_list, COMPUTED | KEEP_STATE,
          "Names of its zones, in the order of the subnets."),
    TYPED("public_subnet_ids", &type_string_list, COMPUTED | KEEP_STATE,
          "Ids of the public subnets, by zone."),
    TYPED("private_subnet_ids", &type_string_list, COMPUTED | KEEP_STATE,
          "Ids of the private subnets, by zone."),
    TYPED("public_route_table_ids", &type_string_list, COMPUTED | KEEP_STATE,
          "Id of the one route table of the public subnets, if there are any."),
    TYPED("private_route_table_ids", &type_string_list, COMPUTED | KEEP_STATE,
          "Ids of the route tables of the private subnets, by zone."),
    TYPED("nat_addresses", &type_string_list, COMPUTED | KEEP_STATE,
          "Addresses that the world sees when the private subnets call it."),
    TYPED("tags_all", &type_string_map, COMPUTED | KEEP_STATE,
          "`tags` and the provider's `default_tags`."),
    TYPED("drift", &type_string_list, COMPUTED | KEEP_STATE,
          "What is missing or different in AWS. The next apply puts it right."),
    END_ATTRIBUTES,
};

static const char *const outputs[] = {"public_subnet_ids",      "private_subnet_ids",
                                      "public_route_table_ids", "private_route_table_ids",
                                      "nat_addresses",          NULL};

/* --- what all hooks need ---------------------------------------------------------- */

static bool open_region(struct call *c, const struct value *object, struct aws **aws)
{
    const struct aws_access access = {.region = value_text(object, "region")};

    return aws_open(c, &access, path_of(c->arena, "region"), aws);
}

/* Tags that were once given and may have to go. */
static const struct value *tags_given(struct call *c, const struct value *prior)
{
    const struct value *tags = value_at(prior, "tags_all"),
                       *names = value_at(prior, "cluster_names");

    for (size_t i = 0; i < value_count(names); i++)
        tags =
            value_with(c->arena, tags,
                       text_f(c->arena, "kubernetes.io/cluster/%s", value_z(value_item(names, i))),
                       value_string(c->arena, "shared"));
    return tags;
}

/* Member `id` of the objects of a kind, by zone. */
static const struct value *ids_of(const struct network_work *w, const struct value *map,
                                  const char *kind, const char *id)
{
    const struct value *list = &value_empty_list;
    struct arena *a = w->call->arena;

    for (size_t i = 0; i < w->plan->count; i++) {
        const struct value *one = value_at(map, network_role(a, kind, w->plan->zones[i].name));

        if (!value_is_null(one))
            list = value_append(a, list, value_at(one, id));
    }
    return list;
}

/* Of the gateways that are wanted: others may have just gone. */
static const struct value *nat_addresses(const struct network_work *w)
{
    const struct value *list = &value_empty_list;
    struct arena *a = w->call->arena;

    for (size_t i = 0; i < w->plan->count; i++) {
        const struct value *one =
            value_at(w->found.addresses, network_role(a, "nat", w->plan->zones[i].name));

        if (network_plan_has_nat(w->plan, i) && !value_is_null(one))
            list = value_append(a, list, value_at(one, "PublicIp"));
    }
    return list;
}

static const struct value *described(const struct network_work *w, const struct value *object)
{
    const struct network_found *f = &w->found;
    struct arena *a = w->call->arena;
    const struct value *table = value_at(f->tables, "public-routes");

    const char *ipv6 = w->plan->ipv6 ? network_ipv6_block(f->vpc) : "";

    object = value_with(a, object, "id", value_at(f->vpc, "VpcId"));
    object = value_with(a, object, "ipv6_cidr_block", *ipv6 ? value_string(a, ipv6) : &value_null);
    object =
        value_with(a, object, "public_subnet_ids", ids_of(w, f->subnets, "public", "SubnetId"));
    object =
        value_with(a, object, "private_subnet_ids", ids_of(w, f->subnets, "private", "SubnetId"));
    object = value_with(a, object, "public_route_table_ids",
                        value_is_null(table) ? &value_empty_list
                                             : value_list_of(a, value_at(table, "RouteTableId")));
    object = value_with(a, object, "private_route_table_ids",
                        ids_of(w, f->tables, "private-routes", "RouteTableId"));
    object = value_with(a, object, "nat_addresses", nat_addresses(w));
    return value_with(a, object, "drift", w->drift);
}

static struct network_work work_of(struct call *c, struct aws *aws, const struct network_plan *plan,
                                   const struct value *prior)
{
    return (struct network_work){.call = c,
                                 .aws = aws,
                                 .plan = plan,
                                 .old_tags = tags_given(c, prior),
                                 .drift = &value_empty_list};
}

/* --- applying -------------------------------------------------------------------------- */

static bool vpc_create(struct call *c, const struct value *planned, const struct value **out)
{
    struct network_plan plan;
    struct network_work w;
    struct aws *aws;
    bool done;

    if (!open_region(c, planned, &aws) ||
        !network_arguments_settle(c, aws, planned, &value_null, &planned))
        return false;
    network_plan_read(c, planned, &plan);
    w = work_of(c, aws, &plan, &value_null);
    if (!network_find(&w, "") || (!w.found.vpc && !network_check_name(&w)))
        return false;
    done = network_ipv6_check_made(&w) && network_converge(&w);
    *out = w.found.vpc ? described(&w, planned) : NULL;
    return done;
}

static bool vpc_update(struct call *c, const struct value *prior, const struct value *planned,
                       const struct value **out)
{
    struct network_plan plan;
    struct network_work w;
    struct aws *aws;

    *out = prior;
    if (!network_ipv6_check_kept(c, prior, planned) || !open_region(c, planned, &aws) ||
        !network_arguments_settle(c, aws, planned, prior, &planned))
        return false;
    network_plan_read(c, planned, &plan);
    w = work_of(c, aws, &plan, prior);
    if (!network_find(&w, value_text(prior, "id")))
        return false;
    if (!w.found.vpc)
        return diag_error(c->diags, NULL, "The VPC is gone",
                          "%s was deleted since the plan was made. Plan again.",
                          value_text(prior, "id"));
    if (!network_converge(&w))
        return false;
    *out = described(&w, planned);
    return true;
}

static bool vpc_remove(struct call *c, const struct value *state)
{
    struct network_plan plan;
    struct network_work w;
    struct aws *aws;

    if (!open_region(c, state, &aws))
        return false;
    network_plan_read(c, state, &plan);
    w = work_of(c, aws, &plan, state);
    w.force_destroy = value_flag(state, "force_destroy");
    return network_find(&w, value_text(state, "id")) && network_remove(&w);
}

/* --- reading ------------------------------------------------------------------------------ */

static bool vpc_read(struct call *c, const struct value *state, const struct value **out)
{
    struct network_plan plan;
    struct network_work w;
    struct aws *aws;

    *out = state;
    if (!open_region(c, state, &aws))
        return false;
    if (value_is_null(value_at(state, "name")) &&
        /* imported */ !network_import(c, aws, value_text(state, "id"), out))
        return false;
    if (!*out)
        return true;
    network_plan_read(c, *out, &plan);
    w = work_of(c, aws, &plan, &value_null);
    w.look_only = true;
    if (!network_find(&w, value_text(state, "id")))
        return false;
    if (!w.found.vpc || !network_converge(&w)) {
        *out = NULL; /* gone, or a failure was reported */
        return !w.found.vpc;
    }
    *out = described(&w, *out);
    return true;
}

/* --- planning ------------------------------------------------------------------------------- */

static bool needs_work(const struct plan *plan)
{
    static const char *const causes[] = {"availability_zone_names",
                                         "public_subnets",
                                         "private_subnets",
                                         "nat_gateways",
                                         "ipv6",
                                         NULL};

    for (const char *const *one = causes; *one; one++)
        if (plan_changes(plan, *one))
            return true;
    return value_count(value_at(plan->prior, "drift")) > 0;
}

static bool plan_session(struct call *c, struct plan *plan, struct aws **aws)
{
    *aws = NULL;
    if (c->config_unknown || value_is_unknown(value_at(c->config, "region")))
        return true;
    if (!open_region(c, plan->planned, aws))
        return false;
    plan_set(c, plan, "region", value_string(c->arena, aws_region(*aws)));
    return true;
}

/* The block stays for the VPC's life. */
static bool plan_ipv6(struct call *c, struct plan *plan)
{
    const struct value *wanted = value_at(plan->planned, "ipv6");

    if (!plan_changes(plan, "cidr_block") && !plan_changes(plan, "name") &&
        !plan_changes(plan, "region") && !network_ipv6_check_kept(c, plan->prior, plan->planned))
        return false;
    if (!value_is_unknown(wanted) && !value_as_bool(wanted))
        plan_set(c, plan, "ipv6_cidr_block", &value_null);
    else if (plan_changes(plan, "ipv6") || value_count(value_at(plan->prior, "drift")))
        plan_set_unknown(c, plan, "ipv6_cidr_block");
    return true;
}

static bool vpc_plan(struct call *c, struct plan *plan)
{
    const struct value *object = plan->planned, *config = plan->config, *names, *planned;
    size_t count = network_zones_count(value_at(config, "availability_zones"),
                                       value_at(config, "public_subnets"),
                                       value_at(config, "private_subnets"));
    struct aws *aws;

    if (!plan_session(c, plan, &aws) || !plan_ipv6(c, plan) ||
        !network_arguments_zones(c, plan, aws, count, &names))
        return false;
    count = names ? value_count(names) : count;
    object = value_with(c->arena, object, "public_subnets",
                        value_at(config, "public_subnets")); /* derived anew when left out */
    object = value_with(c->arena, object, "private_subnets", value_at(config, "private_subnets"));
    if (!network_arguments_with_blocks(c, object, count, &planned) ||
        !network_arguments_check_kept(c, plan, names, planned, "public_subnets") ||
        !network_arguments_check_kept(c, plan, names, planned, "private_subnets"))
        return false;
    plan_set(c, plan, "availability_zone_names", names ? names : &value_unknown);
    plan_set(c, plan, "public_subnets", value_at(planned, "public_subnets"));
    plan_set(c, plan, "private_subnets", value_at(planned, "private_subnets"));
    plan_set(c, plan, "tags_all",
             value_is_wholly_known(value_at(config, "tags")) && !c->config_unknown
                 ? tags_all(c, value_at(config, "tags"))
                 : &value_unknown);
    plan_set(c, plan, "drift", &value_empty_list);
    if (!plan_is_create(plan) && needs_work(plan))
        plan_set_all_unknown(c, plan, outputs);
    return true;
}

static bool vpc_validate(struct call *c, const struct value *config)
{
    static const char *const lists[] = {"public_subnets", "private_subnets", NULL};
    const struct value *nat = value_at(config, "nat_gateways");

    if (value_is_unknown(nat) || strcmp(value_z(nat), "none") == 0)
        return true;
    for (const char *const *one = lists; *one; one++)
        if (value_is_set(value_at(config, *one)) && !value_count(value_at(config, *one)))
            return diag_error(c->diags, path_of(c->arena, "nat_gateways"), "No place for NAT",
                              "NAT gateways lead from private subnets through public ones, and %s "
                              "is empty: say nat_gateways = \"none\".",
                              *one);
    return true;
}

/* --- import ------------------------------------------------------------------------------------
 */

static bool vpc_import(struct call *c, const char *id, const struct value **out)
{
    struct text rest = text_of(id), pair, key;
    const struct value *told = &value_empty_map;

    while (text_split(&rest, ',', &pair))
        if (text_split(&pair, '=', &key))
            told =
                value_with(c->arena, told, text_z(c->arena, key), value_string_of(c->arena, pair));
    if (!*value_text(told, "region") || !*value_text(told, "vpc"))
        return diag_error(c->diags, NULL, "Malformed import id",
                          "It is region=<region>,vpc=<id of the VPC>; it is \"%s\".", id);
    *out =
        value_map_of(c->arena, {"region", value_at(told, "region")}, {"id", value_at(told, "vpc")});
    return true;
}

RESOURCE(istio_vpc) = {
    .name = "istio_vpc",
    .kind = KIND_MANAGED,
    .summary = "A VPC for clusters: subnets in several zones, an internet gateway, NAT gateways, "
               "routes, and the tags by which load balancers find their subnets.",
    .doc = "Everything in it carries the tag `" NETWORK_TAG "` with its name, and is looked up by "
           "it before it is made: an apply that failed or was killed is continued by the next "
           "one.\n\n"
           "**Destroy** deletes NAT gateways, addresses, route tables, subnets, the internet "
           "gateways and the VPC, in this order. Before that, what others left in it (load "
           "balancers, network interfaces, security groups, endpoints, and volumes of its "
           "`cluster_names`) is waited for up to ten minutes while it may still go by itself, then "
           "named with what made it, or removed with `force_destroy`.",
    .attributes = attributes,
    .timeouts = {.create = 1200, .read = 300, .update = 1800, .remove = 2700},
    .import_doc = "The import id names the `region` and the id of the VPC: "
                  "`region=eu-west-1,vpc=vpc-0123456789abcdef0`.",
    .continues = NAMES("name", "region"),
    .validate = vpc_validate,
    .plan = vpc_plan,
    .create = vpc_create,
    .read = vpc_read,
    .update = vpc_update,
    .remove = vpc_remove,
    .import = vpc_import,
};
