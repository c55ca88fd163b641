/* security - rules of a cluster's security group that the mesh needs.
 *
 * From the blocks of other clusters: 15012, 15017, 15021, 15443 (other networks), or all
 * ports (one flat network: pods reach each other). From the control plane, with own groups on
 * nodes: 443, 10250, 15012, 15017. One rule of EC2 is one rule of ours, with CLUSTER_TAG;
 * rules of others are never touched. */
#ifndef EKS_SECURITY_H
#define EKS_SECURITY_H
#include "aws/aws.h"

struct security_plan {
    const char *cluster, *group_id;
    const struct value *mesh_cidr_blocks; /* of gateways' and istiods' callers: a list */
    const struct value *flat_cidr_blocks; /* of clusters on the same network: a list */
    const struct value *tags;
};

bool security_converge(struct call *c, struct aws *aws, const struct security_plan *plan);
bool security_drift(struct call *c, struct aws *aws, const struct security_plan *plan,
                    const struct value **drift);

#endif
