/* The group behind a node group, and its latest troubles. */
#include "aws/autoscaling.h"

#include "aws/test_stage.h"

#define RESULT(operation, body)                                                                    \
    ANSWER("200 OK", "<R><" operation "Result>" body "</" operation "Result></R>")

TEST(a_group_and_its_activities_are_found_by_name)
{
    const char *const answers[] = {
        RESULT("DescribeAutoScalingGroups", "<AutoScalingGroups><member><DesiredCapacity>2"
                                            "</DesiredCapacity></member></AutoScalingGroups>"),
        RESULT("DescribeAutoScalingGroups", "<AutoScalingGroups/>"),
        RESULT("DescribeScalingActivities", "<Activities><member><StatusCode>Failed</StatusCode>"
                                            "</member></Activities><NextToken>more</NextToken>"),
        ANSWER("400 Bad Request",
               "<ErrorResponse><Error><Code>ValidationError</Code></Error></ErrorResponse>"),
        NULL};
    struct stage *s = stage_with_keys(a, answers);
    struct call *c = &s->f->call;
    const struct value *out;

    assert_true(autoscaling_describe_auto_scaling_group(c, s->aws, "g", &out));
    assert_int_equal(value_integer_at(out, "DesiredCapacity"), 2);
    assert_true(saw(s, 0, "AutoScalingGroupNames.member.1=g"));
    assert_true(autoscaling_describe_auto_scaling_group(c, s->aws, "g", &out));
    assert_null(out);
    assert_true(autoscaling_describe_scaling_activities(c, s->aws, "g", &out));
    assert_int_equal(value_count(out), 1); /* the newest page is enough */
    assert_true(saw(s, 2, "AutoScalingGroupName=g&MaxRecords=20"));
    assert_true(autoscaling_describe_scaling_activities(c, s->aws, "g", &out));
    assert_int_equal(value_count(out), 0);
}
