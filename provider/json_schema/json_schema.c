#include <stdarg.h>
#include <string.h>

#include "json_schema/json_schema_format.h"
#include "json_schema/json_schema_judge.h"

enum {
    TEXT_BYTES_MAX = 64 * 1024,
    STEPS_PER_MISS = 20,     /* it takes memory too */
    EVALUATED_PER_STEP = 16, /* properties or items */
};

/* --- misses ---------------------------------------------------------------- */

bool judge_refuse(struct judge *j, const char *reason)
{
    if (!j->refused)
        j->refused = reason;
    return false;
}

bool judge_step(struct judge *j, size_t steps)
{
    j->steps += steps;
    return j->steps <= JSON_SCHEMA_STEPS_MAX || judge_refuse(j, "it takes too many steps to check");
}

static void add_pointer(struct text_builder *b, const struct place *place)
{
    if (!place->parent)
        return;
    add_pointer(b, place->parent);
    text_add_char(b, '/');
    if (!place->key)
        text_add_f(b, "%zu", place->index);
    for (const char *c = place->key ? place->key : ""; *c; c++)
        if (*c == '~' || *c == '/')
            text_add_z(b, *c == '~' ? "~0" : "~1");
        else
            text_add_char(b, *c);
}

const char *judge_pointer(struct arena *a, const struct place *place)
{
    struct text_builder b;

    text_builder_init(&b, a, TEXT_BYTES_MAX);
    add_pointer(&b, place);
    return text_z(a, text_built(&b));
}

struct json_schema_miss *judge_miss(struct judge *j, struct misses *to, const struct place *place,
                                    const char *format, ...)
{
    struct json_schema_miss *miss;
    va_list arguments;

    to->count++;
    if (to->quiet || !judge_step(j, STEPS_PER_MISS))
        return NULL;
    miss = arena_alloc(j->a, sizeof(*miss));
    miss->at = judge_pointer(j->a, place);
    va_start(arguments, format);
    miss->words = text_fv(j->a, format, arguments);
    va_end(arguments);
    if (to->last)
        to->last->next = miss;
    else
        to->first = miss;
    to->last = miss;
    return miss;
}

const char *judge_quoted(struct arena *a, const char *word)
{
    struct text_builder b;

    text_builder_init(&b, a, TEXT_BYTES_MAX);
    text_add_char(&b, '\'');
    for (; *word; word++)
        if ((unsigned char)*word < 0x20 || *word == 0x7f)
            text_add_f(&b, "\\x%02x", (unsigned)*word);
        else if (*word == '\'' || *word == '\\')
            text_add_f(&b, "\\%c", *word);
        else
            text_add_char(&b, *word);
    text_add_char(&b, '\'');
    return b.at;
}

static void add_miss(struct text_builder *b, const struct json_schema_miss *miss, int indent)
{
    text_add_f(b, "at '%s': %s", miss->at, miss->words);
    for (const struct json_schema_miss *cause = miss->causes; cause; cause = cause->next) {
        text_add_char(b, '\n');
        for (int i = 0; i < indent; i++)
            text_add_z(b, "  ");
        text_add_z(b, "- ");
        add_miss(b, cause, indent + 1);
    }
}

const char *json_schema_miss_text(struct arena *a, const struct json_schema_miss *miss)
{
    struct text_builder b;

    text_builder_init(&b, a, TEXT_BYTES_MAX);
    add_miss(&b, miss, 1);
    return b.at;
}

/* --- what every value is asked ---------------------------------------------- */

static const char *type_of(const struct value *v)
{
    switch (v->kind) {
    case VALUE_NULL:
    case VALUE_UNKNOWN:
        return "null";
    case VALUE_BOOL:
        return "boolean";
    case VALUE_NUMBER:
        return "number";
    case VALUE_STRING:
        return "string";
    case VALUE_LIST:
        return "array";
    case VALUE_MAP:
        break;
    }
    return "object";
}

static bool is_whole(const struct value *v)
{
    return v->kind == VALUE_NUMBER && !memchr(v->number.text.at, '.', v->number.text.len);
}

static bool is_of_type(const struct value *v, const char *type)
{
    return strcmp(type_of(v), type) == 0 || (strcmp(type, "integer") == 0 && is_whole(v));
}

static bool names_type(const struct value *types, const char *type)
{
    if (types->kind == VALUE_STRING)
        return strcmp(value_z(types), type) == 0;
    for (size_t i = 0; i < value_count(types); i++)
        if (strcmp(value_z(value_item(types, i)), type) == 0)
            return true;
    return false;
}

static bool check_type(struct judge *j, const struct question *q, struct misses *to)
{
    static const char *const all[] = {"null",   "boolean", "number", "integer",
                                      "string", "array",   "object", NULL};
    const struct value *types = value_at(q->schema, "type");
    const char *wanted = "";

    if (value_is_null(types))
        return true;
    for (const char *const *type = all; *type; type++) {
        if (!names_type(types, *type))
            continue;
        if (is_of_type(q->value, *type))
            return true;
        wanted = text_f(j->a, "%s%s%s", wanted, *wanted ? " or " : "", *type);
    }
    (void)judge_miss(j, to, q->place, "got %s, want %s", type_of(q->value), wanted);
    return false;
}

static bool is_nested(const struct value *v)
{
    return v->kind == VALUE_LIST || v->kind == VALUE_MAP;
}

static const char *shown(struct arena *a, const struct value *v)
{
    return v->kind == VALUE_STRING   ? judge_quoted(a, value_z(v))
           : v->kind == VALUE_NUMBER ? text_z(a, v->number.text)
           : v->kind == VALUE_BOOL   ? (v->boolean ? "true" : "false")
           : is_nested(v)            ? "value"
                                     : "<nil>";
}

static bool check_const(struct judge *j, const struct question *q, struct misses *to)
{
    const struct value *wanted = value_at(q->schema, "const");

    if (!value_has(q->schema, "const") || q->resource->draft < 6 || value_equal(wanted, q->value))
        return true;
    if (is_nested(wanted))
        (void)judge_miss(j, to, q->place, "'const' failed");
    else
        (void)judge_miss(j, to, q->place, "value must be %s", shown(j->a, wanted));
    return false;
}

static bool check_enum(struct judge *j, const struct question *q, struct misses *to)
{
    const struct value *allowed = value_at(q->schema, "enum");
    bool nested = false;
    struct text_builder b;

    if (allowed->kind != VALUE_LIST)
        return true;
    text_builder_init(&b, j->a, TEXT_BYTES_MAX);
    for (size_t i = 0; i < value_count(allowed); i++) {
        const struct value *one = value_item(allowed, i);

        if (value_equal(one, q->value))
            return true;
        nested = nested || is_nested(one);
        text_add_f(&b, "%s%s", i ? ", " : "", shown(j->a, one));
    }
    if (nested)
        (void)judge_miss(j, to, q->place, "'enum' failed");
    else
        (void)judge_miss(j, to, q->place, "value must be %s%s",
                         value_count(allowed) == 1 ? "" : "one of ", b.at);
    return false;
}

static bool check_format(struct judge *j, const struct question *q, struct misses *to)
{
    const char *format = value_text(q->schema, "format"), *reason = NULL;
    bool fits;

    if (!*format || q->resource->draft >= 2019 || q->value->kind != VALUE_STRING)
        return true;
    if (strcmp(format, "regex") == 0) {
        struct regex *regex = regex_new(j->a, q->value->string, &reason);

        fits = regex != NULL;
        if (regex)
            regex_free(regex);
    } else {
        fits = json_schema_format_fits(format, q->value->string);
    }
    if (!fits)
        (void)judge_miss(j, to, q->place, "%s is not valid %s", shown(j->a, q->value), format);
    return fits;
}

/* --- a schema at a value ------------------------------------------------------- */

static void judge_kind(struct judge *j, const struct question *q, struct evaluated *seen,
                       struct misses *to)
{
    switch (q->value->kind) {
    case VALUE_MAP:
        judge_object(j, q, seen, to);
        break;
    case VALUE_LIST:
        judge_list(j, q, seen, to);
        break;
    case VALUE_STRING:
        judge_string(j, q, to);
        break;
    case VALUE_NUMBER:
        judge_number(j, q, to);
        break;
    default:
        break;
    }
}

/* What no schema at this place has looked at. */
static void judge_unevaluated(struct judge *j, const struct question *q, struct evaluated *seen,
                              struct misses *to)
{
    bool map = q->value->kind == VALUE_MAP;
    const char *keyword = map ? "unevaluatedProperties" : "unevaluatedItems";

    if (!seen || !is_nested(q->value) || !value_has(q->schema, keyword))
        return;
    for (size_t i = 0; i < value_count(q->value); i++) {
        struct place place = {q->place, map ? q->value->map.entries[i].key : NULL, i};
        struct question inner = {q->resource, value_at(q->schema, keyword), &place,
                                 map ? q->value->map.entries[i].value : q->value->list.items[i]};

        if (!seen->done[i])
            judge_value(j, &inner, NULL, to);
        seen->done[i] = true;
    }
}

static void judge_map_schema(struct judge *j, const struct question *q, struct evaluated *seen,
                             struct misses *to)
{
    bool modern = q->resource->draft >= 2019;

    if (!modern && value_has(q->schema, "$ref")) {
        if (check_const(j, q, to)) /* nothing else beside it counts */
            judge_reference(j, q, "$ref", seen, to);
        return;
    }
    if (!check_type(j, q, to) || !check_const(j, q, to) || !check_enum(j, q, to) ||
        !check_format(j, q, to))
        return;
    if (modern)
        judge_reference(j, q, "$ref", seen, to);
    judge_kind(j, q, seen, to);
    if (modern)
        judge_reference(j, q, "$recursiveRef", seen, to);
    if (q->resource->draft >= 2020)
        judge_reference(j, q, "$dynamicRef", seen, to);
    judge_conditions(j, q, seen, to);
    if (modern)
        judge_unevaluated(j, q, seen, to);
}

struct evaluated judge_nothing_seen(struct judge *j, const struct value *v)
{
    struct evaluated nothing = {NULL};
    size_t count = value_count(v);

    if (j->document.uses_unevaluated && is_nested(v) && judge_step(j, count / EVALUATED_PER_STEP))
        nothing.done = arena_array(j->a, count + 1, sizeof(*nothing.done));
    return nothing;
}

void judge_see(struct evaluated *to, const struct evaluated *more, size_t count)
{
    for (size_t i = 0; to && to->done && more->done && i < count; i++)
        to->done[i] = to->done[i] || more->done[i];
}

/* A schema knows what it and those within it have looked at, not what its neighbours
 * have; the one around it learns that when the value fits. */
static void judge_inner(struct judge *j, const struct question *q, struct evaluated *seen,
                        struct misses *to)
{
    struct evaluated own = judge_nothing_seen(j, q->value);
    size_t before = to->count;

    judge_map_schema(j, q, own.done ? &own : NULL, to);
    if (to->count == before)
        judge_see(seen, &own, value_count(q->value));
}

void judge_value(struct judge *j, const struct question *q, struct evaluated *seen,
                 struct misses *to)
{
    struct question entered = *q;
    struct scope scope = {j->scope, NULL};

    if (j->refused || (to->quiet && to->count) || !judge_step(j, 1))
        return;
    if (j->depth >= JSON_SCHEMA_DEPTH_MAX) {
        (void)judge_refuse(j, "it is nested too deeply");
        return;
    }
    if (q->schema->kind == VALUE_BOOL && !q->schema->boolean)
        (void)judge_miss(j, to, q->place, "false schema");
    if (q->schema->kind != VALUE_MAP)
        return;
    j->depth++;
    entered.resource = scope.resource = schema_document_enter(&j->document, q->resource, q->schema);
    j->scope = &scope;
    judge_inner(j, &entered, seen, to);
    j->scope = scope.parent;
    j->depth--;
}

struct json_schema_miss *json_schema_check(struct arena *a, const struct value *schema,
                                           const struct value *values, const char **refused)
{
    struct judge *j = arena_alloc(a, sizeof(*j));
    struct memo *const memos[] = {&j->inspected, &j->patterns, &j->targets, &j->anchors,
                                  &j->verdicts};
    struct place top = {NULL, NULL, 0};
    struct misses misses = {0};
    struct question q = {.schema = schema, .place = &top, .value = values};

    j->a = a;
    for (size_t i = 0; i < sizeof(memos) / sizeof(struct memo *); i++)
        memos[i]->arena = a;
    if (schema->kind != VALUE_MAP && schema->kind != VALUE_BOOL)
        (void)judge_refuse(j, "a schema is an object or a boolean");
    schema_document_init(&j->document, a, schema);
    q.resource = j->document.resources;
    if (!j->refused && judge_inspect(j, &q))
        judge_once(j, &q, NULL, &misses);
    *refused = j->refused;
    return misses.first;
}
