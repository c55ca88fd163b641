#include "schema/plan.h"

#include "schema/invariant.h"
#include "schema/resource.h"
#include "schema/test_case.h"

/* --- the tables that the cases name -------------------------------------- */

static const struct attribute flat[] = {
    STRING("name", REQUIRED | FORCE_NEW, "Name."),
    NUMBER("size", OPTIONAL, "Size."),
    BOOL("active", OPTIONAL, "Active."),
    STRING("note", OPTIONAL, "Note."),
    STRING("id", COMPUTED | KEEP_STATE, "Id."),
    STRING("etag", COMPUTED, "Etag."),
    STRING("host", COMPUTED, "Host.", .unknown_if = NAMES("size", "zone")),
    STRING("url", COMPUTED, "URL.", .unknown_if = NAMES("host")),
    STRING("zone", OPTIONAL | COMPUTED, "Zone."),
    STRING("region", OPTIONAL | COMPUTED | FORCE_NEW, "Region."),
    NUMBER("port", OPTIONAL | COMPUTED, "Port.", .fallback = "80"),
    STRING("mode", OPTIONAL | COMPUTED, "Mode.", .fallback = "auto"),
    BOOL("strict", OPTIONAL | COMPUTED, "Strict.", .fallback = "true"),
    TYPED("words", &type_string_list, OPTIONAL | COMPUTED, "Words.", .fallback = "[\"a\", \"b\"]"),
    TYPED("tags", &type_string_map, OPTIONAL, "Tags."),
    TYPED("zones", &type_string_set, OPTIONAL | FORCE_NEW, "Zones."),
    TYPED("hosts", &type_string_list, OPTIONAL, "Hosts."),
    TYPED("ids", &type_string_list, COMPUTED, "Ids."),
    DYNAMIC("values", OPTIONAL, "Values."),
    DYNAMIC("status", COMPUTED, "Status."),
    STRING("password", OPTIONAL | SENSITIVE, "Password."),
    END_ATTRIBUTES,
};

static const struct attribute rule_rows[] = {
    STRING("key", REQUIRED, "Key."),
    STRING("note", OPTIONAL, "Note."),
    NUMBER("port", OPTIONAL | COMPUTED, "Port.", .fallback = "80"),
    STRING("zone", OPTIONAL | COMPUTED, "Zone."),
    STRING("id", COMPUTED | KEEP_STATE, "Id."),
    STRING("etag", COMPUTED, "Etag."),
    STRING("seen", COMPUTED, "Seen.", .unknown_if = NAMES("size")),
    END_ATTRIBUTES,
};

static const struct attribute nested[] = {
    NUMBER("size", OPTIONAL, "Size."),
    NESTED("one", NESTING_SINGLE, rule_rows, OPTIONAL, "One."),
    NESTED("list", NESTING_LIST, rule_rows, OPTIONAL, "List."),
    NESTED("map", NESTING_MAP, rule_rows, OPTIONAL, "Map."),
    NESTED("set", NESTING_SET, rule_rows, OPTIONAL, "Set."),
    END_ATTRIBUTES,
};

static const struct attribute outer[] = {
    STRING("name", REQUIRED, "Name."),
    NESTED("rules", NESTING_LIST, rule_rows, OPTIONAL, "Rules."),
    NESTED("by_name", NESTING_MAP, rule_rows, OPTIONAL, "By name."),
    END_ATTRIBUTES,
};

static const struct attribute deep[] = {
    NUMBER("size", OPTIONAL, "Size."),
    NESTED("outer", NESTING_SINGLE, outer, OPTIONAL, "Outer."),
    NESTED("outers", NESTING_MAP, outer, OPTIONAL, "Outers."),
    NESTED("sets", NESTING_SET, outer, OPTIONAL, "Sets."),
    END_ATTRIBUTES,
};

static const struct attribute settings[] = {
    NUMBER("port", OPTIONAL | COMPUTED, "Port.", .fallback = "80"),
    STRING("mode", OPTIONAL, "Mode."),
    STRING("id", COMPUTED, "Id."),
    END_ATTRIBUTES,
};

static const struct attribute parents[] = {
    NUMBER("size", OPTIONAL, "Size."),
    NESTED("made", NESTING_SINGLE, settings, COMPUTED, "Made."),
    NESTED("kept", NESTING_LIST, settings, COMPUTED | KEEP_STATE, "Kept."),
    NESTED("maybe", NESTING_SINGLE, settings, OPTIONAL | COMPUTED, "Maybe."),
    NESTED("filled", NESTING_SINGLE, settings, OPTIONAL | COMPUTED, "Filled.", .fallback = "{}"),
    NESTED("none", NESTING_LIST, settings, OPTIONAL | COMPUTED, "None.", .fallback = "[]"),
    END_ATTRIBUTES,
};

static const struct attribute place_rows[] = {
    STRING("where", REQUIRED | FORCE_NEW, "Where."),
    STRING("note", OPTIONAL, "Note."),
    STRING("id", COMPUTED, "Id."),
    END_ATTRIBUTES,
};

static const struct attribute network[] = {
    STRING("cidr", OPTIONAL, "CIDR."),
    STRING("id", COMPUTED, "Id."),
    END_ATTRIBUTES,
};

static const struct attribute level[] = {
    NESTED("places", NESTING_LIST, place_rows, OPTIONAL, "Places."),
    END_ATTRIBUTES,
};

static const struct attribute forced[] = {
    NUMBER("size", OPTIONAL, "Size."),
    NESTED("one", NESTING_SINGLE, place_rows, OPTIONAL, "One."),
    NESTED("list", NESTING_LIST, place_rows, OPTIONAL, "List."),
    NESTED("map", NESTING_MAP, place_rows, OPTIONAL, "Map."),
    NESTED("set", NESTING_SET, place_rows, OPTIONAL, "Set."),
    NESTED("levels", NESTING_MAP, level, OPTIONAL, "Levels."),
    NESTED("network", NESTING_SINGLE, network, OPTIONAL | FORCE_NEW, "Network."),
    TYPED("zones", &type_string_set, OPTIONAL | FORCE_NEW, "Zones."),
    STRING("arn", COMPUTED | KEEP_STATE, "ARN."),
    END_ATTRIBUTES,
};

static const struct attribute credential[] = {
    STRING("user", REQUIRED, "User."),
    STRING("password", OPTIONAL | WRITE_ONLY, "Password.", .version_attribute = "version"),
    NUMBER("version", OPTIONAL, "Version."),
    END_ATTRIBUTES,
};

static const struct attribute secret[] = {
    STRING("pem", OPTIONAL | WRITE_ONLY, "PEM.", .version_attribute = "pem_version"),
    NUMBER("pem_version", OPTIONAL, "Version."),
    STRING("key", OPTIONAL | WRITE_ONLY | FORCE_NEW, "Key.", .version_attribute = "key_version"),
    NUMBER("key_version", OPTIONAL, "Version."),
    NESTED("login", NESTING_SINGLE, credential, OPTIONAL, "Login."),
    NESTED("logins", NESTING_MAP, credential, OPTIONAL, "Logins."),
    STRING("fingerprint", COMPUTED, "Fingerprint.", .unknown_if = NAMES("pem_version")),
    END_ATTRIBUTES,
};

static const struct attribute slow[] = {
    STRING("name", REQUIRED, "Name."),
    STRING("etag", COMPUTED, "Etag."),
    END_ATTRIBUTES,
};

static const struct resource tables[] = {
    {.name = "flat", .attributes = flat},
    {.name = "nested", .attributes = nested},
    {.name = "deep", .attributes = deep},
    {.name = "parents", .attributes = parents},
    {.name = "forced", .attributes = forced},
    {.name = "secret", .attributes = secret},
    {.name = "slow", .attributes = slow, .timeouts = {.create = 600, .remove = 90}},
};

enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

static const struct resource *table(const char *name)
{
    for (size_t i = 0; i < TABLES; i++)
        if (strcmp(tables[i].name, name) == 0)
            return &tables[i];
    fail_msg("no table %s", name);
    return NULL;
}

/* --- what must hold for every plan --------------------------------------- */

static const struct value *resolved(struct arena *a, const struct type *t, const struct value *v);

static const struct value *resolved_object(struct arena *a, const struct type *t,
                                           const struct value *v)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < t->count; i++)
        value_builder_push(
            &b, t->fields[i].name,
            resolved(a, t->fields[i].type,
                     value_is_unknown(v) ? &value_unknown : value_at(v, t->fields[i].name)));
    return value_builder_map(&b);
}

static const struct value *resolved_elements(struct arena *a, const struct type *t,
                                             const struct value *v)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(v); i++)
        if (t->kind == TYPE_MAP)
            value_builder_push(&b, v->map.entries[i].key,
                               resolved(a, t->element, v->map.entries[i].value));
        else
            value_builder_add(&b, resolved(a, t->element, v->list.items[i]));
    return t->kind == TYPE_MAP ? value_builder_map(&b) : value_builder_list(&b);
}

/* What a server could answer: something of the type for each unknown. */
static const struct value *resolved(struct arena *a, const struct type *t, const struct value *v)
{
    if (value_is_null(v))
        return v;
    switch (t->kind) {
    case TYPE_OBJECT:
        return resolved_object(a, t, v);
    case TYPE_LIST:
    case TYPE_SET:
    case TYPE_MAP:
        return resolved_elements(a, t, v);
    case TYPE_NUMBER:
        return value_is_unknown(v) ? value_integer(a, 7) : v;
    case TYPE_BOOL:
        return value_is_unknown(v) ? &value_true : v;
    default:
        return value_is_unknown(v) ? value_string(a, "resolved") : v;
    }
}

struct question {
    struct arena *arena;
    const struct resource *resource;
    const struct value *prior, *config;
    const char *what; /* for messages */
};

static void must(const struct question *q, const struct call *c, bool holds, const char *rule)
{
    if (!holds)
        fail_msg("%s: %s\n%s", q->what, rule, case_said(q->arena, c));
}

static struct plan ask(const struct question *q, const struct value *prior,
                       const struct value *config)
{
    struct call *c = case_call(q->arena);
    struct plan plan;

    /* The planner reads nothing of the proposal but that it is not a destroy. */
    must(q, c, plan_resource(c, q->resource, prior, config, config, &plan), "planned");
    must(q, c, invariant_plan(c, q->resource, &plan), "the plan keeps the protocol's rules");
    return plan;
}

static bool equal(const struct question *q, const struct value *x, const struct value *y)
{
    return type_value_equal(resource_type(q->arena, q->resource), x, y);
}

/* The way of a plan through Terraform: planned again at apply when all is
 * known, applied, and planned a third time, which must find nothing to do. */
static void follow(const struct question *q, const struct plan *first)
{
    struct call *c = case_call(q->arena);
    const struct type *t = resource_type(q->arena, q->resource);
    const struct value *config = resolved(q->arena, t, q->config);
    struct plan second = ask(q, q->prior, config), third;
    const struct value *result;

    must(q, c, invariant_replan(c, q->resource, first->planned, second.planned),
         "the plan at apply agrees with the first");
    must(q, c, first->replace || !second.replace, "an update does not become a replacement");
    if (first->replace)
        second = ask(q, &value_null, config);
    result = resolved(q->arena, t, second.planned);
    must(q, c, invariant_apply(c, q->resource, second.planned, result), "the result is taken");
    must(q, c, invariant_state(c, q->resource, result), "the result can be read back");
    third = ask(q, result, config);
    must(q, c, equal(q, third.planned, result) && !third.replace, "the next plan is empty");
}

static void destroy(const struct question *q)
{
    struct call *c = case_call(q->arena);
    struct plan plan;

    must(q, c, plan_resource(c, q->resource, q->prior, &value_null, &value_null, &plan),
         "planned a destroy");
    must(q, c, value_is_null(plan.planned) && !plan.replace, "a destroy is null");
    must(q, c, invariant_plan(c, q->resource, &plan), "a destroy keeps the rules");
}

/* --- cases --------------------------------------------------------------- */

static const char *replace_text(struct arena *a, const struct plan *plan)
{
    struct text_builder b;

    text_builder_init(&b, a, 1 << 16);
    for (const struct plan_replace_path *p = plan->replace; p; p = p->next)
        text_add_f(&b, "%s%s", b.len ? ", " : "", path_text(a, p->path));
    return text_built(&b).at;
}

static const struct value *object_of(const struct question *q, const struct value *test,
                                     const char *key)
{
    return case_object(q->arena, resource_attributes(q->arena, q->resource), value_at(test, key));
}

static void run_case(struct arena *a, const char *file, const struct value *test)
{
    struct question q = {.arena = a, .resource = table(value_text(test, "table"))};
    const struct value *expected;
    struct plan plan;

    q.what = text_f(a, "%s: %s", file, value_text(test, "case"));
    q.prior = object_of(&q, test, "prior");
    q.config = object_of(&q, test, "config");
    expected = text_is(value_string_text(value_at(test, "planned")), "prior")
                   ? q.prior
                   : object_of(&q, test, "planned");
    plan = ask(&q, q.prior, q.config);
    if (!equal(&q, plan.planned, expected))
        fail_msg("%s:\n planned %s\nexpected %s", q.what, case_text(a, plan.planned),
                 case_text(a, expected));
    if (strcmp(replace_text(a, &plan), value_text(test, "replace")) != 0)
        fail_msg("%s: replaced by [%s], expected [%s]", q.what, replace_text(a, &plan),
                 value_text(test, "replace"));
    follow(&q, &plan);
    destroy(&q);
}

TEST(plan_cases)
{
    static const char folder[] = "schema/testdata/plan";
    size_t count = 0;

    for (const char *const *name = test_files(a, folder, ".json"); *name; name++) {
        const struct value *cases = case_file(a, folder, *name);

        for (size_t i = 0; i < value_count(cases); i++, count++)
            run_case(a, *name, value_item(cases, i));
    }
    assert_true(count >= 120);
}

/* --- any prior state with any configuration ------------------------------ */

struct chance {
    struct arena *arena;
    uint64_t state;
};

static unsigned roll(struct chance *chance, unsigned sides)
{
    chance->state = chance->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(chance->state >> 33) % sides;
}

static const struct value *any_object(struct chance *chance, const struct attribute *rows,
                                      bool config);

static const struct value *any_leaf(struct chance *chance, const struct type *t)
{
    const struct value *word = value_f(chance->arena, "%c", 'a' + (int)roll(chance, 3));

    switch (t->kind) {
    case TYPE_NUMBER:
        return value_integer(chance->arena, roll(chance, 3));
    case TYPE_BOOL:
        return value_bool(roll(chance, 2));
    case TYPE_LIST:
    case TYPE_SET:
        return roll(chance, 2) ? value_list_of(chance->arena, word) : &value_empty_list;
    case TYPE_MAP:
        return value_map_of(chance->arena, {"k", word});
    default:
        return word;
    }
}

/* Elements of a set get different keys, as Terraform sends no duplicates. */
static const struct value *any_nested(struct chance *chance, const struct attribute *row,
                                      bool config)
{
    static const char *const keys[] = {"x", "y", "z"};
    size_t count = roll(chance, 4);
    struct value_builder b;

    if (row->nesting == NESTING_SINGLE || row->nesting == NESTING_BLOCK)
        return any_object(chance, row->nested, config);
    value_builder_init(&b, chance->arena);
    for (size_t i = 0; i < count; i++) {
        const struct value *v = any_object(chance, row->nested, config);

        if (row->nesting == NESTING_SET)
            v = value_with(chance->arena, v, row->nested->name,
                           value_string(chance->arena, keys[i % 3]));
        if (row->nesting == NESTING_MAP)
            value_builder_push(&b, keys[i % 3], v);
        else
            value_builder_add(&b, v);
        count = count > 3 ? 3 : count;
    }
    return row->nesting == NESTING_MAP ? value_builder_map(&b) : value_builder_list(&b);
}

static const struct value *any_row(struct chance *chance, const struct attribute *row, bool config)
{
    if (config ? !(row->flags & (REQUIRED | OPTIONAL)) : row->flags & WRITE_ONLY)
        return &value_null;
    if (!(row->flags & REQUIRED) && !roll(chance, 3))
        return &value_null;
    if (config && row->nesting != NESTING_BLOCK && !roll(chance, 8))
        return &value_unknown;
    return row->nested ? any_nested(chance, row, config) : any_leaf(chance, row->type);
}

static const struct value *any_object(struct chance *chance, const struct attribute *rows,
                                      bool config)
{
    struct value_builder b;

    value_builder_init(&b, chance->arena);
    ATTRIBUTE_EACH (row, rows)
        value_builder_push(&b, row->name, any_row(chance, row, config));
    return value_builder_map(&b);
}

static void run_chance(struct arena *a, const struct resource *r, unsigned seed)
{
    struct chance chance = {a, seed};
    const struct attribute *rows = resource_attributes(a, r);
    struct question q = {.arena = a, .resource = r};
    struct plan plan;

    q.prior = roll(&chance, 5) ? any_object(&chance, rows, false) : &value_null;
    q.config = any_object(&chance, rows, true);
    q.what = text_f(a, "table %s, seed %u\n prior %s\nconfig %s\n", r->name, seed,
                    case_text(a, q.prior), case_text(a, q.config));
    plan = ask(&q, q.prior, q.config);
    follow(&q, &plan);
    destroy(&q);
}

TEST(plan_of_anything)
{
    (void)a;
    for (unsigned seed = 0; seed < 700; seed++)
        for (size_t i = 0; i < TABLES; i++) {
            struct arena *own = arena_new();

            run_chance(own, &tables[i], seed);
            arena_free(own);
        }
}

/* `given ? {…} : null` is a null that has a type, which Terraform compares. */
TEST(a_null_keeps_its_type)
{
    const struct resource *flat_table = &tables[0];
    const struct value *typed = value_typed(a, &value_null, &type_string_map);
    const struct value *config = value_map_of(a, {"name", value_string(a, "n")}, {"values", typed});
    struct question q = {.arena = a,
                         .resource = flat_table,
                         .prior = &value_null,
                         .config = config,
                         .what = "typed null"};
    struct plan plan = ask(&q, q.prior, config);

    assert_string_equal(flat_table->name, "flat");
    assert_true(type_equal(type_of_value(a, value_at(plan.planned, "values")), &type_string_map));
}
