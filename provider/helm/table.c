#include "helm/table.h"

#include "template/function.h"
#include "template/yaml_write.h"

static const struct datum_class table_class;

/* The map at "a.b.c"; *missing is the key that leads to none. */
static const struct datum *walk(const struct datum *map, struct text path, struct text *missing)
{
    while (map && text_split(&path, '.', missing)) {
        map = datum_get(map, *missing);
        if (map && map->kind != DATUM_MAP)
            map = NULL;
    }
    return map;
}

static const struct datum *yaml(struct function_call *f, const struct datum *self)
{
    struct text_builder b;
    const char *error;

    text_builder_init(&b, f->arena, DATUM_TEXT_BYTES_MAX);
    error = yaml_write_datum(&b, self, YAML_WRITE);
    if (error || b.overflow)
        return function_fail(f, "%s", error ? error : "the values are too large for one text");
    return datum_string(f->arena, text_built(&b));
}

static const struct datum *as_map(struct function_call *f, const struct datum *self)
{
    struct datum *plain = arena_alloc(f->arena, sizeof(*plain));

    if (datum_len(self) == 0)
        return datum_map_new(f->arena);
    *plain = (struct datum){.kind = DATUM_MAP, .map = self->map};
    return plain;
}

static const struct datum *table(struct function_call *f, const struct datum *self)
{
    struct text missing = {"", 0};
    const struct datum *found = walk(self, f->arguments[0]->text, &missing);

    if (!found)
        return function_fail(f, "\"%.*s\" is not a table", (int)missing.len, missing.at);
    return table_datum(f->arena, found);
}

static const struct datum *path_value(struct function_call *f, const struct datum *self)
{
    struct text path = f->arguments[0]->text, key = path, missing;
    const struct datum *holder = self, *found;

    if (path.len == 0)
        return function_fail(f, "YAML path cannot be empty");
    for (size_t i = path.len; i > 0 && holder == self; i--)
        if (path.at[i - 1] == '.') {
            key = (struct text){path.at + i, path.len - i};
            holder = walk(self, (struct text){path.at, i - 1}, &missing);
        }
    found = holder ? datum_get(holder, key) : NULL;
    if (!found || (found->kind == DATUM_MAP && !found->class))
        return function_fail(f, "\"%.*s\" is not a value", (int)key.len, key.at);
    return found;
}

static const struct datum_method methods[] = {
    {"YAML", "", yaml},    {"AsMap", "", as_map},
    {"Table", "s", table}, {"PathValue", "s", path_value},
    {NULL, NULL, NULL},
};
static const struct datum_class table_class = {
    .type_name = "chartutil.Values",
    .kind_name = "map",
    .methods = methods,
};

const struct datum *table_datum(struct arena *a, const struct datum *map)
{
    return datum_of_class(a, &table_class, map);
}
