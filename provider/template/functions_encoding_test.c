#include <math.h>
#include <string.h>

#include "base/test.h"
#include "codec/json.h"
#include "template/function.h"
#include "template/json_write.h"
#include "template/template.h"

static const struct function *find(const char *name)
{
    const struct function *f = function_find(text_of(name));

    if (!f)
        fail_msg("there is no function %s", name);
    return f;
}

static const struct datum *call(struct arena *a, const char *name, const struct datum *argument,
                                const char **error)
{
    const struct datum **arguments = arena_array(a, 1, sizeof(*arguments));
    struct function_call f = {.arena = a, .function = find(name), .count = 1};
    const struct datum *result;

    arguments[0] = argument;
    f.arguments = arguments;
    result = f.function->run(&f);
    *error = f.error;
    return result;
}

/* As `{{ . }}` shows a string, and `{{ toJson . }}` all else. */
static struct text shown(struct arena *a, const struct datum *d, const char *error)
{
    struct text_builder b;

    if (!d)
        return text_of(text_f(a, "ERROR %s", error));
    if (d->kind == DATUM_STRING)
        return d->text;
    text_builder_init(&b, a, TEMPLATE_OUTPUT_BYTES_MAX);
    json_write_datum(&b, d, JSON_WRITE_HTML_SAFE);
    return text_built(&b);
}

static const struct value *recorded(struct arena *a)
{
    struct text text = test_file(a, "provider/template/testdata/encoding.json");
    const struct value *cases;
    struct diags diags;

    diags_init(&diags, a);
    if (!json_read(a, text, "encoding.json", &diags, &cases))
        fail_msg("%s", diags.first->detail);
    assert_true(value_count(cases) > 500);
    return cases;
}

/* Each case is [function, argument, what Helm 3.21's functions gave]. */
TEST(functions_give_what_helm_gives)
{
    const struct value *cases = recorded(a);
    size_t wrong = 0;

    for (size_t i = 0; i < value_count(cases); i++) {
        const struct value *one = value_item(cases, i);
        const char *error;
        const struct datum *result =
            call(a, value_z(value_item(one, 0)), datum_of_value(a, value_item(one, 1)), &error);
        struct text got = shown(a, result, error);

        if (text_equal(got, value_string_text(value_item(one, 2))))
            continue;
        wrong++;
        print_error("%s\nbut gave %s\n", json_write(a, one).at,
                    json_write(a, value_string_of(a, got)).at);
    }
    assert_int_equal(wrong, 0);
}

/* What toYaml writes, fromYaml reads to the same value, and it is written alike. */
TEST(yaml_comes_back)
{
    const struct value *cases = recorded(a);

    for (size_t i = 0; i < value_count(cases); i++) {
        const struct datum *in = datum_of_value(a, value_item(value_item(cases, i), 1)), *again;
        const struct datum *map = datum_map_new(a), *text;
        const char *error;

        datum_set(map, TEXT("value"), in);
        text = call(a, "toYaml", map, &error);
        if (!text->text.len || strstr(text_z(a, text->text), "<<:"))
            continue; /* what go-yaml refuses to write, or to read again */
        /* toYaml cuts the last newline, which a block scalar may need */
        again = call(a, "fromYaml", datum_string_z(a, text_f(a, "%s\n", text_z(a, text->text))),
                     &error);
        if (!text_equal(call(a, "toYaml", again, &error)->text, text->text))
            fail_msg("%.*s", (int)text->text.len, text->text.at);
    }
}

TEST(a_map_within_itself_is_refused)
{
    const struct datum *map = datum_map_new(a);
    const char *error;

    datum_set(map, TEXT("self"), map);
    assert_int_equal(call(a, "toYaml", map, &error)->text.len, 0);
    assert_int_equal(call(a, "toJson", map, &error)->text.len, 0);
    assert_null(call(a, "mustToJson", map, &error));
    assert_true(strstr(error, "cycle") != NULL);
    call(a, "toToml", map, &error);
}

TEST(numbers_keep_their_kind)
{
    const struct datum *map = datum_map_new(a);
    const char *error;

    datum_set(map, TEXT("int"), datum_int(a, 1000000));
    datum_set(map, TEXT("int64"), datum_int64(a, INT64_MIN));
    datum_set(map, TEXT("float"), datum_float64(a, 1000000));
    datum_set(map, TEXT("bytes"), datum_bytes(a, TEXT("hi")));
    assert_true(text_is(call(a, "toYaml", map, &error)->text,
                        "bytes: aGk=\nfloat: 1000000\nint: 1000000\nint64: -9223372036854775808"));
    assert_true(text_is(call(a, "toToml", map, &error)->text,
                        "bytes = [104, 105]\nfloat = 1e+06\nint = 1000000\n"
                        "int64 = -9223372036854775808\n"));
    assert_true(text_is(call(a, "toYamlPretty", datum_float64(a, 1000000), &error)->text, "1e+06"));
    assert_int_equal(call(a, "toYaml", datum_float64(a, (double)INFINITY), &error)->text.len, 0);
}
