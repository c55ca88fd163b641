/* match - which element of the state an element of the configuration is.
 *
 * Objects match themselves and maps match by key. A list element matches the
 * one at its index when that holds what is configured, else an unclaimed one
 * that does (it moved), else whatever stands at its index (it was edited). A
 * set element has no index: it matches one that holds what is configured, or
 * none. Computed rows that the configuration leaves out match anything. */
#ifndef SCHEMA_MATCH_H
#define SCHEMA_MATCH_H
#include "schema/attribute.h"

/* For each element of `config` its partner in `prior`, or NULL: an array of
 * element_count(row, config). prior may be null or unknown. */
const struct value *const *match_elements(struct arena *a, const struct attribute *row,
                                          const struct value *prior, const struct value *config);

#endif
