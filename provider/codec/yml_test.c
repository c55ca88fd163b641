#include "codec/yml.h"

#include <string.h>

#include "base/test.h"
#include "codec/json.h"

static const char folder[] = "provider/codec/testdata/yml";

static bool read(struct arena *a, struct text yaml, struct diags *diags, const struct value **out)
{
    diags_init(diags, a);
    return yml_read_all(a, yaml, "test text", path_of(a, "values"), diags, out);
}

static struct text expected_of(struct arena *a, const char *kind, const char *name)
{
    return text_trim(
        test_file(a, text_f(a, "%s/%s/%.*s.expected", folder, kind, (int)strlen(name) - 5, name)));
}

static void check_round_trip(struct arena *a, const char *name, const struct value *v)
{
    struct text written = yml_write(a, v);
    const struct value *again;
    struct diags diags;

    diags_init(&diags, a);
    if (!yml_read(a, written, "own text", NULL, &diags, &again))
        fail_msg("%s: %s in\n%s", name, diags.first->detail, written.at);
    if (!value_equal(v, again))
        fail_msg("%s: came back as %s from\n%s", name, json_write(a, again).at, written.at);
}

TEST(valid_texts_are_read_and_written)
{
    const char *const *names = test_files(a, text_f(a, "%s/valid", folder), ".yaml");

    for (; *names; names++) {
        struct text yaml = test_file(a, text_f(a, "%s/valid/%s", folder, *names));
        const struct value *v;
        struct diags diags;

        if (!read(a, yaml, &diags, &v))
            fail_msg("%s: %s", *names, diags.first->detail);
        if (!text_equal(json_write(a, v), expected_of(a, "valid", *names)))
            fail_msg("%s: became %s", *names, json_write(a, v).at);
        check_round_trip(a, *names, v);
        for (size_t i = 0; i < value_count(v); i++)
            check_round_trip(a, *names, value_item(v, i));
    }
}

TEST(invalid_texts_are_refused_with_a_place)
{
    const char *const *names = test_files(a, text_f(a, "%s/invalid", folder), ".yaml");

    for (; *names; names++) {
        struct text yaml = test_file(a, text_f(a, "%s/invalid/%s", folder, *names));
        const struct value *v;
        struct diags diags;

        if (read(a, yaml, &diags, &v))
            fail_msg("%s: was read as %s", *names, json_write(a, v).at);
        assert_int_equal(diags.count, 1);
        assert_string_equal(diags.first->summary, "Cannot read YAML: test text");
        assert_string_equal(path_text(a, diags.first->path), "values");
        if (!strstr(diags.first->detail, text_z(a, expected_of(a, "invalid", *names))))
            fail_msg("%s: %s", *names, diags.first->detail);
    }
}

/* Cut anywhere, a text is read or refused, and nothing behind it is touched. */
TEST(cut_texts_do_no_harm)
{
    const char *const *names = test_files(a, text_f(a, "%s/valid", folder), ".yaml");

    for (; *names; names++) {
        struct text yaml = test_file(a, text_f(a, "%s/valid/%s", folder, *names));

        for (size_t len = 0; len < yaml.len && len < 600; len++) {
            char *cut = memory_new(1, len);
            const struct value *v;
            struct diags diags;
            bool done;

            memcpy(cut, yaml.at, len);
            done = read(a, (struct text){cut, len}, &diags, &v);
            assert_int_equal(done, !diags.failed);
            memory_free(cut);
        }
    }
}

static struct text repeated(struct arena *a, const char *open, size_t times)
{
    struct text_builder b;

    text_builder_init(&b, a, 64 << 20);
    for (size_t i = 0; i < times; i++)
        text_add_z(&b, open);
    return text_built(&b);
}

TEST(depth_has_a_limit)
{
    static const char *const openers[] = {"[", "{a: ", "- ", "[a, {b: ", "a: ["};
    const struct value *v;
    struct diags diags;

    for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]); i++) {
        assert_false(read(a, repeated(a, openers[i], 10000), &diags, &v));
        assert_non_null(strstr(diags.first->detail, "nested deeper than 100"));
    }
    assert_true(read(a, repeated(a, "- ", YML_DEPTH_MAX), &diags, &v));
    assert_false(read(a, repeated(a, "- ", YML_DEPTH_MAX + 1), &diags, &v));
}

TEST(size_has_a_limit)
{
    const struct value *v;
    struct diags diags;

    assert_false(read(a, (struct text){"a", (size_t)YML_BYTES_MAX + 1}, &diags, &v));
    assert_non_null(strstr(diags.first->detail, "at most 67108864 are read"));
}

TEST(one_document_means_one)
{
    const struct value *v;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(yml_read(a, TEXT(""), "values", NULL, &diags, &v));
    assert_true(value_is_null(v));
    assert_true(yml_read(a, TEXT("---\n---\na: 1\n---\n"), "values", NULL, &diags, &v));
    assert_int_equal(value_integer_at(v, "a"), 1);
    assert_false(yml_read(a, TEXT("a: 1\n---\nb: 2\n"), "values", NULL, &diags, &v));
    assert_non_null(strstr(diags.first->detail, "2 documents where one was expected"));
}

/* Strings that read as something else, or not at all, without quotes. */
static const char *const tricky[] = {
    "",
    " ",
    "a ",
    " a",
    "true",
    "Yes",
    "y",
    "off",
    "null",
    "~",
    "1",
    "0x1f",
    "017",
    "1e3",
    ".5",
    "1_000",
    ".inf",
    ".NaN",
    "2001-01-01",
    "1:30",
    "10.0.0.1",
    "-",
    "- a",
    "--- a",
    "---",
    "...",
    "a: b",
    "a:",
    ": a",
    ":",
    "a #b",
    "#a",
    "a#b",
    "'",
    "\"",
    "it's",
    "\\",
    "[a]",
    "{a}",
    "]",
    "}",
    ",",
    "a, b",
    "&a",
    "*a",
    "!a",
    "!!str a",
    "|",
    ">",
    "%YAML",
    "@",
    "`",
    "?",
    "? a",
    "=",
    "<<",
    "\t",
    "a\t",
    "\ta",
    "a\tb",
    "\n",
    "a\n",
    "\na",
    "a\nb",
    "a\nb\n",
    "a\n\n",
    "a\n\n\n",
    "a\n b",
    " a\nb",
    "\ta\nb",
    "a\n\tb",
    "a \nb",
    "a\n \nb",
    "a\n ",
    "a\n \n",
    "#a\nb",
    "- a\nb",
    "a\r\nb",
    "\r",
    "a\rb\n",
    "---\na",
    "...\na\n",
    "a\n---\n",
    "a\n...\n",
    "\x01",
    "\x7f",
    "\xc2\x85",
    "\xc2\x80",
    "\xc2\xa0",
    "a\n\xc2\x85",
    "\xe2\x80\xa8",
    "\xe2\x80\xa9"
    "a",
    "\xef\xbb\xbf",
    "\xef\xbb\xbf"
    "a",
    "\xef\xbf\xbe",
    "\xef\xbf\xbf",
    "\xef\xbf\xbd",
    "\xf0\x9f\x98\x80",
    "\xf0\x9f\xbf\xbf",
    "\xed\x9f\xbf",
    "\xee\x80\x80",
    "e\xcc\x81",
    "\xd0\xba\xd0\xbb",
};

TEST(any_string_comes_back_in_any_place)
{
    for (size_t i = 0; i < sizeof(tricky) / sizeof(tricky[0]); i++) {
        const struct value *s = value_string(a, tricky[i]);
        const struct value *list = value_list_of(a, s, s);
        const struct value *map = value_map_of(a, {tricky[i], s}, {"zz", s});

        check_round_trip(a, tricky[i], s);
        check_round_trip(a, tricky[i], list);
        check_round_trip(a, tricky[i], map);
        check_round_trip(a, tricky[i], value_list_of(a, list, map, list, &value_null));
        check_round_trip(a, tricky[i], value_map_of(a, {"a", list}, {"b", map}, {"c", s}));
    }
}

TEST(nul_comes_back)
{
    check_round_trip(a, "NUL", value_string_of(a, TEXT("a\0b")));
    check_round_trip(a, "NUL", value_string_of(a, TEXT("\0")));
    check_round_trip(a, "NUL", value_string_of(a, TEXT("a\n\0")));
}

TEST(long_keys_come_back)
{
    for (size_t len = 1; len < 3000; len = len * 3 / 2 + 1) {
        char *key = arena_alloc(a, len + 1);

        memset(key, 'k', len);
        check_round_trip(a, key, value_map_of(a, {key, &value_true}, {"b", &value_false}));
        check_round_trip(a, key, value_map_of(a, {key, value_map_of(a, {key, &value_true})}));
        check_round_trip(a, key, value_map_of(a, {key, value_list_of(a, &value_true)}));
        memset(key, '\x01', len);
        check_round_trip(a, key, value_map_of(a, {key, &value_null}, {"b", &value_false}));
    }
}

TEST(text_is_as_people_write_it)
{
    const struct value *v;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(json_read(a,
                          TEXT("{\"kind\":\"X\",\"list\":[\"a\",{\"b\":1,\"c\":[true]},[2,3]],"
                               "\"none\":null,\"empty\":{},\"m\":{\"n\":[]},\"yes\":\"no\","
                               "\"text\":\"a\\nb\\n\",\"cut\":\"a\\nb\",\"port\":\"80\"}"),
                          "test", &diags, &v));
    assert_string_equal(yml_write(a, v).at, "kind: X\n"
                                            "list:\n"
                                            "- a\n"
                                            "- b: 1\n"
                                            "  c:\n"
                                            "  - true\n"
                                            "- - 2\n"
                                            "  - 3\n"
                                            "none: null\n"
                                            "empty: {}\n"
                                            "m:\n"
                                            "  \"n\": []\n"
                                            "\"yes\": \"no\"\n"
                                            "text: |\n"
                                            "  a\n"
                                            "  b\n"
                                            "cut: |-\n"
                                            "  a\n"
                                            "  b\n"
                                            "port: \"80\"\n");
}

TEST(aliases_share_but_are_counted)
{
    struct text_builder b;
    const struct value *v;
    struct diags diags;

    text_builder_init(&b, a, 1 << 20);
    text_add_z(&b, "- &x [");
    for (int i = 0; i < 2000; i++)
        text_add_z(&b, "1,");
    text_add_z(&b, "]\n");
    for (int i = 0; i < 1000; i++)
        text_add_z(&b, "- *x\n");
    assert_true(read(a, text_built(&b), &diags, &v));
    v = value_item(v, 0);
    assert_int_equal(value_count(v), 1001);
    assert_ptr_equal(value_item(v, 0), value_item(v, 1000));
    for (int i = 0; i < 60; i++)
        text_add_z(&b, "- *x\n");
    assert_false(read(a, text_built(&b), &diags, &v));
}

/* --- Helm's way ----------------------------------------------------------- */

/* Expectations are what sigs.k8s.io/yaml made of the text: JSON, or its error. */
TEST(lenient_texts_are_read_as_helm_reads_them)
{
    const char *const *names = test_files(a, text_f(a, "%s/lenient", folder), ".yaml");
    int wrong = 0;

    for (; *names; names++) {
        struct text yaml = test_file(a, text_f(a, "%s/lenient/%s", folder, *names));
        struct text expected = expected_of(a, "lenient", *names);
        const struct value *v;
        const char *error = yml_try(a, yaml, &v);
        struct text got = error ? text_of(text_f(a, "error: %s", error)) : json_write(a, v);
        const struct value *wanted = NULL;
        struct diags diags;

        diags_init(&diags, a);
        if (error
                ? text_equal(got, expected)
                : json_read(a, expected, "expectation", &diags, &wanted) && value_equal(v, wanted))
            continue;
        print_error("%s: became %s\n", *names, got.at);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

TEST(lenient_readers_agree_and_report_in_our_words)
{
    const struct value *first, *all;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(yml_read_lenient(a, TEXT("a: 1\na: 2\n---\nb: {"), "values", NULL, &diags, &first));
    assert_string_equal(json_write(a, first).at, "{\"a\":2}");
    assert_true(yml_read_all_lenient(a, TEXT("a: 1\na: 2\n---\n# none\n---\nb: 1\n"), "values",
                                     NULL, &diags, &all));
    assert_string_equal(json_write(a, all).at, "[{\"a\":2},{\"b\":1}]");
    assert_false(
        yml_read_lenient(a, TEXT("a: b: c"), "values", path_of(a, "values"), &diags, &first));
    assert_string_equal(diags.first->summary, "Cannot read YAML: values");
    assert_string_equal(diags.first->detail,
                        "Line 1, column 5: mapping values are not allowed in this context.");
}
