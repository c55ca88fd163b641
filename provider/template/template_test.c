#include "template/template.h"

#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/test.h"
#include "template/function.h"

/* A set with a call that ends `left_ms` from now. */
static struct template_set *set_with(struct arena *a, int64_t left_ms,
                                     const struct template_hooks *hooks, struct call **out)
{
    struct call *c = arena_alloc(a, sizeof(*c));
    struct diags *diags = arena_alloc(a, sizeof(*diags));

    diags_init(diags, a);
    call_init(c, a, diags, NULL, NULL);
    c->deadline_ms += left_ms - call_left_ms(c);
    *out = c;
    return template_set_new(c, hooks);
}

static struct template_set *set_new(struct arena *a)
{
    struct call *c;

    return set_with(a, 3600000, NULL, &c);
}

static void parse(struct template_set *s, const char *name, const char *source)
{
    if (!template_parse(s, name, text_of(source)))
        fail_msg("%s", template_error(s));
}

static const struct datum *dot_of(struct arena *a)
{
    const struct datum *dot = datum_map_new(a);

    datum_set(dot, TEXT("s"), datum_string(a, TEXT("text")));
    return dot;
}

static const char *run(struct arena *a, struct template_set *s, const char *name)
{
    struct text out;

    if (!template_execute(s, name, dot_of(a), &out))
        fail_msg("%s", template_error(s));
    return text_z(a, out);
}

/* --- errors ------------------------------------------------------------------------ */
TEST(an_error_is_one_diagnostic_with_place_and_calls)
{
    struct call *c;
    struct template_set *s = set_with(a, 3600000, NULL, &c);
    struct text out;

    parse(s, "c/templates/_h.tpl",
          "{{ define \"outer\" }}\n  {{- include \"inner\" . | quote }}{{ end }}\n"
          "{{ define \"inner\" }}{{ .s.x }}{{ end }}");
    parse(s, "c/templates/a.yaml", "a: 1\nb: {{ include \"outer\" . }}");
    assert_false(template_execute(s, "c/templates/a.yaml", dot_of(a), &out));
    assert_int_equal(c->diags->count, 1);
    assert_string_equal(c->diags->first->summary, "Chart template failed");
    assert_string_equal(
        template_error(s),
        "template: c/templates/a.yaml:2:6: executing \"c/templates/a.yaml\" at <include \"outer\" "
        ".>: error calling include: template: c/templates/_h.tpl:2:6: executing \"outer\" at "
        "<include \"inner\" .>: error calling include: template: c/templates/_h.tpl:3:25: "
        "executing \"inner\" at <.s.x>: can't evaluate field x in type interface {}");
    assert_string_equal(c->diags->first->detail, template_error(s));
}

TEST(a_file_with_an_error_adds_nothing)
{
    struct template_set *s = set_new(a);
    struct text out;

    assert_false(template_parse(s, "c/a.tpl", TEXT("{{ define \"d\" }}{{ end }}\n{{ nosuch }}")));
    assert_string_equal(template_error(s),
                        "parse error at (c/a.tpl:2): function \"nosuch\" not defined");
    assert_false(template_execute(s, "d", dot_of(a), &out));
    assert_string_equal(template_error(s),
                        "template: no template \"d\" associated with template \"gotpl\"");
}

TEST(what_fails_leaves_the_set_usable)
{
    struct template_set *s = set_new(a);
    struct text out;

    parse(s, "bad", "some text {{ fail \"no\" }}");
    parse(s, "good", "{{ .s }}");
    assert_false(template_execute(s, "bad", dot_of(a), &out));
    assert_string_equal(template_error(s), "execution error at (bad:1:13): no");
    assert_string_equal(run(a, s, "good"), "text");
}

/* --- what lives how long --------------------------------------------------------------- */
TEST(texts_stay_when_more_is_executed)
{
    struct template_set *s = set_new(a);
    struct text first, second;

    parse(s, "one", "{{ define \"h\" }}[{{ . }}]{{ end }}{{ include \"h\" \"a\" }}");
    parse(s, "two", "{{ tpl \"{{ include \\\"h\\\" . }}\" (repeat 5000 \"b\") }}");
    assert_true(template_execute(s, "one", dot_of(a), &first));
    assert_true(template_execute(s, "two", dot_of(a), &second));
    assert_true(text_is(first, "[a]"));
    assert_int_equal(second.len, 5002);
}

TEST(maps_that_a_template_changes_stay_changed)
{
    struct template_set *s = set_new(a);
    const struct datum *dot = dot_of(a);
    struct text out;

    parse(s, "one", "{{ $_ := set . \"s\" \"changed\" }}{{ $x := 1 }}");
    parse(s, "two", "{{ .s }}");
    assert_true(template_execute(s, "one", dot, &out));
    assert_true(template_execute(s, "two", dot, &out));
    assert_true(text_is(out, "changed"));
}

TEST(the_file_parsed_last_defines)
{
    struct template_set *s = set_new(a);

    parse(s, "one", "{{ define \"d\" }}one{{ end }}{{ template \"d\" }}");
    parse(s, "two", "{{ define \"d\" }}two{{ end }}");
    parse(s, "three", "{{ define \"d\" }} {{/* blank */}}{{ end }}");
    assert_string_equal(run(a, s, "one"), "two");
}

TEST(only_unstable_functions_make_a_render_unstable)
{
    struct template_set *s = set_new(a);

    parse(s, "stable", "{{ .s | upper }}");
    parse(s, "unstable", "{{ if false }}{{ now }}{{ else }}{{ randAlpha 3 | len }}{{ end }}");
    run(a, s, "unstable");
    assert_true(template_unstable(s));
    run(a, s, "stable");
    assert_false(template_unstable(s));
}

/* --- lookup ------------------------------------------------------------------------- */
static const struct datum *lookup(struct function_call *f, void *data, const char *api_version,
                                  const char *kind, const char *namespace, const char *name)
{
    if (strcmp(name, "bad") == 0)
        return function_fail(f, "the server said no");
    return datum_string_z(f->arena, text_f(f->arena, "%s %s %s %s %s", (const char *)data,
                                           api_version, kind, namespace, name));
}

TEST(lookup_asks_the_hook)
{
    static char data[] = "data";
    const struct template_hooks hooks = {lookup, data};
    struct call *c;
    struct template_set *s = set_with(a, 3600000, &hooks, &c);
    struct text out;

    parse(s, "good", "{{ lookup \"v1\" \"Pod\" \"n\" \"x\" }}");
    parse(s, "bad", "{{ tpl \"{{ lookup `v1` `Pod` `n` `bad` }}\" . }}");
    assert_string_equal(run(a, s, "good"), "data v1 Pod n x");
    assert_false(template_execute(s, "bad", dot_of(a), &out));
    assert_true(
        text_ends_with(text_of(template_error(s)), "error calling lookup: the server said no"));
}

/* --- limits ------------------------------------------------------------------------- */
TEST(limits_end_a_render_with_their_name)
{
    static const struct {
        const char *source, *reason;
    } rows[] = {
        {"{{ $x := repeat 1048576 \"x\" }}{{ range until 70 }}{{ $x }}{{ end }}",
         "its text exceeds 64 MiB"},
        {"{{ range until 600 }}{{ $_ := repeat 1048576 \"x\" }}{{ end }}",
         "the chart's templates take more than 512 MiB of memory"},
        {"{{ define \"r\" }}{{ include \"r\" . }}{{ end }}{{ include \"r\" . }}",
         "rendering template has a nested reference name: r: unable to execute template"},
        {"{{ define \"r\" }}{{ template \"r\" }}{{ end }}{{ template \"r\" }}",
         "exceeded maximum template depth (5000)"},
        {"{{ $_ := set . \"t\" \"{{ tpl .t . }}\" }}{{ tpl .t . }}", ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct arena *own = arena_new();
        struct template_set *s = set_new(own);
        struct text out;

        parse(s, "t", rows[i].source);
        assert_false(template_execute(s, "t", dot_of(own), &out));
        if (!strstr(template_error(s), rows[i].reason))
            fail_msg("%s\n  gave %.300s", rows[i].source, template_error(s));
        arena_free(own);
    }
}

TEST(a_source_has_a_largest_size)
{
    char *large = memory_new(TEMPLATE_SOURCE_BYTES_MAX + 1, 1);
    struct template_set *s = set_new(a);

    memset(large, 'x', TEMPLATE_SOURCE_BYTES_MAX + 1);
    assert_false(template_parse(s, "t", (struct text){large, TEMPLATE_SOURCE_BYTES_MAX + 1}));
    assert_non_null(strstr(template_error(s), "it has more than 16777216 bytes"));
    memory_free(large);
}

TEST(a_render_ends_with_its_operation)
{
    struct call *c;
    struct template_set *s = set_with(a, -1, NULL, &c);
    struct text out;

    parse(s, "t", "{{ range 1000000000 }}{{ end }}");
    assert_false(template_execute(s, "t", dot_of(a), &out));
    assert_non_null(strstr(template_error(s), "it takes longer than the operation may"));
}

TEST(a_render_ends_when_interrupted)
{
    struct cancel *cancel = cancel_new();
    struct call *c;
    struct template_set *s = set_with(a, 3600000, NULL, &c);
    struct text out;

    c->cancel = cancel;
    cancel_fire(cancel);
    parse(s, "t", "{{ range 1000000000 }}{{ end }}");
    assert_false(template_execute(s, "t", dot_of(a), &out));
    assert_non_null(strstr(template_error(s), "interrupted"));
    cancel_free(cancel);
}
