#include "acceptance/harness/component.h"
#include "istio/signer.h"

extern const struct resource resource_istio_cacerts, resource_istio_root_ca;
static const struct resource *const cacerts = &resource_istio_cacerts;

static const char secret_path[] = "/api/v1/namespaces/istio-system/secrets/cacerts";

/* A root of that name, with its key in the state. */
static const struct value *root_of(struct component *t, const char *name)
{
    const struct value *state = component_apply(
        t, &resource_istio_root_ca, NULL,
        text_f(t->arena,
               "{\"common_name\": \"%s\", \"key_algorithm\": \"ECDSA-P256\", \"storage\": "
               "{\"state\": true}}",
               name));

    assert_non_null(state);
    return state;
}

static const char *config_of(struct component *t, const struct value *root, const char *more)
{
    return text_f(t->arena,
                  "{\"cluster\": @cluster1@, \"root\": %s, \"key_algorithm\": \"ECDSA-P256\"%s}",
                  json_write(t->arena, value_at(root, "signer")).at, more);
}

static const struct value *created(struct component *t, const char *config)
{
    const struct value *state = component_apply(t, cacerts, NULL, config);

    if (!state)
        fail_msg("%s", component_diags(t));
    component_requests(t, 1);
    return state;
}

static const char *json_text(struct arena *a, struct text text)
{
    return json_write(a, value_string_of(a, text)).at;
}

/* An object of the core in istio-system, by another hand; more: ", \"data\": …". */
static void put(struct component *t, const char *kind, const char *plural, const char *name,
                const char *more)
{
    struct arena *a = t->arena;

    (void)sandbox_put(t->servers[0], "/api/v1/namespaces/istio-system",
                      "{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": "
                      "\"istio-system\"}}",
                      "x");
    assert_true(sandbox_put(
        t->servers[0], text_f(a, "/api/v1/namespaces/istio-system/%s/%s", plural, name),
        text_f(a,
               "{\"apiVersion\": \"v1\", \"kind\": \"%s\", \"metadata\": {\"name\": \"%s\", "
               "\"namespace\": \"istio-system\"}%s}",
               kind, name, more),
        "x"));
}

/* istiod runs and gives this root to the workloads. */
static void run_istiod(struct component *t, const struct value *root)
{
    struct text pem = value_string_text(value_at(root, "certificate_pem"));

    put(t, "ConfigMap", "configmaps", "istio-ca-root-cert",
        text_f(t->arena, ", \"data\": {\"root-cert.pem\": %s}", json_text(t->arena, pem)));
}

TEST(a_first_one_costs_three_requests_and_a_refresh_one)
{
    const struct value *root, *state, *again;
    struct component t;
    const char *config;

    component_start(&t, a, 1);
    root = root_of(&t, "mesh");
    config = config_of(&t, root, "");
    state = component_apply(&t, cacerts, NULL, config);
    assert_non_null(state);
    assert_string_equal(component_requests(&t, 1),
                        "GET /api/v1/namespaces/istio-system 404\n"
                        "POST /api/v1/namespaces?fieldManager=terraform-provider-istio&"
                        "fieldValidation=Strict 201\n"
                        "PATCH /api/v1/namespaces/istio-system/secrets/cacerts?fieldManager="
                        "terraform-provider-istio&fieldValidation=Strict 201\n");
    assert_string_equal(value_text(state, "id"), "east/istio-system/cacerts");
    assert_string_equal(value_text(state, "root_fingerprint_sha256"),
                        value_text(root, "fingerprint_sha256"));
    again = component_read(&t, cacerts, state);
    assert_string_equal(component_requests(&t, 1),
                        "GET /api/v1/namespaces/istio-system/secrets/cacerts 200\n");
    assert_true(value_equal(state, again));
    assert_true(component_plans_nothing(&t, cacerts, again, config));
    assert_string_equal(component_requests(&t, 1), "");
    component_stop(&t);
}

TEST(the_key_of_a_root_in_a_secret_costs_one_request_there)
{
    const struct value *root, *state;
    struct component t;

    component_start(&t, a, 2);
    root = component_apply(&t, &resource_istio_root_ca, NULL,
                           "{\"common_name\": \"mesh\", \"key_algorithm\": \"ECDSA-P256\", "
                           "\"storage\": {\"secret\": {\"cluster\": @cluster2@}}}");
    assert_non_null(root);
    component_requests(&t, 2);
    state = component_apply(&t, cacerts, NULL, config_of(&t, root, ""));
    assert_non_null(state);
    assert_string_equal(component_requests(&t, 2),
                        "GET /api/v1/namespaces/istio-system/secrets/istio-root-ca 200\n");
    component_stop(&t);
}

TEST(a_create_that_was_cut_short_goes_on_with_the_same_ca)
{
    const struct value *first, *second;
    struct component t;
    const char *config;

    component_start(&t, a, 1);
    config = config_of(&t, root_of(&t, "mesh"), "");
    first = created(&t, config);
    second = component_apply(&t, cacerts, NULL, config);
    assert_non_null(second);
    assert_true(value_equal(first, second));
    assert_string_equal(component_requests(&t, 1),
                        "GET /api/v1/namespaces/istio-system 200\n"
                        "GET /api/v1/namespaces/istio-system/secrets/cacerts 200\n"
                        "PATCH /api/v1/namespaces/istio-system/secrets/cacerts?fieldManager="
                        "terraform-provider-istio&fieldValidation=Strict 200\n");
    component_stop(&t);
}

TEST(a_secret_of_somebody_else_is_refused_before_anything_is_written)
{
    struct component t;

    component_start(&t, a, 1);
    put(&t, "Secret", "secrets", "cacerts", ", \"data\": {\"ca-cert.pem\": \"\"}");
    assert_null(component_apply(&t, cacerts, NULL, config_of(&t, root_of(&t, "mesh"), "")));
    assert_non_null(strstr(component_diags(&t), "exists already"));
    assert_string_equal(component_requests(&t, 1),
                        "GET /api/v1/namespaces/istio-system 200\n"
                        "GET /api/v1/namespaces/istio-system/secrets/cacerts 200\n");
    put(&t, "Secret", "secrets", "cacerts", ", \"data\": {\"istio-generated\": \"\"}");
    assert_null(component_apply(&t, cacerts, NULL, config_of(&t, root_of(&t, "mesh"), "")));
    assert_non_null(strstr(component_diags(&t), "istiod made its own"));
    component_stop(&t);
}

TEST(renewal_is_planned_when_its_time_comes_and_not_before)
{
    const char *more = ", \"validity\": \"100h\", \"renew_before\": \"10h\"", *config;
    const struct value *state, *later, *renewed;
    struct component t;

    component_start(&t, a, 1);
    config = config_of(&t, root_of(&t, "mesh"), more);
    state = created(&t, config);
    clock_shift(89 * 3600);
    assert_true(component_plans_nothing(&t, cacerts, component_read(&t, cacerts, state), config));
    clock_shift(91 * 3600);
    later = component_read(&t, cacerts, state);
    assert_true(value_flag(later, "ready_for_renewal"));
    assert_int_equal(t.diags.count, 0);
    assert_false(component_plans_nothing(&t, cacerts, later, config));
    component_requests(&t, 1);
    renewed = component_apply(&t, cacerts, later, config);
    assert_non_null(renewed);
    assert_string_equal(component_requests(&t, 1),
                        "GET /api/v1/namespaces/istio-system/secrets/cacerts 200\n"
                        "PATCH /api/v1/namespaces/istio-system/secrets/cacerts?fieldManager="
                        "terraform-provider-istio&fieldValidation=Strict&force=true 200\n");
    assert_string_not_equal(value_text(renewed, "serial"), value_text(state, "serial"));
    assert_true(component_plans_nothing(&t, cacerts, component_read(&t, cacerts, renewed), config));
    clock_shift(0);
    component_stop(&t);
}

TEST(a_ca_that_ends_with_its_root_is_told_and_not_issued_for_ever)
{
    const char *more = ", \"validity\": \"100h\", \"renew_before\": \"10h\"", *config;
    const struct value *root, *state, *later;
    struct component t;

    component_start(&t, a, 1);
    root = component_apply(&t, &resource_istio_root_ca, NULL,
                           "{\"common_name\": \"mesh\", \"key_algorithm\": \"ECDSA-P256\", "
                           "\"validity\": \"50h\", \"storage\": {\"state\": true}}");
    assert_non_null(root);
    config = config_of(&t, root, more);
    state = created(&t, config);
    assert_non_null(strstr(component_diags(&t), "ends early"));
    clock_shift(45 * 3600);
    later = component_read(&t, cacerts, state);
    assert_non_null(strstr(component_diags(&t), "ends together with its root"));
    assert_true(component_plans_nothing(&t, cacerts, later, config));
    clock_shift(0);
    component_stop(&t);
}

TEST(what_others_write_is_noticed_at_each_refresh_until_it_is_put_right)
{
    const struct value *root, *state, *drifted;
    const char *config, *former;
    struct component t;
    char *object;

    component_start(&t, a, 1);
    root = root_of(&t, "mesh");
    config = config_of(&t, root, ", \"organization\": \"Example\"");
    state = created(&t, config_of(&t, root, ""));
    object = sandbox_object(t.servers[0], secret_path);
    former = json_write(a, value_at(component_json(&t, object), "data")).at;
    memory_free(object);
    state = component_apply(&t, cacerts, state, config);
    assert_non_null(state);
    assert_true(sandbox_put(t.servers[0], secret_path, text_f(a, "{\"data\": %s}", former), "x"));
    drifted = component_read(&t, cacerts, component_read(&t, cacerts, state));
    assert_non_null(strstr(component_diags(&t), "was changed"));
    assert_true(value_flag(drifted, "ready_for_renewal"));
    state = component_apply(&t, cacerts, drifted, config);
    assert_non_null(state);
    assert_true(component_plans_nothing(&t, cacerts, component_read(&t, cacerts, state), config));
    assert_int_equal(t.diags.count, 0);
    component_stop(&t);
}

TEST(another_root_under_a_running_istiod_is_refused_at_the_plan)
{
    const struct value *former, *wanted, *state;
    struct component t;

    component_start(&t, a, 1);
    former = root_of(&t, "former");
    wanted = root_of(&t, "wanted");
    state = created(&t, config_of(&t, former, ""));
    run_istiod(&t, former);
    assert_null(component_apply(&t, cacerts, state, config_of(&t, wanted, "")));
    assert_non_null(strstr(component_diags(&t), "root of a running mesh would change"));
    assert_non_null(strstr(component_diags(&t), value_text(former, "fingerprint_sha256")));
    assert_string_equal(component_requests(&t, 1),
                        "GET /api/v1/namespaces/istio-system/configmaps/istio-ca-root-cert 200\n");
    /* Workloads have the new one already: nothing would break. */
    run_istiod(&t, wanted);
    assert_non_null(component_apply(&t, cacerts, state, config_of(&t, wanted, "")));
    component_stop(&t);
}

TEST(a_secret_that_is_gone_keeps_the_namespace_in_mind)
{
    const struct value *state, *gone;
    struct component t;
    const char *config;

    component_start(&t, a, 1);
    config = config_of(&t, root_of(&t, "mesh"), "");
    state = created(&t, config);
    assert_true(sandbox_delete(t.servers[0], secret_path));
    gone = component_read(&t, cacerts, state);
    assert_non_null(gone);
    assert_string_equal(component_requests(&t, 1),
                        "GET /api/v1/namespaces/istio-system/secrets/cacerts 404\n"
                        "GET /api/v1/namespaces/istio-system 200\n");
    assert_true(component_remove(&t, cacerts, gone));
    assert_null(sandbox_object(t.servers[0], "/api/v1/namespaces/istio-system"));
    assert_null(component_read(&t, cacerts, state));
    component_stop(&t);
}

TEST(a_namespace_with_anything_else_in_it_stays)
{
    const struct value *state;
    struct component t;

    component_start(&t, a, 1);
    state = created(&t, config_of(&t, root_of(&t, "mesh"), ""));
    put(&t, "Secret", "secrets", "other", "");
    assert_true(component_remove(&t, cacerts, state));
    assert_string_equal(component_requests(&t, 1),
                        "DELETE /api/v1/namespaces/istio-system/secrets/cacerts 200\n"
                        "GET /api/v1/namespaces/istio-system 200\n"
                        "GET /api/v1/namespaces/istio-system/secrets?limit=500 200\n");
    assert_true(sandbox_delete(t.servers[0], "/api/v1/namespaces/istio-system/secrets/other"));
    put(&t, "ConfigMap", "configmaps", "other", "");
    assert_true(component_remove(&t, cacerts, state));
    memory_free(sandbox_object(t.servers[0], "/api/v1/namespaces/istio-system"));
    assert_non_null(strstr(component_requests(&t, 1), "/configmaps?limit=50 200"));
    assert_true(sandbox_delete(t.servers[0], "/api/v1/namespaces/istio-system/configmaps/other"));
    assert_true(component_remove(&t, cacerts, state));
    assert_null(sandbox_object(t.servers[0], "/api/v1/namespaces/istio-system"));
    component_stop(&t);
}

TEST(a_cluster_that_is_away_is_a_warning_for_a_refresh)
{
    const struct value *state;
    struct component t;

    component_start(&t, a, 1);
    state = created(&t, config_of(&t, root_of(&t, "mesh"), ""));
    component_restart(&t);
    sandbox_fault(t.servers[0], FAULT_CUT, 1, 0, NULL);
    assert_true(value_equal(state, component_read(&t, cacerts, state)));
    assert_non_null(strstr(component_diags(&t), "Cannot reach cluster east"));
    component_stop(&t);
}

TEST(a_failed_write_leaves_a_state_to_destroy_and_no_key_in_the_message)
{
    const struct value *config, *root, *out = NULL;
    struct component t;
    struct plan plan;
    struct call *c;

    component_start(&t, a, 1);
    root = root_of(&t, "mesh");
    config = component_config(&t, cacerts, config_of(&t, root, ""));
    sandbox_fault(t.servers[0], FAULT_500, 1, 0, "PATCH");
    c = component_call(&t, cacerts, config);
    c->deadline_ms = clock_monotonic_ms() + 2000;
    assert_true(plan_resource(c, cacerts, &value_null, config, config, &plan));
    assert_false(cacerts->create(c, plan.planned, &out));
    assert_non_null(out);
    assert_null(strstr(component_diags(&t), "PRIVATE KEY"));
    sandbox_fault(t.servers[0], FAULT_NONE, 1, 0, NULL);
    assert_true(component_remove(&t, cacerts, plan.planned));
    assert_null(sandbox_object(t.servers[0], "/api/v1/namespaces/istio-system"));
    component_stop(&t);
}
