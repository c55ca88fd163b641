/* access - who may come to a cluster: access entries and their policies.
 *
 * The caller's own principal always has cluster-admin rights while we work, is never
 * removed before the cluster, and a plan that takes away the last administrator is
 * refused. EKS's own entries (of node roles) are left alone. */
#ifndef EKS_ACCESS_H
#define EKS_ACCESS_H
#include "aws/aws.h"
#include "schema/attribute.h"

/* Rows of one entry of `access_entries` (by principal ARN): policies (names such as
 * AmazonEKSViewPolicy, or ARNs), namespaces (null = the whole cluster), kubernetes_groups,
 * username. */
extern const struct attribute access_rows[];

/* The role or user behind an identity: sessions of a role are the role, with its path
 * where IAM tells it. */
bool access_principal(struct call *c, struct aws *aws, const char **arn);
bool access_check(struct call *c, const struct path *at, const struct value *entries);
/* The caller and `entries`; those that carry our tag and are not wanted go. */
bool access_converge(struct call *c, struct aws *aws, const char *cluster,
                     const struct value *entries, const struct value *tags);
bool access_drift(struct call *c, struct aws *aws, const char *cluster, const struct value *entries,
                  const struct value **drift);
bool access_import(struct call *c, struct aws *aws, const char *cluster,
                   const struct value **entries);

#endif
