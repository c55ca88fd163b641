#include "helm/files.h"

#include <string.h>

#include "codec/base64.h"
#include "helm/glob.h"
#include "template/function.h"
#include "template/yaml_write.h"

static const struct datum_class files_class;

static struct text data_of(struct function_call *f, const struct datum *self)
{
    const struct datum *file = datum_get(self, f->arguments[0]->text);

    return file ? file->text : (struct text){"", 0};
}

static const struct datum *get(struct function_call *f, const struct datum *self)
{
    return datum_string(f->arena, data_of(f, self));
}

static const struct datum *get_bytes(struct function_call *f, const struct datum *self)
{
    return datum_bytes(f->arena, data_of(f, self));
}

/* Without the empty line behind the last newline. */
static const struct datum *lines(struct function_call *f, const struct datum *self)
{
    struct text data = data_of(f, self), line;
    const struct datum **items;
    size_t count = 1;

    if (data.len == 0)
        return datum_strings(f->arena, NULL, 0);
    data.len -= data.at[data.len - 1] == '\n';
    for (size_t i = 0; i < data.len; i++)
        count += data.at[i] == '\n';
    items = arena_array(f->arena, count, sizeof(struct datum *));
    items[0] = &datum_empty_string;
    for (size_t i = 0; i < count && text_split(&data, '\n', &line); i++)
        items[i] = datum_string(f->arena, line);
    return datum_strings(f->arena, items, count);
}

static const struct datum *glob(struct function_call *f, const struct datum *self)
{
    const struct datum_map *map = self->map;
    const struct datum *found = datum_map_new(f->arena);
    struct glob g;

    glob_init(&g, text_z(f->arena, f->arguments[0]->text));
    for (size_t i = 0; i < map->count && !g.exceeded; i++)
        if (glob_matches(&g, text_z(f->arena, map->entries[i].key)))
            datum_set(found, map->entries[i].key, map->entries[i].value);
    if (g.exceeded)
        return function_fail(f, "the pattern takes too long to match");
    return datum_of_class(f->arena, &files_class, found);
}

static struct text base_name(struct text name)
{
    for (size_t i = name.len; i > 0; i--)
        if (name.at[i - 1] == '/')
            return (struct text){name.at + i, name.len - i};
    return name;
}

/* A YAML map of base names, without its last newline. */
static const struct datum *as_map(struct function_call *f, const struct datum *self, bool encode)
{
    const struct datum_map *map = self->map;
    const struct datum *texts = datum_map_new(f->arena);
    struct text_builder yaml;
    struct text written;

    for (size_t i = 0; i < map->count; i++) {
        struct text data = map->entries[i].value->text;

        datum_set(
            texts, base_name(map->entries[i].key),
            datum_string(f->arena, encode ? base64_encode(f->arena, data, BASE64_STANDARD) : data));
    }
    text_builder_init(&yaml, f->arena, DATUM_TEXT_BYTES_MAX);
    if (yaml_write_datum(&yaml, texts, YAML_WRITE))
        return &datum_empty_string;
    if (yaml.overflow)
        return function_fail(f, "the files are too large for one text");
    written = text_built(&yaml);
    written.len -= text_ends_with(written, "\n");
    return datum_string(f->arena, written);
}

static const struct datum *as_config(struct function_call *f, const struct datum *self)
{
    return as_map(f, self, false);
}

static const struct datum *as_secrets(struct function_call *f, const struct datum *self)
{
    return as_map(f, self, true);
}

static const struct datum_method methods[] = {
    {"Get", "s", get},   {"GetBytes", "s", get_bytes}, {"Lines", "s", lines},
    {"Glob", "s", glob}, {"AsConfig", "", as_config},  {"AsSecrets", "", as_secrets},
    {NULL, NULL, NULL},
};
static const struct datum empty_bytes = {.kind = DATUM_BYTES, .text = {"", 0}};
static const struct datum_class files_class = {
    .type_name = "engine.files",
    .kind_name = "map",
    .methods = methods,
    .zero = &empty_bytes,
};

const struct datum *files_datum(struct arena *a, const struct chart_files *files)
{
    const struct datum *map = datum_map_new(a);

    for (size_t i = 0; i < files->count; i++)
        datum_set(map, text_of(files->all[i].name), datum_bytes(a, files->all[i].data));
    return datum_of_class(a, &files_class, map);
}
