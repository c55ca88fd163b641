#include "schema/check.h"

#include "schema/resource.h"
#include "schema/test_case.h"

static bool check_even(struct call *c, const struct path *at, const struct value *v)
{
    if (value_count(v) % 2 == 0)
        return true;
    return diag_error(c->diags, at, "Odd", "%zu elements.", value_count(v));
}

/* Tells its value, as a careless check would. */
static bool check_careless(struct call *c, const struct path *at, const struct value *v)
{
    diag_warning(c->diags, at, "Odd text", "There is %s in it, \"%s\".", value_z(v), value_z(v));
    return diag_error(c->diags, at, text_f(c->arena, "Bad %s", value_z(v)), "Not %s.", value_z(v));
}

static const struct attribute simple[] = {
    STRING("name", REQUIRED, "Name.", .check = check_dns_label),
    STRING("type", OPTIONAL, "Type.", .one_of = ONE_OF("nlb", "clb", "alb")),
    STRING("only", OPTIONAL, "Only.", .one_of = ONE_OF("always")),
    NUMBER("size", OPTIONAL, "Size.", .min = 1, .max = 10),
    NUMBER("offset", OPTIONAL, "Offset.", .min = -5, .max = 5),
    TYPED("names", &type_string_list, OPTIONAL, "Names.", .check_element = check_dns_label,
          .min_items = 1, .max_items = 3),
    TYPED("labels", &type_string_map, OPTIONAL, "Labels.", .check_element = check_label_value),
    TYPED("zones", &type_string_set, OPTIONAL, "Zones.", .check_element = check_dns_label,
          .check = check_even),
    TYPED("modes", &type_string_list, OPTIONAL, "Modes.", .one_of = ONE_OF("a", "b")),
    TYPED("sizes", SET_OF(type_number), OPTIONAL, "Sizes.", .min = 1, .max = 10),
    DYNAMIC("values", OPTIONAL, "Values.", .check = check_not_empty),
    END_ATTRIBUTES,
};

static const struct attribute secrets[] = {
    STRING("password", OPTIONAL | SENSITIVE, "Password.", .check = check_careless),
    STRING("pin", OPTIONAL | WRITE_ONLY, "PIN.", .one_of = ONE_OF("1234")),
    STRING("host", OPTIONAL | SENSITIVE, "Host.", .check = check_dns_label),
    NUMBER("code", OPTIONAL | SENSITIVE, "Code.", .min = 1, .max = 9),
    NUMBER("port", OPTIONAL | SENSITIVE, "Port.", .check = check_port),
    NESTED("login", NESTING_SINGLE, simple, OPTIONAL | SENSITIVE, "Login."),
    END_ATTRIBUTES,
};

static const struct attribute groups[] = {
    STRING("path", OPTIONAL, "Path.", .exactly_one_of = "source"),
    STRING("raw", OPTIONAL, "Raw.", .exactly_one_of = "source"),
    STRING("url", OPTIONAL, "URL.", .exactly_one_of = "source"),
    STRING("token", OPTIONAL, "Token.", .at_most_one_of = "login"),
    STRING("exec", OPTIONAL, "Exec.", .at_most_one_of = "login"),
    STRING("cert", OPTIONAL, "Cert.", .requires = NAMES("key"), .conflicts_with = NAMES("token")),
    STRING("key", OPTIONAL, "Key.", .requires = NAMES("cert")),
    STRING("old", OPTIONAL, "Old.", .conflicts_with = NAMES("new")),
    STRING("new", OPTIONAL, "New.", .conflicts_with = NAMES("old")),
    END_ATTRIBUTES,
};

static const struct attribute nested[] = {
    NESTED("one", NESTING_SINGLE, simple, OPTIONAL, "One."),
    NESTED("list", NESTING_LIST, simple, OPTIONAL, "List.", .max_items = 2),
    NESTED("map", NESTING_MAP, groups, OPTIONAL, "Map."),
    NESTED("set", NESTING_SET, simple, OPTIONAL, "Set."),
    END_ATTRIBUTES,
};

static const struct attribute deep[] = {
    NESTED("outer", NESTING_MAP, nested, OPTIONAL, "Outer."),
    END_ATTRIBUTES,
};

/* A rule across attributes that sees unknowns. */
static bool validate_sum(struct call *c, const struct value *config)
{
    if (value_integer_at(config, "size") + value_integer_at(config, "offset") != 13)
        return true;
    return diag_error(c->diags, NULL, "Bad luck", "size and offset make 13.");
}

static const struct resource tables[] = {
    {.name = "simple",
     .attributes = simple,
     .validate = validate_sum,
     .timeouts = {.create = 60, .remove = 60}},
    {.name = "secrets", .attributes = secrets},
    {.name = "groups", .attributes = groups},
    {.name = "nested", .attributes = nested},
    {.name = "deep", .attributes = deep},
};

static const struct resource *table(const char *name)
{
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        if (strcmp(tables[i].name, name) == 0)
            return &tables[i];
    fail_msg("no table %s", name);
    return NULL;
}

static const char *expected(struct arena *a, const struct value *said)
{
    struct text_builder b;

    text_builder_init(&b, a, 1 << 20);
    for (size_t i = 0; i < value_count(said); i++)
        text_add_f(&b, "%s\n", value_z(value_item(said, i)));
    return b.at ? b.at : "";
}

static void run_case(struct arena *a, const struct value *test)
{
    struct call *c = case_call(a);
    const struct resource *r = table(value_text(test, "table"));
    const struct value *config =
        case_object(a, resource_attributes(a, r), value_at(test, "config"));
    const char *wanted = expected(a, value_at(test, "said"));
    bool fine = check_config(c, r, config);

    if (strcmp(case_said(a, c), wanted) != 0 || fine != !*wanted)
        fail_msg("%s:\n---- said\n%s---- expected\n%s", value_text(test, "case"), case_said(a, c),
                 wanted);
}

TEST(check_cases)
{
    const struct value *cases = case_file(a, "schema/testdata", "check.json");

    for (size_t i = 0; i < value_count(cases); i++)
        run_case(a, value_item(cases, i));
}

/* --- the named checks ---------------------------------------------------- */

struct named {
    const char *name;
    check_fn *check;
};

static const struct named checks[] = {
    {"not_empty", check_not_empty},
    {"dns_label", check_dns_label},
    {"dns_subdomain", check_dns_subdomain},
    {"label_value", check_label_value},
    {"label_key", check_label_key},
    {"duration", check_duration},
    {"url", check_url},
    {"https_url", check_https_url},
    {"rfc3339", check_rfc3339},
    {"port", check_port},
    {"cidr", check_cidr},
    {"arn", check_arn},
};

static void check_values(struct arena *a, const struct named *named, const struct value *values,
                         bool good)
{
    assert_true(value_count(values) > 2);
    for (size_t i = 0; i < value_count(values); i++) {
        const struct value *v = value_item(values, i);
        struct call *c = case_call(a);

        if (named->check(c, path_of(a, "x"), v) != good || c->diags->failed == good)
            fail_msg("check_%s %s %s", named->name, good ? "refuses" : "takes",
                     json_write(a, v).at);
        if (!good)
            assert_string_equal(c->diags->first->summary, "Invalid x");
    }
}

TEST(check_named)
{
    const struct diags none = {.arena = a};
    struct diags said = none;
    const struct value *cases;

    assert_true(
        json_read(a, test_file(a, "schema/testdata/check_named.json"), "cases", &said, &cases));
    assert_int_equal(value_count(cases), sizeof(checks) / sizeof(checks[0]));
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        check_values(a, &checks[i], value_in(cases, checks[i].name, "good"), true);
        check_values(a, &checks[i], value_in(cases, checks[i].name, "bad"), false);
    }
}

TEST(check_of_text_with_nul)
{
    static const struct text hidden = {"a\0b", 3};
    const struct value *v = value_string_of(a, hidden);

    assert_false(check_dns_label(case_call(a), NULL, v));
    assert_false(check_label_value(case_call(a), NULL, v));
    assert_false(check_label_key(case_call(a), NULL, v));
    assert_false(check_duration(case_call(a), NULL, value_string_of(a, (struct text){"1h\0x", 4})));
    assert_false(check_url(case_call(a), NULL, value_string_of(a, (struct text){"http://a\0", 9})));
    assert_false(
        check_cidr(case_call(a), NULL, value_string_of(a, (struct text){"10.0.0.0\0/8", 11})));
}
