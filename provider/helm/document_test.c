#include "helm/document.h"

#include "codec/yml.h"
#include "helm/test_pure.h"

static const char *first(struct arena *a, const char *yaml)
{
    struct call *c = pure_call(a);
    const struct value *v;

    return document_read(c, text_of(yaml), "values.yaml", NULL, &v) ? pure_text(a, v)
                                                                    : pure_said(c);
}

TEST(the_first_document_counts)
{
    assert_string_equal(first(a, ""), "null");
    assert_string_equal(first(a, "# nothing\n"), "null");
    assert_string_equal(first(a, "a: 1\n---\nb: 2\n"), "{\"a\":1}");
    assert_string_equal(first(a, "---\na: [1, {b: c}]\n"), "{\"a\":[1,{\"b\":\"c\"}]}");
    assert_string_equal(first(a, "a: 1\na: 2\n"), "{\"a\":2}");
    assert_string_equal(first(a, "x: &x {a: 1}\nz: {<<: *x}\n"),
                        "{\"x\":{\"a\":1},\"z\":{\"a\":1}}");
    assert_non_null(strstr(first(a, "a: [\n"), "values.yaml"));
    assert_non_null(strstr(first(a, "a:\n\tb: 1\n"), "Line 2"));
}

TEST(scalars_become_texts_as_go_reads_them)
{
    static const struct {
        const char *yaml, *text; /* NULL: no scalar */
    } cases[] = {
        {"null", ""},
        {"1.10", "1.1"},
        {"1.0", "1"},
        {"007", "7"},
        {"0x10", "16"},
        {"true", "true"},
        {"yes", "true"},
        {"\"1.10\"", "1.10"},
        {"1e3", "1000"},
        {"1.23456789", "1.2345679"},
        {"5e102", "+Inf"},
        {"v1", "v1"},
        {"2024-01-01", "2024-01-01"},
        {"[]", NULL},
        {"{}", NULL},
        {"12345678901234567890", "12345678901234567890"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct value *v;
        const char *text = NULL;
        bool scalar;

        assert_null(yml_try(a, text_of(cases[i].yaml), &v));
        scalar = document_scalar(a, v, &text);
        if (scalar != (cases[i].text != NULL) || (scalar && strcmp(text, cases[i].text) != 0))
            fail_msg("%s gives %s", cases[i].yaml, scalar ? text : "nothing");
    }
}
