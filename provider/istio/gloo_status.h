/* gloo_status - what Gloo Mesh says of an object, in all shapes of its status.
 *
 * 1.x and RootTrustPolicy: status.{observedGeneration,state}; 2.0 to 2.2:
 * status.generic, or status.global with an entry for each workspace and cluster;
 * from 2.3 on: status.common.State with `approval`. PENDING is the zero value and
 * as such often not written. Generations may be numbers or text. Pure but for the
 * judge. */
#ifndef ISTIO_GLOO_STATUS_H
#define ISTIO_GLOO_STATUS_H
#include "kube/wait.h"

struct gloo_status {
    const char *state;   /* "PENDING" when nothing is said */
    const char *message; /* "" = none */
    bool is_current;     /* it is of the object's generation, as far as it tells */
};

/* object may be NULL. Borrows from it and from the arena. */
void gloo_status_read(struct arena *a, const struct value *object, struct gloo_status *out);
/* INVALID, FAILED and UNLICENSED: no waiting helps. */
bool gloo_status_is_refusal(const struct gloo_status *status);
/* The error or, for `is_warning`, the warning that says what Gloo Mesh says. */
void gloo_status_report(struct call *c, const char *cluster, const struct value *object,
                        bool is_warning);

/* Done when accepted, with or without a warning; a refusal is reported. */
struct gloo_wait {
    const char *cluster;       /* for messages */
    struct arena *arena;       /* of what follows */
    const struct value *final; /* the object that was refused; NULL = none */
};
kube_judge_fn gloo_status_judge; /* data: struct gloo_wait */

#endif
