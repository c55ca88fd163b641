/* Templates that want too much: each ends in a diagnostic that says so, and none needs the
 * deadline of the call for it. */
#include "base/clock.h"
#include "base/test.h"
#include "schema/call.h"
#include "template/template.h"

static const char cases[] = "provider/template/testdata/limits.cases";

static const char *outcome(struct arena *a, struct text source)
{
    struct cancel *cancel = cancel_new();
    struct template_set *set;
    struct diags diags;
    struct text out = {"", 0};
    struct call c;
    bool done;

    diags_init(&diags, a);
    call_init(&c, a, &diags, cancel, NULL);
    set = template_set_new(&c, NULL);
    done = template_parse(set, "chart/templates/a.yaml", source) &&
           template_execute(set, "chart/templates/a.yaml", datum_map_new(a), &out);
    cancel_free(cancel);
    return done ? text_z(a, out) : text_z(a, text_of(template_error(set)));
}

static size_t last_arrow(struct text row)
{
    for (size_t i = row.len - 4; i > 0; i--)
        if (text_starts_with((struct text){row.at + i, row.len - i}, " => "))
            return i;
    fail_msg("no ' => ' in %.*s", (int)row.len, row.at);
    return 0;
}

TEST(what_wants_too_much_is_refused)
{
    struct text rest = test_file(a, cases), row;
    size_t wrong = 0, count = 0;

    while (text_split(&rest, '\n', &row)) {
        struct arena *own;
        const char *found;
        size_t arrow;

        if (!row.len || row.at[0] == '#')
            continue;
        own = arena_new();
        arrow = last_arrow(row);
        found = outcome(own, (struct text){row.at, arrow});
        if (!text_ends_with(text_of(found),
                            text_z(own, (struct text){row.at + arrow + 4, row.len - arrow - 4}))) {
            print_error("%.*s\n  gave %.300s\n", (int)row.len, row.at, found);
            wrong++;
        }
        arena_free(own);
        count++;
    }
    assert_int_equal(wrong, 0);
    assert_true(count > 30);
}

static const char *interrupted(struct arena *a, struct cancel *cancel, int64_t deadline_ms)
{
    static const char endless[] = "{{ range 9000000 }}{{ end }}";
    struct diags diags;
    struct text out;
    struct call c;
    struct template_set *set;

    diags_init(&diags, a);
    call_init(&c, a, &diags, cancel, NULL);
    c.deadline_ms = deadline_ms;
    set = template_set_new(&c, NULL);
    assert_true(template_parse(set, "a.yaml", text_of(endless)));
    assert_false(template_execute(set, "a.yaml", &datum_nil, &out));
    return template_error(set);
}

TEST(the_call_ends_a_render)
{
    struct cancel *cancel = cancel_new();

    assert_true(text_ends_with(text_of(interrupted(a, cancel, clock_monotonic_ms() - 1)),
                               "it takes longer than the operation may"));
    cancel_fire(cancel);
    assert_true(text_ends_with(text_of(interrupted(a, cancel, clock_monotonic_ms() + 3600000)),
                               "interrupted"));
    cancel_free(cancel);
}
