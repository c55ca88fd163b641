/* The stand-in Elastic Load Balancing, asked through the provider's own functions. */
#include "aws/elasticloadbalancing.h"

#include "acceptance/sandbox/aws/test_account.h"

static const char *text_of_id(struct account *t, const char *object, const char *id)
{
    return value_z(value_in(t->reply.output, object, id));
}

static const char *new_subnet(struct account *t, const char *vpc, const char *cidr)
{
    done(t, &ec2_create_subnet,
         text_f(t->a, "{'VpcId': '%s', 'CidrBlock': '%s', 'AvailabilityZone': 'eu-west-1a'}", vpc,
                cidr));
    return text_of_id(t, "Subnet", "SubnetId");
}

struct place {
    const char *vpc, *subnet, *group;
};

static struct place place_new(struct account *t)
{
    struct place p;

    done(t, &ec2_create_vpc, "{'CidrBlock': '10.1.0.0/16'}");
    p.vpc = text_of_id(t, "Vpc", "VpcId");
    p.subnet = new_subnet(t, p.vpc, "10.1.0.0/20");
    done(t, &ec2_create_security_group,
         text_f(t->a, "{'VpcId': '%s', 'GroupName': 'k8s-traffic', 'Description': 'x'}", p.vpc));
    p.group = value_text(t->reply.output, "GroupId");
    return p;
}

/* Its host name. */
static const char *add(struct account *t, const struct place *p, const char *name, const char *more)
{
    char *json = arena_strdup(
        t->a, text_f(t->a, "{'Name': '%s', 'Subnets': ['%s'], 'SecurityGroups': ['%s']%s}", name,
                     p->subnet, p->group, more));
    char *made;
    const char *hostname;

    for (char *at = json; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    made = cloud_add_load_balancer(t->cloud, "eu-west-1", json);
    hostname = made ? arena_strdup(t->a, made) : NULL;
    memory_free(made);
    return hostname;
}

#define LISTENERS                                                                                  \
    ", 'Tags': {'elbv2.k8s.aws/cluster': 'east'%s}, 'Listeners': [{'Port': 15443, 'Targets': ["    \
    "{'Id': '10.1.0.9', 'Port': 15443, 'AvailabilityZone': 'eu-west-1a', 'Ready': true}, "         \
    "{'Id': '10.1.0.8', 'Port': 15443, 'AvailabilityZone': 'eu-west-1a', 'Ready': false}]}]"

static const struct value *find(struct account *t, const char *hostname)
{
    const struct value *found;

    assert_true(elasticloadbalancing_find_by_hostname(&t->f->call, t->aws, hostname, &found));
    return found;
}

static const char *health(struct account *t, const char *arn, size_t index, const char *member)
{
    const struct value *groups, *targets;

    assert_true(elasticloadbalancing_target_groups_of(&t->f->call, t->aws, arn, 15443, &groups));
    assert_int_equal(value_count(groups), 1);
    assert_true(elasticloadbalancing_describe_target_health(
        &t->f->call, t->aws, value_z(value_item(groups, 0)), &targets));
    return value_z(value_in(value_item(targets, index), "TargetHealth", member));
}

static struct account *quick(struct arena *a)
{
    return account_new(a, &(struct cloud_options){.speed = 0});
}

TEST(a_load_balancer_becomes_active_and_its_targets_healthy)
{
    struct account *t = account_new(a, &(struct cloud_options){.speed = 3000});
    struct place p = place_new(t);
    const char *hostname = add(t, &p, "k8s-mesh-east-0123456789", text_f(a, LISTENERS, ""));
    const struct value *found = find(t, hostname), *tagged;
    const char *arn = value_text(found, "LoadBalancerArn");

    assert_memory_equal(arn,
                        "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/"
                        "k8s-mesh-east-0123456789/",
                        90);
    assert_non_null(strstr(hostname, ".elb.eu-west-1.amazonaws.com.localhost"));
    assert_string_equal(value_z(value_in(found, "State", "Code")), "provisioning");
    assert_string_equal(health(t, arn, 0, "Reason"), "Elb.RegistrationInProgress");
    assert_true(
        aws_wait(&t->f->call, t->aws, &elasticloadbalancing_load_balancer_active,
                 value_map_of(a, {"LoadBalancerArns", value_list_of(a, value_string(a, arn))}),
                 elasticloadbalancing_explain, &found));
    assert_string_equal(health(t, arn, 0, "State"), "healthy");
    assert_string_equal(health(t, arn, 1, "Reason"), "Target.FailedHealthChecks");
    assert_true(elasticloadbalancing_with_tags(
        &t->f->call, t->aws, value_list_of(a, find(t, hostname)), "LoadBalancerArn",
        value_map_of(a, {"elbv2.k8s.aws/cluster", value_string(a, "east")}), &tagged));
    assert_int_equal(value_count(tagged), 1);
}

TEST(what_is_to_fail_says_why)
{
    struct account *t = quick(a);
    struct place p = place_new(t);
    const char *slow =
        add(t, &p, "slow", text_f(a, LISTENERS, ", 'sandbox/fail': 'Target.Timeout'"));
    const char *bad = add(t, &p, "bad", ", 'Tags': {'sandbox/fail': 'no capacity'}");
    const struct value *found = find(t, slow);

    assert_string_equal(value_z(value_in(found, "State", "Code")), "active");
    assert_string_equal(health(t, value_text(found, "LoadBalancerArn"), 0, "Reason"),
                        "Target.Timeout");
    found = find(t, bad);
    assert_string_equal(value_z(value_in(found, "State", "Code")), "failed");
    assert_string_equal(value_z(value_in(found, "State", "Reason")), "no capacity");
    assert_null(find(t, "other-0123456789abcdef.elb.eu-west-1.amazonaws.com.localhost"));
}

TEST(a_load_balancer_holds_its_subnet_and_group_until_it_is_gone)
{
    struct account *t = quick(a);
    struct place p = place_new(t);
    const char *hostname = add(t, &p, "mesh", text_f(a, LISTENERS, ""));
    const char *arn = value_text(find(t, hostname), "LoadBalancerArn"), *group;
    const char *input = text_f(a, "{'LoadBalancerArn': '%s'}", arn);

    assert_refused(t, &ec2_delete_subnet, text_f(a, "{'SubnetId': '%s'}", p.subnet),
                   "DependencyViolation");
    assert_refused(t, &ec2_delete_security_group, text_f(a, "{'GroupId': '%s'}", p.group),
                   "DependencyViolation");
    done(t, &elasticloadbalancing_modify_load_balancer_attributes,
         text_f(a,
                "{'LoadBalancerArn': '%s', 'Attributes': [{'Key': 'deletion_protection.enabled', "
                "'Value': 'true'}]}",
                arn));
    assert_refused(t, &elasticloadbalancing_delete_load_balancer, input, "OperationNotPermitted");
    done(t, &elasticloadbalancing_modify_load_balancer_attributes,
         text_f(a,
                "{'LoadBalancerArn': '%s', 'Attributes': [{'Key': 'deletion_protection.enabled', "
                "'Value': 'false'}]}",
                arn));
    done(t, &elasticloadbalancing_describe_target_groups, input);
    group = text_f(
        a, "{'TargetGroupArn': '%s'}",
        value_text(value_item(value_at(t->reply.output, "TargetGroups"), 0), "TargetGroupArn"));
    assert_refused(t, &elasticloadbalancing_delete_target_group, group, "ResourceInUse");
    done(t, &elasticloadbalancing_delete_load_balancer, input);
    done(t, &elasticloadbalancing_delete_load_balancer, input);
    assert_refused(t, &elasticloadbalancing_describe_listeners, input, "LoadBalancerNotFound");
    done(t, &elasticloadbalancing_delete_target_group, group);
    assert_refused(t, &elasticloadbalancing_describe_target_health_row, group,
                   "TargetGroupNotFound");
    assert_null(find(t, hostname));
    done(t, &ec2_delete_subnet, text_f(a, "{'SubnetId': '%s'}", p.subnet));
    done(t, &ec2_delete_security_group, text_f(a, "{'GroupId': '%s'}", p.group));
    done(t, &ec2_delete_vpc, text_f(a, "{'VpcId': '%s'}", p.vpc));
    assert_nothing_left(t);
}

TEST(a_full_or_missing_subnet_gets_no_load_balancer)
{
    struct account *t = quick(a);
    struct place p = place_new(t), none = {.subnet = "subnet-0", .group = "sg-0"};

    assert_null(add(t, &none, "mesh", ""));
    p.subnet = new_subnet(t, p.vpc, "10.1.16.0/28");
    for (size_t i = 0; i < 11; i++)
        assert_non_null(add(t, &p, text_f(a, "mesh-%zu", i), ""));
    assert_null(add(t, &p, "mesh", ""));
    assert_int_equal(
        value_count(value_at(done(t, &elasticloadbalancing_describe_load_balancers, "{}"),
                             "LoadBalancers")),
        11);
}
