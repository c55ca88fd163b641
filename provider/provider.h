/* provider - the provider block: its rows, its Configure, and the long-lived
 * clients that every call receives. The only place that knows all layers. */
#ifndef PROVIDER_H
#define PROVIDER_H
#include "schema/call.h"
#include "schema/resource.h"

struct provider {
    const char *summary;
    const struct attribute *attributes;
    struct clients clients;
    struct cancel *cancel; /* fired by StopProvider and shutdown */
};

/* Starts the HTTP thread. One per process (tests may have several in turn). */
struct provider *provider_new(void);
void provider_free(struct provider *p);
bool provider_validate(struct provider *p, struct call *c, const struct value *config);
/* Called once before any operation; config may hold unknowns at plan. */
bool provider_configure(struct provider *p, struct call *c, const struct value *config);

#endif
