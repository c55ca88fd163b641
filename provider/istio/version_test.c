#include "istio/version.h"

#include "schema/test_case.h"

TEST(whole_versions_of_supported_lines)
{
    static const struct {
        const char *version;
        bool fine;
    } cases[] = {
        {"1.13.0", true},  {"1.27.3", true},  {"1.31.0-rc.0", true}, {"1.27.3+build", true},
        {"1.12.9", false}, {"2.0.0", false},  {"1.27", false},       {"v1.27.3", false},
        {"", false},       {"latest", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        print_message("    %s\n", cases[i].version);
        assert_int_equal(version_check(case_call(a), NULL, value_string(a, cases[i].version)),
                         cases[i].fine);
    }
}

TEST(kubernetes_that_a_line_needs)
{
    static const int cases[][2] = {{13, 19}, {15, 19}, {16, 22}, {20, 25}, {23, 25},
                                   {24, 28}, {27, 28}, {28, 30}, {30, 32}, {35, 32}};

    (void)a;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_int_equal(version_kubernetes_minor(cases[i][0]), cases[i][1]);
}

TEST(steps_that_are_warned_of)
{
    static const struct {
        const char *from, *to, *said;
    } cases[] = {
        {"1.26.4", "1.27.3", ""},
        {"1.27.3", "1.27.9", ""},
        {"", "1.27.3", ""},
        {"1.25.0", "1.27.3", "version: The upgrade leaves out lines of Istio"},
        {"1.27.3", "1.26.4", "version: Istio goes back to an older line"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct call *c = case_call(a);

        version_warn_of_step(c, path_of(a, "version"), cases[i].from, cases[i].to);
        assert_memory_equal(case_said(a, c), cases[i].said, strlen(cases[i].said));
        assert_int_equal(c->diags->count, *cases[i].said ? 1 : 0);
    }
}
