#include "helm/set_expression.h"

#include "helm/test_pure.h"
#include "helm/values.h"

/* Stands for a folder with one file. */
static bool read_file(struct call *c, __attribute__((unused)) void *data, const char *name,
                      struct text *out)
{
    *out = TEXT("line\nof a file, {x}");
    return strcmp(name, "dir/a.txt") == 0 || diag_error(c->diags, NULL, "No such file", "%s", name);
}

/* The values as JSON, or what was said. */
static const char *set(struct arena *a, const char *base, enum set_kind kind, struct text text)
{
    struct set_options options = {.kind = kind, .read = read_file};
    const struct datum *values = values_to_datum(a, pure_json(a, base));
    struct call *c = pure_call(a);

    if (!set_expression(c, text, &options, values))
        return pure_said(c);
    assert_int_equal(c->diags->count, 0);
    return pure_text(a, values_from_datum(a, values));
}

struct row {
    const char *base;
    enum set_kind kind;
    const char *text, *gives;
};

static void check(struct arena *a, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *got = set(a, rows[i].base, rows[i].kind, text_of(rows[i].text));

        if (strcmp(got, rows[i].gives) != 0)
            fail_msg("%s over %s gives %s, not %s", rows[i].text, rows[i].base, got, rows[i].gives);
    }
}
#define CHECK(rows) check(a, rows, sizeof(rows) / sizeof(*(rows)))

TEST(values_get_the_type_that_they_look_like)
{
    static const struct row rows[] = {
        {"{}", SET_AUTO, "a=1,b=-2,c=+3,d=0", "{\"a\":1,\"b\":-2,\"c\":3,\"d\":0}"},
        {"{}", SET_AUTO, "a=01,b=1.5,c=1e3,d=0x1",
         "{\"a\":\"01\",\"b\":\"1.5\",\"c\":\"1e3\",\"d\":\"0x1\"}"},
        {"{}", SET_AUTO, "a=9223372036854775807", "{\"a\":9223372036854775807}"},
        {"{}", SET_AUTO, "a=9223372036854775808", "{\"a\":\"9223372036854775808\"}"},
        {"{}", SET_AUTO, "a=true,b=FALSE,c=null,d=yes",
         "{\"a\":true,\"b\":false,\"c\":null,\"d\":\"yes\"}"},
        {"{}", SET_AUTO, "a=,b= x ", "{\"a\":\"\",\"b\":\" x \"}"},
        {"{}", SET_STRING, "a=1,b=true,c=null", "{\"a\":\"1\",\"b\":\"true\",\"c\":\"null\"}"},
        {"{}", SET_JSON, "a={\"x\":[1,\"]\"]},b=1.5 ,c=\"t\",d=",
         "{\"a\":{\"x\":[1,\"]\"]},\"b\":1.5,\"c\":\"t\",\"d\":null}"},
        {"{}", SET_LITERAL, "a.b=x,c={\\d}", "{\"a\":{\"b\":\"x,c={\\\\d}\"}}"},
        {"{}", SET_FILE, "a.b=dir/a.txt,c=dir/a.txt",
         "{\"a\":{\"b\":\"line\\nof a file, {x}\"},\"c\":\"line\\nof a file, {x}\"}"},
    };

    CHECK(rows);
}

TEST(places_are_made_where_they_are_missing)
{
    static const struct row rows[] = {
        {"{\"a\":{\"b\":1,\"c\":2}}", SET_AUTO, "a.b=3", "{\"a\":{\"b\":3,\"c\":2}}"},
        {"{}", SET_AUTO, "a[2]=x", "{\"a\":[null,null,\"x\"]}"},
        {"{\"a\":[1,2]}", SET_AUTO, "a[0]=9,a[2].b=c", "{\"a\":[9,2,{\"b\":\"c\"}]}"},
        {"{}", SET_AUTO, "a[0][1]=x", "{\"a\":[[null,\"x\"]]}"},
        {"{}", SET_AUTO, "a={1,x,},b=2", "{\"a\":[1,\"x\",\"\"],\"b\":2}"},
        {"{}", SET_AUTO, "a={}", "{\"a\":[\"\"]}"},
        {"{}", SET_AUTO, "a\\.b=1,c\\,d=2,e\\=f=3", "{\"a.b\":1,\"c,d\":2,\"e=f\":3}"},
        {"{}", SET_AUTO, "a=\\{x\\,y}", "{\"a\":\"{x,y}\"}"},
        {"{\"a\":1}", SET_AUTO, "", "{\"a\":1}"},
    };

    CHECK(rows);
}

/* What stands behind "=" is never shown. */
TEST(faults_are_told_without_values)
{
    static const struct row rows[] = {
        {"{}", SET_AUTO, "a", "A value cannot be set: In \"a\": \"a\" has no value."},
        {"{}", SET_AUTO, "a,b=secret",
         "A value cannot be set: In \"a,b=...\": \"a\" has no value (it cannot end with a "
         "comma)."},
        {"{}", SET_AUTO, "a.b", "A value cannot be set: In \"a.b\": \"b\" has no value."},
        {"{}", SET_AUTO, "a={x,secret",
         "A value cannot be set: In \"a=...\": a list must end with \"}\"."},
        {"{}", SET_AUTO, "a[x]=1",
         "A value cannot be set: In \"a[x]=...\": the list place \"[x\" is no number with "
         "\"]\"."},
        {"{}", SET_AUTO, "a[-1]=1",
         "A value cannot be set: In \"a[-1]=...\": the list place \"[-1\" is no number with "
         "\"]\"."},
        {"{}", SET_AUTO, "a[65537]=1",
         "A value cannot be set: In \"a[65537]=...\": the list place 65537 is above 65536."},
        {"{\"a\":1}", SET_AUTO, "a.b=1", "A value cannot be set: In \"a.b=...\": \"a\" is no map."},
        {"{\"a\":1}", SET_AUTO, "a[0]=1",
         "A value cannot be set: In \"a[0]=...\": \"a\" is no list."},
        {"{}", SET_AUTO, "a[0]x=1",
         "A value cannot be set: In \"a[0]x=...\": \"x\" stands behind the place in a list."},
        {"{}", SET_JSON, "a={secret", "A value cannot be set: In \"a=...\": the value is no JSON."},
        {"{}", SET_FILE, "a=none", "No such file: none"},
    };

    CHECK(rows);
}

TEST(nesting_is_bounded)
{
    struct text_builder deep, list;

    text_builder_init(&deep, a, 4096);
    text_builder_init(&list, a, 4096);
    text_add_z(&list, "a");
    for (int i = 0; i <= SET_NESTING_MAX; i++)
        text_add_z(&deep, "a.");
    for (int i = 0; i <= 3 * SET_NESTING_MAX; i++)
        text_add_z(&list, "[0]");
    text_add_z(&deep, "a=1");
    text_add_z(&list, "=1");
    assert_non_null(strstr(set(a, "{}", SET_AUTO, text_built(&deep)), "more than 30 deep"));
    assert_non_null(strstr(set(a, "{}", SET_AUTO, text_built(&list)), "nested too deep"));
}
