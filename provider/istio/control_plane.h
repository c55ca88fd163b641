/* control_plane - the rules of an istio_control_plane: what is checked before anything
 * is done, and what is waited for and looked at after. `object` is the resource's. */
#ifndef ISTIO_CONTROL_PLANE_H
#define ISTIO_CONTROL_PLANE_H
#include "istio/install.h"

/* Rules across the arguments; `config` may hold unknowns. */
bool control_plane_validate(struct call *c, const struct value *config);
/* The one that needs the connection, once it is known. */
bool control_plane_check_cacerts(struct call *c, const struct value *object);
/* The server is new enough and, for one that is to be created, no other istiod of the
 * same revision is there. */
bool control_plane_check_server(struct call *c, struct kube *k, const struct value *object,
                                bool is_create);
/* The Secret cacerts, when it is named, is there and fit to start with. */
bool control_plane_check_ca(struct call *c, struct kube *k, const struct value *object);
/* Until istiod serves, as far as `wait` and `wait_for_webhooks` ask for it. */
bool control_plane_wait(const struct install *w);
/* *root: the fingerprint of the root that istiod signs for, or null. *pending: it is not
 * that of cacerts; istiod is restarted when it may be, else a warning says that it must. */
bool control_plane_settle_root(const struct install *w, bool may_restart, const struct value **root,
                               bool *pending);
/* It has an istiod of its own on the cluster. */
bool control_plane_has_istiod(const struct value *object);

#endif
