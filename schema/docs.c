#include "schema/docs.h"

#include <string.h>

enum { PAGE_BYTES_MAX = 4 << 20, DEPTH_MAX = 16 };

/* What distinguishes the pages of one kind from those of another. */
struct page_kind {
    const char *title, *folder;
};

static const struct page_kind kinds[] = {
    [KIND_MANAGED] = {"Resource", "resources"},
    [KIND_DATA] = {"Data Source", "data-sources"},
    [KIND_EPHEMERAL] = {"Ephemeral Resource", "ephemeral-resources"},
    [KIND_FUNCTION] = {"function", "functions"},
};

/* --- one row ------------------------------------------------------------- */

static const char *capital(struct arena *a, const char *word)
{
    char *copy = arena_strdup(a, word);

    if (*copy >= 'a' && *copy <= 'z')
        *copy = (char)(*copy - 'a' + 'A');
    return copy;
}

/* The Registry's words: String, List of String, Map of Number, Dynamic. */
static const char *type_words(struct arena *a, const struct type *t)
{
    static const char *const names[] = {
        [TYPE_DYNAMIC] = "Dynamic", [TYPE_STRING] = "String", [TYPE_NUMBER] = "Number",
        [TYPE_BOOL] = "Boolean",    [TYPE_OBJECT] = "Object", [TYPE_TUPLE] = "Tuple",
    };

    if (!t->element)
        return names[t->kind];
    return text_f(a, "%s of %s",
                  t->kind == TYPE_LIST  ? "List"
                  : t->kind == TYPE_SET ? "Set"
                                        : "Map",
                  type_words(a, t->element));
}

static const char *row_type(struct arena *a, const struct attribute *row)
{
    switch (row->nesting) {
    case NESTING_SINGLE:
        return "Attributes";
    case NESTING_LIST:
        return "Attributes List";
    case NESTING_SET:
        return "Attributes Set";
    case NESTING_MAP:
        return "Attributes Map";
    case NESTING_BLOCK:
        return "Block";
    default:
        return type_words(a, row->type);
    }
}

static void add_words(struct text_builder *b, const char *before, const char *const *words)
{
    text_add_z(b, before);
    for (size_t i = 0; words[i]; i++)
        text_add_f(b, "%s`%s`", i ? ", " : " ", words[i]);
    text_add_z(b, ".");
}

static void add_group(struct text_builder *b, const struct attribute *rows,
                      const struct attribute *row)
{
    bool exactly = row->exactly_one_of != NULL;
    const char *group = exactly ? row->exactly_one_of : row->at_most_one_of;
    size_t count = 0;

    if (!group)
        return;
    text_add_z(b, exactly ? " Exactly one of" : " At most one of");
    ATTRIBUTE_EACH (other, rows) {
        const char *name = exactly ? other->exactly_one_of : other->at_most_one_of;

        if (name && strcmp(name, group) == 0)
            text_add_f(b, "%s`%s`", count++ ? ", " : " ", other->name);
    }
    text_add_z(b, exactly ? " must be set." : " can be set.");
}

static void add_limits(struct text_builder *b, const struct attribute *row)
{
    if (row->one_of)
        add_words(b, row->one_of[1] ? " One of" : " Always", row->one_of);
    if (row->max > row->min)
        text_add_f(b, " From %lld to %lld.", (long long)row->min, (long long)row->max);
    if (row->min_items)
        text_add_f(b, " At least %zu element%s.", row->min_items, row->min_items == 1 ? "" : "s");
    if (row->max_items)
        text_add_f(b, " At most %zu element%s.", row->max_items, row->max_items == 1 ? "" : "s");
}

/* What the row says beyond its description. */
static void add_facts(struct text_builder *b, const struct attribute *rows,
                      const struct attribute *row)
{
    add_limits(b, row);
    if (row->fallback)
        text_add_f(b, " Defaults to `%s`.", *row->fallback ? row->fallback : "\"\"");
    add_group(b, rows, row);
    if (row->conflicts_with)
        add_words(b, " Conflicts with", row->conflicts_with);
    if (row->requires)
        add_words(b, " Requires", row->requires);
    if (row->version_attribute)
        text_add_f(b, " Terraform does not store it: change `%s` to make a new value take effect.",
                   row->version_attribute);
    if (row->flags & FORCE_NEW && row->flags & (REQUIRED | OPTIONAL))
        text_add_z(b, " Changing this replaces the resource.");
    if (row->deprecated)
        text_add_f(b, " Deprecated: %s", row->deprecated);
}

static void add_row(struct text_builder *b, const struct attribute *rows,
                    const struct attribute *row, const char *id)
{
    text_add_f(b, "- `%s` (%s%s%s%s%s) %s", row->name, row_type(b->arena, row),
               row->nesting == NESTING_BLOCK ? ", Optional" : "",
               row->flags & SENSITIVE ? ", Sensitive" : "",
               row->flags & WRITE_ONLY ? ", Write-only" : "", row->deprecated ? ", Deprecated" : "",
               row->doc);
    add_facts(b, rows, row);
    if (row->nested)
        text_add_f(b, " (see [below for nested schema](#%s--%s))",
                   row->nesting == NESTING_BLOCK ? "nestedblock" : "nestedatt",
                   text_f(b->arena, "%s%s", id, row->name));
    text_add_char(b, '\n');
}

/* --- the schema ---------------------------------------------------------- */

static bool is_required(const struct attribute *row)
{
    return row->flags & REQUIRED;
}

static bool is_optional(const struct attribute *row)
{
    return row->flags & OPTIONAL;
}

static bool is_read_only(const struct attribute *row)
{
    return !is_required(row) && !is_optional(row);
}

static void add_section(struct text_builder *b, const struct attribute *rows, const char *id,
                        const char *heading, bool (*belongs)(const struct attribute *row))
{
    size_t count = 0;

    ATTRIBUTE_EACH (row, rows) {
        if (!belongs(row))
            continue;
        if (!count++)
            text_add_f(b, "\n%s\n\n", heading);
        add_row(b, rows, row, id);
    }
}

/* id: "load_balancer--"; path: "load_balancer." */
static void add_nested(struct text_builder *b, const struct attribute *rows, const char *id,
                       const char *path, size_t depth)
{
    ATTRIBUTE_EACH (row, rows) {
        const char *row_id = text_f(b->arena, "%s%s", id, row->name);
        const char *row_path = text_f(b->arena, "%s%s", path, row->name);

        if (!row->nested || depth == DEPTH_MAX)
            continue;
        text_add_f(b, "\n\n<a id=\"%s--%s\"></a>\n### Nested Schema for `%s`\n",
                   row->nesting == NESTING_BLOCK ? "nestedblock" : "nestedatt", row_id, row_path);
        row_id = text_f(b->arena, "%s--", row_id);
        add_section(b, row->nested, row_id, "Required:", is_required);
        add_section(b, row->nested, row_id, "Optional:", is_optional);
        add_section(b, row->nested, row_id, "Read-Only:", is_read_only);
        add_nested(b, row->nested, row_id, text_f(b->arena, "%s.", row_path), depth + 1);
    }
}

static void add_schema(struct text_builder *b, const struct attribute *rows)
{
    text_add_z(b, "\n## Schema\n");
    add_section(b, rows, "", "### Required", is_required);
    add_section(b, rows, "", "### Optional", is_optional);
    add_section(b, rows, "", "### Read-Only", is_read_only);
    add_nested(b, rows, "", "", 0);
}

/* --- pages --------------------------------------------------------------- */

static void add_front_matter(struct text_builder *b, const char *title, const char *subcategory,
                             const char *summary)
{
    text_add_f(b, "---\npage_title: \"%s\"\nsubcategory: \"%s\"\ndescription: |-\n  %s\n---\n\n",
               title, subcategory, summary);
}

static void add_fenced(struct text_builder *b, const char *heading, const char *language,
                       struct text body)
{
    if (!text_trim(body).len)
        return;
    text_add_f(b, "\n%s\n\n```%s\n", heading, language);
    text_add(b, text_trim(body));
    text_add_z(b, "\n```\n");
}

static void add_intro(struct text_builder *b, const char *summary, const char *doc)
{
    text_add_f(b, "%s\n", summary);
    if (doc)
        text_add_f(b, "\n%s\n", doc);
}

static const char *subcategory(const struct resource *r)
{
    return text_starts_with(text_of(r->name), "mesh_") ? "Mesh Management" : "";
}

/* With the lower-case words that signatures have: list of string, dynamic. */
static const char *signature_type(struct arena *a, const struct attribute *row)
{
    const struct type *t = attribute_type(a, row);

    return t->kind == TYPE_DYNAMIC ? "dynamic" : type_name(a, t);
}

static struct text signature(struct arena *a, const struct resource *r)
{
    struct text_builder b;
    size_t count = 0;

    text_builder_init(&b, a, PAGE_BYTES_MAX);
    text_add_f(&b, "%s(", r->name);
    ATTRIBUTE_EACH (row, r->attributes)
        text_add_f(&b, "%s%s %s", count++ ? ", " : "", row->name, signature_type(a, row));
    if (r->variadic)
        text_add_f(&b, "%s%s %s...", count ? ", " : "", r->variadic->name,
                   signature_type(a, r->variadic));
    text_add_f(&b, ") %s", r->returns->kind == TYPE_DYNAMIC ? "dynamic" : type_name(a, r->returns));
    return text_built(&b);
}

static void add_argument(struct text_builder *b, size_t number, const struct attribute *row,
                         bool variadic)
{
    text_add_f(b, "%zu. `%s` (%s%s%s) %s\n", number, row->name, variadic ? "Variadic, " : "",
               row_type(b->arena, row), row->flags & OPTIONAL ? ", Nullable" : "", row->doc);
}

static void add_return(struct text_builder *b, const struct resource *r)
{
    text_add_f(b, "\n## Return Value\n\n%s.\n",
               capital(b->arena, r->returns->kind == TYPE_DYNAMIC
                                     ? "a value whose type depends on the arguments"
                                     : type_name(b->arena, r->returns)));
    for (size_t i = 0; r->returns->kind == TYPE_OBJECT && i < r->returns->count; i++)
        text_add_f(b, "%s- `%s` (%s)\n", i ? "" : "\n", r->returns->fields[i].name,
                   type_words(b->arena, r->returns->fields[i].type));
}

static void add_function(struct text_builder *b, const struct resource *r, struct text example)
{
    size_t number = 0;

    text_add_f(b, "# function: %s\n\n", r->name);
    add_intro(b, r->summary, r->doc);
    add_fenced(b, "## Example Usage", "terraform", example);
    add_fenced(b, "## Signature", "text", signature(b->arena, r));
    if ((r->attributes && r->attributes->name) || r->variadic)
        text_add_z(b, "\n## Arguments\n\n");
    ATTRIBUTE_EACH (row, r->attributes)
        add_argument(b, ++number, row, false);
    if (r->variadic)
        add_argument(b, ++number, r->variadic, true);
    add_return(b, r);
}

struct text docs_page(struct arena *a, const struct resource *r, struct text example,
                      struct text import_example)
{
    const struct page_kind *kind = &kinds[r->kind];
    struct text_builder b;

    text_builder_init(&b, a, PAGE_BYTES_MAX);
    add_front_matter(&b, text_f(a, "%s %s - istio", r->name, kind->title), subcategory(r),
                     r->summary);
    if (r->kind == KIND_FUNCTION) {
        add_function(&b, r, example);
        return text_built(&b);
    }
    text_add_f(&b, "# %s (%s)\n\n", r->name, kind->title);
    add_intro(&b, r->summary, r->doc);
    add_fenced(&b, "## Example Usage", "terraform", example);
    add_schema(&b, resource_attributes(a, r));
    if (r->import_doc)
        text_add_f(&b, "\n## Import\n\n%s\n", r->import_doc);
    add_fenced(&b, "With the `terraform import` command:", "shell", import_example);
    return text_built(&b);
}

struct text docs_provider_page(struct arena *a, const struct attribute *rows, const char *summary,
                               struct text example)
{
    struct text_builder b;

    text_builder_init(&b, a, PAGE_BYTES_MAX);
    add_front_matter(&b, "istio Provider", "", summary);
    text_add_z(&b, "# istio Provider\n\n");
    add_intro(&b, summary, NULL);
    add_fenced(&b, "## Example Usage", "terraform", example);
    add_schema(&b, rows);
    return text_built(&b);
}

const char *docs_path(struct arena *a, const struct resource *r)
{
    struct text name = text_of(r->name);

    if (r->kind != KIND_FUNCTION && text_starts_with(name, "istio_"))
        name = (struct text){name.at + strlen("istio_"), name.len - strlen("istio_")};
    return text_f(a, "%s/%s.md", kinds[r->kind].folder, text_z(a, name));
}
