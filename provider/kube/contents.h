/* contents - everything that a namespace holds, of whatever kind: to be asked
 * before one is deleted. Only metadata travels, so no Secret does. */
#ifndef KUBE_CONTENTS_H
#define KUBE_CONTENTS_H
#include "kube/kube.h"

struct kube_contents {
    /* List of objects with kind, apiVersion and metadata. Kinds that are but
     * views of others or come by themselves (Event, EndpointSlice, Lease, …)
     * are left out, as is what has an owner in the namespace; each kind is listed up to a page's
     * length. */
    const struct value *objects;
    /* "pods (403)": what could not be listed; "" = nothing. */
    const char *unlisted;
};

/* Asks for all kinds at once, each in its preferred version. */
bool kube_contents(struct call *c, struct kube *k, const char *namespace,
                   struct kube_contents *out);

#endif
