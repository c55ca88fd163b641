#include "helm/root.h"

#include "helm/files.h"
#include "helm/structure.h"
#include "helm/table.h"
#include "helm/values.h"

static const struct datum_class chart_class = {
    STRUCTURE_CLASS("struct { chart.Metadata; IsRoot bool }", "struct")};
static const struct datum_class metadata_class = {STRUCTURE_CLASS("chart.Metadata", "struct")};
static const struct datum_class maintainer_class = {STRUCTURE_CLASS("*chart.Maintainer", "ptr")};
static const struct datum_class dependency_class = {STRUCTURE_CLASS("*chart.Dependency", "ptr")};

/* How a field of Chart.yaml is typed in Go. */
enum shape { TEXT_FIELD, FLAG_FIELD, TEXTS_FIELD, TEXT_MAP_FIELD, ANY_FIELD, STRUCTS_FIELD };

struct field_row {
    const char *name, *json;
    enum shape shape;
    bool always;                  /* JSON has it also when it is empty */
    const struct field_row *rows; /* of STRUCTS_FIELD */
    const struct datum_class *class;
};

static const struct field_row maintainer_rows[] = {
    {.name = "Name", .json = "name"},
    {.name = "Email", .json = "email"},
    {.name = "URL", .json = "url"},
    {.name = NULL},
};
static const struct field_row dependency_rows[] = {
    {.name = "Name", .json = "name", .always = true},
    {.name = "Version", .json = "version"},
    {.name = "Repository", .json = "repository", .always = true},
    {.name = "Condition", .json = "condition"},
    {.name = "Tags", .json = "tags", .shape = TEXTS_FIELD},
    {.name = "Enabled", .json = "enabled", .shape = FLAG_FIELD},
    {.name = "ImportValues", .json = "import-values", .shape = ANY_FIELD},
    {.name = "Alias", .json = "alias"},
    {.name = NULL},
};
static const struct field_row metadata_rows[] = {
    {.name = "Name", .json = "name"},
    {.name = "Home", .json = "home"},
    {.name = "Sources", .json = "sources", .shape = TEXTS_FIELD},
    {.name = "Version", .json = "version"},
    {.name = "Description", .json = "description"},
    {.name = "Keywords", .json = "keywords", .shape = TEXTS_FIELD},
    {.name = "Maintainers",
     .json = "maintainers",
     .shape = STRUCTS_FIELD,
     .rows = maintainer_rows,
     .class = &maintainer_class},
    {.name = "Icon", .json = "icon"},
    {.name = "APIVersion", .json = "apiVersion"},
    {.name = "Condition", .json = "condition"},
    {.name = "Tags", .json = "tags"},
    {.name = "AppVersion", .json = "appVersion"},
    {.name = "Deprecated", .json = "deprecated", .shape = FLAG_FIELD},
    {.name = "Annotations", .json = "annotations", .shape = TEXT_MAP_FIELD},
    {.name = "KubeVersion", .json = "kubeVersion"},
    {.name = "Dependencies",
     .json = "dependencies",
     .shape = STRUCTS_FIELD,
     .rows = dependency_rows,
     .class = &dependency_class},
    {.name = "Type", .json = "type"},
    {.name = NULL},
};

static const struct datum *typed(struct arena *a, const struct datum *d, const char *type_name)
{
    struct datum *copy = arena_alloc(a, sizeof(*copy));

    *copy = *d;
    copy->type_name = type_name;
    return copy;
}

/* In a Go struct a list or map that was not given is nil. */
static const struct datum *texts_datum(struct arena *a, const struct value *list)
{
    const struct datum **items = arena_array(a, value_count(list), sizeof(struct datum *));

    if (value_is_null(list))
        return typed(a, &datum_unmade_list, "[]string");
    for (size_t i = 0; i < value_count(list); i++)
        items[i] = datum_of_value(a, value_item(list, i));
    return datum_strings(a, items, value_count(list));
}

static const struct datum *struct_datum(struct arena *a, const struct field_row *rows,
                                        const struct datum_class *class, const struct value *v);

static const struct datum *structs_datum(struct arena *a, const struct field_row *row,
                                         const struct value *list)
{
    const struct datum **items = arena_array(a, value_count(list), sizeof(struct datum *));
    const char *type_name = text_f(a, "[]%s", row->class->type_name);

    if (value_is_null(list))
        return typed(a, &datum_unmade_list, type_name);
    for (size_t i = 0; i < value_count(list); i++)
        items[i] = struct_datum(a, row->rows, row->class, value_item(list, i));
    return typed(a, datum_list(a, items, value_count(list)), type_name);
}

static const struct datum *field_datum(struct arena *a, const struct field_row *row,
                                       const struct value *v)
{
    switch (row->shape) {
    case FLAG_FIELD:
        return datum_bool(value_as_bool(v));
    case TEXTS_FIELD:
        return texts_datum(a, v);
    case TEXT_MAP_FIELD:
        return typed(a, value_is_null(v) ? &datum_unmade_map : datum_of_value(a, v),
                     "map[string]string");
    case ANY_FIELD:
        return value_is_null(v) ? &datum_unmade_list : datum_of_value(a, v);
    case STRUCTS_FIELD:
        return structs_datum(a, row, v);
    default:
        return datum_string(a, value_string_text(v));
    }
}

static const struct datum *struct_datum(struct arena *a, const struct field_row *rows,
                                        const struct datum_class *class, const struct value *v)
{
    struct structure_field *fields;
    size_t count = 0;

    while (rows[count].name)
        count++;
    fields = arena_array(a, count + 1, sizeof(*fields));
    for (size_t i = 0; i < count; i++)
        fields[i] = (struct structure_field){
            .name = rows[i].name,
            .json = rows[i].json,
            .value = field_datum(a, &rows[i], value_at(v, rows[i].json)),
            .omit_empty = !rows[i].always,
        };
    return structure_new(a, class, fields);
}

static const struct datum *chart_datum(struct arena *a, const struct value *metadata, bool is_root)
{
    const struct datum *fields = struct_datum(a, metadata_rows, &metadata_class, metadata);

    return structure_new(a, &chart_class,
                         (const struct structure_field[]){
                             {"Metadata", NULL, fields, false},
                             {"IsRoot", "IsRoot", datum_bool(is_root), false},
                             {NULL, NULL, NULL, false},
                         });
}

static const struct datum *release_datum(struct arena *a, const struct render_options *o)
{
    const struct datum *map = datum_map_new(a);

    datum_set(map, TEXT("Name"), datum_string_z(a, o->name));
    datum_set(map, TEXT("Namespace"), datum_string_z(a, o->namespace));
    datum_set(map, TEXT("IsUpgrade"), datum_bool(o->is_upgrade));
    datum_set(map, TEXT("IsInstall"), datum_bool(!o->is_upgrade));
    datum_set(map, TEXT("Revision"), datum_int(a, o->revision));
    datum_set(map, TEXT("Service"), datum_string(a, TEXT("Helm")));
    return map;
}

void root_parts_init(struct arena *a, const struct render_options *options, struct root_parts *out)
{
    out->release = release_datum(a, options);
    out->capabilities = capabilities_datum(a, &options->capabilities);
}

/* The map at .Values.<name>; a name with dots is taken for a path, as in Helm. */
static const struct datum *part_of(struct arena *a, const struct datum *values, const char *name)
{
    struct text rest = text_of(name), key;

    while (values && text_split(&rest, '.', &key)) {
        values = datum_get(values, key);
        if (values && values->kind != DATUM_MAP)
            values = NULL;
    }
    return values ? values : datum_map_new(a);
}

const struct datum *root_new(struct arena *a, const struct chart *chart,
                             const struct root_parts *parts, const struct datum *values,
                             const struct datum *parent)
{
    const struct datum *root = datum_map_new(a);

    if (parent)
        values = part_of(a, datum_get_z(parent, "Values"), chart->name);
    datum_set(root, TEXT("Chart"), chart_datum(a, chart->metadata, !parent));
    datum_set(root, TEXT("Files"), files_datum(a, &chart->files));
    datum_set(root, TEXT("Release"), parts->release);
    datum_set(root, TEXT("Capabilities"), parts->capabilities);
    datum_set(root, TEXT("Values"), table_datum(a, values));
    datum_set(root, TEXT("Subcharts"), datum_map_new(a));
    if (parent)
        datum_set(datum_get_z(parent, "Subcharts"), text_of(chart->name), root);
    return table_datum(a, root);
}

void root_template(struct arena *a, const struct datum *root, const char *name,
                   const char *base_path)
{
    const struct datum *map = table_datum(a, datum_map_new(a));

    datum_set(map, TEXT("Name"), datum_string_z(a, name));
    datum_set(map, TEXT("BasePath"), datum_string_z(a, base_path));
    datum_set(root, TEXT("Template"), map);
}
