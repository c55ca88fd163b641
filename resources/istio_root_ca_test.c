#include "acceptance/harness/component.h"

extern const struct resource resource_istio_root_ca;
static const struct resource *const root_ca = &resource_istio_root_ca;

static const char secret_path[] = "/api/v1/namespaces/istio-system/secrets/istio-root-ca";

#define GENERATED "{\"common_name\": \"mesh\", \"key_algorithm\": \"ECDSA-P256\", \"storage\": "
#define IN_SECRET(n) GENERATED "{\"secret\": {\"cluster\": @cluster" #n "@}}}"
#define IN_STATE GENERATED "{\"state\": true}}"

static const struct value *applied(struct component *t, const struct value *prior, const char *json)
{
    const struct value *state = component_apply(t, root_ca, prior, json);

    if (!state)
        fail_msg("%s", component_diags(t));
    return state;
}

TEST(a_root_in_a_secret_costs_three_requests_and_a_refresh_one)
{
    const struct value *state, *again;
    struct component t;

    component_start(&t, a, 1);
    state = applied(&t, NULL, IN_SECRET(1));
    assert_string_equal(component_requests(&t, 1),
                        "GET /api/v1/namespaces/istio-system 404\n"
                        "POST /api/v1/namespaces?fieldManager=terraform-provider-istio&"
                        "fieldValidation=Strict 201\n"
                        "PATCH /api/v1/namespaces/istio-system/secrets/istio-root-ca?fieldManager="
                        "terraform-provider-istio&fieldValidation=Strict 201\n");
    assert_true(value_is_null(value_at(state, "private_key_pem")));
    assert_true(value_is_null(value_at(value_at(state, "signer"), "private_key_pem")));
    assert_null(strstr(json_write(a, state).at, "PRIVATE KEY-----\\nM"));
    again = component_read(&t, root_ca, state);
    assert_string_equal(component_requests(&t, 1),
                        "GET /api/v1/namespaces/istio-system/secrets/istio-root-ca 200\n");
    assert_true(value_equal(state, again));
    assert_true(component_plans_nothing(&t, root_ca, again, IN_SECRET(1)));
    assert_true(component_remove(&t, root_ca, again));
    assert_null(component_read(&t, root_ca, again));
    component_stop(&t);
}

TEST(a_create_that_was_cut_short_goes_on_with_the_same_root)
{
    const struct value *first, *second;
    struct component t;

    component_start(&t, a, 1);
    first = applied(&t, NULL, IN_SECRET(1));
    second = applied(&t, NULL, IN_SECRET(1));
    assert_true(value_equal(first, second));
    /* Other arguments: it belongs to something else. */
    assert_null(component_apply(&t, root_ca, NULL,
                                "{\"common_name\": \"other\", \"key_algorithm\": \"ECDSA-P256\", "
                                "\"storage\": {\"secret\": {\"cluster\": @cluster1@}}}"));
    assert_non_null(strstr(component_diags(&t), "The Secret exists already"));
    component_stop(&t);
}

TEST(the_state_asks_no_server)
{
    const struct value *state;
    struct component t;

    component_start(&t, a, 1);
    state = applied(&t, NULL, IN_STATE);
    assert_non_null(strstr(value_text(state, "private_key_pem"), "PRIVATE KEY"));
    assert_string_equal(value_text(state, "id"), value_text(state, "fingerprint_sha256"));
    assert_true(value_equal(state, component_read(&t, root_ca, state)));
    assert_true(component_plans_nothing(&t, root_ca, state, IN_STATE));
    assert_true(component_remove(&t, root_ca, state));
    assert_string_equal(component_requests(&t, 1), "");
    component_stop(&t);
}

TEST(a_move_keeps_the_key_and_leaves_nothing)
{
    const struct value *first, *second, *back;
    struct component t;

    component_start(&t, a, 2);
    first = applied(&t, NULL, IN_STATE);
    second = applied(&t, first, IN_SECRET(1));
    second = applied(&t, second, IN_SECRET(2));
    assert_null(sandbox_object(t.servers[0], "/api/v1/namespaces/istio-system"));
    assert_string_equal(value_text(second, "id"), "west/istio-system/istio-root-ca");
    back = applied(&t, second, IN_STATE);
    assert_true(value_equal(first, back));
    assert_null(sandbox_object(t.servers[1], "/api/v1/namespaces/istio-system"));
    component_stop(&t);
}

TEST(a_move_onto_another_root_is_refused)
{
    const struct value *state;
    struct component t;

    component_start(&t, a, 2);
    state = applied(&t, NULL, IN_SECRET(1));
    applied(&t, NULL, IN_SECRET(2));
    assert_null(component_apply(&t, root_ca, state, IN_SECRET(2)));
    assert_non_null(strstr(component_diags(&t), "The Secret exists already"));
    component_stop(&t);
}

TEST(a_root_that_is_gone_is_planned_anew_with_a_warning)
{
    const struct value *state, *gone;
    const char *json = IN_SECRET(1);
    const struct value *config;
    struct component t;
    struct plan plan;

    component_start(&t, a, 1);
    state = applied(&t, NULL, json);
    assert_true(sandbox_delete(t.servers[0], secret_path));
    gone = component_read(&t, root_ca, state);
    assert_non_null(strstr(component_diags(&t), "The Secret of the root is gone"));
    assert_string_equal(value_text(gone, "fingerprint_sha256"), "");
    config = component_config(&t, root_ca, json);
    assert_true(
        plan_resource(component_call(&t, root_ca, config), root_ca, gone, config, config, &plan));
    assert_non_null(plan.replace);
    component_stop(&t);
}

TEST(another_argument_plans_another_root)
{
    static const char *const others[] = {
        "{\"common_name\": \"x\", \"key_algorithm\": \"ECDSA-P256\", \"storage\": {\"state\": "
        "true}}",
        "{\"common_name\": \"mesh\", \"key_algorithm\": \"RSA-2048\", \"storage\": {\"state\": "
        "true}}",
        GENERATED "{\"state\": true}, \"validity\": \"1h\"}",
        GENERATED "{\"state\": true}, \"organization\": \"x\"}",
    };
    const struct value *state, *config;
    struct component t;
    struct plan plan;

    component_start(&t, a, 1);
    state = applied(&t, NULL, IN_STATE);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        config = component_config(&t, root_ca, others[i]);
        assert_true(plan_resource(component_call(&t, root_ca, config), root_ca, state, config,
                                  config, &plan));
        assert_non_null(plan.replace);
    }
    assert_true(component_plans_nothing(
        &t, root_ca, state, GENERATED "{\"state\": true}, \"validity\": \"87600h0m\"}"));
    component_stop(&t);
}
