/* nodegroup - managed node groups of a cluster with their launch templates.
 *
 * A group is found by its name under the cluster, its launch template by the name
 * "<cluster>-<group>" and CLUSTER_TAG. Templates carry the tags of instances, volumes and
 * interfaces, IMDSv2 with hop limit 2, the disk, and the cluster's own security group (and
 * no other with the tag kubernetes.io/cluster/<name>). A change that EKS cannot make in
 * place is a FORCE of that group alone, told in the plan: it is made beside and the old one
 * removed only when both cannot have one name, so groups are replaced by removing first.
 * Groups are made and changed side by side. */
#ifndef EKS_NODEGROUP_H
#define EKS_NODEGROUP_H
#include "aws/aws.h"
#include "schema/attribute.h"

/* Rows of one entry of `node_groups`: instance_types, ami_type, capacity_type, min_size,
 * max_size, desired_size (only given at create; the autoscaler's afterwards unless said),
 * disk_size, labels, taints, subnet_ids, max_unavailable_percentage, version, tags. */
extern const struct attribute nodegroup_rows[];

/* What all of them share. */
struct nodegroup_cluster {
    const char *name, *version; /* "1.33": what groups without a version follow */
    const char *node_role_arn;
    const char *security_group_id;          /* EKS's own group of the cluster */
    const struct value *security_group_ids; /* more of them, a list */
    const struct value *subnet_ids;         /* default of groups */
    const struct value *tags;               /* a map, ours included */
    bool adopted;                           /* groups that are not in the plan stay */
};

/* Rules of the map that need no AWS: sizes, names, instance types said once. */
bool nodegroup_check(struct call *c, const struct path *at, const struct value *groups);
/* Makes, changes, upgrades (after the control plane, never beyond it), and removes those
 * that carry our tag and are not wanted. Within minutes it says why nodes do not join: from
 * health issues, the group's scaling activities and instance states. */
bool nodegroup_converge(struct call *c, struct aws *aws, const struct nodegroup_cluster *cluster,
                        const struct value *groups);
/* "node group x: missing", "node group x: labels differ": a list; changes nothing. */
bool nodegroup_drift(struct call *c, struct aws *aws, const struct nodegroup_cluster *cluster,
                     const struct value *groups, const struct value **drift);
/* All groups of the cluster (not ours alone: the cluster goes), side by side, then our
 * launch templates. */
bool nodegroup_remove_all(struct call *c, struct aws *aws, const char *cluster);
/* The map that describes what there is, for imports. */
bool nodegroup_import(struct call *c, struct aws *aws, const char *cluster,
                      const struct value **groups);

#endif
