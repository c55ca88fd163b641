/* provider - the provider block: its rows, its Configure, and the long-lived
 * clients that every call receives. The only place that knows all layers.
 *
 * Configure may come more than once (a plugin under a debugger serves many
 * clients): calls that run keep what they were given, later ones get the new.
 * All functions but provider_new() and provider_free() are thread-safe. */
#ifndef PROVIDER_H
#define PROVIDER_H
#include <pthread.h>

#include "schema/call.h"
#include "schema/resource.h"

struct provider {
    const char *summary;
    const struct attribute *attributes;
    struct cancel *cancel; /* fired by StopProvider and shutdown */
    pthread_mutex_t lock;  /* guards the members below */
    struct clients clients;
    struct arena *arena; /* of every configuration so far */
};

/* Starts the HTTP thread. One per process (tests may have several in turn). */
struct provider *provider_new(void);
/* No call may be running. */
void provider_free(struct provider *p);
bool provider_validate(struct provider *p, struct call *c, const struct value *config);
/* Called before any operation; config may hold unknowns at plan. */
bool provider_configure(struct provider *p, struct call *c, const struct value *config);
/* What a call that starts now receives. */
void provider_clients(struct provider *p, struct clients *out);

#endif
