/* discovery - which kinds a server serves, as far as it has been asked.
 *
 * For files in kube/ only. With aggregated discovery (1.27 and newer) one
 * request tells all groups; else each group version is asked for when it is
 * first needed. What was once found is kept; what was missing is asked for
 * again, alone. The owner locks. */
#ifndef KUBE_DISCOVERY_H
#define KUBE_DISCOVERY_H
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "kube/kube.h"

enum { DISCOVERY_KINDS_MAX = 10000 };

struct discovery_kind {
    const char *api_version, *kind;
    struct kube_resource resource;
    struct discovery_kind *next;
};

struct discovery {
    struct arena *arena;
    struct discovery_kind *first;
    size_t count;
    bool asked_core, asked_groups;
    bool complete; /* every group that there was has been asked for */
};

/* Accept header of /api and /apis: a 1.27+ server answers with all groups at
 * once, others with a plain list of groups. */
extern const char discovery_accept[];

void discovery_init(struct discovery *d);
void discovery_clear(struct discovery *d);
/* NULL = not known. */
const struct discovery_kind *discovery_find(const struct discovery *d, const char *api_version,
                                            const char *kind);
/* Takes an APIGroupDiscoveryList (true) or an APIResourceList; false for any
 * other document. */
bool discovery_add(struct discovery *d, const struct value *document);

#endif
