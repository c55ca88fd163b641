/* gateway - what the arguments of an istio_gateway say, as values of Istio's gateway
 * charts and as the objects that those charts lack. Pure.
 *
 * A gateway looks one of two ways (direction): east-west towards the other clusters
 * of the mesh, north-south towards callers outside. How it is reached is its
 * load balancer's business: an NLB in front of a Service of type LoadBalancer, or an
 * ALB, which is an Ingress in front of a NodePort Service. */
#ifndef ISTIO_GATEWAY_H
#define ISTIO_GATEWAY_H
#include "schema/attribute.h"
#include "schema/call.h"

/* Istio before 1.12 has a chart each for ingress and egress instead of `gateway`. */
#define GATEWAY_CHART "gateway"
#define GATEWAY_CHART_LEGACY "istio-ingress"

#define GATEWAY_NETWORK_LABEL "topology.istio.io/network"

extern const struct attribute gateway_port_rows[];
extern const struct attribute gateway_load_balancer_rows[];

/* planned: the object of the resource. legacy: the values of istio-ingress. Typed
 * arguments alone; what the user has in `values` is merged over them elsewhere. */
const struct value *gateway_values(struct arena *a, const struct value *planned, bool legacy);
/* The label `istio` of the gateway's pods: its name without a leading "istio-". */
const char *gateway_selector(const char *name);
/* What stands beside the chart: a list with the Gateway that exposes services to
 * other networks and the Ingress of an ALB, where asked for. istio_namespace is
 * where istiod runs. */
const struct value *gateway_objects(struct arena *a, const struct value *planned,
                                    const char *istio_namespace);
/* Rules across the arguments; `config` may hold unknowns. */
bool gateway_validate(struct call *c, const struct value *config);
/* The network that it belongs to: the argument's, else the connection's; "" = none. */
const char *gateway_network(const struct value *planned);

#endif
