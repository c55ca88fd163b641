#include "acceptance/harness/component.h"

extern const struct resource resource_mesh_workspace, resource_mesh_workspace_settings;
static const struct resource *const workspace = &resource_mesh_workspace;
static const struct resource *const settings = &resource_mesh_workspace_settings;

#define WORKSPACES "/apis/admin.gloo.solo.io/v2/namespaces/mesh/workspaces"
#define BOOKINFO WORKSPACES "/bookinfo"
#define QUERY "?fieldManager=terraform-provider-istio&fieldValidation=Strict"
#define ARGUMENTS(more)                                                                            \
    "{\"cluster\": @cluster1@, \"name\": \"bookinfo\", \"namespace\": \"mesh\"" more "}"
#define QUICK ARGUMENTS(", \"wait\": false")
#define THEIRS                                                                                     \
    "{\"apiVersion\":\"admin.gloo.solo.io/v2\",\"kind\":\"Workspace\",\"metadata\":{\"name\":"     \
    "\"bookinfo\",\"namespace\":\"mesh\"},\"spec\":{}}"
#define ACCEPTED                                                                                   \
    "{\"status\":{\"common\":{\"State\":{\"observedGeneration\":1,\"approval\":\"ACCEPTED\"}},"    \
    "\"numSelectedClusters\":2}}"

static void define(struct component *t, const char *folder, const char *plural)
{
    const char *file = text_f(t->arena, "acceptance/cases/%s/%s.json", folder, plural);
    const char *path = text_f(t->arena,
                              "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"
                              "%s.admin.gloo.solo.io",
                              plural);

    assert_true(sandbox_put(t->servers[0], path, test_file(t->arena, file).at, "others"));
}

static void start(struct component *t, struct arena *a)
{
    component_start(t, a, 1);
    define(t, "mesh_workspace", "workspaces");
    define(t, "mesh_workspace_settings", "workspacesettings");
    assert_true(sandbox_put(t->servers[0], "/api/v1/namespaces/mesh",
                            "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":"
                            "{\"name\":\"mesh\"}}",
                            "others"));
    component_requests(t, 1);
}

static const struct value *applied(struct component *t, const struct value *prior, const char *json)
{
    const struct value *state = component_apply(t, workspace, prior, json);

    if (!state)
        fail_msg("%s", component_diags(t));
    return state;
}

/* Whose it is, the object, and what became of it. */
TEST(create_costs_three_requests)
{
    const struct value *state;
    struct component t;

    start(&t, a);
    state = applied(&t, NULL, QUICK);
    assert_string_equal(component_requests(&t, 1), "GET " BOOKINFO " 404\n"
                                                   "PATCH " BOOKINFO QUERY " 201\n"
                                                   "GET " BOOKINFO " 200\n");
    assert_string_equal(value_text(state, "id"), "east/mesh/bookinfo");
    assert_string_equal(value_text(state, "state"), "PENDING");
    assert_true(component_plans_nothing(&t, workspace, state, QUICK));
    component_stop(&t);
}

TEST(refresh_costs_one_request)
{
    const struct value *state;
    struct component t;

    start(&t, a);
    state = applied(&t, NULL, QUICK);
    component_requests(&t, 1);
    state = component_read(&t, workspace, state);
    assert_string_equal(component_requests(&t, 1), "GET " BOOKINFO " 200\n");
    assert_true(component_plans_nothing(&t, workspace, state, QUICK));
    component_stop(&t);
}

/* A create that was cut short goes on; what is accepted already costs no watch. */
TEST(what_is_ours_is_adopted)
{
    const struct value *state;
    struct component t;

    start(&t, a);
    applied(&t, NULL, QUICK);
    assert_true(sandbox_put(t.servers[0], BOOKINFO "/status", ACCEPTED, "gloo"));
    component_requests(&t, 1);
    state = applied(&t, NULL, ARGUMENTS());
    assert_string_equal(component_requests(&t, 1),
                        "GET " BOOKINFO " 200\n"
                        "PATCH " BOOKINFO QUERY " 200\n"
                        "GET " WORKSPACES "?fieldSelector=metadata.name%3Dbookinfo 200\n");
    assert_string_equal(value_text(state, "state"), "ACCEPTED");
    assert_int_equal(value_integer_at(state, "num_selected_clusters"), 2);
    assert_true(value_is_null(value_at(state, "num_selected_namespaces")));
    component_stop(&t);
}

/* Nothing is written over what others made. */
TEST(what_is_foreign_is_refused)
{
    struct component t;

    start(&t, a);
    assert_true(sandbox_put(t.servers[0], BOOKINFO, THEIRS, "others"));
    component_requests(&t, 1);
    assert_null(component_apply(&t, workspace, NULL, QUICK));
    assert_string_equal(component_requests(&t, 1), "GET " BOOKINFO " 200\n");
    assert_non_null(strstr(component_diags(&t), "namespace=mesh,name=bookinfo"));
    component_stop(&t);
}

/* Only what differs costs a dry run; an update puts it right. */
TEST(drift)
{
    static const char arguments[] =
        ARGUMENTS(", \"wait\": false, \"force_conflicts\": true, \"workload_clusters\": "
                  "[{\"name\": \"a\", \"namespaces\": [{\"name\": \"b\"}]}]");
    const struct value *state;
    struct component t;

    start(&t, a);
    state = applied(&t, NULL, arguments);
    assert_true(sandbox_put(t.servers[0], BOOKINFO, "{\"spec\":{\"workloadClusters\":[]}}", "x"));
    component_requests(&t, 1);
    state = component_read(&t, workspace, state);
    assert_string_equal(component_requests(&t, 1),
                        "GET " BOOKINFO " 200\n"
                        "PATCH " BOOKINFO "?dryRun=All&fieldManager=terraform-provider-istio"
                        "&fieldValidation=Strict&force=true 200\n");
    assert_string_equal(json_write(a, value_at(state, "drift")).at, "[\"spec.workloadClusters\"]");
    assert_false(component_plans_nothing(&t, workspace, state, arguments));
    state = applied(&t, state, arguments);
    assert_true(
        component_plans_nothing(&t, workspace, component_read(&t, workspace, state), arguments));
    component_stop(&t);
}

/* The state keeps what was there before; what was written shows as drift, so that
 * going back is a change too. */
TEST(a_refused_update)
{
    static const char refusal[] = "{\"status\":{\"generic\":{\"observedGeneration\":9,\"state\":"
                                  "\"INVALID\",\"message\":\"no namespace\"}}}";
    const struct value *state;
    struct component t;

    start(&t, a);
    state = applied(&t, NULL, QUICK);
    assert_true(sandbox_put(t.servers[0], BOOKINFO "/status", refusal, "gloo"));
    assert_null(component_apply(&t, workspace, state, ARGUMENTS(", \"labels\": {\"a\": \"b\"}")));
    assert_non_null(strstr(component_diags(&t), "no namespace"));
    state = component_read(&t, workspace, state);
    assert_string_equal(value_text(state, "state"), "INVALID");
    assert_string_equal(json_write(a, value_at(state, "drift")).at, "[\"metadata.labels\"]");
    assert_false(component_plans_nothing(&t, workspace, state, QUICK));
    component_stop(&t);
}

TEST(gone_is_gone)
{
    const struct value *state;
    struct component t;

    start(&t, a);
    state = applied(&t, NULL, QUICK);
    assert_true(sandbox_delete(t.servers[0], BOOKINFO));
    assert_null(component_read(&t, workspace, state));
    assert_true(component_remove(&t, workspace, state));
    component_stop(&t);
}

/* Somebody deleted it and made another: that one is not ours to delete. */
TEST(another_object_is_not_removed)
{
    const struct value *state;
    struct component t;
    char *object;

    start(&t, a);
    state = applied(&t, NULL, QUICK);
    assert_true(sandbox_delete(t.servers[0], BOOKINFO));
    assert_true(sandbox_put(t.servers[0], BOOKINFO, THEIRS, "others"));
    assert_true(component_remove(&t, workspace, state));
    object = sandbox_object(t.servers[0], BOOKINFO);
    assert_non_null(object);
    memory_free(object);
    component_stop(&t);
}

/* A cluster that is away keeps the state as it was. */
TEST(unreachable_at_refresh)
{
    const struct value *state;
    struct component t;

    start(&t, a);
    state = applied(&t, NULL, QUICK);
    component_restart(&t);
    sandbox_fault(t.servers[0], FAULT_CUT, 1, 0, NULL);
    assert_true(value_equal(component_read(&t, workspace, state), state));
    assert_int_equal(t.diags.first->severity, DIAG_WARNING);
    component_stop(&t);
}

/* The reply is lost after the write: found again, not taken for somebody else's. */
TEST(cut_after_the_write)
{
    struct component t;

    start(&t, a);
    sandbox_fault(t.servers[0], FAULT_CUT_AFTER, 1, 1, "PATCH " BOOKINFO);
    assert_string_equal(value_text(applied(&t, NULL, QUICK), "id"), "east/mesh/bookinfo");
    component_stop(&t);
}

TEST(without_gloo_mesh)
{
    struct component t;

    component_start(&t, a, 1);
    assert_null(component_apply(&t, workspace, NULL, QUICK));
    assert_non_null(strstr(component_diags(&t), "lacks the CRD workspaces.admin.gloo.solo.io"));
    component_stop(&t);
}

/* An import brings all arguments; then the plan is empty. */
TEST(import)
{
    static const char arguments[] =
        ARGUMENTS(", \"options\": {\"virtual_dest_client_mode\": \"auto\"}, \"export_to\": "
                  "[{\"resources\": [{\"kind\": \"ALL\"}]}]");
    static const char wanted[] =
        "{\"apiVersion\":\"admin.gloo.solo.io/v2\","
        "\"kind\":\"WorkspaceSettings\",\"metadata\":{\"name\":\"bookinfo\","
        "\"namespace\":\"mesh\"},\"spec\":{\"options\":"
        "{\"virtualDestClientMode\":{\"auto\":{}}},\"exportTo\":"
        "[{\"resources\":[{\"kind\":\"ALL\"}]}]}}";
    const struct value *state, *object;
    struct component t;
    struct kube *k;

    start(&t, a);
    object = component_json(&t, wanted);
    state = component_config(&t, settings, ARGUMENTS());
    (void)component_call(&t, settings, &value_null);
    assert_true(kube_open(&t.call, component_cluster(&t, 1), NULL, &k));
    assert_true(kube_apply(&t.call, k, object, 0, &object)); /* as if it were made before */
    state = component_read(&t, settings, state);
    assert_string_equal(value_text(state, "id"), "east/mesh/bookinfo");
    assert_true(value_is_null(value_at(state, "spec")));
    assert_int_equal(value_count(value_at(state, "drift")), 0);
    assert_true(component_plans_nothing(&t, settings, state, arguments));
    component_stop(&t);
}
