/* release - a chart as a release on a cluster: planned object by object, applied,
 * watched for drift, pruned, removed; with Helm's own records, so that `helm list`,
 * `history` and `uninstall` know it, and what Helm installed can be taken over.
 *
 * State of a resource holds for each object an entry of `objects`:
 *     "Deployment.apps/istio-system/istiod" =
 *         { action, api_version, changed = {"spec.replicas" = 3}, digest, uid }
 * (keys as in kube/set.h). An object that a plan does not touch keeps its entry word
 * for word, so that a plan shows just what it changes; action is that of the last
 * change: "create", "update" or "adopt"; changed are its places with the revision. Of a
 * touched one, both are known at plan, digest and a new object's uid after the apply. Rendered text
 * is never in the state: what was rendered is known by salted digests (in private data) and by the
 * record on the cluster. An entry without a digest is one whose live fields differ: the next plan
 * touches it.
 *
 * Where this is not Helm: lookup asks the server in plans too (Helm's dry runs answer
 * an empty map), so that what a chart keeps by lookup is stable; files that call random
 * or time functions keep the text of the last record while chart and values are the
 * same; CRDs of crds/ are upgraded; custom objects go before workloads at removal, so
 * that finalizers are served; hooks' objects that we made go with the release. */
#ifndef RELEASE_RELEASE_H
#define RELEASE_RELEASE_H
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
    RELEASE_TAKE_OWNERSHIP = 1 << 1, /* adopt objects, and a release, of other owners */
    RELEASE_KEEP_CRDS = 1 << 2,      /* on removal: CRDs of crds/ and templates stay */
    RELEASE_NO_HOOKS = 1 << 3,
    RELEASE_WAIT = 1 << 4,      /* until everything is ready */
    RELEASE_NO_CRDS = 1 << 5,   /* leave crds/ alone */
    RELEASE_NO_SCHEMA = 1 << 6, /* values are not held against values.schema.json */
};

enum { RELEASE_HISTORY = 10 }; /* records that are kept where nothing else is said */

/* What is wanted. For a removal name, namespace and flags are enough. */
struct release {
    const char *name, *namespace;
    const struct chart *chart;
    const struct value *values; /* the user's */
    unsigned flags;
    size_t history;        /* records to keep; 0 = RELEASE_HISTORY */
    const struct path *at; /* attribute for messages: chart or component */
    const struct path *values_at;
    const char *import_hint; /* how an existing release is taken over */
    /* Apply only: what the plan showed as entries and revision. NULL or unknown, and 0:
     * the apply decides itself. An apply that would do something else is an error. */
    const struct value *planned;
    int64_t planned_revision;
};

/* What a state remembers of one release. */
struct release_memory {
    const struct value *objects; /* entries of this release in the state; may be null */
    const struct value *private; /* of this release, from private data; value_null at first */
    int64_t revision;            /* of the newest record, as last seen; 0 = none */
    const char *status;          /* of that record: "deployed" ...; NULL or "" = none */
};

/* Renders against the cluster (k NULL: offline) and says what an apply would do.
 * Offline nothing is certain: `objects` is unknown and a warning lists what the chart
 * renders to, unless chart and values are those of the last apply. Unknown are objects and
 * revision also of a create where a release of ours exists already. */
struct release_outlook {
    const struct value *objects; /* planned entries, or value_unknown */
    bool changes;                /* false: all is as the memory says */
    int64_t revision;            /* that the apply will write, or the present one; 0 = not known */
};
bool release_plan(struct call *c, struct kube *k, const struct release *r,
                  const struct release_memory *before, struct release_outlook *out);
/* Installs or upgrades. The namespace exists. *after is always set: on failure it is
 * what exists. A render that fails changes nothing. */
bool release_apply(struct call *c, struct kube *k, const struct release *r,
                   const struct release_memory *before, struct release_memory *after);
/* One LIST per kind; entries whose live fields differ lose their digest and get the
 * places in *drift (lines "key: place"), as does a release that others changed; gone
 * objects leave *after. A release that is gone as a whole has no objects and revision
 * 0. */
bool release_refresh(struct call *c, struct kube *k, const char *name, const char *namespace,
                     const struct release_memory *before, struct release_memory *after,
                     const struct value **drift);
/* The same for several releases of one namespace, whose LISTs are shared: `objects` are
 * the entries of all of them. */
struct release_sight {
    const struct value *live, *histories;
};
bool release_look_around(struct call *c, struct kube *k, const char *const *names, size_t count,
                         const char *namespace, const struct value *objects,
                         struct release_sight *out);
bool release_refresh_seen(struct call *c, struct kube *k, const char *name, const char *namespace,
                          const struct release_memory *before, const struct release_sight *seen,
                          struct release_memory *after, const struct value **drift);
/* Hooks, objects, records. Objects with helm.sh/resource-policy keep stay and are
 * named in a warning. */
bool release_remove(struct call *c, struct kube *k, const struct release *r,
                    const struct release_memory *before, struct release_memory *left);

/* What the newest record on the cluster says, for import and adoption: its objects as
 * entries; *found false when there is no release of that name. */
struct release_found {
    bool found;
    const char *chart_name, *chart_version, *app_version;
    const struct value *values; /* the user's */
    struct release_memory memory;
};
bool release_look(struct call *c, struct kube *k, const char *name, const char *namespace,
                  struct release_found *out);

/* --- for whoever only renders: k NULL = offline; crds: objects that the chart brings --- */
/* The template function lookup, answered by the server. */
struct template_hooks release_lookup(struct call *c, struct kube *k, const struct value *crds);
/* An object of a chart with its namespace filled in (or taken away, where its kind has
 * none); offline as far as the kinds are known. */
bool release_placed(struct call *c, struct kube *k, const char *namespace, const struct value *crds,
                    const struct value *object, const struct value **out);

#endif
