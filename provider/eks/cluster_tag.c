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

const struct value *cluster_tags_missing(struct arena *a, const struct value *now,
                                         const struct value *wanted)
{
    const struct value *map = &value_empty_map;

    for (size_t i = 0; i < value_count(wanted); i++) {
        const struct value_entry *tag = &wanted->map.entries[i];

        if (!value_equal(value_at(now, tag->key), tag->value))
            map = value_with(a, map, tag->key, tag->value);
    }
    return map;
}

const struct value *cluster_tags_dropped(struct arena *a, const struct value *now,
                                         const struct value *wanted, const struct value *old)
{
    const struct value *map = &value_empty_map;

    for (size_t i = 0; i < value_count(old); i++) {
        const struct value_entry *tag = &old->map.entries[i];

        if (!value_has(wanted, tag->key) && value_equal(value_at(now, tag->key), tag->value))
            map = value_with(a, map, tag->key, tag->value);
    }
    return map;
}

const struct value *cluster_tag_keys(struct arena *a, const struct value *tags)
{
    const struct value *list = &value_empty_list;

    for (size_t i = 0; i < value_count(tags); i++)
        list = value_append(a, list, value_string(a, tags->map.entries[i].key));
    return list;
}
