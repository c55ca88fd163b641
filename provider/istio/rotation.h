/* rotation - the next step when a cluster's CA is to be signed by another root.
 *
 * Pure: from what the Secret holds and what is wanted to what is to be done, so
 * that plan and apply come to the same answer. The way that keeps mTLS working:
 * trust_both in every cluster, then switch_signer in every cluster, then, when
 * all workload certificates have been renewed, drop_old. */
#ifndef ISTIO_ROTATION_H
#define ISTIO_ROTATION_H
#include <stdbool.h>

#include "schema/call.h"

extern const char *const rotation_names[]; /* values of the argument; NULL ends */

enum rotation_step {
    ROTATION_KEEP,  /* nothing to do */
    ROTATION_ROOTS, /* the trusted roots change; CA and key stay */
    ROTATION_ISSUE, /* another CA, by the wanted signer */
};

enum rotation_roots {
    ROTATION_AS_IS,  /* the trusted roots stay word for word */
    ROTATION_JOINED, /* and the wanted one behind them */
    ROTATION_ONLY    /* the wanted one alone */
};

struct rotation_state {
    const char *chain_root;    /* that the present chain reaches; "" = none, or broken */
    const struct value *roots; /* fingerprints of those that are trusted */
    const char *wanted_root;
    const char *rotation; /* "" = the argument is not set */
    bool is_stale;        /* to be issued anew whatever the root is */
};

struct rotation {
    enum rotation_step step;
    enum rotation_roots roots;
    /* Workloads that trust only the present roots would be cut off: allowed
     * only when there are none. */
    bool breaks_trust;
};

/* False (reported) for a step that comes too early. */
bool rotation_next(struct call *c, const struct rotation_state *s, struct rotation *out);
/* The error for breaks_trust, where something depends on the present root;
 * always false. */
bool rotation_refuse(struct call *c, const char *cluster, const char *namespace,
                     const struct value *present_roots, const char *wanted_root);

#endif
