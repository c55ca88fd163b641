/* The rules of security groups, each with an id. */
#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/aws/network.h"

enum { RULES_MAX = 60 }; /* of one direction of a group */

static const char *const filters[] = {"group-id", "groupId", "security-group-rule-id",
                                      "securityGroupRuleId", NULL};
const struct network_kind network_rule = {.kind = "security-group-rule",
                                          .prefix = "sgr",
                                          .ids = "SecurityGroupRuleId",
                                          .set = "securityGroupRuleSet",
                                          .id = "securityGroupRuleId",
                                          .not_found = "InvalidSecurityGroupRuleId.NotFound",
                                          .filters = filters};

/* What makes two rules of a group the same. */
static const char *const identity[] = {
    "isEgress",     "ipProtocol",          "fromPort", "toPort", "cidrIpv4", "cidrIpv6",
    "prefixListId", "referencedGroupInfo", NULL};

static bool is_same(const struct value *one, const struct value *other)
{
    for (const char *const *member = identity; *member; member++)
        if (!value_equal(value_at(one, *member), value_at(other, *member)))
            return false;
    return true;
}

/* --- permissions to rules ----------------------------------------------------------------- */
static const struct value *port(struct arena *a, const struct value *v, const char *name,
                                const char *protocol)
{
    const char *text = value_text(v, name);

    return value_integer(a, strcmp(protocol, "-1") == 0 || !*text ? -1 : strtoll(text, NULL, 10));
}

static const struct value *terms(struct cloud_request *r, const struct value *of,
                                 const char *protocol, const struct value *source)
{
    const char *description = value_text(source, "Description");

    return value_map_of(
        r->a, {"ipProtocol", value_string(r->a, protocol)},
        {"fromPort", port(r->a, of, "FromPort", protocol)},
        {"toPort", port(r->a, of, "ToPort", protocol)},
        {"description", *description ? value_string(r->a, description) : &value_null});
}

static const char *protocol_of(const struct value *v)
{
    static const char *const numbers[][2] = {
        {"6", "tcp"}, {"17", "udp"}, {"1", "icmp"}, {"all", "-1"}};
    const char *text = value_text(v, "IpProtocol");

    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        if (strcmp(numbers[i][0], text) == 0)
            return numbers[i][1];
    return text;
}

static const struct value *referenced(struct cloud_request *r, const char *group)
{
    return value_map_of(r->a, {"groupId", value_string(r->a, group)},
                        {"userId", value_string(r->a, r->cloud->account)});
}

/* Adds the rules of one permission; false = refused. */
static bool add_rules(struct cloud_request *r, const struct value *permission, bool egress,
                      struct value_builder *out)
{
    static const char *const lists[][3] = {{"IpRanges", "CidrIp", "cidrIpv4"},
                                           {"Ipv6Ranges", "CidrIpv6", "cidrIpv6"},
                                           {"PrefixListIds", "PrefixListId", "prefixListId"},
                                           {"Groups", "GroupId", "referencedGroupInfo"}};
    const char *protocol = protocol_of(permission);
    struct network_block block;

    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
        const struct value *sources = cloud_items(r->a, value_at(permission, lists[i][0]));

        for (size_t k = 0; k < value_count(sources); k++) {
            const struct value *source = value_item(sources, k), *rule;
            const char *text = value_text(source, lists[i][1]);

            if (i == 0 && !network_block_read(text, &block))
                return cloud_refuse(r, 400, "InvalidParameterValue", "CIDR block %s is malformed",
                                    text);
            if (i == 3 && !network_get(r, &network_security_group, text))
                return false;
            rule = value_with(r->a, terms(r, permission, protocol, source), lists[i][2],
                              i == 3 ? referenced(r, text) : value_string(r->a, text));
            value_builder_add(out, value_with(r->a, rule, "isEgress", value_bool(egress)));
        }
    }
    return true;
}

static bool rules_wanted(struct cloud_request *r, bool egress, const struct value **out)
{
    const struct value *permissions = cloud_items(r->a, value_at(r->parameters, "IpPermissions"));
    struct value_builder b;

    value_builder_init(&b, r->a);
    for (size_t i = 0; i < value_count(permissions); i++)
        if (!add_rules(r, value_item(permissions, i), egress, &b))
            return false;
    *out = value_builder_list(&b);
    return true;
}

static struct record *find_rule(struct cloud_request *r, const char *group,
                                const struct value *like)
{
    struct record *rule = NULL;

    while ((rule = record_next(r->cloud, rule, r->region, network_rule.kind)))
        if (record_is(rule, "groupId", group) && is_same(rule->body, like))
            return rule;
    return NULL;
}

static size_t rule_count(struct cloud_request *r, const char *group, bool egress)
{
    struct record *rule = NULL;
    size_t count = 0;

    while ((rule = record_next(r->cloud, rule, r->region, network_rule.kind)))
        count += record_is(rule, "groupId", group) && value_flag(rule->body, "isEgress") == egress;
    return count;
}

/* --- authorizing --------------------------------------------------------------------------- */
/* One rule that is there already fails the whole call. */
static bool all_new(struct cloud_request *r, const char *group, const struct value *rules,
                    bool egress)
{
    for (size_t i = 0; i < value_count(rules); i++) {
        bool again = find_rule(r, group, value_item(rules, i));

        for (size_t k = 0; k < i; k++)
            again |= is_same(value_item(rules, k), value_item(rules, i));
        if (again)
            return cloud_refuse(r, 400, "InvalidPermission.Duplicate",
                                "the specified rule already exists in %s", group);
    }
    if (value_count(rules) == 0)
        return cloud_refuse(r, 400, "MissingParameter",
                            "The request must contain the parameter ipPermissions");
    if (rule_count(r, group, egress) + value_count(rules) > RULES_MAX)
        return cloud_refuse(r, 400, "RulesPerSecurityGroupLimitExceeded",
                            "The maximum number of rules per security group has been reached.");
    return true;
}

static bool authorize(struct cloud_request *r, bool egress)
{
    struct record *group = network_get(r, &network_security_group, cloud_text(r, "GroupId"));
    const struct value *rules;
    struct value_builder made;

    if (!group || !rules_wanted(r, egress, &rules) || !all_new(r, group->id, rules, egress))
        return false;
    value_builder_init(&made, r->a);
    for (size_t i = 0; i < value_count(rules); i++) {
        const struct value *body =
            value_merge(r->a,
                        value_map_of(r->a, {"groupId", value_string(r->a, group->id)},
                                     {"groupOwnerId", value_string(r->a, r->cloud->account)}),
                        value_item(rules, i));
        struct record *rule = network_new(r, &network_rule, body);

        if (!rule)
            return false;
        value_builder_add(&made, network_view(r, &network_rule, rule));
    }
    return cloud_answer(r, value_map_of(r->a, {"return", &value_true},
                                        {"securityGroupRuleSet", value_builder_list(&made)}));
}

static bool authorize_ingress(struct cloud_request *r)
{
    return authorize(r, false);
}

static bool authorize_egress(struct cloud_request *r)
{
    return authorize(r, true);
}

/* --- revoking ------------------------------------------------------------------------------- */
static bool revoke(struct cloud_request *r, bool egress)
{
    struct record *group = network_get(r, &network_security_group, cloud_text(r, "GroupId")), *rule;
    const struct value *ids = cloud_items(r->a, value_at(r->parameters, "SecurityGroupRuleId"));
    const struct value *rules;

    if (!group || !rules_wanted(r, egress, &rules))
        return false;
    for (size_t i = 0; i < value_count(ids); i++)
        if (!network_get(r, &network_rule, value_z(value_item(ids, i))))
            return false;
    for (size_t i = 0; i < value_count(rules); i++)
        if (!find_rule(r, group->id, value_item(rules, i)))
            return cloud_refuse(r, 400, "InvalidPermission.NotFound",
                                "The specified rule does not exist in this security group.");
    for (size_t i = 0; i < value_count(ids); i++) {
        rule = record_find(r->cloud, r->region, network_rule.kind, value_z(value_item(ids, i)));
        if (rule && record_is(rule, "groupId", group->id))
            record_remove(r->cloud, rule);
    }
    for (size_t i = 0; i < value_count(rules); i++) {
        rule = find_rule(r, group->id, value_item(rules, i));
        if (rule)
            record_remove(r->cloud, rule);
    }
    return network_done(r);
}

static bool revoke_ingress(struct cloud_request *r)
{
    return revoke(r, false);
}

static bool revoke_egress(struct cloud_request *r)
{
    return revoke(r, true);
}

/* --- looking and changing --------------------------------------------------------------------- */
static bool describe_rules(struct cloud_request *r)
{
    return network_describe(r, &network_rule);
}

static bool modify_one(struct cloud_request *r, const struct value *update)
{
    static const char *const sources[][2] = {
        {"CidrIpv4", "cidrIpv4"}, {"CidrIpv6", "cidrIpv6"}, {"PrefixListId", "prefixListId"}};
    struct record *rule = network_get(r, &network_rule, value_text(update, "SecurityGroupRuleId"));
    const struct value *wanted = value_at(update, "SecurityGroupRule"), *body;
    const char *group = value_text(wanted, "ReferencedGroupId");

    if (!rule)
        return false;
    body = terms(r, wanted, protocol_of(wanted), wanted);
    for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++)
        if (value_has(wanted, sources[i][0]))
            body = value_with(r->a, body, sources[i][1], value_at(wanted, sources[i][0]));
    if (*group)
        body = value_with(r->a, body, "referencedGroupInfo", referenced(r, group));
    for (const char *const *member = identity; *member; member++)
        if (strcmp(*member, "isEgress") != 0)
            record_set(rule, *member, value_has(body, *member) ? value_at(body, *member) : NULL);
    record_set(rule, "description", value_at(body, "description"));
    return true;
}

static bool modify_rules(struct cloud_request *r)
{
    const struct value *updates = cloud_items(r->a, value_at(r->parameters, "SecurityGroupRule"));

    if (!network_get(r, &network_security_group, cloud_text(r, "GroupId")))
        return false;
    for (size_t i = 0; i < value_count(updates); i++)
        if (!modify_one(r, value_item(updates, i)))
            return false;
    return network_done(r);
}

#define REVOKE "!GroupId SecurityGroupRuleId IpPermissions"
const struct cloud_operation network_rule_operations[] = {
    {.name = "AuthorizeSecurityGroupIngress",
     .handle = authorize_ingress,
     .parameters = "!GroupId IpPermissions TagSpecification"},
    {.name = "AuthorizeSecurityGroupEgress",
     .handle = authorize_egress,
     .parameters = "!GroupId IpPermissions TagSpecification"},
    {.name = "RevokeSecurityGroupIngress", .handle = revoke_ingress, .parameters = REVOKE},
    {.name = "RevokeSecurityGroupEgress", .handle = revoke_egress, .parameters = REVOKE},
    {.name = "DescribeSecurityGroupRules",
     .handle = describe_rules,
     .parameters = "SecurityGroupRuleId" NETWORK_PAGED},
    {.name = "ModifySecurityGroupRules",
     .handle = modify_rules,
     .parameters = "!GroupId !SecurityGroupRule"},
    {.name = NULL}};
