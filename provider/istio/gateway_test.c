#include "istio/gateway.h"

#include "istio/gateway_adopt.h"
#include "istio/gateway_values.h"
#include "schema/test_case.h"

/* The arguments of a case over those that every gateway has. */
static const struct value *planned_of(struct arena *a, const struct value *test)
{
    const struct value *cluster = value_map_of(a, {"name", value_string(a, "east")},
                                               {"network", value_string(a, "network1")});
    const struct value *own = value_at(test, "arguments"),
                       *planned = value_map_of(a, {"cluster", cluster},
                                               {"name", value_string(a, "istio-eastwestgateway")},
                                               {"namespace", value_string(a, "istio-ingress")},
                                               {"direction", value_string(a, "east-west")});

    return value_is_set(own) ? value_merge(a, planned, own) : planned;
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
        const struct gateway_home home = {.legacy = value_flag(test, "legacy"),
                                          .namespace = "istio-system",
                                          .revision = value_text(planned, "revision")};

        print_message("    %s\n", value_text(test, "name"));
        if (value_has(test, "values"))
            assert_json_equal(a, gateway_values(a, planned, &home), value_at(test, "values"));
        if (value_has(test, "objects"))
            assert_json_equal(a, gateway_objects(a, planned, &home), value_at(test, "objects"));
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

/* What Helm was told by hand, as arguments; and from these the same values again. */
TEST(values_become_arguments)
{
    const struct value *cases = case_file(a, "provider/istio/testdata", "gateway_adopt.json");

    for (size_t i = 0; i < value_count(cases); i++) {
        const struct value *test = value_item(cases, i), *values = value_at(test, "values");
        const struct value *object = planned_of(a, &value_empty_map), *got;

        print_message("    %s\n", value_text(test, "name"));
        object = value_with(a, object, "direction", NULL);
        got = gateway_adopt(a, object, values);
        for (size_t k = 0; k < value_count(object); k++)
            got = value_with(a, got, object->map.entries[k].key, NULL);
        assert_json_equal(a, got, value_at(test, "arguments"));
    }
}

/* Arguments that give values come back from them. */
TEST(arguments_come_back)
{
    const struct value *cases = case_file(a, "provider/istio/testdata", "gateway.json");

    for (size_t i = 0; i < value_count(cases); i++) {
        const struct value *test = value_item(cases, i), *values = value_at(test, "values"), *back,
                           *again;
        struct gateway_home home = {.namespace = "istio-system"};

        if (!value_is_set(values) || value_flag(test, "legacy"))
            continue;
        back = value_with(a, planned_of(a, &value_empty_map), "name",
                          value_at(planned_of(a, test), "name"));
        back = gateway_adopt(a, back, values);
        home.revision = value_text(back, "revision");
        print_message("    %s\n", value_text(test, "name"));
        again = gateway_values(a, back, &home);
        if (value_is_set(value_at(back, "values")))
            again = value_merge(a, again, value_at(back, "values"));
        assert_json_equal(a, again, values);
    }
}

TEST(selector)
{
    const struct value *named = value_map_of(a, {"name", value_string(a, "istio-eastwestgateway")});

    assert_string_equal(gateway_selector(named), "eastwestgateway");
    assert_string_equal(gateway_selector(value_with(a, named, "name", value_string(a, "edge"))),
                        "edge");
}
