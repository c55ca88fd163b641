#include "helm/values.h"

#include "helm/test_pure.h"

/* The user's values as JSON, or what was said with its place. */
static const char *of_user(struct arena *a, const char *documents, const char *sets)
{
    struct call *c = pure_call(a);
    const struct value *v;

    if (values_of_user(c, pure_json(a, documents), pure_json(a, sets), path_of(a, "values"),
                       path_of(a, "set"), &v))
        return pure_text(a, v);
    return text_f(a, "%s: %s", path_text(a, c->diags->first->path), pure_said(c));
}

TEST(later_documents_and_sets_win)
{
    static const char *const cases[][3] = {
        {"[]", "[]", "{}"},
        {"[null,{\"a\":{\"b\":1,\"c\":2},\"l\":[1,2]},{\"a\":{\"b\":3},\"l\":[9]}]", "[]",
         "{\"a\":{\"b\":3,\"c\":2},\"l\":[9]}"},
        {"[{\"a\":{\"b\":1}},{\"a\":null}]", "[]", "{\"a\":null}"},
        {"[{\"a\":null},{\"a\":{\"b\":1}}]", "[]", "{\"a\":{\"b\":1}}"},
        {"[{\"a\":{\"b\":1}},{\"a\":\"x\"}]", "[]", "{\"a\":\"x\"}"},
        {"[{\"a\":1}]",
         "[{\"name\":\"a\",\"value\":\"2\",\"type\":\"auto\"},"
         "{\"name\":\"b\",\"value\":\"2\",\"type\":\"string\"},"
         "{\"name\":\"c\",\"value\":\"[2]\",\"type\":\"json\"},"
         "{\"name\":\"d\",\"value\":\"{2}\",\"type\":\"literal\"},"
         "{\"name\":\"e[1]\",\"value\":\"{2}\"}]",
         "{\"a\":2,\"b\":\"2\",\"c\":[2],\"d\":\"{2}\",\"e\":[null,[2]]}"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_string_equal(of_user(a, cases[i][0], cases[i][1]), cases[i][2]);
}

TEST(faults_of_the_user_have_their_place)
{
    static const char *const cases[][3] = {
        {"[{},[1]]", "[]",
         "values: The values are no map: Document 2 of the values is a list; it must be a map of "
         "the chart's values."},
        {"[]", "[{\"name\":\"a\",\"value\":\"1\"},{\"name\":\"b[\",\"value\":\"1\"}]",
         "set[1]: A value cannot be set: In \"b[=...\": the list place \"[=1\" is no number with "
         "\"]\"."},
        {"[]", "[{\"name\":\"a\",\"value\":\"1\",\"type\":\"number\"}]",
         "set[0]: A value cannot be set: The type \"number\" is none of auto, string, json, "
         "literal."},
        {"[]", "[{\"name\":\"a\",\"value\":\"/etc/passwd\",\"type\":\"file\"}]",
         "set[0]: A value cannot be set: The type \"file\" is none of auto, string, json, "
         "literal."},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_string_equal(of_user(a, cases[i][0], cases[i][1]), cases[i][2]);
}

/* --set makes int64, everything else float64: templates tell them apart. */
TEST(numbers_of_set_stay_integers)
{
    const struct value *v = pure_json(a, "{\"b\":2}");
    const struct datum *d;

    assert_true(values_set(pure_call(a), TEXT("a=1"), "auto", NULL, v, &v));
    assert_true(values_set(pure_call(a), TEXT("c[0].d=3"), "", NULL, v, &v));
    d = values_to_datum(a, v);
    assert_int_equal(datum_get_z(d, "a")->kind, DATUM_INT64);
    assert_int_equal(datum_get_z(d, "b")->kind, DATUM_FLOAT64);
    d = datum_get_z(datum_get_z(d, "c")->list.items[0], "d");
    assert_int_equal(d->kind, DATUM_INT64);
    assert_string_equal(pure_text(a, v), "{\"a\":1,\"b\":2,\"c\":[{\"d\":3}]}");
}

/* --- with a chart -------------------------------------------------------------- */

static struct chart *chart_of(struct arena *a, const struct value *v)
{
    struct chart *chart = arena_alloc(a, sizeof(*chart));
    const struct value *metadata = value_at(v, "metadata"), *below = value_at(v, "charts");

    *chart = (struct chart){
        .name = value_text(metadata, "name"),
        .version = value_text(metadata, "version"),
        .metadata = metadata,
        .values = value_at(v, "values"),
        .dependencies = arena_array(a, value_count(below) + 1, sizeof(*chart->dependencies)),
        .dependency_count = value_count(below),
    };
    for (size_t i = 0; i < value_count(below); i++)
        chart->dependencies[i] = chart_of(a, value_item(below, i));
    return chart;
}

/* "a b(c d)": the names of a chart's sub-charts. */
static void add_names(struct text_builder *b, const struct chart *chart)
{
    for (size_t i = 0; i < chart->dependency_count; i++) {
        text_add_f(b, "%s%s", i ? " " : "", chart->dependencies[i]->name);
        if (chart->dependencies[i]->dependency_count == 0)
            continue;
        text_add_char(b, '(');
        add_names(b, chart->dependencies[i]);
        text_add_char(b, ')');
    }
}

/* Each row is {chart, values, is: values that the chart sees, charts: sub-charts that take
 * part, says: what was said}. "is" and "charts" are what Helm 3.21 made of the same; where
 * they are missing Helm refused. */
static bool is_as_recorded(struct arena *a, const struct value *row)
{
    const char *is = value_has(row, "is") ? pure_text(a, value_at(row, "is")) : "", *got = "";
    struct call *c = pure_call(a);
    const struct datum *values;
    struct text_builder names;
    struct chart *chart;

    text_builder_init(&names, a, 4096);
    if (values_for_chart(c, chart_of(a, value_at(row, "chart")), value_at(row, "values"),
                         path_of(a, "values"), &chart, &values)) {
        got = pure_text(a, values_from_datum(a, values));
        add_names(&names, chart);
    }
    if (strcmp(got, is) == 0 && text_is(text_built(&names), value_text(row, "charts")) &&
        strcmp(pure_said(c), value_text(row, "says")) == 0)
        return true;
    print_error("%s: %s\n%.*s\n%s\n", value_text(row, "what"), got, (int)names.len,
                names.len ? names.at : "", pure_said(c));
    return false;
}

TEST(charts_see_what_helm_shows_them)
{
    const char *const *name = test_files(a, "provider/helm/testdata/values", ".json");
    size_t wrong = 0;

    for (; *name; name++) {
        struct text file = test_file(a, text_f(a, "provider/helm/testdata/values/%s", *name));
        const struct value *rows = pure_json(a, text_z(a, file));

        for (size_t i = 0; i < value_count(rows); i++)
            wrong += !is_as_recorded(a, value_item(rows, i));
    }
    assert_int_equal(wrong, 0);
}
