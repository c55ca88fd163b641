/* json_schema_judge - what the files of the JSON Schema check share: where a value
 * stands, and what was found wrong. For json_schema alone. */
#ifndef HELM_JSON_SCHEMA_JUDGE_H
#define HELM_JSON_SCHEMA_JUDGE_H
#include "helm/json_schema_document.h"
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

/* Which properties or items some schema has looked at, for unevaluated...; NULL when
 * no schema asks. */
struct evaluated {
    bool *done;
};

struct judge {
    struct arena *a;
    struct schema_document document;
    struct compiled_pattern *patterns;
    size_t steps;
    int depth;
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
/* The new miss, for its causes; NULL when quiet. */
struct json_schema_miss *judge_miss(struct judge *j, struct misses *to, const struct place *place,
                                    const char *format, ...) __attribute__((format(printf, 4, 5)));
/* A word as the validator quotes it. */
const char *judge_quoted(struct arena *a, const char *word);

/* The value against the schema; seen may be NULL. */
void judge_value(struct judge *j, const struct question *q, struct evaluated *seen,
                 struct misses *to);
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
