#include "istio/gateway.h"

#include "schema/test_case.h"

/* The arguments of a case over those that every gateway has. */
static const struct value *planned_of(struct arena *a, const struct value *test)
{
    const struct value *cluster = value_map_of(a, {"name", value_string(a, "east")},
                                               {"network", value_string(a, "network1")});
    const struct value *planned = value_map_of(
        a, {"cluster", cluster}, {"name", value_string(a, "istio-eastwestgateway")},
        {"namespace", value_string(a, "istio-ingress")},
        {"direction", value_string(a, "east-west")}, {"exposure", value_string(a, "external")});

    return value_merge(a, planned, value_at(test, "arguments"));
}

static void assert_json_equal(struct arena *a, const struct value *got, const struct value *wanted)
{
    if (!value_equal(got, wanted))
        assert_string_equal(json_write_pretty(a, got).at, json_write_pretty(a, wanted).at);
}

/* What arguments become: values of the chart, and objects beside it. */
TEST(arguments_become_values_and_objects)
{
    const struct value *cases = case_file(a, "provider/istio/testdata", "gateway.json");

    for (size_t i = 0; i < value_count(cases); i++) {
        const struct value *test = value_item(cases, i), *planned = planned_of(a, test);

        print_message("    %s\n", value_text(test, "name"));
        if (value_has(test, "values"))
            assert_json_equal(a, gateway_values(a, planned, value_flag(test, "legacy")),
                              value_at(test, "values"));
        if (value_has(test, "objects"))
            assert_json_equal(a, gateway_objects(a, planned, "istio-system"),
                              value_at(test, "objects"));
    }
}

/* Combinations that cannot work, with the attribute that is blamed. */
TEST(rules)
{
    const struct value *cases = case_file(a, "provider/istio/testdata", "gateway_rules.json");

    for (size_t i = 0; i < value_count(cases); i++) {
        const struct value *test = value_item(cases, i);
        struct call *c = case_call(a);
        const char *said;

        print_message("    %s\n", value_text(test, "name"));
        assert_int_equal(gateway_validate(c, case_marked(a, value_at(test, "config"))),
                         !*value_text(test, "said"));
        said = case_said(a, c);
        assert_memory_equal(said, value_text(test, "said"), strlen(value_text(test, "said")));
    }
}

TEST(selector)
{
    assert_string_equal(gateway_selector("istio-eastwestgateway"), "eastwestgateway");
    assert_string_equal(gateway_selector("edge"), "edge");
}
