/* Load balancers of the clusters of the stand-in EKS: asked as people ask, by Services. */
#include <string.h>

#include "acceptance/sandbox/aws/test_account.h"
#include "aws/eks.h"
#include "aws/eks_token.h"
#include "aws/elasticloadbalancing.h"
#include "base/clock.h"

#define ROLE_ARN "arn:aws:iam::111122223333:role/"
#define ACCOUNT "'namespace': 'kube-system', 'serviceAccount': 'aws-load-balancer-controller'"

enum { PATIENCE_MS = 20000, TICK_MS = 5 };

struct stage {
    struct account *t;
    struct arena *a;
    const char *vpc, *public_subnet, *private_subnet;
    struct kube *k;
};

/* --- AWS ------------------------------------------------------------------------------------- */
static const struct value *parse(struct arena *a, const char *text)
{
    char *json = arena_strdup(a, text);
    const struct value *v;

    for (char *at = json; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    assert_null(json_try(a, text_of(json), &v));
    return v;
}

static const char *new_subnet(struct stage *s, const char *cidr, const char *zone, const char *role)
{
    const char *tags = text_f(s->a,
                              ", 'TagSpecifications': [{'ResourceType': 'subnet', 'Tags': [{'Key': "
                              "'kubernetes.io/role/%s', 'Value': '1'}]}]",
                              role);

    done(s->t, &ec2_create_subnet,
         text_f(s->a, "{'VpcId': '%s', 'CidrBlock': '%s', 'AvailabilityZone': 'eu-west-1%s'%s}",
                s->vpc, cidr, zone, *role ? tags : ""));
    return value_z(value_in(s->t->reply.output, "Subnet", "SubnetId"));
}

static void wait_for(struct stage *s, const struct aws_wait *wait, const char *input)
{
    const struct value *out;

    if (!aws_wait(&s->t->f->call, s->t->aws, wait, parse(s->a, input), eks_explain, &out))
        fail_msg("%s: %s", s->t->f->diags.first->summary, s->t->f->diags.first->detail);
}

/* The account, with a cluster "east" of two nodes; more: JSON of CreateCluster. */
static struct stage stage_new(struct arena *a, const struct cloud_options *options,
                              const char *more)
{
    struct stage s = {.a = a, .t = account_new(a, options)};

    kube_pool_set_eks_token(s.t->clients.kube, eks_connection_token);
    kube_pool_set_eks_cluster(s.t->clients.kube, eks_connection_cluster);
    done(s.t, &ec2_create_vpc, "{'CidrBlock': '10.1.0.0/16'}");
    s.vpc = value_z(value_in(s.t->reply.output, "Vpc", "VpcId"));
    s.private_subnet = new_subnet(&s, "10.1.0.0/20", "a", "internal-elb");
    s.public_subnet = new_subnet(&s, "10.1.16.0/20", "b", "elb");
    add_role(s.t, "cluster", "eks.amazonaws.com");
    add_role(s.t, "nodes", "ec2.amazonaws.com");
    done(s.t, &eks_create_cluster,
         text_f(a,
                "{'name': 'east', 'roleArn': '" ROLE_ARN "cluster', 'resourcesVpcConfig': {"
                "'subnetIds': ['%s', '%s']}, 'accessConfig': {'authenticationMode': 'API'}%s}",
                s.private_subnet, s.public_subnet, more));
    wait_for(&s, &eks_cluster_active, "{'name': 'east'}");
    done(s.t, &eks_create_nodegroup,
         text_f(a,
                "{'clusterName': 'east', 'nodegroupName': 'main', 'nodeRole': '" ROLE_ARN
                "nodes', 'subnets': ['%s']}",
                s.private_subnet));
    wait_for(&s, &eks_nodegroup_active, "{'clusterName': 'east', 'nodegroupName': 'main'}");
    assert_true(kube_open(&s.t->f->call,
                          parse(a, "{'name': 'mesh-east', 'eks': {'cluster_name': 'east', "
                                   "'region': 'eu-west-1'}}"),
                          NULL, &s.k));
    return s;
}

static void give_rights(struct stage *s)
{
    add_role(s->t, "balancer", "pods.eks.amazonaws.com");
    done(s->t, &eks_create_addon, "{'clusterName': 'east', 'addonName': 'eks-pod-identity-agent'}");
    done(s->t, &eks_create_pod_identity_association,
         "{'clusterName': 'east', " ACCOUNT ", 'roleArn': '" ROLE_ARN "balancer'}");
    done(s->t, &iam_put_role_policy,
         "{'RoleName': 'balancer', 'PolicyName': 'own', 'PolicyDocument': '{\\\"Statement\\\":"
         "{\\\"Effect\\\":\\\"Allow\\\",\\\"Action\\\":\\\"elasticloadbalancing:*\\\","
         "\\\"Resource\\\":\\\"*\\\"}}'}");
}

static const struct value *balancer(struct stage *s)
{
    return value_item(
        value_at(done(s->t, &elasticloadbalancing_describe_load_balancers, "{}"), "LoadBalancers"),
        0);
}

/* --- Kubernetes --------------------------------------------------------------------------------
 */
static const struct value *apply(struct stage *s, const char *object)
{
    const struct value *out;

    if (!kube_apply(&s->t->f->call, s->k, parse(s->a, object), KUBE_FORCE, &out))
        fail_msg("%s: %s", s->t->f->diags.first->summary, s->t->f->diags.first->detail);
    return out;
}

static const struct value *look(struct stage *s, const char *api_version, const char *kind,
                                const char *namespace, const char *name)
{
    const struct kube_ref ref = {api_version, kind, namespace, name};
    const struct value *out;

    assert_true(kube_get(&s->t->f->call, s->k, &ref, &out));
    return out;
}

static void drop(struct stage *s, const char *api_version, const char *kind, const char *namespace,
                 const char *name)
{
    const struct kube_ref ref = {api_version, kind, namespace, name};

    assert_true(kube_delete(&s->t->f->call, s->k, &ref, &(struct kube_delete_options){0}));
}

static void install(struct stage *s)
{
    apply(s, "{'apiVersion': 'v1', 'kind': 'ServiceAccount', 'metadata': {'name': "
             "'aws-load-balancer-controller', 'namespace': 'kube-system'}}");
    apply(s, "{'apiVersion': 'apps/v1', 'kind': 'Deployment', 'metadata': {'name': 'controller', "
             "'namespace': 'kube-system', 'labels': {'app.kubernetes.io/name': "
             "'aws-load-balancer-controller'}}, 'spec': {'selector': {'matchLabels': {'a': 'b'}}, "
             "'template': {'metadata': {'labels': {'a': 'b'}}, 'spec': {'serviceAccountName': "
             "'aws-load-balancer-controller', 'containers': [{'name': 'c', 'image': 'c', 'args': "
             "['--cluster-name=east']}]}}}}");
}

static void uninstall(struct stage *s)
{
    drop(s, "apps/v1", "Deployment", "kube-system", "controller");
}

static const char *const external = "'service.beta.kubernetes.io/aws-load-balancer-type': "
                                    "'external'";

static void apply_service(struct stage *s, const char *annotations)
{
    apply(s, "{'apiVersion': 'apps/v1', 'kind': 'Deployment', 'metadata': {'name': 'gateway', "
             "'namespace': 'default'}, 'spec': {'selector': {'matchLabels': {'app': 'gateway'}}, "
             "'template': {'metadata': {'labels': {'app': 'gateway'}}, 'spec': {'containers': "
             "[{'name': 'c', 'image': 'c'}]}}}}");
    apply(s, text_f(s->a,
                    "{'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': "
                    "'istio-eastwestgateway', 'namespace': 'default', 'annotations': {%s}}, 'spec':"
                    " {'type': 'LoadBalancer', 'selector': {'app': 'gateway'}, 'ports': [{'name': "
                    "'status', 'port': 15021}, {'name': 'tls', 'port': 15443, 'targetPort': "
                    "15443}]}}",
                    annotations));
}

static const struct value *service(struct stage *s)
{
    return look(s, "v1", "Service", "default", "istio-eastwestgateway");
}

static const char *hostname(struct stage *s)
{
    return value_text(value_item(value_in(service(s), "status", "loadBalancer", "ingress"), 0),
                      "hostname");
}

/* The message of the Event with that reason; "" = there is none. */
static const char *event(struct stage *s, const char *reason)
{
    const struct kube_ref ref = {"v1", "Event", "default", NULL};
    const struct value *all;

    assert_true(kube_list(&s->t->f->call, s->k, &ref, NULL, &all));
    for (size_t i = 0; i < value_count(all); i++)
        if (strcmp(value_text(value_item(all, i), "reason"), reason) == 0)
            return value_text(value_item(all, i), "message");
    return "";
}

static void let_it_go(struct stage *s, bool (*gone)(struct stage *s))
{
    int64_t end_ms = clock_monotonic_ms() + PATIENCE_MS;

    while (!gone(s) && clock_monotonic_ms() < end_ms)
        nanosleep(&(struct timespec){.tv_nsec = TICK_MS * 1000000L}, NULL);
    assert_true(gone(s));
}

static bool service_gone(struct stage *s)
{
    return !service(s);
}

/* --- tests --------------------------------------------------------------------------------------
 */
TEST(a_service_gets_a_network_load_balancer_and_leaves_nothing)
{
    struct stage s = stage_new(a, &(struct cloud_options){.speed = 0}, "");
    const struct value *found, *tagged, *groups, *targets;

    give_rights(&s);
    install(&s);
    apply_service(&s, external);
    found = balancer(&s);
    assert_string_equal(value_text(found, "DNSName"), hostname(&s));
    assert_memory_equal(value_text(found, "LoadBalancerName"), "k8s-default-istioeas-", 21);
    assert_string_equal(value_text(found, "Scheme"), "internal");
    assert_string_equal(value_text(value_item(value_at(found, "AvailabilityZones"), 0), "SubnetId"),
                        s.private_subnet);
    assert_string_equal(value_z(value_item(value_in(service(&s), "metadata", "finalizers"), 0)),
                        "service.k8s.aws/resources");
    assert_true(elasticloadbalancing_with_tags(
        &s.t->f->call, s.t->aws, value_list_of(a, found), "LoadBalancerArn",
        parse(a, "{'elbv2.k8s.aws/cluster': 'east', 'service.k8s.aws/resource': 'LoadBalancer', "
                 "'service.k8s.aws/stack': 'default/istio-eastwestgateway'}"),
        &tagged));
    assert_int_equal(value_count(tagged), 1);
    assert_true(elasticloadbalancing_target_groups_of(
        &s.t->f->call, s.t->aws, value_text(found, "LoadBalancerArn"), 15443, &groups));
    assert_true(elasticloadbalancing_describe_target_health(
        &s.t->f->call, s.t->aws, value_z(value_item(groups, 0)), &targets));
    assert_int_equal(value_count(targets), 2);
    assert_memory_equal(value_z(value_in(value_item(targets, 0), "Target", "Id")), "i-0", 3);
    assert_string_equal(value_z(value_in(value_item(targets, 1), "TargetHealth", "State")),
                        "healthy");
    assert_string_equal(event(&s, "SuccessfullyReconciled"), "Successfully reconciled");
    drop(&s, "v1", "Service", "default", "istio-eastwestgateway");
    assert_null(service(&s));
    assert_string_equal(value_text(balancer(&s), "DNSName"), "");
    done(s.t, &elasticloadbalancing_describe_target_groups, "{}");
    assert_int_equal(value_count(value_at(s.t->reply.output, "TargetGroups")), 0);
    done(s.t, &ec2_describe_security_groups,
         "{'Filters': [{'Name': 'group-name', 'Values': "
         "['k8s-*']}]}");
    assert_int_equal(value_count(value_at(s.t->reply.output, "SecurityGroups")), 0);
}

TEST(a_load_balancer_takes_its_time)
{
    struct stage s = stage_new(a, &(struct cloud_options){.speed = 3000}, "");

    give_rights(&s);
    install(&s);
    apply_service(&s, text_f(a,
                             "%s, 'service.beta.kubernetes.io/aws-load-balancer-scheme': "
                             "'internet-facing', 'service.beta.kubernetes.io/"
                             "aws-load-balancer-nlb-target-type': 'ip'",
                             external));
    assert_string_equal(value_z(value_in(balancer(&s), "State", "Code")), "provisioning");
    assert_string_equal(value_text(balancer(&s), "Scheme"), "internet-facing");
    drop(&s, "v1", "Service", "default", "istio-eastwestgateway");
    assert_non_null(service(&s));
    let_it_go(&s, service_gone);
    done(s.t, &ec2_describe_network_interfaces,
         "{'Filters': [{'Name': 'description', 'Values': ['ELB *']}]}");
    assert_int_equal(value_count(value_at(s.t->reply.output, "NetworkInterfaces")), 0);
}

TEST(without_rights_there_are_events_only)
{
    struct stage s = stage_new(a, &(struct cloud_options){.speed = 0}, "");

    install(&s);
    apply_service(&s, external);
    assert_string_equal(hostname(&s), "");
    assert_non_null(strstr(event(&s, "FailedBuildModel"), "UnauthorizedOperation"));
    give_rights(&s);
    assert_string_not_equal(hostname(&s), "");
    done(s.t, &iam_delete_role_policy, "{'RoleName': 'balancer', 'PolicyName': 'own'}");
    drop(&s, "v1", "Service", "default", "istio-eastwestgateway");
    assert_non_null(service(&s));
    assert_non_null(strstr(event(&s, "FailedDeployModel"), "api error AccessDenied: User: "));
}

TEST(without_subnets_it_says_so)
{
    struct stage s = stage_new(a, &(struct cloud_options){.speed = 0}, "");

    give_rights(&s);
    install(&s);
    done(s.t, &ec2_delete_tags,
         text_f(a, "{'Resources': ['%s'], 'Tags': [{'Key': 'kubernetes.io/role/internal-elb'}]}",
                s.private_subnet));
    apply_service(&s, external);
    assert_string_equal(event(&s, "FailedBuildModel"),
                        "Failed build model due to couldn't auto-discover subnets: unable to "
                        "resolve at least one subnet (0 match VPC and tags: "
                        "[kubernetes.io/role/internal-elb])");
    assert_string_equal(hostname(&s), "");
}

TEST(nodes_with_another_group_of_the_cluster_are_not_reached)
{
    struct stage s = stage_new(a, &(struct cloud_options){.speed = 0}, "");

    give_rights(&s);
    install(&s);
    done(s.t, &eks_describe_cluster_row, "{'name': 'east'}");
    done(s.t, &ec2_delete_tags,
         text_f(a, "{'Resources': ['%s'], 'Tags': [{'Key': 'kubernetes.io/cluster/east'}]}",
                value_z(value_in(s.t->reply.output, "cluster", "resourcesVpcConfig",
                                 "clusterSecurityGroupId"))));
    apply_service(&s, external);
    assert_non_null(strstr(event(&s, "FailedNetworkReconcile"),
                           "expected exactly one securityGroup tagged with "
                           "kubernetes.io/cluster/east for eni eni-0"));
}

TEST(a_finalizer_outlives_the_controller)
{
    struct stage s = stage_new(a, &(struct cloud_options){.speed = 0}, "");

    give_rights(&s);
    install(&s);
    apply_service(&s, external);
    uninstall(&s);
    drop(&s, "v1", "Service", "default", "istio-eastwestgateway");
    assert_non_null(service(&s));
    assert_string_not_equal(value_text(balancer(&s), "DNSName"), "");
    install(&s);
    assert_null(service(&s));
}

TEST(a_service_of_nobody_waits)
{
    struct stage s = stage_new(a, &(struct cloud_options){.speed = 0}, "");

    apply_service(&s, "");
    assert_string_equal(hostname(&s), "");
    give_rights(&s);
    install(&s);
    assert_string_equal(hostname(&s), "");
}

#define WEBHOOKS                                                                                   \
    "{'apiVersion': 'admissionregistration.k8s.io/v1', 'kind': 'MutatingWebhookConfiguration', "   \
    "'metadata': {'name': 'aws-load-balancer-webhook'}, 'webhooks': [{'name': "                    \
    "'mservice.elbv2.k8s.aws', 'sideEffects': 'None', 'admissionReviewVersions': ['v1'], "         \
    "'clientConfig': {'service': {'name': 'aws-load-balancer-webhook-service', 'namespace': "      \
    "'kube-system', 'path': '/mutate-v1-service'}}}]}"

TEST(its_webhook_gives_new_services_a_class_or_refuses_them)
{
    struct stage s = stage_new(a, &(struct cloud_options){.speed = 0}, "");

    give_rights(&s);
    install(&s);
    apply(&s, WEBHOOKS);
    apply_service(&s, "");
    assert_string_equal(value_z(value_in(service(&s), "spec", "loadBalancerClass")),
                        "service.k8s.aws/nlb");
    assert_string_not_equal(hostname(&s), "");
    uninstall(&s);
    assert_false(kube_apply(&s.t->f->call, s.k,
                            parse(a, "{'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': "
                                     "'x', 'namespace': 'default'}, 'spec': {'ports': [{'port': "
                                     "80}]}}"),
                            0, &(const struct value *){NULL}));
    assert_non_null(strstr(s.t->f->diags.first->detail, "no endpoints available for service"));
}

TEST(auto_mode_needs_no_controller)
{
    struct stage s =
        stage_new(a, &(struct cloud_options){.speed = 0}, ", 'computeConfig': {'enabled': true}");
    const struct value *tagged;

    apply_service(&s, "");
    assert_string_not_equal(hostname(&s), "");
    assert_true(elasticloadbalancing_with_tags(
        &s.t->f->call, s.t->aws, value_list_of(a, balancer(&s)), "LoadBalancerArn",
        parse(a, "{'eks:eks-cluster-name': 'east'}"), &tagged));
    assert_int_equal(value_count(tagged), 1);
    drop(&s, "v1", "Service", "default", "istio-eastwestgateway");
    assert_null(service(&s));
}

TEST(an_ingress_gets_an_application_load_balancer)
{
    struct stage s = stage_new(a, &(struct cloud_options){.speed = 0}, "");
    const struct value *ingress;

    give_rights(&s);
    install(&s);
    new_subnet(&s, "10.1.32.0/20", "c", "internal-elb");
    apply_service(&s, "");
    apply(&s,
          "{'apiVersion': 'networking.k8s.io/v1', 'kind': 'Ingress', 'metadata': {'name': 'front', "
          "'namespace': 'default', 'annotations': {'kubernetes.io/ingress.class': 'alb'}}, 'spec': "
          "{'rules': [{'http': {'paths': [{'path': '/', 'pathType': 'Prefix', 'backend': "
          "{'service': {'name': 'istio-eastwestgateway', 'port': {'number': 15021}}}}]}}]}}");
    ingress = look(&s, "networking.k8s.io/v1", "Ingress", "default", "front");
    assert_string_equal(
        value_text(value_item(value_in(ingress, "status", "loadBalancer", "ingress"), 0),
                   "hostname"),
        value_text(balancer(&s), "DNSName"));
    assert_string_equal(value_text(balancer(&s), "Type"), "application");
    assert_memory_equal(value_text(balancer(&s), "DNSName"), "internal-k8s-default-front-", 27);
    done(s.t, &elasticloadbalancing_describe_target_groups,
         text_f(a, "{'LoadBalancerArn': '%s'}", value_text(balancer(&s), "LoadBalancerArn")));
    assert_int_equal(value_count(value_at(s.t->reply.output, "TargetGroups")), 1);
    drop(&s, "networking.k8s.io/v1", "Ingress", "default", "front");
    assert_null(look(&s, "networking.k8s.io/v1", "Ingress", "default", "front"));
    assert_string_equal(value_text(balancer(&s), "DNSName"), "");
}
