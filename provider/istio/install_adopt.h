/* install_adopt - the way back: Helm's records of an Istio as the arguments of an
 * istio_control_plane that say the same. Pure.
 *
 * What has a typed argument becomes that, what follows from the connection or from
 * another argument is left out, and the rest becomes `values` or
 * `components.<name>.values`. A configuration that is written in this form plans
 * nothing. */
#ifndef ISTIO_INSTALL_ADOPT_H
#define ISTIO_INSTALL_ADOPT_H
#include "istio/component.h"

/* One component of it. */
struct install_adopted {
    bool found;
    const char *chart_version;
    const struct value *values; /* that Helm was given */
};
/* `object` (cluster, namespace, revision, version, chart) with the arguments; the version
 * is that of istiod's chart, or of another, unless it is set already. */
const struct value *install_adopt(struct arena *a, const struct value *object,
                                  const struct install_adopted found[static COMPONENT_COUNT]);

#endif
