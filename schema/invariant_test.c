#include "schema/invariant.h"

#include "schema/resource.h"
#include "schema/test_case.h"

static const struct attribute element[] = {
    STRING("key", REQUIRED, "Key."),
    STRING("id", COMPUTED, "Id."),
    STRING("code", OPTIONAL | WRITE_ONLY, "Code."),
    END_ATTRIBUTES,
};

static const struct attribute plain_element[] = {
    STRING("key", REQUIRED, "Key."),
    STRING("id", COMPUTED, "Id."),
    END_ATTRIBUTES,
};

static const struct attribute rows[] = {
    STRING("name", REQUIRED, "Name."),
    NUMBER("size", OPTIONAL, "Size."),
    STRING("zone", OPTIONAL | COMPUTED, "Zone."),
    STRING("id", COMPUTED, "Id."),
    STRING("pem", OPTIONAL | WRITE_ONLY, "PEM."),
    TYPED("tags", &type_string_map, OPTIONAL, "Tags."),
    TYPED("hosts", &type_string_list, OPTIONAL | COMPUTED, "Hosts."),
    TYPED("zones", &type_string_set, OPTIONAL | COMPUTED, "Zones."),
    DYNAMIC("values", OPTIONAL | COMPUTED, "Values."),
    NESTED("one", NESTING_SINGLE, element, OPTIONAL, "One."),
    NESTED("list", NESTING_LIST, element, OPTIONAL, "List."),
    NESTED("map", NESTING_MAP, element, OPTIONAL, "Map."),
    NESTED("set", NESTING_SET, plain_element, OPTIONAL, "Set."),
    END_ATTRIBUTES,
};

static const struct resource managed = {
    .name = "thing", .attributes = rows, .timeouts = {.create = 60}};
static const struct resource data = {.name = "thing", .kind = KIND_DATA, .attributes = rows};

static const struct value *part(struct arena *a, const struct value *test, const char *key)
{
    const struct value *v = value_at(test, key);
    const struct value *raw = value_in(test, "raw", key);

    /* "raw" parts need not fit the table. */
    if (!value_is_null(raw))
        return case_marked(a, raw);
    return case_object(a, resource_attributes(a, &managed), v);
}

/* "list[0].key": attribute names and list indexes are all that cases use. */
static const struct path *path_from(struct arena *a, struct text at)
{
    const struct path *path = NULL;
    struct text step;

    while (text_split(&at, '.', &step)) {
        struct text name = step, index;

        if (text_ends_with(step, "]")) {
            (void)text_split(&step, '[', &name);
            (void)text_split(&step, ']', &index);
            path = path_index(a, path_name(a, path, text_z(a, name)), (size_t)(index.at[0] - '0'));
        } else
            path = path_name(a, path, text_z(a, name));
    }
    return path;
}

static bool ask_plan(struct arena *a, struct call *c, const struct value *test)
{
    struct plan_replace_path replace = {path_from(a, value_string_text(value_at(test, "replace"))),
                                        NULL};
    const struct plan plan = {
        .prior = part(a, test, "prior"),
        .config = part(a, test, "config"),
        .planned = part(a, test, "planned"),
        .replace = value_has(test, "replace") ? &replace : NULL,
    };

    return invariant_plan(c, &managed, &plan);
}

static bool ask(struct arena *a, struct call *c, const struct value *test)
{
    struct text question = value_string_text(value_at(test, "question"));

    if (text_is(question, "plan"))
        return ask_plan(a, c, test);
    if (text_is(question, "replan"))
        return invariant_replan(c, &managed, part(a, test, "first"), part(a, test, "second"));
    if (text_is(question, "apply"))
        return invariant_apply(c, &managed, part(a, test, "planned"), part(a, test, "result"));
    if (text_is(question, "state"))
        return invariant_state(c, &managed, part(a, test, "state"));
    if (text_is(question, "data"))
        return invariant_state(c, &data, part(a, test, "state"));
    fail_msg("no question %s", value_text(test, "question"));
    return false;
}

static const char *first_said(struct arena *a, const struct call *c)
{
    const struct diag *d = c->diags->first;

    return d ? text_f(a, "%s: %s", path_text(a, d->path), d->summary) : "";
}

static void run_case(struct arena *a, const struct value *test)
{
    struct call *c = case_call(a);
    bool fine = ask(a, c, test);
    const char *broken = value_text(test, "broken");

    if (*broken)
        broken = text_f(a, "%s: Broken protocol rule: %s", value_text(test, "at"), broken);
    if (strcmp(first_said(a, c), broken) != 0 || fine != !*broken)
        fail_msg("%s:\n    said [%s]\nexpected [%s]", value_text(test, "case"), case_said(a, c),
                 broken);
}

TEST(invariant_cases)
{
    const struct value *cases = case_file(a, "schema/testdata", "invariant.json");

    assert_true(value_count(cases) > 60);
    for (size_t i = 0; i < value_count(cases); i++)
        run_case(a, value_item(cases, i));
}

/* As cty writes it: {1: false, 2: "p-"}. */
TEST(invariant_prefix)
{
    static const struct value prefixed = {.kind = VALUE_UNKNOWN,
                                          .refinement = {"\x82\x01\xc2\x02\xa2p-", 7}};
    const struct value *name = value_map_of(a, {"name", value_string(a, "n")});
    const struct value *planned =
        value_with(a, case_object(a, resource_attributes(a, &managed), name), "zone", &prefixed);
    struct call *c = case_call(a);

    assert_true(invariant_apply(c, &managed, planned,
                                value_with(a, planned, "zone", value_string(a, "p-1"))));
    assert_false(invariant_apply(c, &managed, planned,
                                 value_with(a, planned, "zone", value_string(a, "q-1"))));
    assert_string_equal(first_said(a, c),
                        "zone: Broken protocol rule: a text begins with its planned prefix");
}
