/* json_schema - values against a JSON Schema, as the validator of Helm 3.21 judges
 * them: drafts 4, 6, 7, 2019-09 and 2020-12 (which counts when $schema is missing).
 *
 * References stay inside the document: a $ref to another place is refused with a clear
 * reason (Helm would fetch it), a urn: accepts all, as in Helm. `format` is checked up
 * to draft 7 and only noted later, as there. Pure. */
#ifndef JSON_SCHEMA_JSON_SCHEMA_H
#define JSON_SCHEMA_JSON_SCHEMA_H
#include <stdbool.h>

#include "schema/value.h"

enum {
    JSON_SCHEMA_DEPTH_MAX = 300,
    JSON_SCHEMA_STEPS_MAX = 1000000, /* schemas looked at */
};

struct json_schema_miss {
    struct json_schema_miss *next;
    struct json_schema_miss *causes; /* of allOf, anyOf, oneOf ... */
    const char *at;                  /* JSON pointer into the values: "/service/ports/0" */
    const char *words;               /* "got string, want integer" */
};

/* The misses, in the order of the values; NULL when all fits. *refused: NULL, or why
 * the schema itself cannot be used. */
struct json_schema_miss *json_schema_check(struct arena *a, const struct value *schema,
                                           const struct value *values, const char **refused);
/* "at '/a': got string, want integer", with the causes indented below. */
const char *json_schema_miss_text(struct arena *a, const struct json_schema_miss *miss);

#endif
