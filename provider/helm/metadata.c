#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "codec/semver.h"
#include "helm/document.h"
#include "helm/metadata.h"

enum shape { SHAPE_TEXT, SHAPE_FLAG, SHAPE_TEXTS, SHAPE_TEXT_MAP, SHAPE_LIST, SHAPE_ANY };

struct field {
    const char *name;
    const struct field *elements; /* of SHAPE_LIST; ended by a row without a name */
    enum shape shape;
    bool verbatim; /* control characters are kept */
};

static const struct field maintainer_fields[] = {
    {.name = "name"}, {.name = "email"}, {.name = "url"}, {.name = NULL}};
static const struct field dependency_fields[] = {
    {.name = "name"},
    {.name = "version"},
    {.name = "repository"},
    {.name = "condition"},
    {.name = "tags", .shape = SHAPE_TEXTS},
    {.name = "enabled", .shape = SHAPE_FLAG},
    {.name = "import-values", .shape = SHAPE_ANY},
    {.name = "alias", .verbatim = true},
    {.name = NULL},
};
/* In the order in which Helm writes them. */
static const struct field chart_fields[] = {
    {.name = "name"},
    {.name = "home"},
    {.name = "sources", .shape = SHAPE_TEXTS},
    {.name = "version", .verbatim = true},
    {.name = "description"},
    {.name = "keywords", .shape = SHAPE_TEXTS},
    {.name = "maintainers", .shape = SHAPE_LIST, .elements = maintainer_fields},
    {.name = "icon"},
    {.name = "apiVersion", .verbatim = true},
    {.name = "condition"},
    {.name = "tags"},
    {.name = "appVersion"},
    {.name = "deprecated", .shape = SHAPE_FLAG},
    {.name = "annotations", .shape = SHAPE_TEXT_MAP},
    {.name = "kubeVersion"},
    {.name = "dependencies", .shape = SHAPE_LIST, .elements = dependency_fields},
    {.name = "type", .verbatim = true},
    {.name = NULL},
};

/* Where a field stands: "Chart.yaml of istiod: maintainers". */
struct place {
    struct loader *loader;
    const char *what, *file, *field;
};

static bool refuse(const struct place *p, const struct value *v, const char *wanted)
{
    return diag_error(p->loader->call->diags, p->loader->at, loader_summary,
                      "In %s of %s, %s is a %s, not %s.", p->file, p->what, p->field,
                      value_kind_name(v), wanted);
}

/* White space becomes a blank, control characters go, as Helm cleans its fields. */
static const char *cleaned(struct arena *a, const char *z)
{
    struct text_builder b;

    text_builder_init(&b, a, strlen(z));
    for (; *z; z++) {
        unsigned char byte = (unsigned char)*z;

        if (isspace(byte))
            text_add_char(&b, ' ');
        else if (!iscntrl(byte))
            text_add_char(&b, *z);
    }
    return b.at ? b.at : "";
}

static bool read_text(const struct place *p, const struct value *v, bool verbatim,
                      const struct value **out)
{
    struct arena *a = p->loader->call->arena;
    const char *z;

    if (!document_scalar(a, v, &z))
        return refuse(p, v, "a string");
    *out = value_string(a, verbatim ? z : cleaned(a, z));
    return true;
}

static bool read_texts(const struct place *p, const struct value *v, const struct value **out)
{
    struct value_builder texts;
    const struct value *text = &value_null;

    if (v->kind != VALUE_LIST)
        return refuse(p, v, "a list");
    value_builder_init(&texts, p->loader->call->arena);
    for (size_t i = 0; i < v->list.count; i++) {
        if (!read_text(p, v->list.items[i], false, &text))
            return false;
        value_builder_add(&texts, text);
    }
    *out = value_builder_list(&texts);
    return true;
}

static bool read_text_map(const struct place *p, const struct value *v, const struct value **out)
{
    struct value_builder texts;
    const struct value *text = &value_null;

    if (v->kind != VALUE_MAP)
        return refuse(p, v, "a map");
    value_builder_init(&texts, p->loader->call->arena);
    for (size_t i = 0; i < v->map.count; i++) {
        if (!read_text(p, v->map.entries[i].value, true, &text))
            return false;
        value_builder_set(&texts, v->map.entries[i].key, text);
    }
    *out = value_builder_map(&texts);
    return true;
}

static bool read_fields(const struct place *p, const struct field *fields, const struct value *v,
                        const struct value **out);

static bool read_list(const struct place *p, const struct field *elements, const struct value *v,
                      const struct value **out)
{
    struct value_builder list;
    const struct value *element;

    if (v->kind != VALUE_LIST)
        return refuse(p, v, "a list");
    value_builder_init(&list, p->loader->call->arena);
    for (size_t i = 0; i < v->list.count; i++) {
        if (v->list.items[i]->kind != VALUE_MAP)
            return refuse(p, v->list.items[i], "a list of maps");
        element = &value_empty_map;
        if (!read_fields(p, elements, v->list.items[i], &element))
            return false;
        value_builder_add(&list, element);
    }
    *out = value_builder_list(&list);
    return true;
}

static bool read_field(const struct place *p, const struct field *f, const struct value *v,
                       const struct value **out)
{
    switch (f->shape) {
    case SHAPE_TEXT:
        return read_text(p, v, f->verbatim, out);
    case SHAPE_FLAG:
        *out = v;
        return v->kind == VALUE_BOOL || refuse(p, v, "true or false");
    case SHAPE_TEXTS:
        return read_texts(p, v, out);
    case SHAPE_TEXT_MAP:
        return read_text_map(p, v, out);
    case SHAPE_LIST:
        return read_list(p, f->elements, v, out);
    default:
        *out = v;
        return v->kind == VALUE_LIST || refuse(p, v, "a list");
    }
}

/* Go's encoding/json takes field names in any case; the last one wins. */
static const struct value *entry_of(const struct value *map, const char *name)
{
    const struct value *found = value_at(map, name);

    for (size_t i = 0; value_is_null(found) && i < value_count(map); i++)
        if (strcasecmp(map->map.entries[i].key, name) == 0)
            found = map->map.entries[i].value;
    return found;
}

static bool is_empty(const struct value *v)
{
    return (v->kind == VALUE_STRING && v->string.len == 0) ||
           (v->kind == VALUE_BOOL && !v->boolean) ||
           ((v->kind == VALUE_LIST || v->kind == VALUE_MAP) && value_count(v) == 0);
}

/* The fields of v over those of *out, in the table's order. */
static bool read_fields(const struct place *p, const struct field *fields, const struct value *v,
                        const struct value **out)
{
    struct value_builder map;

    value_builder_init(&map, p->loader->call->arena);
    for (const struct field *f = fields; f->name; f++) {
        const struct value *said = entry_of(v, f->name), *known = value_at(*out, f->name);
        struct place place = *p;

        place.field =
            p->field ? text_f(p->loader->call->arena, "%s.%s", p->field, f->name) : f->name;
        if (!value_is_null(said) && !read_field(&place, f, said, &known))
            return false;
        if (!value_is_null(known) && !is_empty(known))
            value_builder_set(&map, f->name, known);
    }
    *out = value_builder_map(&map);
    return true;
}

bool metadata_read(struct loader *l, const struct value *document, const char *what,
                   const char *file, const struct value **metadata)
{
    struct place p = {l, what, file, NULL};

    if (value_is_null(document))
        return true;
    if (document->kind != VALUE_MAP)
        return diag_error(l->call->diags, l->at, loader_summary, "%s of %s is a %s, not a map.",
                          file, what, value_kind_name(document));
    return read_fields(&p, chart_fields, document, metadata);
}

/* --- checks ------------------------------------------------------------------ */

static bool alias_is_plain(const char *alias)
{
    for (; *alias; alias++)
        if (!isalnum((unsigned char)*alias) && *alias != '_' && *alias != '-')
            return false;
    return true;
}

static const char *dependency_key(const struct value *dependency)
{
    const char *alias = value_text(dependency, "alias");

    return alias[0] ? alias : value_text(dependency, "name");
}

static const char *dependency_fault(struct arena *a, const struct value *dependencies)
{
    for (size_t i = 0; i < value_count(dependencies); i++) {
        const struct value *one = value_item(dependencies, i);

        if (!alias_is_plain(value_text(one, "alias")))
            return text_f(a,
                          "the alias \"%s\" of the dependency %s may hold letters, digits, "
                          "\"-\" and \"_\" only",
                          value_text(one, "alias"), value_text(one, "name"));
        for (size_t j = 0; j < i; j++)
            if (strcmp(dependency_key(one), dependency_key(value_item(dependencies, j))) == 0)
                return text_f(a, "more than one dependency has the name or alias \"%s\"",
                              dependency_key(one));
    }
    return NULL;
}

static const char *fault(struct arena *a, const struct value *m)
{
    const char *name = value_text(m, "name"), *version = value_text(m, "version");
    const char *type = value_text(m, "type");
    struct semver ignored;

    if (!name[0])
        return "it has no name";
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strchr(name, '/'))
        return text_f(a, "the name \"%s\" is not allowed", name);
    if (!version[0])
        return "it has no version";
    if (!semver_read(text_of(version), &ignored))
        return text_f(a, "the version \"%s\" is no semantic version", version);
    if (type[0] && strcmp(type, "application") != 0 && strcmp(type, "library") != 0)
        return text_f(a, "the type \"%s\" is neither application nor library", type);
    return dependency_fault(a, value_at(m, "dependencies"));
}

bool metadata_check(struct loader *l, const struct value *metadata, const char *what)
{
    const char *reason = fault(l->call->arena, metadata);

    if (!reason)
        return true;
    return diag_error(l->call->diags, l->at, loader_summary, "Chart.yaml of %s: %s.", what, reason);
}
