/* release - a chart as a release on a cluster: planned object by object, applied,
 * watched for drift, pruned, removed; with Helm's own records, so that `helm list`,
 * `history` and `uninstall` know it, and what Helm installed can be taken over.
 *
 * State of a resource holds for each object an entry of `objects`:
 *     "Deployment.apps/istio-system/istiod" =
 *         { action, api_version, changed = ["spec.replicas", ...], digest, uid }
 * (keys as in kube/set.h). An object that a plan does not touch keeps its entry word
 * for word, so that a plan shows just what it changes; action is that of the last
 * change: "create", "update" or "adopt". Rendered text is never in the state: what
 * was rendered is known by salted digests (in private data) and by the record on the
 * cluster. */
#ifndef HELM_RELEASE_H
#define HELM_RELEASE_H
#include "helm/render.h"
#include "kube/kube.h"
#include "kube/wait.h"
#include "schema/attribute.h"
#include "schema/plan.h"

extern const struct attribute release_object_rows[]; /* of one entry of `objects` */
#define RELEASE_OBJECTS(attribute_name, ...)                                                       \
    NESTED(attribute_name, NESTING_MAP, release_object_rows, COMPUTED, __VA_ARGS__)

enum release_flags {
    RELEASE_FORCE_CONFLICTS = 1 << 0,
    RELEASE_TAKE_OWNERSHIP = 1 << 1, /* adopt objects of other owners */
    RELEASE_KEEP_CRDS = 1 << 2,      /* on removal: CRDs of crds/ and templates stay */
    RELEASE_NO_HOOKS = 1 << 3,
    RELEASE_WAIT = 1 << 4,    /* until everything is ready */
    RELEASE_NO_CRDS = 1 << 5, /* leave crds/ alone */
};

/* What is wanted. */
struct release {
    const char *name, *namespace;
    const struct chart *chart;
    const struct value *values; /* the user's */
    unsigned flags;
    const struct path *at; /* attribute for messages: chart or component */
    const struct path *values_at;
    const char *import_hint;
    const char *network; /* topology.istio.io/network of the namespace, or NULL */
};

/* What a state remembers of one release; lives in private data under its name. */
struct release_memory {
    const struct value *objects; /* entries of this release in the state */
    const struct value *private; /* of this release; value_null at first */
};

/* Renders against the cluster (k NULL: offline) and says what an apply would do.
 * objects: the planned entries; known wherever it is certain. *revision is that of
 * the record that the apply will write, or the present one when nothing changes. */
struct release_outlook {
    const struct value *objects;
    bool changes;
    int64_t revision; /* 0 = not known before the apply */
};
bool release_plan(struct call *c, struct kube *k, const struct release *r,
                  const struct release_memory *before, struct release_outlook *out);
/* Installs or upgrades. *after is always set: on failure it is what exists. A render
 * that fails changes nothing. */
bool release_apply(struct call *c, struct kube *k, const struct release *r,
                   const struct release_memory *before, struct release_memory *after,
                   int64_t *revision);
/* One LIST per kind; entries whose live fields differ lose their digest and get the
 * places in *drift (lines "key: place"); gone objects leave *after. */
bool release_refresh(struct call *c, struct kube *k, const struct release_memory *before,
                     const char *name, const char *namespace, struct release_memory *after,
                     const struct value **drift, int64_t *revision);
/* Hooks, objects in Helm's uninstall order, record. Objects with helm.sh/resource-policy
 * keep stay and are named in a warning. */
bool release_remove(struct call *c, struct kube *k, const struct release *r,
                    const struct release_memory *before, struct release_memory *left);
/* What the newest record on the cluster says, for import and adoption: its objects as
 * entries; *found false when there is no release of that name. */
struct release_found {
    bool found;
    int64_t revision;
    const char *status, *chart_name, *chart_version, *app_version;
    const struct value *values; /* the user's */
    struct release_memory memory;
};
bool release_look(struct call *c, struct kube *k, const char *name, const char *namespace,
                  struct release_found *out);

#endif
