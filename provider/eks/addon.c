/* Add-ons one by one: looked at, then all that differ are changed side by side, then they
 * are waited for. */
#include "eks/addon.h"

#include <string.h>

#include "aws/eks.h"
#include "eks/addon_parts.h"
#include "eks/cluster_tag.h"

static const char *const before_nodes[] = {"vpc-cni", "kube-proxy", "eks-pod-identity-agent", NULL};

/* --- which ----------------------------------------------------------------------------------- */

static enum addon_stage stage_of(const char *name)
{
    for (const char *const *one = before_nodes; *one; one++)
        if (strcmp(*one, name) == 0)
            return ADDON_BEFORE_NODES;
    return ADDON_AFTER_NODES;
}

const struct value *addon_defaults(struct arena *a, bool auto_mode)
{
    const struct value *entry = &value_empty_map, *map = &value_empty_map;

    if (auto_mode)
        return map;
    ATTRIBUTE_EACH (row, addon_rows)
        entry = value_with(a, entry, row->name, &value_null);
    for (const char *const *one = before_nodes; *one; one++)
        map = value_with(a, map, *one, entry);
    return value_sorted(a, value_with(a, map, "coredns", entry));
}

static bool lists(const struct value *names, const char *name)
{
    for (size_t i = 0; i < value_count(names); i++)
        if (strcmp(value_z(value_item(names, i)), name) == 0)
            return true;
    return false;
}

static bool list_names(struct call *c, struct aws *aws, const char *cluster,
                       const struct value **names)
{
    return aws_list(c, aws, &eks_list_addons,
                    value_map_of(c->arena, {"clusterName", value_string(c->arena, cluster)}),
                    names);
}

static bool look(struct addon *o)
{
    return eks_describe_addon(o->step.call, o->step.aws, o->step.cluster, o->step.name, &o->found);
}

/* --- changing -----------------------------------------------------------------------------------
 */

static const struct value *with_text(struct arena *a, const struct value *map, const char *key,
                                     const char *text)
{
    return *text ? value_with(a, map, key, value_string(a, text)) : map;
}

static bool create(const struct addon_work *w, struct addon *o)
{
    struct arena *a = w->call->arena;
    const struct value *input = step_input(&o->step), *output;
    const char *conflicts = addon_setting(o, "resolve_conflicts"), *version;

    if (!addon_choose_version(w, o, &version))
        return false;
    input = with_text(a, input, "addonVersion", version);
    input = with_text(a, input, "configurationValues", addon_setting(o, "configuration"));
    input =
        with_text(a, input, "serviceAccountRoleArn", addon_setting(o, "service_account_role_arn"));
    input = with_text(a, input, "resolveConflicts", *conflicts ? conflicts : "OVERWRITE");
    o->changed = true;
    return step_call(&o->step, &eks_create_addon, value_with(a, input, "tags", addon_tags(w, o)),
                     &output);
}

/* What an update does not name, EKS takes away (the role) or keeps (the configuration). */
static const struct value *update_input(const struct addon_work *w, const struct addon *o,
                                        const char *version)
{
    struct arena *a = w->call->arena;
    const struct value *input = with_text(a, step_input(&o->step), "addonVersion", version);
    const char *conflicts = addon_setting(o, "resolve_conflicts"),
               *role = addon_setting(o, "service_account_role_arn"),
               *values = addon_setting(o, "configuration");

    if (!*role && !addon_is_ours(w, o))
        role = value_text(o->found, "serviceAccountRoleArn");
    if (!*values && addon_configuration_differs(w, o))
        values = "{}";
    input = with_text(a, input, "serviceAccountRoleArn", role);
    input = with_text(a, input, "configurationValues", values);
    return with_text(a, input, "resolveConflicts", *conflicts ? conflicts : "PRESERVE");
}

static bool update(const struct addon_work *w, struct addon *o)
{
    const char *version = value_text(o->found, "addonVersion");
    const struct value *output;

    if (addon_version_differs(w, o) && !addon_choose_version(w, o, &version))
        return false;
    if (!addon_is(o, "UPDATE_FAILED") && !addon_role_differs(w, o) &&
        !addon_configuration_differs(w, o) &&
        strcmp(version, value_text(o->found, "addonVersion")) == 0)
        return true; /* it is newer than the default: the tag alone changes */
    if (!step_call(&o->step, &eks_update_addon, update_input(w, o, version), &output))
        return false;
    o->update_id = value_z(value_in(output, "update", "id"));
    o->changed = true;
    return true;
}

static bool begin_delete(const struct addon *o, bool preserve)
{
    const struct value *output;

    return addon_is(o, "DELETING") ||
           step_call(&o->step, &eks_delete_addon,
                     value_with(o->step.call->arena, step_input(&o->step), "preserve",
                                value_bool(preserve)),
                     &output);
}

/* One that failed is made anew; what it has in the cluster stays and is overwritten. */
static bool clear(struct addon *o)
{
    if (!addon_is(o, "DELETING") && !addon_is(o, "CREATE_FAILED") && !addon_is(o, "DELETE_FAILED"))
        return true;
    if (!begin_delete(o, true) || !step_wait(&o->step, &eks_addon_deleted, ADDON_DELETE_MS))
        return false;
    o->found = NULL;
    return true;
}

static bool is_busy(const struct addon *o)
{
    return addon_is(o, "CREATING") || addon_is(o, "UPDATING");
}

/* What an earlier apply or somebody else has begun ends before our change. */
static bool settle(const struct addon_work *w, struct addon *o)
{
    static const char *const settled[] = {"ACTIVE", "DEGRADED", "UPDATE_FAILED", "CREATE_FAILED",
                                          NULL};
    struct aws_wait wait = eks_addon_active;

    if (!is_busy(o) || !addon_needs_update(w, o))
        return true;
    wait.done = settled;
    wait.failed = NULL;
    return step_wait(&o->step, &wait, ADDON_MS) && look(o);
}

static bool begin(const struct addon_work *w, struct addon *o)
{
    if (!settle(w, o) || !clear(o))
        return false;
    if (!o->found)
        return create(w, o);
    return (!addon_needs_update(w, o) || update(w, o)) &&
           step_tag(&o->step, value_text(o->found, "addonArn"), value_at(o->found, "tags"),
                    addon_tags(w, o), addon_old_tags(w));
}

/* --- waiting -----------------------------------------------------------------------------------
 */

static bool finish(const struct addon_work *w, struct addon *o, enum addon_stage stage)
{
    static const char *const settled[] = {"ACTIVE", "DEGRADED", NULL};
    bool nodes = stage == ADDON_AFTER_NODES && !w->cluster->no_nodes;
    struct aws_wait wait = eks_addon_active;

    if (!nodes)
        wait.done = settled;
    if (*o->update_id && !step_wait_update(&o->step, o->update_id, ADDON_MS))
        return false;
    if (!o->changed && (addon_is(o, "ACTIVE") || (!nodes && addon_is(o, "DEGRADED"))))
        return true;
    return step_wait(&o->step, &wait, ADDON_MS);
}

/* --- all of a stage ------------------------------------------------------------------------------
 */

static void differs(struct addon_work *w, const struct addon *o, const char *what)
{
    struct arena *a = w->call->arena;

    w->drift = value_append(a, w->drift, value_f(a, "add-on %s: %s", o->step.name, what));
}

static void tell_version(struct addon_work *w, const struct addon *o)
{
    struct arena *a = w->call->arena;

    if (addon_version_differs(w, o))
        differs(
            w, o,
            addon_says(o, "version")
                ? text_f(a, "version %s, not %s", value_text(o->found, "addonVersion"),
                         addon_setting(o, "version"))
                : text_f(a, "its version was not chosen for Kubernetes %s", w->cluster->version));
}

static void tell(struct addon_work *w, const struct addon *o)
{
    const char *status = value_text(o->found, "status");

    if (!o->found || addon_is(o, "DELETING")) {
        differs(w, o, "missing");
        return;
    }
    if (strstr(status, "FAILED")) {
        differs(w, o,
                text_f(w->call->arena, "%s. %s", status, eks_health(w->call->arena, o->found)));
        return;
    }
    tell_version(w, o);
    if (addon_configuration_differs(w, o))
        differs(w, o, "configuration");
    if (addon_role_differs(w, o))
        differs(w, o, "service account role");
    if (!addon_version_differs(w, o) && addon_tags_differ(w, o))
        differs(w, o, "tags");
}

/* The wanted ones of a stage, looked at. */
static bool find_wanted(struct addon_work *w, const struct value *addons, const struct value *names,
                        enum addon_stage stage, struct addon *all, size_t *count)
{
    for (size_t i = 0; i < value_count(addons); i++) {
        const char *name = addons->map.entries[i].key;
        struct addon *o = &all[*count];

        if (stage_of(name) != stage)
            continue;
        *o = addon_part(w->call, w->aws, w->cluster->name, name);
        o->wanted = addons->map.entries[i].value;
        if (lists(names, name) && !look(o))
            return false;
        (*count)++;
    }
    return true;
}

/* Those that we made and nobody wants any more. */
static bool find_unwanted(struct addon_work *w, const struct value *addons,
                          const struct value *names, struct addon *all, size_t *count)
{
    for (size_t i = 0; i < value_count(names); i++) {
        const char *name = value_z(value_item(names, i));
        struct addon *o = &all[*count];

        if (value_has(addons, name))
            continue;
        *o = addon_part(w->call, w->aws, w->cluster->name, name);
        if (!look(o))
            return false;
        *count += o->found && cluster_tags_are_ours(value_at(o->found, "tags"), w->cluster->name);
    }
    return true;
}

static bool converge_all(const struct addon_work *w, struct addon *all, size_t count,
                         enum addon_stage stage)
{
    bool fine = true;

    for (size_t i = 0; i < count; i++)
        if (!begin(w, &all[i]))
            return false;
    for (size_t i = 0; i < count; i++)
        fine = finish(w, &all[i], stage) && fine;
    return fine;
}

static bool keeps_objects(const struct addon *o)
{
    return strcmp(o->step.name, "vpc-cni") == 0 ||
           value_has(value_at(o->found, "tags"), ADDON_PRESERVE_TAG);
}

static bool remove_those(struct addon *all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!begin_delete(&all[i], keeps_objects(&all[i])))
            return false;
    for (size_t i = 0; i < count; i++)
        if (!step_wait(&all[i].step, &eks_addon_deleted, ADDON_DELETE_MS))
            return false;
    return true;
}

static struct addon *room(struct arena *a, const struct value *wanted, const struct value *names)
{
    return arena_array(a, value_count(wanted) + value_count(names) + 1, sizeof(struct addon));
}

bool addon_converge(struct call *c, struct aws *aws, const struct addon_cluster *cluster,
                    const struct value *addons, enum addon_stage stage)
{
    struct addon_work w = {.call = c, .aws = aws, .cluster = cluster};
    struct addon *all, *others;
    size_t count = 0, other_count = 0;
    const struct value *names;

    if (!list_names(c, aws, cluster->name, &names))
        return false;
    all = room(c->arena, addons, names);
    others = room(c->arena, addons, names);
    if (!find_wanted(&w, addons, names, stage, all, &count) ||
        (stage == ADDON_AFTER_NODES && !find_unwanted(&w, addons, names, others, &other_count)))
        return false;
    return converge_all(&w, all, count, stage) && remove_those(others, other_count);
}

bool addon_drift(struct call *c, struct aws *aws, const struct addon_cluster *cluster,
                 const struct value *addons, const struct value **drift)
{
    struct addon_work w = {.call = c, .aws = aws, .cluster = cluster, .drift = &value_empty_list};
    size_t count = 0, wanted;
    const struct value *names;
    struct addon *all;

    if (!list_names(c, aws, cluster->name, &names))
        return false;
    all = room(c->arena, addons, names);
    if (!find_wanted(&w, addons, names, ADDON_BEFORE_NODES, all, &count) ||
        !find_wanted(&w, addons, names, ADDON_AFTER_NODES, all, &count))
        return false;
    wanted = count;
    if (!find_unwanted(&w, addons, names, all, &count))
        return false;
    for (size_t i = 0; i < wanted; i++)
        tell(&w, &all[i]);
    for (size_t i = wanted; i < count; i++)
        differs(&w, &all[i], "not wanted any more");
    *drift = w.drift;
    return true;
}

/* --- the end, and imports ------------------------------------------------------------------------
 */

static bool find_all(struct call *c, struct aws *aws, const char *cluster, struct addon **all,
                     size_t *count)
{
    const struct value *names;

    *count = 0;
    if (!list_names(c, aws, cluster, &names))
        return false;
    *all = room(c->arena, &value_empty_map, names);
    for (size_t i = 0; i < value_count(names); i++) {
        struct addon *o = &(*all)[*count];

        *o = addon_part(c, aws, cluster, value_z(value_item(names, i)));
        if (!look(o))
            return false;
        *count += o->found != NULL;
    }
    return true;
}

bool addon_remove_all(struct call *c, struct aws *aws, const char *cluster)
{
    struct addon *all;
    size_t count;

    return find_all(c, aws, cluster, &all, &count) && remove_those(all, count);
}

static const struct value *described(struct arena *a, const struct value *found)
{
    static const char *const members[][2] = {{"version", "addonVersion"},
                                             {"configuration", "configurationValues"},
                                             {"service_account_role_arn", "serviceAccountRoleArn"}};
    const struct value *entry = &value_empty_map;

    ATTRIBUTE_EACH (row, addon_rows)
        entry = value_with(a, entry, row->name, &value_null);
    for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
        if (*value_text(found, members[i][1]))
            entry = value_with(a, entry, members[i][0], value_at(found, members[i][1]));
    /* a version that we chose is not one that somebody said */
    return value_has(value_at(found, "tags"), ADDON_VERSION_TAG)
               ? value_with(a, entry, "version", &value_null)
               : entry;
}

bool addon_import(struct call *c, struct aws *aws, const char *cluster, const struct value **addons)
{
    struct addon *all;
    size_t count;

    *addons = &value_empty_map;
    if (!find_all(c, aws, cluster, &all, &count))
        return false;
    for (size_t i = 0; i < count; i++)
        *addons =
            value_with(c->arena, *addons, all[i].step.name, described(c->arena, all[i].found));
    return true;
}
