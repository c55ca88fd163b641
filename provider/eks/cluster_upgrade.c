/* Versions: one minor after the other, the control plane first. */
#include <stdlib.h>
#include <string.h>

#include "aws/eks.h"
#include "base/log.h"
#include "eks/cluster_parts.h"

int cluster_minor(const char *version)
{
    size_t major = strspn(version, "0123456789"), minor;

    if (!major || version[major] != '.')
        return -1;
    minor = strspn(version + major + 1, "0123456789");
    if (!minor || minor > 4 || version[major + 1 + minor])
        return -1;
    return (int)strtol(version + major + 1, NULL, 10);
}

/* --- what has a version of its own -------------------------------------------------- */

/* On the way to the wanted version nothing can have the versions that are said for its end:
 * it follows the cluster until then. */
static const struct value *following(const struct eks_cluster_work *w, const struct value *map)
{
    int now = cluster_minor(value_text(w->found, "version"));
    struct arena *a = w->call->arena;

    if (w->look_only || now >= cluster_minor(value_text(w->eks, "version")))
        return map;
    for (size_t i = 0; i < value_count(map); i++) {
        const struct value_entry *one = &map->map.entries[i];
        int said = cluster_minor(value_text(one->value, "version"));

        if (said < 0 || said > now) /* of an add-on, or beyond */
            map = value_with(a, map, one->key, value_with(a, one->value, "version", &value_null));
    }
    return map;
}

bool cluster_has_nodes(const struct value *eks)
{
    return value_flag(eks, "auto_mode") || value_count(value_at(eks, "node_groups"));
}

bool cluster_addons(struct eks_cluster_work *w, enum addon_stage stage)
{
    const struct addon_cluster cluster = {
        .name = w->name,
        .version = value_text(w->found, "version"),
        .tags = value_at(w->eks, "tags"),
        .old_tags = w->old_tags,
        .adopted = value_flag(w->eks, "adopt"),
        .no_nodes = !cluster_has_nodes(w->eks),
    };
    const struct value *addons = value_at(w->eks, "addons"), *drift = &value_empty_list;

    if (!value_is_set(addons))
        addons = addon_defaults(w->call->arena, value_flag(w->eks, "auto_mode"));
    addons = following(w, addons);
    if (!w->look_only)
        return addon_converge(w->call, w->aws, &cluster, addons, stage);
    if (stage != ADDON_BEFORE_NODES)
        return true; /* looked at once */
    if (!addon_drift(w->call, w->aws, &cluster, addons, &drift))
        return false;
    cluster_add_drift(w, drift);
    return true;
}

bool cluster_nodegroups(struct eks_cluster_work *w)
{
    struct arena *a = w->call->arena;
    const struct nodegroup_cluster cluster = {
        .name = w->name,
        .version = value_text(w->found, "version"),
        .node_role_arn = w->node_role_arn,
        .security_group_id =
            value_z(value_in(w->found, "resourcesVpcConfig", "clusterSecurityGroupId")),
        .security_group_ids = value_at(w->eks, "security_group_ids"),
        .subnet_ids = value_at(w->eks, "subnet_ids"),
        .tags = value_at(w->eks, "tags"),
        .old_tags = w->old_tags,
        .connection = value_with(a, eks_cluster_access(w), "name", cluster_text(w, w->name)),
        .adopted = value_flag(w->eks, "adopt"),
    };
    const struct value *groups = value_at(w->eks, "node_groups"), *drift = &value_empty_list;

    if (!value_is_set(groups))
        groups = &value_empty_map;
    groups = following(w, groups);
    if (!w->look_only)
        return nodegroup_converge(w->call, w->aws, &cluster, groups);
    if (!nodegroup_drift(w->call, w->aws, &cluster, groups, &drift))
        return false;
    cluster_add_drift(w, drift);
    return true;
}

/* --- the cluster's -------------------------------------------------------------------- */

static const char *next_version(struct arena *a, const char *version)
{
    return text_f(a, "%.*s.%d", (int)strcspn(version, "."), version, cluster_minor(version) + 1);
}

bool cluster_upgrade(struct eks_cluster_work *w)
{
    int wanted = cluster_minor(value_text(w->eks, "version"));

    /* A lower one was refused by the plan, unless AWS was faster. */
    while (!w->look_only && cluster_minor(value_text(w->found, "version")) < wanted) {
        const char *next = next_version(w->call->arena, value_text(w->found, "version"));

        log_event(LOG_INFO, "eks", "upgrades a cluster", "cluster", w->name, "to", next, NULL);
        if (!cluster_update(w, &eks_update_cluster_version,
                            value_map_of(w->call->arena, {"version", cluster_text(w, next)})) ||
            !cluster_addons(w, ADDON_BEFORE_NODES) || !cluster_addons(w, ADDON_AFTER_NODES) ||
            !cluster_nodegroups(w))
            return false;
    }
    return true;
}
