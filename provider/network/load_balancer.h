/* load_balancer - the load balancer in AWS in front of a Service or Ingress: found by the
 * host name in its status, waited for until it serves, or until it is gone.
 *
 * It serves when AWS calls it active, its name resolves here, and each listener's target
 * groups have a healthy target: one anywhere, or, where zones do not serve one another, one
 * in each zone that has targets. That is asked only of addresses as targets: of nodes, those
 * without a pod of the Service may stay unhealthy for ever, which is as it should be.
 *
 * Classic load balancers, which Kubernetes' own provider makes, are another service's: of
 * them only the name is looked at. */
#ifndef NETWORK_LOAD_BALANCER_H
#define NETWORK_LOAD_BALANCER_H
#include "aws/aws.h"

/* Is this name one of a load balancer of AWS? */
bool load_balancer_is_hostname(const char *hostname);
/* A session with the account and region of a connection with `eks`; false = reported. */
bool load_balancer_open(struct call *c, const struct value *connection, struct aws **out);

/* The name has the form of a classic one's. */
bool load_balancer_may_be_classic(const char *hostname);

/* Which one: what is known of it, the others "" or NULL. */
struct load_balancer_key {
    const char *arn, *name, *hostname; /* the first that is given counts */
    /* While waiting for one that is not there (any more): asks for its host name again, which
     * changes when another one is made in its place. May be NULL. */
    bool (*rename)(struct call *c, void *data, const char **hostname);
    void *data;
};

/* What is told of one: arn, name, dns_name, type, scheme, state, state_reason, zone_id, vpc_id,
 * availability_zones; healthy: active, and every listener serves; listeners: list of {port,
 * protocol, healthy, reason}; targets: list of {port, target_group_arn, target, target_port,
 * zone, state, reason, description}. NULL in *out = there is none. */
bool load_balancer_describe(struct call *c, struct aws *aws, const struct load_balancer_key *key,
                            const struct value **out);
/* By port "healthy", or "not healthy: Target.FailedHealthChecks": without numbers, and silent
 * of single targets that come and go while others serve. */
const struct value *load_balancer_health(struct arena *a, const struct value *load_balancer);
/* What keeps it from serving, and what to look at; "" = nothing. */
const char *load_balancer_trouble(struct arena *a, const struct value *load_balancer);

/* Waits until it serves. A time-out says which target is not healthy, AWS's reason, and
 * what to look at. *out as of load_balancer_describe(); NULL = a classic one. */
bool load_balancer_wait(struct call *c, struct aws *aws, const struct load_balancer_key *key,
                        const struct value **out);

/* After its Service or Ingress `owner` ("namespace/name") is gone: waits until it is, too,
 * at most LOAD_BALANCER_GONE_MS. One that stays is named with what made it; one that still
 * serves others (a shared Ingress group) may stay. */
enum { LOAD_BALANCER_GONE_MS = 5 * 60 * 1000 };
bool load_balancer_wait_gone(struct call *c, struct aws *aws, const struct load_balancer_key *key,
                             const char *owner);

#endif
