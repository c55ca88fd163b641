#include "eks/cluster_tag.h"

#include <string.h>

#include "aws/tags.h"

const struct value *cluster_tags(struct call *c, const struct value *tags, const char *cluster,
                                 const char *role)
{
    tags = tags_all(c, tags);
    tags = value_with(c->arena, tags, CLUSTER_TAG, value_string(c->arena, cluster));
    return value_with(c->arena, tags, CLUSTER_ROLE_TAG, value_string(c->arena, role));
}

bool cluster_tags_are_ours(const struct value *tags, const char *cluster)
{
    return strcmp(value_text(tags, CLUSTER_TAG), cluster) == 0;
}
