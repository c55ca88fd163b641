/* eks_token - bearer tokens of EKS clusters, signed in process: a presigned
 * GetCallerIdentity that names the cluster. Good for 15 minutes; used for 14.
 * Source: the authenticator of EKS (aws-iam-authenticator), "API authorization from
 * outside a cluster". */
#ifndef AWS_EKS_TOKEN_H
#define AWS_EKS_TOKEN_H
#include "aws/aws.h"

/* In the call's arena; never to be stored. */
bool eks_token(struct call *c, struct aws *session, const char *cluster, const char **token,
               int64_t *expires_at);
/* What kube is given (kube_pool_set_eks_token, kube_pool_set_eks_cluster): `eks` of a
 * connection: cluster_name, region, role_arn, profile. */
bool eks_connection_token(struct call *c, const struct value *eks, const char **token,
                          int64_t *expires_at);
bool eks_connection_cluster(struct call *c, const struct value *eks, const char **host,
                            struct text *ca_pem);

#endif
