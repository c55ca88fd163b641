#include "helm/files.h"

#include "helm/table.h"
#include "helm/test_pure.h"
#include "template/template.h"

static const char *with_dot(struct arena *a, const struct datum *dot, const char *source)
{
    struct template_set *set = template_set_new(pure_call(a), NULL);
    struct text out;

    if (!template_parse(set, "t", text_of(source)) || !template_execute(set, "t", dot, &out))
        return template_error(set);
    return text_z(a, out);
}

TEST(files_answer_as_gos_map_with_methods)
{
    static struct chart_file all[] = {
        {"a.txt", {"one\ntwo\n", 8}},
        {"conf/b.yaml", {"b: 1", 4}},
        {"conf/deep/c.bin", {"\0\xFF", 2}},
    };
    static const char *const cases[][2] = {
        {"{{ .Get \"a.txt\" }}{{ .Get \"none\" }}", "one\ntwo\n"},
        {"{{ .GetBytes \"conf/b.yaml\" }} {{ .none }}", "[98 58 32 49] []"},
        {"{{ .Lines \"a.txt\" | toJson }} {{ .Lines \"none\" | toJson }}", "[\"one\",\"two\"] []"},
        {"{{ range $name, $_ := .Glob \"**\" }}{{ $name }} {{ end }}",
         "a.txt conf/b.yaml conf/deep/c.bin "},
        {"{{ (.Glob \"conf/**\").AsConfig }}", "b.yaml: 'b: 1'\nc.bin: \"\\0\xEF\xBF\xBD\""},
        {"{{ (.Glob \"conf/**\").AsSecrets }}", "b.yaml: YjogMQ==\nc.bin: AP8="},
        {"{{ if .Glob \"x\" }}some{{ else }}none{{ end }} {{ len . }} {{ kindOf . }}",
         "none 3 map"},
        {"{{ index . \"none\" }} {{ toJson (.Glob \"conf/b*\") }}",
         "[] {\"conf/b.yaml\":\"YjogMQ==\"}"},
        {"{{ .Get 1 }}", "template: t:1:8: executing \"t\" at <1>: expected string; found 1"},
        {"{{ hasKey . \"a.txt\" }}",
         "template: t:1:10: executing \"t\" at <.>: wrong type for value; expected "
         "map[string]interface {}; got engine.files"},
    };
    struct chart_files files = {all, 3};
    const struct datum *dot = files_datum(a, &files);

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_string_equal(with_dot(a, dot, cases[i][0]), cases[i][1]);
}

TEST(tables_have_the_methods_of_values)
{
    static const char *const cases[][2] = {
        {"{{ .YAML }}|{{ (.Table \"x\").YAML }}", "a:\n  b:\n    c: 1\nd: null\nx: {}\n|{}\n"},
        {"{{ (.Table \"a.b\").c }} {{ .Table \"a\" | toJson }} {{ typeOf (.Table \"a\") }}",
         "1 {\"b\":{\"c\":1}} chartutil.Values"},
        {"{{ .PathValue \"a.b.c\" }} {{ .PathValue \"d\" }}", "1 "},
        {"{{ typeOf .AsMap }} {{ .AsMap.a.b.c }}", "map[string]interface {} 1"},
        {"{{ .Table \"a.x\" }}", "template: t:1:3: executing \"t\" at <.Table>: error calling "
                                 "Table: \"x\" is not a table"},
        {"{{ .Table \"d\" }}", "template: t:1:3: executing \"t\" at <.Table>: error calling "
                               "Table: \"d\" is not a table"},
        {"{{ .PathValue \"a.b\" }}", "template: t:1:3: executing \"t\" at <.PathValue>: error "
                                     "calling PathValue: \"b\" is not a value"},
        {"{{ .PathValue \"\" }}", "template: t:1:3: executing \"t\" at <.PathValue>: error "
                                  "calling PathValue: YAML path cannot be empty"},
        {"{{ .Table }}", "template: t:1:3: executing \"t\" at <.Table>: wrong number of args for "
                         "Table: want 1 got 0"},
    };
    const struct value *v = pure_json(a, "{\"a\":{\"b\":{\"c\":1}},\"d\":null,\"x\":{}}");
    const struct datum *dot = table_datum(a, datum_of_value(a, v));

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_string_equal(with_dot(a, dot, cases[i][0]), cases[i][1]);
}
