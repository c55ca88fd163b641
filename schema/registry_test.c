#include <stdio.h>

#include "schema/fallback.h"
#include "schema/resource.h"
#include "schema/test_case.h"

/* Every resource of the program is held against the rules for tables: what
 * Terraform refuses at start-up, and what makes a good page. The rules are
 * tried on a bad table as well, so that they can fail. */

struct review {
    struct arena *arena;
    const struct resource *resource;
    struct text_builder problems;
};

static void problem(struct review *v, struct place at, const char *what)
{
    text_add_f(&v->problems, "%s %s: %s\n", v->resource->name, path_text(v->arena, at.at), what);
}

static void demand(struct review *v, bool holds, struct place at, const char *what)
{
    if (!holds)
        problem(v, at, what);
}

/* --- texts --------------------------------------------------------------- */

static bool is_sentence(const char *z)
{
    size_t len = z ? strlen(z) : 0;

    return len > 1 && ((z[0] >= 'A' && z[0] <= 'Z') || z[0] == '`') && z[len - 1] == '.';
}

static bool is_snake_case(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

    return len && !name[len] && name[0] >= 'a' && name[0] <= 'z' && name[len - 1] != '_' &&
           !strstr(name, "__");
}

/* Words of the language; `connection` may be read, but a person cannot set it. */
static bool is_reserved(const struct attribute *row)
{
    static const char *const words[] = {"count",     "for_each",   "provider",
                                        "lifecycle", "depends_on", "provisioner"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i], row->name) == 0)
            return true;
    return strcmp(row->name, "connection") == 0 && row->flags & (REQUIRED | OPTIONAL);
}

/* --- rows ---------------------------------------------------------------- */

static bool has_dynamic(const struct type *t)
{
    bool found = t->kind == TYPE_DYNAMIC || (t->element && has_dynamic(t->element));

    for (size_t i = 0; i < t->count; i++)
        found = found || has_dynamic(t->fields[i].type);
    return found;
}

static void review_flags(struct review *v, const struct attribute *row, struct place at)
{
    unsigned flags = row->flags & (REQUIRED | OPTIONAL | COMPUTED);

    demand(v, flags && (!(flags & REQUIRED) || flags == REQUIRED), at,
           "is required, optional, computed, or optional and computed");
    demand(v, !(row->flags & KEEP_STATE) || flags & COMPUTED, at,
           "KEEP_STATE is for computed rows");
    demand(v, !row->unknown_if || flags & COMPUTED, at, "unknown_if is for computed rows");
    demand(v, !(row->flags & WRITE_ONLY) || !(flags & COMPUTED), at,
           "write-only excludes computed");
    demand(v, !(row->flags & WRITE_ONLY) || !at.in_set, at, "no write-only rows inside a set");
    demand(v,
           v->resource->kind == KIND_MANAGED ||
               (!(row->flags & (FORCE_NEW | KEEP_STATE)) && !row->unknown_if && !row->fallback),
           at, "plan modifiers and fallbacks are for managed resources");
}

static void review_type(struct review *v, const struct attribute *row, struct place at)
{
    bool nested = row->nesting != NESTING_NONE;

    if (nested ? !row->nested || row->type : !row->type || row->nested) {
        problem(v, at, "has either a type or nested rows");
        return;
    }
    demand(v, !nested || row->nested->name, at, "has at least one nested row");
    demand(v, nested || !row->type->element || !has_dynamic(row->type->element), at,
           "no collections of values of any type");
    demand(v, !row->one_of || (!nested && !has_dynamic(row->type)), at, "one_of is for strings");
    demand(v, row->max == row->min || row->max > row->min, at, "max is above min");
}

static void review_fallback(struct review *v, const struct attribute *row, struct place at)
{
    const struct value *fallback;

    if (!row->fallback)
        return;
    demand(v, (row->flags & (OPTIONAL | COMPUTED)) == (OPTIONAL | COMPUTED), at,
           "a row with a fallback is optional and computed");
    fallback = fallback_value(v->arena, row);
    demand(v,
           fallback && (row->nested ? element_count(row, fallback) || !value_count(fallback)
                                    : type_admits(row->type, fallback)),
           at, "the fallback is a literal of the row's type");
}

static void review_names(struct review *v, const struct attribute *rows, const char *const *names,
                         struct place at, const char *field)
{
    for (; names && *names; names++)
        demand(v, attribute_find(rows, *names), at,
               text_f(v->arena, "%s names %s, which is no row here", field, *names));
}

static bool in_same_group(const struct attribute *row, const struct attribute *other)
{
    const char *mine = row->exactly_one_of ? row->exactly_one_of : row->at_most_one_of;
    const char *its = row->exactly_one_of ? other->exactly_one_of : other->at_most_one_of;

    return its && strcmp(mine, its) == 0;
}

static void review_relations(struct review *v, const struct attribute *rows,
                             const struct attribute *row, struct place at)
{
    size_t members = 0;

    review_names(v, rows, row->conflicts_with, at, "conflicts_with");
    review_names(v, rows, row->requires, at, "requires");
    if (row->version_attribute) {
        const struct attribute *other = attribute_find(rows, row->version_attribute);

        demand(v, row->flags & WRITE_ONLY && other && !(other->flags & WRITE_ONLY), at,
               "a write-only row names an ordinary row as its version");
    }
    if (!row->exactly_one_of && !row->at_most_one_of)
        return;
    ATTRIBUTE_EACH (other, rows)
        members += in_same_group(row, other);
    demand(v, members > 1, at, "a group has two or more members");
    demand(v, row->flags & OPTIONAL, at, "a member of a group is optional");
}

static void review_rows(struct review *v, const struct attribute *rows, struct place parent);

static void review_row(struct review *v, const struct attribute *rows, const struct attribute *row,
                       struct place parent)
{
    struct place at = {path_name(v->arena, parent.at, row->name), parent.in_set};

    demand(v, is_sentence(row->doc), at, "the description is a sentence");
    demand(v, is_snake_case(row->name), at, "the name is in lower_snake_case");
    demand(v, parent.at || !is_reserved(row), at, "the name is a word of the language");
    demand(v, attribute_find(rows, row->name) == row, at, "the name is used once");
    demand(v, !row->deprecated || is_sentence(row->deprecated), at,
           "the deprecation is a sentence");
    demand(v, !at.in_set || row->nesting != NESTING_NONE || !row->type || !has_dynamic(row->type),
           at, "no values of any type inside a set");
    review_flags(v, row, at);
    review_type(v, row, at);
    review_fallback(v, row, at);
    review_relations(v, rows, row, at);
    at.in_set = at.in_set || row->nesting == NESTING_SET;
    review_rows(v, row->nested, at);
}

static void review_rows(struct review *v, const struct attribute *rows, struct place parent)
{
    ATTRIBUTE_EACH (row, rows)
        review_row(v, rows, row, parent);
}

static void review_unknown_if(struct review *v, const struct attribute *rows,
                              const struct attribute *top, struct place at)
{
    ATTRIBUTE_EACH (row, rows) {
        review_names(v, top, row->unknown_if, at, "unknown_if");
        review_unknown_if(v, row->nested, top, at);
    }
}

/* --- resources ----------------------------------------------------------- */

static const struct place whole = {NULL, false};

static void review_hooks(struct review *v)
{
    const struct resource *r = v->resource;

    switch (r->kind) {
    case KIND_MANAGED:
        demand(v, r->create && r->read && r->remove, whole, "has create, read and remove");
        demand(v, !r->import == !r->import_doc, whole, "import and import_doc come together");
        break;
    case KIND_DATA:
        demand(v, r->read, whole, "has read");
        break;
    case KIND_EPHEMERAL:
        demand(v, r->open, whole, "has open");
        break;
    case KIND_FUNCTION:
        demand(v, r->run && r->returns, whole, "has run and returns");
        break;
    }
}

static void review_identity(struct review *v)
{
    for (const char *const *name = v->resource->identity; name && *name; name++) {
        const struct attribute *row = attribute_find(v->resource->attributes, *name);

        demand(v, row && row->type && row->type->kind == TYPE_STRING, whole,
               text_f(v->arena, "identity names %s, which is no string row", *name));
    }
    for (const char *const *name = v->resource->continues; name && *name; name++)
        demand(v, attribute_find(v->resource->attributes, *name) != NULL, whole,
               text_f(v->arena, "continues names %s, which is no row", *name));
}

static void review_upgrades(struct review *v)
{
    for (int64_t from = 0; from < v->resource->version; from++) {
        const struct upgrade *upgrade = v->resource->upgrades;

        while (upgrade && upgrade->run && upgrade->from_version != from)
            upgrade++;
        demand(v, upgrade && upgrade->run, whole,
               text_f(v->arena, "no upgrade from version %lld", (long long)from));
    }
}

/* --- examples ------------------------------------------------------------ */

static const char *example_path(struct arena *a, const struct resource *r)
{
    static const char *const forms[] = {
        [KIND_MANAGED] = "examples/resources/%s/resource.tf",
        [KIND_DATA] = "examples/data-sources/%s/data-source.tf",
        [KIND_EPHEMERAL] = "examples/ephemeral-resources/%s/ephemeral-resource.tf",
        [KIND_FUNCTION] = "examples/functions/%s/function.tf",
    };
    struct text form = text_of(forms[r->kind]), before;

    (void)text_split(&form, '%', &before);
    return text_f(a, "%s%s%s", text_z(a, before), r->name, text_z(a, form) + 1);
}

static bool file_exists(const char *path)
{
    FILE *file = fopen(path, "rb");

    if (file)
        fclose(file);
    return file != NULL;
}

static void review_example(struct review *v, const char *path)
{
    if (!file_exists(path)) {
        problem(v, whole, text_f(v->arena, "no %s", path));
        return;
    }
    /* Terraform would look for a provider called "mesh". */
    demand(v,
           !text_starts_with(text_of(v->resource->name), "mesh_") ||
               strstr(test_file(v->arena, path).at, "= istio\n"),
           whole, text_f(v->arena, "%s does not say provider = istio", path));
}

static void review_variadic(struct review *v)
{
    struct attribute one[2] = {{.name = NULL}, {.name = NULL}};

    if (!v->resource->variadic)
        return;
    one[0] = *v->resource->variadic;
    review_rows(v, one, whole);
}

static void review_examples(struct review *v)
{
    review_example(v, example_path(v->arena, v->resource));
    if (v->resource->import) {
        const char *import = text_f(v->arena, "examples/resources/%s/import.sh", v->resource->name);

        demand(v, file_exists(import), whole, text_f(v->arena, "no %s", import));
    }
}

static const char *review_of(struct arena *a, const struct resource *r)
{
    struct review v = {.arena = a, .resource = r};
    struct text name = text_of(r->name);

    text_builder_init(&v.problems, a, 1 << 20);
    demand(&v, is_sentence(r->summary), whole, "the summary is a sentence");
    demand(&v, !r->doc || r->doc[strlen(r->doc) - 1] == '.', whole, "the text ends with a period");
    demand(&v,
           r->kind == KIND_FUNCTION || text_starts_with(name, "istio_") ||
               text_starts_with(name, "mesh_"),
           whole, "the name begins with istio_ or mesh_");
    review_hooks(&v);
    review_identity(&v);
    review_upgrades(&v);
    if (r->kind == KIND_FUNCTION)
        review_rows(&v, r->attributes, whole);
    else
        review_rows(&v, resource_attributes(a, r), whole);
    review_variadic(&v);
    review_unknown_if(&v, r->attributes, r->attributes, whole);
    review_examples(&v);
    return text_built(&v.problems).at;
}

TEST(registry_follows_the_rules)
{
    struct text_builder problems;

    text_builder_init(&problems, a, 1 << 20);
    for (size_t i = 0; registry[i]; i++)
        text_add_z(&problems, review_of(a, registry[i]));
    if (problems.len)
        fail_msg("\n%s", problems.at);
}

TEST(registry_names_are_used_once)
{
    (void)a;
    for (size_t i = 0; registry[i]; i++)
        assert_ptr_equal(resource_find(registry[i]->kind, registry[i]->name), registry[i]);
}

/* --- the rules can fail -------------------------------------------------- */

static const struct attribute set_rows[] = {
    STRING("secret", OPTIONAL | WRITE_ONLY, "Secret."),
    DYNAMIC("any", OPTIONAL, "Any."),
    END_ATTRIBUTES,
};

static const struct attribute no_rows[] = {END_ATTRIBUTES};

static const struct attribute bad_rows[] = {
    STRING("count", OPTIONAL, "Count."),
    STRING("connection", COMPUTED, "May be read."),
    STRING("camelCase", OPTIONAL, "Camel."),
    STRING("doc", OPTIONAL, "no sentence"),
    STRING("twice", OPTIONAL, "First."),
    STRING("twice", OPTIONAL, "Second."),
    STRING("flags", REQUIRED | OPTIONAL, "Flags."),
    STRING("kept", OPTIONAL | KEEP_STATE, "Kept."),
    STRING("made", OPTIONAL, "Made.", .unknown_if = NAMES("nobody")),
    STRING("pem", COMPUTED | WRITE_ONLY, "PEM.", .version_attribute = "nobody"),
    STRING("silent", OPTIONAL, "Silent.", .fallback = "x"),
    NUMBER("number", OPTIONAL | COMPUTED, "Number.", .fallback = "\"x\""),
    STRING("lonely", OPTIONAL, "Lonely.", .exactly_one_of = "lonely"),
    STRING("asks", OPTIONAL, "Asks.", .requires = NAMES("nobody"), .deprecated = "no"),
    TYPED("anys", LIST_OF(type_dynamic), OPTIONAL, "Anys."),
    NESTED("set", NESTING_SET, set_rows, OPTIONAL, "Set."),
    NESTED("empty", NESTING_SINGLE, no_rows, OPTIONAL, "Empty."),
    NESTED("list", NESTING_LIST, NULL, OPTIONAL, "List."),
    END_ATTRIBUTES,
};

TEST(registry_rules_can_fail)
{
    static const char *const identity[] = {"nobody", NULL};
    const struct resource bad = {.name = "other_thing",
                                 .summary = "no sentence",
                                 .doc = "No period",
                                 .attributes = bad_rows,
                                 .version = 1,
                                 .import_doc = "Without import.",
                                 .identity = identity,
                                 .continues = identity};

    assert_string_equal(review_of(a, &bad), test_file(a, "schema/testdata/registry_bad.txt").at);
}

static const struct attribute planned_rows[] = {
    STRING("name", REQUIRED | FORCE_NEW, "Name."),
    STRING("id", COMPUTED | KEEP_STATE, "Id."),
    STRING("mode", OPTIONAL | COMPUTED, "Mode.", .fallback = "auto"),
    END_ATTRIBUTES,
};

TEST(registry_rules_for_data_sources_can_fail)
{
    const struct resource bad = {
        .name = "mesh_thing", .kind = KIND_DATA, .summary = "A thing.", .attributes = planned_rows};

    assert_string_equal(review_of(a, &bad),
                        "mesh_thing : has read\n"
                        "mesh_thing name: plan modifiers and fallbacks are for managed resources\n"
                        "mesh_thing id: plan modifiers and fallbacks are for managed resources\n"
                        "mesh_thing mode: plan modifiers and fallbacks are for managed resources\n"
                        "mesh_thing : no examples/data-sources/mesh_thing/data-source.tf\n");
}
