/* autoscaling - what the group behind a node group does, and why it gets no instances.
 * Source: Amazon EC2 Auto Scaling API reference, version 2011-01-01. */
#ifndef AWS_AUTOSCALING_H
#define AWS_AUTOSCALING_H
#include "aws/aws.h"

extern const struct aws_operation autoscaling_describe_auto_scaling_groups,
    autoscaling_describe_scaling_activities_row;

/* NULL = none. */
bool autoscaling_describe_auto_scaling_group(struct call *c, struct aws *session, const char *name,
                                             const struct value **group);
/* The newest ones first; empty when there is no such group. */
bool autoscaling_describe_scaling_activities(struct call *c, struct aws *session, const char *group,
                                             const struct value **activities);

#endif
