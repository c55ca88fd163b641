/* A schema before it is used: each keyword has the shape that the metaschema of its
 * draft asks for, each pattern can be read, each reference leads somewhere. */
#include <string.h>

#include "json_schema/json_schema_judge.h"

enum { DRAFT_LAST = 2020 };

enum shape {
    TEXT,
    FLAG,
    NUMBER,
    POSITIVE,
    COUNT,
    LIST,
    ENUM,
    TYPE,
    PATTERN,
    REFERENCE,
    NAMES,
    NAMES_BY_NAME,
    SCHEMA,
    SCHEMA_OR_FLAG,
    SCHEMAS,
    SCHEMA_OR_SCHEMAS,
    SCHEMA_BY_NAME,
    SCHEMA_BY_PATTERN,
    SCHEMA_OR_NAMES_BY_NAME,
};

static const char *const shapes[] = {
    [TEXT] = "a string",
    [FLAG] = "true or false",
    [NUMBER] = "a number",
    [POSITIVE] = "a number above zero",
    [COUNT] = "a whole number, zero or more",
    [LIST] = "a list",
    [ENUM] = "a list",
    [TYPE] = "a type of JSON, or a list of them",
    [PATTERN] = "a regular expression",
    [REFERENCE] = "a string",
    [NAMES] = "a list of different strings",
    [NAMES_BY_NAME] = "an object of lists of different strings",
    [SCHEMA] = "a schema",
    [SCHEMA_OR_FLAG] = "a schema, true or false",
    [SCHEMAS] = "a list of schemas",
    [SCHEMA_OR_SCHEMAS] = "a schema or a list of schemas",
    [SCHEMA_BY_NAME] = "an object of schemas",
    [SCHEMA_BY_PATTERN] = "an object of schemas",
    [SCHEMA_OR_NAMES_BY_NAME] = "an object of schemas or lists of different strings",
};

/* Which drafts know the keyword, and in which shape. */
static const struct keyword {
    const char *name;
    enum shape shape;
    int from, to;
} keywords[] = {
    {"$ref", REFERENCE, 4, DRAFT_LAST},
    {"$recursiveRef", REFERENCE, 2019, DRAFT_LAST},
    {"$dynamicRef", REFERENCE, 2020, DRAFT_LAST},
    {"$id", TEXT, 6, DRAFT_LAST},
    {"id", TEXT, 4, 4},
    {"$schema", TEXT, 4, DRAFT_LAST},
    {"$comment", TEXT, 7, DRAFT_LAST},
    {"title", TEXT, 4, DRAFT_LAST},
    {"description", TEXT, 4, DRAFT_LAST},
    {"format", TEXT, 4, DRAFT_LAST},
    {"type", TYPE, 4, DRAFT_LAST},
    {"enum", ENUM, 4, DRAFT_LAST},
    {"examples", LIST, 6, DRAFT_LAST},
    {"readOnly", FLAG, 7, DRAFT_LAST},
    {"writeOnly", FLAG, 7, DRAFT_LAST},
    {"deprecated", FLAG, 2019, DRAFT_LAST},
    {"multipleOf", POSITIVE, 4, DRAFT_LAST},
    {"minimum", NUMBER, 4, DRAFT_LAST},
    {"maximum", NUMBER, 4, DRAFT_LAST},
    {"exclusiveMinimum", FLAG, 4, 4},
    {"exclusiveMaximum", FLAG, 4, 4},
    {"exclusiveMinimum", NUMBER, 6, DRAFT_LAST},
    {"exclusiveMaximum", NUMBER, 6, DRAFT_LAST},
    {"minLength", COUNT, 4, DRAFT_LAST},
    {"maxLength", COUNT, 4, DRAFT_LAST},
    {"pattern", PATTERN, 4, DRAFT_LAST},
    {"minItems", COUNT, 4, DRAFT_LAST},
    {"maxItems", COUNT, 4, DRAFT_LAST},
    {"uniqueItems", FLAG, 4, DRAFT_LAST},
    {"minContains", COUNT, 2019, DRAFT_LAST},
    {"maxContains", COUNT, 2019, DRAFT_LAST},
    {"items", SCHEMA_OR_SCHEMAS, 4, 2019},
    {"items", SCHEMA, 2020, DRAFT_LAST},
    {"prefixItems", SCHEMAS, 2020, DRAFT_LAST},
    {"additionalItems", SCHEMA_OR_FLAG, 4, 2019},
    {"contains", SCHEMA, 6, DRAFT_LAST},
    {"minProperties", COUNT, 4, DRAFT_LAST},
    {"maxProperties", COUNT, 4, DRAFT_LAST},
    {"required", NAMES, 4, DRAFT_LAST},
    {"properties", SCHEMA_BY_NAME, 4, DRAFT_LAST},
    {"patternProperties", SCHEMA_BY_PATTERN, 4, DRAFT_LAST},
    {"additionalProperties", SCHEMA_OR_FLAG, 4, DRAFT_LAST},
    {"propertyNames", SCHEMA, 6, DRAFT_LAST},
    {"dependencies", SCHEMA_OR_NAMES_BY_NAME, 4, DRAFT_LAST},
    {"dependentSchemas", SCHEMA_BY_NAME, 2019, DRAFT_LAST},
    {"dependentRequired", NAMES_BY_NAME, 2019, DRAFT_LAST},
    {"unevaluatedItems", SCHEMA, 2019, DRAFT_LAST},
    {"unevaluatedProperties", SCHEMA, 2019, DRAFT_LAST},
    {"allOf", SCHEMAS, 4, DRAFT_LAST},
    {"anyOf", SCHEMAS, 4, DRAFT_LAST},
    {"oneOf", SCHEMAS, 4, DRAFT_LAST},
    {"not", SCHEMA, 4, DRAFT_LAST},
    {"if", SCHEMA, 7, DRAFT_LAST},
    {"then", SCHEMA, 7, DRAFT_LAST},
    {"else", SCHEMA, 7, DRAFT_LAST},
    {"definitions", SCHEMA_BY_NAME, 4, DRAFT_LAST},
    {"$defs", SCHEMA_BY_NAME, 2019, DRAFT_LAST},
};

/* --- shapes without a schema in them ---------------------------------------------- */

static bool all_different(struct judge *j, const struct value *list)
{
    size_t first, second;

    return !judge_equal_items(j, list, &first, &second);
}

static bool is_names(struct judge *j, const struct value *v, int draft)
{
    for (size_t i = 0; i < value_count(v); i++)
        if (v->kind == VALUE_LIST && value_item(v, i)->kind != VALUE_STRING)
            return false;
    return v->kind == VALUE_LIST && (draft > 4 || value_count(v)) && all_different(j, v);
}

static bool is_names_by_name(struct judge *j, const struct value *v, int draft)
{
    for (size_t i = 0; v->kind == VALUE_MAP && i < value_count(v); i++)
        if (!is_names(j, v->map.entries[i].value, draft))
            return false;
    return v->kind == VALUE_MAP;
}

static bool is_type_name(const struct value *v)
{
    static const char *const names[] = {"null",   "boolean", "number", "integer",
                                        "string", "array",   "object"};

    for (size_t i = 0; v->kind == VALUE_STRING && i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(value_z(v), names[i]) == 0)
            return true;
    return false;
}

static bool is_type(struct judge *j, const struct value *v)
{
    for (size_t i = 0; v->kind == VALUE_LIST && i < value_count(v); i++)
        if (!is_type_name(value_item(v, i)))
            return false;
    return v->kind == VALUE_LIST ? value_count(v) && all_different(j, v) : is_type_name(v);
}

static bool is_count(const struct value *v)
{
    return v->kind == VALUE_NUMBER && v->number.text.at[0] != '-' &&
           !memchr(v->number.text.at, '.', v->number.text.len);
}

static bool is_enum(struct judge *j, const struct value *v, int draft)
{
    return v->kind == VALUE_LIST && (draft > 7 || (value_count(v) && all_different(j, v)));
}

static bool is_plain(struct judge *j, const struct value *v, enum shape shape, int draft)
{
    switch (shape) {
    case FLAG:
        return v->kind == VALUE_BOOL;
    case NUMBER:
        return v->kind == VALUE_NUMBER;
    case POSITIVE:
        return v->kind == VALUE_NUMBER && value_as_real(v) > 0;
    case COUNT:
        return is_count(v);
    case LIST:
        return v->kind == VALUE_LIST;
    case ENUM:
        return is_enum(j, v, draft);
    case TYPE:
        return is_type(j, v);
    case NAMES:
        return is_names(j, v, draft);
    case NAMES_BY_NAME:
        return is_names_by_name(j, v, draft);
    default: /* TEXT, PATTERN, REFERENCE */
        return v->kind == VALUE_STRING;
    }
}

/* --- shapes with schemas in them --------------------------------------------------- */

static bool inspect(struct judge *j, const struct question *q);

static bool inspect_list(struct judge *j, const struct question *list)
{
    for (size_t i = 0; i < value_count(list->schema); i++) {
        struct place place = {list->place, NULL, i};

        if (!inspect(j,
                     &(struct question){list->resource, value_item(list->schema, i), &place, NULL}))
            return false;
    }
    return true;
}

static bool inspect_map(struct judge *j, const struct question *map, enum shape shape)
{
    for (size_t i = 0; i < value_count(map->schema); i++) {
        const struct value_entry *entry = &map->schema->map.entries[i];
        struct place place = {map->place, entry->key, 0};
        struct question inner = {map->resource, entry->value, &place, NULL};

        if (shape == SCHEMA_BY_PATTERN && j->links &&
            !judge_pattern(j, entry->key, text_of(entry->key)))
            return false;
        if (shape == SCHEMA_OR_NAMES_BY_NAME && is_names(j, entry->value, map->resource->draft))
            continue;
        if (!inspect(j, &inner))
            return false;
    }
    return true;
}

/* Whether the shape is right; *fine: and whether what lies within is. */
static bool has_shape(struct judge *j, const struct question *q, enum shape shape, bool *fine)
{
    const struct value *v = q->schema;

    *fine = true;
    if (shape < SCHEMA)
        return is_plain(j, v, shape, q->resource->draft);
    if (shape == SCHEMA_OR_FLAG && v->kind == VALUE_BOOL)
        return true;
    if (shape >= SCHEMA_BY_NAME) {
        *fine = v->kind != VALUE_MAP || inspect_map(j, q, shape);
        return v->kind == VALUE_MAP;
    }
    if (v->kind == VALUE_LIST && (shape == SCHEMAS || shape == SCHEMA_OR_SCHEMAS)) {
        *fine = inspect_list(j, q);
        return value_count(v) > 0;
    }
    if (shape != SCHEMAS)
        *fine = inspect(j, q);
    return shape != SCHEMAS;
}

static bool inspect_keyword(struct judge *j, const struct question *q, const struct keyword *k)
{
    struct place place = {q->place, k->name, 0};
    struct question inner = {q->resource, value_at(q->schema, k->name), &place, NULL};
    bool fine;

    if (!has_shape(j, &inner, k->shape, &fine))
        return judge_refuse(j, text_f(j->a, "it is no valid schema: %s is not %s",
                                      judge_pointer(j->a, &place), shapes[k->shape]));
    return fine;
}

/* Whether the draft has the keyword, and for links: whether the validator compiles what
 * is in it. Definitions it does when they are referred to. */
static bool counts(const struct judge *j, const struct question *q, const struct keyword *k)
{
    int draft = q->resource->draft;

    if (draft < k->from || draft > k->to || !value_has(q->schema, k->name))
        return false;
    if (!j->links)
        return true;
    return strcmp(k->name, "definitions") != 0 && strcmp(k->name, "$defs") != 0 &&
           (draft >= 2019 || k->shape == REFERENCE || k->from > 4 || !value_has(q->schema, "$ref"));
}

static bool inspect_link(struct judge *j, const struct question *q, const struct keyword *k)
{
    const struct value *v = value_at(q->schema, k->name);
    struct question there;

    if (k->shape == PATTERN)
        return judge_pattern(j, v, v->string);
    return k->shape != REFERENCE || !j->links ||
           (judge_target(j, q, k->name, &there) &&
            (there.schema->kind == VALUE_BOOL || inspect(j, &there)));
}

static bool inspect_schema(struct judge *j, const struct question *q)
{
    for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
        if (counts(j, q, &keywords[i]) &&
            (!inspect_keyword(j, q, &keywords[i]) || !inspect_link(j, q, &keywords[i])))
            return false;
    return true;
}

static bool inspect(struct judge *j, const struct question *q)
{
    struct question entered = *q;
    void **seen;
    bool fine;

    if (q->schema->kind != VALUE_MAP)
        return (q->schema->kind == VALUE_BOOL && q->resource->draft > 4) ||
               judge_refuse(j, text_f(j->a, "it is no valid schema: %s is not a schema",
                                      judge_pointer(j->a, q->place)));
    entered.resource = schema_document_enter(&j->document, q->resource, q->schema);
    seen = memo_at(&j->inspected, entered.schema, entered.resource, j->links ? shapes : NULL);
    if (*seen || j->refused)
        return !j->refused;
    *seen = j;
    if (++j->depth > JSON_SCHEMA_DEPTH_MAX)
        return judge_refuse(j, "it is nested too deeply");
    fine = inspect_schema(j, &entered);
    j->depth--;
    return fine;
}

bool judge_inspect(struct judge *j, const struct question *q)
{
    if (!inspect(j, q))
        return false;
    j->links = true;
    return inspect(j, q);
}
