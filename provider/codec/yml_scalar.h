/* yml_scalar - what a scalar without quotes means in YAML 1.1, as go-yaml v2 (and
 * with it sigs.k8s.io/yaml, kubectl and Helm) decides it. Pure. */
#ifndef CODEC_YML_SCALAR_H
#define CODEC_YML_SCALAR_H
#include <stdbool.h>

#include "schema/value.h"

enum yml_meaning {
    YML_STRING,
    YML_NULL,
    YML_TRUE,
    YML_FALSE,
    YML_INTEGER, /* fits int64 or uint64 */
    YML_FLOAT,
    YML_NOT_FINITE, /* .inf, .nan: no JSON */
    YML_TIMESTAMP,  /* read as a string, but quoted when written */
};

/* a is for texts with underscores. */
enum yml_meaning yml_scalar_meaning(struct arena *a, struct text plain);
/* The value; strings and timestamps are copied, YML_NOT_FINITE is null. */
const struct value *yml_scalar_value(struct arena *a, struct text plain);
/* "12:30:45": YAML 1.1 has it as a number, go-yaml only when it writes. */
bool yml_scalar_is_base60(struct text plain);

#endif
