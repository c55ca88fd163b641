#include "acceptance/harness/component.h"

extern const struct resource resource_istio_cacerts, resource_istio_root_ca,
    resource_istio_trust_data;
static const struct resource *const trust = &resource_istio_trust_data;

static const char both[] = "{\"clusters\": {\"one\": @cluster1@, \"two\": @cluster2@}}";

static const struct value *surveyed(struct component *t)
{
    const struct value *out = NULL;
    struct call *c = component_call(t, trust, component_config(t, trust, both));

    if (!trust->read(c, c->config, &out) || !invariant_state(c, trust, out))
        fail_msg("%s", component_diags(t));
    return out;
}

static const char *problems(struct component *t, const struct value *found)
{
    return json_write(t->arena, value_at(found, "problems")).at;
}

static void give_ca(struct component *t, const char *cluster, const char *root_name)
{
    const struct value *root = component_apply(
        t, &resource_istio_root_ca, NULL,
        text_f(t->arena,
               "{\"common_name\": \"%s\", \"key_algorithm\": \"ECDSA-P256\", \"storage\": "
               "{\"state\": true}}",
               root_name));

    assert_non_null(root);
    assert_non_null(component_apply(
        t, &resource_istio_cacerts, NULL,
        text_f(t->arena, "{\"cluster\": %s, \"root\": %s, \"key_algorithm\": \"ECDSA-P256\"}",
               cluster, json_write(t->arena, value_at(root, "signer")).at)));
    component_requests(t, 1);
    component_requests(t, 2);
}

TEST(each_cluster_is_asked_twice)
{
    const struct value *found;
    struct component t;

    component_start(&t, a, 2);
    found = surveyed(&t);
    for (size_t n = 1; n <= 2; n++)
        assert_string_equal(
            component_requests(&t, n),
            "GET /api/v1/namespaces/istio-system/secrets/cacerts 404\n"
            "GET /api/v1/namespaces/istio-system/configmaps/istio-ca-root-cert 404\n");
    assert_false(value_flag(found, "consistent"));
    assert_int_equal(value_count(value_at(found, "problems")), 2);
    assert_string_equal(value_z(value_in(found, "trust", "one", "source")), "none");
    component_stop(&t);
}

TEST(other_roots_are_told_each_way)
{
    struct component t;
    const char *told;

    component_start(&t, a, 2);
    give_ca(&t, "@cluster1@", "first");
    give_ca(&t, "@cluster2@", "second");
    told = problems(&t, surveyed(&t));
    assert_non_null(strstr(told, "one: does not trust the root of two"));
    assert_non_null(strstr(told, "two: does not trust the root of one"));
    component_stop(&t);
}

TEST(a_cluster_that_is_away_is_a_problem_and_a_warning)
{
    const struct value *found;
    struct component t;

    component_start(&t, a, 2);
    sandbox_fault(t.servers[1], FAULT_CUT, 1, 0, NULL);
    found = surveyed(&t);
    assert_string_equal(value_z(value_in(found, "trust", "two", "source")), "unreachable");
    assert_non_null(strstr(problems(&t, found), "two: cannot be reached"));
    assert_int_equal(t.diags.first->severity, DIAG_WARNING);
    component_stop(&t);
}
