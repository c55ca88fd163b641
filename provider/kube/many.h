/* many - what kube.h does for one object, for many at once. For files in kube/
 * only. */
#ifndef KUBE_MANY_H
#define KUBE_MANY_H
#include "kube/kube.h"

/* So many of one kind in one namespace are read one by one, more by a LIST. */
enum { MANY_GETS_MAX = 3 };

/* objects[i] is NULL where refs[i] does not exist. A LIST that is not allowed is
 * made good by GETs; all GETs go at once. label_selector (may be NULL): of labels that
 * the objects should carry; by it already two of a kind share a LIST, and what that
 * does not bring is looked for without it. */
bool kube_get_all(struct call *c, struct kube *k, const struct kube_ref *refs, size_t count,
                  const char *label_selector, const struct value **objects);

/* gone[i] tells what became of refs[i]; uids[i] is its precondition. True = all
 * are gone (or, without options->wait, on their way); else reported. */
bool kube_delete_all(struct call *c, struct kube *k, const struct kube_ref *refs,
                     const char *const *uids, size_t count,
                     const struct kube_delete_options *options, bool *gone);

/* Until the object of that uid ("" = any) is gone (delete.c). */
bool kube_wait_gone(struct call *c, struct kube *k, const struct kube_ref *ref, const char *uid);
/* The DeleteOptions that are sent (delete.c). */
struct text kube_delete_body(struct call *c, const struct kube_delete_options *o);

#endif
