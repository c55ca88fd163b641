#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* A gateway chart whose schema refuses what its own values.yaml says. */
static const struct {
    const char *path, *text;
} narrow_files[] = {
    {"gateway/Chart.yaml", "apiVersion: v2\nname: gateway\nversion: %s\n"},
    {"gateway/values.yaml", "_internal_defaults_do_not_set: {}\n"},
    {"gateway/values.schema.json",
     "{\"properties\": {\"labels\": {}, \"service\": {}}, \"additionalProperties\": false}"},
    {"gateway/templates/service.yaml",
     "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n"
     "  type: LoadBalancer\n  ports: [{name: https, port: 443}]\n"},
};
enum { NARROW_FILES = sizeof(narrow_files) / sizeof(*narrow_files) };

static void write_narrow(struct arena *a, const char *folder, const char *version)
{
    (void)mkdir(text_f(a, "%s/gateway", folder), 0700);
    (void)mkdir(text_f(a, "%s/gateway/templates", folder), 0700);
    for (size_t i = 0; i < NARROW_FILES; i++) {
        FILE *file = fopen(text_f(a, "%s/%s", folder, narrow_files[i].path), "w");
        const char *place = strstr(narrow_files[i].text, "%s");

        assert_non_null(file);
        if (place)
            fprintf(file, "%.*s%s%s", (int)(place - narrow_files[i].text), narrow_files[i].text,
                    version, place + 2);
        else
            fputs(narrow_files[i].text, file);
        fclose(file);
    }
}

static void remove_narrow(struct arena *a, const char *folder)
{
    for (size_t i = 0; i < NARROW_FILES; i++)
        unlink(text_f(a, "%s/%s", folder, narrow_files[i].path));
    rmdir(text_f(a, "%s/gateway/templates", folder));
    rmdir(text_f(a, "%s/gateway", folder));
    rmdir(folder);
}

/* Istio 1.21 to 1.24 were published so. */
TEST(a_schema_that_refuses_the_chart_itself_is_not_asked)
{
    static const struct {
        const char *version;
        bool asked;
    } cases[] = {{"1.20.8", true}, {"1.21.0", false}, {"1.24.6", false}, {"1.25.0", true}};
    char folder[] = "/tmp/istio-gateway-XXXXXX";
    struct component t;

    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *config = text_f(a,
                                    "{\"cluster\": @cluster1@, \"name\": \"edge\", \"version\": "
                                    "\"%s\", \"chart\": {\"path\": \"%s\"}}",
                                    cases[i].version, folder);

        write_narrow(a, folder, cases[i].version);
        start(&t, a);
        assert_int_equal(component_apply(&t, gateway, NULL, config) == NULL, cases[i].asked);
        assert_int_equal(
            strstr(component_diags(&t), "'_internal_defaults_do_not_set' not allowed") != NULL,
            cases[i].asked);
        component_stop(&t);
    }
    remove_narrow(a, folder);
}

/* Pods outlive their ReplicaSet until the garbage collector comes: nothing of anybody's. */
TEST(destroy_does_not_mind_what_is_about_to_go)
{
    static const char pod[] = "/api/v1/namespaces/istio-ingress/pods/edge-1";
    const struct value *state;
    struct component t;

    start(&t, a);
    state = must_apply(&t, NULL, edge(a, ""));
    assert_true(
        sandbox_put(t.servers[0], pod,
                    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"edge-1\","
                    "\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\","
                    "\"name\":\"edge\",\"uid\":\"gone\"}]},\"spec\":{\"containers\":["
                    "{\"name\":\"c\",\"image\":\"i\"}]}}",
                    "controller"));
    assert_true(component_remove(&t, gateway, state));
    assert_null(sandbox_object(t.servers[0], "/api/v1/namespaces/istio-ingress"));
    component_stop(&t);
}

/* Somebody's own pod keeps it. */
TEST(destroy_leaves_the_namespace_of_others)
{
    static const char pod[] = "/api/v1/namespaces/istio-ingress/pods/own";
    const struct value *state;
    struct component t;
    char *namespace;

    start(&t, a);
    state = must_apply(&t, NULL, edge(a, ""));
    assert_true(
        sandbox_put(t.servers[0], pod,
                    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"own\"},"
                    "\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}",
                    "somebody"));
    assert_true(component_remove(&t, gateway, state));
    namespace = sandbox_object(t.servers[0], "/api/v1/namespaces/istio-ingress");
    assert_non_null(namespace);
    memory_free(namespace);
    component_stop(&t);
}

/* What changes on the provider's side only writes no record. */
TEST(a_wait_alone_writes_nothing)
{
    const struct value *state;
    struct component t;

    start(&t, a);
    state = must_apply(&t, NULL, edge(a, "\"wait_for_load_balancer\": false"));
    component_requests(&t, 1);
    state = must_apply(&t, state, edge(a, ""));
    assert_int_equal(value_integer_at(state, "release_revision"), 1);
    assert_string_equal(value_text(state, "hostname"), "edge.istio-ingress.lb.invalid");
    assert_null(strstr(component_requests(&t, 1), "PATCH"));
    component_stop(&t);
}
