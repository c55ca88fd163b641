/* cluster_workload - what in a cluster makes its controllers keep things in AWS. */
#ifndef EKS_CLUSTER_WORKLOAD_H
#define EKS_CLUSTER_WORKLOAD_H
#include "eks/cluster.h"

/* Asks the API server to delete all Services of type LoadBalancer and all Ingresses, and does
 * not wait. A server that cannot be asked is a warning. */
bool cluster_workload_remove(struct eks_cluster_work *w);

#endif
