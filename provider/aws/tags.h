/* tags - what is ours in AWS, and how tags of provider, resource and service join.
 *
 * Default tags lie under a resource's own. Tags that services and controllers put there
 * ("aws:", "kubernetes.io/cluster/", "elbv2.k8s.aws/") never show as drift. */
#ifndef AWS_TAGS_H
#define AWS_TAGS_H
#include "schema/call.h"

/* `tags` over the provider block's default_tags: a map of strings. */
const struct value *tags_all(struct call *c, const struct value *tags);
/* [{"Key": …, "Value": …}] of a map, sorted; and back. */
const struct value *tags_list(struct arena *a, const struct value *map);
const struct value *tags_map(struct arena *a, const struct value *list);
/* Those that a person or we have set. */
const struct value *tags_without_foreign(struct arena *a, const struct value *map);
/* [{"ResourceType": type, "Tags": …}]: TagSpecifications of EC2's create operations. */
const struct value *tags_specification(struct arena *a, const char *type, const struct value *map);

#endif
