/* load_balancer - the load balancer in AWS in front of a Service or Ingress: found by the
 * host name in its status, waited for until it serves.
 *
 * It serves when AWS calls it active, its name resolves, and on every listener's target
 * group at least one target is healthy in each zone that has targets (or one anywhere, when
 * cross-zone). */
#ifndef EKS_LOAD_BALANCER_H
#define EKS_LOAD_BALANCER_H
#include "aws/aws.h"

/* Is this name one of a load balancer of AWS? */
bool load_balancer_is_hostname(const char *hostname);
/* A session with the account and region of a connection with `eks`; false = reported. */
bool load_balancer_open(struct call *c, const struct value *connection, struct aws **out);

/* Rows of what is told of one, for outputs: arn, name, dns_name, type, scheme, state, zone_id,
 * vpc_id, addresses?, targets: list of {port, target_group_arn, target, target_port, zone,
 * state, reason, description}. NULL in *out = there is none of that name. */
bool load_balancer_describe(struct call *c, struct aws *aws, const char *hostname,
                            const struct value **out);
/* The map "<port>" -> "2 healthy" or "1 healthy, 1 unhealthy (10.0.1.7:15443:
 * Target.FailedHealthChecks …)" for the output target_health. */
const struct value *load_balancer_health(struct arena *a, const struct value *load_balancer);
/* Waits until it serves (state, name, targets); telling progress. A time-out says which
 * target is not healthy and AWS's reason, and what to look at. */
bool load_balancer_wait(struct call *c, struct aws *aws, const char *hostname,
                        const struct value **out);

#endif
