/* Rules of a cluster's security group against a stand-in EC2. */
#include "eks/security.h"

#include "eks/test_cluster.h"

static const struct cloud_options quick = {.speed = 0};

static struct security_plan plan_of(struct place *p, const char *mesh, const char *flat)
{
    return (struct security_plan){.cluster = "east",
                                  .group_id = p->group_id,
                                  .mesh_cidr_blocks = json_of(p->t->a, mesh),
                                  .flat_cidr_blocks = json_of(p->t->a, flat),
                                  .tags = json_of(p->t->a, "{'team': 'mesh'}")};
}

static bool converge(struct place *p, const char *mesh, const char *flat)
{
    const struct security_plan plan = plan_of(p, mesh, flat);

    return security_converge(fresh(p), p->t->aws, &plan);
}

static const char *drift(struct place *p, const char *mesh, const char *flat)
{
    const struct security_plan plan = plan_of(p, mesh, flat);
    const struct value *list;

    assert_fine(p, security_drift(fresh(p), p->t->aws, &plan, &list));
    return lines_of(p->t->a, list);
}

static const struct value *rules(struct place *p)
{
    const struct value *list;

    assert_fine(p, ec2_list(fresh(p), p->t->aws, &ec2_describe_security_group_rules,
                            ec2_filter(p->t->a, NULL, "group-id", p->group_id), &list));
    return list;
}

#define WEST "['10.2.0.0/16']"

TEST(rules_come_and_go)
{
    struct place *p = place_new(a, &quick, "1.33");
    size_t before = value_count(rules(p));

    asked(p);
    assert_string_equal(drift(p, WEST, "['10.3.0.0/16']"),
                        text_f(a,
                               "security group %s: no rule for 15012 from 10.2.0.0/16\n"
                               "security group %s: no rule for 15017 from 10.2.0.0/16\n"
                               "security group %s: no rule for 15021 from 10.2.0.0/16\n"
                               "security group %s: no rule for 15443 from 10.2.0.0/16\n"
                               "security group %s: no rule for everything from 10.3.0.0/16\n",
                               p->group_id, p->group_id, p->group_id, p->group_id, p->group_id));
    assert_fine(p, converge(p, WEST, "['10.3.0.0/16', '10.3.0.0/16']"));
    assert_string_equal(changes(p), "AuthorizeSecurityGroupIngress 200\n");
    assert_int_equal(value_count(rules(p)), before + 5);
    asked(p);
    assert_string_equal(drift(p, WEST, "['10.3.0.0/16']"), "");
    assert_string_equal(asked(p), "POST ec2.eu-west-1/DescribeSecurityGroupRules 200\n");
    assert_fine(p, converge(p, "['10.4.0.0/16', 'fd00::/8']", "[]"));
    assert_string_equal(changes(p), "AuthorizeSecurityGroupIngress 200\n"
                                    "RevokeSecurityGroupIngress 200\n");
    assert_int_equal(value_count(rules(p)), before + 8);
    assert_string_equal(drift(p, "['10.4.0.0/16', 'fd00::/8']", "[]"), "");
    assert_fine(p, converge(p, "[]", "[]"));
    assert_int_equal(value_count(rules(p)), before);
}

/* A rule of somebody else's that says the same is neither doubled, nor tagged, nor removed. */
TEST(foreign_rules_stay)
{
    struct place *p = place_new(a, &quick, "1.33");
    size_t before = value_count(rules(p));

    done(p->t, &ec2_authorize_security_group_ingress,
         text_f(a,
                "{'GroupId': '%s', 'IpPermissions': [{'IpProtocol': 'tcp', 'FromPort': 15012, "
                "'ToPort': 15012, 'IpRanges': [{'CidrIp': '10.2.0.0/16'}]}]}",
                p->group_id));
    assert_fine(p, converge(p, WEST, "[]"));
    assert_int_equal(value_count(rules(p)), before + 4);
    assert_fine(p, converge(p, "[]", "[]"));
    assert_int_equal(value_count(rules(p)), before + 1);
}

/* Rules of an earlier apply that are not listed yet. */
TEST(rules_that_are_not_seen_yet)
{
    const struct cloud_options slow = {.speed = 600, .eventual = true};
    struct place *p = place_new(a, &slow, "1.33");

    assert_fine(p, converge(p, WEST, "[]"));
    assert_fine(p, converge(p, "['10.2.0.0/16', '10.3.0.0/16']", "[]"));
    while (*drift(p, "['10.2.0.0/16', '10.3.0.0/16']", "[]"))
        continue;
}

TEST(tags_are_repaired)
{
    struct place *p = place_new(a, &quick, "1.33");
    const struct value *list;

    assert_fine(p, converge(p, WEST, "[]"));
    list = rules(p);
    for (size_t i = 0; i < value_count(list); i++)
        done(p->t, &ec2_delete_tags,
             text_f(a, "{'Resources': ['%s'], 'Tags': [{'Key': 'team'}]}",
                    value_text(value_item(list, i), "SecurityGroupRuleId")));
    assert_string_equal(drift(p, WEST, "[]"),
                        text_f(a, "security group %s: tags of its rules\n", p->group_id));
    changes(p);
    assert_fine(p, converge(p, WEST, "[]"));
    assert_string_equal(changes(p), "CreateTags 200\n");
    assert_string_equal(drift(p, WEST, "[]"), "");
}

TEST(goes_on_after_failures)
{
    static const char *const operations[] = {"Authorize", "Revoke"};
    static const enum sandbox_fault faults[] = {FAULT_500, FAULT_CUT_AFTER};

    for (size_t fault = 0; fault < 2; fault++)
        for (size_t i = 0; i < 2; i++) {
            struct place *p = place_new(a, &quick, "1.33");
            size_t before = value_count(rules(p));

            cloud_fault(p->t->cloud, faults[fault], 1, 1,
                        text_f(a, "%sSecurityGroupIngress", operations[i]));
            if (!converge(p, WEST, "[]"))
                assert_fine(p, converge(p, WEST, "[]"));
            assert_int_equal(value_count(rules(p)), before + 4);
            if (!converge(p, "[]", "[]"))
                assert_fine(p, converge(p, "[]", "[]"));
            assert_int_equal(value_count(rules(p)), before);
        }
}
