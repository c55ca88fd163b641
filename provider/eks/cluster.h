/* cluster - an EKS cluster with what it needs to be used: roles, access entries, security
 * group rules, OIDC provider, add-ons, node groups (or Auto Mode).
 *
 * Found by its name in the region; ours when it carries CLUSTER_TAG. Each step looks first
 * and makes only what is missing, so that work which ended anywhere goes on at the next
 * call. Order: cluster role, cluster, entries, rules, OIDC provider, add-ons that nodes
 * need, node role, node groups, the other add-ons; upgrades: cluster, add-ons, node groups.
 * Removal: leftovers of controllers, add-ons, pod identity associations, node groups,
 * cluster, OIDC provider, roles, security groups that carry our tag. */
#ifndef EKS_CLUSTER_H
#define EKS_CLUSTER_H
#include "aws/aws.h"
#include "schema/attribute.h"
#include "schema/plan.h"

/* Rows of `eks` of istio_cluster. */
extern const struct attribute eks_cluster_rows[];

struct eks_cluster_work {
    struct call *call;
    struct aws *aws;
    const struct value *eks;   /* the object of eks_cluster_rows, known */
    const struct value *prior; /* the same as it was before; null on create */
    const char *name;          /* of the EKS cluster */
    const struct value *found; /* EKS's object; NULL = none */
    const struct value *drift; /* with look_only: what differs, a list */
    bool look_only;
};

bool eks_cluster_open(struct call *c, const struct value *eks, struct aws **out);
/* Rules without AWS. */
bool eks_cluster_validate(struct call *c, const struct value *eks);
bool eks_cluster_find(struct eks_cluster_work *w);
bool eks_cluster_converge(struct eks_cluster_work *w);
bool eks_cluster_remove(struct eks_cluster_work *w);
/* What istio_cluster tells of it: arn, oidc_issuer, oidc_provider_arn, security_group_id,
 * node_role_arn, vpc_id, endpoint: the members of `object` with them. */
const struct value *eks_cluster_described(struct eks_cluster_work *w, const struct value *object);
/* `eks` (cluster_name, region, …) of the connection, host and CA. */
const struct value *eks_cluster_access(struct eks_cluster_work *w);

#endif
