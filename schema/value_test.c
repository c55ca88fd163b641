#include "schema/value.h"

#include <math.h>
#include <string.h>

#include "base/test.h"
#include "schema/type.h"

/* --- numbers ------------------------------------------------------------- */

static const struct {
    const char *text;
    const char *canonical; /* NULL: not a number */
    bool integer;
} decimals[] = {
    {"0", "0", true},
    {"-0", "0", true},
    {"-0.000", "0", true},
    {"0e9999999999", "0", true},
    {"1", "1", true},
    {"+1", "1", true},
    {"-1", "-1", true},
    {"007", "7", true},
    {"1.50", "1.5", false},
    {"00012.500", "12.5", false},
    {"1.0", "1", true},
    {".5", "0.5", false},
    {"5.", "5", true},
    {"-.5", "-0.5", false},
    {"1e3", "1000", true},
    {"1E+3", "1000", true},
    {"1e-3", "0.001", false},
    {"123.456e1", "1234.56", false},
    {"123.456e2", "12345.6", false},
    {"123.456e3", "123456", true},
    {"123.456e5", "12345600", true},
    {"123.456e-5", "0.00123456", false},
    {"1000e-3", "1", true},
    {"0.001e3", "1", true},
    {"9223372036854775807", "9223372036854775807", true},
    {"-9223372036854775808", "-9223372036854775808", true},
    {"9223372036854775808", "9223372036854775808", false},
    {"-9223372036854775809", "-9223372036854775809", false},
    {"9.223372036854775807e18", "9223372036854775807", true},
    {"", NULL, false},
    {"-", NULL, false},
    {".", NULL, false},
    {"e5", NULL, false},
    {"1e", NULL, false},
    {"1e+", NULL, false},
    {"1.2.3", NULL, false},
    {"1 ", NULL, false},
    {" 1", NULL, false},
    {"0x1f", NULL, false},
    {"1_000", NULL, false},
    {"--1", NULL, false},
    {"inf", NULL, false},
    {"nan", NULL, false},
    {"1e1100", NULL, false},
    {"1e-1101", NULL, false},
    {"1e999999999999999999999999", NULL, false},
    {"1e-999999999999999999999999", NULL, false},
    {"1e1000005", NULL, false},
};

TEST(decimals_become_canonical)
{
    for (size_t i = 0; i < sizeof(decimals) / sizeof(decimals[0]); i++) {
        const struct value *v = value_number(a, text_of(decimals[i].text));

        if (!v != !decimals[i].canonical)
            fail_msg("\"%s\"", decimals[i].text);
        if (!v)
            continue;
        assert_string_equal(v->number.text.at, decimals[i].canonical);
        assert_int_equal(v->number.text.len, strlen(decimals[i].canonical));
        assert_int_equal(v->number.is_integer, decimals[i].integer);
    }
}

TEST(numbers_are_compared_by_exact_text)
{
    const struct value *tenth = value_number(a, TEXT("0.1"));
    const struct value *near_tenth = value_number(a, TEXT("0.10000000000000000001"));

    assert_true(tenth->number.real == near_tenth->number.real);
    assert_false(value_equal(tenth, near_tenth));
    assert_true(value_equal(tenth, value_number(a, TEXT("1e-1"))));
}

static struct text digits(struct arena *a, const char *before, char digit, size_t count,
                          const char *behind)
{
    struct text_builder b;

    text_builder_init(&b, a, 1 << 20);
    text_add_z(&b, before);
    for (size_t i = 0; i < count; i++)
        text_add_char(&b, digit);
    text_add_z(&b, behind);
    return text_built(&b);
}

TEST(digits_have_a_limit)
{
    assert_non_null(value_number(a, digits(a, "", '9', 1100, "")));
    assert_null(value_number(a, digits(a, "", '9', 1101, "")));
    assert_non_null(value_number(a, digits(a, "0.", '9', 1100, "")));
    assert_null(value_number(a, digits(a, "0.", '9', 1101, "")));
    assert_non_null(value_number(a, digits(a, "1.", '0', 90000, "")));
    assert_string_equal(value_number(a, digits(a, "", '0', 90000, "7"))->number.text.at, "7");
    assert_null(value_number(a, digits(a, "0.", '0', 90000, "7")));
    /* Mantissa and exponent that cancel each other never give a wrong number. */
    assert_null(value_number(a, digits(a, "0.", '0', 150000, "1e100500")));
    assert_null(value_number(a, digits(a, "0.", '0', 99900, "1e1000005")));
    assert_string_equal(value_number(a, digits(a, "0.", '0', 999, "1e1000"))->number.text.at, "1");
}

TEST(doubles_get_their_shortest_text)
{
    static const struct {
        double real;
        const char *text;
    } reals[] = {
        {0, "0"},
        {-0.0, "0"},
        {0.1, "0.1"},
        {1.0 / 3, "0.3333333333333333"},
        {100, "100"},
        {-2.5, "-2.5"},
        {1e21, "1000000000000000000000"},
        {5e-7, "0.0000005"},
        {2251799813685249.5, "2251799813685249.5"},
    };

    for (size_t i = 0; i < sizeof(reals) / sizeof(reals[0]); i++)
        assert_string_equal(value_real(a, reals[i].real)->number.text.at, reals[i].text);
    assert_true(value_is_null(value_real(a, (double)INFINITY)));
    assert_true(value_is_null(value_real(a, (double)NAN)));
    assert_true(value_as_real(value_real(a, 5e-324)) == 5e-324);
    assert_true(value_as_real(value_real(a, 1.7976931348623157e308)) == 1.7976931348623157e308);
}

TEST(integers_keep_their_limits)
{
    assert_string_equal(value_integer(a, INT64_MIN)->number.text.at, "-9223372036854775808");
    assert_int_equal(value_as_integer(value_integer(a, INT64_MAX)), INT64_MAX);
    assert_true(value_equal(value_integer(a, -7), value_number(a, TEXT("-7.0"))));
}

/* --- asking -------------------------------------------------------------- */

TEST(asking_never_fails)
{
    const struct value *wrong[] = {NULL,        &value_null,         &value_unknown,
                                   &value_true, &value_empty_string, value_integer(a, 3)};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_ptr_equal(value_at(wrong[i], "key"), &value_null);
        assert_ptr_equal(value_item(wrong[i], 0), &value_null);
        assert_int_equal(value_count(wrong[i]), 0);
        assert_false(value_has(wrong[i], "key"));
        assert_string_equal(value_text(wrong[i], "key"), "");
        assert_string_equal(value_z(wrong[i]), "");
        assert_true(value_is_null(value_in(wrong[i], "x", "y", "z")));
    }
    assert_ptr_equal(value_at(&value_empty_map, NULL), &value_null);
    assert_ptr_equal(value_item(&value_empty_list, 0), &value_null);
    assert_int_equal(value_as_integer(value_string(a, "3")), 0);
    assert_false(value_as_bool(value_string(a, "true")));
    assert_true(value_is_null(value_string(a, NULL)));
}

TEST(unknown_is_found_at_any_depth)
{
    const struct value *deep =
        value_list_of(a, value_map_of(a, {"k", value_list_of(a, &value_unknown)}));

    assert_false(value_is_wholly_known(deep));
    assert_false(value_is_wholly_known(&value_unknown));
    assert_true(value_is_wholly_known(&value_null));
    assert_true(value_is_wholly_known(value_list_of(a, &value_empty_map)));
    assert_false(value_is_set(&value_unknown));
    assert_false(value_is_set(&value_null));
    assert_false(value_is_set(NULL));
    assert_true(value_is_set(&value_empty_map));
}

TEST(strings_may_hold_nul)
{
    const struct value *v = value_string_of(a, TEXT("a\0b"));

    assert_int_equal(value_string_text(v).len, 3);
    assert_string_equal(value_z(v), "a");
    assert_false(value_equal(v, value_string(a, "a")));
}

TEST(maps_are_equal_in_any_order)
{
    const struct value *one = value_integer(a, 1), *two = value_integer(a, 2);
    const struct value *m = value_map_of(a, {"a", one}, {"b", two});

    assert_true(value_equal(m, value_map_of(a, {"b", two}, {"a", one})));
    assert_false(value_equal(m, value_map_of(a, {"b", one}, {"a", two})));
    assert_false(value_equal(m, value_map_of(a, {"a", one})));
    assert_false(value_equal(m, value_map_of(a, {"a", one}, {"c", two})));
    assert_false(value_equal(value_list_of(a, one, two), value_list_of(a, two, one)));
    assert_true(value_equal(NULL, &value_null));
    assert_false(value_equal(&value_unknown, &value_null));
    assert_false(value_equal(&value_empty_list, &value_empty_map));
}

/* --- building ------------------------------------------------------------ */

TEST(with_replaces_adds_and_removes)
{
    const struct value *m = value_map_of(a, {"a", &value_true}, {"b", &value_true});
    const struct value *changed = value_with(a, m, "a", &value_false);

    assert_true(value_flag(m, "a"));
    assert_string_equal(changed->map.entries[0].key, "a");
    assert_false(value_flag(changed, "a"));
    assert_int_equal(value_count(value_with(a, m, "c", &value_null)), 3);
    assert_int_equal(value_count(value_with(a, m, "a", NULL)), 1);
    assert_int_equal(value_count(value_with(a, m, "none", NULL)), 2);
    assert_int_equal(value_count(value_with(a, &value_unknown, "a", &value_true)), 1);
}

TEST(with_in_makes_the_way)
{
    const struct value *v =
        value_with_in(a, &value_null, &value_true, "metadata", "annotations", "x");

    assert_true(value_as_bool(value_in(v, "metadata", "annotations", "x")));
    v = value_with_in(a, v, &value_false, "metadata", "name");
    assert_int_equal(value_count(value_at(v, "metadata")), 2);
    v = value_with_in(a, v, NULL, "metadata", "annotations", "x");
    assert_int_equal(value_count(value_in(v, "metadata", "annotations")), 0);
    assert_true(value_has(value_at(v, "metadata"), "annotations"));
    /* Removing what is not there leaves no trace on the way. */
    assert_false(value_has(value_with_in(a, v, NULL, "spec", "x"), "spec"));
    assert_ptr_equal(value_with_in(a, &value_null, NULL, "spec", "x"), &value_empty_map);
}

TEST(merge_is_deep_for_maps_only)
{
    const struct value *base =
        value_map_of(a, {"m", value_map_of(a, {"x", &value_true}, {"y", &value_true})},
                     {"l", value_list_of(a, &value_true)}, {"n", &value_true});
    const struct value *over =
        value_map_of(a, {"m", value_map_of(a, {"y", &value_null}, {"z", &value_false})},
                     {"l", &value_empty_list}, {"n", &value_null}, {"new", &value_true});
    const struct value *v = value_merge(a, base, over);

    assert_true(value_as_bool(value_in(v, "m", "x")));
    assert_true(value_has(value_at(v, "m"), "y"));
    assert_true(value_is_null(value_in(v, "m", "y")));
    assert_true(value_has(value_at(v, "m"), "z"));
    assert_int_equal(value_count(value_at(v, "l")), 0);
    assert_true(value_has(v, "n") && value_is_null(value_at(v, "n")));
    assert_true(value_flag(v, "new"));
    assert_ptr_equal(value_merge(a, base, &value_true), &value_true);
}

TEST(sorted_goes_to_every_depth)
{
    const struct value *v = value_sorted(
        a, value_map_of(
               a, {"b", value_list_of(a, value_map_of(a, {"y", &value_null}, {"x", &value_null}))},
               {"a", &value_true}, {"B", &value_true}));

    assert_string_equal(v->map.entries[0].key, "B");
    assert_string_equal(v->map.entries[1].key, "a");
    assert_string_equal(value_item(v->map.entries[2].value, 0)->map.entries[0].key, "x");
}

TEST(copies_outlive_their_arena)
{
    struct arena *short_lived = arena_new();
    struct value refined = {.kind = VALUE_UNKNOWN};
    struct value *typed = arena_alloc(short_lived, sizeof(*typed));
    const struct value *copy;

    refined.refinement = (struct text){arena_copy(short_lived, "\x81\x01\xc2", 3), 3};
    *typed = *value_string(short_lived, "text");
    typed->type = type_list(short_lived, TYPE_LIST, &type_string);
    copy =
        value_copy(a, value_map_of(short_lived, {arena_strdup(short_lived, "k"),
                                                 value_list_of(short_lived, typed, &refined,
                                                               value_integer(short_lived, 12))}));
    arena_free(short_lived);
    assert_string_equal(value_z(value_item(value_at(copy, "k"), 0)), "text");
    assert_string_equal(type_json(a, value_item(value_at(copy, "k"), 0)->type).at,
                        "[\"list\",\"string\"]");
    assert_int_equal(value_item(value_at(copy, "k"), 1)->refinement.len, 3);
    assert_string_equal(value_item(value_at(copy, "k"), 2)->number.text.at, "12");
}

TEST(append_leaves_the_list_alone)
{
    const struct value *l = value_list_of(a, &value_true);

    assert_int_equal(value_count(value_append(a, l, &value_false)), 2);
    assert_int_equal(value_count(l), 1);
    assert_int_equal(value_count(value_append(a, &value_null, NULL)), 1);
}

TEST(builder_keeps_first_place_and_last_value)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (int i = 0; i < 100; i++)
        value_builder_set(&b, text_f(a, "k%d", i % 50), value_integer(a, i));
    assert_int_equal(b.count, 50);
    assert_string_equal(value_builder_map(&b)->map.entries[3].key, "k3");
    assert_int_equal(value_integer_at(value_builder_map(&b), "k3"), 53);
}

TEST(builder_finds_pushed_duplicates)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (int i = 0; i < 100; i++) {
        value_builder_push(&b, text_f(a, "k%d", i), &value_null);
        assert_null(value_builder_duplicate(&b));
    }
    value_builder_push(&b, "k42", NULL);
    assert_string_equal(value_builder_duplicate(&b), "k42");
    value_builder_init(&b, a);
    value_builder_push(&b, "x", NULL);
    value_builder_push(&b, "x", NULL);
    assert_string_equal(value_builder_duplicate(&b), "x");
}
