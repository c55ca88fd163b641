#include "json_schema/json_schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/test.h"
#include "codec/json.h"
#include "helm/values.h"

static const struct value *read(struct arena *a, struct text json)
{
    const struct value *v;
    struct diags diags;

    diags_init(&diags, a);
    if (!json_read(a, json, "test", &diags, &v))
        fail_msg("%s", diags.first->detail);
    return v;
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Misses sorted by text, causes too: the validator walks Go's maps, in no order. */
static const char *sorted(struct arena *a, const struct json_schema_miss *misses,
                          const char *separator)
{
    struct text_builder b;
    const char *texts[100];
    size_t count = 0;

    for (; misses && count < 100; misses = misses->next)
        texts[count++] = text_f(a, "at '%s': %s%s%s", misses->at, misses->words,
                                misses->causes ? text_f(a, "%s  - ", separator) : "",
                                sorted(a, misses->causes, text_f(a, "%s  ", separator)));
    qsort(texts, count, sizeof(*texts), by_text);
    text_builder_init(&b, a, 1 << 20);
    for (size_t i = 0; i < count; i++)
        text_add_f(&b, "%s%s", i ? text_f(a, "%s- ", separator) : "", texts[i]);
    return b.at;
}

static const char *expected_text(struct arena *a, const struct value *expected)
{
    struct text_builder b;

    text_builder_init(&b, a, 1 << 20);
    for (size_t i = 0; i < value_count(expected); i++)
        text_add_f(&b, "%s%s", i ? "\n- " : "", value_z(value_item(expected, i)));
    return b.at;
}

/* Each case is [schema, values, what the validator of Helm 3.21 said: sorted misses, or
 * "REFUSED"]. */
TEST(values_are_judged_as_helm_judges_them)
{
    const struct value *cases =
        read(a, test_file(a, "provider/json_schema/testdata/json_schema.json"));
    int wrong = 0;

    assert_true(value_count(cases) > 70);
    for (size_t i = 0; i < value_count(cases); i++) {
        const struct value *one = value_item(cases, i), *expected = value_item(one, 2);
        const char *refused, *got;
        const struct json_schema_miss *misses =
            json_schema_check(a, value_item(one, 0), value_item(one, 1), &refused);
        const char *wanted =
            expected->kind == VALUE_STRING ? "REFUSED" : expected_text(a, expected);

        got = refused ? "REFUSED" : sorted(a, misses, "\n");
        if (strcmp(got, wanted) == 0)
            continue;
        print_error("%s\nfound:\n%s\nnot:\n%s\n", json_write(a, one).at, got, wanted);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static const char *reason(struct arena *a, const char *schema, const char *values)
{
    const char *refused;

    (void)json_schema_check(a, read(a, text_of(schema)), read(a, text_of(values)), &refused);
    return refused ? refused : "";
}

TEST(bad_schemas_are_refused_with_a_reason)
{
    assert_string_equal(
        reason(a, "{\"$ref\":\"https://example.com/x.json#/a\"}", "{}"),
        "it refers to https://example.com/x.json#/a, and schemas are not fetched from elsewhere: "
        "put that schema into the chart's own document, or render without the check");
    assert_string_equal(reason(a, "{\"$ref\":\"#/none\"}", "{}"),
                        "it refers to #/none, which is not in it");
    assert_string_equal(reason(a, "{\"type\":\"strin\"}", "{}"),
                        "it is no valid schema: /type is not a type of JSON, or a list of them");
    assert_string_equal(reason(a, "[]", "{}"), "a schema is an object or a boolean");
    assert_true(strstr(reason(a, "{\"properties\":{\"a\":{\"pattern\":\"(\"}}}", "{\"a\":\"\"}"),
                       "the pattern '(' cannot be read: error parsing regexp") != NULL);
}

/* "d0" asks d1 twice, that asks d2 twice ...: d60 is asked 2^60 times. */
static const char *doubling(struct arena *a, const char *format, const char *last)
{
    struct text_builder b;

    text_builder_init(&b, a, 1 << 20);
    text_add_z(&b, "{\"$ref\":\"#/$defs/d0\",\"$defs\":{");
    for (int i = 0; i < 60; i++) {
        const char *next = text_f(a, "{\"$ref\":\"#/$defs/d%d\"}", i + 1);

        text_add_f(&b, "\"d%d\":", i);
        for (const char *c = format; *c; c++)
            if (*c == '@')
                text_add_z(&b, next);
            else
                text_add_char(&b, *c);
        text_add_char(&b, ',');
    }
    text_add_f(&b, "\"d60\":%s}}", last);
    return b.at;
}

static size_t misses(struct arena *a, const char *schema, const char *values, const char **refused)
{
    const struct json_schema_miss *miss =
        json_schema_check(a, read(a, text_of(schema)), read(a, text_of(values)), refused);
    size_t count = 0;

    for (; miss; miss = miss->next)
        count++;
    return count;
}

/* A question that was answered is not asked again. */
TEST(a_schema_that_doubles_is_judged)
{
    static const struct {
        const char *format, *last;
        bool fits;
    } cases[] = {
        {"{\"not\":{\"anyOf\":[{\"not\":@},{\"not\":@}]}}", "{\"type\":\"object\"}", true},
        {"{\"not\":{\"anyOf\":[{\"not\":@},{\"not\":@}]}}", "{\"type\":\"string\"}", false},
        {"{\"allOf\":[@,@]}", "true", true},
        {"{\"if\":@,\"then\":@}", "{\"type\":\"object\"}", true},
        {"{\"if\":@,\"else\":@}", "{\"type\":\"string\"}", false},
        {"{\"allOf\":[@,@],\"unevaluatedProperties\":false}", "{\"properties\":{\"a\":true}}",
         true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *schema = doubling(a, cases[i].format, cases[i].last), *refused;

        if ((misses(a, schema, "{\"a\":1}", &refused) == 0) != cases[i].fits || refused)
            fail_msg("%s: %s", schema, refused ? refused : "another verdict");
    }
}

/* What would take forever to tell, or to compare, ends soon. */
TEST(a_schema_cannot_take_forever)
{
    struct text_builder b;

    assert_string_equal(reason(a, doubling(a, "{\"allOf\":[@,@]}", "false"), "{}"),
                        "it takes too many steps to check");
    text_builder_init(&b, a, 1 << 20);
    text_add_z(&b, "{\"a\":[0");
    for (int i = 1; i < 20000; i++)
        text_add_f(&b, ",%d", i);
    text_add_z(&b, "]}");
    assert_string_equal(reason(a, "{\"properties\":{\"a\":{\"uniqueItems\":true}}}", b.at),
                        "it takes too many steps to check");
}

/* --- charts ---------------------------------------------------------------------- */

static bool check(struct arena *a, struct diags *diags, const char *root_schema,
                  const char *child_schema, const char *values)
{
    struct chart child = {.name = "child", .schema = text_of(child_schema)};
    struct chart *children[] = {&child};
    struct chart root = {.name = "root",
                         .schema = text_of(root_schema),
                         .dependencies = children,
                         .dependency_count = 1};
    struct call c = {.arena = a, .diags = diags};

    diags_init(diags, a);
    return values_check_schema(&c, &root, read(a, text_of(values)), path_of(a, "values"));
}

TEST(charts_and_sub_charts_are_checked)
{
    struct diags diags;

    assert_true(check(a, &diags, "", "{\"required\":[\"a\"]}", "{}"));
    assert_true(check(a, &diags, "", "{\"required\":[\"a\"]}", "{\"child\":{\"a\":1}}"));
    assert_int_equal(diags.count, 0);

    assert_false(check(a, &diags, "{\"required\":[\"x\"]}",
                       "{\"properties\":{\"a\":{\"type\":\"string\"}},\"required\":[\"b\"]}",
                       "{\"child\":{\"a\":1}}"));
    assert_int_equal(diags.count, 3);
    assert_string_equal(diags.first->summary, "Values do not fit the schema of chart root");
    assert_string_equal(diags.first->detail, "at '': missing property 'x'");
    assert_string_equal(path_text(a, diags.first->path), "values");
    assert_string_equal(diags.first->next->summary, "Values do not fit the schema of chart child");
    assert_string_equal(diags.last->detail, "at '/a': got number, want string");

    assert_false(check(a, &diags, "", "", "{\"child\":5}"));
    assert_string_equal(diags.first->summary, "Values of chart child are no map");
    assert_false(check(a, &diags, "{", "", "{}"));
    assert_string_equal(diags.first->detail,
                        "values.schema.json is not JSON: unexpected end of JSON input.");
}
