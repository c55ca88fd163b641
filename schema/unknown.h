/* unknown - what is made of values that are not known when a state has to be. */
#ifndef SCHEMA_UNKNOWN_H
#define SCHEMA_UNKNOWN_H
#include "schema/value.h"

/* The value with null in the place of every unknown, at any depth; the same one when all
 * of it is known. In the arena. */
const struct value *unknown_to_null(struct arena *a, const struct value *v);

#endif
