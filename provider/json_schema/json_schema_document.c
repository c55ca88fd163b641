#include "json_schema/json_schema_document.h"

#include <stdlib.h>
#include <string.h>

enum { ID_DEPTH_MAX = 100 };

static const char *const metaschemas[][2] = {
    {"json-schema.org/draft-04/schema", "4"},
    {"json-schema.org/draft-06/schema", "6"},
    {"json-schema.org/draft-07/schema", "7"},
    {"json-schema.org/draft/2019-09/schema", "2019"},
    {"json-schema.org/draft/2020-12/schema", "2020"},
};

/* 0 for an address that is no metaschema's. */
static int draft_of(const char *uri)
{
    for (size_t i = 0; i < sizeof(metaschemas) / sizeof(*metaschemas); i++) {
        const char *found = strstr(uri, metaschemas[i][0]);
        const char *end = found ? found + strlen(metaschemas[i][0]) : NULL;

        if (found && (!*end || strcmp(end, "#") == 0) &&
            (strncmp(uri, "http://", 7) == 0 || strncmp(uri, "https://", 8) == 0))
            return (int)strtol(metaschemas[i][1], NULL, 10);
    }
    return 0;
}

/* --- addresses ------------------------------------------------------------ */

static bool is_absolute(const char *uri)
{
    const char *colon = strchr(uri, ':');

    return colon && colon > uri && strcspn(uri, "/?#") > (size_t)(colon - uri);
}

static const char *without_fragment(struct arena *a, const char *uri)
{
    return text_f(a, "%.*s", (int)strcspn(uri, "#"), uri);
}

/* A relative address replaces what stands behind the base's last slash, or the whole
 * path when it begins with one. */
static const char *joined(struct arena *a, const char *base, const char *uri)
{
    const char *path = strstr(base, "://"), *slash;

    if (!*uri)
        return base;
    if (is_absolute(uri))
        return uri;
    if (!path && !strchr(base, '/'))
        return uri;
    path = path ? path + 3 : base;
    slash = *uri == '/' ? strchr(path, '/') : strrchr(path, '/');
    if (!slash)
        return text_f(a, "%s%s%s", base, *base && *uri != '/' ? "/" : "", uri);
    return text_f(a, "%.*s%s", (int)(slash - base) + (*uri != '/'), base, uri);
}

static const char *own_id(const struct value *schema, int draft)
{
    const char *id = value_text(schema, draft == 4 ? "id" : "$id");

    if (draft < 2019 && value_has(schema, "$ref"))
        return "";
    return *id == '#' ? "" : id; /* only a name within the resource */
}

/* --- the document ---------------------------------------------------------- */

static struct schema_resource *add_resource(struct schema_document *d, const struct value *root,
                                            const char *base, int draft)
{
    struct schema_resource *r = arena_alloc(d->arena, sizeof(*r)), **last = &d->resources;
    int own = draft_of(value_text(root, "$schema"));

    r->root = root;
    r->draft = own ? own : draft;
    r->uri = joined(d->arena, base, without_fragment(d->arena, own_id(root, r->draft)));
    while (*last)
        last = &(*last)->next;
    *last = r;
    return r;
}

static void note_keyword(struct schema_document *d, const char *key)
{
    if (strncmp(key, "unevaluated", 11) == 0)
        d->uses_unevaluated = true;
    if (strcmp(key, "$dynamicRef") == 0 || strcmp(key, "$recursiveRef") == 0)
        d->depends_on_scope = true;
}

static void collect(struct schema_document *d, const struct value *v,
                    const struct schema_resource *around, int depth)
{
    size_t count = value_count(v);

    if (depth > ID_DEPTH_MAX)
        return;
    if (v->kind == VALUE_MAP && depth > 0 && *own_id(v, around->draft))
        around = add_resource(d, v, around->uri, around->draft);
    for (size_t i = 0; i < count; i++) {
        if (v->kind == VALUE_MAP)
            note_keyword(d, v->map.entries[i].key);
        collect(d, v->kind == VALUE_MAP ? v->map.entries[i].value : v->list.items[i], around,
                depth + 1);
    }
}

void schema_document_init(struct schema_document *d, struct arena *a, const struct value *root)
{
    *d = (struct schema_document){.arena = a};
    collect(d, root, add_resource(d, root, "", 2020), 0);
    d->depends_on_scope = d->depends_on_scope && d->resources->next;
}

const struct schema_resource *schema_document_enter(const struct schema_document *d,
                                                    const struct schema_resource *around,
                                                    const struct value *schema)
{
    if (!*own_id(schema, around->draft))
        return around;
    for (const struct schema_resource *r = d->resources; r; r = r->next)
        if (r->root == schema)
            return r;
    return around;
}

/* --- references ------------------------------------------------------------ */

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *found = c ? strchr(digits, c | 0x20) : NULL;

    return found ? (int)(found - digits) : -1;
}

/* One step of a JSON pointer: %41, ~0 and ~1 undone. */
static char *step_of(struct arena *a, struct text piece)
{
    char *out = arena_alloc(a, piece.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < piece.len; i++) {
        char c = piece.at[i];

        if (c == '%' && i + 2 < piece.len && hex_digit(piece.at[i + 1]) >= 0 &&
            hex_digit(piece.at[i + 2]) >= 0) {
            c = (char)(hex_digit(piece.at[i + 1]) * 16 + hex_digit(piece.at[i + 2]));
            i += 2;
        } else if (c == '~' && i + 1 < piece.len) {
            c = (char)(piece.at[++i] == '1' ? '/' : '~');
        }
        out[len++] = c;
    }
    return out;
}

static const struct value *at_pointer(const struct schema_document *d, const struct value *v,
                                      const char *pointer, const struct schema_resource **resource)
{
    struct text rest = text_of(pointer), piece;

    if (!*pointer)
        return v;
    (void)text_split(&rest, '/', &piece); /* in front of the first slash */
    while (text_split(&rest, '/', &piece)) {
        const char *step = step_of(d->arena, piece);
        bool found = v->kind == VALUE_MAP && value_has(v, step);

        if (v->kind == VALUE_LIST && *step >= '0' && *step <= '9') {
            size_t index = strtoul(step, NULL, 10);

            found = index < v->list.count;
            v = found ? v->list.items[index] : v;
        } else if (found) {
            v = value_at(v, step);
        }
        if (!found)
            return NULL;
        *resource = schema_document_enter(d, *resource, v);
    }
    return v;
}

/* A name that a schema has; dynamic: only of the kind that dynamic references ask for. */
static bool has_anchor(const struct value *v, const char *name, int draft, bool dynamic)
{
    const char *id = value_text(v, draft == 4 ? "id" : "$id");

    if (draft < 2019)
        return !dynamic && !value_has(v, "$ref") && *id == '#' && strcmp(id + 1, name) == 0;
    if (draft >= 2020 && strcmp(value_text(v, "$dynamicAnchor"), name) == 0)
        return true;
    return !dynamic && strcmp(value_text(v, "$anchor"), name) == 0;
}

static const struct value *at_anchor(const struct schema_document *d, const struct value *v,
                                     const char *name, const struct schema_resource *resource,
                                     bool dynamic, int depth)
{
    if (depth > ID_DEPTH_MAX ||
        (depth > 0 && v->kind == VALUE_MAP && schema_document_enter(d, resource, v) != resource))
        return NULL;
    if (v->kind == VALUE_MAP && has_anchor(v, name, resource->draft, dynamic))
        return v;
    for (size_t i = 0; i < value_count(v); i++) {
        const struct value *found =
            at_anchor(d, v->kind == VALUE_MAP ? v->map.entries[i].value : v->list.items[i], name,
                      resource, dynamic, depth + 1);

        if (found)
            return found;
    }
    return NULL;
}

const struct value *schema_document_dynamic(const struct schema_document *d,
                                            const struct schema_resource *resource,
                                            const char *name)
{
    return at_anchor(d, resource->root, name, resource, true, 0);
}

static const struct schema_resource *resource_at(const struct schema_document *d, const char *uri)
{
    for (const struct schema_resource *r = d->resources; r; r = r->next)
        if (strcmp(r->uri, uri) == 0)
            return r;
    return NULL;
}

const struct value *schema_document_resolve(const struct schema_document *d, const char *reference,
                                            const struct schema_resource **resource,
                                            const char **reason)
{
    const char *hash = strchr(reference, '#'), *fragment = hash ? hash + 1 : "";
    const char *uri = joined(d->arena, (*resource)->uri, without_fragment(d->arena, reference));
    const struct schema_resource *there = hash == reference ? *resource : resource_at(d, uri);
    const struct value *found;

    *reason = NULL;
    if (strncmp(uri, "urn:", 4) == 0 && !there)
        return &value_true;
    if (!there) {
        *reason = text_f(d->arena,
                         "it refers to %s, and schemas are not fetched from elsewhere: put that "
                         "schema into the chart's own document, or render without the check",
                         reference);
        return NULL;
    }
    *resource = there;
    found = *fragment && *fragment != '/' ? at_anchor(d, there->root, fragment, there, false, 0)
                                          : at_pointer(d, there->root, fragment, resource);
    if (!found)
        *reason = text_f(d->arena, "it refers to %s, which is not in it", reference);
    return found;
}
