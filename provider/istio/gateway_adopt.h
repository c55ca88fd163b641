/* gateway_adopt - the way back: Helm's record of a gateway as the arguments of an
 * istio_gateway that say the same. Pure.
 *
 * What has an argument of its own becomes that, annotations of an NLB become
 * `load_balancer`, and the rest becomes `values`; where that would not give the same
 * values again, less is taken apart. */
#ifndef ISTIO_GATEWAY_ADOPT_H
#define ISTIO_GATEWAY_ADOPT_H
#include "schema/value.h"

/* `object` (cluster, namespace, name) with the arguments. values: what Helm was given. */
const struct value *gateway_adopt(struct arena *a, const struct value *object,
                                  const struct value *values);

#endif
