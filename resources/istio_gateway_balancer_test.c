/* istio_gateway on an EKS cluster, with its load balancer in a stand-in AWS account. */
#include "acceptance/harness/component_balancer.h"

extern const struct resource resource_istio_gateway;
static const struct resource *const gateway = &resource_istio_gateway;

#define SERVICE "/api/v1/namespaces/istio-ingress/services/edge"
/* Nobody's, so that its status is ours to write. */
#define CLASS "\"values_yaml\": [\"service: {loadBalancerClass: example.com/nobody}\"]"

static const char *edge(struct component_balancer *s, const char *more)
{
    return text_f(s->t.component.arena,
                  "{\"cluster\": %s, \"name\": \"edge\", \"version\": \"1.27.3\", \"chart\": "
                  "{\"path\": \"acceptance/charts\"}, " CLASS "%s%s}",
                  s->connection, *more ? ", " : "", more);
}

static const struct value *apply(struct component_balancer *s, const struct value *prior,
                                 const char *json)
{
    return component_apply(&s->t.component, gateway, prior, json);
}

static const struct value *must_apply(struct component_balancer *s, const struct value *prior,
                                      const char *json)
{
    const struct value *state = apply(s, prior, json);

    if (!state)
        fail_msg("%s", component_diags(&s->t.component));
    return state;
}

static const struct value *unwaited(struct component_balancer *s)
{
    return must_apply(s, NULL, edge(s, "\"wait_for_load_balancer\": false"));
}

static const char *outputs_of(struct component_balancer *s, const struct value *state)
{
    struct arena *a = s->t.component.arena;

    return text_f(a, "%s %s", json_write(a, value_at(state, "load_balancer_arn")).at,
                  json_write(a, value_at(state, "target_health")).at);
}

#define ELB "POST elasticloadbalancing.eu-west-1/"
#define LOOKED                                                                                     \
    ELB "DescribeLoadBalancers 200\n" ELB "DescribeListeners 200\n" ELB                            \
        "DescribeTargetHealth 200\n" ELB "DescribeTargetHealth 200\n"
#define HEALTHY "{\"80\":\"healthy\",\"443\":\"healthy\"}"

TEST(waits_until_it_serves_and_then_plans_nothing)
{
    struct component_balancer *s = component_balancer_start(a);
    struct component *t = &s->t.component;
    const struct value *state = unwaited(s), *again;
    const char *arn;

    assert_string_equal(outputs_of(s, state), "null null");
    assert_string_equal(component_aws_requests(&s->t), "");
    arn = component_balancer_add(s, SERVICE "/status", "0123456789", "true");
    state = must_apply(s, state, edge(s, ""));
    assert_string_equal(component_aws_requests(&s->t), LOOKED);
    assert_string_equal(outputs_of(s, state), text_f(a, "\"%s\" " HEALTHY, arn));
    again = component_read(t, gateway, state);
    assert_string_equal(component_aws_requests(&s->t), LOOKED);
    assert_true(value_equal(again, state));
    assert_true(component_plans_nothing(t, gateway, again, edge(s, "")));
    assert_string_equal(component_aws_requests(&s->t), "");
}

TEST(a_state_from_before_gets_the_outputs_without_a_change)
{
    struct component_balancer *s = component_balancer_start(a);
    struct component *t = &s->t.component;
    const struct value *state = unwaited(s), *old;
    const char *arn = component_balancer_add(s, SERVICE "/status", "0123456789", "true");

    state = must_apply(s, state, edge(s, ""));
    old = value_with(a, state, "load_balancer_arn", &value_null);
    old = value_with(a, old, "target_health", &value_null);
    assert_true(component_plans_nothing(t, gateway, old, edge(s, "")));
    old = component_read(t, gateway, old);
    assert_string_equal(outputs_of(s, old), text_f(a, "\"%s\" " HEALTHY, arn));
    assert_true(component_plans_nothing(t, gateway, old, edge(s, "")));
}

TEST(a_target_that_stays_unhealthy_is_named_with_its_reason)
{
    struct component_balancer *s = component_balancer_start(a);
    struct component *t = &s->t.component;
    const struct value *state = unwaited(s);

    component_balancer_add(s, SERVICE "/status", "0123456789", "false");
    t->patience_ms = 900; /* less than a pause */
    assert_null(apply(s, state, edge(s, "")));
    assert_non_null(strstr(component_diags(t), "Timed out waiting for load balancer k8s-istioing-"
                                               "edge-0123456789"));
    assert_non_null(strstr(component_diags(t),
                           "Not healthy:\n- port 443: 10.1.0.9:443 in eu-west-1a is unhealthy: "
                           "Target.FailedHealthChecks"));
    assert_null(strstr(component_diags(t), "- port 80"));
    /* not waited for, it is only told */
    t->patience_ms = 0;
    state = component_read(t, gateway, state);
    assert_string_equal(json_write(a, value_at(state, "target_health")).at,
                        "{\"80\":\"healthy\",\"443\":\"not healthy: Target.FailedHealthChecks\"}");
    assert_true(
        component_plans_nothing(t, gateway, state, edge(s, "\"wait_for_load_balancer\": false")));
}

TEST(one_that_somebody_deleted_is_drift_and_is_made_anew)
{
    struct component_balancer *s = component_balancer_start(a);
    struct component *t = &s->t.component;
    const struct value *state = unwaited(s);
    const char *arn = component_balancer_add(s, SERVICE "/status", "0123456789", "true"), *requests;

    state = must_apply(s, state, edge(s, ""));
    component_balancer_delete(s, arn);
    state = component_read(t, gateway, state);
    assert_string_equal(outputs_of(s, state), "null null");
    assert_int_equal(value_count(value_at(state, "drift")), 1);
    assert_non_null(strstr(value_z(value_item(value_at(state, "drift"), 0)),
                           "load balancer k8s-istioing-edge-0123456789"));
    assert_false(component_plans_nothing(t, gateway, state, edge(s, "")));
    t->patience_ms = 900;
    component_requests(t, 1);
    assert_null(apply(s, state, edge(s, "")));
    requests = component_requests(t, 1);
    assert_non_null(strstr(requests, "PATCH " SERVICE "?fieldManager=terraform-provider-istio-"
                                     "aside"));
    assert_null(strstr(requests, "PATCH /apis/"));
    assert_non_null(strstr(component_diags(t), "AWS knows none of this name in eu-west-1."));
    /* its controller has made another, under another name */
    t->patience_ms = 0;
    arn = component_balancer_add(s, SERVICE "/status", "abcdef0123", "true");
    state = must_apply(s, state, edge(s, ""));
    assert_string_equal(outputs_of(s, state), text_f(a, "\"%s\" " HEALTHY, arn));
    state = component_read(t, gateway, state);
    assert_int_equal(value_count(value_at(state, "drift")), 0);
    assert_true(component_plans_nothing(t, gateway, state, edge(s, "")));
}

TEST(destroy_waits_for_it_and_names_one_that_stays)
{
    struct component_balancer *s = component_balancer_start(a);
    struct component *t = &s->t.component;
    const struct value *state = unwaited(s);
    const char *arn = component_balancer_add(s, SERVICE "/status", "0123456789", "true");

    state = must_apply(s, state, edge(s, ""));
    component_aws_requests(&s->t);
    t->patience_ms = 3000;
    assert_false(component_remove(t, gateway, state));
    assert_null(sandbox_object(t->servers[0], SERVICE));
    assert_non_null(strstr(component_diags(t),
                           "Load balancer k8s-istioing-edge-0123456789 is still there: "
                           "istio-ingress/edge, for which it was made, is gone"));
    assert_non_null(strstr(component_diags(t), arn));
    t->patience_ms = 0;
    component_balancer_delete(s, arn);
    assert_true(component_remove(t, gateway, state));
    assert_string_equal(component_aws_requests(&s->t), ELB "DescribeLoadBalancers 400\n");
    assert_null(sandbox_object(t->servers[0], "/api/v1/namespaces/istio-ingress"));
}

/* What a destroy left is not forgotten, in whosever namespace it was. */
TEST(a_load_balancer_that_stayed_keeps_the_state)
{
    struct component_balancer *s = component_balancer_start(a);
    struct component *t = &s->t.component;
    const struct value *state;
    const char *arn;

    assert_true(sandbox_put(t->servers[0], "/api/v1/namespaces/istio-ingress",
                            "{\"metadata\":{\"name\":\"istio-ingress\"}}", "somebody"));
    state = unwaited(s);
    arn = component_balancer_add(s, SERVICE "/status", "0123456789", "true");
    state = must_apply(s, state, edge(s, ""));
    t->patience_ms = 3000;
    assert_false(component_remove(t, gateway, state));
    t->patience_ms = 0;
    state = component_read(t, gateway, state);
    assert_non_null(state);
    assert_string_equal(value_text(state, "load_balancer_arn"), arn);
    component_balancer_delete(s, arn);
    assert_true(component_remove(t, gateway, state));
    assert_null(component_read(t, gateway, state));
}

TEST(a_service_that_is_held_names_the_finalizer_and_its_controller)
{
    struct component_balancer *s = component_balancer_start(a);
    struct component *t = &s->t.component;
    const struct value *state = unwaited(s);

    component_balancer_add(s, SERVICE "/status", "0123456789", "true");
    state = must_apply(s, state, edge(s, ""));
    assert_true(sandbox_put(t->servers[0], SERVICE,
                            "{\"metadata\":{\"finalizers\":[\"service.k8s.aws/resources\"]}}",
                            "controller"));
    t->patience_ms = 900;
    assert_false(component_remove(t, gateway, state));
    assert_non_null(strstr(component_diags(t),
                           "Service istio-ingress/edge is held by its load balancer controller: It "
                           "has the finalizer service.k8s.aws/resources, which that controller "
                           "takes off when the load balancer is gone; but no Deployment"));
}

/* Neither AWS nor its refusals keep a refresh from being one. */
TEST(a_refresh_without_aws_keeps_what_was_known)
{
    struct component_balancer *s = component_balancer_start(a);
    struct component *t = &s->t.component;
    const struct value *state = unwaited(s), *again;

    component_balancer_add(s, SERVICE "/status", "0123456789", "true");
    state = must_apply(s, state, edge(s, ""));
    cloud_fault(s->t.cloud, FAULT_500, 1, 0, NULL);
    again = component_read(t, gateway, state);
    assert_true(value_equal(again, state));
    assert_string_equal(t->diags.first->summary,
                        "The gateway's load balancer could not be looked at");
    assert_int_equal(t->diags.first->severity, DIAG_WARNING);
}

TEST(a_controller_of_another_cluster_is_refused)
{
    struct component_balancer *s = component_balancer_start(a);
    struct component *t = &s->t.component;

    assert_null(apply(s, NULL,
                      edge(s, "\"load_balancer\": {\"controller\": "
                              "\"west/kube-system/aws-load-balancer-controller\"}")));
    assert_non_null(strstr(component_diags(t), "Load balancer controller of another cluster"));
}
