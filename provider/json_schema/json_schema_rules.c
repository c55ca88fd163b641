/* The keywords of JSON Schema that ask objects, lists and strings. */
#include <string.h>

#include "json_schema/json_schema_judge.h"

enum { NAMES_BYTES_MAX = 64 * 1024, HASHES_PER_STEP = 64 };

/* FNV-1a's. */
#define HASH_START UINT64_C(0xcbf29ce484222325)
#define HASH_FACTOR UINT64_C(0x100000001b3)

/* A bound like minLength; false when the schema has none. */
static bool bound(const struct question *q, const char *keyword, int64_t *out)
{
    const struct value *v = value_at(q->schema, keyword);

    *out = v->kind == VALUE_NUMBER && !v->number.is_integer ? (int64_t)v->number.real
                                                            : value_as_integer(v);
    return v->kind == VALUE_NUMBER;
}

static void check_count(struct judge *j, const struct question *q, const char *least,
                        const char *most, size_t count, struct misses *to)
{
    int64_t limit, got = (int64_t)count;

    if (bound(q, least, &limit) && got < limit)
        (void)judge_miss(j, to, q->place, "%s: got %zu, want %lld", least, count, (long long)limit);
    if (bound(q, most, &limit) && got > limit)
        (void)judge_miss(j, to, q->place, "%s: got %zu, want %lld", most, count, (long long)limit);
}

/* --- patterns ---------------------------------------------------------------- */

static void free_regex(void *regex)
{
    regex_free(regex);
}

static struct regex *compiled(struct judge *j, const void *of, struct text pattern)
{
    void **slot = memo_at(&j->patterns, of, NULL, NULL);
    struct regex *regex = *slot;
    const char *reason;

    if (regex)
        return regex;
    *slot = regex = regex_new(j->a, pattern, &reason);
    if (regex)
        arena_defer(j->a, free_regex, regex);
    else
        (void)judge_refuse(j, text_f(j->a, "the pattern %s cannot be read: %s",
                                     judge_quoted(j->a, text_z(j->a, pattern)), reason));
    return regex;
}

bool judge_pattern(struct judge *j, const void *of, struct text pattern)
{
    return compiled(j, of, pattern) != NULL;
}

static bool matches(struct judge *j, const void *of, struct text pattern, struct text subject)
{
    struct regex *regex = compiled(j, of, pattern);
    enum regex_outcome outcome = regex ? regex_find(regex, subject, 0) : REGEX_NO_MATCH;

    if (outcome == REGEX_TOO_LONG)
        (void)judge_refuse(j, text_f(j->a, "the pattern %s takes too long",
                                     judge_quoted(j->a, text_z(j->a, pattern))));
    return outcome == REGEX_MATCH;
}

/* --- objects ------------------------------------------------------------------- */

static void check_required(struct judge *j, const struct question *q, const struct value *names,
                           const char *of, struct misses *to)
{
    struct text_builder missing;
    size_t count = 0;

    text_builder_init(&missing, j->a, NAMES_BYTES_MAX);
    for (size_t i = 0; i < value_count(names); i++) {
        const char *name = value_z(value_item(names, i));

        if (!value_has(q->value, name))
            text_add_f(&missing, "%s%s", count++ ? ", " : "", judge_quoted(j->a, name));
    }
    if (count && of)
        (void)judge_miss(j, to, q->place, "properties %s required, if %s exists", missing.at,
                         judge_quoted(j->a, of));
    else if (count)
        (void)judge_miss(j, to, q->place, "missing %s %s", count == 1 ? "property" : "properties",
                         missing.at);
}

/* One property by properties, patternProperties, additionalProperties. */
static bool judge_property(struct judge *j, const struct question *q, const struct value *patterns,
                           const struct value_entry *entry, struct misses *to, bool *refused)
{
    struct place place = {q->place, entry->key, 0};
    struct question inner = {q->resource, value_at(value_at(q->schema, "properties"), entry->key),
                             &place, entry->value};
    bool evaluated = value_has(value_at(q->schema, "properties"), entry->key);

    if (evaluated)
        judge_value(j, &inner, NULL, to);
    for (size_t i = 0; i < value_count(patterns); i++) {
        const struct value_entry *pattern = &patterns->map.entries[i];

        if (!matches(j, pattern->key, text_of(pattern->key), text_of(entry->key)))
            continue;
        evaluated = true;
        inner.schema = pattern->value;
        judge_value(j, &inner, NULL, to);
    }
    inner.schema = value_at(q->schema, "additionalProperties");
    *refused = !evaluated && inner.schema->kind == VALUE_BOOL && !inner.schema->boolean;
    if (!evaluated && inner.schema->kind == VALUE_MAP)
        judge_value(j, &inner, NULL, to);
    return evaluated || !value_is_null(inner.schema);
}

static void judge_properties(struct judge *j, const struct question *q, struct evaluated *seen,
                             struct misses *to)
{
    const struct value *patterns = value_at(q->schema, "patternProperties");
    struct text_builder names;
    bool refused;

    text_builder_init(&names, j->a, NAMES_BYTES_MAX);
    patterns = patterns->kind == VALUE_MAP ? patterns : &value_empty_map;
    for (size_t i = 0; i < value_count(q->value); i++) {
        const struct value_entry *entry = &q->value->map.entries[i];

        if (judge_property(j, q, patterns, entry, to, &refused) && seen)
            seen->done[i] = true;
        if (refused)
            text_add_f(&names, "%s%s", names.len ? ", " : "", judge_quoted(j->a, entry->key));
    }
    if (names.len)
        (void)judge_miss(j, to, q->place, "additional properties %s not allowed", names.at);
}

static void judge_property_names(struct judge *j, const struct question *q, struct misses *to)
{
    for (size_t i = 0; i < value_count(q->value); i++) {
        const char *name = q->value->map.entries[i].key;
        struct place top = {NULL, NULL, 0};
        struct question inner = {q->resource, value_at(q->schema, "propertyNames"), &top,
                                 value_string(j->a, name)};
        struct misses causes = {.quiet = to->quiet};
        struct json_schema_miss *miss;

        judge_value(j, &inner, NULL, &causes);
        miss = causes.count ? judge_miss(j, to, q->place, "invalid propertyName %s",
                                         judge_quoted(j->a, name))
                            : NULL;
        if (miss)
            miss->causes = causes.first;
    }
}

/* dependencies, dependentSchemas, dependentRequired: what a property brings along. */
static void judge_dependents(struct judge *j, const struct question *q, const char *keyword,
                             struct evaluated *seen, struct misses *to)
{
    const struct value *all = value_at(q->schema, keyword);

    for (size_t i = 0; all->kind == VALUE_MAP && i < value_count(all); i++) {
        const struct value_entry *entry = &all->map.entries[i];
        struct question inner = judge_here(q, entry->value);

        if (!value_has(q->value, entry->key))
            continue;
        if (entry->value->kind == VALUE_LIST)
            check_required(j, q, entry->value, entry->key, to);
        else
            judge_value(j, &inner, seen, to);
    }
}

void judge_object(struct judge *j, const struct question *q, struct evaluated *seen,
                  struct misses *to)
{
    const struct value *required = value_at(q->schema, "required");
    int draft = q->resource->draft;

    check_count(j, q, "minProperties", "maxProperties", value_count(q->value), to);
    if (required->kind == VALUE_LIST)
        check_required(j, q, required, NULL, to);
    judge_dependents(j, q, "dependencies", seen, to);
    judge_properties(j, q, seen, to);
    if (draft > 4 && value_has(q->schema, "propertyNames"))
        judge_property_names(j, q, to);
    if (draft >= 2019) {
        judge_dependents(j, q, "dependentSchemas", seen, to);
        judge_dependents(j, q, "dependentRequired", seen, to);
    }
}

/* --- lists --------------------------------------------------------------------- */

static void judge_item(struct judge *j, const struct question *q, const struct value *schema,
                       size_t i, struct evaluated *seen, struct misses *to)
{
    struct place place = {q->place, NULL, i};
    struct question inner = {q->resource, schema, &place, value_item(q->value, i)};

    judge_value(j, &inner, NULL, to);
    if (seen)
        seen->done[i] = true;
}

/* Items that have a schema of their own, then the others. */
static void judge_items(struct judge *j, const struct question *q, struct evaluated *seen,
                        struct misses *to)
{
    bool modern = q->resource->draft >= 2020;
    const struct value *items = value_at(q->schema, "items"), *first, *rest;
    size_t count = value_count(q->value), own;

    first = modern ? value_at(q->schema, "prefixItems") : items;
    rest = modern || items->kind != VALUE_LIST ? items : value_at(q->schema, "additionalItems");
    own = first->kind == VALUE_LIST ? value_count(first) : 0;
    own = own < count ? own : count;
    for (size_t i = 0; i < own; i++)
        judge_item(j, q, value_item(first, i), i, seen, to);
    if (!modern && items->kind == VALUE_LIST && rest->kind == VALUE_BOOL && !rest->boolean) {
        if (own < count)
            (void)judge_miss(j, to, q->place, "last %zu additionalItem(s) not allowed",
                             count - own);
        return;
    }
    for (size_t i = own; i < count && !value_is_null(rest); i++)
        judge_item(j, q, rest, i, seen, to);
}

/* Equal values have equal hashes, however their keys are ordered. */
static uint64_t hash_of(const struct value *v)
{
    struct text text = v->kind == VALUE_STRING ? v->string
                       : v->kind == VALUE_NUMBER
                           ? v->number.text
                           : text_of(v->kind == VALUE_BOOL && v->boolean ? "true" : "");
    uint64_t hash = HASH_START + v->kind;

    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.at[i]) * HASH_FACTOR;
    for (size_t i = 0; v->kind == VALUE_LIST && i < value_count(v); i++)
        hash = (hash ^ hash_of(value_item(v, i))) * HASH_FACTOR;
    for (size_t i = 0; v->kind == VALUE_MAP && i < value_count(v); i++)
        hash += hash_of(v->map.entries[i].value) * (2 * strlen(v->map.entries[i].key) + 1);
    return hash;
}

bool judge_equal_items(struct judge *j, const struct value *list, size_t *first, size_t *second)
{
    size_t count = value_count(list);
    uint64_t *hashes = arena_array(j->a, count + 1, sizeof(*hashes));

    for (size_t i = 0; i < count; i++) {
        hashes[i] = hash_of(value_item(list, i));
        if (!judge_step(j, i / HASHES_PER_STEP))
            return false;
        for (size_t k = 0; k < i; k++)
            if (hashes[i] == hashes[k] && judge_step(j, 1) &&
                value_equal(value_item(list, i), value_item(list, k))) {
                *first = k;
                *second = i;
                return true;
            }
    }
    return false;
}

static void check_unique(struct judge *j, const struct question *q, struct misses *to)
{
    size_t first, second;

    if (judge_equal_items(j, q->value, &first, &second))
        (void)judge_miss(j, to, q->place, "items at %zu and %zu are equal", first, second);
}

/* How many items fit `contains`; *which: "0 2 5". */
static size_t count_contained(struct judge *j, const struct question *q, struct evaluated *seen,
                              const char **which)
{
    struct text_builder b;
    size_t found = 0;

    text_builder_init(&b, j->a, NAMES_BYTES_MAX);
    for (size_t i = 0; i < value_count(q->value); i++) {
        struct place place = {q->place, NULL, i};
        struct question inner = {q->resource, value_at(q->schema, "contains"), &place,
                                 value_item(q->value, i)};

        if (!judge_fits(j, &inner))
            continue;
        text_add_f(&b, found++ ? " %zu" : "%zu", i);
        if (seen && q->resource->draft >= 2020)
            seen->done[i] = true;
    }
    *which = text_z(j->a, text_built(&b));
    return found;
}

static void judge_contains(struct judge *j, const struct question *q, struct evaluated *seen,
                           struct misses *to)
{
    const char *which, *matched = "none matched";
    size_t found = count_contained(j, q, seen, &which);
    bool bounds = q->resource->draft >= 2019;
    int64_t least = 0, most = 0;

    if (found)
        matched = text_f(j->a, "matched %zu items at %s", found, which);
    if (bounds && bound(q, "minContains", &least)) {
        if ((int64_t)found < least)
            (void)judge_miss(j, to, q->place,
                             "min %lld items required to match contains schema, but %s",
                             (long long)least, matched);
    } else if (!found) {
        (void)judge_miss(j, to, q->place, "no items match contains schema");
    }
    if (bounds && bound(q, "maxContains", &most) && (int64_t)found > most)
        (void)judge_miss(j, to, q->place,
                         "max %lld items required to match contains schema, but %s",
                         (long long)most, matched);
}

void judge_list(struct judge *j, const struct question *q, struct evaluated *seen,
                struct misses *to)
{
    check_count(j, q, "minItems", "maxItems", value_count(q->value), to);
    if (value_flag(q->schema, "uniqueItems"))
        check_unique(j, q, to);
    judge_items(j, q, seen, to);
    if (q->resource->draft > 4 && value_has(q->schema, "contains"))
        judge_contains(j, q, seen, to);
}

/* --- strings ------------------------------------------------------------------- */

void judge_string(struct judge *j, const struct question *q, struct misses *to)
{
    const struct value *pattern = value_at(q->schema, "pattern");
    size_t runes = 0;

    for (size_t i = 0; i < q->value->string.len; i++)
        runes += ((unsigned char)q->value->string.at[i] & 0xc0) != 0x80;
    check_count(j, q, "minLength", "maxLength", runes, to);
    if (pattern->kind == VALUE_STRING && !matches(j, pattern, pattern->string, q->value->string))
        (void)judge_miss(j, to, q->place, "%s does not match pattern %s",
                         judge_quoted(j->a, value_z(q->value)),
                         judge_quoted(j->a, value_z(pattern)));
}
