#include "kube/spec.h"

#include "schema/test_case.h"

static const struct attribute port_rows[] = {
    NUMBER("number", OPTIONAL, "Number."),
    STRING("port_name", OPTIONAL, "Name."),
    END_ATTRIBUTES,
};

static const struct attribute option_rows[] = {
    BOOL("is_on", OPTIONAL, "On."),
    STRING("client_mode", OPTIONAL, "Mode.", .one_of = ONE_OF("auto", "sni_routing")),
    NESTED("port", NESTING_SINGLE, port_rows, OPTIONAL, "A port."),
    NESTED("name", NESTING_SINGLE, port_rows, OPTIONAL, "Not the name of the top level."),
    END_ATTRIBUTES,
};

static const struct attribute attributes[] = {
    STRING("name", REQUIRED, "Of the object."),
    STRING("state", COMPUTED, "An output."),
    STRING("host_suffix", OPTIONAL | COMPUTED, "Text."),
    TYPED("match_labels", &type_string_map, OPTIONAL, "Map."),
    NESTED("options", NESTING_SINGLE, option_rows, OPTIONAL, "Object."),
    NESTED("some_ports", NESTING_LIST, port_rows, OPTIONAL, "List."),
    NESTED("by_key", NESTING_MAP, port_rows, OPTIONAL, "Map of objects."),
    END_ATTRIBUTES,
};

static const struct spec_rows rows = {
    .rows = attributes, .others = NAMES("name"), .choices = NAMES("client_mode")};

static const struct value *json(struct arena *a, const char *text)
{
    struct diags said;
    const struct value *v = &value_null;

    diags_init(&said, a);
    if (!json_read(a, text_of(text), "case", &said, &v))
        fail_msg("%s: %s", text, said.first->detail);
    return v;
}

TEST(names)
{
    static const char *const cases[][2] = {{"name", "name"},
                                           {"host_suffix", "hostSuffix"},
                                           {"num_east_west", "numEastWest"},
                                           {"trailing_", "trailing_"},
                                           {"", ""}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_string_equal(spec_field_name(a, cases[i][0]), cases[i][1]);
}

/* There and back: the short form of the rows, and the fields. */
TEST(both_ways)
{
    static const char *const cases[][2] = {
        {"{}", "{}"},
        {"{\"host_suffix\":\"\"}", "{\"hostSuffix\":\"\"}"},
        {"{\"match_labels\":{\"a_b\":\"c\"}}", "{\"matchLabels\":{\"a_b\":\"c\"}}"},
        {"{\"match_labels\":{}}", "{\"matchLabels\":{}}"},
        {"{\"options\":{}}", "{\"options\":{}}"},
        {"{\"options\":{\"is_on\":false}}", "{\"options\":{\"isOn\":false}}"},
        {"{\"options\":{\"client_mode\":\"sni_routing\"}}",
         "{\"options\":{\"clientMode\":{\"sniRouting\":{}}}}"},
        {"{\"options\":{\"name\":{\"number\":1}}}", "{\"options\":{\"name\":{\"number\":1}}}"},
        {"{\"some_ports\":[]}", "{\"somePorts\":[]}"},
        {"{\"some_ports\":[{\"number\":80},{},{\"port_name\":\"x\"}]}",
         "{\"somePorts\":[{\"number\":80},{},{\"portName\":\"x\"}]}"},
        {"{\"by_key\":{\"a_b\":{\"port_name\":\"x\"}}}",
         "{\"byKey\":{\"a_b\":{\"portName\":\"x\"}}}"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct value *object = case_object(a, attributes, json(a, cases[i][0])), *rest;
        const struct value *fields = spec_write(a, &rows, object);

        assert_string_equal(json_write(a, fields).at, cases[i][1]);
        object = spec_read(a, &rows, fields, &rest);
        assert_string_equal(case_text(a, object), cases[i][0]);
        assert_int_equal(value_count(rest), 0);
    }
}

TEST(what_is_no_field_is_not_written)
{
    const struct value *object =
        case_object(a, attributes, json(a, "{\"name\":\"x\",\"state\":\"y\"}"));

    assert_string_equal(json_write(a, spec_write(a, &rows, object)).at, "{}");
}

/* What rows cannot tell is left, and together with what they tell it is all. */
TEST(rest)
{
    static const char *const cases[][3] = {
        {"{\"hostSuffix\":1}", "{}", "{\"hostSuffix\":1}"},
        {"{\"host_suffix\":\"x\"}", "{}", "{\"host_suffix\":\"x\"}"},
        {"{\"name\":\"x\",\"state\":\"y\"}", "{}", "{\"name\":\"x\",\"state\":\"y\"}"},
        {"{\"matchLabels\":{\"a\":1}}", "{}", "{\"matchLabels\":{\"a\":1}}"},
        {"{\"options\":[]}", "{}", "{\"options\":[]}"},
        {"{\"options\":{\"isOn\":true,\"more\":{\"x\":[1]}}}", "{\"options\":{\"is_on\":true}}",
         "{\"options\":{\"more\":{\"x\":[1]}}}"},
        {"{\"options\":{\"port\":{\"number\":1,\"x\":2}}}",
         "{\"options\":{\"port\":{\"number\":1}}}", "{\"options\":{\"port\":{\"x\":2}}}"},
        {"{\"options\":{\"clientMode\":{\"newest\":{}}}}", "{\"options\":{}}",
         "{\"options\":{\"clientMode\":{\"newest\":{}}}}"},
        {"{\"options\":{\"clientMode\":{\"auto\":{\"x\":1}}}}", "{\"options\":{}}",
         "{\"options\":{\"clientMode\":{\"auto\":{\"x\":1}}}}"},
        {"{\"options\":{\"clientMode\":{\"auto\":{},\"sniRouting\":{}}}}", "{\"options\":{}}",
         "{\"options\":{\"clientMode\":{\"auto\":{},\"sniRouting\":{}}}}"},
        {"{\"somePorts\":[{\"number\":1},{\"x\":2}]}", "{}",
         "{\"somePorts\":[{\"number\":1},{\"x\":2}]}"},
        {"{\"somePorts\":[1]}", "{}", "{\"somePorts\":[1]}"},
        {"{\"byKey\":{\"a\":{\"number\":\"1\"}}}", "{}", "{\"byKey\":{\"a\":{\"number\":\"1\"}}}"},
        {"{\"hostSuffix\":null}", "{}", "{}"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct value *fields = json(a, cases[i][0]), *rest;
        const struct value *object = spec_read(a, &rows, fields, &rest);

        assert_string_equal(case_text(a, object), cases[i][1]);
        assert_string_equal(json_write(a, rest).at, cases[i][2]);
        fields = value_with(
            a, fields, "hostSuffix",
            value_is_null(value_at(fields, "hostSuffix")) ? NULL : value_at(fields, "hostSuffix"));
        assert_true(value_equal(value_merge(a, spec_write(a, &rows, object), rest), fields));
    }
}

TEST(no_fields_at_all)
{
    const struct value *rest;

    assert_string_equal(case_text(a, spec_read(a, &rows, &value_null, &rest)), "{}");
    assert_int_equal(value_count(rest), 0);
}
