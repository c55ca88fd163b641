/* remove - deletion: preconditions, finalizers, propagation, namespaces. */
#ifndef SANDBOX_REMOVE_H
#define SANDBOX_REMOVE_H
#include "acceptance/sandbox/server.h"

void remove_one(struct request *r);
void remove_many(struct request *r);
/* Takes the object away when it is being deleted and nothing holds it. */
void remove_when_released(struct sandbox *s, struct arena *a, const struct kind *kind,
                          const struct value *object);
/* Starts deletion as a controller or a test does; foreground: dependents first. */
void remove_start(struct sandbox *s, struct arena *a, const struct kind *kind,
                  const struct value *object, const char *propagation);

#endif
