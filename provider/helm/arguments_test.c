#include "helm/arguments.h"

#include <string.h>

#include "base/test.h"
#include "codec/json.h"
#include "schema/check.h"

static const struct attribute rows[] = {VALUES_ROWS, VALUES_WO_ROWS, END_ATTRIBUTES};

static const struct value *json(struct arena *a, const char *text)
{
    const struct value *v = NULL;
    struct diags diags;

    diags_init(&diags, a);
    if (!json_read(a, text_of(text), "test", &diags, &v))
        fail_msg("%s in %s", diags.first->detail, text);
    return v;
}

/* "?" is unknown, at any depth. */
static const struct value *with_unknowns(struct arena *a, const struct value *v)
{
    struct value_builder b;

    value_builder_init(&b, a);
    if (strcmp(value_z(v), "?") == 0)
        return &value_unknown;
    for (size_t i = 0; v->kind == VALUE_MAP && i < value_count(v); i++)
        value_builder_push(&b, v->map.entries[i].key, with_unknowns(a, v->map.entries[i].value));
    for (size_t i = 0; v->kind == VALUE_LIST && i < value_count(v); i++)
        value_builder_add(&b, with_unknowns(a, value_item(v, i)));
    return v->kind == VALUE_MAP    ? value_builder_map(&b)
           : v->kind == VALUE_LIST ? value_builder_list(&b)
                                   : v;
}

/* The values as JSON, "unknown", or what was said. */
static const char *read(struct arena *a, const char *object, const char *config, const char *lower)
{
    const struct value *v = with_unknowns(a, json(a, object)), *values;
    struct diags diags;
    struct call c = {.arena = a, .diags = &diags};

    diags_init(&diags, a);
    c.config = config ? with_unknowns(a, json(a, config)) : &value_null;
    if (!arguments_values(&c, v, lower ? json(a, lower) : &value_null, &values)) {
        const char *at = path_text(a, diags.first->path);

        return text_f(a, "%s: %s: %s", at, diags.first->summary, diags.first->detail);
    }
    return value_is_unknown(values) ? "unknown" : json_write(a, value_sorted(a, values)).at;
}

TEST(lays_them_over_each_other)
{
    static const struct {
        const char *object, *config, *lower, *gives;
    } cases[] = {
        {"{}", NULL, NULL, "{}"},
        {"{}", NULL, "{\"a\":1}", "{\"a\":1}"},
        {"{\"values\":{\"a\":{\"b\":1},\"l\":[1]}}", NULL, "{\"a\":{\"c\":2},\"l\":[1,2]}",
         "{\"a\":{\"b\":1,\"c\":2},\"l\":[1]}"},
        {"{\"values_yaml\":[\"a: 1\\nb: 1\\n\",\"b: 2\\n\",\"\"],\"values\":{\"c\":3,\"b\":4}}",
         NULL, NULL, "{\"a\":1,\"b\":4,\"c\":3}"},
        {"{\"values\":{\"a\":1},\"set\":[{\"name\":\"a\",\"value\":\"2\",\"type\":null}]}", NULL,
         NULL, "{\"a\":2}"},
        {"{\"set\":[{\"name\":\"a.b[0]\",\"value\":\"01\"},"
         "{\"name\":\"c\",\"value\":\"true\",\"type\":\"string\"},"
         "{\"name\":\"d\",\"value\":\"{\\\"x\\\":[1]}\",\"type\":\"json\"},"
         "{\"name\":\"e\",\"value\":\"a,b={c}\",\"type\":\"literal\"}]}",
         NULL, NULL, "{\"a\":{\"b\":[\"01\"]},\"c\":\"true\",\"d\":{\"x\":[1]},\"e\":\"a,b={c}\"}"},
        {"{\"values\":{\"a\":1}}", "{\"values_wo\":{\"a\":2}}", NULL, "{\"a\":2}"},
        {"{\"values\":{\"a\":null}}", NULL, NULL, "{\"a\":null}"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_string_equal(read(a, cases[i].object, cases[i].config, cases[i].lower),
                            cases[i].gives);
}

TEST(knows_what_it_does_not_know)
{
    static const char *const cases[][2] = {
        {"{\"values\":\"?\"}", NULL},
        {"{\"values\":{\"a\":{\"b\":\"?\"}}}", NULL},
        {"{\"values_yaml\":\"?\"}", NULL},
        {"{\"values_yaml\":[\"?\"]}", NULL},
        {"{\"set\":[{\"name\":\"a\",\"value\":\"?\"}]}", NULL},
        {"{\"values\":{\"a\":1}}", "{\"values_wo\":\"?\"}"},
    };
    struct arguments said;
    struct diags diags;
    struct call c = {.arena = a, .diags = &diags, .config = &value_null};

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_string_equal(read(a, cases[i][0], cases[i][1], NULL), "unknown");
    diags_init(&diags, a);
    assert_true(arguments_read(
        &c, with_unknowns(a, json(a, "{\"values\":\"?\",\"values_yaml\":[\"a: 1\",\"?\"]}")),
        &said));
    assert_false(said.is_known);
    assert_string_equal(json_write(a, said.documents).at, "[{\"a\":1}]");
}

TEST(refuses_what_is_no_map)
{
    static const char *const cases[][2] = {
        {"{\"values_yaml\":[\"a: 1\",\"- 1\"]}", "values_yaml[1]: Values must be a map"},
        {"{\"values_yaml\":[\"a: [\"]}", "values_yaml[0]: "},
        {"{\"values\":[1]}", "values: Values must be an object: They are a list."},
        {"{\"values\":\"a: 1\"}", "values: Values must be an object: They are a string. A YAML"},
        {"{\"set\":[{\"name\":\"a[\",\"value\":\"1\"}]}", "set"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        if (!strstr(read(a, cases[i][0], NULL, NULL), cases[i][1]))
            fail_msg("%s gives %s", cases[i][0], read(a, cases[i][0], NULL, NULL));
}

/* The same faults are told when a configuration is validated. */
TEST(checks_configurations)
{
    static const char *const cases[] = {
        "{\"values_yaml\":[\"- 1\"]}",
        "{\"values\":[1]}",
        "{\"set\":[{\"name\":\"\",\"value\":\"1\"}]}",
        "{\"set\":[{\"name\":\"a\",\"value\":\"1\",\"type\":\"number\"}]}",
        "{\"values_wo_version\":1}",
    };
    struct diags diags;
    struct call c = {.arena = a, .diags = &diags};

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        diags_init(&diags, a);
        assert_false(check_attributes(&c, rows, json(a, cases[i])));
    }
    diags_init(&diags, a);
    assert_true(check_attributes(&c, rows,
                                 json(a, "{\"values\":{\"a\":1},\"values_yaml\":[\"b: 1\"],"
                                         "\"set\":[{\"name\":\"a\",\"value\":\"\"}]}")));
}
