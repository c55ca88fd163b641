/* set_parts - what the files of set share. For them only. */
#ifndef KUBE_SET_PARTS_H
#define KUBE_SET_PARTS_H
#include "kube/set.h"
#include "kube/set_order.h"

/* An object as it is sent: nulls and status left out, stringData made data. */
const struct value *set_prepared(struct arena *a, const struct value *object);

/* Kind, group, namespace and name are known. */
bool set_has_key(const struct value *object);

/* A map for many questions: value_at() walks all entries. */
struct set_index {
    const struct value_entry **sorted;
    size_t count;
};
struct set_index set_index_of(struct arena *a, const struct value *map);
/* value_null when it is not there. */
const struct value *set_index_at(const struct set_index *index, const char *key);

/* One object of a set, wanted or remembered. */
struct set_item {
    const char *key;
    struct kube_ref ref;
    enum set_step step;
    size_t place;               /* in the list or map that it came from */
    const struct value *object; /* prepared; NULL = not known or not wanted */
    const struct value *entry;  /* of the inventory; value_null = none */
    const struct value *live;   /* NULL = not there */
    const struct value *now;    /* its entry from here on; NULL = none */
};
struct set_items {
    struct set_item *all;
    size_t count;
};
/* Those of a list of objects, sorted by step, with their entries of `before`. */
struct set_items set_items_wanted(struct arena *a, const struct value *objects,
                                  const struct value *before);
/* Those of an inventory that `objects` lack, sorted by step. */
struct set_items set_items_left(struct arena *a, const struct value *inventory,
                                const struct value *objects);
/* The items of one step, which stand side by side. */
struct set_items set_items_of_step(const struct set_items *items, enum set_step step);

const char *set_uid(const struct value *object);
bool set_is_going(const struct value *live); /* it is being deleted */

/* live of each, all asked for at once. */
bool set_items_look(struct call *c, struct kube *k, const char *label_selector,
                    struct set_items *items);
/* Deletes from the last step to the first and waits; an item that is gone has
 * no `now`. Stops behind a step that does not get through. */
bool set_items_delete(struct call *c, struct kube *k, struct set_items *items,
                      const struct kube_delete_options *options);

/* --- digests (set_digest.c) ------------------------------------------------- */
bool set_entry_of(struct call *c, const struct value *live, const struct value **entry);
/* The fields that we own have the digest of the entry. False when there is none. */
bool set_digest_agrees(struct call *c, const struct value *entry, const struct value *live,
                       bool *agrees);

#endif
