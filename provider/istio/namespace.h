/* namespace - the namespace that objects of ours live in: made when missing,
 * labelled with its network, and taken away again with the last thing in it.
 *
 * One that we made bears the label app.kubernetes.io/managed-by with our name.
 * Of anybody else's we own the network label at most. Several resources share a
 * namespace and come and go at the same time, in this process and in others:
 * nothing here relies on being alone. Names are checked by the resources' rows. */
#ifndef ISTIO_NAMESPACE_H
#define ISTIO_NAMESPACE_H
#include <stdbool.h>

#include "kube/kube.h"

#define NAMESPACE_DEFAULT "istio-system"

/* *out NULL = there is none. */
bool namespace_find(struct call *c, struct kube *k, const char *name, const struct value **out);
/* It was made by us and is still ours to delete: a refresh whose object is gone
 * keeps the state then, or a destroy would forget the namespace. */
bool namespace_is_ours(struct call *c, struct kube *k, const char *name, bool *ours);
/* The same for a refresh that watches the network's label too: *drift is a line as in
 * kube/set.h when it is missing or another; NULL = it is as it should be. */
bool namespace_refresh(struct call *c, struct kube *k, const char *name, const char *network,
                       bool *ours, const char **drift);
/* Makes it when it is missing (waiting for an old one that is being deleted to
 * be gone), and has topology.istio.io/network=<network> on it when network is
 * not "". Somebody else's network there is an error. `found` is what
 * namespace_find() gave just before. */
bool namespace_ensure_found(struct call *c, struct kube *k, const char *name, const char *network,
                            const struct value *found);
bool namespace_ensure(struct call *c, struct kube *k, const char *name, const char *network);
/* After a thing of ours in it was deleted: deletes the namespace and waits, when
 * we made it and nothing of anybody is left but what Kubernetes and istiod put
 * into every namespace; takes our label off somebody else's, when nothing of
 * ours is left. What cannot be looked at keeps the namespace, with a warning. */
bool namespace_release(struct call *c, struct kube *k, const char *name);
/* The same after a create that has made nothing in it: what goes wrong is not told,
 * because the reason of that failure is. */
void namespace_leave(struct call *c, const struct value *connection, const char *name);

#endif
