/* role - IAM roles and policies that belong to a cluster, brought about and taken down.
 *
 * A role is found by its name, and is ours when it carries CLUSTER_TAG with the name of
 * the cluster. One of that name that is not ours is an error that names it. What IAM has
 * just made is seen elsewhere after some seconds: who uses a role retries by the codes of
 * the operation's row. */
#ifndef EKS_ROLE_H
#define EKS_ROLE_H
#include "aws/aws.h"
#include "eks/cluster_tag.h"

struct role_plan {
    const char *name;                    /* at most 64 characters: role_name() */
    const char *cluster;                 /* value of CLUSTER_TAG */
    const char *role;                    /* value of CLUSTER_ROLE_TAG */
    const char *trust;                   /* the assume role policy document: JSON */
    const char *const *managed_policies; /* ARNs, ended by NULL; more than these are left alone */
    const char *inline_policy; /* JSON of the inline policy of the role's own name; NULL = none */
    const struct value *tags;  /* of people, over which ours lie; a map */
    const struct value *old_tags; /* of the last apply: what `tags` lacks now goes; NULL = none */
};

/* "<cluster>-<region>-<suffix>", cut with a hash where 64 characters do not suffice: roles
 * are global, clusters are not. */
const char *role_name(struct arena *a, const char *cluster, const char *region, const char *suffix);
/* "arn:<partition>:iam::aws:policy/<name>". */
const char *role_managed_policy_arn(struct arena *a, struct aws *aws, const char *name);
/* {"Version": …} that lets an AWS service take the role: "eks.amazonaws.com" (with session
 * tags, as EKS Auto Mode asks for). */
const char *role_trust_service(struct arena *a, const char *service);
/* The same for EKS Pod Identity, and for one service account by the cluster's issuer. */
const char *role_trust_pod_identity(struct arena *a);
const char *role_trust_service_account(struct arena *a, const char *provider_arn,
                                       const char *issuer, const char *namespace,
                                       const char *service_account);

/* Makes it, or repairs trust, policies and tags. *arn: the role's. */
bool role_converge(struct call *c, struct aws *aws, const struct role_plan *plan, const char **arn);
/* What differs, a list of strings: "role x: missing"; changes nothing. *arn "" = missing. */
bool role_drift(struct call *c, struct aws *aws, const struct role_plan *plan,
                const struct value **drift, const char **arn);
/* Only when it is ours (its tags say so): another is left alone, and one that is gone is a
 * success. Its policies are detached first, whoever attached them. */
bool role_remove(struct call *c, struct aws *aws, const char *name, const char *cluster);

#endif
