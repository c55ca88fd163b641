/* The stand-in Elastic Load Balancing (version 2): looking, attributes, deleting. Nobody
 * makes load balancers over the wire here. */
#include "acceptance/sandbox/aws/elasticloadbalancing.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { PAGE_MAX = 400, ARNS_MAX = 20 };

/* --- lists ----------------------------------------------------------------------------------- */
/* What one kind of object is asked by. */
struct question {
    const char *kind, *set; /* "LoadBalancers" */
    const char *arns, *names, *name;
    const char *not_found, *words;
};
static const struct question balancers = {ELASTICLOADBALANCING_BALANCER,
                                          "LoadBalancers",
                                          "LoadBalancerArns",
                                          "Names",
                                          "LoadBalancerName",
                                          "LoadBalancerNotFound",
                                          "One or more load balancers not found"};
static const struct question groups = {ELASTICLOADBALANCING_GROUP,
                                       "TargetGroups",
                                       "TargetGroupArns",
                                       "Names",
                                       "TargetGroupName",
                                       "TargetGroupNotFound",
                                       "One or more target groups not found"};
static const struct question listeners = {
    ELASTICLOADBALANCING_LISTENER,    "Listeners", "ListenerArns", NULL, NULL, "ListenerNotFound",
    "One or more listeners not found"};

static bool not_found(struct cloud_request *r, const struct question *q)
{
    return cloud_refuse(r, 400, q->not_found, "%s", q->words);
}

/* One by its ARN, as readers see it; NULL = refused. */
static struct record *get(struct cloud_request *r, const struct question *q, const char *arn)
{
    struct record *found = record_seen(r->cloud, r->region, q->kind, arn);

    if (!found && strncmp(arn, "arn:", 4) != 0)
        cloud_refuse(r, 400, "ValidationError", "'%s' is not a valid ARN", arn);
    else if (!found)
        not_found(r, q);
    return found;
}

static struct record *named(struct cloud_request *r, const struct question *q, const char *name)
{
    struct record *at = NULL;

    while ((at = record_next(r->cloud, at, r->region, q->kind)))
        if (at->seen_at_ms <= clock_monotonic_ms() && record_is(at, q->name, name))
            return at;
    not_found(r, q);
    return NULL;
}

/* The ARNs of the load balancers that lead to a target group. */
static const struct value *users_of(struct cloud_request *r, const struct record *group)
{
    const struct record *at = NULL;
    const struct value *arns = &value_empty_list;

    while ((at = elasticloadbalancing_listener_to(r->cloud, at, group)))
        if (!value_count(arns) || !value_equal(value_item(arns, value_count(arns) - 1),
                                               value_at(at->body, "LoadBalancerArn")))
            arns = value_append(r->a, arns, value_at(at->body, "LoadBalancerArn"));
    return arns;
}

static const struct value *view(struct cloud_request *r, const struct record *record)
{
    if (strcmp(record->kind, ELASTICLOADBALANCING_GROUP) == 0)
        return value_with(r->a, record->body, "LoadBalancerArns", users_of(r, record));
    return record->body;
}

static bool answer_page(struct cloud_request *r, const struct question *q, const struct value *all)
{
    const char *size = cloud_text(r, "PageSize"), *marker = cloud_text(r, "Marker");
    size_t most = *size ? strtoul(size, NULL, 10) : PAGE_MAX;
    size_t from = *marker ? strtoul(marker + strcspn(marker, "0123456789"), NULL, 10) : 0;
    struct value_builder page;
    const struct value *out;

    if (most < 1 || most > PAGE_MAX)
        return cloud_refuse(r, 400, "ValidationError",
                            "1 validation error detected: Value '%s' at 'pageSize' failed to "
                            "satisfy constraint: Member must be between 1 and %d",
                            size, PAGE_MAX);
    if (*marker && strncmp(marker, "page-", 5) != 0)
        return cloud_refuse(r, 400, "ValidationError", "The marker '%s' is invalid", marker);
    value_builder_init(&page, r->a);
    for (size_t i = from; i < value_count(all) && page.count < most; i++)
        value_builder_add(&page, value_item(all, i));
    out = value_map_of(r->a, {q->set, value_builder_list(&page)});
    if (from + page.count < value_count(all))
        out = value_with(r->a, out, "NextMarker", value_f(r->a, "page-%zu", from + page.count));
    return cloud_answer(r, out);
}

/* Those that are asked for by ARN or name; *asked false = all are. */
static bool chosen(struct cloud_request *r, const struct question *q, struct value_builder *out,
                   bool *asked)
{
    const struct value *arns = cloud_items(r->a, value_at(r->parameters, q->arns));
    const struct value *names =
        q->names ? cloud_items(r->a, value_at(r->parameters, q->names)) : &value_empty_list;
    const struct record *found;

    *asked = value_count(arns) || value_count(names);
    if (value_count(arns) && value_count(names))
        return cloud_refuse(r, 400, "ValidationError",
                            "Names and ARNs cannot both be specified in one request");
    for (size_t i = 0; i < value_count(arns); i++) {
        found = get(r, q, value_z(value_item(arns, i)));
        if (!found)
            return false;
        value_builder_add(out, view(r, found));
    }
    for (size_t i = 0; i < value_count(names); i++) {
        found = named(r, q, value_z(value_item(names, i)));
        if (!found)
            return false;
        value_builder_add(out, view(r, found));
    }
    return true;
}

/* `in`: only what belongs to this load balancer. */
static bool describe(struct cloud_request *r, const struct question *q, const struct record *in)
{
    const struct record *at = NULL;
    struct value_builder all;
    bool asked;

    value_builder_init(&all, r->a);
    if (!chosen(r, q, &all, &asked))
        return false;
    while (!asked && (at = record_next(r->cloud, at, r->region, q->kind))) {
        const struct value *one = view(r, at), *users = value_at(one, "LoadBalancerArns");
        bool belongs = !in || record_is(at, "LoadBalancerArn", in->id);

        for (size_t i = 0; in && i < value_count(users); i++)
            belongs = belongs || strcmp(value_z(value_item(users, i)), in->id) == 0;
        if (belongs && at->seen_at_ms <= clock_monotonic_ms())
            value_builder_add(&all, one);
    }
    return answer_page(r, q, value_builder_list(&all));
}

static bool describe_load_balancers(struct cloud_request *r)
{
    return describe(r, &balancers, NULL);
}

static bool describe_of_one(struct cloud_request *r, const struct question *q)
{
    const char *arn = cloud_text(r, "LoadBalancerArn");
    const struct record *balancer = *arn ? get(r, &balancers, arn) : NULL;

    return (!*arn || balancer) && describe(r, q, balancer);
}

static bool describe_target_groups(struct cloud_request *r)
{
    return describe_of_one(r, &groups);
}

static bool describe_listeners(struct cloud_request *r)
{
    if (!value_has(r->parameters, "LoadBalancerArn") && !value_has(r->parameters, "ListenerArns"))
        return cloud_refuse(r, 400, "ValidationError",
                            "You must specify either listener ARNs or a load balancer ARN");
    return describe_of_one(r, &listeners);
}

/* --- tags ------------------------------------------------------------------------------------ */
static struct record *of_arn(struct cloud_request *r, const char *arn)
{
    if (strstr(arn, ":loadbalancer/"))
        return get(r, &balancers, arn);
    return get(r, strstr(arn, ":targetgroup/") ? &groups : &listeners, arn);
}

static const struct value *tag_list(struct arena *a, const struct value *tags)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(tags); i++)
        value_builder_add(&b, value_map_of(a, {"Key", value_string(a, tags->map.entries[i].key)},
                                           {"Value", tags->map.entries[i].value}));
    return value_builder_list(&b);
}

static bool describe_tags(struct cloud_request *r)
{
    const struct value *arns = cloud_items(r->a, value_at(r->parameters, "ResourceArns"));
    struct value_builder b;

    if (value_count(arns) > ARNS_MAX)
        return cloud_refuse(r, 400, "ValidationError",
                            "1 validation error detected: Value at 'resourceArns' failed to "
                            "satisfy constraint: Member must have length less than or equal to %d",
                            ARNS_MAX);
    value_builder_init(&b, r->a);
    for (size_t i = 0; i < value_count(arns); i++) {
        const struct record *found = of_arn(r, value_z(value_item(arns, i)));

        if (!found)
            return false;
        value_builder_add(&b, value_map_of(r->a, {"ResourceArn", value_string(r->a, found->id)},
                                           {"Tags", tag_list(r->a, found->tags)}));
    }
    return cloud_answer(r, value_map_of(r->a, {"TagDescriptions", value_builder_list(&b)}));
}

/* --- targets --------------------------------------------------------------------------------- */
static bool describe_target_health(struct cloud_request *r)
{
    static const char *const shown[] = {"Id", "Port", "AvailabilityZone"};
    const struct record *group = get(r, &groups, cloud_text(r, "TargetGroupArn"));
    const struct value *targets = group ? value_at(group->body, ".targets") : NULL;
    struct value_builder b, of_target;

    if (!group)
        return false;
    value_builder_init(&b, r->a);
    for (size_t i = 0; i < value_count(targets); i++) {
        const struct value *target = value_item(targets, i);

        value_builder_init(&of_target, r->a);
        for (size_t k = 0; k < sizeof(shown) / sizeof(*shown); k++)
            value_builder_set(&of_target, shown[k], value_at(target, shown[k]));
        value_builder_add(
            &b, value_map_of(
                    r->a, {"Target", value_builder_map(&of_target)},
                    {"HealthCheckPort",
                     value_f(r->a, "%lld", (long long)value_integer_at(target, "Port"))},
                    {"TargetHealth", elasticloadbalancing_health(r->cloud, r->a, group, target)}));
    }
    return cloud_answer(r,
                        value_map_of(r->a, {"TargetHealthDescriptions", value_builder_list(&b)}));
}

/* --- attributes ------------------------------------------------------------------------------- */
static bool answer_attributes(struct cloud_request *r, const struct record *balancer)
{
    return cloud_answer(
        r, value_map_of(r->a,
                        {"Attributes", tag_list(r->a, value_at(balancer->body, ".attributes"))}));
}

static bool describe_attributes(struct cloud_request *r)
{
    const struct record *balancer = get(r, &balancers, cloud_text(r, "LoadBalancerArn"));

    return balancer && answer_attributes(r, balancer);
}

static bool modify_attributes(struct cloud_request *r)
{
    struct record *balancer = get(r, &balancers, cloud_text(r, "LoadBalancerArn"));
    const struct value *changes = cloud_items(r->a, value_at(r->parameters, "Attributes")), *all;

    if (!balancer)
        return false;
    all = value_at(balancer->body, ".attributes");
    for (size_t i = 0; i < value_count(changes); i++) {
        const char *key = value_text(value_item(changes, i), "Key");

        if (!value_has(all, key))
            return cloud_refuse(r, 400, "ValidationError",
                                "Load balancer attribute key '%s' is not recognized", key);
        all = value_with(r->a, all, key,
                         value_string(r->a, value_text(value_item(changes, i), "Value")));
    }
    record_set(balancer, ".attributes", all);
    return answer_attributes(r, balancer);
}

/* --- the end -----------------------------------------------------------------------------------
 */
/* What is not there is deleted already. */
static bool delete_load_balancer(struct cloud_request *r)
{
    const char *arn = cloud_text(r, "LoadBalancerArn");
    struct record *balancer = record_find(r->cloud, r->region, balancers.kind, arn);

    if (balancer &&
        strcmp(value_text(value_at(balancer->body, ".attributes"), "deletion_protection.enabled"),
               "true") == 0)
        return cloud_refuse(r, 400, "OperationNotPermitted",
                            "Load balancer '%s' cannot be deleted because deletion protection is "
                            "enabled",
                            arn);
    if (balancer)
        elasticloadbalancing_remove(r->cloud, balancer);
    return cloud_answer(r, &value_empty_map);
}

static bool delete_target_group(struct cloud_request *r)
{
    const char *arn = cloud_text(r, "TargetGroupArn");
    struct record *group = record_find(r->cloud, r->region, groups.kind, arn);

    if (group && elasticloadbalancing_listener_to(r->cloud, NULL, group))
        return cloud_refuse(r, 400, "ResourceInUse",
                            "Target group '%s' is currently in use by a listener or a rule", arn);
    if (group)
        record_remove(r->cloud, group);
    return cloud_answer(r, &value_empty_map);
}

/* --- the service --------------------------------------------------------------------------------
 */
static const struct cloud_operation operations[] = {
    {.name = "DescribeLoadBalancers",
     .handle = describe_load_balancers,
     .parameters = "LoadBalancerArns Names PageSize Marker"},
    {.name = "DescribeTags", .handle = describe_tags, .parameters = "!ResourceArns"},
    {.name = "DescribeListeners",
     .handle = describe_listeners,
     .parameters = "LoadBalancerArn ListenerArns PageSize Marker"},
    {.name = "DescribeTargetGroups",
     .handle = describe_target_groups,
     .parameters = "LoadBalancerArn TargetGroupArns Names PageSize Marker"},
    {.name = "DescribeTargetHealth",
     .handle = describe_target_health,
     .parameters = "!TargetGroupArn Targets Include"},
    {.name = "DescribeLoadBalancerAttributes",
     .handle = describe_attributes,
     .parameters = "!LoadBalancerArn"},
    {.name = "ModifyLoadBalancerAttributes",
     .handle = modify_attributes,
     .parameters = "!LoadBalancerArn !Attributes"},
    {.name = "DeleteLoadBalancer",
     .handle = delete_load_balancer,
     .parameters = "!LoadBalancerArn"},
    {.name = "DeleteTargetGroup", .handle = delete_target_group, .parameters = "!TargetGroupArn"},
    {.name = NULL}};
static const struct cloud_operation *const tables[] = {operations, NULL};

const struct cloud_service cloud_elasticloadbalancing = {
    .name = "elasticloadbalancing",
    .protocol = AWS_QUERY,
    .version = "2015-12-01",
    .xmlns = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    .operations = tables,
};
