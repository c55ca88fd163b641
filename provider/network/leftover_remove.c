/* Removing what tags prove to be a cluster's: load balancers with their interfaces, target
 * groups, interfaces, security groups with the rules that name them, volumes. */
#include <string.h>

#include "aws/ec2.h"
#include "aws/eks.h"
#include "aws/elasticloadbalancing.h"
#include "base/clock.h"
#include "base/log.h"
#include "network/leftover_parts.h"

enum {
    USED_MS = 5 * 60 * 1000,
    INTERFACES_MS = 10 * 60 * 1000, /* of a load balancer that was deleted */
    POLL_MS = 2 * 1000,
};

struct removal {
    struct call *call;
    struct aws *aws;
    const struct leftover_place *place;
    const struct value *living; /* cluster's name: does it exist? */
    const struct leftover *list;
    size_t count;
};

static const struct value *by_id(const struct removal *r, const char *member, const char *id)
{
    return value_map_of(r->call->arena, {member, value_string(r->call->arena, id)});
}

static bool until_free(struct removal *r, const struct aws_operation *operation, const char *member,
                       const char *id)
{
    const struct value *output;

    return aws_call_until(r->call, r->aws, operation, by_id(r, member, id), USED_MS, &output);
}

/* --- whose -------------------------------------------------------------------------------------
 */

static bool is_living(struct removal *r, const char *name, bool *living)
{
    const struct value *cluster;

    if (!value_has(r->living, name)) {
        if (!eks_describe_cluster(r->call, r->aws, name, &cluster))
            return false;
        r->living = value_with(r->call->arena, r->living, name, value_bool(cluster != NULL));
    }
    *living = value_flag(r->living, name);
    return true;
}

/* Who names a cluster knows whether it may lose what it has. */
static bool may_go(struct removal *r, const struct leftover *one, bool *may)
{
    bool living = false;

    *may = false;
    if (!*one->cluster)
        return true;
    if (!*r->place->cluster && !is_living(r, one->cluster, &living))
        return false;
    *may = !living;
    return true;
}

/* --- load balancers ----------------------------------------------------------------------------
 */

static bool lift_protection(struct removal *r, const char *arn)
{
    struct arena *a = r->call->arena;
    const struct value *output,
        *off = value_map_of(a, {"Key", value_string(a, "deletion_protection.enabled")},
                            {"Value", value_string(a, "false")});

    return aws_call(
        r->call, r->aws, &elasticloadbalancing_modify_load_balancer_attributes,
        value_with(a, by_id(r, "LoadBalancerArn", arn), "Attributes", value_list_of(a, off)),
        &output);
}

static bool delete_load_balancer(struct removal *r, const char *arn)
{
    static const char *const is_protected[] = {"OperationNotPermitted", NULL};
    const struct aws_operation *operation = &elasticloadbalancing_delete_load_balancer;
    struct aws_reply reply;

    if (!aws_try(r->call, r->aws, operation, by_id(r, "LoadBalancerArn", arn), &reply))
        return false;
    if (reply.output || aws_error_is(&reply.error, operation->gone))
        return true;
    if (!aws_error_is(&reply.error, is_protected) &&
        !aws_error_is(&reply.error, operation->pending))
        return aws_refused(r->call, r->aws, operation, arn, &reply.error);
    if (aws_error_is(&reply.error, is_protected) && !lift_protection(r, arn))
        return false;
    return until_free(r, operation, "LoadBalancerArn", arn);
}

/* Elastic Load Balancing takes them away itself, some time later. */
static bool wait_interfaces(struct removal *r, const struct leftover *one)
{
    struct arena *a = r->call->arena;
    const char *slash = strchr(one->id, '/'), *name = slash ? slash + 1 : one->id;
    int64_t until = clock_monotonic_ms() + INTERFACES_MS;
    const struct value *items;

    for (;;) {
        if (!ec2_list(r->call, r->aws, &ec2_describe_network_interfaces,
                      ec2_filter(a, NULL, "description", text_f(a, "ELB %s", name)), &items))
            return false;
        if (!value_count(items) || clock_monotonic_ms() >= until)
            return true; /* what stays will be named as what blocks */
        if (!call_wait_ms(r->call, POLL_MS, text_f(a, "the interfaces of load balancer %s", name),
                          text_f(a, "%zu are left.", value_count(items))))
            return false;
    }
}

static bool remove_load_balancer(struct removal *r, const struct leftover *one)
{
    return delete_load_balancer(r, one->id);
}

static bool remove_target_group(struct removal *r, const struct leftover *one)
{
    return until_free(r, &elasticloadbalancing_delete_target_group, "TargetGroupArn", one->id);
}

/* --- in EC2 -------------------------------------------------------------------------------------
 */

/* Those of AWS's services cannot be detached: their owner has to go. */
static bool remove_interface(struct removal *r, const struct leftover *one)
{
    struct arena *a = r->call->arena;
    const char *attachment = value_text(value_at(one->object, "Attachment"), "AttachmentId");
    const struct value *output;

    if (value_flag(one->object, "RequesterManaged"))
        return true;
    if (*attachment && (!aws_call(r->call, r->aws, &ec2_detach_network_interface,
                                  value_map_of(a, {"AttachmentId", value_string(a, attachment)},
                                               {"Force", &value_true}),
                                  &output) ||
                        !aws_wait(r->call, r->aws, &ec2_network_interface_available,
                                  value_map_of(a, {"NetworkInterfaceIds",
                                                   value_list_of(a, value_string(a, one->id))}),
                                  NULL, &output)))
        return false;
    return until_free(r, &ec2_delete_network_interface, "NetworkInterfaceId", one->id);
}

/* The rule with nothing in it but the doomed group. */
static const struct value *naming(struct arena *a, const struct value *permission, const char *id)
{
    const struct value *pairs = value_at(permission, "UserIdGroupPairs"),
                       *rule = value_map_of(a, {"IpProtocol", value_at(permission, "IpProtocol")});

    if (!value_is_null(value_at(permission, "FromPort"))) {
        rule = value_with(a, rule, "FromPort", value_at(permission, "FromPort"));
        rule = value_with(a, rule, "ToPort", value_at(permission, "ToPort"));
    }
    for (size_t i = 0; i < value_count(pairs); i++)
        if (strcmp(value_text(value_item(pairs, i), "GroupId"), id) == 0)
            return value_with(a, rule, "UserIdGroupPairs",
                              value_list_of(a, value_map_of(a, {"GroupId", value_string(a, id)})));
    return NULL;
}

static bool revoke_in(struct removal *r, const struct value *group, const char *member,
                      const struct aws_operation *operation, const char *id)
{
    const struct value *permissions = value_at(group, member), *rules = &value_empty_list, *output;
    struct arena *a = r->call->arena;

    for (size_t i = 0; i < value_count(permissions); i++) {
        const struct value *rule = naming(a, value_item(permissions, i), id);

        if (rule)
            rules = value_append(a, rules, rule);
    }
    return !value_count(rules) ||
           aws_call(r->call, r->aws, operation,
                    value_with(a, by_id(r, "GroupId", value_text(group, "GroupId")),
                               "IpPermissions", rules),
                    &output);
}

/* Rules of other groups hold a group as an interface does. */
static bool revoke_everywhere(struct removal *r, const struct leftover *one)
{
    const struct value *groups;

    if (!ec2_list(r->call, r->aws, &ec2_describe_security_groups,
                  ec2_filter(r->call->arena, NULL, "vpc-id", value_text(one->object, "VpcId")),
                  &groups))
        return false;
    for (size_t i = 0; i < value_count(groups); i++) {
        const struct value *group = value_item(groups, i);

        if (strcmp(value_text(group, "GroupId"), one->id) != 0 &&
            (!revoke_in(r, group, "IpPermissions", &ec2_revoke_security_group_ingress, one->id) ||
             !revoke_in(r, group, "IpPermissionsEgress", &ec2_revoke_security_group_egress,
                        one->id)))
            return false;
    }
    return true;
}

static bool remove_group(struct removal *r, const struct leftover *one)
{
    return revoke_everywhere(r, one) &&
           until_free(r, &ec2_delete_security_group, "GroupId", one->id);
}

static bool remove_volume(struct removal *r, const struct leftover *one)
{
    return until_free(r, &ec2_delete_volume, "VolumeId", one->id);
}

/* --- all ----------------------------------------------------------------------------------------
 */

static const struct step {
    const char *kind, *says;
    bool (*take)(struct removal *r, const struct leftover *one);
} steps[] = {{LEFTOVER_LOAD_BALANCER, "removes", remove_load_balancer},
             {LEFTOVER_LOAD_BALANCER, "waits for the interfaces of", wait_interfaces},
             {LEFTOVER_TARGET_GROUP, "removes", remove_target_group},
             {LEFTOVER_INTERFACE, "removes", remove_interface},
             {LEFTOVER_GROUP, "removes", remove_group},
             {LEFTOVER_VOLUME, "removes", remove_volume}};

static bool take(struct removal *r, const struct step *step)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct leftover *one = &r->list[i];
        bool may;

        if (strcmp(one->kind, step->kind) != 0)
            continue;
        if (!may_go(r, one, &may))
            return false;
        if (!may)
            continue;
        log_event(LOG_INFO, "eks", text_f(r->call->arena, "%s what a cluster left", step->says),
                  "kind", one->kind, "id", one->id, "cluster", one->cluster, NULL);
        if (!step->take(r, one))
            return false;
    }
    return true;
}

bool leftover_remove(struct call *c, struct aws *aws, const struct leftover_place *place)
{
    struct removal r = {.call = c, .aws = aws, .place = place, .living = &value_empty_map};
    struct leftover *list;

    if (!leftover_find(c, aws, place, &list, &r.count))
        return false;
    r.list = list;
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
        if (!take(&r, &steps[i]))
            return false;
    return true;
}
