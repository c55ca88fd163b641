/* revision - the revisions of istiod on a cluster, and tags that point at them.
 *
 * A revision shows by its injector: the MutatingWebhookConfiguration with the label
 * istio.io/rev (the default revision has "default" there). A tag is another such
 * configuration, with the label istio.io/tag, whose webhooks call the istiod of the
 * revision; from 1.28 on there is a Service of the tag's name besides. */
#ifndef ISTIO_REVISION_H
#define ISTIO_REVISION_H
#include "kube/kube.h"

#define REVISION_LABEL "istio.io/rev"
#define REVISION_TAG_LABEL "istio.io/tag"
#define REVISION_DEFAULT "default"

/* Pure: what makes a tag; all are names that fit. injection_url NULL or "" = the
 * Service of the revision. */
struct revision_tag {
    const char *tag, *revision, *namespace, *injection_url;
    bool service;
};
const struct value *revision_tag_objects(struct arena *a, const struct revision_tag *tag);

/* Names of the revisions and of the tags that the cluster has (lists of strings). */
bool revision_list(struct call *c, struct kube *k, const struct value **revisions,
                   const struct value **tags);
/* A tag may point at it: the revision exists, and no revision is called like the tag.
 * Else an error that names what there is. */
bool revision_check_tag(struct call *c, struct kube *k, const char *tag, const char *revision);

#endif
