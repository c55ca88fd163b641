/* mesh - what kubelets and a running istiod would do, as far as objects show it.
 *
 * Always: a Service whose pods some Deployment makes has an EndpointSlice with a ready
 * endpoint. With the option istiod also what istiod does once its Deployment is
 * available, under its own field manager: its CA in the webhooks of its revision, whose
 * failurePolicy becomes Fail, and the mesh's root in every namespace. There is no istiod:
 * nothing is injected, and no webhook is called. */
#ifndef SANDBOX_MESH_H
#define SANDBOX_MESH_H
#include "acceptance/sandbox/server.h"

/* An object has settled. */
void mesh_look(struct sandbox *s, struct arena *a, const struct kind *kind, const struct value *v);

#endif
