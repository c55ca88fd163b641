/* replace - which changes make a resource be destroyed and created anew. */
#ifndef SCHEMA_REPLACE_H
#define SCHEMA_REPLACE_H
#include "schema/attribute.h"
#include "schema/plan.h"

/* The paths of all FORCE_NEW rows, at any depth, that differ between the two
 * objects, in table order; none when one of them is null. Inside a set the
 * path is the set's. A write-only row is replaced when its version companion
 * changes. */
struct plan_replace_path *replace_paths(struct arena *a, const struct attribute *rows,
                                        const struct value *prior, const struct value *planned);
/* Adds a path at the end unless it is there. */
void replace_add(struct arena *a, struct plan_replace_path **list, const struct path *path);

#endif
