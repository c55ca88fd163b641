/* component - the parts that a control plane is installed as, each a chart and a
 * release of its own.
 *
 * They are installed and upgraded in the order of the enum and removed in that of
 * component_removal. base, cni and ztunnel exist once on a cluster; of istiod there is
 * one for each revision. */
#ifndef ISTIO_COMPONENT_H
#define ISTIO_COMPONENT_H
#include "schema/attribute.h"
#include "schema/call.h"

/* The charts that the Istio project publishes. */
#define COMPONENT_REPOSITORY "https://istio-release.storage.googleapis.com/charts"

enum component {
    COMPONENT_BASE,
    COMPONENT_ISTIOD,
    COMPONENT_CNI,
    COMPONENT_ZTUNNEL,
    COMPONENT_COUNT
};
extern const enum component component_removal[COMPONENT_COUNT];

/* Name of the chart, which is that of the attribute below `components` too. */
const char *component_name(enum component which);
/* "istio-base", "istiod-canary": as Istio's documents call the releases. */
const char *component_release(struct arena *a, enum component which, const char *revision);
/* "istiod" or "istiod-canary": the Service and the Deployment. */
const char *component_istiod(struct arena *a, const char *revision);

/* Rows of `components`. */
extern const struct attribute component_rows[];
/* Is it a part of this control plane? What is not said follows from the profile and
 * the revision: base only without a revision, cni and ztunnel only with the profile
 * ambient, nothing at all with the profile empty. */
bool component_is_wanted(const struct value *object, enum component which);
/* The same is known already. */
bool component_is_decided(const struct value *object, enum component which);

#endif
