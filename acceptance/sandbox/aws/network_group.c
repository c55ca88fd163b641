/* Security groups. Their rules are objects of their own: network_rule.c. */
#include <string.h>

#include "acceptance/sandbox/aws/network.h"

static const struct value *view(struct cloud_request *r, const struct record *group);

static const char *const filters[] = {
    "group-id", "groupId", "group-name",  "groupName",        "vpc-id", "vpcId",
    "owner-id", "ownerId", "description", "groupDescription", NULL};
const struct network_kind network_security_group = {.kind = "security-group",
                                                    .prefix = "sg",
                                                    .ids = "GroupId",
                                                    .set = "securityGroupInfo",
                                                    .id = "groupId",
                                                    .not_found = "InvalidGroup.NotFound",
                                                    .filters = filters,
                                                    .view = view};

/* --- rules as permissions ----------------------------------------------------------------- */
static bool same_ports(const struct value *permission, const struct value *rule)
{
    if (!value_equal(value_at(permission, "ipProtocol"), value_at(rule, "ipProtocol")))
        return false;
    return strcmp(value_text(rule, "ipProtocol"), "-1") == 0 ||
           (value_equal(value_at(permission, "fromPort"), value_at(rule, "fromPort")) &&
            value_equal(value_at(permission, "toPort"), value_at(rule, "toPort")));
}

static const struct value *ports(struct arena *a, const struct record *rule)
{
    return value_map_of(a, {"fromPort", value_at(rule->body, "fromPort")},
                        {"toPort", value_at(rule->body, "toPort")});
}

static const struct value *with_source(struct arena *a, const struct value *permission,
                                       const struct value *rule)
{
    static const char *const lists[][3] = {{"ipRanges", "cidrIp", "cidrIpv4"},
                                           {"ipv6Ranges", "cidrIpv6", "cidrIpv6"},
                                           {"prefixListIds", "prefixListId", "prefixListId"}};
    const struct value *group = value_at(rule, "referencedGroupInfo"),
                       *description = value_at(rule, "description");

    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
        if (value_has(rule, lists[i][2]))
            return value_with(
                a, permission, lists[i][0],
                value_append(a, value_at(permission, lists[i][0]),
                             value_map_of(a, {lists[i][1], value_at(rule, lists[i][2])},
                                          {"description", description})));
    return value_with(a, permission, "groups",
                      value_append(a, value_at(permission, "groups"),
                                   value_map_of(a, {"groupId", value_at(group, "groupId")},
                                                {"userId", value_at(group, "userId")},
                                                {"description", description})));
}

/* Rules with the same protocol and ports are one permission. */
static const struct value *permissions(struct cloud_request *r, const struct record *group,
                                       bool egress)
{
    const struct value **all, *none;
    struct record *rule = NULL;
    size_t count = 0, most = 1;

    while ((rule = record_next(r->cloud, rule, r->region, network_rule.kind)))
        most++;
    all = arena_array(r->a, most, sizeof(*all));
    while ((rule = record_next(r->cloud, rule, r->region, network_rule.kind))) {
        size_t at = 0;

        if (!record_is(rule, "groupId", group->id) || value_flag(rule->body, "isEgress") != egress)
            continue;
        while (at < count && !same_ports(all[at], rule->body))
            at++;
        none = value_map_of(r->a, {"ipProtocol", value_at(rule->body, "ipProtocol")});
        if (!record_is(rule, "ipProtocol", "-1")) /* of all protocols, EC2 tells no ports */
            none = value_merge(r->a, none, ports(r->a, rule));
        all[at] = with_source(r->a, at < count ? all[at] : none, rule->body);
        count += at == count;
    }
    return value_list(r->a, all, count);
}

static const struct value *view(struct cloud_request *r, const struct record *group)
{
    const struct value *body =
        value_with(r->a, group->body, "ipPermissions", permissions(r, group, false));

    return value_with(r->a, body, "ipPermissionsEgress", permissions(r, group, true));
}

/* --- groups --------------------------------------------------------------------------------- */
static const struct value *group_body(struct cloud_request *r, const char *vpc, const char *name,
                                      const char *description)
{
    struct arena *a = r->a;

    return value_map_of(
        a, {"ownerId", value_string(a, r->cloud->account)}, {"groupName", value_string(a, name)},
        {"groupDescription", value_string(a, description)}, {"vpcId", value_string(a, vpc)});
}

/* What AWS puts into every group: everything may leave. */
static void allow_egress(struct cloud_request *r, struct record *group)
{
    struct arena *a = r->a;
    const char *id = cloud_new_id(r->cloud, a, network_rule.prefix);
    struct record *rule = record_add(
        r->cloud, r->region, network_rule.kind, id,
        value_map_of(a, {"securityGroupRuleId", value_string(a, id)},
                     {"groupId", value_string(a, group->id)},
                     {"groupOwnerId", value_string(a, r->cloud->account)},
                     {"isEgress", &value_true}, {"ipProtocol", value_string(a, "-1")},
                     {"fromPort", value_integer(a, -1)}, {"toPort", value_integer(a, -1)},
                     {"cidrIpv4", value_string(a, "0.0.0.0/0")}));

    rule->ghost = true;
    record_set(group, "securityGroupArn",
               value_string(a, network_arn(r, "security-group", group->id)));
}

void network_add_default_group(struct cloud_request *r, const struct record *vpc)
{
    const char *id = cloud_new_id(r->cloud, r->a, network_security_group.prefix);
    const struct value *body = group_body(r, vpc->id, "default", "default VPC security group");
    struct record *group = record_add(r->cloud, r->region, network_security_group.kind, id,
                                      value_with(r->a, body, "groupId", value_string(r->a, id)));

    group->ghost = true;
    allow_egress(r, group);
}

static void add_rule(struct cloud *c, const struct record *group, bool is_egress,
                     const struct value *more)
{
    struct arena *a = arena_new();
    const char *id = cloud_new_id(c, a, network_rule.prefix);
    const struct value *body = value_map_of(
        a, {"securityGroupRuleId", value_string(a, id)}, {"groupId", value_string(a, group->id)},
        {"groupOwnerId", value_string(a, c->account)}, {"isEgress", value_bool(is_egress)},
        {"ipProtocol", value_string(a, "-1")}, {"fromPort", value_integer(a, -1)},
        {"toPort", value_integer(a, -1)});

    record_add(c, group->region, network_rule.kind, id, value_merge(a, body, more))->ghost = true;
    arena_free(a);
}

struct record *network_group_add(struct cloud *c, const char *region, const char *vpc,
                                 const char *name, const char *description,
                                 const struct value *tags)
{
    struct arena *a = arena_new();
    const char *id = cloud_new_id(c, a, network_security_group.prefix);
    struct record *group = record_add(
        c, region, network_security_group.kind, id,
        value_map_of(a, {"groupId", value_string(a, id)}, {"ownerId", value_string(a, c->account)},
                     {"groupName", value_string(a, name)},
                     {"groupDescription", value_string(a, description)},
                     {"vpcId", value_string(a, vpc)},
                     {"securityGroupArn",
                      value_f(a, "arn:aws:ec2:%s:%s:security-group/%s", region, c->account, id)}));

    group->tags = value_copy(group->arena, tags);
    add_rule(c, group, true, value_map_of(a, {"cidrIpv4", value_string(a, "0.0.0.0/0")}));
    arena_free(a);
    return group;
}

void network_group_admit(struct cloud *c, const struct record *group, const struct record *from,
                         const char *description)
{
    struct arena *a = arena_new();
    const struct value *source = value_map_of(a, {"groupId", value_string(a, from->id)},
                                              {"userId", value_string(a, c->account)});

    add_rule(c, group, false,
             value_map_of(a, {"referencedGroupInfo", source},
                          {"description", value_string(a, description)}));
    arena_free(a);
}

void network_group_forget(struct cloud *c, const struct record *group)
{
    struct record *at = record_next(c, NULL, group->region, network_rule.kind);

    while (at) {
        struct record *next = record_next(c, at, group->region, network_rule.kind);

        if (strcmp(value_text(value_at(at->body, "referencedGroupInfo"), "groupId"), group->id) ==
            0)
            record_remove(c, at);
        at = next;
    }
}

static struct record *find_named(struct cloud_request *r, const char *vpc, const char *name)
{
    struct record *group = NULL;

    while ((group = record_next(r->cloud, group, r->region, network_security_group.kind)))
        if (record_is(group, "vpcId", vpc) && record_is(group, "groupName", name))
            return group;
    return NULL;
}

static bool create_group(struct cloud_request *r)
{
    struct record *vpc = network_get(r, &network_vpc, cloud_text(r, "VpcId")), *group;
    const char *name = cloud_text(r, "GroupName");

    if (!vpc)
        return false;
    if (strncmp(name, "sg-", 3) == 0 || strlen(name) > 255)
        return cloud_refuse(r, 400, "InvalidParameterValue",
                            "Invalid security group name '%s'. Group names may not be in the "
                            "format sg-*.",
                            name);
    if (find_named(r, vpc->id, name))
        return cloud_refuse(r, 400, "InvalidGroup.Duplicate",
                            "The security group '%s' already exists for VPC '%s'", name, vpc->id);
    group = network_new(r, &network_security_group,
                        group_body(r, vpc->id, name, cloud_text(r, "GroupDescription")));
    if (!group)
        return false;
    allow_egress(r, group);
    return cloud_answer(
        r, value_map_of(r->a, {"return", &value_true}, {"groupId", value_string(r->a, group->id)}));
}

static bool describe_groups(struct cloud_request *r)
{
    return network_describe(r, &network_security_group);
}

/* --- the end ---------------------------------------------------------------------------------- */
bool network_group_is_used(struct cloud *c, const struct record *group)
{
    struct record *at = NULL;

    while ((at = record_next(c, at, group->region, network_interface.kind))) {
        const struct value *groups = value_at(at->body, "groupSet");

        for (size_t i = 0; i < value_count(groups); i++)
            if (strcmp(value_text(value_item(groups, i), "groupId"), group->id) == 0)
                return true;
    }
    while ((at = record_next(c, at, group->region, network_rule.kind)))
        if (!record_is(at, "groupId", group->id) &&
            strcmp(value_text(value_at(at->body, "referencedGroupInfo"), "groupId"), group->id) ==
                0)
            return true;
    return false;
}

void network_remove_rules(struct cloud *c, const struct record *group)
{
    struct record *rule;

    while ((rule = network_where(c, group->region, &network_rule, "groupId", group->id)))
        record_remove(c, rule);
}

static bool delete_group(struct cloud_request *r)
{
    struct record *group = network_get(r, &network_security_group, cloud_text(r, "GroupId"));

    if (!group)
        return false;
    if (record_is(group, "groupName", "default"))
        return cloud_refuse(r, 400, "CannotDelete",
                            "the specified group: \"%s\" name: \"default\" cannot be deleted by "
                            "a user",
                            group->id);
    if (network_group_is_used(r->cloud, group))
        return cloud_refuse(r, 400, "DependencyViolation", "resource %s has a dependent object",
                            group->id);
    network_remove_rules(r->cloud, group);
    record_remove(r->cloud, group);
    return cloud_answer(
        r, value_map_of(r->a, {"return", &value_true}, {"groupId", value_string(r->a, group->id)}));
}

const struct cloud_operation network_group_operations[] = {
    {.name = "CreateSecurityGroup",
     .handle = create_group,
     .parameters = "!GroupName !GroupDescription !VpcId TagSpecification"},
    {.name = "DescribeSecurityGroups",
     .handle = describe_groups,
     .parameters = "GroupId GroupName" NETWORK_PAGED},
    {.name = "DeleteSecurityGroup", .handle = delete_group, .parameters = "!GroupId"},
    {.name = NULL}};
