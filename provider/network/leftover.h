/* leftover - what clusters and their controllers leave in AWS: load balancers, target
 * groups, security groups, network interfaces, volumes.
 *
 * Proof that a thing is a cluster's are tags alone: elbv2.k8s.aws/cluster=<name>,
 * kubernetes.io/cluster/<name>=owned, eks:eks-cluster-name, cluster.k8s.amazonaws.com/name,
 * ebs.csi.aws.com/cluster-name. Without them a thing is named, never removed. */
#ifndef NETWORK_LEFTOVER_H
#define NETWORK_LEFTOVER_H
#include "aws/aws.h"

struct leftover {
    /* "load balancer", "target group", "network interface", "security group", "volume",
     * "endpoint": in the order in which AWS lets them go */
    const char *kind;
    const char *id, *name; /* ARN of what Elastic Load Balancing has */
    const char *made_by;   /* "Service istio-ingress/istio-eastwestgateway of cluster eks-1"; "" */
    const char *cluster;   /* "" = no tag proves whose it is */
    bool passes;           /* may go by itself: its controller or AWS is at work */
    const struct value *object; /* as AWS describes it */
};

/* Of one cluster that may still run (vpc_id may be ""): what carries its tags, and is not
 * in use by it. Or all that keeps a VPC from going (cluster ""), but for NAT gateways; and
 * the volumes of `clusters`. */
struct leftover_place {
    const char *cluster, *vpc_id;
    const struct value *clusters; /* a list of names; NULL = none */
};

/* *count may be 0. Sorted by kind and id. */
bool leftover_find(struct call *c, struct aws *aws, const struct leftover_place *place,
                   struct leftover **list, size_t *count);
/* Waits, at most ms and not longer than one of them `passes`, telling progress. *count is
 * what is left then. Some seconds of the call's time are kept to speak of it. */
bool leftover_wait(struct call *c, struct aws *aws, const struct leftover_place *place, int64_t ms,
                   struct leftover **list, size_t *count);
/* Removes those that tags prove to be a cluster's, in the order in which AWS lets them go,
 * and waits for their end. In a VPC: not those of a cluster that still exists. */
bool leftover_remove(struct call *c, struct aws *aws, const struct leftover_place *place);
/* "- load balancer k8s-…, made by …" by lines, for a diagnostic. */
const char *leftover_text(struct arena *a, const struct leftover *list, size_t count);

#endif
