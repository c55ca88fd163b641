#include "codec/json.h"

#include <string.h>

#include "base/test.h"

static const char folder[] = "provider/codec/testdata/json";

static bool read(struct arena *a, struct text json, struct diags *diags, const struct value **out)
{
    diags_init(diags, a);
    return json_read(a, json, "test text", diags, out);
}

static const struct value *parsed(struct arena *a, const char *json)
{
    const struct value *v;
    struct diags diags;

    if (!read(a, text_of(json), &diags, &v))
        fail_msg("%s: %s", json, diags.first->detail);
    return v;
}

static struct text expected_of(struct arena *a, const char *kind, const char *name)
{
    return test_file(a,
                     text_f(a, "%s/%s/%.*s.expected", folder, kind, (int)strlen(name) - 5, name));
}

TEST(valid_texts_are_read_and_written)
{
    const char *const *names = test_files(a, text_f(a, "%s/valid", folder), ".json");
    struct diags diags;

    for (; *names; names++) {
        struct text json = test_file(a, text_f(a, "%s/valid/%s", folder, *names));
        const struct value *v, *again;

        if (!read(a, json, &diags, &v))
            fail_msg("%s: %s", *names, diags.first->detail);
        if (!text_equal(json_write(a, v), expected_of(a, "valid", *names)))
            fail_msg("%s: became %s", *names, json_write(a, v).at);
        assert_true(read(a, json_write(a, v), &diags, &again));
        assert_true(value_equal(v, again));
        assert_true(read(a, json_write_pretty(a, v), &diags, &again));
        assert_true(value_equal(v, again));
    }
}

TEST(invalid_texts_are_refused_with_a_place)
{
    const char *const *names = test_files(a, text_f(a, "%s/invalid", folder), ".json");

    for (; *names; names++) {
        struct text json = test_file(a, text_f(a, "%s/invalid/%s", folder, *names));
        struct text reason = text_trim(expected_of(a, "invalid", *names));
        const struct value *v;
        struct diags diags;

        if (read(a, json, &diags, &v))
            fail_msg("%s: was read as %s", *names, json_write(a, v).at);
        assert_int_equal(diags.count, 1);
        assert_string_equal(diags.first->summary, "Cannot read JSON: test text");
        if (!strstr(diags.first->detail, text_z(a, reason)))
            fail_msg("%s: %s", *names, diags.first->detail);
    }
}

/* Every proper prefix of an object or array is refused, and nothing behind the
 * prefix is touched: the copy has no byte more. */
TEST(cut_texts_are_refused)
{
    struct text json = test_file(a, text_f(a, "%s/valid/indented_state.json", folder));

    json = text_trim(json);
    for (size_t len = 0; len < json.len; len++) {
        char *cut = memory_new(1, len);
        const struct value *v;
        struct diags diags;

        memcpy(cut, json.at, len);
        assert_false(read(a, (struct text){cut, len}, &diags, &v));
        memory_free(cut);
    }
}

static struct text repeated(struct arena *a, const char *open, size_t times, const char *inner,
                            const char *close)
{
    struct text_builder b;

    text_builder_init(&b, a, 1 << 20);
    for (size_t i = 0; i < times; i++)
        text_add_z(&b, open);
    text_add_z(&b, inner);
    for (size_t i = 0; i < times; i++)
        text_add_z(&b, close);
    return text_built(&b);
}

TEST(depth_has_a_limit)
{
    const struct value *v;
    struct diags diags;

    assert_true(read(a, repeated(a, "[", JSON_DEPTH_MAX, "", "]"), &diags, &v));
    assert_false(read(a, repeated(a, "[", JSON_DEPTH_MAX + 1, "", "]"), &diags, &v));
    assert_non_null(strstr(diags.first->detail, "deeper than 200"));
    assert_false(read(a, repeated(a, "[", 10000, "", "]"), &diags, &v));
    assert_false(read(a, repeated(a, "{\"a\":", 10000, "1", "}"), &diags, &v));
    assert_false(read(a, repeated(a, "[", 10000, "", ""), &diags, &v));
}

TEST(size_has_a_limit)
{
    const struct value *v;
    struct diags diags;

    assert_false(read(a, (struct text){"1", (size_t)JSON_BYTES_MAX + 1}, &diags, &v));
    assert_non_null(strstr(diags.first->detail, "at most 268435456 are read"));
}

TEST(many_members_are_checked_for_duplicates)
{
    struct text_builder b;
    const struct value *v;
    struct diags diags;

    text_builder_init(&b, a, 4 << 20);
    for (int i = 0; i < 20000; i++)
        text_add_f(&b, "%s\"key%d\":%d", i ? "," : "{", i, i);
    assert_true(read(a, text_of(text_f(a, "%s}", b.at)), &diags, &v));
    assert_int_equal(value_count(v), 20000);
    assert_int_equal(value_integer_at(v, "key19999"), 19999);
    assert_false(read(a, text_of(text_f(a, "%s,\"key7\":0}", b.at)), &diags, &v));
    assert_non_null(strstr(diags.first->detail, "key \"key7\" twice"));
}

TEST(numbers_have_their_machine_forms)
{
    const struct value *v = parsed(a, "[9007199254740993,0.1,1e400,9223372036854775808]");

    assert_int_equal(value_as_integer(value_item(v, 0)), 9007199254740993);
    assert_true(value_as_real(value_item(v, 1)) == 0.1);
    assert_false(value_item(v, 2)->number.is_integer);
    assert_false(value_item(v, 3)->number.is_integer);
    assert_int_equal(value_as_integer(value_item(v, 3)), 0);
}

TEST(pretty_text_is_sorted_and_indented)
{
    const struct value *v = parsed(a, "{\"b\":[1,{}],\"a\":{\"y\":[],\"x\":null}}");

    assert_string_equal(json_write_pretty(a, v).at, "{\n"
                                                    "  \"a\": {\n"
                                                    "    \"x\": null,\n"
                                                    "    \"y\": []\n"
                                                    "  },\n"
                                                    "  \"b\": [\n"
                                                    "    1,\n"
                                                    "    {}\n"
                                                    "  ]\n"
                                                    "}\n");
}

/* Terraform's state: type, what stands there, what becomes of it (error: NULL),
 * or else what the problem says and where. */
static const struct {
    const char *type, *json, *value, *problem, *path;
} typings[] = {
    {"\"string\"", "\"a\"", "\"a\"", NULL, NULL},
    {"\"string\"", "12.50", "\"12.5\"", NULL, NULL},
    {"\"string\"", "true", "\"true\"", NULL, NULL},
    {"\"number\"", "\"12\"", "12", NULL, NULL},
    {"\"number\"", "0.1", "0.1", NULL, NULL},
    {"\"number\"", "\"x\"", NULL, "A string stands where the schema has number", ""},
    {"\"bool\"", "\"true\"", "true", NULL, NULL},
    {"\"bool\"", "false", "false", NULL, NULL},
    {"\"bool\"", "\"yes\"", NULL, "A string stands where the schema has bool", ""},
    {"\"bool\"", "1", NULL, "A number stands where the schema has bool", ""},
    {"\"string\"", "[]", NULL, "A list stands where the schema has string", ""},
    {"\"string\"", "null", "null", NULL, NULL},
    {"[\"list\",\"number\"]", "[1,\"2\",null]", "[1,2,null]", NULL, NULL},
    {"[\"set\",\"number\"]", "{}", NULL, "A map stands where the schema has set of number", ""},
    {"[\"list\",\"bool\"]", "[true,\"x\"]", NULL, "bool", "[1]"},
    {"[\"map\",\"string\"]", "{\"a\":1}", "{\"a\":\"1\"}", NULL, NULL},
    {"[\"map\",\"number\"]", "{\"a b\":[]}", NULL, "number", "[\"a b\"]"},
    {"[\"tuple\",[\"string\",\"bool\"]]", "[1,true]", "[\"1\",true]", NULL, NULL},
    {"[\"tuple\",[\"string\"]]", "[1,2]", NULL, "tuple", ""},
    {"[\"object\",{\"a\":\"string\",\"b\":\"number\"}]", "{\"b\":1,\"old\":{}}",
     "{\"a\":null,\"b\":1}", NULL, NULL},
    {"[\"object\",{\"a\":[\"list\",[\"object\",{\"b\":\"bool\"}]]}]", "{\"a\":[{\"b\":3}]}", NULL,
     "bool", "a[0].b"},
    {"\"dynamic\"", "null", "null", NULL, NULL},
    {"\"dynamic\"", "{\"type\":\"number\",\"value\":\"1\"}", "1", NULL, NULL},
    {"\"dynamic\"", "{\"type\":[\"map\",\"string\"],\"value\":{\"a\":true}}", "{\"a\":\"true\"}",
     NULL, NULL},
    {"\"dynamic\"", "{\"type\":\"number\"}", NULL, "A map stands where the schema has any", ""},
    {"\"dynamic\"", "\"plain\"", NULL, "A string stands where the schema has any", ""},
    {"\"dynamic\"", "{\"type\":\"numbr\",\"value\":1}", NULL, "A map stands", ""},
};

TEST(state_takes_the_types_of_the_schema)
{
    for (size_t i = 0; i < sizeof(typings) / sizeof(typings[0]); i++) {
        const struct type *type = type_from_value(a, parsed(a, typings[i].type));
        const struct value *v;
        struct diags diags;
        bool done;

        diags_init(&diags, a);
        done = json_to_type(a, parsed(a, typings[i].json), type, &diags, &v);
        assert_int_equal(done, typings[i].value != NULL);
        if (done) {
            assert_string_equal(json_write(a, v).at, typings[i].value);
            assert_true(type_admits(type, v));
        } else {
            assert_non_null(strstr(diags.first->detail, typings[i].problem));
            assert_string_equal(path_text(a, diags.first->path), typings[i].path);
        }
    }
}

TEST(dynamic_state_keeps_its_type)
{
    const struct value *v;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(json_to_type(a, parsed(a, "{\"type\":[\"set\",\"string\"],\"value\":[\"a\"]}"),
                             &type_dynamic, &diags, &v));
    assert_string_equal(type_json(a, v->type).at, "[\"set\",\"string\"]");
    assert_true(json_to_type(a, parsed(a, "{\"type\":\"string\",\"value\":null}"), &type_dynamic,
                             &diags, &v));
    assert_true(value_is_null(v));
    assert_string_equal(type_json(a, v->type).at, "\"string\"");
}
