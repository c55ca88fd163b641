#include "eks/security.h"

#include <string.h>

#include "aws/ec2.h"
#include "aws/tags.h"
#include "eks/cluster_tag.h"

/* Ports of Istio that other clusters call. */
static const struct port {
    int64_t number; /* -1 = all, of every protocol */
    const char *why;
} mesh_ports[] = {{15012, "istiod for other clusters"},
                  {15017, "istiod's webhook for other clusters"},
                  {15021, "health of gateways"},
                  {15443, "east-west gateway"}};
static const struct port all_ports = {-1, "pods of clusters on the same network"};

struct work {
    struct call *call;
    struct aws *aws;
    const struct security_plan *plan;
    const struct value *rules;              /* that the group has */
    const struct value *missing, *unwanted; /* permissions; rules of ours */
    const struct value *untagged;           /* ids of rules of ours that lack tags */
    const struct value *kept;               /* ids of rules that are wanted: a map of true */
    const struct value *drift;
};

static const struct value *text(const struct work *w, const char *z)
{
    return value_string(w->call->arena, z);
}

static const struct value *tags_of(const struct work *w)
{
    return cluster_tags(w->call, w->plan->tags, w->plan->cluster, "mesh-rule");
}

static void tell(struct work *w, const char *line)
{
    struct arena *a = w->call->arena;

    w->drift =
        value_append(a, w->drift, value_f(a, "security group %s: %s", w->plan->group_id, line));
}

/* --- looking -------------------------------------------------------------------------------- */

static bool is_ipv6(const char *block)
{
    return strchr(block, ':') != NULL;
}

static bool is_rule_for(const struct value *rule, const struct port *port, const char *block)
{
    const char *protocol = value_text(rule, "IpProtocol");

    if (value_flag(rule, "IsEgress") ||
        strcmp(value_text(rule, is_ipv6(block) ? "CidrIpv6" : "CidrIpv4"), block) != 0)
        return false;
    if (port->number < 0)
        return strcmp(protocol, "-1") == 0;
    return strcmp(protocol, "tcp") == 0 && value_integer_at(rule, "FromPort") == port->number &&
           value_integer_at(rule, "ToPort") == port->number;
}

static bool is_ours(const struct work *w, const struct value *rule)
{
    return cluster_tags_are_ours(tags_map(w->call->arena, value_at(rule, "Tags")),
                                 w->plan->cluster);
}

static const struct value *permission(const struct work *w, const struct port *port,
                                      const char *block)
{
    struct arena *a = w->call->arena;
    bool six = is_ipv6(block);
    const struct value *range = value_map_of(a, {six ? "CidrIpv6" : "CidrIp", text(w, block)},
                                             {"Description", value_f(a, "Istio: %s", port->why)}),
                       *all =
                           value_map_of(a, {"IpProtocol", text(w, port->number < 0 ? "-1" : "tcp")},
                                        {six ? "Ipv6Ranges" : "IpRanges", value_list_of(a, range)});

    if (port->number < 0)
        return all;
    all = value_with(a, all, "FromPort", value_integer(a, port->number));
    return value_with(a, all, "ToPort", value_integer(a, port->number));
}

static void check_tags(struct work *w, const struct value *rule)
{
    struct arena *a = w->call->arena;
    const struct value *now = tags_map(a, value_at(rule, "Tags"));

    if (is_ours(w, rule) && value_count(cluster_tags_missing(a, now, tags_of(w))))
        w->untagged = value_append(a, w->untagged, value_at(rule, "SecurityGroupRuleId"));
}

/* A rule that is missing, or one that is kept. */
static void want(struct work *w, const struct port *port, const char *block)
{
    struct arena *a = w->call->arena;

    for (size_t i = 0; i < value_count(w->rules); i++) {
        const struct value *rule = value_item(w->rules, i);

        if (!is_rule_for(rule, port, block))
            continue;
        if (!value_has(w->kept, value_text(rule, "SecurityGroupRuleId")))
            check_tags(w, rule);
        w->kept = value_with(a, w->kept, value_text(rule, "SecurityGroupRuleId"), &value_true);
        return;
    }
    w->missing = value_append(a, w->missing, permission(w, port, block));
    tell(w, port->number < 0
                ? text_f(a, "no rule for everything from %s", block)
                : text_f(a, "no rule for %lld from %s", (long long)port->number, block));
}

/* Said before in the list? A block may be there twice. */
static bool again(const struct value *blocks, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (value_equal(value_item(blocks, i), value_item(blocks, index)))
            return true;
    return false;
}

static void want_all(struct work *w)
{
    const struct value *mesh = w->plan->mesh_cidr_blocks, *flat = w->plan->flat_cidr_blocks;

    for (size_t i = 0; i < value_count(mesh); i++)
        for (size_t k = 0; k < sizeof(mesh_ports) / sizeof(*mesh_ports) && !again(mesh, i); k++)
            want(w, &mesh_ports[k], value_z(value_item(mesh, i)));
    for (size_t i = 0; i < value_count(flat); i++)
        if (!again(flat, i))
            want(w, &all_ports, value_z(value_item(flat, i)));
}

static void find_unwanted(struct work *w)
{
    struct arena *a = w->call->arena;

    for (size_t i = 0; i < value_count(w->rules); i++) {
        const struct value *rule = value_item(w->rules, i);
        const char *id = value_text(rule, "SecurityGroupRuleId");

        if (!is_ours(w, rule) || value_has(w->kept, id))
            continue;
        w->unwanted = value_append(a, w->unwanted, value_at(rule, "SecurityGroupRuleId"));
        tell(w, text_f(a, "rule %s is not wanted any more", id));
    }
}

static bool look(struct work *w)
{
    if (!ec2_list(w->call, w->aws, &ec2_describe_security_group_rules,
                  ec2_filter(w->call->arena, NULL, "group-id", w->plan->group_id), &w->rules))
        return false;
    want_all(w);
    find_unwanted(w);
    if (value_count(w->untagged))
        tell(w, "tags of its rules");
    return true;
}

static struct work work_of(struct call *c, struct aws *aws, const struct security_plan *plan)
{
    return (struct work){.call = c,
                         .aws = aws,
                         .plan = plan,
                         .missing = &value_empty_list,
                         .unwanted = &value_empty_list,
                         .untagged = &value_empty_list,
                         .kept = &value_empty_map,
                         .drift = &value_empty_list};
}

/* --- changing ----------------------------------------------------------------------------------
 */

static bool change(const struct work *w, const struct aws_operation *operation,
                   const struct value *input)
{
    const struct value *output;

    return aws_call_until(w->call, w->aws, operation, input, AWS_VISIBLE_MS, &output);
}

static bool authorize(const struct work *w, const struct value *permissions, bool *exists)
{
    const struct aws_operation *operation = &ec2_authorize_security_group_ingress;
    struct arena *a = w->call->arena;
    struct aws_reply reply;

    if (!aws_try(w->call, w->aws, operation,
                 value_map_of(a, {"GroupId", text(w, w->plan->group_id)},
                              {"IpPermissions", permissions},
                              {"TagSpecifications",
                               tags_specification(a, "security-group-rule", tags_of(w))}),
                 &reply))
        return false;
    *exists = !reply.output && aws_error_is(&reply.error, operation->exists);
    return reply.output || *exists ||
           aws_refused(w->call, w->aws, operation, w->plan->group_id, &reply.error);
}

/* All at once; a rule that another reader does not see yet fails all of them, then each goes
 * alone. */
static bool add(const struct work *w)
{
    bool exists;

    if (!value_count(w->missing))
        return true;
    if (!authorize(w, w->missing, &exists))
        return false;
    for (size_t i = 0; exists && i < value_count(w->missing); i++) {
        bool there;

        if (!authorize(w, value_list_of(w->call->arena, value_item(w->missing, i)), &there))
            return false;
    }
    return true;
}

static bool revoke(const struct work *w)
{
    return !value_count(w->unwanted) ||
           change(w, &ec2_revoke_security_group_ingress,
                  value_map_of(w->call->arena, {"GroupId", text(w, w->plan->group_id)},
                               {"SecurityGroupRuleIds", w->unwanted}));
}

static bool tag(const struct work *w)
{
    struct arena *a = w->call->arena;

    return !value_count(w->untagged) ||
           change(w, &ec2_create_tags,
                  value_map_of(a, {"Resources", w->untagged}, {"Tags", tags_list(a, tags_of(w))}));
}

bool security_converge(struct call *c, struct aws *aws, const struct security_plan *plan)
{
    struct work w = work_of(c, aws, plan);

    return look(&w) && add(&w) && revoke(&w) && tag(&w);
}

bool security_drift(struct call *c, struct aws *aws, const struct security_plan *plan,
                    const struct value **drift)
{
    struct work w = work_of(c, aws, plan);

    *drift = &value_empty_list;
    if (!look(&w))
        return false;
    *drift = w.drift;
    return true;
}

/* --- import
 * ------------------------------------------------------------------------------------- */

/* The last of the ports stands for all of them. */
static const struct value *blocks_of(const struct work *w, const struct port *port)
{
    const struct value *blocks = &value_empty_list;

    for (size_t i = 0; i < value_count(w->rules); i++) {
        const struct value *rule = value_item(w->rules, i), *block = value_at(rule, "CidrIpv4");

        block = value_is_set(block) ? block : value_at(rule, "CidrIpv6");
        if (*value_z(block) && is_ours(w, rule) && is_rule_for(rule, port, value_z(block)))
            blocks = value_append(w->call->arena, blocks, block);
    }
    return value_count(blocks) ? blocks : &value_null;
}

bool security_import(struct call *c, struct aws *aws, const char *cluster, const char *group_id,
                     const struct value **mesh_cidr_blocks, const struct value **flat_cidr_blocks)
{
    const struct security_plan plan = {.cluster = cluster,
                                       .group_id = group_id,
                                       .mesh_cidr_blocks = &value_null,
                                       .flat_cidr_blocks = &value_null,
                                       .tags = &value_null};
    struct work w = work_of(c, aws, &plan);

    if (!ec2_list(c, aws, &ec2_describe_security_group_rules,
                  ec2_filter(c->arena, NULL, "group-id", group_id), &w.rules))
        return false;
    *mesh_cidr_blocks = blocks_of(&w, &mesh_ports[sizeof(mesh_ports) / sizeof(*mesh_ports) - 1]);
    *flat_cidr_blocks = blocks_of(&w, &all_ports);
    return true;
}
