/* modify - the plan modifiers that rows name, applied to a whole object.
 *
 * Configured values stay. A computed row that the configuration leaves out takes
 * its fallback, keeps its state or becomes unknown. Everything is derived from
 * prior state and configuration alone, so the same question always gets the
 * same answer, at plan and again at apply. */
#ifndef SCHEMA_MODIFY_H
#define SCHEMA_MODIFY_H
#include "schema/attribute.h"

/* The planned object. `prior` is null on create, `config` is an object. When
 * nothing differs the answer is `prior` itself; when only the timeouts block
 * does, nothing computed changes either. */
const struct value *modify_plan(struct arena *a, const struct attribute *rows,
                                const struct value *prior, const struct value *config);
/* Prior and planned differ in the row of that name. */
bool modify_changes(struct arena *a, const struct attribute *rows, const struct value *prior,
                    const struct value *planned, const char *name);

#endif
