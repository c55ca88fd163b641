/* The stand-in Auto Scaling: the groups behind node groups, and what they did. */
#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/aws/cloud_eks.h"

enum { ACTIVITIES_MAX = 100, PAGE_MAX = 100 };

/* --- groups ------------------------------------------------------------------------------------
 */
static const struct value *instances_of(struct cloud_request *r, const struct record *nodegroup)
{
    struct arena *a = r->a;
    const struct record *at = NULL;
    struct value_builder b;

    value_builder_init(&b, a);
    while ((at = cloud_eks_next_instance(r->cloud, at, nodegroup))) {
        bool runs = strcmp(value_text(value_at(at->body, "instanceState"), "name"), "running") == 0;

        value_builder_add(
            &b,
            value_map_of(a, {"InstanceId", value_string(a, at->id)},
                         {"InstanceType", value_at(at->body, "instanceType")},
                         {"AvailabilityZone", value_in(at->body, "placement", "availabilityZone")},
                         {"LifecycleState", value_string(a, runs ? "InService" : "Pending")},
                         {"HealthStatus", value_string(a, "Healthy")},
                         {"ProtectedFromScaleIn", &value_false}));
    }
    return value_builder_list(&b);
}

static const struct value *view(struct cloud_request *r, const struct record *nodegroup)
{
    const struct value *size = value_at(nodegroup->body, "scalingConfig");
    const struct value *subnets = value_at(nodegroup->body, "subnets");
    const char *name = cloud_eks_scaling_group(nodegroup), *places = "";
    struct arena *a = r->a;

    for (size_t i = 0; i < value_count(subnets); i++)
        places = text_f(a, "%s%s%s", places, i ? "," : "", value_z(value_item(subnets, i)));
    return value_map_of(
        a, {"AutoScalingGroupName", value_string(a, name)},
        {"AutoScalingGroupARN",
         value_f(a, "arn:aws:autoscaling:%s:%s:autoScalingGroup:%s:autoScalingGroupName/%s",
                 r->region, r->cloud->account, name, name)},
        {"MinSize", value_at(size, "minSize")}, {"MaxSize", value_at(size, "maxSize")},
        {"DesiredCapacity", value_at(size, "desiredSize")},
        {"VPCZoneIdentifier", value_string(a, places)},
        {"Status", record_is(nodegroup, "status", "DELETING")
                       ? value_string(a, "Delete in progress")
                       : &value_null},
        {"Instances", instances_of(r, nodegroup)});
}

static bool is_asked_for(const struct value *names, const char *name)
{
    for (size_t i = 0; i < value_count(names); i++)
        if (strcmp(value_z(value_item(names, i)), name) == 0)
            return true;
    return !value_count(names);
}

/* EKS makes a group some seconds after its node group. */
static const struct record *next_group(struct cloud_request *r, const struct record *before)
{
    const struct record *at = record_next(r->cloud, before, r->region, "nodegroup");

    while (at && !value_flag(at->body, ".launched"))
        at = record_next(r->cloud, at, r->region, "nodegroup");
    return at;
}

static bool describe_groups(struct cloud_request *r)
{
    const struct value *names = cloud_items(r->a, value_at(r->parameters, "AutoScalingGroupNames"));
    const char *max = cloud_text(r, "MaxRecords"), *token = cloud_text(r, "NextToken");
    size_t most = *max ? strtoul(max, NULL, 10) : PAGE_MAX, fit = 0;
    size_t from = *token ? strtoul(token + strcspn(token, "0123456789"), NULL, 10) : 0;
    const struct record *at = NULL;
    struct value_builder b;
    const struct value *out;

    value_builder_init(&b, r->a);
    while ((at = next_group(r, at)))
        if (is_asked_for(names, cloud_eks_scaling_group(at)) && fit++ >= from && b.count < most)
            value_builder_add(&b, view(r, at));
    out = value_map_of(r->a, {"AutoScalingGroups", value_builder_list(&b)});
    if (fit > from + b.count)
        out = value_with(r->a, out, "NextToken", value_f(r->a, "page-%zu", from + b.count));
    return cloud_answer(r, out);
}

/* --- activities ---------------------------------------------------------------------------------
 */
static bool describe_activities(struct cloud_request *r)
{
    const char *name = cloud_text(r, "AutoScalingGroupName"), *max = cloud_text(r, "MaxRecords");
    size_t most = *max ? strtoul(max, NULL, 10) : ACTIVITIES_MAX;
    const struct record *at = NULL;
    struct value_builder b;
    bool found = !*name;

    value_builder_init(&b, r->a);
    while ((at = next_group(r, at))) {
        const struct value *all = value_at(at->body, ".activities");

        if (*name && strcmp(cloud_eks_scaling_group(at), name) != 0)
            continue;
        found = true;
        for (size_t i = 0; i < value_count(all) && b.count < most; i++)
            value_builder_add(&b, value_item(all, i));
    }
    if (!found)
        return cloud_refuse(r, 400, "ValidationError", "AutoScalingGroup name not found - %s",
                            name);
    return cloud_answer(r, value_map_of(r->a, {"Activities", value_builder_list(&b)}));
}

static const struct cloud_operation operations[] = {
    {.name = "DescribeAutoScalingGroups",
     .handle = describe_groups,
     .parameters = "AutoScalingGroupNames MaxRecords NextToken Filters"},
    {.name = "DescribeScalingActivities",
     .handle = describe_activities,
     .parameters = "AutoScalingGroupName ActivityIds MaxRecords NextToken IncludeDeletedGroups"},
    {.name = NULL}};
static const struct cloud_operation *const tables[] = {operations, NULL};

const struct cloud_service cloud_autoscaling = {
    .name = "autoscaling",
    .protocol = AWS_QUERY,
    .version = "2011-01-01",
    .xmlns = "http://autoscaling.amazonaws.com/doc/2011-01-01/",
    .operations = tables,
};
