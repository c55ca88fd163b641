#include "istio/rotation.h"

#include <string.h>

#include "base/test.h"

/* One row per situation; roots are letters: "a" the former, "b" the wanted. */
struct row {
    const char *rotation, *chain_root, *roots;
    bool is_stale;
    enum rotation_step step;
    enum rotation_roots wanted;
    bool breaks_trust;
    const char *error;
};

static const struct row rows[] = {
    /* within the wanted root */
    {"", "b", "b", false, ROTATION_KEEP, ROTATION_AS_IS, false, NULL},
    {"", "b", "b", true, ROTATION_ISSUE, ROTATION_AS_IS, false, NULL},
    {"", "b", "ab", false, ROTATION_KEEP, ROTATION_AS_IS, false, NULL},
    {"trust_both", "b", "b", false, ROTATION_KEEP, ROTATION_AS_IS, false, NULL},
    {"trust_both", "b", "b", true, ROTATION_ISSUE, ROTATION_AS_IS, false, NULL},
    {"switch_signer", "b", "ab", false, ROTATION_KEEP, ROTATION_AS_IS, false, NULL},
    {"drop_old", "b", "ab", false, ROTATION_ROOTS, ROTATION_ONLY, false, NULL},
    {"drop_old", "b", "ab", true, ROTATION_ISSUE, ROTATION_ONLY, false, NULL},
    {"drop_old", "b", "b", false, ROTATION_KEEP, ROTATION_AS_IS, false, NULL},
    {"immediate", "b", "ab", false, ROTATION_ROOTS, ROTATION_ONLY, false, NULL},
    {"immediate", "b", "b", false, ROTATION_KEEP, ROTATION_AS_IS, false, NULL},
    /* of another root */
    {"", "a", "a", false, ROTATION_ISSUE, ROTATION_ONLY, true, NULL},
    {"", "a", "ab", false, ROTATION_ISSUE, ROTATION_ONLY, true, NULL},
    {"trust_both", "a", "a", false, ROTATION_ROOTS, ROTATION_JOINED, false, NULL},
    {"trust_both", "a", "a", true, ROTATION_ROOTS, ROTATION_JOINED, false, NULL},
    {"trust_both", "a", "ab", false, ROTATION_KEEP, ROTATION_AS_IS, false, NULL},
    {"trust_both", "a", "ab", true, ROTATION_KEEP, ROTATION_AS_IS, false, NULL},
    {"switch_signer", "a", "ab", false, ROTATION_ISSUE, ROTATION_AS_IS, false, NULL},
    {"switch_signer", "a", "a", false, 0, 0, false, "follows \"trust_both\""},
    {"drop_old", "a", "ab", false, 0, 0, false, "follows \"switch_signer\""},
    {"immediate", "a", "a", false, ROTATION_ISSUE, ROTATION_ONLY, false, NULL},
    /* broken, or gone */
    {"", "", "b", true, ROTATION_ISSUE, ROTATION_AS_IS, false, NULL},
    {"", "", "a", true, ROTATION_ISSUE, ROTATION_ONLY, true, NULL},
    {"", "", "", true, ROTATION_ISSUE, ROTATION_ONLY, true, NULL},
    {"trust_both", "", "", true, ROTATION_ISSUE, ROTATION_ONLY, false, NULL},
    {"drop_old", "", "", true, ROTATION_ISSUE, ROTATION_ONLY, false, NULL},
};

static const struct value *letters(struct arena *a, const char *z)
{
    const struct value *list = &value_empty_list;

    for (; *z; z++)
        list = value_append(a, list, value_f(a, "%c", *z));
    return list;
}

static void check_row(struct arena *a, const struct row *row)
{
    const struct rotation_state state = {
        .chain_root = row->chain_root,
        .roots = letters(a, row->roots),
        .wanted_root = "b",
        .rotation = row->rotation,
        .is_stale = row->is_stale,
    };
    struct call c = {.arena = a};
    struct rotation next;
    struct diags diags;
    bool done;

    print_message("    \"%s\" of %s, trusting %s\n", row->rotation, row->chain_root, row->roots);
    diags_init(&diags, a);
    c.diags = &diags;
    done = rotation_next(&c, &state, &next);
    assert_int_equal(done, row->error == NULL);
    if (row->error) {
        assert_non_null(strstr(diags.first->detail, row->error));
        return;
    }
    assert_int_equal(next.step, row->step);
    assert_int_equal(next.roots, row->wanted);
    assert_int_equal(next.breaks_trust, row->breaks_trust);
}

TEST(each_situation_has_its_next_step)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(a, &rows[i]);
}

/* What the Secret holds after a step. */
static void take_step(struct arena *a, const struct rotation *next, struct rotation_state *state)
{
    if (next->step == ROTATION_ISSUE)
        state->chain_root = state->wanted_root;
    if (next->step != ROTATION_KEEP && next->roots == ROTATION_JOINED)
        state->roots = value_append(a, state->roots, value_string(a, state->wanted_root));
    if (next->step != ROTATION_KEEP && next->roots == ROTATION_ONLY)
        state->roots = letters(a, state->wanted_root);
}

TEST(steps_in_their_order_come_to_an_end_and_each_is_done_once)
{
    struct rotation_state state = {.chain_root = "a", .roots = letters(a, "a"), .wanted_root = "b"};
    struct call c = {.arena = a};
    struct rotation next;
    struct diags diags;

    diags_init(&diags, a);
    c.diags = &diags;
    for (size_t i = 0; i < 3; i++) {
        state.rotation = rotation_names[i];
        assert_true(rotation_next(&c, &state, &next));
        assert_int_not_equal(next.step, ROTATION_KEEP);
        take_step(a, &next, &state);
        assert_true(rotation_next(&c, &state, &next));
        assert_int_equal(next.step, ROTATION_KEEP);
    }
    assert_string_equal(state.chain_root, "b");
    assert_true(value_equal(state.roots, letters(a, "b")));
}

TEST(refusal_names_both_roots_and_the_way)
{
    struct call c = {.arena = a};
    struct diags diags;

    diags_init(&diags, a);
    c.diags = &diags;
    assert_false(rotation_refuse(&c, "east", "istio-system", letters(a, "xy"), "b"));
    assert_non_null(strstr(diags.first->detail, "x, y; the one wanted is b"));
    assert_non_null(strstr(diags.first->detail, "\"trust_both\" in all clusters"));
    assert_string_equal(path_text(a, diags.first->path), "root");
}
