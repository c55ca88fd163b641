#include "kube/spec.h"

#include <ctype.h>
#include <string.h>

#include "schema/element.h"

enum { NAME_BYTES_MAX = 256 };

char *spec_field_name(struct arena *a, const char *row_name)
{
    struct text_builder b;

    text_builder_init(&b, a, NAME_BYTES_MAX);
    for (const char *z = row_name; *z; z++)
        if (*z == '_' && z[1])
            text_add_char(&b, (char)toupper((unsigned char)*++z));
        else
            text_add_char(&b, *z);
    return text_z(a, text_built(&b));
}

static bool is_among(const char *const *names, const char *name)
{
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static bool is_field(const struct spec_rows *s, const struct attribute *row)
{
    return row->flags & (REQUIRED | OPTIONAL) && !is_among(s->others, row->name);
}

static struct spec_rows below(const struct spec_rows *s, const struct attribute *row)
{
    return (struct spec_rows){.rows = row->nested, .choices = s->choices};
}

/* --- writing ----------------------------------------------------------------- */

static const struct value *write_nested(struct arena *a, const struct spec_rows *s,
                                        const struct attribute *row, const struct value *v)
{
    const struct spec_rows inner = below(s, row);
    size_t count = element_count(row, v);
    const struct value **elements = arena_array(a, count, sizeof(const struct value *));

    for (size_t i = 0; i < count; i++)
        elements[i] = spec_write(a, &inner, element_at(row, v, i));
    return count ? element_join(a, row, v, elements) : v;
}

static const struct value *write_value(struct arena *a, const struct spec_rows *s,
                                       const struct attribute *row, const struct value *v)
{
    if (is_among(s->choices, row->name) && v->kind == VALUE_STRING)
        return value_map_of(a, {spec_field_name(a, value_z(v)), &value_empty_map});
    return row->nested ? write_nested(a, s, row, v) : v;
}

const struct value *spec_write(struct arena *a, const struct spec_rows *s,
                               const struct value *object)
{
    struct value_builder b;

    value_builder_init(&b, a);
    ATTRIBUTE_EACH (row, s->rows) {
        const struct value *v = value_at(object, row->name);

        if (is_field(s, row) && !value_is_null(v))
            value_builder_push(&b, spec_field_name(a, row->name), write_value(a, s, row, v));
    }
    return value_builder_map(&b);
}

/* --- reading ----------------------------------------------------------------- */

/* What came of one field: `rest` is all of it when the row cannot tell it. */
struct told {
    const struct value *row, *rest;
};

static struct told untold(const struct value *v)
{
    return (struct told){&value_null, v};
}

static struct told read_choice(struct arena *a, const struct attribute *row, const struct value *v)
{
    const char *const *name = row->one_of;

    for (; name && *name; name++)
        if (value_equal(v, value_map_of(a, {spec_field_name(a, *name), &value_empty_map})))
            return (struct told){value_string(a, *name), &value_null};
    return untold(v);
}

static struct told read_object(struct arena *a, const struct spec_rows *s, const struct value *v)
{
    const struct value *rest, *object;

    if (v->kind != VALUE_MAP)
        return untold(v);
    object = spec_read(a, s, v, &rest);
    return (struct told){object, value_count(rest) ? rest : &value_null};
}

/* Merging replaces a list as a whole, so all of it must be told by the row. */
static struct told read_nested(struct arena *a, const struct spec_rows *s,
                               const struct attribute *row, const struct value *v)
{
    const struct spec_rows inner = below(s, row);
    size_t count = element_count(row, v);
    const struct value **elements;

    if (row->nesting == NESTING_SINGLE)
        return read_object(a, &inner, v);
    if (v->kind != (row->nesting == NESTING_MAP ? VALUE_MAP : VALUE_LIST))
        return untold(v);
    elements = arena_array(a, count, sizeof(const struct value *));
    for (size_t i = 0; i < count; i++) {
        struct told element = read_object(a, &inner, element_at(row, v, i));

        if (value_is_null(element.row) || !value_is_null(element.rest))
            return untold(v);
        elements[i] = element.row;
    }
    return (struct told){count ? element_join(a, row, v, elements) : v, &value_null};
}

static struct told read_value(struct arena *a, const struct spec_rows *s,
                              const struct attribute *row, const struct value *v)
{
    if (value_is_null(v))
        return (struct told){&value_null, &value_null};
    if (is_among(s->choices, row->name))
        return read_choice(a, row, v);
    if (row->nested)
        return read_nested(a, s, row, v);
    return type_admits(row->type, v) ? (struct told){v, &value_null} : untold(v);
}

const struct value *spec_read(struct arena *a, const struct spec_rows *s,
                              const struct value *fields, const struct value **rest)
{
    struct value_builder b;

    value_builder_init(&b, a);
    *rest = fields->kind == VALUE_MAP ? fields : &value_empty_map;
    ATTRIBUTE_EACH (row, s->rows) {
        const char *name = spec_field_name(a, row->name);
        struct told told;

        if (!is_field(s, row))
            continue;
        told = read_value(a, s, row, value_at(fields, name));
        value_builder_push(&b, row->name, told.row);
        *rest = value_with(a, *rest, name, value_is_null(told.rest) ? NULL : told.rest);
    }
    return value_builder_map(&b);
}
