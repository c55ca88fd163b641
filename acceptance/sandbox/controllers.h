/* controllers - what a cluster does by itself: namespaces drain, Deployments
 * become available, load balancers get addresses, owners take their dependents
 * along. Each change is looked at settle_ms later; with 0 before the request
 * that made it is answered. */
#ifndef SANDBOX_CONTROLLERS_H
#define SANDBOX_CONTROLLERS_H
#include "acceptance/sandbox/server.h"

struct stored;

/* An object changed. */
void controllers_look(struct sandbox *s, const struct kind *kind, const char *ns, const char *name);
/* An object is gone: its dependents and whoever waited for that are next. */
void controllers_gone(struct sandbox *s, const struct kind *kind, const struct stored *gone);
/* Does what is due, or (all) also what is not yet. Returns the milliseconds to
 * the next task, -1 for none. */
int64_t controllers_run(struct sandbox *s, bool all);
/* The objects that a fresh cluster has. */
void controllers_seed(struct sandbox *s);
/* Thread that runs tasks until the server stops; takes the lock. */
void *controllers_loop(void *sandbox);

#endif
