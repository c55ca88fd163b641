/* gateway_balancer - the load balancer in AWS in front of a gateway on an EKS cluster: the
 * outputs `load_balancer_arn` and `target_health`, waiting until it serves, and its end.
 *
 * Who knows of no EKS cluster (a connection without `eks`), or has an address that is no
 * load balancer's of AWS, costs no request: both outputs are null. */
#ifndef ISTIO_GATEWAY_BALANCER_H
#define ISTIO_GATEWAY_BALANCER_H
#include "istio/gateway_live.h"

/* `object` with both outputs null. */
const struct value *gateway_balancer_none(struct arena *a, const struct value *object);
/* *object has its addresses: waits (wait_for_load_balancer) or only looks, and fills in the
 * outputs, also with what was seen last when it did not come to serve. When the load
 * balancer of that name is gone, the front is asked for its name again. */
bool gateway_balancer_serve(struct call *c, struct kube *k, const struct value **object);
/* For refreshes: AWS being away, or shut, is a warning, and what was known stays.
 * *missing = its name when there is none in AWS, else "". */
bool gateway_balancer_look(struct call *c, const struct value **object, const char **missing);

/* The line of `drift` that says so; whether a state has one; and what follows: its controller
 * is made to look at the front again, by an annotation that is nobody's drift. */
const struct value *gateway_balancer_drift(struct arena *a, const char *missing);
bool gateway_balancer_is_missing(const struct value *state);
bool gateway_balancer_revive(struct call *c, struct kube *k, const struct value *object);

/* A gateway's end: what has to be known before its front is deleted. */
struct gateway_farewell {
    const char *hostname, *arn; /* "" = nothing to wait for */
    bool orphaned;              /* nobody is there who takes the finalizer off */
    const char *finalizer;      /* a load balancer controller's; "" = none */
};
bool gateway_balancer_before_end(struct call *c, struct kube *k, const struct value *state,
                                 struct gateway_farewell *out);
/* After the front could not be deleted: says why, where it is the controller's. */
void gateway_balancer_explain_stuck(struct call *c, struct kube *k, const struct value *state,
                                    const struct gateway_farewell *before);
/* After the front is gone: until the load balancer is. */
bool gateway_balancer_end(struct call *c, const struct value *state,
                          const struct gateway_farewell *before);
/* For refreshes, when nothing of the gateway is on the cluster any more: its load balancer is
 * in AWS still, or AWS does not say. */
bool gateway_balancer_remains(struct call *c, const struct value *state);

#endif
