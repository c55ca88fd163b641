/* release_parts - what the files of release share. For them only. */
#ifndef RELEASE_RELEASE_PARTS_H
#define RELEASE_RELEASE_PARTS_H
#include "kube/set.h"
#include "release/record.h"
#include "release/release.h"

/* --- rendering (release_render.c) -------------------------------------------- */
/* What a chart renders to for one revision of a release, as it is applied: namespaces
 * filled in, Lists expanded, Helm's marks on all but the CRDs of crds/. */
struct release_text {
    struct rendered rendered;
    const struct value *crds;    /* list of objects of crds/ */
    const struct value *objects; /* list, in Helm's install order */
    const struct value *digests; /* key -> salted digest, of both */
};
/* The salt of a memory, or a new one. */
bool release_salt(struct call *c, const struct release_memory *memory, const char **salt);
bool release_digest(struct call *c, const char *salt, const struct value *v, const char **out);
/* last: the record whose texts unstable files keep; NULL = none. k NULL = offline. */
bool release_render(struct call *c, struct kube *k, const struct release *r, int64_t revision,
                    bool is_upgrade, const struct record *last, const char *salt,
                    struct release_text *out);
/* The objects of a record as they were applied. */
bool release_record_objects(struct call *c, struct kube *k, const struct record *record,
                            const struct value **objects);
/* CRDs of the crds/ folder of a record's chart. */
bool release_record_crds(struct call *c, const struct record *record, const struct value **crds);

/* The label that release_marked() gives: of all objects but CRDs of crds/. */
#define RELEASE_MARK "app.kubernetes.io/managed-by=Helm"

/* --- ownership (release_owner.c) ----------------------------------------------- */
const struct value *release_marked(struct arena *a, const struct release *r,
                                   const struct value *object);
/* What of a live object counts for digests and drift. */
kube_set_view_fn release_view;
/* Without what another manager owns and that is never fought over. live NULL = none.
 * scaled: keys "Deployment/name" that an autoscaler of the release scales. */
const struct value *release_without_foreign(struct arena *a, const struct value *object,
                                            const struct value *live, const struct value *scaled);
const struct value *release_scaled(struct arena *a, const struct value *objects);
/* `live` may be written by this release, or is reported. */
bool release_may_touch(struct call *c, struct kube *k, const struct release *r,
                       const struct value *entry, const struct value *object,
                       const struct value *live);
/* Makes fields that an installer (Helm ...) applied ours, where there are any. */
bool release_migrate(struct call *c, struct kube *k, const struct value *live,
                     const struct value **out);
bool release_is_crd(const struct value *object);
bool release_is_kept(const struct value *object); /* helm.sh/resource-policy: keep */

/* --- what the server serves (release_served.c) ---------------------------------- */
/* objects: a map to those that are to be applied. */
bool release_check_served(struct call *c, struct kube *k, const struct release *r,
                          const struct value *objects);

/* --- what is to be done (release_decide.c) ------------------------------------- */
struct release_todo {
    const struct value *entries; /* planned, of all objects */
    const struct value *live;    /* key -> live object of those that are touched */
    const struct value *wanted;  /* key -> object as it is to be applied, of the same */
    bool changes;                /* an object is touched or removed */
};
/* planned: entries that are to be kept to, or NULL. */
bool release_decide(struct call *c, struct kube *k, const struct release *r,
                    const struct release_memory *before, const struct release_text *now,
                    const struct value *planned, int64_t revision, struct release_todo *out);
bool release_is_settled(const struct value *entry); /* planned as untouched */

/* --- hooks (release_hooks.c) ----------------------------------------------------- */
/* hooks as in a record; event "pre-install". */
bool release_run_hooks(struct call *c, struct kube *k, const struct value *hooks,
                       const char *namespace, const char *event);
/* What earlier runs left and is ours. */
bool release_clear_hooks(struct call *c, struct kube *k, const struct value *hooks,
                         const char *namespace);

/* --- history (release_next.c) ------------------------------------------------------ */
/* The next record of a release. */
struct release_next {
    int64_t revision;
    bool is_upgrade; /* it was deployed before */
    int64_t newest;  /* revision of the newest record; 0 = none */
    const struct value *history;
};
/* Reports a release of somebody else, and an operation of somebody else that has not
 * ended. A record that a killed apply of ours left is taken up. */
bool release_next(struct call *c, struct kube *k, const struct release *r,
                  const struct release_memory *before, struct release_next *out);
/* Private data of a release. */
const struct value *release_private(struct arena *a, const char *salt, int64_t revision,
                                    bool is_upgrade, const char *chart, const char *values,
                                    const struct value *digests);
#endif
