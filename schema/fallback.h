/* fallback - the value that a row names for when the configuration is silent.
 *
 * Text for a string, else a JSON literal: a number, true, false, or lists and
 * maps of literals. Strings in a literal have no escapes: this is for tables,
 * not for input. */
#ifndef SCHEMA_FALLBACK_H
#define SCHEMA_FALLBACK_H
#include "schema/attribute.h"

/* NULL when the literal is malformed, which a test rules out for every row. */
const struct value *fallback_value(struct arena *a, const struct attribute *row);

/* An object with the fallback of each top-level row of which it has nothing: for imports. */
const struct value *fallback_fill(struct arena *a, const struct attribute *rows,
                                  const struct value *object);

#endif
