/* cluster - an EKS cluster with what it needs to be used: roles, access entries, security
 * group rules, OIDC provider, add-ons, node groups (or Auto Mode).
 *
 * Found by its name in the region; ours when it carries CLUSTER_TAG. Each step looks first
 * and makes only what is missing, so that work which ended anywhere goes on at the next
 * call. Order: roles, cluster, settings, entries, OIDC provider, rules, upgrades (of each
 * minor version: cluster, add-ons, node groups), add-ons that nodes need, node groups, the
 * other add-ons. Removal: leftovers of controllers, add-ons, pod identity associations, node
 * groups, cluster, OIDC provider, roles. */
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
    const struct value *eks;      /* the object of eks_cluster_rows; what is unknown is open */
    const struct value *old_tags; /* tags_all of the last apply; null = none */
    const char *name;             /* of the EKS cluster */
    bool look_only;               /* change nothing, fill `drift` */

    const struct value *found; /* EKS's object; NULL = none */
    const struct value *drift; /* a list */
    /* Known after eks_cluster_converge(); "" = there is none. On removal those of the state. */
    const char *node_role_arn, *oidc_provider_arn;
};

/* `name` is the one of istio_cluster: the cluster's own where `eks` says none. */
bool eks_cluster_open(struct call *c, const struct value *eks, const char *name,
                      struct eks_cluster_work *out);
/* Rules without AWS; `eks` may hold unknowns. */
bool eks_cluster_validate(struct call *c, const struct value *eks);
/* The same of a change: what EKS never does. */
bool eks_cluster_check_change(struct call *c, const struct value *prior,
                              const struct value *planned);

bool eks_cluster_find(struct eks_cluster_work *w);
/* Before a create: one of that name that is neither ours nor to be adopted is an error, and
 * one that differs in what EKS never changes. */
bool eks_cluster_check_found(struct eks_cluster_work *w);
bool eks_cluster_converge(struct eks_cluster_work *w);
bool eks_cluster_remove(struct eks_cluster_work *w);
/* There is no cluster, but a role or the OIDC provider (of the state): its removal did not
 * come to the end. */
bool eks_cluster_has_remains(struct eks_cluster_work *w, bool *remains);
/* `eks` of a cluster as AWS has it. */
bool eks_cluster_import(struct eks_cluster_work *w, const struct value **eks);

/* `eks` with what the apply decided: no unknowns are left. */
const struct value *eks_cluster_settled(const struct eks_cluster_work *w);
/* `object` with arn, oidc_issuer, oidc_provider_arn, security_group_id, node_role_arn, vpc_id
 * and drift. */
const struct value *eks_cluster_described(const struct eks_cluster_work *w,
                                          const struct value *object);
/* host, ca_certificate and eks of a connection; host null while there is none. */
const struct value *eks_cluster_access(const struct eks_cluster_work *w);

#endif
