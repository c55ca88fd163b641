/* set - many objects of one owner handled as one: checked and planned offline,
 * applied in the order that they need, remembered in an inventory, compared with
 * what is live, pruned, and deleted in reverse.
 *
 * Objects are a list value of maps as in JSON. What is null in them and what
 * stands in `status` is left out, stringData of Secrets becomes data, and what is
 * nothing but a name gets the label app.kubernetes.io/managed-by, because whose an
 * object is shows by its fields alone. A key is
 * "Kind/namespace/name" or, outside the core group, "Kind.group/namespace/name",
 * because two groups may have the same kind (Gateway): "ConfigMap/shop/cart",
 * "ClusterRole.rbac.authorization.k8s.io//reader".
 *
 * An inventory is a map from key to {"api_version", "uid", "digest"} and goes into
 * state as it is. The digest is a salted one of the fields that we own, as the
 * server stored them: it tells a change without holding the content, so it is
 * fit for Secrets, and values that the server writes in another way than they
 * were given ("1000m", "1") are no change.
 *
 * Drift is a list of lines "key: place" ("ConfigMap/shop/cart: data.size"), or of
 * "key: (gone)", "(being deleted)", "(not managed)" where somebody else made the
 * object, "(changed)" where the wanted content is not known, "(left over)" where
 * it is not wanted any more. Values never stand in it.
 *
 * The order is that of set_order.h; inside a step all objects go at once. */
#ifndef KUBE_SET_H
#define KUBE_SET_H
#include "kube/kube.h"
#include "kube/wait.h"

char *kube_set_key(struct arena *a, const struct value *object);
struct kube_ref kube_set_ref(struct arena *a, const char *key, const char *api_version);

/* Offline: each is an object with apiVersion, kind and metadata.name, without
 * what only a server sets; none stands twice. Unknown parts are passed over.
 * Reports against `at`, or at[i] when `in_list`. */
bool kube_set_check(struct call *c, const struct path *at, bool in_list,
                    const struct value *objects);
/* Both lists say the same, however they are written. */
bool kube_set_equal(struct arena *a, const struct value *objects, const struct value *others);

/* The inventory that applying `objects` will give, as far as it is known before:
 * those that are the same in prior_objects and have no line in `drift` keep their
 * entry of `before`; the others get one that is not known. Unknown as a whole
 * while the name of any object is. All but `objects` may be null. */
const struct value *kube_set_plan(struct arena *a, const struct value *objects,
                                  const struct value *prior_objects, const struct value *before,
                                  const struct value *drift);

/* A live object as its owner judges it: with the fields of others that count as ours, and
 * without those of ours that do not. */
typedef const struct value *kube_set_view_fn(struct arena *a, const struct value *live);

struct kube_set_options {
    unsigned flags;              /* KUBE_FORCE; KUBE_SECRET; KUBE_NEW_ONLY: an object that is there
                                  * and neither in `before` nor ours is an error */
    const char *import_hint;     /* how such an object is taken over */
    const struct value *planned; /* by kube_set_plan(): wholly known entries are not applied again;
                                  * NULL = all are applied */
    const struct value *live;    /* by kube_set_look(), of all that will be applied; NULL = ask */
    kube_set_view_fn *view;      /* by which digests are made; NULL = of the object as it is */
};
/* Applies, then deletes what `before` (an inventory or null) has and the objects
 * lack. *inventory is always set: on failure it is what exists by now, where
 * entries of `before` keep their old digest, so that the next refresh shows how
 * far a change came. */
bool kube_set_apply(struct call *c, struct kube *k, const struct value *objects,
                    const struct value *before, const struct kube_set_options *options,
                    const struct value **inventory);

/* What is live against what is wanted. objects is null where only digests are
 * known. *inventory is what of `before` exists still, with digests of objects that
 * had none. Asks with one
 * LIST for each kind and namespace with more than a few objects, with a GET each
 * for the others; only for objects that differ there is a dry run, to learn the
 * places. */
bool kube_set_refresh(struct call *c, struct kube *k, const struct value *objects,
                      const struct value *before, const struct value **inventory,
                      const struct value **drift);
/* The places where an apply of `object` would change `live`, which is ours: empty
 * without a question when the fields that we own are the same; else a dry run
 * tells, or, where that is not allowed, the object as it was given. */
const struct value *kube_set_places(struct call *c, struct kube *k, const struct value *object,
                                    const struct value *live);
/* The same for each of a list of objects that are there (live: kube_set_look(), as the
 * view shows them), all at once: places[i]. What a dry run refuses goes to `refused`, and
 * the object as it was given is then compared; one that was not answered is an error,
 * because the next may be. */
bool kube_set_places_all(struct call *c, struct kube *k, const struct value *objects,
                         const struct value *live, kube_set_view_fn *view, struct diags *refused,
                         const struct value **places);
/* A map from key to live object of those of an inventory that are there.
 * label_selector: of labels that (nearly) all of them carry, so that one LIST brings all of
 * a kind and namespace; NULL = there is no such label. */
bool kube_set_look(struct call *c, struct kube *k, const struct value *inventory,
                   const char *label_selector, const struct value **live);
/* The fields that we own have the digest of the entry; false when it has none. */
bool kube_set_agrees(struct call *c, const struct value *entry, const struct value *live,
                     bool *agrees);
/* A live object as a person would have written it: the fields that we own, or of
 * an object that is not ours all but what servers put there. */
const struct value *kube_set_written(struct arena *a, const struct value *live);
/* The inventory entry of an object that is to be taken over: without a digest while
 * no field of it is ours, so that the next refresh calls it "(not managed)". */
bool kube_set_entry(struct call *c, const struct value *live, const struct value **entry);

/* Until the judge is content with each object; those that are as they should be
 * already cost no watch. `what` as in kube_wait_for(). */
bool kube_set_wait(struct call *c, struct kube *k, const struct value *objects, const char *what,
                   kube_judge_fn *judge, void *data);

/* Deletes in reverse order, each object only by its uid, and waits until all are
 * gone. *left is the inventory of what remains when it fails (may be NULL). */
bool kube_set_delete(struct call *c, struct kube *k, const struct value *inventory,
                     const struct kube_delete_options *options, const struct value **left);

#endif
