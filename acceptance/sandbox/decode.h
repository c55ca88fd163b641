/* decode - a body becomes an object: kind, types, unknown fields, defaults. */
#ifndef SANDBOX_DECODE_H
#define SANDBOX_DECODE_H
#include "acceptance/sandbox/server.h"

/* JSON or YAML. False: answered with 400 or 415. */
bool decode_body(struct request *r, const struct value **out);
/* Says no to wrong types and, under fieldValidation=Strict, to unknown fields;
 * Warn (the default) adds warnings. The kind and apiVersion are filled in. */
bool decode_object(struct request *r, const struct value *body, const struct value **out);
/* Without nulls, unknown fields and empty things that are not stored; with the
 * defaults of the shape. */
const struct value *decode_normal(struct arena *a, const struct shape *shape,
                                  const struct value *v);

#endif
