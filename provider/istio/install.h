/* install - the releases that make up one istio_control_plane, handled as one.
 *
 * `object` is the resource's (planned, or of a state); names of attributes are those of
 * the resource. What is remembered of the releases stands in the state (objects,
 * releases) and, as to which object is whose, in private data under INSTALL_PRIVATE:
 * a map from component to { private, keys, planned }. */
#ifndef ISTIO_INSTALL_H
#define ISTIO_INSTALL_H
#include "istio/component.h"
#include "release/release.h"

#define INSTALL_PRIVATE "releases"

extern const struct attribute install_release_rows[]; /* of one entry of `releases` */

struct install {
    struct call *call;
    struct kube *kube; /* NULL = offline: for plans alone */
    const struct value *object;
    const char *namespace, *revision;
    /* Before, and step by step after. */
    const struct value *objects;  /* entries of all releases */
    const struct value *releases; /* component -> {chart_version, revision, status} */
    const struct value *memories; /* private data, as above */
    const struct value *drift;    /* list of lines */
};

/* state: what has the entries of before; null or NULL at a create. */
void install_begin(struct install *w, struct call *c, struct kube *k, const struct value *object,
                   const struct value *state);
/* What the next steps need later, for c->private_out. */
const struct value *install_private(const struct install *w);

/* Everything that the values and charts depend on is known. */
bool install_is_known(const struct call *c, const struct value *object);
/* The chart of a component; one of another version is an error. */
bool install_chart(struct install *w, enum component which, struct chart **out);

/* objects and releases become what an apply will leave, as far as that is known;
 * *changes = it would do something. */
bool install_plan(struct install *w, bool *changes);
/* Installs and upgrades what is wanted, in order, and removes what is not wanted any
 * more. objects, releases and memories are what exists, on failure too. */
bool install_apply(struct install *w);
/* What is live. Releases that are gone leave all maps. */
bool install_refresh(struct install *w);
/* The webhooks of all, then release by release. */
bool install_remove(struct install *w);
/* The Helm records of the components on the cluster. */
bool install_look(struct install *w, struct release_found found[static COMPONENT_COUNT]);

#endif
