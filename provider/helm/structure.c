#include "helm/structure.h"

static const struct structure *of(const struct datum *self)
{
    return self->object.data;
}

static const struct datum *field_of(const struct structure *s, struct text name)
{
    for (const struct structure_field *f = s->fields; f && f->name; f++) {
        const struct datum *inner;

        if (text_is(name, f->name))
            return f->value;
        inner = f->json ? NULL : field_of(of(f->value), name);
        if (inner)
            return inner;
    }
    return NULL;
}

static const struct structure_method *method_named(const struct structure_method *methods,
                                                   struct text name)
{
    for (const struct structure_method *m = methods; m && m->name; m++)
        if (text_is(name, m->name))
            return m;
    return NULL;
}

const char *structure_parameters(const struct structure_method *methods, struct text name)
{
    const struct structure_method *m = method_named(methods, name);

    return m ? m->parameters : NULL;
}

const char *structure_method_parameters(const struct datum *self, struct text name)
{
    return structure_parameters(of(self)->methods, name);
}

const struct datum *structure_call(struct function_call *f, const struct datum *self,
                                   const struct structure_method *methods, struct text name,
                                   bool *found)
{
    const struct structure_method *m = method_named(methods, name);

    *found = m != NULL;
    return m ? m->run(f, self) : NULL;
}

const struct datum *structure_member(struct function_call *f, const struct datum *self,
                                     struct text name, bool *found, bool *is_method)
{
    const struct datum *value = field_of(of(self), name);

    *is_method = !value;
    *found = value != NULL;
    return value ? value : structure_call(f, self, of(self)->methods, name, found);
}

void structure_print(struct text_builder *b, const struct datum *self)
{
    text_add_char(b, '{');
    for (const struct structure_field *f = of(self)->fields; f && f->name; f++) {
        if (f != of(self)->fields)
            text_add_char(b, ' ');
        datum_print(b, f->value);
    }
    text_add_char(b, '}');
}

const struct datum *structure_plain(struct arena *a, const struct datum *self)
{
    const struct datum *map = datum_map_new(a);

    for (const struct structure_field *f = of(self)->fields; f && f->name; f++) {
        if (f->json) {
            if (!f->omit_empty || datum_truth(f->value))
                datum_set(map, text_of(f->json), f->value);
        } else {
            const struct datum *inner = structure_plain(a, f->value);

            for (size_t i = 0; i < inner->map->count; i++)
                datum_set(map, inner->map->entries[i].key, inner->map->entries[i].value);
        }
    }
    return map;
}
