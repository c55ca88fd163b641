/* addon_parts - what the files of add-ons share: addon_wanted.c what people say, what that
 * means for EKS and what differs; addon.c bringing it about. */
#ifndef EKS_ADDON_PARTS_H
#define EKS_ADDON_PARTS_H
#include "eks/addon.h"
#include "eks/step.h"

struct addon_work {
    struct call *call;
    struct aws *aws;
    const struct addon_cluster *cluster;
    const struct value *drift;
};

struct addon {
    struct step step;
    const struct value *wanted; /* NULL = none */
    const struct value *found;  /* NULL = none */
    const char *update_id;      /* "" = none was begun */
    bool changed;
};

struct addon addon_part(struct call *c, struct aws *aws, const char *cluster, const char *name);
bool addon_is(const struct addon *o, const char *status);
/* Is it this resource's: made by it, or part of a cluster that is? What is not said of others
 * stays as it is. */
bool addon_is_ours(const struct addon_work *w, const struct addon *o);
/* Text of an argument, "" = it is not said. */
const char *addon_setting(const struct addon *o, const char *argument);
bool addon_says(const struct addon *o, const char *argument);

bool addon_configuration_differs(const struct addon_work *w, const struct addon *o);
bool addon_role_differs(const struct addon_work *w, const struct addon *o);
/* A version that was said is another; or none is, and the cluster's has changed. */
bool addon_version_differs(const struct addon_work *w, const struct addon *o);
bool addon_tags_differ(const struct addon_work *w, const struct addon *o);
/* Anything but the tags. */
bool addon_needs_update(const struct addon_work *w, const struct addon *o);
const struct value *addon_tags(const struct addon_work *w, const struct addon *o);
/* Tags that were given once and may have to go. */
const struct value *addon_old_tags(const struct addon_work *w);
/* The version for the cluster's, when none is said: asks AWS. */
bool addon_choose_version(const struct addon_work *w, const struct addon *o, const char **version);

#endif
