#include "acceptance/harness/component.h"

extern const struct resource resource_istio_cluster;
static const struct resource *const cluster = &resource_istio_cluster;

/* {"name": …, "existing": {kubeconfig of server n}} */
static const char *config_of(struct component *t, const char *name, size_t n)
{
    const struct value *existing = value_with(t->arena, component_cluster(t, n), "name", NULL);

    return text_f(t->arena, "{\"name\": \"%s\", \"network\": \"net\", \"existing\": %s}", name,
                  json_write(t->arena, existing).at);
}

TEST(create_asks_for_version_and_uid_only)
{
    const struct value *state;
    struct component t;

    component_start(&t, a, 1);
    state = component_apply(&t, cluster, NULL, config_of(&t, "east", 1));
    assert_non_null(state);
    assert_string_equal(component_requests(&t, 1), "GET /api/v1/namespaces/kube-system 200\n");
    assert_string_equal(value_text(value_at(state, "connection"), "uid"), value_text(state, "uid"));
    assert_string_equal(value_text(value_at(state, "connection"), "network"), "net");
    assert_true(component_plans_nothing(&t, cluster, state, config_of(&t, "east", 1)));
    component_stop(&t);
}

TEST(refresh_in_the_same_process_asks_nothing_more)
{
    const struct value *state, *again;
    struct component t;

    component_start(&t, a, 1);
    state = component_apply(&t, cluster, NULL, config_of(&t, "east", 1));
    assert_non_null(state);
    component_requests(&t, 1);
    again = component_read(&t, cluster, state);
    assert_non_null(again);
    assert_true(value_equal(state, again));
    assert_string_equal(component_requests(&t, 1), "");
    assert_true(component_remove(&t, cluster, state));
    assert_string_equal(component_requests(&t, 1), "");
    component_stop(&t);
}

TEST(another_cluster_behind_the_address_is_gone_for_a_refresh)
{
    const struct value *state, *moved;
    struct component t;

    component_start(&t, a, 2);
    state = component_apply(&t, cluster, NULL, config_of(&t, "east", 1));
    assert_non_null(state);
    moved = value_with_in(a, state, value_string(a, sandbox_kubeconfig(t.servers[1])), "existing",
                          "kubeconfig", "raw");
    assert_null(component_read(&t, cluster, moved));
    assert_non_null(strstr(component_diags(&t), "Another cluster answers"));
    component_stop(&t);
}

TEST(update_to_another_cluster_is_refused_and_keeps_the_state)
{
    const struct value *state;
    struct component t;

    component_start(&t, a, 2);
    state = component_apply(&t, cluster, NULL, config_of(&t, "east", 1));
    assert_non_null(state);
    assert_null(component_apply(&t, cluster, state, config_of(&t, "east", 2)));
    assert_non_null(strstr(component_diags(&t), "This is another cluster"));
    component_stop(&t);
}

TEST(a_cluster_that_is_away_is_a_warning_for_a_refresh)
{
    const struct value *state, *kept;
    struct component t;

    component_start(&t, a, 1);
    state = component_apply(&t, cluster, NULL, config_of(&t, "east", 1));
    assert_non_null(state);
    component_restart(&t);
    sandbox_fault(t.servers[0], FAULT_CUT, 1, 0, NULL);
    kept = component_read(&t, cluster, state);
    assert_non_null(kept);
    assert_true(value_equal(state, kept));
    assert_int_equal(t.diags.first->severity, DIAG_WARNING);
    assert_non_null(strstr(component_diags(&t), "Cannot reach cluster east"));
    component_stop(&t);
}
