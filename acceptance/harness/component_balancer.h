/* component_balancer - a component beside a stand-in AWS account (component_aws.h) whose one
 * cluster is reached with an EKS connection, and load balancers in front of its Services as
 * a controller would have made them: for tests of what looks at both.
 *
 * `at` of component_balancer_add() is where the Service's or Ingress' status is. */
#ifndef HARNESS_COMPONENT_BALANCER_H
#define HARNESS_COMPONENT_BALANCER_H
#include "acceptance/harness/component_aws.h"
#include "aws/ec2.h"
#include "aws/elasticloadbalancing.h"

#define BALANCER_INJECTOR                                                                          \
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/istio-sidecar-injector"

struct component_balancer {
    struct component_aws t;
    struct aws *aws;
    const char *subnet, *connection;
};

/* Not told by any AWS: this server takes its own token only. */
static const char *balancer_admin_token;

static inline bool balancer_token(struct call *c, const struct value *eks, const char **token,
                                  int64_t *expires_at)
{
    (void)c;
    (void)eks;
    *token = balancer_admin_token;
    *expires_at = clock_now() + 600;
    return true;
}

static inline void balancer_close(void *s)
{
    component_stop_aws(&((struct component_balancer *)s)->t);
}

static inline const struct value *component_balancer_ask(struct component_balancer *s,
                                                         const struct aws_operation *operation,
                                                         const char *json)
{
    struct component *t = &s->t.component;
    struct call *c = component_call(t, NULL, &value_null);
    const struct value *out;

    if (!aws_call(c, s->aws, operation, component_json(t, json), &out))
        fail_msg("%s", component_diags(t));
    return out;
}

static inline void balancer_open_account(struct component_balancer *s)
{
    struct component *t = &s->t.component;
    const struct aws_access access = {.region = "eu-west-1"};
    const struct value *made;

    assert_true(aws_open(component_call(t, NULL, &value_null), &access, NULL, &s->aws));
    made = component_balancer_ask(s, &ec2_create_vpc, "{\"CidrBlock\": \"10.1.0.0/16\"}");
    made = component_balancer_ask(s, &ec2_create_subnet,
                                  text_f(t->arena,
                                         "{\"VpcId\": \"%s\", \"CidrBlock\": \"10.1.0.0/20\", "
                                         "\"AvailabilityZone\": \"eu-west-1a\"}",
                                         value_z(value_in(made, "Vpc", "VpcId"))));
    s->subnet = value_z(value_in(made, "Subnet", "SubnetId"));
    component_aws_requests(&s->t);
}

static inline struct component_balancer *component_balancer_start(struct arena *a)
{
    struct component_balancer *s = arena_alloc(a, sizeof(*s));
    struct component *t = &s->t.component;

    component_start_aws(&s->t, a, 1, &(struct cloud_options){.speed = 0});
    arena_defer(a, balancer_close, s);
    t->clients.provider_config =
        value_with_in(a, t->clients.provider_config, value_integer(a, 0), "aws", "max_retries");
    balancer_admin_token = sandbox_admin_token(t->servers[0]);
    kube_pool_set_eks_token(t->clients.kube, balancer_token);
    s->connection =
        json_write(a,
                   value_map_of(a, {"name", value_string(a, "east")},
                                {"host", value_string(a, sandbox_url(t->servers[0]))},
                                {"ca_certificate", value_string(a, sandbox_ca_pem(t->servers[0]))},
                                {"eks", value_map_of(a, {"cluster_name", value_string(a, "east")},
                                                     {"region", value_string(a, "eu-west-1")})}))
            .at;
    assert_true(
        sandbox_put(t->servers[0], BALANCER_INJECTOR,
                    "{\"apiVersion\":\"admissionregistration.k8s.io/v1\","
                    "\"kind\":\"MutatingWebhookConfiguration\",\"metadata\":{\"name\":"
                    "\"istio-sidecar-injector\",\"labels\":{\"istio.io/rev\":\"default\"}}}",
                    "helm"));
    balancer_open_account(s);
    return s;
}

/* Its ARN; the status says its host name. ready: "true" or "false", whether what is behind
 * port 443 becomes healthy; behind port 80 it does. */
static inline const char *component_balancer_add(struct component_balancer *s, const char *at,
                                                 const char *id, const char *ready)
{
    struct component *t = &s->t.component;
    struct arena *a = t->arena;
    const struct value *found;
    char *made = cloud_add_load_balancer(
        s->t.cloud, "eu-west-1",
        text_f(a,
               "{\"Name\": \"k8s-istioing-edge-%s\", \"Subnets\": [\"%s\"], \"Tags\": "
               "{\"elbv2.k8s.aws/cluster\": \"east\", \"service.k8s.aws/stack\": "
               "\"istio-ingress/edge\"}, \"Listeners\": [{\"Port\": 80, \"Targets\": [{\"Id\": "
               "\"10.1.0.9\", \"Port\": 80, \"AvailabilityZone\": \"eu-west-1a\", \"Ready\": "
               "true}]}, {\"Port\": 443, \"Targets\": [{\"Id\": \"10.1.0.9\", \"Port\": 443, "
               "\"AvailabilityZone\": \"eu-west-1a\", \"Ready\": %s}]}]}",
               id, s->subnet, ready));
    const char *hostname;

    assert_non_null(made);
    hostname = arena_strdup(a, made);
    memory_free(made);
    assert_true(sandbox_put(t->servers[0], at,
                            text_f(a,
                                   "{\"status\":{\"loadBalancer\":{\"ingress\":[{\"hostname\":"
                                   "\"%s\"}]}}}",
                                   hostname),
                            "controller"));
    assert_true(elasticloadbalancing_find_by_hostname(component_call(t, NULL, &value_null), s->aws,
                                                      hostname, &found));
    component_aws_requests(&s->t);
    return value_text(found, "LoadBalancerArn");
}

static inline void component_balancer_delete(struct component_balancer *s, const char *arn)
{
    component_balancer_ask(s, &elasticloadbalancing_delete_load_balancer,
                           text_f(s->t.component.arena, "{\"LoadBalancerArn\": \"%s\"}", arn));
    component_aws_requests(&s->t);
}

#endif
