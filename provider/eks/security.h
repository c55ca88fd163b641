/* security - rules of a cluster's security group that the mesh needs.
 *
 * From mesh_cidr_blocks: istiod (15012), its webhook (15017), health (15021) and the
 * east-west gateway (15443), over TCP. From flat_cidr_blocks, where pods of two clusters
 * reach each other: everything. Control plane and nodes need no rule of ours: all nodes
 * carry EKS's own group, which trusts itself. One rule of EC2 is one rule of ours, with
 * CLUSTER_TAG; rules of others are never touched, and one that says the same as ours
 * stands for it. */
#ifndef EKS_SECURITY_H
#define EKS_SECURITY_H
#include "aws/aws.h"

struct security_plan {
    const char *cluster, *group_id;
    const struct value *mesh_cidr_blocks; /* of gateways' and istiods' callers: a list */
    const struct value *flat_cidr_blocks; /* of clusters on the same network: a list */
    const struct value *tags;             /* of people, a map */
};

bool security_converge(struct call *c, struct aws *aws, const struct security_plan *plan);
/* "security group sg-1: no rule for 15012 from 10.2.0.0/16": a list; changes nothing. */
bool security_drift(struct call *c, struct aws *aws, const struct security_plan *plan,
                    const struct value **drift);
/* The blocks that rules of ours let in, each a list; null = none. */
bool security_import(struct call *c, struct aws *aws, const char *cluster, const char *group_id,
                     const struct value **mesh_cidr_blocks, const struct value **flat_cidr_blocks);

#endif
