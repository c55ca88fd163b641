#include "acceptance/harness/component.h"

extern const struct resource resource_istio_revision_tag;
static const struct resource *const tag = &resource_istio_revision_tag;

#define CONFIGURATIONS "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
#define TAG_PATH CONFIGURATIONS "/istio-revision-tag-prod"
#define SERVICE_PATH "/api/v1/namespaces/istio-system/services/istiod-revision-tag-prod"
#define QUERY "?fieldManager=terraform-provider-istio&fieldValidation=Strict"

static void put_revision(struct component *t, const char *name)
{
    const char *body = text_f(t->arena,
                              "{\"apiVersion\":\"admissionregistration.k8s.io/v1\","
                              "\"kind\":\"MutatingWebhookConfiguration\",\"metadata\":{"
                              "\"name\":\"injector-%s\",\"labels\":{\"istio.io/rev\":\"%s\"}}}",
                              name, name);

    assert_true(sandbox_put(t->servers[0], text_f(t->arena, CONFIGURATIONS "/injector-%s", name),
                            body, "helm"));
}

static void start(struct component *t, struct arena *a)
{
    component_start(t, a, 1);
    assert_true(sandbox_put(
        t->servers[0], "/api/v1/namespaces/istio-system",
        "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"istio-system\"}}",
        "somebody"));
    put_revision(t, "1-26");
    put_revision(t, "1-27");
    sandbox_requests_reset(t->servers[0]);
}

static const struct value *must_apply(struct component *t, const struct value *prior,
                                      const char *json)
{
    const struct value *state = component_apply(t, tag, prior, json);

    if (!state)
        fail_msg("%s", component_diags(t));
    return state;
}

/* What follows the questions of discovery and identity, which come once. The two objects
 * are looked at at once, so that either answer may come first. */
static void assert_asked_from(struct component *t, const char *first, const char *wanted)
{
    const char *requests = component_requests(t, 1), *at = strstr(requests, first);
    const char *other = strstr(requests, "GET " SERVICE_PATH);

    assert_non_null(at);
    assert_string_equal(component_sorted(t, other && other < at ? other : at),
                        component_sorted(t, wanted));
}

TEST(create_checks_the_revision_and_applies_two_objects)
{
    struct component t;

    start(&t, a);
    must_apply(&t, NULL, "{\"cluster\": @cluster1@, \"tag\": \"prod\", \"revision\": \"1-26\"}");
    assert_asked_from(&t, "GET " TAG_PATH,
                      "GET " TAG_PATH " 404\n"
                      "GET " SERVICE_PATH " 404\n"
                      "PATCH " SERVICE_PATH QUERY " 201\n"
                      "PATCH " TAG_PATH QUERY " 201\n");
    component_stop(&t);
}

TEST(moving_writes_what_differs)
{
    const struct value *state;
    struct component t;

    start(&t, a);
    state = must_apply(&t, NULL,
                       "{\"cluster\": @cluster1@, \"tag\": \"prod\", \"revision\": \"1-26\"}");
    component_requests(&t, 1);
    sandbox_requests_reset(t.servers[0]);
    state = must_apply(&t, state,
                       "{\"cluster\": @cluster1@, \"tag\": \"prod\", \"revision\": \"1-27\"}");
    assert_string_equal(value_text(state, "revision"), "1-27");
    assert_asked_from(&t, "GET " CONFIGURATIONS "?",
                      "GET " CONFIGURATIONS "?labelSelector=istio.io%2Frev&limit=500 200\n"
                      "GET " TAG_PATH " 200\n"
                      "GET " SERVICE_PATH " 200\n"
                      "PATCH " SERVICE_PATH QUERY " 200\n"
                      "PATCH " TAG_PATH QUERY " 200\n");
    component_stop(&t);
}

/* A revision whose name it has would inject beside it; nothing is written. */
TEST(a_name_of_a_revision_is_refused)
{
    struct component t;

    start(&t, a);
    assert_null(component_apply(
        &t, tag, NULL, "{\"cluster\": @cluster1@, \"tag\": \"1-27\", \"revision\": \"1-26\"}"));
    assert_non_null(strstr(component_diags(&t), "A revision has the name of the tag"));
    assert_null(strstr(component_requests(&t, 1), "PATCH"));
    component_stop(&t);
}

TEST(a_missing_revision_is_named_with_those_that_are_there)
{
    struct component t;

    start(&t, a);
    assert_null(component_apply(
        &t, tag, NULL, "{\"cluster\": @cluster1@, \"tag\": \"prod\", \"revision\": \"2-0\"}"));
    assert_non_null(strstr(component_diags(&t), "those that do: 1-26, 1-27"));
    component_stop(&t);
}

/* A tag called default beside an istiod without a revision: two injectors for one pod. */
TEST(the_default_tag_waits_for_the_default_revision_to_go)
{
    struct component t;

    start(&t, a);
    put_revision(&t, "default");
    assert_null(component_apply(
        &t, tag, NULL, "{\"cluster\": @cluster1@, \"tag\": \"default\", \"revision\": \"1-27\"}"));
    assert_non_null(strstr(component_diags(&t), "The default revision injects already"));
    component_stop(&t);
}
