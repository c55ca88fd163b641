/* install_values - the arguments of an istio_control_plane as values of Istio's charts.
 *
 * Lowest first: what a profile meant before charts knew profiles, the typed arguments,
 * `components.<name>.values`, and for istiod the resource's own `values`, `values_yaml`
 * and `set`. Where one of the latter says something else than a typed argument, that is
 * an error, because one of the two would be lost in silence. Pure. */
#ifndef ISTIO_INSTALL_VALUES_H
#define ISTIO_INSTALL_VALUES_H
#include "istio/component.h"

/* The network that istiod is in: the argument, else the connection's; "" = none. */
const char *install_network(const struct value *object);

/* The profile is one that this version has. */
bool install_check_profile(struct call *c, const struct value *object);

/* The values that a component's chart is given; value_unknown while a part of them is
 * not known. `object` is a configuration, plan or state of the resource. */
bool install_values(struct call *c, const struct value *object, enum component which,
                    const struct value **out);

#endif
