/* gateway_values - the arguments of an istio_gateway as values of Istio's gateway
 * charts, and as the objects that those charts lack. Pure.
 *
 * Nothing is said that the chart says itself, so that a gateway which was installed by
 * hand with few values has the same ones here. */
#ifndef ISTIO_GATEWAY_VALUES_H
#define ISTIO_GATEWAY_VALUES_H
#include "schema/value.h"

/* Which chart it is for, and what it belongs to. */
struct gateway_home {
    bool legacy;           /* Istio before 1.12: istio-ingress and istio-egress */
    const char *namespace; /* of istiod */
    const char *revision;  /* "" = none */
};
const char *gateway_chart(const struct value *planned, bool legacy);
/* Typed arguments alone: what the user has in `values` is merged over them elsewhere. */
const struct value *gateway_values(struct arena *a, const struct value *planned,
                                   const struct gateway_home *home);
/* What stands beside the chart: a list with the Gateway that exposes services to other
 * networks and the Ingress of an ALB, where asked for. */
const struct value *gateway_objects(struct arena *a, const struct value *planned,
                                    const struct gateway_home *home);

#endif
