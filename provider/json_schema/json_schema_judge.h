/* json_schema_judge - what the files of the JSON Schema check share: where a value
 * stands, and what was found wrong. For json_schema alone. */
#ifndef JSON_SCHEMA_JSON_SCHEMA_JUDGE_H
#define JSON_SCHEMA_JSON_SCHEMA_JUDGE_H
#include "json_schema/json_schema_document.h"
#include "json_schema/json_schema_memo.h"
#include "template/regex.h"

/* A value's place: the key or index in what holds it. */
struct place {
    const struct place *parent;
    const char *key; /* NULL: index */
    size_t index;
};

/* Misses of one schema at one value; quiet ones (`not`, `if`) are only counted. */
struct misses {
    struct json_schema_miss *first, *last;
    size_t count;
    bool quiet;
};

/* Which properties or items a schema has looked at, for unevaluated...; NULL when no
 * schema asks. */
struct evaluated {
    bool *done;
};

/* The resources that lead here, for dynamic references. */
struct scope {
    const struct scope *parent;
    const struct schema_resource *resource;
};

struct judge {
    struct arena *a;
    struct schema_document document;
    struct memo inspected, patterns, targets, anchors, verdicts;
    const struct scope *scope;
    size_t steps;
    size_t circles; /* references that led back to where they are */
    int depth;
    bool links; /* inspecting what is used, not what is only there */
    const char *refused;
};

/* One schema at one value. */
struct question {
    const struct schema_resource *resource;
    const struct value *schema;
    const struct place *place;
    const struct value *value;
};

bool judge_refuse(struct judge *j, const char *reason);
/* The schema itself, before values: false = refused. q->value does not count. */
bool judge_inspect(struct judge *j, const struct question *q);
/* Counts work; false: that was too much of it, and the schema is refused. */
bool judge_step(struct judge *j, size_t steps);
/* The new miss, for its causes; NULL when quiet. */
struct json_schema_miss *judge_miss(struct judge *j, struct misses *to, const struct place *place,
                                    const char *format, ...) __attribute__((format(printf, 4, 5)));
const char *judge_pointer(struct arena *a, const struct place *place);
/* A word as the validator quotes it. */
const char *judge_quoted(struct arena *a, const char *word);

struct evaluated judge_nothing_seen(struct judge *j, const struct value *v);
/* Adds what `more` has seen; to may be NULL. */
void judge_see(struct evaluated *to, const struct evaluated *more, size_t count);
/* The value against the schema; seen may be NULL. */
void judge_value(struct judge *j, const struct question *q, struct evaluated *seen,
                 struct misses *to);
/* The same without saying why not. */
bool judge_fits(struct judge *j, const struct question *q);
/* Another schema about the same value. */
struct question judge_here(const struct question *q, const struct value *schema);
/* What the reference under that keyword stands for; false = refused. */
bool judge_target(struct judge *j, const struct question *q, const char *keyword,
                  struct question *there);
/* Whether the pattern, which is known by its place in the schema, can be read. */
bool judge_pattern(struct judge *j, const void *of, struct text pattern);
/* Two items that are equal, the first such pair. */
bool judge_equal_items(struct judge *j, const struct value *list, size_t *first, size_t *second);
/* As judge_value(), for a schema that others refer to. */
void judge_once(struct judge *j, const struct question *q, struct evaluated *seen,
                struct misses *to);
/* The value against what $ref or one of its kin stands for. */
void judge_reference(struct judge *j, const struct question *q, const char *keyword,
                     struct evaluated *seen, struct misses *to);
void judge_object(struct judge *j, const struct question *q, struct evaluated *seen,
                  struct misses *to);
void judge_list(struct judge *j, const struct question *q, struct evaluated *seen,
                struct misses *to);
void judge_string(struct judge *j, const struct question *q, struct misses *to);
void judge_number(struct judge *j, const struct question *q, struct misses *to);
/* allOf, anyOf, oneOf, not, if. */
void judge_conditions(struct judge *j, const struct question *q, struct evaluated *seen,
                      struct misses *to);

#endif
