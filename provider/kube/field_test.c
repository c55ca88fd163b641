#include "kube/field.h"

#include "kube/test_case.h"

static const struct value *json(struct arena *a, const char *text)
{
    const struct value *v = &value_null;
    struct diags diags;

    diags_init(&diags, a);
    if (!json_read(a, text_of(text), "test", &diags, &v))
        fail_msg("%s: %s", text, diags.first->detail);
    return v;
}

TEST(places_are_read)
{
    static const struct {
        const char *place, *found; /* NULL = not a place */
    } cases[] = {
        {"status.phase", "\"Bound\""},
        {".status.phase", "\"Bound\""},
        {"status.ingress[1].ip", "\"2\""},
        {"status[\"ingress\"][0].ip", "\"1\""},
        {"metadata.labels[\"a.b/c\"]", "\"x\""},
        {"metadata.labels.a", "null"},
        {"status.ingress[7].ip", "null"},
        {"status.phase.more", "null"},
        {"", NULL},
        {".", NULL},
        {"a..b", NULL},
        {"a.", NULL},
        {"a[", NULL},
        {"a[x]", NULL},
        {"a[1", NULL},
        {"a[\"b]", NULL},
        {"a b", NULL},
    };
    const struct value *object =
        json(a, "{\"status\":{\"phase\":\"Bound\",\"ingress\":[{\"ip\":\"1\"},{\"ip\":\"2\"}]},"
                "\"metadata\":{\"labels\":{\"a.b/c\":\"x\"}}}");

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct value *v;
        bool fine = field_at(a, object, cases[i].place, &v);

        print_message("    %s\n", cases[i].place);
        assert_int_equal(fine, cases[i].found != NULL);
        if (fine)
            assert_string_equal(json_write(a, v).at, cases[i].found);
    }
}

TEST(differences_are_the_deepest_places)
{
    static const struct {
        const char *x, *y, *places;
    } cases[] = {
        {"{\"a\":1}", "{\"a\":1}", "[]"},
        {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", "[]"},
        {"{\"a\":1}", "{\"a\":2}", "[\"a\"]"},
        {"{\"a\":1}", "{}", "[\"a\"]"},
        {"{}", "{\"a\":{\"b\":1}}", "[\"a\"]"},
        {"{\"a\":{\"b\":1,\"c\":1}}", "{\"a\":{\"b\":2,\"c\":1,\"d\":1}}", "[\"a.b\",\"a.d\"]"},
        {"{\"a\":[{\"b\":1},{\"b\":2}]}", "{\"a\":[{\"b\":1},{\"b\":3}]}", "[\"a[1].b\"]"},
        {"{\"a\":[1]}", "{\"a\":[1,2]}", "[\"a\"]"},
        {"{\"a\":{\"x.y/z\":1}}", "{\"a\":{\"x.y/z\":2}}", "[\"a[\\\"x.y/z\\\"]\"]"},
        {"{\"a\":{}}", "{\"a\":[]}", "[\"a\"]"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct value_builder b;

        value_builder_init(&b, a);
        field_differences(&b, "", json(a, cases[i].x), json(a, cases[i].y));
        assert_string_equal(json_write(a, value_builder_list(&b)).at, cases[i].places);
    }
}

TEST(the_judge_compares_text_and_hides_secrets)
{
    static const struct {
        const char *object, *value;
        enum kube_verdict verdict;
        const char *seen;
    } cases[] = {
        {"{\"kind\":\"A\",\"data\":{\"x\":\"yes\"}}", "yes", KUBE_DONE, NULL},
        {"{\"kind\":\"A\",\"data\":{\"x\":3}}", "3", KUBE_DONE, NULL},
        {"{\"kind\":\"A\",\"data\":{\"x\":true}}", "true", KUBE_DONE, NULL},
        {"{\"kind\":\"A\",\"data\":{\"x\":\"no\"}}", NULL, KUBE_DONE, NULL},
        {"{\"kind\":\"A\",\"data\":{\"x\":[1]}}", NULL, KUBE_DONE, NULL},
        {"{\"kind\":\"A\",\"data\":{\"x\":\"\"}}", NULL, KUBE_NOT_YET, "data.x is not set"},
        {"{\"kind\":\"A\",\"data\":{}}", "yes", KUBE_NOT_YET, "data.x is not set"},
        {"{\"kind\":\"A\",\"data\":{\"x\":\"no\"}}", "yes", KUBE_NOT_YET, "data.x is \"no\""},
        {"{\"kind\":\"Secret\",\"data\":{\"x\":\"bm8=\"}}", "yes", KUBE_NOT_YET,
         "data.x has another value"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct field_wanted wanted = {"data.x", cases[i].value};
        struct call c = {.arena = a};
        const char *seen = "";

        assert_int_equal(field_judge(&c, &wanted, json(a, cases[i].object), &seen),
                         cases[i].verdict);
        if (cases[i].seen)
            assert_string_equal(seen, cases[i].seen);
    }
}
