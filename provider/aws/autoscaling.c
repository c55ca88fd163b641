#include "aws/autoscaling.h"

enum { ACTIVITIES_MAX = 20 };

/* --- shapes ----------------------------------------------------------------------- */

static const struct aws_member instance[] = {
    MEMBER("InstanceId", AWS_STRING), MEMBER("AvailabilityZone", AWS_STRING),
    MEMBER("LifecycleState", AWS_STRING), MEMBER("HealthStatus", AWS_STRING), END_MEMBERS};
static const struct aws_member group[] = {MEMBER("AutoScalingGroupName", AWS_STRING),
                                          MEMBER("AutoScalingGroupARN", AWS_STRING),
                                          MEMBER("MinSize", AWS_INTEGER),
                                          MEMBER("MaxSize", AWS_INTEGER),
                                          MEMBER("DesiredCapacity", AWS_INTEGER),
                                          MEMBER("VPCZoneIdentifier", AWS_STRING),
                                          MEMBER("Status", AWS_STRING),
                                          MEMBER("Instances", AWS_LIST, .members = instance),
                                          END_MEMBERS};
static const struct aws_member groups_in[] = {MEMBER("AutoScalingGroupNames", AWS_LIST),
                                              MEMBER("NextToken", AWS_STRING), END_MEMBERS};
static const struct aws_member groups_out[] = {
    MEMBER("AutoScalingGroups", AWS_LIST, .members = group), MEMBER("NextToken", AWS_STRING),
    END_MEMBERS};
static const struct aws_member activity[] = {MEMBER("ActivityId", AWS_STRING),
                                             MEMBER("Description", AWS_STRING),
                                             MEMBER("Cause", AWS_STRING),
                                             MEMBER("StatusCode", AWS_STRING),
                                             MEMBER("StatusMessage", AWS_STRING),
                                             MEMBER("StartTime", AWS_TIME),
                                             END_MEMBERS};
static const struct aws_member activities_in[] = {MEMBER("AutoScalingGroupName", AWS_STRING),
                                                  MEMBER("MaxRecords", AWS_INTEGER),
                                                  MEMBER("NextToken", AWS_STRING), END_MEMBERS};
static const struct aws_member activities_out[] = {
    MEMBER("Activities", AWS_LIST, .members = activity), MEMBER("NextToken", AWS_STRING),
    END_MEMBERS};

/* --- operations -------------------------------------------------------------------- */

/* All that it says of a group that is not there. */
static const char *const gone[] = {"ValidationError", NULL};

const struct aws_operation autoscaling_describe_auto_scaling_groups = {
    .name = "DescribeAutoScalingGroups",
    .service = &aws_autoscaling,
    .input = groups_in,
    .output = groups_out,
    .page_in = "NextToken",
    .page_out = "NextToken",
    .items = "AutoScalingGroups",
    .flags = AWS_READS,
};
const struct aws_operation autoscaling_describe_scaling_activities_row = {
    .name = "DescribeScalingActivities",
    .service = &aws_autoscaling,
    .input = activities_in,
    .output = activities_out,
    .gone = gone,
    .page_in = "NextToken",
    .page_out = "NextToken",
    .items = "Activities",
    .flags = AWS_READS,
};

/* --- looking ------------------------------------------------------------------------ */

bool autoscaling_describe_auto_scaling_group(struct call *c, struct aws *session, const char *name,
                                             const struct value **out)
{
    struct arena *a = c->arena;
    const struct value *groups;

    if (!aws_list(
            c, session, &autoscaling_describe_auto_scaling_groups,
            value_map_of(a, {"AutoScalingGroupNames", value_list_of(a, value_string(a, name))}),
            &groups))
        return false;
    *out = value_count(groups) ? value_item(groups, 0) : NULL;
    return true;
}

bool autoscaling_describe_scaling_activities(struct call *c, struct aws *session,
                                             const char *group_name,
                                             const struct value **activities)
{
    struct arena *a = c->arena;
    const struct value *output;

    if (!aws_call(c, session, &autoscaling_describe_scaling_activities_row,
                  value_map_of(a, {"AutoScalingGroupName", value_string(a, group_name)},
                               {"MaxRecords", value_integer(a, ACTIVITIES_MAX)}),
                  &output))
        return false;
    *activities = output ? value_at(output, "Activities") : &value_empty_list;
    return true;
}
