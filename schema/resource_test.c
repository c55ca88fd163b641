#include "schema/resource.h"

#include "base/clock.h"
#include "schema/test_case.h"

static const struct attribute inner[] = {
    STRING("key", REQUIRED | SENSITIVE, "Key."),
    NUMBER("size", OPTIONAL | COMPUTED | FORCE_NEW, "Size.", .fallback = "3",
           .exactly_one_of = "sizes", .conflicts_with = NAMES("key")),
    END_ATTRIBUTES,
};

static const struct attribute middle[] = {
    NESTED("inners", NESTING_LIST, inner, OPTIONAL, "Inners."),
    END_ATTRIBUTES,
};

static const struct attribute rows[] = {
    STRING("name", REQUIRED, "Name."),
    NESTED("given", NESTING_SINGLE, inner, OPTIONAL, "Given."),
    NESTED("either", NESTING_SINGLE, inner, OPTIONAL | COMPUTED, "Either."),
    NESTED("made", NESTING_MAP, middle, COMPUTED, "Made."),
    END_ATTRIBUTES,
};

static const struct resource timed = {
    .name = "timed", .attributes = rows, .timeouts = {.create = 600, .remove = 90}};
static const struct resource untimed = {.name = "untimed", .attributes = rows};

TEST(resource_timeouts_block)
{
    const struct attribute *all = resource_attributes(a, &timed);
    const struct attribute *timeouts = attribute_find(all, "timeouts");

    assert_non_null(timeouts);
    assert_int_equal(timeouts->nesting, NESTING_BLOCK);
    assert_int_equal(timeouts->flags, OPTIONAL);
    assert_non_null(attribute_find(timeouts->nested, "create"));
    assert_null(attribute_find(timeouts->nested, "read"));
    assert_non_null(strstr(attribute_find(timeouts->nested, "create")->doc, "`10m`"));
    assert_non_null(strstr(attribute_find(timeouts->nested, "delete")->doc, "`90s`"));
    assert_null(attribute_find(resource_attributes(a, &untimed), "timeouts"));
}

TEST(resource_computed_parents_hold_computed_rows)
{
    const struct attribute *all = resource_attributes(a, &untimed);
    const struct attribute *made = attribute_find(all, "made")->nested;

    assert_int_equal(attribute_find(all, "given")->nested[0].flags, REQUIRED | SENSITIVE);
    assert_int_equal(attribute_find(all, "either")->nested[0].flags, REQUIRED | SENSITIVE);
    assert_int_equal(made[0].flags, COMPUTED);
    assert_int_equal(made[0].nested[0].flags, COMPUTED | SENSITIVE);
    assert_int_equal(made[0].nested[1].flags, COMPUTED);
    assert_null(made[0].nested[1].fallback);
    assert_null(made[0].nested[1].exactly_one_of);
    assert_null(made[0].nested[1].conflicts_with);
    assert_non_null(attribute_find(all, "given")->nested[1].fallback);
}

struct deadline_case {
    const struct resource *resource;
    const char *create; /* entry of the timeouts block, NULL for none */
    const char *operation;
    int64_t seconds;
};

TEST(resource_deadlines)
{
    static const struct deadline_case cases[] = {
        {&timed, NULL, "create", 600},    {&timed, NULL, "delete", 90},
        {&timed, NULL, "read", 3600},     {&timed, "2m", "create", 120},
        {&timed, "2m", "delete", 90},     {&timed, "nonsense", "create", 600},
        {&untimed, NULL, "create", 3600},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct value *object = value_map_of(
            a, {"timeouts", value_map_of(a, {"create", value_string(a, cases[i].create)})});
        int64_t left = resource_deadline_ms(cases[i].resource, object, cases[i].operation) -
                       clock_monotonic_ms();

        assert_true(left <= cases[i].seconds * 1000 && left > cases[i].seconds * 1000 - 5000);
    }
    assert_true(resource_deadline_ms(&timed, &value_null, "create") > clock_monotonic_ms());
}

TEST(resource_find_in_registry)
{
    assert_null(resource_find(KIND_MANAGED, "istio_nothing"));
    for (size_t i = 0; registry[i]; i++)
        assert_ptr_equal(resource_find(registry[i]->kind, registry[i]->name), registry[i]);
}
