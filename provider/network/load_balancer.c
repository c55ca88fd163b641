#include <string.h>
#include <strings.h>

#include "aws/elasticloadbalancing.h"
#include "aws/partition.h"
#include "network/load_balancer_parts.h"
#include "schema/path.h"

/* --- names and sessions ------------------------------------------------------------- */

static struct text without_end(struct text name, const char *end)
{
    size_t len = strlen(end);

    if (name.len > len && strncasecmp(name.at + name.len - len, end, len) == 0)
        name.len -= len;
    return name;
}

struct load_balancer_hostname load_balancer_hostname_read(struct arena *a, const char *hostname)
{
    static const char dual_stack[] = "dualstack.";
    struct text rest = text_of(hostname), name, second, third;
    struct load_balancer_hostname out = {.region = ""};
    const char *region;
    bool network;

    if (strncasecmp(hostname, dual_stack, strlen(dual_stack)) == 0)
        rest = text_of(hostname + strlen(dual_stack));
    rest = without_end(rest, ".localhost");
    if (!text_split(&rest, '.', &name) || !text_split(&rest, '.', &second) ||
        !text_split(&rest, '.', &third))
        return out;
    network = strcasecmp(text_z(a, second), "elb") == 0;
    if (!network && strcasecmp(text_z(a, third), "elb") != 0)
        return out;
    region = text_z(a, network ? third : second);
    if (strcasecmp(text_z(a, rest), partition_of(region)->suffix) != 0)
        return out;
    out.region = region;
    out.network = network;
    out.by_controller =
        strncasecmp(name.at, "k8s-", 4) == 0 || strncasecmp(name.at, "internal-k8s-", 13) == 0;
    return out;
}

static bool is_below_localhost(const char *hostname)
{
    struct text name = text_of(hostname);

    return without_end(name, ".localhost").len < name.len;
}

bool load_balancer_is_hostname(const char *hostname)
{
    struct arena *a = arena_new();
    bool is_one = is_below_localhost(hostname) || *load_balancer_hostname_read(a, hostname).region;

    arena_free(a);
    return is_one;
}

bool load_balancer_may_be_classic(const char *hostname)
{
    struct arena *a = arena_new();
    const struct load_balancer_hostname read = load_balancer_hostname_read(a, hostname);
    bool may_be = *read.region && !read.network && !read.by_controller;

    arena_free(a);
    return may_be;
}

bool load_balancer_open(struct call *c, const struct value *connection, struct aws **out)
{
    const struct value *eks = value_at(connection, "eks");
    const struct aws_access access = {.region = value_text(eks, "region"),
                                      .profile = value_text(eks, "profile"),
                                      .role_arn = value_text(eks, "role_arn")};

    return aws_open(c, &access, path_of(c->arena, "cluster"), out);
}

/* --- finding -------------------------------------------------------------------------- */

static bool is_given(const char *text)
{
    return text && *text;
}

const char *load_balancer_key_text(const struct load_balancer_key *key)
{
    return is_given(key->hostname) ? key->hostname : is_given(key->name) ? key->name : key->arn;
}

bool load_balancer_find(struct call *c, struct aws *aws, const struct load_balancer_key *key,
                        const struct value **item)
{
    struct arena *a = c->arena;
    const struct value *items;

    if (is_given(key->arn))
        return elasticloadbalancing_describe_load_balancer(c, aws, key->arn, item);
    if (!is_given(key->name))
        return elasticloadbalancing_find_by_hostname(c, aws, key->hostname, item);
    if (!aws_list(c, aws, &elasticloadbalancing_describe_load_balancers,
                  value_map_of(a, {"Names", value_list_of(a, value_string(a, key->name))}), &items))
        return false;
    *item = value_count(items) ? value_item(items, 0) : NULL;
    return true;
}

/* --- judging -------------------------------------------------------------------------- */

enum answer { NOT_ASKED, NO, YES };

struct judging {
    struct call *call;
    struct aws *aws;
    const struct value *item;    /* AWS's */
    const struct value *healths; /* map: target group's ARN -> TargetHealthDescriptions */
    const struct value *groups;  /* all of it; NULL = not asked */
    enum answer spreads;         /* a healthy target anywhere serves all zones */
    struct value_builder listeners, targets;
    bool healthy;
};

static bool is_application(const struct judging *j)
{
    return strcmp(value_text(j->item, "Type"), "application") == 0;
}

static const struct value *by_arn(const struct judging *j)
{
    return value_map_of(j->call->arena, {"LoadBalancerArn", value_at(j->item, "LoadBalancerArn")});
}

static bool ask_groups(struct judging *j)
{
    return j->groups || aws_list(j->call, j->aws, &elasticloadbalancing_describe_target_groups,
                                 by_arn(j), &j->groups);
}

static bool ask_health(struct judging *j, const char *group, const struct value **list)
{
    if (value_has(j->healths, group)) {
        *list = value_at(j->healths, group);
        return true;
    }
    if (!elasticloadbalancing_describe_target_health(j->call, j->aws, group, list))
        return false;
    j->healths = value_with(j->call->arena, j->healths, group, *list);
    return true;
}

static bool has_node_targets(const struct judging *j, const char *group)
{
    for (size_t i = 0; i < value_count(j->groups); i++)
        if (strcmp(value_text(value_item(j->groups, i), "TargetGroupArn"), group) == 0)
            return strcmp(value_text(value_item(j->groups, i), "TargetType"), "instance") == 0;
    return false;
}

static bool is_cross_zone(const struct value *attributes)
{
    for (size_t i = 0; i < value_count(attributes); i++)
        if (strcmp(value_text(value_item(attributes, i), "Key"),
                   "load_balancing.cross_zone.enabled") == 0)
            return strcmp(value_text(value_item(attributes, i), "Value"), "true") == 0;
    return false;
}

/* Asked only where it matters: some zone has targets and none of them is healthy. */
static bool zones_share(struct judging *j, const char *group, bool *share)
{
    const struct value *attributes;

    *share = true;
    if (is_application(j))
        return true;
    if (!ask_groups(j))
        return false;
    if (has_node_targets(j, group))
        return true;
    if (j->spreads == NOT_ASKED) {
        if (!aws_list(j->call, j->aws, &elasticloadbalancing_describe_load_balancer_attributes,
                      by_arn(j), &attributes))
            return false;
        j->spreads = is_cross_zone(attributes) ? YES : NO;
    }
    *share = j->spreads == YES;
    return true;
}

static const char *state_of(const struct value *health)
{
    return value_z(value_in(health, "TargetHealth", "State"));
}

static bool is_leaving(const struct value *health)
{
    return strstr(state_of(health), "draining") != NULL;
}

static bool is_healthy(const struct value *health)
{
    return strcmp(state_of(health), "healthy") == 0;
}

static const char *zone_of(const struct value *health)
{
    return value_z(value_in(health, "Target", "AvailabilityZone"));
}

static bool zone_is_served(const struct value *list, const char *zone)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (is_healthy(value_item(list, i)) && strcmp(zone_of(value_item(list, i)), zone) == 0)
            return true;
    return false;
}

/* Reasons of those that are not healthy and count, each once, by AWS's codes. */
static const char *reasons(struct arena *a, const struct value *list, bool of_unserved_zones)
{
    const struct value *seen = &value_empty_map;
    struct text_builder b;

    text_builder_init(&b, a, 1000);
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *one = value_item(list, i);
        const char *reason = value_z(value_in(one, "TargetHealth", "Reason"));

        if (is_healthy(one) || is_leaving(one) ||
            (of_unserved_zones && zone_is_served(list, zone_of(one))))
            continue;
        seen = value_with(a, seen, *reason ? reason : state_of(one), &value_true);
    }
    seen = value_sorted(a, seen);
    for (size_t i = 0; i < value_count(seen); i++)
        text_add_f(&b, "%s%s", i ? ", " : "", seen->map.entries[i].key);
    return b.at;
}

/* *why "" = it serves. */
static bool judge_group(struct judging *j, const char *group, const struct value *list,
                        const char **why)
{
    size_t counted = 0, healthy = 0;
    bool unserved = false, share;

    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *one = value_item(list, i);

        counted += !is_leaving(one);
        healthy += is_healthy(one);
        unserved |= !is_leaving(one) && !zone_is_served(list, zone_of(one));
    }
    *why = "";
    if (!counted || !healthy) {
        *why = counted ? reasons(j->call->arena, list, false) : "no target is registered";
        return true;
    }
    if (!unserved)
        return true;
    if (!zones_share(j, group, &share))
        return false;
    *why = share ? "" : reasons(j->call->arena, list, true);
    return true;
}

static void tell_targets(struct judging *j, const struct value *port, const char *group,
                         const struct value *list)
{
    struct arena *a = j->call->arena;

    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *one = value_item(list, i), *target = value_at(one, "Target"),
                           *health = value_at(one, "TargetHealth");

        value_builder_add(
            &j->targets,
            value_map_of(
                a, {"port", port}, {"target_group_arn", value_string(a, group)},
                {"target", value_at(target, "Id")}, {"target_port", value_at(target, "Port")},
                {"zone", value_at(target, "AvailabilityZone")},
                {"state", value_at(health, "State")}, {"reason", value_at(health, "Reason")},
                {"description", value_at(health, "Description")}));
    }
}

static bool judge_groups(struct judging *j, const struct value *port, const struct value *arns,
                         const char **why)
{
    *why = "";
    for (size_t i = 0; i < value_count(arns); i++) {
        const char *group = value_z(value_item(arns, i)), *trouble;
        const struct value *list;

        if (!ask_health(j, group, &list) || !judge_group(j, group, list, &trouble))
            return false;
        tell_targets(j, port, group, list);
        if (!**why)
            *why = trouble;
    }
    return true;
}

static bool answers_itself(const struct value *listener)
{
    const struct value *actions = value_at(listener, "DefaultActions");

    return strcmp(value_text(value_item(actions, 0), "Type"), "redirect") == 0;
}

/* What an application load balancer's rules lead to: all that no default action names. */
static const struct value *behind_rules(struct judging *j, const struct value *listeners)
{
    const struct value *named = &value_empty_map, *arns = &value_empty_list;
    struct arena *a = j->call->arena;

    for (size_t i = 0; i < value_count(listeners); i++) {
        const struct value *own =
            elasticloadbalancing_listener_target_groups(a, value_item(listeners, i));

        for (size_t k = 0; k < value_count(own); k++)
            named = value_with(a, named, value_z(value_item(own, k)), &value_true);
    }
    for (size_t i = 0; i < value_count(j->groups); i++) {
        const struct value *arn = value_at(value_item(j->groups, i), "TargetGroupArn");

        if (!value_has(named, value_z(arn)))
            arns = value_append(a, arns, arn);
    }
    return arns;
}

static bool judge_listener(struct judging *j, const struct value *listener,
                           const struct value *listeners)
{
    const struct value *port = value_at(listener, "Port"), *arns;
    struct arena *a = j->call->arena;
    const char *why = "";

    arns = elasticloadbalancing_listener_target_groups(a, listener);
    if (!value_count(arns) && is_application(j) && !answers_itself(listener)) {
        if (!ask_groups(j))
            return false;
        arns = behind_rules(j, listeners);
        if (!value_count(arns))
            why = "no target group is behind it";
    }
    if (value_count(arns) && !judge_groups(j, port, arns, &why))
        return false;
    j->healthy = j->healthy && !*why;
    value_builder_add(&j->listeners,
                      value_map_of(a, {"port", port}, {"protocol", value_at(listener, "Protocol")},
                                   {"healthy", value_bool(!*why)},
                                   {"reason", value_string(a, why)}));
    return true;
}

static bool judge_listeners(struct judging *j)
{
    const struct value *listeners;

    if (!aws_list(j->call, j->aws, &elasticloadbalancing_describe_listeners, by_arn(j), &listeners))
        return false;
    for (size_t i = 0; i < value_count(listeners); i++)
        if (!judge_listener(j, value_item(listeners, i), listeners))
            return false;
    j->healthy = j->healthy && value_count(listeners) > 0;
    return true;
}

/* --- telling --------------------------------------------------------------------------- */

static const struct value *zone_names(struct arena *a, const struct value *item)
{
    const struct value *zones = value_at(item, "AvailabilityZones"), *names = &value_empty_list;

    for (size_t i = 0; i < value_count(zones); i++)
        names = value_append(a, names, value_at(value_item(zones, i), "ZoneName"));
    return names;
}

static bool is_active(const char *state)
{
    return strcmp(state, "active") == 0 || strcmp(state, "active_impaired") == 0;
}

bool load_balancer_describe(struct call *c, struct aws *aws, const struct load_balancer_key *key,
                            const struct value **out)
{
    const struct value *item;

    *out = NULL;
    return load_balancer_find(c, aws, key, &item) &&
           (!item || load_balancer_judge(c, aws, item, out));
}

bool load_balancer_judge(struct call *c, struct aws *aws, const struct value *item,
                         const struct value **out)
{
    struct judging j = {.call = c, .aws = aws, .item = item, .healths = &value_empty_map};
    struct arena *a = c->arena;

    j.healthy = is_active(value_z(value_in(item, "State", "Code")));
    value_builder_init(&j.listeners, a);
    value_builder_init(&j.targets, a);
    if (!judge_listeners(&j))
        return false;
    *out = value_map_of(
        a, {"arn", value_at(item, "LoadBalancerArn")}, {"name", value_at(item, "LoadBalancerName")},
        {"dns_name", value_at(item, "DNSName")}, {"type", value_at(item, "Type")},
        {"scheme", value_at(item, "Scheme")}, {"state", value_in(item, "State", "Code")},
        {"state_reason", value_in(item, "State", "Reason")},
        {"zone_id", value_at(item, "CanonicalHostedZoneId")}, {"vpc_id", value_at(item, "VpcId")},
        {"availability_zones", zone_names(a, item)}, {"healthy", value_bool(j.healthy)},
        {"listeners", value_builder_list(&j.listeners)},
        {"targets", value_builder_list(&j.targets)});
    return true;
}

const struct value *load_balancer_health(struct arena *a, const struct value *load_balancer)
{
    const struct value *listeners = value_at(load_balancer, "listeners");
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(listeners); i++) {
        const struct value *one = value_item(listeners, i);

        value_builder_set(&b, text_f(a, "%d", (int)value_integer_at(one, "port")),
                          value_flag(one, "healthy")
                              ? value_string(a, "healthy")
                              : value_f(a, "not healthy: %s", value_text(one, "reason")));
    }
    return value_builder_map(&b);
}
