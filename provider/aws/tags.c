#include "aws/tags.h"

#include <string.h>

const struct value *tags_all(struct call *c, const struct value *tags)
{
    const struct value *defaults = value_in(c->clients->provider_config, "aws", "default_tags"),
                       *all = value_count(defaults) ? defaults : &value_empty_map;

    for (size_t i = 0; i < value_count(tags); i++)
        all = value_with(c->arena, all, tags->map.entries[i].key, tags->map.entries[i].value);
    return value_sorted(c->arena, all);
}

const struct value *tags_list(struct arena *a, const struct value *map)
{
    const struct value *sorted = value_sorted(a, map), *list = &value_empty_list;

    for (size_t i = 0; i < value_count(sorted); i++)
        list = value_append(a, list,
                            value_map_of(a, {"Key", value_string(a, sorted->map.entries[i].key)},
                                         {"Value", sorted->map.entries[i].value}));
    return list;
}

const struct value *tags_map(struct arena *a, const struct value *list)
{
    const struct value *map = &value_empty_map;

    for (size_t i = 0; i < value_count(list); i++)
        map = value_with(a, map, value_text(value_item(list, i), "Key"),
                         value_string(a, value_text(value_item(list, i), "Value")));
    return value_sorted(a, map);
}

static bool is_foreign(const char *key)
{
    static const char *const prefixes[] = {"aws:", "kubernetes.io/cluster/", "elbv2.k8s.aws/",
                                           "eks:"};

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (strncmp(key, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

const struct value *tags_without_foreign(struct arena *a, const struct value *map)
{
    const struct value *kept = &value_empty_map;

    for (size_t i = 0; i < value_count(map); i++)
        if (!is_foreign(map->map.entries[i].key))
            kept = value_with(a, kept, map->map.entries[i].key, map->map.entries[i].value);
    return kept;
}

const struct value *tags_specification(struct arena *a, const char *type, const struct value *map)
{
    if (!value_count(map))
        return &value_empty_list;
    return value_list_of(
        a, value_map_of(a, {"ResourceType", value_string(a, type)}, {"Tags", tags_list(a, map)}));
}
