#include "helm/structure.h"

#include <string.h>

static const struct structure_field *fields_of(const struct datum *self)
{
    return self->object.data;
}

static size_t count_of(const struct structure_field *fields)
{
    size_t count = 0;

    while (fields[count].name)
        count++;
    return count;
}

const struct datum *structure_new(struct arena *a, const struct datum_class *class,
                                  const struct structure_field *fields)
{
    size_t count = count_of(fields) + 1;
    struct structure_field *copy = arena_array(a, count, sizeof(*copy));

    memcpy(copy, fields, count * sizeof(*copy));
    return datum_object(a, class, copy);
}

static const struct datum *field_of(const struct datum *self, struct text name)
{
    for (const struct structure_field *f = fields_of(self); f->name; f++) {
        const struct datum *inner;

        if (text_is(name, f->name))
            return f->value;
        inner = f->json ? NULL : field_of(f->value, name);
        if (inner)
            return inner;
    }
    return NULL;
}

const struct datum *structure_member(__attribute__((unused)) struct function_call *f,
                                     const struct datum *self, struct text name, bool *found,
                                     bool *is_method)
{
    const struct datum *value = field_of(self, name);

    *is_method = false;
    *found = value != NULL;
    return value;
}

/* A field inside is a copy, as an argument is. */
static void print_field(struct text_builder *b, const struct datum *value)
{
    const struct datum_class *copy =
        value->kind == DATUM_OBJECT ? value->object.class->as_argument : NULL;

    if (copy)
        copy->print(b, value);
    else
        datum_print(b, value);
}

void structure_print(struct text_builder *b, const struct datum *self)
{
    text_add_char(b, '{');
    for (const struct structure_field *f = fields_of(self); f->name; f++) {
        if (f != fields_of(self))
            text_add_char(b, ' ');
        print_field(b, f->value);
    }
    text_add_char(b, '}');
}

/* How many entries JSON can get of it. */
static size_t width(const struct datum *self)
{
    size_t total = 0;

    for (const struct structure_field *f = fields_of(self); f->name; f++)
        total += f->json ? 1 : width(f->value);
    return total;
}

static void add_entries(struct datum_map *map, const struct datum *self)
{
    for (const struct structure_field *f = fields_of(self); f->name; f++) {
        if (!f->json)
            add_entries(map, f->value);
        else if (!f->omit_empty || datum_truth(f->value))
            map->entries[map->count++] = (struct datum_entry){text_of(f->json), f->value};
    }
}

const struct datum *structure_plain(struct arena *a, const struct datum *self)
{
    const struct datum *out = datum_map_new(a);
    struct datum_map *map = out->map;

    map->capacity = width(self);
    map->entries = arena_array(a, map->capacity, sizeof(*map->entries));
    add_entries(map, self);
    return out;
}
