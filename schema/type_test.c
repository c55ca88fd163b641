#include "schema/type.h"

#include <string.h>

#include "base/test.h"
#include "codec/json.h"

static const struct value *parsed(struct arena *a, const char *json)
{
    const struct value *v;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(json_read(a, text_of(json), "test", &diags, &v));
    return v;
}

static const struct type *type_of_text(struct arena *a, const char *json)
{
    return type_from_value(a, parsed(a, json));
}

/* Type JSON, what is written for it (NULL: it is no type), and its name. */
static const struct {
    const char *json, *written, *name;
} types[] = {
    {"\"string\"", "\"string\"", "string"},
    {"\"number\"", "\"number\"", "number"},
    {"\"bool\"", "\"bool\"", "bool"},
    {"\"dynamic\"", "\"dynamic\"", "any type"},
    {"[\"list\", \"string\"]", "[\"list\",\"string\"]", "list of string"},
    {"[\"set\",[\"map\",\"bool\"]]", "[\"set\",[\"map\",\"bool\"]]", "set of map of bool"},
    {"[\"map\",\"dynamic\"]", "[\"map\",\"dynamic\"]", "map of any type"},
    {"[\"object\",{}]", "[\"object\",{}]", "object"},
    {"[\"object\",{\"b\":\"bool\",\"a\":[\"list\",\"number\"]}]",
     "[\"object\",{\"a\":[\"list\",\"number\"],\"b\":\"bool\"}]", "object"},
    {"[\"object\",{\"a\":\"bool\"},[\"a\"]]", "[\"object\",{\"a\":\"bool\"}]", "object"},
    {"[\"object\",{\"q\\\"\\\\\\u0001\":\"bool\"}]", "[\"object\",{\"q\\\"\\\\\\u0001\":\"bool\"}]",
     "object"},
    {"[\"tuple\",[]]", "[\"tuple\",[]]", "tuple"},
    {"[\"tuple\",[\"string\",\"bool\"]]", "[\"tuple\",[\"string\",\"bool\"]]", "tuple"},
    {"\"str\"", NULL, NULL},
    {"\"list\"", NULL, NULL},
    {"\"\"", NULL, NULL},
    {"null", NULL, NULL},
    {"1", NULL, NULL},
    {"{}", NULL, NULL},
    {"[]", NULL, NULL},
    {"[\"list\"]", NULL, NULL},
    {"[\"list\",\"string\",\"string\"]", NULL, NULL},
    {"[\"list\",\"strng\"]", NULL, NULL},
    {"[\"string\",\"string\"]", NULL, NULL},
    {"[1,\"string\"]", NULL, NULL},
    {"[\"object\",[]]", NULL, NULL},
    {"[\"object\",{\"a\":1}]", NULL, NULL},
    {"[\"object\",{},[],[]]", NULL, NULL},
    {"[\"tuple\",{}]", NULL, NULL},
    {"[\"tuple\",\"string\"]", NULL, NULL},
    {"[\"tuple\",[null]]", NULL, NULL},
};

TEST(type_json_is_read_and_written)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct type *t = type_of_text(a, types[i].json);

        if (!t != !types[i].written)
            fail_msg("%s", types[i].json);
        if (!t)
            continue;
        assert_string_equal(type_json(a, t).at, types[i].written);
        assert_string_equal(type_name(a, t), types[i].name);
        assert_true(type_equal(t, type_of_text(a, types[i].written)));
        assert_true(type_equal(t, type_copy(a, t)));
    }
}

TEST(types_differ_from_each_other)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) && types[i].written; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(types[i].written, types[j].written) != 0)
                assert_false(
                    type_equal(type_of_text(a, types[i].json), type_of_text(a, types[j].json)));
}

TEST(depth_has_a_limit)
{
    const struct value *inner = value_string(a, "bool");

    for (int i = 0; i < TYPE_DEPTH_MAX; i++)
        inner = value_list_of(a, value_string(a, "list"), inner);
    assert_non_null(type_from_value(a, inner));
    inner = value_list_of(a, value_string(a, "list"), inner);
    assert_null(type_from_value(a, inner));
    assert_null(type_from_value(a, NULL));
}

static const struct type *const nested = LIST_OF(type_string_map);
static const struct type_field fields[] = {
    {"list", LIST_OF(type_bool)}, {"set", SET_OF(type_number)}, {"map", MAP_OF(type_dynamic)}};

TEST(static_tables_make_types)
{
    const struct type *object = type_object(a, fields, 3);

    assert_string_equal(type_name(a, nested), "list of map of string");
    assert_ptr_equal(type_field(object, "set"), fields[1].type);
    assert_null(type_field(object, "none"));
    assert_null(type_field(nested, "list"));
    assert_string_equal(
        type_json(a, object).at,
        "[\"object\",{\"list\":[\"list\",\"bool\"],\"map\":[\"map\",\"dynamic\"],\"set\":[\"set\","
        "\"number\"]}]");
}

TEST(values_have_types_of_their_own)
{
    struct value typed = {.kind = VALUE_NULL, .type = &type_string_set};
    const struct value *v =
        value_map_of(a, {"s", value_string(a, "x")}, {"l", value_list_of(a, &value_true)},
                     {"n", &value_null}, {"u", &value_unknown}, {"t", &typed});

    assert_string_equal(type_json(a, type_of_value(a, v)).at,
                        "[\"object\",{\"l\":[\"tuple\",[\"bool\"]],\"n\":\"dynamic\",\"s\":"
                        "\"string\",\"t\":[\"set\",\"string\"],\"u\":\"dynamic\"}]");
    assert_ptr_equal(type_of_value(a, NULL), &type_dynamic);
}

static const struct {
    const char *type, *value;
    bool admitted;
} fits[] = {
    {"\"string\"", "\"a\"", true},
    {"\"string\"", "1", false},
    {"\"string\"", "null", true},
    {"\"number\"", "1", true},
    {"\"number\"", "\"1\"", false},
    {"\"bool\"", "true", true},
    {"\"bool\"", "\"true\"", false},
    {"\"dynamic\"", "{\"a\":[1]}", true},
    {"[\"list\",\"string\"]", "[\"a\",null]", true},
    {"[\"list\",\"string\"]", "[1]", false},
    {"[\"list\",\"string\"]", "{}", false},
    {"[\"set\",\"string\"]", "[]", true},
    {"[\"map\",\"bool\"]", "{\"a\":true}", true},
    {"[\"map\",\"bool\"]", "{\"a\":1}", false},
    {"[\"map\",\"bool\"]", "[]", false},
    {"[\"object\",{\"a\":\"bool\",\"b\":\"bool\"}]", "{\"b\":true,\"a\":null}", true},
    {"[\"object\",{\"a\":\"bool\",\"b\":\"bool\"}]", "{\"a\":true}", false},
    {"[\"object\",{\"a\":\"bool\"}]", "{\"a\":true,\"b\":true}", false},
    {"[\"object\",{\"a\":\"bool\"}]", "{\"b\":true}", false},
    {"[\"object\",{\"a\":\"bool\"}]", "[]", false},
    {"[\"tuple\",[\"bool\",\"string\"]]", "[true,\"a\"]", true},
    {"[\"tuple\",[\"bool\",\"string\"]]", "[\"a\",true]", false},
    {"[\"tuple\",[\"bool\"]]", "[]", false},
};

TEST(values_fit_or_not)
{
    for (size_t i = 0; i < sizeof(fits) / sizeof(fits[0]); i++)
        if (type_admits(type_of_text(a, fits[i].type), parsed(a, fits[i].value)) !=
            fits[i].admitted)
            fail_msg("%s in %s", fits[i].value, fits[i].type);
    assert_true(type_admits(&type_bool, &value_unknown));
    assert_true(type_admits(&type_bool, NULL));
}

static const struct {
    const char *type, *left, *right;
    bool equal;
} pairs[] = {
    {"[\"set\",\"string\"]", "[\"a\",\"b\"]", "[\"b\",\"a\"]", true},
    {"[\"set\",\"string\"]", "[\"a\",\"b\"]", "[\"a\",\"a\"]", false},
    {"[\"set\",\"string\"]", "[\"a\",\"a\",\"b\"]", "[\"a\",\"b\",\"b\"]", false},
    {"[\"set\",\"string\"]", "[\"a\"]", "[\"a\",\"b\"]", false},
    {"[\"set\",[\"set\",\"number\"]]", "[[1,2],[3]]", "[[3],[2,1]]", true},
    {"[\"list\",\"string\"]", "[\"a\",\"b\"]", "[\"b\",\"a\"]", false},
    {"[\"list\",[\"set\",\"number\"]]", "[[1,2]]", "[[2,1]]", true},
    {"[\"map\",[\"set\",\"number\"]]", "{\"a\":[1,2],\"b\":[]}", "{\"b\":[],\"a\":[2,1]}", true},
    {"[\"map\",\"bool\"]", "{\"a\":true}", "{\"b\":true}", false},
    {"[\"map\",\"bool\"]", "{\"a\":null}", "{\"b\":null}", false},
    {"[\"object\",{\"a\":[\"set\",\"number\"],\"b\":\"bool\"}]", "{\"a\":[1,2],\"b\":null}",
     "{\"b\":null,\"a\":[2,1]}", true},
    {"[\"object\",{\"a\":\"bool\"}]", "{\"a\":true}", "{\"a\":false}", false},
    {"[\"object\",{\"a\":\"bool\"}]", "{}", "{\"a\":null}", true},
    {"[\"object\",{}]", "{}", "null", false},
    {"[\"object\",{}]", "[1]", "[2]", false},
    {"[\"tuple\",[[\"set\",\"number\"],\"bool\"]]", "[[1,2],true]", "[[2,1],true]", true},
    {"\"number\"", "1.0", "1", true},
    {"\"dynamic\"", "{\"a\":[1,2]}", "{\"a\":[1,2]}", true},
    {"\"dynamic\"", "{\"a\":[1,2]}", "{\"a\":[2,1]}", false},
    {"\"dynamic\"", "1", "\"1\"", false},
    {"\"dynamic\"", "null", "null", true},
};

TEST(equality_follows_the_type)
{
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const struct type *t = type_of_text(a, pairs[i].type);
        const struct value *left = parsed(a, pairs[i].left), *right = parsed(a, pairs[i].right);

        if (type_value_equal(t, left, right) != pairs[i].equal ||
            type_value_equal(t, right, left) != pairs[i].equal)
            fail_msg("%s: %s and %s", pairs[i].type, pairs[i].left, pairs[i].right);
    }
}

TEST(dynamic_values_are_compared_by_type_too)
{
    struct value set = *value_list_of(a, value_integer(a, 1), value_integer(a, 2));
    struct value other_order = *value_list_of(a, value_integer(a, 2), value_integer(a, 1));
    struct value list = set, typed_null = {.kind = VALUE_NULL, .type = &type_string};
    const struct value *plain = value_list_of(a, value_integer(a, 1), value_integer(a, 2));

    set.type = other_order.type = SET_OF(type_number);
    list.type = LIST_OF(type_number);
    assert_true(type_value_equal(&type_dynamic, &set, &other_order));
    assert_false(type_value_equal(&type_dynamic, &set, &list));
    assert_false(type_value_equal(&type_dynamic, &list, plain)); /* a tuple */
    assert_false(type_value_equal(&type_dynamic, &typed_null, &value_null));
    assert_false(type_value_equal(&type_dynamic, &value_unknown, &value_null));
}

TEST(large_sets_in_the_same_order_are_quick)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (int i = 0; i < 20000; i++)
        value_builder_add(&b, value_integer(a, i));
    assert_true(
        type_value_equal(SET_OF(type_number), value_builder_list(&b), value_builder_list(&b)));
}

TEST(empty_objects_hold_nulls)
{
    const struct value *v = type_empty(a, type_of_text(a, "[\"object\",{\"a\":\"bool\"}]"));

    assert_string_equal(json_write(a, v).at, "{\"a\":null}");
    assert_true(value_is_null(type_empty(a, &type_string_list)));
}
