/* controller - what the AWS load balancer controller of a cluster needs in AWS: a role that
 * may make load balancers for this cluster alone, and the way by which its service account
 * gets it: EKS Pod Identity, or the cluster's OIDC provider (IRSA).
 *
 * The role is role_name(cluster, region, "lbc") with an inline policy; role and association
 * carry CLUSTER_TAG, and only those that do are changed or removed. */
#ifndef EKS_CONTROLLER_H
#define EKS_CONTROLLER_H
#include "aws/aws.h"

struct controller_plan {
    const char *cluster; /* name of the EKS cluster */
    const char *namespace, *service_account;
    bool irsa;                    /* else Pod Identity */
    const char *role_arn;         /* a role of people's own; NULL = one is made */
    const struct value *tags;     /* of people; a map */
    const struct value *old_tags; /* of the last apply; NULL = none */
    const struct value *found;    /* EKS's object of the cluster; NULL is enough for Pod
                                     Identity's drift */
};

/* The ARN that a role made here has: asks who we are. */
bool controller_role_arn(struct call *c, struct aws *aws, const char *cluster, const char **arn);
/* Whether an ARN is that of the role that would be made. */
bool controller_is_made(struct arena *a, struct aws *aws, const char *cluster, const char *arn);
/* The policy: JSON. */
const char *controller_policy(struct arena *a, const char *partition, const char *cluster);

/* Before anything is made: has the cluster what the identity needs? Errors are at the
 * argument `identity`. */
bool controller_check(struct call *c, struct aws *aws, const struct controller_plan *plan);
/* Role and association. *role_arn: the role that the pods will have. */
bool controller_converge(struct call *c, struct aws *aws, const struct controller_plan *plan,
                         const char **role_arn);
/* When no pod needs it any more: the association of before IRSA, the made role of before
 * one's own. */
bool controller_prune(struct call *c, struct aws *aws, const struct controller_plan *plan);
/* What differs, a list; *exists: something of ours is there. */
bool controller_drift(struct call *c, struct aws *aws, const struct controller_plan *plan,
                      const struct value **drift, bool *exists);
bool controller_remove(struct call *c, struct aws *aws, const struct controller_plan *plan);

#endif
