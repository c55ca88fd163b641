#include "helm/arguments.h"

#include "codec/yml.h"
#include "helm/values.h"
#include "schema/check.h"

const struct attribute arguments_set_rows[] = {
    STRING("name", REQUIRED,
           "Place of the value, such as `pilot.env.PILOT_TRACE_SAMPLING` or `ports[0].port`.",
           .check = check_not_empty),
    STRING("value", REQUIRED, "The value, as text."),
    STRING("type", OPTIONAL,
           "How `value` is read. `auto` makes whole numbers, `true`, `false` and `null` of what "
           "looks like them, and lists of `{a,b}`; `string` takes all of it as text but for "
           "escapes and lists; `json` reads JSON; `literal` takes the text as it is. Left out, it "
           "is `auto`.",
           .one_of = ONE_OF("auto", "string", "json", "literal")),
    END_ATTRIBUTES,
};

bool arguments_check_object(struct call *c, const struct path *at, const struct value *v)
{
    return v->kind == VALUE_MAP ||
           diag_error(c->diags, at, "Values must be an object",
                      "They are a %s. A YAML text goes into the list values_yaml.",
                      value_kind_name(v));
}

static bool read_document(struct call *c, const struct path *at, const struct value *text,
                          const struct value **out)
{
    if (!yml_read_lenient(c->arena, value_string_text(text), "The values document", at, c->diags,
                          out))
        return false;
    if (value_is_null(*out))
        *out = &value_empty_map;
    return (*out)->kind == VALUE_MAP ||
           diag_error(c->diags, at, "Values must be a map",
                      "The document is a %s. Values of a chart are a map of names.",
                      value_kind_name(*out));
}

bool arguments_check_yaml(struct call *c, const struct path *at, const struct value *v)
{
    const struct value *document;

    return read_document(c, at, v, &document);
}

/* False when it cannot be read. */
static bool add_yaml(struct call *c, const struct value *texts, struct value_builder *documents)
{
    const struct path *at = path_of(c->arena, "values_yaml");

    for (size_t i = 0; i < value_count(texts); i++) {
        const struct value *document;

        if (!value_is_set(value_item(texts, i)))
            continue;
        if (!read_document(c, path_index(c->arena, at, i), value_item(texts, i), &document))
            return false;
        value_builder_add(documents, document);
    }
    return true;
}

static bool add_object(struct call *c, const struct value *object, const char *attribute,
                       struct value_builder *documents)
{
    const struct value *v = value_at(object, attribute);

    if (!value_is_wholly_known(v) || value_is_null(v))
        return true;
    value_builder_add(documents, v);
    return arguments_check_object(c, path_of(c->arena, attribute), v);
}

static bool are_known(const struct value *object, const struct value *config)
{
    return value_is_wholly_known(value_at(object, "values")) &&
           value_is_wholly_known(value_at(object, "values_yaml")) &&
           value_is_wholly_known(value_at(object, "set")) &&
           value_is_wholly_known(value_at(config, "values_wo"));
}

bool arguments_read(struct call *c, const struct value *object, struct arguments *out)
{
    struct value_builder documents;

    value_builder_init(&documents, c->arena);
    out->is_known = are_known(object, c->config);
    out->sets = value_at(object, "set");
    if (!value_is_wholly_known(out->sets) || value_is_null(out->sets))
        out->sets = &value_empty_list;
    if (!add_yaml(c, value_at(object, "values_yaml"), &documents) ||
        !add_object(c, object, "values", &documents) ||
        !add_object(c, c->config, "values_wo", &documents))
        return false;
    out->documents = value_builder_list(&documents);
    return true;
}

bool arguments_values(struct call *c, const struct value *object, const struct value *lower,
                      const struct value **out)
{
    struct value_builder documents;
    struct arguments said;

    *out = &value_unknown;
    if (!arguments_read(c, object, &said))
        return false;
    if (!said.is_known || !value_is_wholly_known(lower))
        return true;
    value_builder_init(&documents, c->arena);
    if (!value_is_null(lower))
        value_builder_add(&documents, lower);
    for (size_t i = 0; i < value_count(said.documents); i++)
        value_builder_add(&documents, value_item(said.documents, i));
    return values_of_user(c, value_builder_list(&documents), said.sets, path_of(c->arena, "values"),
                          path_of(c->arena, "set"), out);
}
