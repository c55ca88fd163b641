/* cluster_tag - the tags that prove that a thing in AWS belongs to a cluster of ours. They
 * are given in the very request that makes it. */
#ifndef EKS_CLUSTER_TAG_H
#define EKS_CLUSTER_TAG_H
#include "schema/call.h"

/* Its value is the name of the EKS cluster. */
#define CLUSTER_TAG "istio.multicluster/cluster"
/* What it is there: "cluster", "node", "nodegroup/<name>", "load-balancer-controller". */
#define CLUSTER_ROLE_TAG "istio.multicluster/role"

/* `tags` of people (a map, with the provider's default tags) and over them ours. */
const struct value *cluster_tags(struct call *c, const struct value *tags, const char *cluster,
                                 const char *role);
/* Do these tags (a map) say that it is this cluster's, and ours? */
bool cluster_tags_are_ours(const struct value *tags, const char *cluster);
/* Of `wanted` what `now` lacks or has with another value. */
const struct value *cluster_tags_missing(struct arena *a, const struct value *now,
                                         const struct value *wanted);
/* What was given once (`old`, may be null), is not wanted any more, and is still there as
 * it was given. */
const struct value *cluster_tags_dropped(struct arena *a, const struct value *now,
                                         const struct value *wanted, const struct value *old);
/* The keys of a map of tags, a list: what untagging takes. */
const struct value *cluster_tag_keys(struct arena *a, const struct value *tags);

#endif
