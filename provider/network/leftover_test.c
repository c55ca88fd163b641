/* What controllers left, in a stand-in account: found, named, waited for, removed. */
#include "network/leftover.h"

#include "acceptance/harness/component_aws.h"
#include "aws/ec2_parts.h"
#include "aws/elasticloadbalancing.h"
#include "aws/tags.h"

/* What only controllers and network plugins do. */
static const struct aws_member volume_in[] = {MEMBER("AvailabilityZone", AWS_STRING),
                                              MEMBER("Size", AWS_INTEGER), EC2_TAG_SPECIFICATIONS,
                                              END_MEMBERS};
static const struct aws_member interface_in[] = {MEMBER("SubnetId", AWS_STRING),
                                                 MEMBER("Description", AWS_STRING),
                                                 EC2_TAG_SPECIFICATIONS, END_MEMBERS};
static const struct aws_operation create_volume = EC2("CreateVolume", .input = volume_in),
                                  create_interface =
                                      EC2("CreateNetworkInterface", .input = interface_in);

struct scene {
    struct component_aws aws;
    struct aws *session;
    const char *vpc, *subnet;
};

static void close_component(void *t)
{
    component_stop_aws(t);
}

static struct call *call_of(struct scene *s)
{
    return component_call(&s->aws.component, NULL, &value_null);
}

static const struct value *ask(struct scene *s, const struct aws_operation *operation,
                               const char *json)
{
    const struct value *output;

    if (!aws_call(call_of(s), s->session, operation, component_json(&s->aws.component, json),
                  &output))
        fail_msg("%s", component_diags(&s->aws.component));
    return output;
}

static struct scene *start(struct arena *a, int64_t speed)
{
    struct scene *s = arena_alloc(a, sizeof(*s));
    const struct aws_access access = {.region = "eu-west-1"};
    struct clients *clients = &s->aws.component.clients;

    component_start_aws(&s->aws, a, 0, &(struct cloud_options){.speed = speed});
    arena_defer(a, close_component, &s->aws);
    clients->provider_config =
        value_with_in(a, clients->provider_config, value_integer(a, 0), "aws", "max_retries");
    assert_true(aws_open(call_of(s), &access, NULL, &s->session));
    s->vpc = value_text(
        value_at(ask(s, &ec2_create_vpc, "{\"CidrBlock\": \"10.1.0.0/16\"}"), "Vpc"), "VpcId");
    s->subnet = value_text(
        value_at(ask(s, &ec2_create_subnet,
                     text_f(a, "{\"VpcId\": \"%s\", \"CidrBlock\": \"10.1.0.0/24\"}", s->vpc)),
                 "Subnet"),
        "SubnetId");
    return s;
}

/* tags: JSON, a map. */
static const char *add_group(struct scene *s, const char *name, const char *tags)
{
    struct arena *a = s->aws.component.arena;
    const struct value *map = component_json(&s->aws.component, tags), *output;

    assert_true(aws_call(
        call_of(s), s->session, &ec2_create_security_group,
        value_map_of(a, {"GroupName", value_string(a, name)}, {"Description", value_string(a, "d")},
                     {"VpcId", value_string(a, s->vpc)},
                     {"TagSpecifications", tags_specification(a, "security-group", map)}),
        &output));
    return value_text(output, "GroupId");
}

static void add_load_balancer(struct scene *s, const char *name, const char *groups,
                              const char *tags)
{
    char *hostname = cloud_add_load_balancer(
        s->aws.cloud, "eu-west-1",
        text_f(s->aws.component.arena,
               "{\"Name\": \"%s\", \"Subnets\": [\"%s\"], \"SecurityGroups\": [%s], \"Tags\": %s, "
               "\"Listeners\": [{\"Port\": 15443}]}",
               name, s->subnet, groups, tags));

    assert_non_null(hostname);
    memory_free(hostname);
}

#define GATEWAY                                                                                    \
    "{\"elbv2.k8s.aws/cluster\": \"eks-1\", \"service.k8s.aws/stack\": "                           \
    "\"istio-ingress/istio-eastwestgateway\"}"

/* What a controller that was killed leaves behind: all of it. */
static void leave_all(struct scene *s)
{
    struct arena *a = s->aws.component.arena;
    const char *group = add_group(s, "k8s-traffic", "{\"elbv2.k8s.aws/cluster\": \"eks-1\"}"),
               *nodes = add_group(s, "nodes", "{}");

    add_load_balancer(s, "k8s-east", text_f(a, "\"%s\"", group), GATEWAY);
    ask(s, &ec2_authorize_security_group_ingress,
        text_f(a,
               "{\"GroupId\": \"%s\", \"IpPermissions\": [{\"IpProtocol\": \"tcp\", \"FromPort\": "
               "15443, \"ToPort\": 15443, \"UserIdGroupPairs\": [{\"GroupId\": \"%s\"}]}]}",
               nodes, group));
}

static const char *found(struct scene *s, const char *cluster, bool in_vpc)
{
    const struct leftover_place place = {.cluster = cluster, .vpc_id = in_vpc ? s->vpc : ""};
    struct leftover *list;
    size_t count;

    if (!leftover_find(call_of(s), s->session, &place, &list, &count))
        fail_msg("%s", component_diags(&s->aws.component));
    return leftover_text(s->aws.component.arena, list, count);
}

/* A node that was killed, and a claim whose cluster was deleted first. */
static void leave_nodes(struct scene *s)
{
    struct arena *a = s->aws.component.arena;

    ask(s, &create_interface,
        text_f(a,
               "{\"SubnetId\": \"%s\", \"Description\": \"aws-K8S-i-0\", \"TagSpecifications\": "
               "[{\"ResourceType\": \"network-interface\", \"Tags\": [{\"Key\": "
               "\"cluster.k8s.amazonaws.com/name\", \"Value\": \"eks-1\"}]}]}",
               s->subnet));
    ask(s, &create_volume,
        "{\"AvailabilityZone\": \"eu-west-1a\", \"Size\": 8, \"TagSpecifications\": "
        "[{\"ResourceType\": \"volume\", \"Tags\": [{\"Key\": \"kubernetes.io/cluster/eks-1\", "
        "\"Value\": \"owned\"}, {\"Key\": \"kubernetes.io/created-for/pvc/name\", \"Value\": "
        "\"data\"}, {\"Key\": \"kubernetes.io/created-for/pvc/namespace\", \"Value\": "
        "\"db\"}]}]}");
}

/* Ids differ from run to run: each word with a dash and digits behind it loses them. */
static const char *without_ids(struct arena *a, const char *text)
{
    static const char *const prefixes[] = {"eni-", "sg-", "vol-", "k8s-east/"};
    char *copy = arena_strdup(a, text), *to = copy;

    while (*text) {
        size_t len = 0;

        for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
            if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0)
                len = strlen(prefixes[i]);
        memmove(to, text, len ? len : 1);
        to += len ? len : 1;
        text += len ? len + strspn(text + len, "0123456789abcdef") : 1;
    }
    *to = '\0';
    return copy;
}

#define BALANCING                                                                                  \
    "- load balancer k8s-east, made by Service istio-ingress/istio-eastwestgateway of cluster "    \
    "eks-1\n"                                                                                      \
    "- target group k8s-east-0, made by Service istio-ingress/istio-eastwestgateway of cluster "   \
    "eks-1\n"
#define CONTROLLERS_GROUP                                                                          \
    "- security group sg- (k8s-traffic), made by the load balancer controller of cluster eks-1\n"

TEST(found_by_tags_and_by_place)
{
    struct scene *s = start(a, 0);

    assert_string_equal(found(s, "", true), "");
    leave_all(s);
    assert_string_equal(without_ids(a, found(s, "eks-1", true)), BALANCING CONTROLLERS_GROUP);
    assert_string_equal(without_ids(a, found(s, "eks-1", false)), BALANCING CONTROLLERS_GROUP);
    assert_string_equal(found(s, "eks-2", true), "");
    assert_string_equal(found(s, "eks-2", false), "");
}

TEST(what_nodes_left_is_found_and_removed)
{
    static const char text[] =
        "- network interface eni- (aws-K8S-i-0), made by the network plugin of node i-0\n"
        "- volume vol-, made by PersistentVolumeClaim db/data of cluster eks-1\n";
    struct scene *s = start(a, 0);
    const struct leftover_place in_vpc = {.cluster = "", .vpc_id = s->vpc};
    const struct value *names = value_list_of(a, value_string(a, "eks-1"));
    const struct leftover_place all = {.cluster = "", .vpc_id = s->vpc, .clusters = names};
    struct leftover *list;
    size_t count;

    leave_nodes(s);
    assert_string_equal(without_ids(a, found(s, "eks-1", false)), text);
    assert_string_equal(without_ids(a, found(s, "", true)), text); /* of the same cluster */
    ask(s, &ec2_delete_network_interface,
        text_f(a, "{\"NetworkInterfaceId\": \"%.21s\"}", strstr(found(s, "", true), "eni-")));
    assert_true(leftover_find(call_of(s), s->session, &in_vpc, &list, &count));
    assert_int_equal(count, 0); /* no volume is in a VPC */
    assert_true(leftover_find(call_of(s), s->session, &all, &list, &count));
    assert_int_equal(count, 1);
    leave_nodes(s);
    assert_true(leftover_remove(call_of(s), s->session, &all));
    assert_true(leftover_find(call_of(s), s->session, &all, &list, &count));
    assert_int_equal(count, 0);
}

static size_t lines_with(const char *text, const char *words)
{
    size_t count = 0;

    while ((text = strstr(text, words))) {
        count++;
        text += strlen(words);
    }
    return count;
}

TEST(in_a_vpc_all_that_keeps_it)
{
    struct scene *s = start(a, 0);
    const char *text;

    leave_all(s);
    text = without_ids(a, found(s, "", true));
    assert_int_equal(lines_with(text, BALANCING), 1);
    assert_int_equal(lines_with(text, CONTROLLERS_GROUP), 1);
    assert_int_equal(lines_with(text, "- security group sg- (nodes)\n"), 1);
    assert_int_equal(lines_with(text, "- network interface eni- (ELB net/k8s-east/), made by load "
                                      "balancer net/k8s-east/\n"),
                     1);
    assert_int_equal(lines_with(text, "\n"), 5);
}

TEST(looking_costs_few_requests)
{
    struct scene *s = start(a, 0);

    component_aws_requests(&s->aws);
    found(s, "", true);
    assert_string_equal(component_aws_requests(&s->aws),
                        "POST elasticloadbalancing.eu-west-1/DescribeLoadBalancers 200\n"
                        "POST elasticloadbalancing.eu-west-1/DescribeTargetGroups 200\n"
                        "POST ec2.eu-west-1/DescribeNetworkInterfaces 200\n"
                        "POST ec2.eu-west-1/DescribeSecurityGroups 200\n"
                        "POST ec2.eu-west-1/DescribeVpcEndpoints 200\n");
    found(s, "eks-1", false);
    assert_string_equal(component_aws_requests(&s->aws),
                        "POST elasticloadbalancing.eu-west-1/DescribeLoadBalancers 200\n"
                        "POST elasticloadbalancing.eu-west-1/DescribeTargetGroups 200\n"
                        "POST ec2.eu-west-1/DescribeNetworkInterfaces 200\n"
                        "POST ec2.eu-west-1/DescribeSecurityGroups 200\n"
                        "POST ec2.eu-west-1/DescribeVolumes 200\n");
}

/* Nobody takes away a group that a person made: no wait for it, and no removal. */
TEST(what_no_tag_proves_stays)
{
    struct scene *s = start(a, 0);
    const struct leftover_place place = {.cluster = "", .vpc_id = s->vpc};
    struct leftover *list;
    size_t count;

    add_group(s, "nodes", "{\"kubernetes.io/cluster/eks-1\": \"shared\"}");
    assert_true(leftover_wait(call_of(s), s->session, &place, 3600 * 1000, &list, &count));
    assert_int_equal(count, 1);
    assert_string_equal(list[0].cluster, "");
    assert_true(leftover_remove(call_of(s), s->session, &place));
    assert_string_equal(without_ids(a, found(s, "", true)), "- security group sg- (nodes)\n");
}

/* A controller at work: its load balancer ends while we wait, then its interface does. */
TEST(what_passes_is_waited_for)
{
    struct scene *s = start(a, CLOUD_SPEED);
    const struct leftover_place place = {.cluster = "", .vpc_id = s->vpc};
    const struct value *balancer;
    struct leftover *list;
    size_t count;

    add_load_balancer(s, "k8s-east", "", "{}");
    assert_true(leftover_wait(call_of(s), s->session, &place, 0, &list, &count));
    assert_int_equal(count, 2);
    balancer = list[0].object;
    ask(s, &elasticloadbalancing_delete_load_balancer,
        text_f(a, "{\"LoadBalancerArn\": \"%s\"}", value_text(balancer, "LoadBalancerArn")));
    assert_true(leftover_wait(call_of(s), s->session, &place, 60 * 1000, &list, &count));
    assert_int_equal(count, 0);
}

static void removes(struct arena *a, int64_t speed, const char *cluster)
{
    struct scene *s = start(a, speed);
    const struct leftover_place place = {.cluster = cluster, .vpc_id = s->vpc};

    leave_all(s);
    ask(s, &elasticloadbalancing_modify_load_balancer_attributes,
        text_f(a,
               "{\"LoadBalancerArn\": \"%s\", \"Attributes\": [{\"Key\": "
               "\"deletion_protection.enabled\", \"Value\": \"true\"}]}",
               value_text(
                   value_item(value_at(ask(s, &elasticloadbalancing_describe_load_balancers, "{}"),
                                       "LoadBalancers"),
                              0),
                   "LoadBalancerArn")));
    if (!leftover_remove(call_of(s), s->session, &place))
        fail_msg("%s", component_diags(&s->aws.component));
    assert_string_equal(without_ids(a, found(s, "", true)), "- security group sg- (nodes)\n");
}

TEST(what_tags_prove_is_removed)
{
    removes(a, 0, "eks-1");
    removes(a, 0, "");
    removes(a, CLOUD_SPEED, "");
}

/* A removal that failed anywhere is finished by the next one. */
TEST(a_removal_goes_on)
{
    static const char *const requests[] = {"elasticloadbalancing.eu-west-1/DeleteLoadBalancer",
                                           "elasticloadbalancing.eu-west-1/DeleteTargetGroup",
                                           "ec2.eu-west-1/RevokeSecurityGroupIngress",
                                           "ec2.eu-west-1/DeleteSecurityGroup"};

    for (size_t i = 0; i < 2 * sizeof(requests) / sizeof(*requests); i++) {
        struct scene *s = start(a, 0);
        const struct leftover_place place = {.cluster = "", .vpc_id = s->vpc};

        leave_all(s);
        cloud_fault(s->aws.cloud, i % 2 ? FAULT_CUT_AFTER : FAULT_500, 1, 1, requests[i / 2]);
        if (leftover_remove(call_of(s), s->session, &place))
            fail_msg("%s failed unnoticed", requests[i / 2]);
        if (!leftover_remove(call_of(s), s->session, &place))
            fail_msg("after %s: %s", requests[i / 2], component_diags(&s->aws.component));
        assert_string_equal(without_ids(a, found(s, "", true)), "- security group sg- (nodes)\n");
    }
}
