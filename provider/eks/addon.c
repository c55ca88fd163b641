/* Add-ons one by one: looked at, then all that differ are changed side by side, then they
 * are waited for. */
#include "eks/addon.h"

#include <string.h>

#include "aws/eks.h"
#include "aws/tags.h"
#include "codec/json.h"
#include "codec/yml.h"
#include "eks/cluster_tag.h"
#include "eks/step.h"
#include "schema/check.h"

const struct attribute addon_rows[] = {
    STRING("version", OPTIONAL,
           "Version such as `v1.20.4-eksbuild.2`. Default: AWS's default for the cluster's "
           "version when the add-on is made, and again after each upgrade of the cluster; one "
           "that is newer than that is kept.",
           .check = check_not_empty),
    STRING("configuration", OPTIONAL,
           "Configuration values of the add-on: `jsonencode({...})`, or YAML. Compared by what it "
           "says, not by how it is written.",
           .check = check_not_empty),
    STRING("service_account_role_arn", OPTIONAL,
           "Role of the add-on's service account, by the cluster's OIDC provider.",
           .check = check_arn),
    STRING("resolve_conflicts", OPTIONAL,
           "What becomes of fields that others have set. Default: `OVERWRITE` when the add-on is "
           "made, `PRESERVE` when it changes.",
           .one_of = ONE_OF("NONE", "OVERWRITE", "PRESERVE")),
    BOOL("preserve", OPTIONAL,
         "Whether the objects stay in the cluster when the add-on is removed from it. Default: "
         "false, and true for `vpc-cni`, without which pods cannot even end."),
    END_ATTRIBUTES,
};

static const char *const before_nodes[] = {"vpc-cni", "kube-proxy", "eks-pod-identity-agent", NULL};

struct work {
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

static struct addon addon_of(struct call *c, struct aws *aws, const char *cluster, const char *name)
{
    static const char *const blame[][2] = {{"onfiguration", "configuration"},
                                           {"ersion", "version"},
                                           {"ole", "service_account_role_arn"},
                                           {NULL, NULL}};
    struct arena *a = c->arena;

    return (struct addon){.step = {.call = c,
                                   .aws = aws,
                                   .cluster = cluster,
                                   .what = text_f(a, "Add-on %s", name),
                                   .member = "addonName",
                                   .name = name,
                                   .at = path_key(a, path_of(a, "eks", "addons"), name),
                                   .blame = blame},
                          .update_id = ""};
}

static bool look(struct addon *o)
{
    return eks_describe_addon(o->step.call, o->step.aws, o->step.cluster, o->step.name, &o->found);
}

static bool is(const struct addon *o, const char *status)
{
    return o->found && strcmp(value_text(o->found, "status"), status) == 0;
}

/* --- what differs ---------------------------------------------------------------------------- */

/* Text of people or of EKS, JSON or YAML, as a value; empty and {} are the same. */
static const struct value *configuration(struct arena *a, const char *text)
{
    const struct value *v = &value_null;

    if (json_try(a, text_of(text), &v) && yml_try(a, text_of(text), &v))
        return value_string(a, text);
    return value_is_null(v) ? &value_empty_map : v;
}

/* Is it this resource's: made by it, or part of a cluster that is? */
static bool is_ours(const struct work *w, const struct addon *o)
{
    return !w->cluster->adopted ||
           cluster_tags_are_ours(value_at(o->found, "tags"), w->cluster->name);
}

static const char *setting(const struct addon *o, const char *argument)
{
    return value_text(o->wanted, argument);
}

static bool says(const struct addon *o, const char *argument)
{
    return *setting(o, argument) != 0;
}

static bool configuration_differs(const struct work *w, const struct addon *o)
{
    struct arena *a = w->call->arena;

    return (says(o, "configuration") || is_ours(w, o)) &&
           !value_equal(configuration(a, setting(o, "configuration")),
                        configuration(a, value_text(o->found, "configurationValues")));
}

static bool role_differs(const struct work *w, const struct addon *o)
{
    return (says(o, "service_account_role_arn") || is_ours(w, o)) &&
           strcmp(setting(o, "service_account_role_arn"),
                  value_text(o->found, "serviceAccountRoleArn")) != 0;
}

/* A version that was said is another; or none is, and the cluster's has changed. */
static bool version_differs(const struct work *w, const struct addon *o)
{
    return says(o, "version")
               ? strcmp(setting(o, "version"), value_text(o->found, "addonVersion")) != 0
               : strcmp(value_text(value_at(o->found, "tags"), ADDON_VERSION_TAG),
                        w->cluster->version) != 0;
}

static const struct value *tags_of(const struct work *w, const struct addon *o)
{
    struct arena *a = w->call->arena;
    const struct value *tags =
        !o->found || is_ours(w, o)
            ? cluster_tags(w->call, w->cluster->tags, w->cluster->name,
                           text_f(a, "addon/%s", o->step.name))
            : value_with(a, value_with(a, tags_all(w->call, w->cluster->tags), CLUSTER_TAG, NULL),
                         CLUSTER_ROLE_TAG, NULL);

    if (!says(o, "version"))
        tags = value_with(a, tags, ADDON_VERSION_TAG, value_string(a, w->cluster->version));
    if (value_flag(o->wanted, "preserve"))
        tags = value_with(a, tags, ADDON_PRESERVE_TAG, value_string(a, "true"));
    return tags;
}

/* Tags that were given once and may have to go. */
static const struct value *old_tags(const struct work *w)
{
    struct arena *a = w->call->arena;
    const struct value *old = w->cluster->old_tags ? w->cluster->old_tags : &value_empty_map;

    old = value_with(a, old, ADDON_PRESERVE_TAG, value_string(a, "true"));
    return value_with(a, value_with(a, old, CLUSTER_TAG, NULL), CLUSTER_ROLE_TAG, NULL);
}

static bool tags_differ(const struct work *w, const struct addon *o)
{
    struct arena *a = w->call->arena;
    const struct value *now = value_at(o->found, "tags"), *wanted = tags_of(w, o);

    return value_count(cluster_tags_missing(a, now, wanted)) ||
           value_count(cluster_tags_dropped(a, now, wanted, old_tags(w)));
}

/* --- versions --------------------------------------------------------------------------------- */

static bool is_default(const struct value *version, const char *cluster_version)
{
    const struct value *list = value_at(version, "compatibilities");

    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_text(value_item(list, i), "clusterVersion"), cluster_version) == 0)
            return value_flag(value_item(list, i), "defaultVersion");
    return false;
}

/* AWS lists the newest first: what stands before the default is newer, and stays. */
static const char *chosen_among(const struct value *versions, const char *cluster_version,
                                const char *now)
{
    for (size_t i = 0; i < value_count(versions); i++) {
        const char *version = value_text(value_item(versions, i), "addonVersion");

        if (strcmp(version, now) == 0 || is_default(value_item(versions, i), cluster_version))
            return version;
    }
    return "";
}

/* The version for the cluster's, when none is said. */
static bool choose_version(const struct work *w, const struct addon *o, const char **version)
{
    struct arena *a = w->call->arena;
    const struct value *items;

    *version = setting(o, "version");
    if (**version)
        return true;
    if (!aws_list(w->call, w->aws, &eks_describe_addon_versions,
                  value_map_of(a, {"addonName", value_string(a, o->step.name)},
                               {"kubernetesVersion", value_string(a, w->cluster->version)}),
                  &items))
        return false;
    *version = chosen_among(value_at(value_item(items, 0), "addonVersions"), w->cluster->version,
                            value_text(o->found, "addonVersion"));
    return **version || step_error(&o->step, NULL, "There is no version of it",
                                   "EKS offers no default version of an add-on \"%s\" for "
                                   "Kubernetes %s. Look at its name: aws eks "
                                   "describe-addon-versions --kubernetes-version %s.",
                                   o->step.name, w->cluster->version, w->cluster->version);
}

/* --- changing -----------------------------------------------------------------------------------
 */

static const struct value *with_text(struct arena *a, const struct value *map, const char *key,
                                     const char *text)
{
    return *text ? value_with(a, map, key, value_string(a, text)) : map;
}

static bool create(const struct work *w, struct addon *o)
{
    struct arena *a = w->call->arena;
    const struct value *input = step_input(&o->step), *output;
    const char *conflicts = setting(o, "resolve_conflicts"), *version;

    if (!choose_version(w, o, &version))
        return false;
    input = with_text(a, input, "addonVersion", version);
    input = with_text(a, input, "configurationValues", setting(o, "configuration"));
    input = with_text(a, input, "serviceAccountRoleArn", setting(o, "service_account_role_arn"));
    input = with_text(a, input, "resolveConflicts", *conflicts ? conflicts : "OVERWRITE");
    o->changed = true;
    return step_call(&o->step, &eks_create_addon, value_with(a, input, "tags", tags_of(w, o)),
                     &output);
}

/* What an update does not name, EKS takes away (the role) or keeps (the configuration). */
static const struct value *update_input(const struct work *w, const struct addon *o,
                                        const char *version)
{
    struct arena *a = w->call->arena;
    const struct value *input = with_text(a, step_input(&o->step), "addonVersion", version);
    const char *conflicts = setting(o, "resolve_conflicts"),
               *role = setting(o, "service_account_role_arn"),
               *values = setting(o, "configuration");

    if (!*role && !is_ours(w, o))
        role = value_text(o->found, "serviceAccountRoleArn");
    if (!*values && configuration_differs(w, o))
        values = "{}";
    input = with_text(a, input, "serviceAccountRoleArn", role);
    input = with_text(a, input, "configurationValues", values);
    return with_text(a, input, "resolveConflicts", *conflicts ? conflicts : "PRESERVE");
}

static bool update(const struct work *w, struct addon *o)
{
    const char *version = value_text(o->found, "addonVersion");
    const struct value *output;

    if (version_differs(w, o) && !choose_version(w, o, &version))
        return false;
    if (!is(o, "UPDATE_FAILED") && !role_differs(w, o) && !configuration_differs(w, o) &&
        strcmp(version, value_text(o->found, "addonVersion")) == 0)
        return true; /* it is newer than the default: the tag alone changes */
    if (!step_call(&o->step, &eks_update_addon, update_input(w, o, version), &output))
        return false;
    o->update_id = value_z(value_in(output, "update", "id"));
    o->changed = true;
    return true;
}

static bool needs_update(const struct work *w, const struct addon *o)
{
    return is(o, "UPDATE_FAILED") || version_differs(w, o) || role_differs(w, o) ||
           configuration_differs(w, o);
}

static bool begin_delete(const struct addon *o, bool preserve)
{
    const struct value *output;

    return is(o, "DELETING") || step_call(&o->step, &eks_delete_addon,
                                          value_with(o->step.call->arena, step_input(&o->step),
                                                     "preserve", value_bool(preserve)),
                                          &output);
}

/* One that failed is made anew; what it has in the cluster stays and is overwritten. */
static bool clear(struct addon *o)
{
    if (!is(o, "DELETING") && !is(o, "CREATE_FAILED") && !is(o, "DELETE_FAILED"))
        return true;
    if (!begin_delete(o, true) || !step_wait(&o->step, &eks_addon_deleted, ADDON_DELETE_MS))
        return false;
    o->found = NULL;
    return true;
}

/* An update of somebody else's has to end before ours. */
static bool begin(const struct work *w, struct addon *o)
{
    if (!clear(o))
        return false;
    if (!o->found)
        return create(w, o);
    return (!needs_update(w, o) || update(w, o)) &&
           step_tag(&o->step, value_text(o->found, "addonArn"), value_at(o->found, "tags"),
                    tags_of(w, o), old_tags(w));
}

/* --- waiting -----------------------------------------------------------------------------------
 */

static bool finish(const struct work *w, struct addon *o, enum addon_stage stage)
{
    static const char *const settled[] = {"ACTIVE", "DEGRADED", NULL};
    bool nodes = stage == ADDON_AFTER_NODES && !w->cluster->no_nodes;
    struct aws_wait wait = eks_addon_active;

    if (!nodes)
        wait.done = settled;
    if (*o->update_id && !step_wait_update(&o->step, o->update_id, ADDON_MS))
        return false;
    if (!o->changed && (is(o, "ACTIVE") || (!nodes && is(o, "DEGRADED"))))
        return true;
    return step_wait(&o->step, &wait, ADDON_MS);
}

/* --- all of a stage ------------------------------------------------------------------------------
 */

static void differs(struct work *w, const struct addon *o, const char *what)
{
    struct arena *a = w->call->arena;

    w->drift = value_append(a, w->drift, value_f(a, "add-on %s: %s", o->step.name, what));
}

static void tell_version(struct work *w, const struct addon *o)
{
    struct arena *a = w->call->arena;

    if (version_differs(w, o))
        differs(
            w, o,
            says(o, "version")
                ? text_f(a, "version %s, not %s", value_text(o->found, "addonVersion"),
                         setting(o, "version"))
                : text_f(a, "its version was not chosen for Kubernetes %s", w->cluster->version));
}

static void tell(struct work *w, const struct addon *o)
{
    const char *status = value_text(o->found, "status");

    if (!o->found || is(o, "DELETING")) {
        differs(w, o, "missing");
        return;
    }
    if (strstr(status, "FAILED")) {
        differs(w, o,
                text_f(w->call->arena, "%s. %s", status, eks_health(w->call->arena, o->found)));
        return;
    }
    tell_version(w, o);
    if (configuration_differs(w, o))
        differs(w, o, "configuration");
    if (role_differs(w, o))
        differs(w, o, "service account role");
    if (!version_differs(w, o) && tags_differ(w, o))
        differs(w, o, "tags");
}

/* The wanted ones of a stage, looked at. */
static bool find_wanted(struct work *w, const struct value *addons, const struct value *names,
                        enum addon_stage stage, struct addon *all, size_t *count)
{
    for (size_t i = 0; i < value_count(addons); i++) {
        const char *name = addons->map.entries[i].key;
        struct addon *o = &all[*count];

        if (stage_of(name) != stage)
            continue;
        *o = addon_of(w->call, w->aws, w->cluster->name, name);
        o->wanted = addons->map.entries[i].value;
        if (lists(names, name) && !look(o))
            return false;
        (*count)++;
    }
    return true;
}

/* Those that we made and nobody wants any more. */
static bool find_unwanted(struct work *w, const struct value *addons, const struct value *names,
                          struct addon *all, size_t *count)
{
    for (size_t i = 0; i < value_count(names); i++) {
        const char *name = value_z(value_item(names, i));
        struct addon *o = &all[*count];

        if (value_has(addons, name))
            continue;
        *o = addon_of(w->call, w->aws, w->cluster->name, name);
        if (!look(o))
            return false;
        *count += o->found && cluster_tags_are_ours(value_at(o->found, "tags"), w->cluster->name);
    }
    return true;
}

static bool converge_all(const struct work *w, struct addon *all, size_t count,
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
    struct work w = {.call = c, .aws = aws, .cluster = cluster};
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
    struct work w = {.call = c, .aws = aws, .cluster = cluster, .drift = &value_empty_list};
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

        *o = addon_of(c, aws, cluster, value_z(value_item(names, i)));
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

bool addon_check(struct call *c, const struct path *at, const struct value *addons)
{
    bool fine = true;

    for (size_t i = 0; i < value_count(addons); i++) {
        const char *text = value_text(addons->map.entries[i].value, "configuration");
        const struct path *path = path_key(c->arena, at, addons->map.entries[i].key);

        if (*text && configuration(c->arena, text)->kind != VALUE_MAP)
            fine = diag_error(c->diags, path_name(c->arena, path, "configuration"),
                              "The configuration is not an object",
                              "It is JSON or YAML of an object: jsonencode({replicaCount = 2}).");
    }
    return fine;
}
