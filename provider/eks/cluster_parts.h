/* cluster_parts - the inside of cluster.h: what its files share. */
#ifndef EKS_CLUSTER_PARTS_H
#define EKS_CLUSTER_PARTS_H
#include "eks/addon.h"
#include "eks/cluster.h"
#include "eks/cluster_tag.h"
#include "eks/nodegroup.h"
#include "eks/security.h"

/* Shorthands. */
const struct value *cluster_text(const struct eks_cluster_work *w, const char *z);
const struct value *cluster_input(const struct eks_cluster_work *w);
const char *cluster_status(const struct eks_cluster_work *w);
bool cluster_is_ours(const struct eks_cluster_work *w);
/* Notes what differs; true = it may be changed. */
bool cluster_may_change(struct eks_cluster_work *w, const char *what);
void cluster_add_drift(struct eks_cluster_work *w, const struct value *list);

/* --- cluster_setting.c: what UpdateClusterConfig can change -------------------------- */
/* CreateCluster's members for all settings. */
const struct value *cluster_settings_input(const struct eks_cluster_work *w);
/* One call of UpdateClusterConfig for each kind that differs, each waited for. */
bool cluster_settings_converge(struct eks_cluster_work *w);
/* `eks` with the settings that the cluster has. */
const struct value *cluster_settings_import(const struct eks_cluster_work *w,
                                            const struct value *eks);
/* Waits for an update that was begun, and looks at the cluster again. */
bool cluster_await_update(struct eks_cluster_work *w, const struct value *update);
/* UpdateClusterConfig or …Version, tried again while another one runs. */
bool cluster_update(struct eks_cluster_work *w, const struct aws_operation *operation,
                    const struct value *change);

/* --- cluster_role.c ------------------------------------------------------------------ */
/* *arn: of the cluster's role; of the nodes', "" when nobody needs one. */
bool cluster_role_converge(struct eks_cluster_work *w, const char **arn);
bool cluster_node_role_converge(struct eks_cluster_work *w);
bool cluster_roles_remove(struct eks_cluster_work *w);
/* One of ours; "cluster" or "node". */
bool cluster_role_is_there(struct eks_cluster_work *w, const char *suffix, bool *found);
/* Is it the name that we would give to the role? */
bool cluster_made_role(const struct eks_cluster_work *w, const char *arn, const char *suffix);

/* --- cluster_create.c ---------------------------------------------------------------- */
/* It is going, or never came to be: another one is made when it is gone. */
bool cluster_makes_room(const struct eks_cluster_work *w);
/* The cluster is there and ACTIVE afterwards. */
bool cluster_ensure(struct eks_cluster_work *w);
bool cluster_await_active(struct eks_cluster_work *w);

/* --- cluster_provider.c: the OIDC provider in IAM ------------------------------------ */
bool cluster_provider_converge(struct eks_cluster_work *w);
bool cluster_provider_is_there(struct eks_cluster_work *w, bool *found);
bool cluster_provider_remove(struct eks_cluster_work *w, const char *arn);

/* --- cluster_upgrade.c ---------------------------------------------------------------- */
/* 33 of "1.33"; -1 = not a version. */
int cluster_minor(const char *version);
/* One minor version after the other up to the wanted one, with add-ons and nodes. */
bool cluster_upgrade(struct eks_cluster_work *w);
bool cluster_has_nodes(const struct value *eks);
bool cluster_addons(struct eks_cluster_work *w, enum addon_stage stage);
bool cluster_nodegroups(struct eks_cluster_work *w);

#endif
