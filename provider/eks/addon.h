/* addon - EKS add-ons of a cluster: made in the order that nodes need, brought to the
 * version that is AWS's default for the cluster's version unless one is said.
 *
 * vpc-cni, kube-proxy and eks-pod-identity-agent come before nodes, all others after them.
 * On create existing objects are overwritten, on update people's changes are preserved.
 * DEGRADED is waited through, at most ADDON_MS, where nodes are to be expected; the last
 * health issues stand in the error of a time-out. An add-on whose version is not said keeps
 * a newer one than the default; the tag ADDON_VERSION_TAG remembers the cluster's version
 * that it was chosen for, so that AWS is asked for versions only when that changes. */
#ifndef EKS_ADDON_H
#define EKS_ADDON_H
#include "aws/aws.h"
#include "schema/attribute.h"

#define ADDON_VERSION_TAG "istio.multicluster/kubernetes-version"
/* "true": the objects stay in the cluster when the add-on goes. */
#define ADDON_PRESERVE_TAG "istio.multicluster/preserve"

enum { ADDON_MS = 20 * 60 * 1000, ADDON_DELETE_MS = 40 * 60 * 1000 };

/* Rows of one entry of `addons`: version, configuration (JSON text: Terraform has no
 * dynamic values in maps of objects), service_account_role_arn, resolve_conflicts, preserve. */
extern const struct attribute addon_rows[];

struct addon_cluster {
    const char *name, *version;
    const struct value *tags;     /* of people, a map */
    const struct value *old_tags; /* as they were given before; may be NULL */
    bool adopted;  /* add-ons that we did not make get no tags of ours, so they stay */
    bool no_nodes; /* none are to be expected: DEGRADED is the end of waiting */
};

enum addon_stage { ADDON_BEFORE_NODES, ADDON_AFTER_NODES };

/* What a cluster gets when `addons` is left out: a map; empty for Auto Mode. */
const struct value *addon_defaults(struct arena *a, bool auto_mode);
bool addon_check(struct call *c, const struct path *at, const struct value *addons);
/* Those of the stage. Those that carry our tag and are not wanted are removed with
 * ADDON_AFTER_NODES. */
bool addon_converge(struct call *c, struct aws *aws, const struct addon_cluster *cluster,
                    const struct value *addons, enum addon_stage stage);
/* "add-on x: missing", "add-on x: configuration": a list; changes nothing. */
bool addon_drift(struct call *c, struct aws *aws, const struct addon_cluster *cluster,
                 const struct value *addons, const struct value **drift);
/* All of them; vpc-cni's objects stay, since pods need them to end. */
bool addon_remove_all(struct call *c, struct aws *aws, const char *cluster);
/* The map that describes what there is, for imports. */
bool addon_import(struct call *c, struct aws *aws, const char *cluster,
                  const struct value **addons);

#endif
