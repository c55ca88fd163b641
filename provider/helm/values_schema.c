#include "codec/json.h"
#include "helm/values.h"
#include "json_schema/json_schema.h"

/* A schema is JSON; a byte order mark in front is left out. */
static bool read_schema(struct call *c, const struct chart *chart, const struct path *at,
                        const struct value **out)
{
    const char *error = json_try(c->arena, chart->schema, out);

    if (!error)
        return true;
    return diag_error(c->diags, at,
                      text_f(c->arena, "Cannot read the values schema of chart %s", chart->name),
                      "values.schema.json is not JSON: %s.", error);
}

static bool check_one(struct call *c, const struct chart *chart, const struct value *values,
                      const struct path *at)
{
    const struct json_schema_miss *misses;
    const struct value *schema;
    const char *refused;

    if (!chart->schema.len)
        return true;
    if (!read_schema(c, chart, at, &schema))
        return false;
    misses = json_schema_check(c->arena, schema, values, &refused);
    if (refused)
        return diag_error(c->diags, at,
                          text_f(c->arena, "Cannot use the values schema of chart %s", chart->name),
                          "values.schema.json: %s (skip_schema_validation).", refused);
    for (const struct json_schema_miss *miss = misses; miss; miss = miss->next)
        (void)diag_error(c->diags, at,
                         text_f(c->arena, "Values do not fit the schema of chart %s", chart->name),
                         "%s", json_schema_miss_text(c->arena, miss));
    return !misses;
}

/* All charts are asked, so that one look shows all misses. */
bool values_check_schema(struct call *c, const struct chart *chart, const struct value *values,
                         const struct path *at)
{
    bool fit = check_one(c, chart, values, at);

    for (size_t i = 0; i < chart->dependency_count; i++) {
        const struct chart *child = chart->dependencies[i];
        const struct value *own = value_at(values, child->name);

        if (value_is_null(own))
            continue;
        if (own->kind == VALUE_MAP)
            fit = values_check_schema(c, child, own, at) && fit;
        else
            fit = diag_error(c->diags, at,
                             text_f(c->arena, "Values of chart %s are no map", child->name),
                             "Under the key %s stands a %s; a sub-chart's values are a map.",
                             child->name, value_kind_name(own));
    }
    return fit;
}
