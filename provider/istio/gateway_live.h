/* gateway_live - a gateway on a cluster: whether its pods will be injected, whether
 * they run, and by which addresses it is reached. */
#ifndef ISTIO_GATEWAY_LIVE_H
#define ISTIO_GATEWAY_LIVE_H
#include "kube/kube.h"

/* Pods of the gateway chart have the image "auto" and start only when an istiod of
 * this revision ("" = any) injects; an error says which there are. */
bool gateway_check_injector(struct call *c, struct kube *k, const char *revision);

/* `object` (of the resource) is reached by its Service, or by the Ingress of an ALB. */
struct kube_ref gateway_front_ref(const struct value *object);
/* As it is now, NULL = there is none. */
bool gateway_front_now(struct call *c, struct kube *k, const struct value *object,
                       const struct value **front);
/* Until the load balancer has an address. */
bool gateway_wait_for_address(struct call *c, struct kube *k, const struct value *object);
/* `object` with `addresses` (list of strings: IPs, else host names) and the first `hostname`
 * (null when there is none) of its front, which may be NULL. */
const struct value *gateway_with_addresses(struct arena *a, const struct value *object,
                                           const struct value *front);
/* The same as they are now. */
bool gateway_ask_addresses(struct call *c, struct kube *k, const struct value **object);
/* Until the workloads among the entries (keys as in kube/set.h) are rolled out. */
bool gateway_wait_for_pods(struct call *c, struct kube *k, const struct value *entries);

#endif
