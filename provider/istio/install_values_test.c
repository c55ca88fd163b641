#include "istio/install_values.h"

#include "istio/install_adopt.h"
#include "schema/test_case.h"

static const struct value *base_object(struct arena *a)
{
    return value_map_of(a,
                        {"cluster", value_map_of(a, {"name", value_string(a, "east")},
                                                 {"network", value_string(a, "network1")})},
                        {"version", value_string(a, "1.27.3")}, {"revision", value_string(a, "")},
                        {"namespace", value_string(a, "istio-system")});
}

static const struct value *object_of(struct arena *a, const struct value *test)
{
    return value_merge(a, base_object(a), case_marked(a, value_at(test, "arguments")));
}

static void assert_json_equal(struct arena *a, const struct value *got, const struct value *wanted)
{
    if (!value_equal(got, wanted))
        assert_string_equal(json_write_pretty(a, got).at, json_write_pretty(a, wanted).at);
}

/* What each chart is given, or the first line that is said. */
static void try_values(struct arena *a, const struct value *test)
{
    const struct value *object = object_of(a, test), *values;
    const char *said = value_text(test, "said");
    struct call *c = case_call(a);
    bool fine = true;

    for (int i = 0; i < COMPONENT_COUNT; i++) {
        const char *name = component_name((enum component)i);

        fine = install_values(c, object, (enum component)i, &values) && fine;
        if (!fine || !value_has(test, name))
            continue;
        if (value_is_unknown(values))
            assert_string_equal(value_text(test, name), "<unknown>");
        else
            assert_json_equal(a, values, value_at(test, name));
    }
    assert_int_equal(fine, !*said);
    assert_memory_equal(case_said(a, c), said, strlen(said));
}

TEST(arguments_become_values)
{
    const struct value *cases = case_file(a, "provider/istio/testdata", "install_values.json");

    assert_true(value_count(cases) > 0);
    for (size_t i = 0; i < value_count(cases); i++) {
        print_message("    %s\n", value_text(value_item(cases, i), "name"));
        try_values(a, value_item(cases, i));
    }
}

/* What Helm's records say leads to arguments that give the same values again. */
static void try_adoption(struct arena *a, const struct value *test)
{
    struct install_adopted found[COMPONENT_COUNT];
    const struct value *object = object_of(a, test), *adopted, *again;
    struct call *c = case_call(a);

    for (int i = 0; i < COMPONENT_COUNT; i++) {
        enum component which = (enum component)i;

        found[i] = (struct install_adopted){component_is_wanted(object, which), "1.27.3", NULL};
        assert_true(install_values(c, object, which, &found[i].values));
    }
    adopted = value_map_of(a, {"cluster", value_at(object, "cluster")},
                           {"revision", value_at(object, "revision")},
                           {"namespace", value_at(object, "namespace")});
    adopted = install_adopt(a, adopted, found);
    assert_string_equal(value_text(adopted, "version"), "1.27.3");
    for (int i = 0; i < COMPONENT_COUNT; i++) {
        assert_int_equal(component_is_wanted(adopted, (enum component)i), found[i].found);
        if (!found[i].found)
            continue;
        assert_true(install_values(c, adopted, (enum component)i, &again));
        assert_json_equal(a, again, found[i].values);
    }
}

TEST(records_become_arguments)
{
    const struct value *cases = case_file(a, "provider/istio/testdata", "install_values.json");

    for (size_t i = 0; i < value_count(cases); i++)
        if (value_flag(value_item(cases, i), "adopts")) {
            print_message("    %s\n", value_text(value_item(cases, i), "name"));
            try_adoption(a, value_item(cases, i));
        }
}

TEST(typed_arguments_are_found_again)
{
    static const char *const names[] = {"mesh_id",       "network",   "trust_domain",
                                        "revision_tags", "pilot_env", "mesh_config"};
    const struct value *cases = case_file(a, "provider/istio/testdata", "install_values.json");
    const struct value *object = object_of(a, value_item(cases, 1)), *adopted;
    struct install_adopted found[COMPONENT_COUNT] = {{0}};

    found[COMPONENT_ISTIOD] = (struct install_adopted){true, "1.27.3", NULL};
    assert_true(
        install_values(case_call(a), object, COMPONENT_ISTIOD, &found[COMPONENT_ISTIOD].values));
    adopted = install_adopt(a, base_object(a), found);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        assert_json_equal(a, value_at(adopted, names[i]), value_at(object, names[i]));
    assert_true(value_is_null(value_at(adopted, "values")));
    assert_false(component_is_wanted(adopted, COMPONENT_BASE));
}

/* A profile that its version does not have. */
TEST(profiles)
{
    static const struct {
        const char *version, *profile;
        bool fine;
    } cases[] = {
        {"1.27.3", "ambient", true},   {"1.27.3", "whatever", true}, {"1.20.0", "ambient", false},
        {"1.20.0", "demo", true},      {"1.13.0", "preview", true},  {"1.13.0", "default", true},
        {"1.23.0", "remote", false},   {"1.24.0", "remote", true},   {"1.23.0", "stable", false},
        {"1.20.0", "openshift", true}, {"1.20.0", "other", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct value *object = value_map_of(a, {"version", value_string(a, cases[i].version)},
                                                  {"profile", value_string(a, cases[i].profile)});

        print_message("    %s %s\n", cases[i].version, cases[i].profile);
        assert_int_equal(install_check_profile(case_call(a), object), cases[i].fine);
    }
}

/* Which charts belong to it when nothing is said. */
TEST(components)
{
    static const struct {
        const char *profile, *revision;
        bool base, istiod, cni, ztunnel;
    } cases[] = {
        {"", "", true, true, false, false},
        {"ambient", "", true, true, true, true},
        {"ambient", "1-28", false, true, false, false},
        {"", "1-28", false, true, false, false},
        {"empty", "", false, false, false, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct value *object = value_map_of(a, {"profile", value_string(a, cases[i].profile)},
                                                  {"revision", value_string(a, cases[i].revision)});

        assert_int_equal(component_is_wanted(object, COMPONENT_BASE), cases[i].base);
        assert_int_equal(component_is_wanted(object, COMPONENT_ISTIOD), cases[i].istiod);
        assert_int_equal(component_is_wanted(object, COMPONENT_CNI), cases[i].cni);
        assert_int_equal(component_is_wanted(object, COMPONENT_ZTUNNEL), cases[i].ztunnel);
    }
}
