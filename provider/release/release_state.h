/* release_state - a release in the state of the resource that it is: the attributes
 * `objects` (RELEASE_OBJECTS), `status`, `chart_version`, `drift` and the number of the
 * newest record, and private data under "release". `revision` is that number's
 * attribute, which is not called the same everywhere: Istio has revisions too. */
#ifndef RELEASE_RELEASE_STATE_H
#define RELEASE_RELEASE_STATE_H
#include "release/release.h"

/* The row `drift`. */
#define RELEASE_DRIFT                                                                              \
    TYPED("drift", LIST_OF(type_string), COMPUTED,                                                 \
          "What has changed on the cluster since the last apply: "                                 \
          "`Deployment.apps/shop/cart: spec.replicas`. Only fields that the release owns count. "  \
          "The next apply puts it right.")

/* What a state remembers; of no state (null), nothing. */
struct release_memory release_state_memory(const struct call *c, const struct value *state,
                                           const char *revision);
/* `object` with what is remembered, which is also kept in private data, and with `drift`
 * (a list). */
const struct value *release_state_kept(struct call *c, const struct value *object,
                                       const char *revision, const struct release_memory *now,
                                       const struct value *drift);
/* The same of a plan. */
void release_state_plan(struct call *c, struct plan *plan, const char *revision,
                        const struct release *r, const struct release_outlook *outlook);
/* "<cluster>/<namespace>/<name>" of attributes with these names. */
const struct value *release_state_id(struct call *c, const struct value *object);

/* The hook of an import whose id names cluster, namespace and name; the read that
 * follows looks for the release. */
bool release_state_import(struct call *c, const char *id, const struct value **out);

#endif
