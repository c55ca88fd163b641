/* What runs behind the nodes of the stand-in EKS: instances and their scaling group. */
#include "acceptance/sandbox/aws/test_account.h"
#include "aws/autoscaling.h"
#include "aws/eks.h"
#include "aws/eks_token.h"

#define ROLE_ARN "arn:aws:iam::111122223333:role/"
/* The account goes on by itself meanwhile. */
#define EVENTUALLY(condition)                                                                      \
    for (int tries = 0; !(condition); tries++)                                                     \
    assert_true(tries < 20000)
#define NODES "{'clusterName': 'east', 'nodegroupName': 'main'}"

struct stage {
    struct account *t;
    const char *vpc, *subnet, *other;
};

static const char *new_subnet(struct stage *s, const char *cidr, const char *zone)
{
    done(s->t, &ec2_create_subnet,
         text_f(s->t->a, "{'VpcId': '%s', 'CidrBlock': '%s', 'AvailabilityZone': '%s'}", s->vpc,
                cidr, zone));
    return value_z(value_in(s->t->reply.output, "Subnet", "SubnetId"));
}

static struct stage stage_new(struct arena *a, int64_t speed)
{
    struct stage s = {.t = account_new(a, &(struct cloud_options){.speed = speed})};

    kube_pool_set_eks_token(s.t->clients.kube, eks_connection_token);
    kube_pool_set_eks_cluster(s.t->clients.kube, eks_connection_cluster);
    done(s.t, &ec2_create_vpc, "{'CidrBlock': '10.1.0.0/16'}");
    s.vpc = value_z(value_in(s.t->reply.output, "Vpc", "VpcId"));
    s.subnet = new_subnet(&s, "10.1.0.0/20", "eu-west-1a");
    s.other = new_subnet(&s, "10.1.16.0/20", "eu-west-1b");
    add_role(s.t, "cluster", "eks.amazonaws.com");
    add_role(s.t, "nodes", "ec2.amazonaws.com");
    done(s.t, &eks_create_cluster,
         text_f(a,
                "{'name': 'east', 'version': '1.33', 'roleArn': '" ROLE_ARN
                "cluster', 'resourcesVpcConfig': {'subnetIds': ['%s', '%s']}, 'accessConfig': "
                "{'authenticationMode': 'API'}}",
                s.subnet, s.other));
    return s;
}

/* Looks until what a question answers has that text at the end of the path. */
static void until(struct account *t, const struct aws_operation *operation, const char *input,
                  const char *object, const char *member, const char *wanted)
{
    const char *last = "";

    for (int i = 0; i < 20000; i++) {
        last = value_z(value_in(done(t, operation, input), object, member));
        if (strcmp(last, wanted) == 0)
            return;
    }
    fail_msg("%s is \"%s\", not \"%s\"", member, last, wanted);
}

static void begin(struct stage *s, const char *more)
{
    until(s->t, &eks_describe_cluster_row, "{'name': 'east'}", "cluster", "status", "ACTIVE");
    done(s->t, &eks_create_nodegroup,
         text_f(s->t->a,
                "{'clusterName': 'east', 'nodegroupName': 'main', 'nodeRole': '" ROLE_ARN
                "nodes', 'subnets': ['%s', '%s'], 'scalingConfig': {'minSize': 1, 'maxSize': 4, "
                "'desiredSize': 2}%s}",
                s->subnet, s->other, more));
}

static const char *group_name(struct stage *s)
{
    const struct value *nodegroup =
        value_at(done(s->t, &eks_describe_nodegroup_row, NODES), "nodegroup");

    return value_text(value_item(value_in(nodegroup, "resources", "autoScalingGroups"), 0), "name");
}

static const struct value *instances(struct stage *s, const char *state)
{
    const struct value *filters = value_map_of(
        s->t->a, {"instance-state-name", value_list_of(s->t->a, value_string(s->t->a, state))},
        {"tag:eks:nodegroup-name", value_list_of(s->t->a, value_string(s->t->a, "main"))});
    const struct value *found;

    assert_true(ec2_list_instances(&s->t->f->call, s->t->aws, filters, &found));
    return found;
}

static const struct value *nodes(struct stage *s)
{
    const struct kube_ref ref = {.api_version = "v1", .kind = "Node"};
    const struct value *connection, *items;
    struct arena *a = s->t->a;
    struct kube *k;

    connection = value_map_of(a, {"name", value_string(a, "east")},
                              {"eks", value_map_of(a, {"cluster_name", value_string(a, "east")},
                                                   {"region", value_string(a, "eu-west-1")})});
    assert_true(kube_open(&s->t->f->call, connection, NULL, &k));
    assert_true(kube_list(&s->t->f->call, k, &ref, NULL, &items));
    return items;
}

static const struct value *activity(struct stage *s)
{
    const struct value *all;

    assert_true(
        autoscaling_describe_scaling_activities(&s->t->f->call, s->t->aws, group_name(s), &all));
    return value_item(all, 0);
}

TEST(nodes_are_instances_of_a_scaling_group)
{
    struct stage s = stage_new(a, 0);
    const struct value *group, *all, *node;
    const char *id;

    begin(&s, "");
    until(s.t, &eks_describe_nodegroup_row, NODES, "nodegroup", "status", "ACTIVE");
    all = instances(&s, "running");
    assert_int_equal(value_count(all), 2);
    id = value_text(value_item(all, 0), "InstanceId");
    node = value_item(nodes(&s), 0);
    assert_string_equal(value_z(value_in(node, "spec", "providerID")),
                        text_f(a, "aws:///eu-west-1a/%s", id));
    assert_string_equal(value_z(value_in(node, "metadata", "name")),
                        value_text(value_item(all, 0), "PrivateDnsName"));
    assert_true(
        autoscaling_describe_auto_scaling_group(&s.t->f->call, s.t->aws, group_name(&s), &group));
    assert_int_equal(value_count(value_at(group, "Instances")), 2);
    assert_string_equal(value_text(value_item(value_at(group, "Instances"), 0), "LifecycleState"),
                        "InService");
    assert_string_equal(value_text(activity(&s), "StatusCode"), "Successful");
    assert_refused(s.t, &ec2_delete_subnet, text_f(a, "{'SubnetId': '%s'}", s.subnet),
                   "DependencyViolation");
    assert_refused(s.t, &ec2_describe_instances, "{'InstanceIds': ['i-1']}",
                   "InvalidInstanceID.NotFound");
    done(s.t, &eks_delete_nodegroup, NODES);
    EVENTUALLY(*ask(s.t, &eks_describe_nodegroup_row, NODES));
    assert_int_equal(value_count(instances(&s, "terminated")), 2);
    assert_int_equal(value_count(nodes(&s)), 0);
}

TEST(instances_carry_what_their_launch_template_says)
{
    struct stage s = stage_new(a, 0);
    const struct value *one;
    const char *group, *template;

    done(s.t, &ec2_create_security_group,
         text_f(a, "{'VpcId': '%s', 'GroupName': 'own', 'Description': 'x'}", s.vpc));
    group = value_text(s.t->reply.output, "GroupId");
    done(s.t, &ec2_create_launch_template,
         text_f(a,
                "{'LaunchTemplateName': 'own', 'LaunchTemplateData': {'SecurityGroupIds': ['%s'], "
                "'TagSpecifications': [{'ResourceType': 'instance', 'Tags': [{'Key': 'mesh', "
                "'Value': 'one'}]}]}}",
                group));
    template = value_z(value_in(s.t->reply.output, "LaunchTemplate", "LaunchTemplateId"));
    begin(&s, text_f(a, ", 'launchTemplate': {'id': '%s', 'version': '1'}", template));
    until(s.t, &eks_describe_nodegroup_row, NODES, "nodegroup", "status", "ACTIVE");
    done(s.t, &ec2_describe_instances, "{'Filters': [{'Name': 'tag:mesh', 'Values': ['one']}]}");
    one = value_item(
        value_at(value_item(value_at(s.t->reply.output, "Reservations"), 0), "Instances"), 0);
    assert_string_equal(value_text(value_item(value_at(one, "SecurityGroups"), 0), "GroupId"),
                        group);
}

TEST(instances_that_never_join_run_for_long)
{
    struct stage s = stage_new(a, 3000);

    begin(&s, ", 'tags': {'sandbox/fail': 'NodeCreationFailure'}");
    EVENTUALLY(value_count(instances(&s, "running")) == 2);
    assert_int_equal(value_count(nodes(&s)), 0);
    assert_string_equal(
        value_z(value_in(done(s.t, &eks_describe_nodegroup_row, NODES), "nodegroup", "status")),
        "CREATING");
    until(s.t, &eks_describe_nodegroup_row, NODES, "nodegroup", "status", "CREATE_FAILED");
    assert_string_equal(
        value_text(value_item(value_in(s.t->reply.output, "nodegroup", "health", "issues"), 0),
                   "message"),
        "Instances failed to join the kubernetes cluster");
    assert_int_equal(value_count(nodes(&s)), 0);
}

TEST(what_cannot_be_launched_says_why)
{
    struct stage s = stage_new(a, 3000);

    begin(&s, ", 'tags': {'sandbox/fail': 'InstanceLimitExceeded'}");
    EVENTUALLY(strcmp(value_text(activity(&s), "StatusCode"), "Failed") == 0);
    assert_non_null(strstr(value_text(activity(&s), "StatusMessage"), "VcpuLimitExceeded"));
    assert_int_equal(value_count(instances(&s, "running")), 0);
    assert_refused(s.t, &autoscaling_describe_scaling_activities_row,
                   "{'AutoScalingGroupName': 'none'}", "ValidationError");
}

TEST(an_upgraded_cluster_tells_its_new_version)
{
    struct stage s = stage_new(a, 0);
    struct kube_version version;
    struct kube *k;

    until(s.t, &eks_describe_cluster_row, "{'name': 'east'}", "cluster", "status", "ACTIVE");
    done(s.t, &eks_update_cluster_version, "{'name': 'east', 'version': '1.34'}");
    until(s.t, &eks_describe_cluster_row, "{'name': 'east'}", "cluster", "version", "1.34");
    assert_true(
        kube_open(&s.t->f->call,
                  value_map_of(a, {"name", value_string(a, "east")},
                               {"eks", value_map_of(a, {"cluster_name", value_string(a, "east")},
                                                    {"region", value_string(a, "eu-west-1")})}),
                  NULL, &k));
    assert_true(kube_version(&s.t->f->call, k, &version));
    assert_int_equal(version.minor, 34);
}
