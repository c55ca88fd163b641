/* nodegroup - managed node groups of a cluster with their launch templates.
 *
 * A group is found by its name under the cluster, its launch template by the name
 * "<cluster>/<group>" and CLUSTER_TAG. Templates carry the tags of instances, volumes and
 * interfaces, IMDSv2 with hop limit 2, the disk, and the cluster's own security group (and
 * no other with the tag kubernetes.io/cluster/<name>, or load balancer controllers refuse
 * its nodes).
 *
 * EKS changes in place what UpdateNodegroupConfig takes (sizes, labels, taints, how many
 * nodes may be away) and, node by node, what UpdateNodegroupVersion takes (version; by a
 * new version of the template disk, tags and security groups). It has no way to change
 * instance types, AMI type, capacity type, subnets and the node role: such a group is
 * removed and made again under its name, which nodegroup_replaced() tells in the plan.
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
    const struct value *tags;               /* of people, a map */
    const struct value *old_tags;           /* as they were given before; may be NULL */
    /* For looking at Nodes while they join: a connection object; NULL = not looked at. */
    const struct value *connection;
    bool adopted; /* groups that we did not make get no tags of ours, so they stay */
};

/* Rules of the map that need no AWS: sizes, names, instance types said once. */
bool nodegroup_check(struct call *c, const struct path *at, const struct value *groups);
/* "x (instance_types, subnet_ids)": those that will be removed and made again; a list. */
const struct value *nodegroup_replaced(struct arena *a, const struct value *prior,
                                       const struct value *planned);
/* Makes, changes, upgrades (after the control plane, never beyond it), and removes those
 * that carry our tag and are not wanted. Within minutes it says why nodes do not join: from
 * health issues, the group's scaling activities and instance states. */
bool nodegroup_converge(struct call *c, struct aws *aws, const struct nodegroup_cluster *cluster,
                        const struct value *groups);
/* "node group x: missing", "node group x: labels": a list; changes nothing. */
bool nodegroup_drift(struct call *c, struct aws *aws, const struct nodegroup_cluster *cluster,
                     const struct value *groups, const struct value **drift);
/* All groups of the cluster (not ours alone: the cluster goes), side by side, then our
 * launch templates. */
bool nodegroup_remove_all(struct call *c, struct aws *aws, const char *cluster);
/* The map that describes what there is, for imports. */
bool nodegroup_import(struct call *c, struct aws *aws, const char *cluster,
                      const struct value **groups);

#endif
