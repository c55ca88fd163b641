#include "acceptance/harness/component_balancer.h"

extern const struct resource resource_istio_load_balancer_data;
static const struct resource *const balancer = &resource_istio_load_balancer_data;

#define SERVICE "/api/v1/namespaces/istio-ingress/services/edge"
#define INGRESS "/apis/networking.k8s.io/v1/namespaces/istio-ingress/ingresses/edge"
#define ELB "POST elasticloadbalancing.eu-west-1/"
#define LOOKED                                                                                     \
    ELB "DescribeLoadBalancers 200\n" ELB "DescribeListeners 200\n" ELB                            \
        "DescribeTargetHealth 200\n" ELB "DescribeTargetHealth 200\n"

/* A cluster with a Service and an Ingress that nobody's controller looks after. */
static struct component_balancer *start(struct arena *a)
{
    struct component_balancer *s = component_balancer_start(a);
    struct sandbox *server = s->t.component.servers[0];

    assert_true(sandbox_put(server, "/api/v1/namespaces/istio-ingress",
                            "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":"
                            "{\"name\":\"istio-ingress\"}}",
                            "somebody"));
    assert_true(sandbox_put(server, SERVICE,
                            "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":"
                            "\"edge\"},\"spec\":{\"type\":\"LoadBalancer\",\"loadBalancerClass\":"
                            "\"example.com/nobody\",\"ports\":[{\"port\":80}]}}",
                            "somebody"));
    assert_true(sandbox_put(server, INGRESS,
                            "{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"Ingress\","
                            "\"metadata\":{\"name\":\"edge\"},\"spec\":{\"ingressClassName\":"
                            "\"alb\",\"defaultBackend\":{\"service\":{\"name\":\"edge\",\"port\":"
                            "{\"number\":80}}}}}",
                            "somebody"));
    return s;
}

/* @ stands for the connection. NULL = failed. */
static const struct value *read_data(struct component_balancer *s, const char *json)
{
    struct component *t = &s->t.component;
    const char *at = strchr(json, '@');
    const struct value *out = NULL, *config;
    struct call *c;

    if (at)
        json = text_f(t->arena, "%.*s%s%s", (int)(at - json), json, s->connection, at + 1);
    config = component_config(t, balancer, json);
    c = component_call(t, balancer, config);
    if (!check_config(c, balancer, config) || !balancer->read(c, config, &out))
        return NULL;
    if (!invariant_state(c, balancer, out))
        fail_msg("%s", component_diags(t));
    return out;
}

static const char *shown(struct component_balancer *s, const struct value *found, const char *name)
{
    return json_write(s->t.component.arena, value_at(found, name)).at;
}

#define OF(kind)                                                                                   \
    "{\"cluster\": @, \"" kind "\": {\"namespace\": \"istio-ingress\", \"name\": \"edge\"}"

TEST(a_service_leads_to_listeners_and_targets)
{
    struct component_balancer *s = start(a);
    const char *arn = component_balancer_add(s, SERVICE "/status", "0123456789", "false");
    const struct value *found = read_data(s, OF("service") "}"), *target;

    assert_non_null(found);
    assert_string_equal(component_aws_requests(&s->t), LOOKED);
    assert_string_equal(value_text(found, "arn"), arn);
    assert_string_equal(value_text(found, "id"), arn);
    assert_string_equal(value_text(found, "name"), "k8s-istioing-edge-0123456789");
    assert_string_equal(value_text(found, "type"), "network");
    assert_string_equal(value_text(found, "state"), "active");
    assert_false(value_flag(found, "healthy"));
    assert_string_equal(shown(s, found, "availability_zones"), "[\"eu-west-1a\"]");
    assert_non_null(strstr(shown(s, found, "addresses"), "127.0.0.1"));
    assert_string_equal(shown(s, found, "listeners"),
                        "[{\"port\":80,\"protocol\":\"TCP\",\"healthy\":true,\"reason\":\"\"},"
                        "{\"port\":443,\"protocol\":\"TCP\",\"healthy\":false,\"reason\":"
                        "\"Target.FailedHealthChecks\"}]");
    target = value_item(value_at(found, "targets"), 1);
    assert_int_equal(value_integer_at(target, "port"), 443);
    assert_string_equal(value_text(target, "target"), "10.1.0.9");
    assert_string_equal(value_text(target, "state"), "unhealthy");
    assert_string_equal(value_text(target, "reason"), "Target.FailedHealthChecks");
}

/* All the ways to name the same one. */
TEST(found_by_ingress_name_arn_and_host_name)
{
    struct component_balancer *s = start(a);
    const char *arn = component_balancer_add(s, INGRESS "/status", "0123456789", "true");
    const struct value *by_ingress = read_data(s, OF("ingress") ", \"wait\": true}");
    const char *dns_name = value_text(by_ingress, "dns_name");
    const char *const others[] = {
        text_f(a, "{\"arn\": \"%s\"}", arn),
        "{\"name\": \"k8s-istioing-edge-0123456789\", \"region\": \"eu-west-1\", \"wait\": true}",
        text_f(a, "{\"hostname\": \"%s\", \"region\": \"eu-west-1\"}", dns_name),
        text_f(a, "{\"cluster\": @, \"hostname\": \"dualstack.%s\"}", dns_name),
    };

    assert_true(value_flag(by_ingress, "healthy"));
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        const struct value *found = read_data(s, others[i]);

        if (!found)
            fail_msg("%s: %s", others[i], component_diags(&s->t.component));
        assert_string_equal(value_text(found, "arn"), arn);
        assert_true(value_equal(value_at(found, "targets"), value_at(by_ingress, "targets")));
    }
}

TEST(what_is_not_there_is_said)
{
    static const struct {
        const char *config, *words;
    } rows[] = {
        {OF("service") "}", "No load balancer: Service istio-ingress/edge on cluster east has no "
                            "host name of a load balancer in its status"},
        {OF("service") ", \"wait\": true}",
         "Timed out waiting for Service istio-ingress/edge to get the host name of a load"},
        {"{\"name\": \"other\", \"region\": \"eu-west-1\"}",
         "No load balancer: AWS knows none with the name other in eu-west-1."},
        {"{\"name\": \"other\", \"hostname\": \"x\"}", ""},
        {"{}", ""},
        {"{\"service\": {\"namespace\": \"a\", \"name\": \"b\"}}", "cluster"},
    };
    struct component_balancer *s = start(a);

    s->t.component.patience_ms = 900;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (read_data(s, rows[i].config))
            fail_msg("%s", rows[i].config);
        if (!strstr(component_diags(&s->t.component), rows[i].words))
            fail_msg("%s", component_diags(&s->t.component));
    }
}

TEST(waited_for_in_vain)
{
    struct component_balancer *s = start(a);

    component_balancer_add(s, SERVICE "/status", "0123456789", "false");
    s->t.component.patience_ms = 900;
    assert_null(read_data(s, OF("service") ", \"wait\": true}"));
    assert_non_null(strstr(component_diags(&s->t.component),
                           "- port 443: 10.1.0.9:443 in eu-west-1a is unhealthy: "
                           "Target.FailedHealthChecks"));
}
