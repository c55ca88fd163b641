#include "acceptance/harness/component.h"

extern const struct resource resource_istio_gateway;
static const struct resource *const gateway = &resource_istio_gateway;

#define INJECTOR                                                                                   \
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/istio-sidecar-injector"
#define SERVICE "/api/v1/namespaces/istio-ingress/services/edge"

static void start(struct component *t, struct arena *a)
{
    component_start(t, a, 1);
    assert_true(
        sandbox_put(t->servers[0], INJECTOR,
                    "{\"apiVersion\":\"admissionregistration.k8s.io/v1\","
                    "\"kind\":\"MutatingWebhookConfiguration\",\"metadata\":{\"name\":"
                    "\"istio-sidecar-injector\",\"labels\":{\"istio.io/rev\":\"default\"}}}",
                    "helm"));
    sandbox_requests_reset(t->servers[0]);
}

static const char *edge(struct arena *a, const char *more)
{
    return text_f(a,
                  "{\"cluster\": @cluster1@, \"name\": \"edge\", \"version\": \"1.27.3\", "
                  "\"chart\": {\"path\": \"acceptance/charts\"}%s%s}",
                  *more ? ", " : "", more);
}

static const struct value *must_apply(struct component *t, const struct value *prior,
                                      const char *json)
{
    const struct value *state = component_apply(t, gateway, prior, json);

    if (!state)
        fail_msg("%s", component_diags(t));
    return state;
}

static size_t count_of(const char *requests, const char *piece)
{
    size_t count = 0;

    for (const char *at = requests; (at = strstr(at, piece)); at += strlen(piece))
        count++;
    return count;
}

static const struct value *field_of(struct component *t, const char *path)
{
    char *json = sandbox_object(t->servers[0], path);
    const struct value *v;

    assert_non_null(json);
    v = component_json(t, arena_strdup(t->arena, json));
    memory_free(json);
    return v;
}

TEST(installs_waits_for_the_address_and_plans_nothing_more)
{
    const struct value *state;
    struct component t;

    start(&t, a);
    state = must_apply(&t, NULL, edge(a, ""));
    assert_string_equal(value_text(state, "id"), "east/istio-ingress/edge");
    assert_string_equal(value_text(state, "chart_version"), "1.27.3");
    assert_string_equal(value_text(state, "status"), "deployed");
    assert_string_equal(value_text(state, "hostname"), "edge.istio-ingress.lb.invalid");
    assert_true(
        component_plans_nothing(&t, gateway, component_read(&t, gateway, state), edge(a, "")));
    component_stop(&t);
}

/* Only the Service is written when only an annotation of it changes. */
TEST(an_annotation_touches_the_service_alone)
{
    const struct value *state, *service;
    const char *requests;
    struct component t;

    start(&t, a);
    state = must_apply(&t, NULL, edge(a, ""));
    component_requests(&t, 1);
    must_apply(&t, state, edge(a, "\"annotations\": {\"team\": \"mesh\"}"));
    requests = component_requests(&t, 1);
    assert_int_equal(count_of(requests, "PATCH " SERVICE "?fieldManager=terraform-provider-istio&"
                                        "fieldValidation=Strict 200"),
                     1);
    assert_int_equal(count_of(requests, "PATCH /apis/apps/"), 0);
    service = field_of(&t, SERVICE);
    assert_string_equal(value_z(value_in(service, "metadata", "annotations", "team")), "mesh");
    component_stop(&t);
}

TEST(without_an_injector_nothing_is_made)
{
    struct component t;

    component_start(&t, a, 1);
    assert_null(component_apply(&t, gateway, NULL, edge(a, "")));
    assert_non_null(strstr(component_diags(&t), "No istiod would inject into the gateway's pods"));
    assert_int_equal(count_of(component_requests(&t, 1), "PATCH"), 0);
    component_stop(&t);
}

TEST(destroy_takes_the_namespace_along)
{
    const struct value *state;
    struct component t;

    start(&t, a);
    state = must_apply(&t, NULL, edge(a, ""));
    assert_true(component_remove(&t, gateway, state));
    assert_null(sandbox_object(t.servers[0], "/api/v1/namespaces/istio-ingress"));
    component_stop(&t);
}
