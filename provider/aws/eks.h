/* eks - the operations of EKS that we use, by the names of its API.
 *
 * Inputs and outputs are maps with the API's own member names. A function named
 * eks_describe_… gives the object itself, NULL when there is none. Creates and updates
 * carry a client request token of their own and may be repeated.
 * Source: EKS API reference, version 2017-11-01. */
#ifndef AWS_EKS_H
#define AWS_EKS_H
#include "aws/aws.h"
#include "aws/wait.h"

extern const struct aws_operation
    /* clusters */
    eks_create_cluster,
    eks_describe_cluster_row, eks_list_clusters, eks_update_cluster_config,
    eks_update_cluster_version, eks_delete_cluster, eks_describe_update,
    eks_describe_cluster_versions,
    /* access */
    eks_create_access_entry, eks_describe_access_entry_row, eks_list_access_entries,
    eks_update_access_entry, eks_delete_access_entry, eks_associate_access_policy,
    eks_disassociate_access_policy, eks_list_associated_access_policies,
    /* nodes */
    eks_create_nodegroup, eks_describe_nodegroup_row, eks_list_nodegroups,
    eks_update_nodegroup_config, eks_update_nodegroup_version, eks_delete_nodegroup,
    /* add-ons */
    eks_describe_addon_versions, eks_create_addon, eks_describe_addon_row, eks_list_addons,
    eks_update_addon, eks_delete_addon,
    /* pod identity */
    eks_create_pod_identity_association, eks_describe_pod_identity_association_row,
    eks_list_pod_identity_associations, eks_update_pod_identity_association,
    eks_delete_pod_identity_association,
    /* tags, by ARN */
    eks_tag_resource, eks_untag_resource, eks_list_tags_for_resource;

bool eks_describe_cluster(struct call *c, struct aws *session, const char *name,
                          const struct value **cluster);
bool eks_describe_nodegroup(struct call *c, struct aws *session, const char *cluster,
                            const char *name, const struct value **nodegroup);
bool eks_describe_addon(struct call *c, struct aws *session, const char *cluster, const char *name,
                        const struct value **addon);
bool eks_describe_access_entry(struct call *c, struct aws *session, const char *cluster,
                               const char *principal_arn, const struct value **entry);
/* The association of a service account, found among the cluster's; NULL = none. */
bool eks_find_pod_identity_association(struct call *c, struct aws *session, const char *cluster,
                                       const char *namespace, const char *service_account,
                                       const struct value **association);

/* "code: message (resource ids)" of each health issue of a cluster, node group or add-on. */
const char *eks_health(struct arena *a, const struct value *object);

/* Inputs are those of the describe operation. An add-on's DEGRADED is waited through. */
extern const struct aws_wait eks_cluster_active, eks_cluster_deleted, eks_nodegroup_active,
    eks_nodegroup_deleted, eks_addon_active, eks_addon_deleted, eks_update_successful;
/* For aws_wait(): the health issues of what was waited for, or the errors of an update. */
const char *eks_explain(struct arena *a, const struct value *output);

#endif
