#include "template/function.h"

#include "base/test.h"
#include "codec/json.h"
#include "schema/call.h"
#include "template/quote.h"
#include "template/template.h"

/* Each row was recorded from Sprig itself: a new case needs no C. */
static const char folder[] = "provider/template/testdata/functions";

static const struct datum *values(struct arena *a)
{
    struct text json = test_file(a, text_f(a, "%s/values.json", folder));
    const struct value *v;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(json_read(a, json, "values.json", &diags, &v));
    return datum_of_value(a, v);
}

/* What the template gives, or "! " and what went wrong. */
static const char *rendered(struct arena *a, struct text source)
{
    struct cancel *cancel = cancel_new();
    struct template_set *set;
    struct diags diags;
    struct text out = {"", 0};
    struct call c;
    const char *result;

    diags_init(&diags, a);
    call_init(&c, a, &diags, cancel, NULL);
    set = template_set_new(&c, NULL);
    if (template_parse(set, "t", source) && template_execute(set, "t", values(a), &out))
        result = text_z(a, out);
    else
        result = text_f(a, "! %s", diags.first->detail);
    cancel_free(cancel);
    return result;
}

static size_t last_arrow(struct text row)
{
    for (size_t i = row.len - 4; i > 0; i--)
        if (text_starts_with((struct text){row.at + i, row.len - i}, " => "))
            return i;
    fail_msg("no ' => ' in %.*s", (int)row.len, row.at);
    return 0;
}

/* An error has to end with the recorded words; where it happened is the evaluator's. */
static bool is_as_recorded(struct arena *a, const char *found, struct text recorded)
{
    bool error = text_starts_with(recorded, "! ");
    struct text literal = error ? (struct text){recorded.at + 2, recorded.len - 2} : recorded;
    struct text expected;

    if (!quote_read(a, literal, &expected))
        fail_msg("not a literal: %.*s", (int)recorded.len, recorded.at);
    if (!error)
        return text_is(expected, found);
    return text_starts_with(text_of(found), "! ") &&
           text_ends_with(text_trim(text_of(found)), text_z(a, expected));
}

static size_t check_file(struct arena *a, const char *name, size_t *wrong)
{
    struct text rest = test_file(a, text_f(a, "%s/%s", folder, name)), row;
    size_t count = 0;

    while (text_split(&rest, '\n', &row)) {
        struct arena *own;
        const char *found;
        size_t arrow;

        if (!row.len || row.at[0] == '#')
            continue;
        own = arena_new();
        arrow = last_arrow(row);
        found = rendered(own, (struct text){row.at, arrow});
        if (!is_as_recorded(own, found, (struct text){row.at + arrow + 4, row.len - arrow - 4})) {
            print_error("%s: %.*s\n  gave %s\n", name, (int)row.len, row.at, found);
            ++*wrong;
        }
        arena_free(own);
        count++;
    }
    return count;
}

TEST(functions_do_what_was_recorded)
{
    const char *const *names = test_files(a, folder, ".cases");
    size_t count = 0, wrong = 0;

    for (; *names; names++)
        count += check_file(a, *names, &wrong);
    assert_int_equal(wrong, 0);
    assert_true(count > 280);
}
