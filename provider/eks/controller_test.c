/* The policy of the load balancer controller, as IAM reads it. */
#include "eks/controller.h"

#include <string.h>

#include "base/test.h"
#include "codec/json.h"

enum { INLINE_BYTES_MAX = 10240 /* IAM's quota for all inline policies of a role */ };

static const struct value *statement(const struct value *policy, const char *name)
{
    const struct value *list = value_at(policy, "Statement");

    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_text(value_item(list, i), "Sid"), name) == 0)
            return value_item(list, i);
    fail_msg("no statement %s", name);
    return NULL;
}

static const struct value *policy_of(struct arena *a, const char *partition)
{
    const char *text = controller_policy(a, partition, "east");
    const struct value *policy;

    assert_true(strlen(text) <= INLINE_BYTES_MAX);
    assert_null(json_try(a, text_of(text), &policy));
    return policy;
}

TEST(what_is_made_and_changed_carries_the_clusters_tag)
{
    static const char *const own[] = {"TagOwnGroups", "DeleteOwnGroups", "TagOwn", "ChangeOwn"};
    static const char *const made[] = {"TagNewGroups", "Make", "TagNew"};
    const struct value *policy = policy_of(a, "aws");

    for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
        assert_string_equal(value_z(value_in(statement(policy, own[i]), "Condition", "StringEquals",
                                             "aws:ResourceTag/elbv2.k8s.aws/cluster")),
                            "east");
    for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++)
        assert_string_equal(
            value_z(value_in(statement(policy, made[i]), "Condition", "StringEquals",
                             "aws:RequestTag/elbv2.k8s.aws/cluster")),
            "east");
}

TEST(arns_are_of_the_partition)
{
    const struct value *policy = policy_of(a, "aws-cn");

    assert_string_equal(json_write(a, value_at(statement(policy, "Targets"), "Resource")).at,
                        "[\"arn:aws-cn:elasticloadbalancing:*:*:targetgroup/*/*\"]");
    assert_string_equal(json_write(a, value_at(statement(policy, "TagNewGroups"), "Resource")).at,
                        "[\"arn:aws-cn:ec2:*:*:security-group/*\"]");
    assert_null(strstr(json_write(a, policy).at, "arn:aws:"));
}

TEST(each_action_has_a_service)
{
    const struct value *list = value_at(policy_of(a, "aws"), "Statement");

    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *actions = value_at(value_item(list, i), "Action");

        assert_true(value_count(actions) > 0);
        for (size_t k = 0; k < value_count(actions); k++) {
            const char *action = value_z(value_item(actions, k));

            if (strcspn(action, ":") < 3 || strchr(action, ' ') || !strchr(action, ':'))
                fail_msg("\"%s\"", action);
        }
    }
}
