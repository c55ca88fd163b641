/* elasticloadbalancing - load balancers of the stand-in account, made from inside: by the
 * clusters' controllers (balancer.h), or by tests (cloud_add_load_balancer()).
 *
 * Records are "load-balancer", "target-group" and "listener", each by its ARN. A load
 * balancer is provisioning for some minutes, a target initial until it was checked. What
 * has the tag CLOUD_EKS_FAIL fails: a load balancer with the tag's value as its reason, or,
 * when the value begins with "Target.", all targets with that as theirs.
 * All of it under the account's lock. */
#ifndef SANDBOX_AWS_ELASTICLOADBALANCING_H
#define SANDBOX_AWS_ELASTICLOADBALANCING_H
#include "acceptance/sandbox/aws/cloud_server.h"

#define ELASTICLOADBALANCING_BALANCER "load-balancer"
#define ELASTICLOADBALANCING_GROUP "target-group"
#define ELASTICLOADBALANCING_LISTENER "listener"

/* type: "network" or "application"; scheme: "internal" or "internet-facing"; subnets and
 * groups: lists of ids. NULL = a subnet is not there or has no free address. */
struct record *elasticloadbalancing_add(struct cloud *c, const char *region, const char *name,
                                        const char *type, const char *scheme,
                                        const struct value *subnets, const struct value *groups,
                                        const struct value *tags);
/* With its listeners; its interfaces go some time later, its target groups stay. */
void elasticloadbalancing_remove(struct cloud *c, struct record *balancer);
/* target_type: "ip" or "instance". */
struct record *elasticloadbalancing_add_group(struct cloud *c, const struct record *balancer,
                                              const char *name, const char *target_type,
                                              const char *protocol, int64_t port,
                                              const struct value *tags);
/* A list of {Id, Port, AvailabilityZone, Ready}: those that are not in it are gone. */
void elasticloadbalancing_set_targets(struct cloud *c, struct record *group,
                                      const struct value *targets);
/* Leads to groups (a list of ARNs): by rules, as listeners of Ingresses, or to all of them. */
struct record *elasticloadbalancing_add_listener(struct cloud *c, const struct record *balancer,
                                                 const char *protocol, int64_t port,
                                                 const struct value *groups, bool by_rules,
                                                 const struct value *tags);
/* What a group's target says of its health, as it is now. */
const struct value *elasticloadbalancing_health(struct cloud *c, struct arena *a,
                                                const struct record *group,
                                                const struct value *target);
/* The listeners of a load balancer and those that lead to a group. */
struct record *elasticloadbalancing_listener_of(struct cloud *c, const struct record *before,
                                                const struct record *balancer);
struct record *elasticloadbalancing_listener_to(struct cloud *c, const struct record *before,
                                                const struct record *group);

#endif
