/* leftover - what clusters and their controllers leave in AWS: load balancers, target
 * groups, security groups, network interfaces, volumes.
 *
 * Proof that a thing is a cluster's are tags alone: elbv2.k8s.aws/cluster=<name>,
 * kubernetes.io/cluster/<name>=owned, eks:eks-cluster-name, cluster.k8s.amazonaws.com/name,
 * ebs.csi.aws.com/cluster-name. Without them a thing is named, never removed. */
#ifndef EKS_LEFTOVER_H
#define EKS_LEFTOVER_H
#include "aws/aws.h"

struct leftover {
    const char *kind; /* "load balancer", "security group", "network interface", "volume" */
    const char *id, *name;
    const char *made_by; /* "Service istio-ingress/istio-eastwestgateway of cluster eks-1"; "" */
    const char *cluster; /* "" = no tag proves whose it is */
};

/* Of one cluster (vpc_id may be ""), or of all clusters in a VPC (cluster ""). */
struct leftover_place {
    const char *cluster, *vpc_id;
};

/* *count may be 0. Sorted by kind and id. */
bool leftover_find(struct call *c, struct aws *aws, const struct leftover_place *place,
                   struct leftover **list, size_t *count);
/* Waits until there are none, at most ms, telling progress; *count is what is left then. */
bool leftover_wait(struct call *c, struct aws *aws, const struct leftover_place *place, int64_t ms,
                   struct leftover **list, size_t *count);
/* Removes those that tags prove to be a cluster's, in the order in which AWS lets them go,
 * and waits for their end. */
bool leftover_remove(struct call *c, struct aws *aws, const struct leftover_place *place);
/* "- load balancer k8s-… (made by …)" by lines, for a diagnostic. */
const char *leftover_text(struct arena *a, const struct leftover *list, size_t count);

#endif
