#include <string.h>

#include "rpc/wire.h"

static size_t count_rows(const struct attribute *rows, bool blocks)
{
    size_t count = 0;

    ATTRIBUTE_EACH (row, rows)
        count += (row->nesting == NESTING_BLOCK) == blocks;
    return count;
}

static Tfplugin6__Schema__Object__NestingMode object_nesting(enum nesting nesting)
{
    static const Tfplugin6__Schema__Object__NestingMode modes[] = {
        [NESTING_SINGLE] = TFPLUGIN6__SCHEMA__OBJECT__NESTING_MODE__SINGLE,
        [NESTING_LIST] = TFPLUGIN6__SCHEMA__OBJECT__NESTING_MODE__LIST,
        [NESTING_SET] = TFPLUGIN6__SCHEMA__OBJECT__NESTING_MODE__SET,
        [NESTING_MAP] = TFPLUGIN6__SCHEMA__OBJECT__NESTING_MODE__MAP,
    };

    return modes[nesting];
}

static void add_attributes(struct arena *a, const struct attribute *rows, size_t *count,
                           Tfplugin6__Schema__Attribute ***out);

static Tfplugin6__Schema__Object *object_of(struct arena *a, const struct attribute *row)
{
    Tfplugin6__Schema__Object *out = wire_new(a, &tfplugin6__schema__object__descriptor);

    out->nesting = object_nesting(row->nesting);
    add_attributes(a, row->nested, &out->n_attributes, &out->attributes);
    return out;
}

static void set_attribute(struct arena *a, Tfplugin6__Schema__Attribute *out,
                          const struct attribute *row)
{
    out->name = wire_string(row->name);
    out->description = wire_string(row->doc);
    out->description_kind = TFPLUGIN6__STRING_KIND__MARKDOWN;
    out->required = (row->flags & REQUIRED) != 0;
    out->optional = (row->flags & OPTIONAL) != 0;
    out->computed = (row->flags & COMPUTED) != 0;
    out->sensitive = (row->flags & SENSITIVE) != 0;
    out->write_only = (row->flags & WRITE_ONLY) != 0;
    out->deprecated = row->deprecated != NULL;
    out->deprecation_message = wire_string(row->deprecated);
    if (row->nesting == NESTING_NONE)
        out->type = wire_bytes(type_json(a, row->type));
    else
        out->nested_type = object_of(a, row);
}

static void add_attributes(struct arena *a, const struct attribute *rows, size_t *count,
                           Tfplugin6__Schema__Attribute ***out)
{
    size_t i = 0;

    *count = count_rows(rows, false);
    *out = (Tfplugin6__Schema__Attribute **)wire_array(a, *count,
                                                       &tfplugin6__schema__attribute__descriptor);
    ATTRIBUTE_EACH (row, rows)
        if (row->nesting != NESTING_BLOCK)
            set_attribute(a, (*out)[i++], row);
}

static Tfplugin6__Schema__Block *block_of(struct arena *a, const struct attribute *rows,
                                          const char *description);

static void set_block(struct arena *a, Tfplugin6__Schema__NestedBlock *out,
                      const struct attribute *row)
{
    out->type_name = wire_string(row->name);
    out->nesting = TFPLUGIN6__SCHEMA__NESTED_BLOCK__NESTING_MODE__SINGLE;
    out->block = block_of(a, row->nested, row->doc);
    out->block->deprecated = row->deprecated != NULL;
    out->min_items = out->max_items = (row->flags & REQUIRED) != 0;
}

static Tfplugin6__Schema__Block *block_of(struct arena *a, const struct attribute *rows,
                                          const char *description)
{
    Tfplugin6__Schema__Block *out = wire_new(a, &tfplugin6__schema__block__descriptor);
    size_t i = 0;

    out->description = wire_string(description);
    out->description_kind = TFPLUGIN6__STRING_KIND__MARKDOWN;
    add_attributes(a, rows, &out->n_attributes, &out->attributes);
    out->n_block_types = count_rows(rows, true);
    out->block_types = (Tfplugin6__Schema__NestedBlock **)wire_array(
        a, out->n_block_types, &tfplugin6__schema__nested_block__descriptor);
    ATTRIBUTE_EACH (row, rows)
        if (row->nesting == NESTING_BLOCK)
            set_block(a, out->block_types[i++], row);
    return out;
}

Tfplugin6__Schema *wire_schema(struct arena *a, const struct attribute *rows, int64_t version,
                               const char *description)
{
    Tfplugin6__Schema *out = wire_new(a, &tfplugin6__schema__descriptor);

    out->version = version;
    out->block = block_of(a, rows, description);
    return out;
}

Tfplugin6__Schema *wire_resource_schema(struct arena *a, const struct resource *r)
{
    return wire_schema(a, resource_attributes(a, r), r->version, r->summary);
}

static void set_parameter(struct arena *a, Tfplugin6__Function__Parameter *out,
                          const struct attribute *row)
{
    out->name = wire_string(row->name);
    out->type = wire_bytes(type_json(a, attribute_type(a, row)));
    out->allow_null_value = (row->flags & OPTIONAL) != 0;
    out->description = wire_string(row->doc);
    out->description_kind = TFPLUGIN6__STRING_KIND__MARKDOWN;
}

Tfplugin6__Function *wire_function(struct arena *a, const struct resource *r)
{
    Tfplugin6__Function *out = wire_new(a, &tfplugin6__function__descriptor);
    size_t i = 0;

    ATTRIBUTE_EACH (row, r->attributes)
        out->n_parameters++;
    out->parameters = (Tfplugin6__Function__Parameter **)wire_array(
        a, out->n_parameters, &tfplugin6__function__parameter__descriptor);
    ATTRIBUTE_EACH (row, r->attributes)
        set_parameter(a, out->parameters[i++], row);
    if (r->variadic) {
        out->variadic_parameter = wire_new(a, &tfplugin6__function__parameter__descriptor);
        set_parameter(a, out->variadic_parameter, r->variadic);
    }
    out->return_ = wire_new(a, &tfplugin6__function__return__descriptor);
    out->return_->type = wire_bytes(type_json(a, r->returns));
    out->summary = wire_string(r->summary);
    out->description = wire_string(r->doc ? r->doc : r->summary);
    out->description_kind = TFPLUGIN6__STRING_KIND__MARKDOWN;
    return out;
}

static void set_identity_attribute(struct arena *a, const struct resource *r, const char *name,
                                   Tfplugin6__ResourceIdentitySchema__IdentityAttribute *out)
{
    const struct attribute *row = attribute_find(r->attributes, name);

    out->name = wire_string(name);
    out->type = wire_bytes(type_json(a, &type_string));
    out->required_for_import = row && (row->flags & REQUIRED);
    out->optional_for_import = !out->required_for_import;
    out->description = wire_string(row ? row->doc : NULL);
}

Tfplugin6__ResourceIdentitySchema *wire_identity_schema(struct arena *a, const struct resource *r)
{
    Tfplugin6__ResourceIdentitySchema *out =
        wire_new(a, &tfplugin6__resource_identity_schema__descriptor);
    const char *const *names = r->identity;

    while (names && names[out->n_identity_attributes])
        out->n_identity_attributes++;
    out->identity_attributes = (Tfplugin6__ResourceIdentitySchema__IdentityAttribute **)wire_array(
        a, out->n_identity_attributes,
        &tfplugin6__resource_identity_schema__identity_attribute__descriptor);
    for (size_t i = 0; names && names[i]; i++)
        set_identity_attribute(a, r, names[i], out->identity_attributes[i]);
    return out;
}
