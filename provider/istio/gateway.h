/* gateway - the arguments of an istio_gateway: the rows that are its own, what they
 * say, and what cannot be said together. Pure.
 *
 * A gateway looks one of three ways (direction): east-west towards the other clusters
 * of the mesh, north-south towards callers outside, egress towards servers outside. How it is
 * reached is its load balancer's business: an NLB in front of a Service of type
 * LoadBalancer, or an ALB, which is an Ingress in front of a NodePort Service.
 *
 * `planned` is the object of the resource everywhere here. */
#ifndef ISTIO_GATEWAY_H
#define ISTIO_GATEWAY_H
#include "schema/attribute.h"
#include "schema/call.h"

#define GATEWAY_NETWORK_LABEL "topology.istio.io/network"
/* By these a mesh's management tells gateways apart; said with `exposure` alone. */
#define GATEWAY_DIRECTION_LABEL "ingressgateway.istio.io/direction"
#define GATEWAY_TYPE_LABEL "ingressgateway.istio.io/type"

extern const struct attribute gateway_port_rows[];
extern const struct attribute gateway_load_balancer_rows[];

bool gateway_is_east_west(const struct value *planned);
bool gateway_is_egress(const struct value *planned);
bool gateway_is_internal(const struct value *planned);
/* load_balancer is given, and is of this type. */
bool gateway_is_behind(const struct value *planned, const char *type);
/* Of the Service, said or not. */
const char *gateway_service_type(const struct value *planned);
/* Something outside of the cluster is to give it an address. */
bool gateway_gets_address(const struct value *planned);
/* The network that it belongs to: the argument's, else the connection's; "" = none. */
const char *gateway_network(const struct value *planned);
/* The label `istio` of the gateway's pods. */
const char *gateway_selector(const struct value *planned);

/* Rules across the arguments; `config` may hold unknowns. */
bool gateway_validate(struct call *c, const struct value *config);

#endif
