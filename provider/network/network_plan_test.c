/* The arithmetic of subnets, by cases. */
#include "network/network_plan.h"

#include "base/test.h"
#include "codec/json.h"

static const struct value *cases_of(struct arena *a, const char *file)
{
    const struct value *cases = NULL;
    const char *reason = json_try(a, test_file(a, file), &cases);

    assert_null(reason);
    assert_true(value_count(cases) > 0);
    return cases;
}

TEST(blocks_are_derived)
{
    const struct value *cases = cases_of(a, "provider/network/testdata/network_plan.json");

    for (size_t i = 0; i < value_count(cases); i++) {
        const struct value *test = value_item(cases, i);
        const char *block = value_text(test, "cidr_block");
        size_t zones = (size_t)value_integer_at(test, "zones");
        const struct value *private = network_plan_derive(a, block, false, zones),
                           *public = network_plan_derive(a, block, true, zones);

        print_message("    %s\n", value_text(test, "name"));
        assert_true(value_equal(private ? private : &value_null, value_at(test, "private")));
        assert_true(value_equal(public ? public : &value_null, value_at(test, "public")));
    }
}

/* "path: summary" of the first; "" when all is well. */
static const char *said(struct arena *a, const struct diags *d)
{
    return d->first ? text_f(a, "%s: %s", path_text(a, d->first->path), d->first->summary) : "";
}

TEST(wrong_blocks_are_refused_at_their_place)
{
    const struct value *cases = cases_of(a, "provider/network/testdata/network_plan_rules.json");

    for (size_t i = 0; i < value_count(cases); i++) {
        const struct value *test = value_item(cases, i), *public = value_at(test, "public"),
                           *private = value_at(test, "private");
        int64_t zones = value_integer_at(test, "zones");
        struct diags diags;
        struct call c;
        bool fine;

        print_message("    %s\n", value_text(test, "name"));
        diags_init(&diags, a);
        call_init(&c, a, &diags, NULL, NULL);
        fine = network_plan_check(&c, value_text(test, "cidr_block"), public, private) &&
               (!zones || network_plan_check_counts(&c, (size_t)zones, public, private));
        assert_string_equal(said(a, &diags), value_text(test, "said"));
        assert_int_equal(fine, !*value_text(test, "said"));
    }
}

/* What is derived is always right. */
TEST(derived_blocks_pass_the_check)
{
    for (unsigned prefix = 16; prefix <= 24; prefix++)
        for (size_t zones = 1; zones <= NETWORK_PLAN_ZONES_MAX; zones++) {
            const char *block = text_f(a, "10.0.0.0/%u", prefix);
            struct diags diags;
            struct call c;

            diags_init(&diags, a);
            call_init(&c, a, &diags, NULL, NULL);
            assert_true(network_plan_check(&c, block, network_plan_derive(a, block, true, zones),
                                           network_plan_derive(a, block, false, zones)));
        }
}
