/* cloud_eks - what the files of the stand-in EKS share.
 *
 * Records are in the cluster's region: "cluster" by name, "nodegroup", "addon" and
 * "access-entry" by "cluster/name", "pod-identity-association" by its id; updates are
 * ghosts. An ACTIVE cluster is one of the sandbox's API servers, whose callers show EKS
 * tokens. What is made with the tag CLOUD_EKS_FAIL fails instead of becoming active, with
 * the tag's value as its health code: node groups with failed scaling activities, or, with
 * CLOUD_EKS_NEVER_JOINS, with instances that run and never become nodes.
 *
 * Locks: handlers and what ripens hold the account's lock and may call a cluster's server;
 * a server asks who bears a token before it takes its own lock, and tells the account of
 * its changes after it has let go of it. */
#ifndef SANDBOX_AWS_CLOUD_EKS_H
#define SANDBOX_AWS_CLOUD_EKS_H
#include "acceptance/sandbox/aws/cloud_server.h"

#define CLOUD_EKS_FAIL "sandbox/fail"
#define CLOUD_EKS_NEVER_JOINS "NodeCreationFailure"

/* --- eks.c ---------------------------------------------------------------------------- */
/* Of the member clusterName or name; NULL = refused. */
struct record *cloud_eks_cluster(struct cloud_request *r);
/* The same when it is ACTIVE. */
struct record *cloud_eks_active_cluster(struct cloud_request *r);
/* "cluster/name" of a record below the request's cluster. */
const char *cloud_eks_id(const struct cloud_request *r, const char *name);
/* A record below the request's cluster, "No <kind> …"; NULL = refused. */
struct record *cloud_eks_find(struct cloud_request *r, const char *kind, const char *name);
/* The next one of that kind below a cluster. */
struct record *cloud_eks_below(struct cloud *c, const struct record *before, const char *kind,
                               const struct record *cluster);
/* A new record with the request's tags: the members of `body`, clusterName, status
 * (NULL = it has none), createdAt, and its ARN as `arn_member`. */
struct record *cloud_eks_new(struct cloud_request *r, const char *kind, const char *id,
                             const char *arn_member, const char *status, const struct value *body);
/* Refused unless the body has all of them; NULL ends. */
bool cloud_eks_needs(struct cloud_request *r, const char *const *names);
bool cloud_eks_answer(struct cloud_request *r, const char *member, const struct record *record);
/* The names (body member `name`) of what is below the request's cluster. */
bool cloud_eks_list(struct cloud_request *r, const char *member, const char *kind,
                    const char *name);
/* The members of `names` that the request has, over `base`. */
const struct value *cloud_eks_given(const struct cloud_request *r, const char *const *names,
                                    const struct value *base);
void cloud_eks_set_status(struct record *record, const char *status);
/* The status when it was to fail: sets it with its health issue. */
bool cloud_eks_fails(struct record *record, const char *status);
void cloud_eks_set_issue(struct record *record, const char *code, const char *message);

/* --- eks_update.c ----------------------------------------------------------------------- */
/* Begins an update of an ACTIVE object: it is UPDATING, and `change` is merged into it when
 * the update is Successful. Answers. */
bool cloud_eks_update(struct cloud_request *r, struct record *subject, const char *type,
                      const struct value *change, int64_t seconds);

/* --- eks_nodegroup.c -------------------------------------------------------------------- */
/* The name of the Auto Scaling group behind a node group. */
const char *cloud_eks_scaling_group(const struct record *nodegroup);

/* --- eks_node.c ------------------------------------------------------------------------- */
/* Instances as many as are desired, or activities that say why there are none. */
void cloud_eks_nodes_launch(struct cloud *c, struct record *nodegroup);
/* As many nodes as are desired, all joined and ready. */
void cloud_eks_nodes_settle(struct cloud *c, struct record *nodegroup);
void cloud_eks_nodes_remove(struct cloud *c, struct record *nodegroup);
bool cloud_eks_has_nodes(struct cloud *c, const struct record *cluster);
/* The next one that is not terminated. */
struct record *cloud_eks_next_instance(struct cloud *c, const struct record *before,
                                       const struct record *nodegroup);
/* Why no instance is launched; "" = they are. */
const char *cloud_eks_launch_failure(const struct record *nodegroup);

/* --- eks_addon.c ------------------------------------------------------------------------ */
/* Nodes came: what waited for them becomes ACTIVE. */
void cloud_eks_addons_settle(struct cloud *c, const struct record *cluster);

/* --- eks_access.c ----------------------------------------------------------------------- */
/* An entry that EKS makes itself; policy NULL = none. */
void cloud_eks_entry_add(struct cloud *c, const struct record *cluster, const char *principal,
                         const char *type, const char *policy);
/* Fills in who bears an EKS token at a cluster. */
bool cloud_eks_user(struct cloud *c, struct arena *a, const struct record *cluster,
                    const char *token, struct user *out);

/* --- eks_token.c ------------------------------------------------------------------------ */
/* Whose key signed the token for this cluster, not longer than 15 minutes ago; NULL = no
 * valid token. */
const struct cloud_key *cloud_eks_token_key(struct cloud *c, struct arena *a, const char *region,
                                            const char *cluster, const char *token);

/* --- eks_server.c ----------------------------------------------------------------------- */
/* Starts the API server of a cluster: endpoint and certificate authority. */
void cloud_eks_server_start(struct cloud *c, struct record *cluster);
/* It has another version from now on: the cluster's. */
void cloud_eks_server_upgrade(struct cloud *c, const struct record *cluster);
/* Lets it end, without waiting. */
void cloud_eks_server_leave(struct cloud *c, const struct record *cluster);
/* Has its server or the account changed since the last call? */
bool cloud_eks_server_stirred(struct cloud *c, const struct record *cluster);
/* NULL = the cluster is not ACTIVE. Under the account's lock. */
struct sandbox *cloud_eks_server(struct cloud *c, const char *region, const char *cluster);
void cloud_eks_seed(struct cloud *c);

extern const struct cloud_operation cloud_eks_update_operations[], cloud_eks_nodegroup_operations[],
    cloud_eks_addon_operations[], cloud_eks_access_operations[],
    cloud_eks_pod_identity_operations[], cloud_eks_tag_operations[];

#endif
