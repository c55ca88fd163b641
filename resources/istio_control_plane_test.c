#include "acceptance/harness/component.h"
#include "kube/set.h"

extern const struct resource resource_istio_control_plane;
static const struct resource *const control_plane = &resource_istio_control_plane;

#define WRITE "?fieldManager=terraform-provider-istio&fieldValidation=Strict"
#define SECRETS "/api/v1/namespaces/istio-system/secrets"
#define RECORD SECRETS "/sh.helm.release.v1."
#define DEPLOYMENT "/apis/apps/v1/namespaces/istio-system/deployments/istiod"
#define AUTOSCALER "/apis/autoscaling/v2/namespaces/istio-system/horizontalpodautoscalers/istiod"
#define VALIDATOR                                                                                  \
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/istiod-default-"        \
    "validator"

/* The control plane of the tests, with `more` arguments; most have no istiod to wait for. */
static const char *waiting(struct arena *a, const char *more)
{
    return text_f(a,
                  "{\"cluster\": @cluster1@, \"version\": \"1.27.3\", \"keep_crds\": false, "
                  "\"chart\": {\"path\": \"acceptance/charts\"}%s%s}",
                  *more ? ", " : "", more);
}

static const char *plane(struct arena *a, const char *more)
{
    return waiting(a, text_f(a, "\"wait_for_webhooks\": false%s%s", *more ? ", " : "", more));
}

static const struct value *must_apply(struct component *t, const struct value *prior,
                                      const char *json)
{
    const struct value *state = component_apply(t, control_plane, prior, json);

    if (!state)
        fail_msg("%s", component_diags(t));
    return state;
}

/* --- requests ------------------------------------------------------------------------- */

static size_t count_of(const char *requests, const char *piece)
{
    size_t count = 0;

    for (const char *at = requests; (at = strstr(at, piece)); at += strlen(piece))
        count++;
    return count;
}

/* The pieces stand in the requests one after the other; fails with the first that does not. */
static void in_this_order(const char *requests, const char *const *pieces)
{
    for (; *pieces; pieces++) {
        const char *at = strstr(requests, *pieces);

        if (!at)
            fail_msg("not in its place: %s\n%s", *pieces, requests);
        requests = at + strlen(*pieces);
    }
}

static const struct value *object_at(struct component *t, const char *path)
{
    char *json = sandbox_object(t->servers[0], path);
    const struct value *v;

    if (!json)
        return NULL;
    v = component_json(t, arena_strdup(t->arena, json));
    memory_free(json);
    return v;
}

/* Through the API, by the key of its entry. */
static void remove_by_hand(struct component *t, const struct value_entry *entry)
{
    const struct kube_delete_options options = {.wait = true};
    const struct kube_ref ref =
        kube_set_ref(t->arena, entry->key, value_text(entry->value, "api_version"));
    struct call *c = component_call(t, control_plane, &value_null);
    struct kube *k;

    if (!kube_open(c, component_cluster(t, 1), NULL, &k) || !kube_delete(c, k, &ref, &options))
        fail_msg("%s", component_diags(t));
}

/* --- install ---------------------------------------------------------------------------- */

TEST(install_writes_each_object_once_and_base_before_istiod)
{
    static const char *const order[] = {
        "POST /api/v1/namespaces" WRITE " 201",
        "PATCH " RECORD "istio-base.v1" WRITE "&force=true 201", /* pending-install */
        "PATCH /apis/apiextensions.k8s.io/v1/customresourcedefinitions/",
        "PATCH " VALIDATOR WRITE " 201",
        "PATCH " RECORD "istio-base.v1" WRITE "&force=true 200", /* deployed */
        "PATCH " RECORD "istiod.v1" WRITE "&force=true 201",
        "PATCH /api/v1/namespaces/istio-system/serviceaccounts/istiod" WRITE " 201",
        "PATCH " DEPLOYMENT WRITE " 201",
        "PATCH /apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/",
        "PATCH " RECORD "istiod.v1" WRITE "&force=true 200",
        NULL,
    };
    const struct value *state;
    const char *requests;
    struct component t;

    component_start(&t, a, 1);
    state = must_apply(&t, NULL, plane(a, ""));
    requests = component_requests(&t, 1);
    in_this_order(requests, order);
    assert_int_equal(count_of(requests, "PATCH "), value_count(value_at(state, "objects")) + 4);
    assert_int_equal(count_of(requests, "dryRun"), 0);
    assert_int_equal(count_of(requests, "PUT ") + count_of(requests, "DELETE "), 0);
    component_stop(&t);
}

/* 14 kinds, 14 questions: base and istiod share them. */
TEST(a_refresh_asks_once_for_each_kind)
{
#define OF_HELM "?labelSelector=app.kubernetes.io%2Fmanaged-by%3DHelm&limit=500 200\n"
    static const char all[] =
        "GET /api/v1/namespaces/istio-system/configmaps" OF_HELM
        "GET /api/v1/namespaces/istio-system/configmaps/istio-ca-root-cert 404\n"
        "GET " SECRETS "/cacerts 404\n"
        "GET /api/v1/namespaces/istio-system 200\n"
        "GET " SECRETS "?labelSelector=name%20in%20%28istio-base%2Cistiod%29%2Cowner%3Dhelm&limit="
        "500 200\n"
        "GET /api/v1/namespaces/istio-system/serviceaccounts" OF_HELM
        "GET /api/v1/namespaces/istio-system/services/istiod 200\n"
        "GET /apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/"
        "istio-sidecar-injector 200\n"
        "GET /apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations" OF_HELM
        "GET /apis/apiextensions.k8s.io/v1/customresourcedefinitions" OF_HELM "GET " DEPLOYMENT
        " 200\n"
        "GET " AUTOSCALER " 200\n"
        "GET /apis/policy/v1/namespaces/istio-system/poddisruptionbudgets/istiod 200\n"
        "GET /apis/rbac.authorization.k8s.io/v1/clusterrolebindings" OF_HELM
        "GET /apis/rbac.authorization.k8s.io/v1/clusterroles" OF_HELM
        "GET /apis/rbac.authorization.k8s.io/v1/namespaces/istio-system/rolebindings/istiod 200\n"
        "GET /apis/rbac.authorization.k8s.io/v1/namespaces/istio-system/roles/istiod 200\n";
    const struct value *state;
    struct component t;

    component_start(&t, a, 1);
    state = must_apply(&t, NULL, plane(a, ""));
    component_requests(&t, 1);
    state = component_read(&t, control_plane, state);
    assert_string_equal(component_sorted(&t, component_requests(&t, 1)), component_sorted(&t, all));
    assert_int_equal(value_count(value_at(state, "drift")), 0);
    assert_true(component_plans_nothing(&t, control_plane, state, plane(a, "")));
    assert_string_equal(component_requests(&t, 1), "");
    component_stop(&t);
}

/* An object that lost the label by which the LIST finds it is not gone. */
TEST(an_object_without_its_label_is_drift_and_not_gone)
{
    const struct value *state, *drift;
    struct component t;

    component_start(&t, a, 1);
    state = must_apply(&t, NULL, plane(a, ""));
    assert_true(sandbox_put(
        t.servers[0], "/api/v1/namespaces/istio-system/configmaps/istio",
        "{\"metadata\": {\"labels\": {\"app.kubernetes.io/managed-by\": null}}}", "somebody"));
    drift = value_at(component_read(&t, control_plane, state), "drift");
    assert_int_equal(value_count(drift), 1);
    assert_string_equal(value_z(value_item(drift, 0)),
                        "ConfigMap/istio-system/istio: "
                        "metadata.labels[\"app.kubernetes.io/managed-by\"]");
    component_stop(&t);
}

/* --- upgrade ------------------------------------------------------------------------------ */

/* The value stands in two objects; base is not looked at. */
TEST(a_changed_value_writes_what_it_touches)
{
    static const char *const written[] = {
        "PATCH " RECORD "istiod.v2" WRITE "&force=true 201", /* pending-upgrade */
        "PATCH /api/v1/namespaces/istio-system/configmaps/values" WRITE " 200",
        "PATCH " AUTOSCALER WRITE " 200",
        "PATCH " RECORD "istiod.v1" WRITE "&force=true 200", /* superseded */
        "PATCH " RECORD "istiod.v2" WRITE "&force=true 200", /* deployed */
        NULL,
    };
    const struct value *state, *entry;
    const char *requests;
    struct component t;

    component_start(&t, a, 1);
    state = must_apply(&t, NULL, plane(a, ""));
    component_requests(&t, 1);
    state = must_apply(&t, state, plane(a, "\"values_yaml\": [\"autoscaleMax: 7\"]"));
    requests = component_requests(&t, 1);
    in_this_order(requests, written);
    assert_int_equal(count_of(requests, "PATCH ") - count_of(requests, "dryRun"), 5);
    assert_int_equal(count_of(requests, "istio-base"), 0);
    entry = value_in(state, "objects", "HorizontalPodAutoscaler.autoscaling/istio-system/istiod");
    assert_string_equal(value_text(entry, "action"), "update");
    assert_int_equal(value_integer_at(value_at(entry, "changed"), "spec.maxReplicas"), 2);
    component_stop(&t);
}

/* What was not reached is not in the state; the running objects and the record that
 * says so stay, and the next apply goes on. */
TEST(an_upgrade_that_fails_leaves_the_running_release)
{
    const char *more = "\"values_yaml\": [\"autoscaleMax: 7\"]";
    const struct value *state, *record;
    struct component t;

    component_start(&t, a, 1);
    state = must_apply(&t, NULL, plane(a, ""));
    assert_true(sandbox_put(t.servers[0], AUTOSCALER, "{\"spec\": {\"maxReplicas\": 6}}", "hands"));
    assert_null(component_apply(&t, control_plane, state, plane(a, more)));
    assert_non_null(strstr(component_diags(&t), "hands"));
    assert_int_equal(value_integer_at(value_at(object_at(&t, AUTOSCALER), "spec"), "maxReplicas"),
                     6);
    record = object_at(&t, RECORD "istiod.v1");
    assert_string_equal(value_z(value_in(record, "metadata", "labels", "status")), "deployed");
    state = must_apply(&t, state,
                       plane(a, "\"values_yaml\": [\"autoscaleMax: 7\"], "
                                "\"force_conflicts\": true"));
    record = object_at(&t, AUTOSCALER);
    assert_int_equal(value_integer_at(value_at(record, "spec"), "maxReplicas"), 7);
    component_stop(&t);
}

/* Compared with the chart's text instead, the plan would be another one a moment later. */
TEST(a_dry_run_without_an_answer_is_no_plan)
{
    const char *more = "\"values_yaml\": [\"autoscaleMax: 7\"]";
    const struct value *state;
    struct component t;

    component_start(&t, a, 1);
    state = must_apply(&t, NULL, plane(a, ""));
    sandbox_fault(t.servers[0], FAULT_GARBAGE, 1, 0, "dryRun");
    assert_null(component_apply(&t, control_plane, state, plane(a, more)));
    assert_null(object_at(&t, RECORD "istiod.v2"));
    sandbox_fault(t.servers[0], FAULT_NONE, 0, 0, NULL);
    must_apply(&t, state, plane(a, more));
    component_stop(&t);
}

/* A render that fails asks for nothing to be written. */
TEST(values_that_do_not_render_change_nothing)
{
    const struct value *state;
    struct component t;

    component_start(&t, a, 1);
    state = must_apply(&t, NULL, plane(a, ""));
    component_requests(&t, 1);
    assert_null(component_apply(&t, control_plane, state,
                                plane(a, "\"values_yaml\": [\"compatibilityVersion: nonsense\"]")));
    assert_int_equal(count_of(component_requests(&t, 1), "PATCH"), 0);
    component_stop(&t);
}

/* --- istiod runs --------------------------------------------------------------------------- */

/* It writes its CA and failurePolicy into the webhooks: neither drift, nor fought over. */
TEST(what_istiod_writes_into_its_webhooks_is_left_to_it)
{
    const struct value *state, *webhook;
    struct component t;

    component_start_mesh(&t, a, 1, true);
    state = must_apply(&t, NULL, waiting(a, ""));
    state = component_read(&t, control_plane, state);
    assert_int_equal(value_count(value_at(state, "drift")), 0);
    assert_true(component_plans_nothing(&t, control_plane, state, waiting(a, "")));
    assert_int_equal(strlen(value_text(state, "root_fingerprint")), 64);
    must_apply(&t, state,
               waiting(a, "\"default_revision\": \"default\", "
                          "\"values_yaml\": [\"traceSampling: 9\"]"));
    webhook = value_item(value_at(object_at(&t, VALIDATOR), "webhooks"), 0);
    assert_string_equal(value_text(webhook, "failurePolicy"), "Fail");
    assert_true(value_text(value_at(webhook, "clientConfig"), "caBundle")[0]);
    component_stop(&t);
}

TEST(without_cacerts_istiod_does_not_start)
{
    struct component t;

    component_start(&t, a, 1);
    assert_null(component_apply(&t, control_plane, NULL,
                                plane(a, "\"cacerts\": \"east/istio-system/cacerts\"")));
    assert_non_null(strstr(component_diags(&t), "The Secret cacerts is missing"));
    assert_int_equal(count_of(component_requests(&t, 1), "PATCH"), 0);
    assert_null(object_at(&t, "/api/v1/namespaces/istio-system"));
    component_stop(&t);
}

/* A namespace that is ours is still to be removed when Helm has taken all out of it. */
TEST(a_namespace_of_ours_is_not_forgotten)
{
    const struct value *state;
    struct component t;

    component_start(&t, a, 1);
    state = must_apply(&t, NULL, plane(a, "\"components\": {\"base\": {\"enabled\": false}}"));
    for (size_t i = 0; i < value_count(value_at(state, "objects")); i++)
        remove_by_hand(&t, &value_at(state, "objects")->map.entries[i]);
    assert_true(sandbox_delete(t.servers[0], RECORD "istiod.v1"));
    state = component_read(&t, control_plane, state);
    assert_non_null(state);
    assert_int_equal(value_count(value_at(state, "objects")), 0);
    assert_true(component_remove(&t, control_plane, state));
    assert_null(object_at(&t, "/api/v1/namespaces/istio-system"));
    component_stop(&t);
}

/* --- destroy -------------------------------------------------------------------------------- */

/* Webhooks first, then istiod, ztunnel, cni, base with the CRDs, at last the namespace. */
TEST(destroy_goes_in_istios_order)
{
    static const char *const order[] = {
        "DELETE /apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/",
        "DELETE " DEPLOYMENT " 200",
        "DELETE " RECORD "istiod.v1 200",
        "DELETE /apis/apps/v1/namespaces/istio-system/daemonsets/ztunnel 200",
        "DELETE " RECORD "ztunnel.v1 200",
        "DELETE /apis/apps/v1/namespaces/istio-system/daemonsets/istio-cni-node 200",
        "DELETE " RECORD "istio-cni.v1 200",
        "DELETE /apis/apiextensions.k8s.io/v1/customresourcedefinitions/",
        "DELETE " RECORD "istio-base.v1 200",
        "DELETE /api/v1/namespaces/istio-system 200",
        NULL,
    };
    const struct value *state;
    const char *requests;
    struct component t;

    component_start(&t, a, 1);
    state = must_apply(&t, NULL, plane(a, "\"profile\": \"ambient\""));
    component_requests(&t, 1);
    assert_true(component_remove(&t, control_plane, state));
    requests = component_requests(&t, 1);
    in_this_order(requests, order);
    /* Each object, four records, and the namespace. */
    assert_int_equal(count_of(requests, "DELETE "), value_count(value_at(state, "objects")) + 5);
    assert_string_equal(component_diags(&t), "");
    component_stop(&t);
}
