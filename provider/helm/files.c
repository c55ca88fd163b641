#include "helm/files.h"

#include <string.h>

#include "codec/base64.h"
#include "helm/glob.h"
#include "helm/structure.h"
#include "template/yaml_write.h"

static const struct datum *files_new(struct arena *a, const struct datum *map);

/* The data of the object: a map of names to bytes. */
static const struct datum *map_of(const struct datum *self)
{
    return self->object.data;
}

static struct text data_of(struct function_call *f, const struct datum *self)
{
    const struct datum *file = datum_get(map_of(self), f->arguments[0]->text);

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
    items = arena_array(f->arena, count, sizeof(*items));
    items[0] = &datum_empty_string;
    for (size_t i = 0; i < count && text_split(&data, '\n', &line); i++)
        items[i] = datum_string(f->arena, line);
    return datum_strings(f->arena, items, count);
}

static const struct datum *glob(struct function_call *f, const struct datum *self)
{
    const struct datum_map *map = map_of(self)->map;
    const struct datum *found = datum_map_new(f->arena);
    struct glob g;

    glob_init(&g, text_z(f->arena, f->arguments[0]->text));
    for (size_t i = 0; i < map->count && !g.exceeded; i++)
        if (glob_matches(&g, text_z(f->arena, map->entries[i].key)))
            datum_set(found, map->entries[i].key, map->entries[i].value);
    if (g.exceeded)
        return function_fail(f, "the pattern takes too long to match");
    return files_new(f->arena, found);
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
    const struct datum_map *map = map_of(self)->map;
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

static const struct structure_method methods[] = {
    {"Get", "s", get},   {"GetBytes", "s", get_bytes}, {"Lines", "s", lines},
    {"Glob", "s", glob}, {"AsConfig", "", as_config},  {"AsSecrets", "", as_secrets},
    {NULL, NULL, NULL},
};

/* What is no method is a name of the map, and absent ones are empty bytes. */
static const struct datum *member(struct function_call *f, const struct datum *self,
                                  struct text name, bool *found, bool *is_method)
{
    const struct datum *result = structure_call(f, self, methods, name, is_method);

    *found = true;
    if (*is_method)
        return result;
    result = datum_get(map_of(self), name);
    return result ? result : datum_bytes(f->arena, (struct text){"", 0});
}

static void print(struct text_builder *b, const struct datum *self)
{
    datum_print(b, map_of(self));
}

static const struct datum *plain(__attribute__((unused)) struct arena *a, const struct datum *self)
{
    return map_of(self);
}

static const char *parameters(__attribute__((unused)) const struct datum *self, struct text name)
{
    return structure_parameters(methods, name);
}

static const struct datum_class files_class = {
    .type_name = "engine.files",
    .kind_name = "map",
    .member = member,
    .print = print,
    .plain = plain,
    .elements = map_of,
    .parameters = parameters,
};

static const struct datum *files_new(struct arena *a, const struct datum *map)
{
    return datum_object(a, &files_class, map);
}

const struct datum *files_datum(struct arena *a, const struct chart_files *files)
{
    const struct datum *map = datum_map_new(a);

    for (size_t i = 0; i < files->count; i++)
        datum_set(map, text_of(files->all[i].name), datum_bytes(a, files->all[i].data));
    return files_new(a, map);
}
