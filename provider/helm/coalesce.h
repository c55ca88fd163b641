/* coalesce - values over values, as Helm 3.21 lays them: a chart's under what is given,
 * sub-charts' under their part, globals pushed down. Maps merge, all else replaces. */
#ifndef HELM_COALESCE_H
#define HELM_COALESCE_H
#include "helm/family.h"

struct coalescing {
    struct call *call;
    const struct path *at;
    /* Merging keeps nulls, so that a later pass still sees them; coalescing lets them
     * delete. */
    bool merge;
    bool warn; /* of defaults that are passed over */
};

/* What the chart of f sees when `given` is laid over its values; given is copied. */
bool coalesce_values(const struct coalescing *k, const struct family *f, const struct datum *given,
                     const struct datum **out);
/* Lays dst over src and leaves the result in dst; src may be changed too. `place` names
 * dst in warnings. */
void coalesce_tables(const struct coalescing *k, const struct datum *dst, const struct datum *src,
                     const char *place, bool merge);

#endif
