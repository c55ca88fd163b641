/* Groups side by side: what is in the way goes, then all that is missing is made and all
 * that differs is changed, then it is waited for, then what nobody wants goes. */
#include "eks/nodegroup.h"

#include <string.h>

#include "aws/eks.h"
#include "aws/tags.h"
#include "eks/cluster_tag.h"
#include "eks/nodegroup_parts.h"

/* --- looking -----------------------------------------------------------------------------------
 */

struct groups {
    const struct value *names; /* that there are */
    struct nodegroup *all;     /* the wanted ones, then others */
    size_t wanted, count;
};

static bool lists(const struct value *names, const char *name)
{
    for (size_t i = 0; i < value_count(names); i++)
        if (strcmp(value_z(value_item(names, i)), name) == 0)
            return true;
    return false;
}

static bool look(struct nodegroup *o)
{
    return eks_describe_nodegroup(o->step.call, o->step.aws, o->step.cluster, o->step.name,
                                  &o->found);
}

static bool list_names(struct call *c, struct aws *aws, const char *cluster,
                       const struct value **names)
{
    return aws_list(c, aws, &eks_list_nodegroups,
                    value_map_of(c->arena, {"clusterName", value_string(c->arena, cluster)}),
                    names);
}

static bool find_wanted(const struct nodegroup_work *w, const struct value *wanted,
                        struct groups *g)
{
    for (size_t i = 0; i < value_count(wanted); i++) {
        const struct value_entry *entry = &wanted->map.entries[i];
        struct nodegroup *o = &g->all[g->count++];

        *o = nodegroup_of(w->call, w->aws, w->cluster->name, entry->key);
        o->entry = entry->value;
        if (lists(g->names, entry->key) && !look(o))
            return false;
        nodegroup_settle(w, o);
    }
    g->wanted = g->count;
    return true;
}

static bool find_others(const struct nodegroup_work *w, const struct value *wanted,
                        struct groups *g)
{
    for (size_t i = 0; i < value_count(g->names); i++) {
        const char *name = value_z(value_item(g->names, i));
        struct nodegroup *o = &g->all[g->count];

        if (value_has(wanted, name))
            continue;
        *o = nodegroup_of(w->call, w->aws, w->cluster->name, name);
        if (!look(o))
            return false;
        g->count += o->found != NULL;
    }
    return true;
}

static bool find(const struct nodegroup_work *w, const struct value *wanted, struct groups *g)
{
    *g = (struct groups){.count = 0};
    if (!list_names(w->call, w->aws, w->cluster->name, &g->names))
        return false;
    g->all = arena_array(w->call->arena, value_count(wanted) + value_count(g->names) + 1,
                         sizeof(*g->all));
    return find_wanted(w, wanted, g) && find_others(w, wanted, g);
}

/* --- removing ------------------------------------------------------------------------------------
 */

static bool begin_delete(const struct nodegroup *o)
{
    const struct value *output;

    return nodegroup_is(o, "DELETING") ||
           step_call(&o->step, &eks_delete_nodegroup, step_input(&o->step), &output);
}

static bool deleted(const struct nodegroup *o)
{
    return step_wait(&o->step, &eks_nodegroup_deleted, NODEGROUP_MS);
}

static bool remove_those(struct nodegroup *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!begin_delete(list[i]))
            return false;
    for (size_t i = 0; i < count; i++) {
        if (!deleted(list[i]))
            return false;
        list[i]->found = NULL;
    }
    return true;
}

static bool has_failed(const struct nodegroup *o)
{
    return nodegroup_is(o, "CREATE_FAILED") || nodegroup_is(o, "DELETE_FAILED");
}

static bool refuse_foreign(const struct nodegroup *o, const char *unchangeable)
{
    if (*unchangeable)
        return step_error(&o->step, NULL, "EKS cannot change it so",
                          "It would have to be made anew because of: %s. It was not made here, so "
                          "it is left alone: say what it has, or name another group.",
                          unchangeable);
    return step_error(&o->step, NULL, "It has failed",
                      "It is %s, and was not made here, so it is left alone. %s",
                      value_text(o->found, "status"), eks_health(o->step.call->arena, o->found));
}

/* Groups that failed, that are going, or that EKS cannot change: gone before the others. */
static bool clear(const struct nodegroup_work *w, struct groups *g)
{
    struct nodegroup **list =
        arena_array(w->call->arena, g->wanted + 1, sizeof(struct nodegroup *));
    size_t count = 0;

    for (size_t i = 0; i < g->wanted; i++) {
        struct nodegroup *o = &g->all[i];
        const char *unchangeable = nodegroup_unchangeable(w, o);

        if (!has_failed(o) && !nodegroup_is(o, "DELETING") && !*unchangeable)
            continue;
        if (!nodegroup_is(o, "DELETING") && !nodegroup_is_ours(w, o))
            return refuse_foreign(o, unchangeable);
        list[count++] = o;
    }
    if (!remove_those(list, count))
        return false;
    for (size_t i = 0; i < count; i++)
        nodegroup_settle(w, list[i]);
    return true;
}

static bool remove_unwanted(const struct nodegroup_work *w, struct groups *g)
{
    struct nodegroup **list = arena_array(w->call->arena, g->count + 1, sizeof(struct nodegroup *));
    size_t count = 0;

    for (size_t i = g->wanted; i < g->count; i++)
        if (cluster_tags_are_ours(value_at(g->all[i].found, "tags"), w->cluster->name))
            list[count++] = &g->all[i];
    return remove_those(list, count);
}

/* --- making and changing -------------------------------------------------------------------------
 */

static const struct value *create_input(const struct nodegroup_work *w, const struct nodegroup *o)
{
    struct arena *a = w->call->arena;
    const struct value *input = step_input(&o->step);

    for (size_t i = 0; i < value_count(o->settings); i++)
        if (value_is_set(o->settings->map.entries[i].value))
            input = value_with(a, input, o->settings->map.entries[i].key,
                               o->settings->map.entries[i].value);
    input = value_with(a, input, "launchTemplate", o->template);
    return value_with(a, input, "tags", nodegroup_tags(w, o));
}

/* One that an earlier apply left while it was being made has to be there first. */
static bool can_change(struct nodegroup_work *w, struct nodegroup *o)
{
    if (!nodegroup_is(o, "CREATING") ||
        (!nodegroup_config_change(w, o) && !nodegroup_version_change(w, o)))
        return true;
    if (!nodegroup_join(w, o, 1) || !look(o))
        return false;
    nodegroup_settle(w, o);
    return true;
}

static bool begin(struct nodegroup_work *w, struct nodegroup *o)
{
    const struct value *change, *output;

    if (!nodegroup_template_ensure(w, o))
        return false;
    if (!o->found) {
        o->made = true;
        return step_call(&o->step, &eks_create_nodegroup, create_input(w, o), &output);
    }
    if (!can_change(w, o))
        return false;
    change = nodegroup_config_change(w, o);
    if (!change)
        return true;
    if (!step_call(&o->step, &eks_update_nodegroup_config, change, &output))
        return false;
    o->update_id = value_z(value_in(output, "update", "id"));
    return true;
}

static bool begin_version(const struct nodegroup_work *w, struct nodegroup *o)
{
    const struct value *change = o->found ? nodegroup_version_change(w, o) : NULL, *output;

    if (!change)
        return true;
    if (!step_call(&o->step, &eks_update_nodegroup_version, change, &output))
        return false;
    o->update_id = value_z(value_in(output, "update", "id"));
    return true;
}

/* Every update is waited for, also after one has failed. */
static bool updated(struct nodegroup *all, size_t count, int64_t ms)
{
    bool fine = true;

    for (size_t i = 0; i < count; i++)
        if (*all[i].update_id) {
            fine = step_wait_update(&all[i].step, all[i].update_id, ms) && fine;
            all[i].update_id = "";
        }
    return fine;
}

static bool tag(const struct nodegroup_work *w, const struct nodegroup *o)
{
    return !o->found ||
           step_tag(&o->step, value_text(o->found, "nodegroupArn"), value_at(o->found, "tags"),
                    nodegroup_tags(w, o), nodegroup_old_tags(w));
}

/* New nodes are seen to join before old ones are replaced, which takes longest. */
static bool bring_about(struct nodegroup_work *w, struct groups *g)
{
    for (size_t i = 0; i < g->wanted; i++)
        if (!nodegroup_check_version(w, &g->all[i]))
            return false;
    for (size_t i = 0; i < g->wanted; i++)
        if (!begin(w, &g->all[i]))
            return false;
    if (!updated(g->all, g->wanted, NODEGROUP_CONFIG_MS))
        return false;
    for (size_t i = 0; i < g->wanted; i++)
        if (!begin_version(w, &g->all[i]) || !tag(w, &g->all[i]))
            return false;
    return nodegroup_join(w, g->all, g->wanted) && updated(g->all, g->wanted, NODEGROUP_MS);
}

bool nodegroup_converge(struct call *c, struct aws *aws, const struct nodegroup_cluster *cluster,
                        const struct value *groups)
{
    struct nodegroup_work w = {.call = c, .aws = aws, .cluster = cluster};
    struct groups g;

    return find(&w, groups, &g) && nodegroup_template_list(c, aws, cluster->name, &w.templates) &&
           clear(&w, &g) && bring_about(&w, &g) && remove_unwanted(&w, &g) &&
           nodegroup_template_prune(&w, groups, &value_empty_list);
}

/* --- drift ---------------------------------------------------------------------------------------
 */

static void differs(struct nodegroup_work *w, const struct nodegroup *o, const char *what)
{
    struct arena *a = w->call->arena;

    w->drift = value_append(a, w->drift, value_f(a, "node group %s: %s", o->step.name, what));
}

static void tell_config(struct nodegroup_work *w, const struct nodegroup *o)
{
    static const char *const names[][2] = {{"scalingConfig", "sizes"},
                                           {"updateConfig", "how many may be unavailable"},
                                           {"labels", "labels"},
                                           {"taints", "taints"}};
    const struct value *change = nodegroup_config_change(w, o);

    for (size_t i = 0; change && i < sizeof(names) / sizeof(*names); i++)
        if (value_has(change, names[i][0]))
            differs(w, o, names[i][1]);
}

static void tell_tags(struct nodegroup_work *w, const struct nodegroup *o)
{
    struct arena *a = w->call->arena;
    const struct value *now = value_at(o->found, "tags"), *wanted = nodegroup_tags(w, o);

    if (value_count(cluster_tags_missing(a, now, wanted)) ||
        value_count(cluster_tags_dropped(a, now, wanted, nodegroup_old_tags(w))))
        differs(w, o, "tags");
}

static bool tell(struct nodegroup_work *w, struct nodegroup *o)
{
    struct arena *a = w->call->arena;
    const char *unchangeable = nodegroup_unchangeable(w, o),
               *version = value_text(o->found, "version"),
               *wanted = value_text(o->settings, "version");
    bool template;

    if (!o->found || nodegroup_is(o, "DELETING")) {
        differs(w, o, "missing");
        return true;
    }
    if (has_failed(o))
        differs(w, o, text_f(a, "%s. %s", value_text(o->found, "status"), eks_health(a, o->found)));
    if (*unchangeable)
        differs(w, o, text_f(a, "%s: it has to be made anew", unchangeable));
    if (strcmp(version, wanted) != 0)
        differs(w, o, text_f(a, "version %s, not %s", version, wanted));
    tell_config(w, o);
    tell_tags(w, o);
    if (!nodegroup_template_differs(w, o, &template))
        return false;
    if (template)
        differs(w, o, "launch template");
    return true;
}

bool nodegroup_drift(struct call *c, struct aws *aws, const struct nodegroup_cluster *cluster,
                     const struct value *groups, const struct value **drift)
{
    struct nodegroup_work w = {
        .call = c, .aws = aws, .cluster = cluster, .drift = &value_empty_list};
    struct groups g;

    *drift = &value_empty_list;
    if (!find(&w, groups, &g))
        return false;
    for (size_t i = 0; i < g.wanted; i++)
        if (!tell(&w, &g.all[i]))
            return false;
    for (size_t i = g.wanted; i < g.count; i++)
        if (cluster_tags_are_ours(value_at(g.all[i].found, "tags"), cluster->name))
            differs(&w, &g.all[i], "not wanted any more");
    *drift = w.drift;
    return true;
}

/* --- the end, and imports
 * -------------------------------------------------------------------------- */

static bool find_all(const struct nodegroup_work *w, struct groups *g)
{
    return find(w, &value_empty_map, g);
}

bool nodegroup_remove_all(struct call *c, struct aws *aws, const char *cluster)
{
    const struct nodegroup_cluster only = {.name = cluster};
    struct nodegroup_work w = {.call = c, .aws = aws, .cluster = &only};
    struct nodegroup **list;
    struct groups g;

    if (!find_all(&w, &g))
        return false;
    list = arena_array(c->arena, g.count + 1, sizeof(struct nodegroup *));
    for (size_t i = 0; i < g.count; i++)
        list[i] = &g.all[i];
    return remove_those(list, g.count) && nodegroup_template_list(c, aws, cluster, &w.templates) &&
           nodegroup_template_prune(&w, &value_empty_map, &value_empty_list);
}

static const struct value *set_or_null(const struct value *v)
{
    return value_count(v) || v->kind == VALUE_STRING || v->kind == VALUE_NUMBER ? v : &value_null;
}

/* The desired size is left out: it is the autoscalers'. So is the version, which follows. */
static const struct value *described(struct arena *a, const struct value *found, int64_t disk)
{
    static const char *const members[][2] = {{"instance_types", "instanceTypes"},
                                             {"ami_type", "amiType"},
                                             {"capacity_type", "capacityType"},
                                             {"labels", "labels"},
                                             {"taints", "taints"},
                                             {"subnet_ids", "subnets"}};
    const struct value *entry = &value_empty_map, *scaling = value_at(found, "scalingConfig"),
                       *disruption = value_at(found, "updateConfig");

    ATTRIBUTE_EACH (row, nodegroup_rows)
        entry = value_with(a, entry, row->name, &value_null);
    for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
        entry = value_with(a, entry, members[i][0], set_or_null(value_at(found, members[i][1])));
    entry = value_with(a, entry, "min_size", value_at(scaling, "minSize"));
    entry = value_with(a, entry, "max_size", value_at(scaling, "maxSize"));
    entry = value_with(a, entry, "max_unavailable_percentage",
                       set_or_null(value_at(disruption, "maxUnavailablePercentage")));
    disk = disk ? disk : value_integer_at(found, "diskSize");
    return disk ? value_with(a, entry, "disk_size", value_integer(a, disk)) : entry;
}

/* Tags that people gave to the group alone: neither ours, nor the cluster's or provider's. */
static const struct value *own_tags(struct call *c, const struct value *found,
                                    const struct value *shared)
{
    struct arena *a = c->arena;
    const struct value *tags = tags_without_foreign(a, value_at(found, "tags")),
                       *own = cluster_tags_missing(a, tags_all(c, shared), tags);

    own = value_with(a, value_with(a, own, CLUSTER_TAG, NULL), CLUSTER_ROLE_TAG, NULL);
    return value_count(own) ? own : &value_null;
}

bool nodegroup_import(struct call *c, struct aws *aws, const char *cluster,
                      const struct value **groups)
{
    const struct nodegroup_cluster only = {.name = cluster};
    const struct nodegroup_work w = {.call = c, .aws = aws, .cluster = &only};
    const struct value *described_cluster, *entry;
    struct groups g;
    int64_t disk;

    *groups = &value_empty_map;
    if (!find_all(&w, &g) || !eks_describe_cluster(c, aws, cluster, &described_cluster))
        return false;
    for (size_t i = 0; i < g.count; i++) {
        const struct value *found = g.all[i].found;

        if (!nodegroup_template_disk(c, aws, value_at(found, "launchTemplate"), &disk))
            return false;
        entry = value_with(c->arena, described(c->arena, found, disk), "tags",
                           own_tags(c, found, value_at(described_cluster, "tags")));
        *groups = value_with(c->arena, *groups, g.all[i].step.name, entry);
    }
    return true;
}
