#include "aws/elasticloadbalancing.h"

#include <string.h>
#include <strings.h>

#include "aws/tags.h"

enum { ARNS_MAX = 20 /* of DescribeTags */ };

/* --- shapes ----------------------------------------------------------------------- */

static const struct aws_member state[] = {MEMBER("Code", AWS_STRING), MEMBER("Reason", AWS_STRING),
                                          END_MEMBERS};
static const struct aws_member zone[] = {MEMBER("ZoneName", AWS_STRING),
                                         MEMBER("SubnetId", AWS_STRING), END_MEMBERS};
static const struct aws_member load_balancer[] = {
    MEMBER("LoadBalancerArn", AWS_STRING),
    MEMBER("LoadBalancerName", AWS_STRING),
    MEMBER("DNSName", AWS_STRING),
    MEMBER("CanonicalHostedZoneId", AWS_STRING),
    MEMBER("Scheme", AWS_STRING),
    MEMBER("Type", AWS_STRING),
    MEMBER("IpAddressType", AWS_STRING),
    MEMBER("VpcId", AWS_STRING),
    MEMBER("CreatedTime", AWS_TIME),
    MEMBER("State", AWS_STRUCTURE, .members = state),
    MEMBER("AvailabilityZones", AWS_LIST, .members = zone),
    MEMBER("SecurityGroups", AWS_LIST),
    END_MEMBERS};
static const struct aws_member load_balancers_in[] = {MEMBER("LoadBalancerArns", AWS_LIST),
                                                      MEMBER("Names", AWS_LIST),
                                                      MEMBER("Marker", AWS_STRING), END_MEMBERS};
static const struct aws_member load_balancers_out[] = {
    MEMBER("LoadBalancers", AWS_LIST, .members = load_balancer), MEMBER("NextMarker", AWS_STRING),
    END_MEMBERS};
static const struct aws_member tag[] = {MEMBER("Key", AWS_STRING), MEMBER("Value", AWS_STRING),
                                        END_MEMBERS};
static const struct aws_member tags_of_one[] = {
    MEMBER("ResourceArn", AWS_STRING), MEMBER("Tags", AWS_LIST, .members = tag), END_MEMBERS};
static const struct aws_member tags_in[] = {MEMBER("ResourceArns", AWS_LIST), END_MEMBERS};
static const struct aws_member tags_out[] = {
    MEMBER("TagDescriptions", AWS_LIST, .members = tags_of_one), END_MEMBERS};

static const struct aws_member group_share[] = {MEMBER("TargetGroupArn", AWS_STRING),
                                                MEMBER("Weight", AWS_INTEGER), END_MEMBERS};
static const struct aws_member forward[] = {
    MEMBER("TargetGroups", AWS_LIST, .members = group_share), END_MEMBERS};
static const struct aws_member action[] = {
    MEMBER("Type", AWS_STRING), MEMBER("TargetGroupArn", AWS_STRING),
    MEMBER("ForwardConfig", AWS_STRUCTURE, .members = forward), END_MEMBERS};
static const struct aws_member listener[] = {MEMBER("ListenerArn", AWS_STRING),
                                             MEMBER("LoadBalancerArn", AWS_STRING),
                                             MEMBER("Port", AWS_INTEGER),
                                             MEMBER("Protocol", AWS_STRING),
                                             MEMBER("DefaultActions", AWS_LIST, .members = action),
                                             END_MEMBERS};
static const struct aws_member listeners_in[] = {MEMBER("LoadBalancerArn", AWS_STRING),
                                                 MEMBER("Marker", AWS_STRING), END_MEMBERS};
static const struct aws_member listeners_out[] = {
    MEMBER("Listeners", AWS_LIST, .members = listener), MEMBER("NextMarker", AWS_STRING),
    END_MEMBERS};

static const struct aws_member target_group[] = {MEMBER("TargetGroupArn", AWS_STRING),
                                                 MEMBER("TargetGroupName", AWS_STRING),
                                                 MEMBER("TargetType", AWS_STRING),
                                                 MEMBER("Port", AWS_INTEGER),
                                                 MEMBER("Protocol", AWS_STRING),
                                                 MEMBER("VpcId", AWS_STRING),
                                                 MEMBER("LoadBalancerArns", AWS_LIST),
                                                 MEMBER("HealthCheckPort", AWS_STRING),
                                                 MEMBER("HealthCheckProtocol", AWS_STRING),
                                                 MEMBER("HealthCheckPath", AWS_STRING),
                                                 END_MEMBERS};
static const struct aws_member target_groups_in[] = {
    MEMBER("LoadBalancerArn", AWS_STRING), MEMBER("TargetGroupArns", AWS_LIST),
    MEMBER("Names", AWS_LIST), MEMBER("Marker", AWS_STRING), END_MEMBERS};
static const struct aws_member target_groups_out[] = {
    MEMBER("TargetGroups", AWS_LIST, .members = target_group), MEMBER("NextMarker", AWS_STRING),
    END_MEMBERS};
static const struct aws_member target[] = {MEMBER("Id", AWS_STRING), MEMBER("Port", AWS_INTEGER),
                                           MEMBER("AvailabilityZone", AWS_STRING), END_MEMBERS};
static const struct aws_member health[] = {MEMBER("State", AWS_STRING),
                                           MEMBER("Reason", AWS_STRING),
                                           MEMBER("Description", AWS_STRING), END_MEMBERS};
static const struct aws_member target_health[] = {
    MEMBER("Target", AWS_STRUCTURE, .members = target), MEMBER("HealthCheckPort", AWS_STRING),
    MEMBER("TargetHealth", AWS_STRUCTURE, .members = health), END_MEMBERS};
static const struct aws_member by_target_group[] = {MEMBER("TargetGroupArn", AWS_STRING),
                                                    END_MEMBERS};
static const struct aws_member target_health_out[] = {
    MEMBER("TargetHealthDescriptions", AWS_LIST, .members = target_health), END_MEMBERS};

static const struct aws_member by_load_balancer[] = {MEMBER("LoadBalancerArn", AWS_STRING),
                                                     END_MEMBERS};
static const struct aws_member attributes[] = {MEMBER("Attributes", AWS_LIST, .members = tag),
                                               END_MEMBERS};
static const struct aws_member modify_in[] = {MEMBER("LoadBalancerArn", AWS_STRING),
                                              MEMBER("Attributes", AWS_LIST, .members = tag),
                                              END_MEMBERS};

/* --- operations -------------------------------------------------------------------- */

static const char *const gone[] = {"LoadBalancerNotFound", "TargetGroupNotFound",
                                   "ListenerNotFound", NULL};
/* Another operation runs on it, or something still leads to it. */
static const char *const used[] = {"ResourceInUse", NULL};

#define ELB(operation_name, ...)                                                                   \
    {                                                                                              \
        .name = (operation_name), .service = &aws_elasticloadbalancing, .gone = gone,              \
        .flags = AWS_READS, __VA_ARGS__                                                            \
    }
#define PAGES(list) .page_in = "Marker", .page_out = "NextMarker", .items = (list)

const struct aws_operation elasticloadbalancing_describe_load_balancers =
    ELB("DescribeLoadBalancers", .input = load_balancers_in, .output = load_balancers_out,
        PAGES("LoadBalancers"));
const struct aws_operation elasticloadbalancing_describe_tags =
    ELB("DescribeTags", .input = tags_in, .output = tags_out, .items = "TagDescriptions");
const struct aws_operation elasticloadbalancing_describe_listeners =
    ELB("DescribeListeners", .input = listeners_in, .output = listeners_out, PAGES("Listeners"));
const struct aws_operation elasticloadbalancing_describe_target_groups =
    ELB("DescribeTargetGroups", .input = target_groups_in, .output = target_groups_out,
        PAGES("TargetGroups"));
const struct aws_operation elasticloadbalancing_describe_target_health_row =
    ELB("DescribeTargetHealth", .input = by_target_group, .output = target_health_out,
        .items = "TargetHealthDescriptions");
const struct aws_operation elasticloadbalancing_describe_load_balancer_attributes =
    ELB("DescribeLoadBalancerAttributes", .input = by_load_balancer, .output = attributes,
        .items = "Attributes");
const struct aws_operation elasticloadbalancing_modify_load_balancer_attributes =
    ELB("ModifyLoadBalancerAttributes", .input = modify_in, .output = attributes);
const struct aws_operation elasticloadbalancing_delete_load_balancer =
    ELB("DeleteLoadBalancer", .input = by_load_balancer, .pending = used);
const struct aws_operation elasticloadbalancing_delete_target_group =
    ELB("DeleteTargetGroup", .input = by_target_group, .pending = used);

/* --- waiting ------------------------------------------------------------------------ */

static const char *const state_path[] = {"LoadBalancers", "State", "Code", NULL};
static const char *const active[] = {"active", "active_impaired", NULL};
static const char *const failed[] = {"failed", NULL};

const struct aws_wait elasticloadbalancing_load_balancer_active = {
    .what = "load balancer to become active",
    .operation = &elasticloadbalancing_describe_load_balancers,
    .path = state_path,
    .done = active,
    .failed = failed,
    .may_be_missing = true,
    .poll_ms_min = 500,
    .poll_ms_max = 15000,
};
const struct aws_wait elasticloadbalancing_load_balancer_deleted = {
    .what = "load balancer to disappear",
    .operation = &elasticloadbalancing_describe_load_balancers,
    .path = state_path,
    .until_gone = true,
    .poll_ms_min = 500,
    .poll_ms_max = 10000,
};

const char *elasticloadbalancing_explain(struct arena *a, const struct value *output)
{
    const struct value *one = value_item(value_at(output, "LoadBalancers"), 0);

    (void)a;
    return value_text(value_at(one, "State"), "Reason");
}

/* --- looking ------------------------------------------------------------------------ */

static const struct value *list_of_one(struct arena *a, const char *z)
{
    return value_list_of(a, value_string(a, z));
}

bool elasticloadbalancing_describe_load_balancer(struct call *c, struct aws *session,
                                                 const char *arn, const struct value **out)
{
    const struct value *items;

    if (!aws_list(c, session, &elasticloadbalancing_describe_load_balancers,
                  value_map_of(c->arena, {"LoadBalancerArns", list_of_one(c->arena, arn)}), &items))
        return false;
    *out = value_count(items) ? value_item(items, 0) : NULL;
    return true;
}

static const struct value *with_hostname(const struct value *items, const char *hostname)
{
    for (size_t i = 0; i < value_count(items); i++)
        if (strcasecmp(value_text(value_item(items, i), "DNSName"), hostname) == 0)
            return value_item(items, i);
    return NULL;
}

/* "name-id.elb.region…": there is no way to ask by DNS name, but this gives the name.
 * "" when the host name is of another form. */
static const char *name_of(struct arena *a, const char *hostname)
{
    struct text label = {hostname, strcspn(hostname, ".")};

    while (label.len && label.at[label.len - 1] != '-')
        label.len--;
    if (label.len < 2)
        return "";
    label.len--;
    if (strncmp(label.at, "internal-", 9) == 0) /* of an application load balancer */
        label = (struct text){label.at + 9, label.len - 9};
    return text_z(a, label);
}

bool elasticloadbalancing_find_by_hostname(struct call *c, struct aws *session,
                                           const char *hostname, const struct value **out)
{
    static const char dual_stack[] = "dualstack.";
    const struct value *items;
    const char *name;

    if (strncasecmp(hostname, dual_stack, sizeof(dual_stack) - 1) == 0)
        hostname += sizeof(dual_stack) - 1;
    name = name_of(c->arena, hostname);
    *out = NULL;
    if (*name) {
        if (!aws_list(c, session, &elasticloadbalancing_describe_load_balancers,
                      value_map_of(c->arena, {"Names", list_of_one(c->arena, name)}), &items))
            return false;
        *out = with_hostname(items, hostname);
    }
    if (*out)
        return true;
    if (!aws_list(c, session, &elasticloadbalancing_describe_load_balancers, &value_empty_map,
                  &items))
        return false;
    *out = with_hostname(items, hostname);
    return true;
}

static const struct value *tags_of(struct arena *a, const struct value *described, const char *arn)
{
    for (size_t i = 0; i < value_count(described); i++)
        if (strcmp(value_text(value_item(described, i), "ResourceArn"), arn) == 0)
            return tags_map(a, value_at(value_item(described, i), "Tags"));
    return &value_empty_map;
}

/* One that is gone in between fails the whole call: then its page is asked one by one. */
static bool describe_tags(struct call *c, struct aws *session, const struct value *items,
                          const char *arn_member, struct value_builder *maps, size_t count)
{
    const struct value *arns = &value_empty_list, *described;
    size_t from = maps->count;

    for (size_t i = from; i < from + count; i++)
        arns = value_append(c->arena, arns, value_at(value_item(items, i), arn_member));
    if (!aws_list(c, session, &elasticloadbalancing_describe_tags,
                  value_map_of(c->arena, {"ResourceArns", arns}), &described))
        return false;
    if (!value_count(described) && count > 1) {
        for (size_t i = 0; i < count; i++)
            if (!describe_tags(c, session, items, arn_member, maps, 1))
                return false;
        return true;
    }
    for (size_t i = 0; i < count; i++)
        value_builder_add(maps, tags_of(c->arena, described, value_z(value_item(arns, i))));
    return true;
}

bool elasticloadbalancing_list_tags(struct call *c, struct aws *session, const struct value *items,
                                    const char *arn_member, const struct value **maps)
{
    size_t count = value_count(items);
    struct value_builder all;

    value_builder_init(&all, c->arena);
    while (all.count < count)
        if (!describe_tags(c, session, items, arn_member, &all,
                           count - all.count < ARNS_MAX ? count - all.count : ARNS_MAX))
            return false;
    *maps = value_builder_list(&all);
    return true;
}

static bool carries(const struct value *tags, const struct value *wanted)
{
    for (size_t i = 0; i < value_count(wanted); i++)
        if (!value_equal(value_at(tags, wanted->map.entries[i].key), wanted->map.entries[i].value))
            return false;
    return true;
}

bool elasticloadbalancing_with_tags(struct call *c, struct aws *session, const struct value *items,
                                    const char *arn_member, const struct value *tags,
                                    const struct value **found)
{
    const struct value *maps;
    struct value_builder all;

    if (!elasticloadbalancing_list_tags(c, session, items, arn_member, &maps))
        return false;
    value_builder_init(&all, c->arena);
    for (size_t i = 0; i < value_count(items); i++)
        if (carries(value_item(maps, i), tags))
            value_builder_add(&all, value_item(items, i));
    *found = value_builder_list(&all);
    return true;
}

static bool gets_none(const struct value *share)
{
    return value_is_set(value_at(share, "Weight")) && value_integer_at(share, "Weight") == 0;
}

const struct value *elasticloadbalancing_listener_target_groups(struct arena *a,
                                                                const struct value *of_listener)
{
    const struct value *actions = value_at(of_listener, "DefaultActions"),
                       *arns = &value_empty_list;

    for (size_t i = 0; i < value_count(actions); i++) {
        const struct value *one = value_item(actions, i),
                           *groups = value_in(one, "ForwardConfig", "TargetGroups");

        if (!value_count(groups) && *value_text(one, "TargetGroupArn"))
            arns = value_append(a, arns, value_at(one, "TargetGroupArn"));
        for (size_t k = 0; k < value_count(groups); k++)
            if (!gets_none(value_item(groups, k)))
                arns = value_append(a, arns, value_at(value_item(groups, k), "TargetGroupArn"));
    }
    return arns;
}

bool elasticloadbalancing_target_groups_of(struct call *c, struct aws *session,
                                           const char *load_balancer_arn, int64_t port,
                                           const struct value **arns)
{
    const struct value *listeners;

    *arns = &value_empty_list;
    if (!aws_list(
            c, session, &elasticloadbalancing_describe_listeners,
            value_map_of(c->arena, {"LoadBalancerArn", value_string(c->arena, load_balancer_arn)}),
            &listeners))
        return false;
    for (size_t i = 0; i < value_count(listeners); i++)
        if (value_integer_at(value_item(listeners, i), "Port") == port)
            *arns = elasticloadbalancing_listener_target_groups(c->arena, value_item(listeners, i));
    return true;
}

bool elasticloadbalancing_describe_target_health(struct call *c, struct aws *session,
                                                 const char *target_group_arn,
                                                 const struct value **targets)
{
    return aws_list(
        c, session, &elasticloadbalancing_describe_target_health_row,
        value_map_of(c->arena, {"TargetGroupArn", value_string(c->arena, target_group_arn)}),
        targets);
}
