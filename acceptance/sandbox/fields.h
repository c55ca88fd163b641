/* fields - which manager owns which fields: the algebra of server-side apply.
 *
 * A set is a tree in the form of metadata.managedFields' FieldsV1: a map whose
 * keys are "f:name", "k:{...}" or "v:..."; {} or a "." entry means that the
 * node itself is a member. NULL is the empty set. Values and sets live in the
 * arena given. */
#ifndef SANDBOX_FIELDS_H
#define SANDBOX_FIELDS_H
#include <stdbool.h>

#include "acceptance/sandbox/shape.h"

/* What somebody who applies v claims. */
const struct value *fields_of(struct arena *a, const struct shape *shape, const struct value *v);

struct fields_change {
    const struct value *added, *modified, *removed;
};
struct fields_change fields_compare(struct arena *a, const struct shape *shape,
                                    const struct value *before, const struct value *after);

const struct value *fields_union(struct arena *a, const struct value *x, const struct value *y);
const struct value *fields_minus(struct arena *a, const struct value *x, const struct value *y);
const struct value *fields_common(struct arena *a, const struct value *x, const struct value *y);
/* The set as it stands in FieldsV1: "." first, then keys in byte order. */
const struct value *fields_sorted(struct arena *a, const struct value *set);
/* Members as texts such as .spec.containers[name="x"].image. */
const struct value *fields_paths(struct arena *a, const struct value *set);

/* live with everything that applied says. */
const struct value *fields_merge(struct arena *a, const struct shape *shape,
                                 const struct value *live, const struct value *applied);
/* v without what was in `last` and nobody in `owned` holds any more. */
const struct value *fields_prune(struct arena *a, const struct shape *shape, const struct value *v,
                                 const struct value *last, const struct value *owned);
/* The first thing in v that the shape does not allow, in the words of a server
 * (".spec.x: field not declared in schema"), or NULL. */
const char *fields_fault(struct arena *a, const struct shape *shape, const struct value *v);

#endif
