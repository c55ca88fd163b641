/* elasticloadbalancing - the load balancers of Services: finding them, judging their
 * targets, and taking away what a controller left.
 *
 * Inputs and outputs are maps with the API's own member names.
 * Source: Elastic Load Balancing API reference, version 2015-12-01. */
#ifndef AWS_ELASTICLOADBALANCING_H
#define AWS_ELASTICLOADBALANCING_H
#include "aws/aws.h"
#include "aws/wait.h"

extern const struct aws_operation elasticloadbalancing_describe_load_balancers,
    elasticloadbalancing_describe_tags, elasticloadbalancing_describe_listeners,
    elasticloadbalancing_describe_target_groups, elasticloadbalancing_describe_target_health_row,
    elasticloadbalancing_describe_load_balancer_attributes,
    elasticloadbalancing_modify_load_balancer_attributes, elasticloadbalancing_delete_load_balancer,
    elasticloadbalancing_delete_target_group;

bool elasticloadbalancing_describe_load_balancer(struct call *c, struct aws *session,
                                                 const char *arn,
                                                 const struct value **load_balancer);
/* By what stands in a Service's status; NULL = none (any more). */
bool elasticloadbalancing_find_by_hostname(struct call *c, struct aws *session,
                                           const char *hostname,
                                           const struct value **load_balancer);
/* The tags of each of `items` (as below), maps in their order; empty for what has just gone. */
bool elasticloadbalancing_list_tags(struct call *c, struct aws *session, const struct value *items,
                                    const char *arn_member, const struct value **maps);
/* Those of `items` (of describe_load_balancers or describe_target_groups) that carry all
 * these tags; `arn_member` names each item's ARN. */
bool elasticloadbalancing_with_tags(struct call *c, struct aws *session, const struct value *items,
                                    const char *arn_member, const struct value *tags,
                                    const struct value **found);
/* ARNs of the target groups that a listener's default actions lead to; those of weight 0
 * get nothing and are left out. */
const struct value *elasticloadbalancing_listener_target_groups(struct arena *a,
                                                                const struct value *listener);
/* The same of the listener on a port; empty = no listener. */
bool elasticloadbalancing_target_groups_of(struct call *c, struct aws *session,
                                           const char *load_balancer_arn, int64_t port,
                                           const struct value **arns);
/* TargetHealthDescriptions; empty when there is no such group. */
bool elasticloadbalancing_describe_target_health(struct call *c, struct aws *session,
                                                 const char *target_group_arn,
                                                 const struct value **targets);

/* Inputs: {"LoadBalancerArns": [one]}. */
extern const struct aws_wait elasticloadbalancing_load_balancer_active,
    elasticloadbalancing_load_balancer_deleted;
const char *elasticloadbalancing_explain(struct arena *a, const struct value *output);

#endif
