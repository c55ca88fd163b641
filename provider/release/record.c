#include "release/record.h"

#include <string.h>

#include "codec/base64.h"
#include "codec/gzip.h"
#include "codec/json.h"

/* --- writing ----------------------------------------------------------------- */

static const struct value *text_value(struct arena *a, const char *z)
{
    return value_string(a, z ? z : "");
}

static const struct value *base64_value(struct arena *a, struct text bytes)
{
    return value_string_of(a, base64_encode(a, bytes, BASE64_STANDARD));
}

static const struct value *or_empty(const struct value *map)
{
    return map && map->kind == VALUE_MAP ? map : &value_empty_map;
}

static void files_add(struct value_builder *b, const struct chart_files *files)
{
    struct arena *a = b->arena;

    for (size_t i = 0; i < files->count; i++)
        value_builder_add(b, value_map_of(a, {"name", value_string(a, files->all[i].name)},
                                          {"data", base64_value(a, files->all[i].data)}));
}

static bool files_have(const struct chart_files *files, const char *name)
{
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->all[i].name, name) == 0)
            return true;
    return false;
}

/* Helm counts crds/ among the files. */
static const struct value *other_files(struct arena *a, const struct chart *chart)
{
    bool crds_are_files = chart->crds.count && files_have(&chart->files, chart->crds.all[0].name);
    struct value_builder b;

    value_builder_init(&b, a);
    files_add(&b, &chart->files);
    if (!crds_are_files)
        files_add(&b, &chart->crds);
    return value_builder_list(&b);
}

const struct value *record_chart(struct arena *a, const struct chart *chart)
{
    struct value_builder templates;

    value_builder_init(&templates, a);
    files_add(&templates, &chart->templates);
    return value_map_of(
        a, {"metadata", or_empty(chart->metadata)}, {"lock", &value_null},
        {"templates", value_builder_list(&templates)}, {"values", or_empty(chart->values)},
        {"schema", chart->schema.len ? base64_value(a, chart->schema) : &value_null},
        {"files", other_files(a, chart)});
}

static const struct value *hook_policies(struct arena *a, unsigned policy)
{
    static const struct {
        unsigned flag;
        const char *name;
    } names[] = {{HOOK_DELETE_BEFORE_CREATION, "before-hook-creation"},
                 {HOOK_DELETE_SUCCEEDED, "hook-succeeded"},
                 {HOOK_DELETE_FAILED, "hook-failed"}};
    const struct value *list = &value_empty_list;

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (policy & names[i].flag)
            list = value_append(a, list, value_string(a, names[i].name));
    return list;
}

static const struct value *hook_value(struct arena *a, const struct rendered_hook *hook)
{
    const struct value *object = hook->object.object, *events = &value_empty_list;

    for (const char *const *event = hook->events; *event; event++)
        events = value_append(a, events, value_string(a, *event));
    return value_map_of(a, {"name", value_in(object, "metadata", "name")},
                        {"kind", value_at(object, "kind")},
                        {"path", value_string(a, hook->object.source)},
                        {"manifest", value_string_of(a, hook->object.text)}, {"events", events},
                        {"weight", value_integer(a, hook->weight)},
                        {"delete_policies", hook_policies(a, hook->delete_policy)},
                        {"last_run", value_map_of(a, {"started_at", &value_empty_string},
                                                  {"completed_at", &value_empty_string},
                                                  {"phase", &value_empty_string})});
}

const struct value *record_hooks(struct arena *a, const struct rendered *r)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < r->hook_count; i++)
        value_builder_add(&b, hook_value(a, &r->hooks[i]));
    return value_builder_list(&b);
}

static const struct value *record_info(struct arena *a, const struct record *r)
{
    return value_map_of(
        a, {"first_deployed", text_value(a, r->first_deployed)},
        {"last_deployed", text_value(a, r->last_deployed)}, {"deleted", text_value(a, r->deleted)},
        {"description", text_value(a, r->description)}, {"status", text_value(a, r->status)},
        {"notes", value_string_of(a, r->notes)});
}

struct text record_write(struct arena *a, const struct record *r)
{
    const struct value *json = value_map_of(
        a, {"name", value_string(a, r->name)}, {"info", record_info(a, r)},
        {"chart", or_empty(r->chart)}, {"config", or_empty(r->values)},
        {"manifest", value_string_of(a, r->manifest)},
        {"hooks", r->hooks ? r->hooks : &value_empty_list},
        {"version", value_integer(a, r->revision)}, {"namespace", value_string(a, r->namespace)});

    return base64_encode(a, gzip_write(a, json_write(a, json)), BASE64_STANDARD);
}

/* --- reading ----------------------------------------------------------------- */

static void record_of(const struct value *json, struct record *out)
{
    const struct value *info = value_at(json, "info");

    *out = (struct record){
        .name = value_text(json, "name"),
        .namespace = value_text(json, "namespace"),
        .revision = value_integer_at(json, "version"),
        .status = value_text(info, "status"),
        .description = value_text(info, "description"),
        .first_deployed = value_text(info, "first_deployed"),
        .last_deployed = value_text(info, "last_deployed"),
        .deleted = value_text(info, "deleted"),
        .notes = value_string_text(value_at(info, "notes")),
        .manifest = value_string_text(value_at(json, "manifest")),
        .values = or_empty(value_at(json, "config")),
        .chart = value_at(json, "chart"),
        .hooks = value_at(json, "hooks"),
        .labels = &value_null,
    };
}

/* Helm's first records were not packed. */
static bool unpacked(struct call *c, struct text data, const char *what, struct text *json)
{
    struct text bytes;

    if (!base64_decode(c->arena, data, BASE64_STANDARD, &bytes))
        return diag_error(c->diags, NULL, text_f(c->arena, "%s cannot be read", what),
                          "What it holds is no base64 text, so it is no release of Helm 3.");
    *json = bytes;
    return !gzip_is(bytes) ||
           gzip_read(c->arena, bytes, RECORD_TEXT_BYTES_MAX, what, c->diags, json);
}

bool record_read(struct call *c, struct text data, const char *what, struct record *out)
{
    const struct value *json;
    struct text text = {"", 0};

    if (!unpacked(c, data, what, &text) || !json_read(c->arena, text, what, c->diags, &json))
        return false;
    record_of(json, out);
    if (!out->name[0] || out->revision < 1)
        return diag_error(c->diags, NULL, text_f(c->arena, "%s cannot be read", what),
                          "It is no release of Helm 3: name or version is missing.");
    return true;
}

bool record_chart_files(struct call *c, const struct value *chart, const char *folder,
                        struct chart_files *out)
{
    const struct value *files = value_at(chart, "files");

    *out = (struct chart_files){arena_array(c->arena, value_count(files), sizeof(*out->all)), 0};
    for (size_t i = 0; i < value_count(files); i++) {
        const struct value *file = value_item(files, i);
        struct chart_file *to = &out->all[out->count];

        if (!text_starts_with(text_of(value_text(file, "name")), folder))
            continue;
        to->name = value_text(file, "name");
        if (!base64_decode(c->arena, value_string_text(value_at(file, "data")), BASE64_STANDARD,
                           &to->data))
            return diag_error(c->diags, NULL, "The release record is damaged",
                              "The file %s in it is no base64 text.", to->name);
        out->count++;
    }
    return true;
}
