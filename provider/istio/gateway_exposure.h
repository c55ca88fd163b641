/* gateway_exposure - how a gateway is reached in AWS: the annotations of its Service by
 * which the load balancer controller makes an NLB (Kubernetes' own provider a classic
 * one), and the Ingress by which it makes an ALB. Pure. */
#ifndef ISTIO_GATEWAY_EXPOSURE_H
#define ISTIO_GATEWAY_EXPOSURE_H
#include "schema/value.h"

#define GATEWAY_NLB "service.beta.kubernetes.io/aws-load-balancer-"
#define GATEWAY_ALB "alb.ingress.kubernetes.io/"
#define GATEWAY_DNS_NAME "external-dns.alpha.kubernetes.io/hostname"

/* planned: the object of the resource. */
const struct value *gateway_service_annotations(struct arena *a, const struct value *planned);
/* In front of the Service; labels: those of the gateway's objects. */
const struct value *gateway_ingress(struct arena *a, const struct value *planned,
                                    const struct value *labels);

#endif
