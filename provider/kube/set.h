/* set - many objects of one owner handled as one: applied in the order that
 * they need, remembered in an inventory, compared with what is live, pruned,
 * and deleted in reverse.
 *
 * An inventory is a map from key to {"api_version", "uid"}; a key is
 * "Kind/namespace/name", with an empty namespace for cluster-scoped objects:
 * "ClusterRole//reader". It goes into state as it is. Objects are a list value
 * of maps as in JSON. Order: namespaces, CRDs (waited for until Established),
 * what others refer to (accounts, RBAC, Secrets, ConfigMaps, Services), then
 * workloads, then everything else, webhook configurations last. */
#ifndef KUBE_SET_H
#define KUBE_SET_H
#include "kube/kube.h"

char *kube_set_key(struct arena *a, const struct value *object);

/* Offline: each is an object with apiVersion, kind and metadata.name (no
 * generateName, no status), none stands twice. Unknown parts are passed over.
 * Reports against `at`, with the object's number or name. */
bool kube_set_check(struct call *c, const struct path *at, const struct value *objects);

struct kube_set_options {
    unsigned flags;          /* KUBE_FORCE, KUBE_NEW_ONLY (first apply), KUBE_SECRET */
    const char *import_hint; /* how to take over what exists and is not ours */
};
/* Applies all, then deletes what `before` (an inventory or null) has and the
 * objects lack. *inventory is always set: on failure it is what exists by now,
 * so that the next apply goes on. Parallel inside each step of the order. */
bool kube_set_apply(struct call *c, struct kube *k, const struct value *objects,
                    const struct value *before, const struct kube_set_options *options,
                    const struct value **inventory);

/* What is live against what is wanted, by the fields that we own: a map from
 * key to a list of paths that differ, absent for objects that agree; ["(gone)"]
 * for objects that do not exist. One LIST per kind (and namespace where all of
 * that kind are in one) when there are more than three of it, else a GET each.
 * Values of Secrets are compared, never shown. */
bool kube_set_drift(struct call *c, struct kube *k, const struct value *objects,
                    const struct value **drift);

/* Deletes in reverse order and waits until all are gone; each only by its uid.
 * *left is the inventory of what remains when it fails (may be NULL). */
bool kube_set_delete(struct call *c, struct kube *k, const struct value *inventory,
                     const struct kube_delete_options *options, const struct value **left);

#endif
