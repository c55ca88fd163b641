/* addon - EKS add-ons of a cluster: made in the order that nodes need, brought to the
 * version that is AWS's default for the cluster's version unless one is said.
 *
 * vpc-cni, kube-proxy and eks-pod-identity-agent come before nodes, all others after them.
 * On create existing objects are overwritten, on update people's changes are preserved.
 * DEGRADED is waited through; the last health issues stand in the error of a time-out. */
#ifndef EKS_ADDON_H
#define EKS_ADDON_H
#include "aws/aws.h"
#include "schema/attribute.h"

/* Rows of one entry of `addons`: version, configuration (dynamic, sent as JSON),
 * service_account_role_arn, resolve_conflicts, preserve. */
extern const struct attribute addon_rows[];

struct addon_cluster {
    const char *name, *version;
    const struct value *tags;
    bool adopted; /* add-ons that are not in the plan stay */
};

enum addon_stage { ADDON_BEFORE_NODES, ADDON_AFTER_NODES };

/* What a cluster gets when `addons` is left out: a map; empty for Auto Mode. */
const struct value *addon_defaults(struct arena *a, bool auto_mode);
bool addon_check(struct call *c, const struct path *at, const struct value *addons);
/* Those of the stage. Those that carry our tag and are not wanted are removed with
 * ADDON_AFTER_NODES. */
bool addon_converge(struct call *c, struct aws *aws, const struct addon_cluster *cluster,
                    const struct value *addons, enum addon_stage stage);
bool addon_drift(struct call *c, struct aws *aws, const struct addon_cluster *cluster,
                 const struct value *addons, const struct value **drift);
/* All of them; vpc-cni's objects stay, since pods need them to end. */
bool addon_remove_all(struct call *c, struct aws *aws, const char *cluster);
bool addon_import(struct call *c, struct aws *aws, const char *cluster,
                  const struct value **addons);

#endif
