/* gateway_release - an istio_gateway as the Helm release that it is: which chart of which
 * version, its values, and the objects beside them. */
#ifndef ISTIO_GATEWAY_RELEASE_H
#define ISTIO_GATEWAY_RELEASE_H
#include "release/release.h"

/* How an existing release is taken over. */
#define GATEWAY_IMPORT                                                                             \
    "cluster=<name>,kubeconfig=<path>,context=<context>,namespace=<namespace>,name=<name>"

struct gateway_release {
    struct release release;
    const char *revision; /* of the istiod that injects; "" = none */
};
/* planned: all that gateway_release_is_known() asks for is known. Fetches the chart. */
bool gateway_release_of(struct call *c, const struct value *planned, struct gateway_release *out);
bool gateway_release_is_known(const struct call *c, const struct value *planned);
/* The name alone, for a removal. */
struct release gateway_release_named(const struct value *state);

#endif
