/* gateway_live - a gateway on a cluster: whether its pods will be injected, whether
 * they run, and by which addresses it is reached. */
#ifndef ISTIO_GATEWAY_LIVE_H
#define ISTIO_GATEWAY_LIVE_H
#include "kube/kube.h"

/* Pods of the gateway chart have the image "auto" and start only when an istiod of
 * this revision ("" = any) injects; an error says which there are. */
bool gateway_check_injector(struct call *c, struct kube *k, const char *revision);

/* By what a gateway is reached from outside: the Service, or the Ingress of an ALB. */
struct gateway_front {
    const char *namespace, *name;
    bool ingress;
};
/* Until the load balancer has an address. */
bool gateway_wait_for_address(struct call *c, struct kube *k, const struct gateway_front *front);
/* Until the workloads among the entries (keys as in kube/set.h) are rolled out. */
bool gateway_wait_for_pods(struct call *c, struct kube *k, const struct value *entries);
/* Addresses (list of strings: IPs, else host names) and the first host name (null when
 * there is none), as they are now. */
bool gateway_addresses(struct call *c, struct kube *k, const struct gateway_front *front,
                       const struct value **addresses, const struct value **hostname);

#endif
