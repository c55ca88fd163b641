/* What an entry means for EKS, with its defaults, and what of it differs from what there is. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "aws/tags.h"
#include "eks/cluster_tag.h"
#include "eks/nodegroup_parts.h"

enum { MAX_DEFAULT = 3, UNAVAILABLE_PERCENT = 33 };

struct nodegroup nodegroup_of(struct call *c, struct aws *aws, const char *cluster,
                              const char *name)
{
    static const char *const blame[][2] = {{"nstance type", "instance_types"},
                                           {"AMI", "ami_type"},
                                           {"abel", "labels"},
                                           {"aint", "taints"},
                                           {"ubnet", "subnet_ids"},
                                           {NULL, NULL}};
    struct arena *a = c->arena;

    return (struct nodegroup){
        .step = {.call = c,
                 .aws = aws,
                 .cluster = cluster,
                 .what = text_f(a, "Node group %s", name),
                 .member = "nodegroupName",
                 .name = name,
                 .at = path_key(a, path_of(a, "eks", "node_groups"), name),
                 .blame = blame,
                 .advice = nodegroup_advice},
        .update_id = "",
    };
}

bool nodegroup_is(const struct nodegroup *o, const char *status)
{
    return o->found && strcmp(value_text(o->found, "status"), status) == 0;
}

bool nodegroup_is_ours(const struct nodegroup_work *w, const struct nodegroup *o)
{
    return !w->cluster->adopted || !o->found ||
           cluster_tags_are_ours(value_at(o->found, "tags"), w->cluster->name);
}

/* --- settings ----------------------------------------------------------------------------------
 */

static const struct value *said(const struct nodegroup *o, const char *argument)
{
    return value_at(o->entry, argument);
}

/* What was said, or what there is of a group that is not ours, or the default. */
static int64_t number_of(const struct nodegroup_work *w, const struct nodegroup *o,
                         const char *argument, const char *member, int64_t fallback)
{
    const struct value *now = value_in(o->found, "scalingConfig", member);

    if (value_is_set(said(o, argument)))
        return value_as_integer(said(o, argument));
    return !nodegroup_is_ours(w, o) && value_is_set(now) ? value_as_integer(now) : fallback;
}

static int64_t largest(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

/* The desired size is the autoscalers' unless it is said or out of bounds. */
static const struct value *scaling(const struct nodegroup_work *w, const struct nodegroup *o)
{
    struct arena *a = w->call->arena;
    int64_t min = number_of(w, o, "min_size", "minSize", 1),
            desired = value_as_integer(said(o, "desired_size")),
            max =
                number_of(w, o, "max_size", "maxSize", largest(MAX_DEFAULT, largest(min, desired)));
    const struct value *now = value_in(o->found, "scalingConfig", "desiredSize");

    if (!value_is_set(said(o, "desired_size"))) {
        desired = o->found ? value_as_integer(now) : largest(min, 1);
        desired = desired > max ? max : largest(desired, min);
    }
    return value_map_of(a, {"minSize", value_integer(a, min)}, {"maxSize", value_integer(a, max)},
                        {"desiredSize", value_integer(a, desired)});
}

static const struct value *disruption(const struct nodegroup_work *w, const struct nodegroup *o)
{
    struct arena *a = w->call->arena;
    const struct value *given = said(o, "max_unavailable_percentage");

    if (!value_is_set(given) && !nodegroup_is_ours(w, o))
        return value_at(o->found, "updateConfig");
    return value_map_of(a, {"maxUnavailablePercentage",
                            value_is_set(given) ? given : value_integer(a, UNAVAILABLE_PERCENT)});
}

/* Without members that say nothing, as EKS gives them back. */
static const struct value *taints(struct arena *a, const struct value *list)
{
    const struct value *out = &value_empty_list;

    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *taint = value_item(list, i);
        const struct value *bare =
            value_map_of(a, {"key", value_at(taint, "key")}, {"effect", value_at(taint, "effect")});

        if (*value_text(taint, "value"))
            bare = value_with(a, bare, "value", value_at(taint, "value"));
        out = value_append(a, out, bare);
    }
    return out;
}

/* A list or map that was said, or of a group that is not ours what there is, or empty. */
static const struct value *collection(const struct nodegroup_work *w, const struct nodegroup *o,
                                      const char *name, const struct value *empty)
{
    if (value_is_set(said(o, name)))
        return said(o, name);
    return nodegroup_is_ours(w, o) || !value_count(value_at(o->found, name))
               ? empty
               : value_at(o->found, name);
}

/* "m7g.large", "t4g.small", "c7gn.xlarge", "a1.large": their processors are ARM's. */
static bool is_arm(const char *type)
{
    const char *at = type;

    if (strncmp(type, "a1.", 3) == 0)
        return true;
    while (isalpha((unsigned char)*at))
        at++;
    while (isdigit((unsigned char)*at))
        at++;
    return *at == 'g';
}

static const struct value *image_type(struct arena *a, const struct nodegroup *o)
{
    const struct value *types = said(o, "instance_types");
    bool arm = value_count(types) > 0;

    if (value_is_set(said(o, "ami_type")))
        return said(o, "ami_type");
    for (size_t i = 0; i < value_count(types); i++)
        arm = arm && is_arm(value_z(value_item(types, i)));
    return arm ? value_string(a, "AL2023_ARM_64_STANDARD") : &value_null;
}

static const char *wanted_version(const struct nodegroup_work *w, const struct nodegroup *o)
{
    const char *version = value_z(said(o, "version"));

    if (*version)
        return version;
    return nodegroup_is_ours(w, o) ? w->cluster->version : value_text(o->found, "version");
}

void nodegroup_settle(const struct nodegroup_work *w, struct nodegroup *o)
{
    struct arena *a = w->call->arena;
    const struct value *subnets = said(o, "subnet_ids");

    o->settings =
        value_map_of(a, {"scalingConfig", scaling(w, o)}, {"updateConfig", disruption(w, o)},
                     {"labels", collection(w, o, "labels", &value_empty_map)},
                     {"taints", taints(a, collection(w, o, "taints", &value_empty_list))},
                     {"instanceTypes", said(o, "instance_types")}, {"amiType", image_type(a, o)},
                     {"capacityType", said(o, "capacity_type")},
                     {"subnets", value_is_set(subnets) ? subnets : w->cluster->subnet_ids},
                     {"version", value_string(a, wanted_version(w, o))},
                     {"nodeRole", value_string(a, w->cluster->node_role_arn)});
}

/* --- versions ------------------------------------------------------------------------------------
 */

static long minor_of(const char *version)
{
    const char *dot = strchr(version, '.');

    return dot ? strtol(dot + 1, NULL, 10) : 0;
}

bool nodegroup_check_version(const struct nodegroup_work *w, const struct nodegroup *o)
{
    const char *wanted = value_text(o->settings, "version"), *now = value_text(o->found, "version");

    if (minor_of(wanted) > minor_of(w->cluster->version))
        return step_error(&o->step, "version", "Its version is beyond the cluster's",
                          "Nodes of Kubernetes %s cannot join a control plane of %s. Upgrade the "
                          "cluster first.",
                          wanted, w->cluster->version);
    if (o->found && minor_of(now) > minor_of(wanted))
        return step_error(&o->step, "version", "Its version cannot go back",
                          "The group has Kubernetes %s, and EKS does not bring nodes back to %s. "
                          "Say %s, or make a group of another name.",
                          now, wanted, now);
    return true;
}

/* --- what differs
 * --------------------------------------------------------------------------------- */

static bool contains(const struct value *list, const struct value *item)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (value_equal(value_item(list, i), item))
            return true;
    return false;
}

bool nodegroup_same_set(const struct value *one, const struct value *other)
{
    if (value_count(one) != value_count(other))
        return false;
    for (size_t i = 0; i < value_count(one); i++)
        if (!contains(other, value_item(one, i)))
            return false;
    return true;
}

/* UpdateNodegroupConfig and UpdateNodegroupVersion have no members for these (EKS API
 * reference, 2017-11-01). The disk, which EKS cannot change either, is in the template. */
static const char *const fixed[][2] = {{"instance_types", "instanceTypes"},
                                       {"ami_type", "amiType"},
                                       {"capacity_type", "capacityType"},
                                       {"subnet_ids", "subnets"},
                                       {"node role", "nodeRole"}};

/* Defaults count only when a group is made: a subnet more of the cluster replaces no nodes. */
static bool is_asked(const struct nodegroup_work *w, const struct nodegroup *o,
                     const char *argument)
{
    return value_is_set(said(o, argument)) ||
           (strcmp(argument, "node role") == 0 && nodegroup_is_ours(w, o) &&
            *value_text(o->settings, "nodeRole"));
}

static bool is_same(const struct value *wanted, const struct value *now)
{
    return now->kind == VALUE_LIST ? nodegroup_same_set(wanted, now) : value_equal(wanted, now);
}

const char *nodegroup_unchangeable(const struct nodegroup_work *w, const struct nodegroup *o)
{
    struct arena *a = w->call->arena;
    const char *names = "";

    for (size_t i = 0; o->found && i < sizeof(fixed) / sizeof(*fixed); i++)
        if (is_asked(w, o, fixed[i][0]) &&
            !is_same(value_at(o->settings, fixed[i][1]), value_at(o->found, fixed[i][1])))
            names = text_f(a, "%s%s%s", names, *names ? ", " : "", fixed[i][0]);
    return names;
}

static const struct value *label_change(struct arena *a, const struct value *now,
                                        const struct value *wanted)
{
    const struct value *added = cluster_tags_missing(a, now, wanted), *gone = &value_empty_list;

    for (size_t i = 0; i < value_count(now); i++)
        if (!value_has(wanted, now->map.entries[i].key))
            gone = value_append(a, gone, value_string(a, now->map.entries[i].key));
    if (!value_count(added) && !value_count(gone))
        return NULL;
    return value_map_of(a, {"addOrUpdateLabels", added}, {"removeLabels", gone});
}

static bool same_place(const struct value *one, const struct value *other)
{
    return value_equal(value_at(one, "key"), value_at(other, "key")) &&
           value_equal(value_at(one, "effect"), value_at(other, "effect"));
}

/* Taints of `list` for whose key and effect `other` has none. */
static const struct value *without_place(struct arena *a, const struct value *list,
                                         const struct value *other)
{
    const struct value *out = &value_empty_list;

    for (size_t i = 0; i < value_count(list); i++) {
        bool there = false;

        for (size_t k = 0; k < value_count(other); k++)
            there = there || same_place(value_item(list, i), value_item(other, k));
        if (!there)
            out = value_append(a, out, value_item(list, i));
    }
    return out;
}

static const struct value *taint_change(struct arena *a, const struct value *now,
                                        const struct value *wanted)
{
    const struct value *added = &value_empty_list, *gone;

    now = taints(a, now);
    gone = without_place(a, now, wanted);
    for (size_t i = 0; i < value_count(wanted); i++)
        if (!contains(now, value_item(wanted, i)))
            added = value_append(a, added, value_item(wanted, i));
    if (!value_count(added) && !value_count(gone))
        return NULL;
    return value_map_of(a, {"addOrUpdateTaints", added}, {"removeTaints", gone});
}

/* Without the members that stay: what EKS told of the desired size may be older than what an
 * autoscaler did since. */
static const struct value *changed_only(struct arena *a, const struct value *wanted,
                                        const struct value *now)
{
    return cluster_tags_missing(a, now, wanted);
}

const struct value *nodegroup_config_change(const struct nodegroup_work *w,
                                            const struct nodegroup *o)
{
    static const char *const whole[] = {"scalingConfig", "updateConfig", NULL};
    struct arena *a = w->call->arena;
    const struct value *input = step_input(&o->step);
    const struct value *labels =
        label_change(a, value_at(o->found, "labels"), value_at(o->settings, "labels"));
    const struct value *taint =
        taint_change(a, value_at(o->found, "taints"), value_at(o->settings, "taints"));
    size_t count = value_count(input);

    for (const char *const *one = whole; *one; one++)
        if (!value_equal(value_at(o->settings, *one), value_at(o->found, *one)))
            input =
                value_with(a, input, *one,
                           changed_only(a, value_at(o->settings, *one), value_at(o->found, *one)));
    if (labels)
        input = value_with(a, input, "labels", labels);
    if (taint)
        input = value_with(a, input, "taints", taint);
    return value_count(input) > count ? input : NULL;
}

const struct value *nodegroup_version_change(const struct nodegroup_work *w,
                                             const struct nodegroup *o)
{
    struct arena *a = w->call->arena;
    const struct value *now = value_in(o->found, "launchTemplate", "version"),
                       *input = step_input(&o->step);
    bool version = strcmp(value_text(o->settings, "version"), value_text(o->found, "version")) != 0,
         template = o->template && strcmp(value_text(o->template, "version"), value_z(now)) != 0;

    if (!version && !template)
        return NULL;
    input = value_with(a, input, "version", value_at(o->settings, "version"));
    return o->template ? value_with(a, input, "launchTemplate", o->template) : input;
}

/* --- tags ---------------------------------------------------------------------------------------
 */

static const struct value *people_tags(const struct nodegroup_work *w, const struct nodegroup *o)
{
    const struct value *own = said(o, "tags"),
                       *all = w->cluster->tags ? w->cluster->tags : &value_empty_map;

    return value_is_set(own) ? value_merge(w->call->arena, all, own) : all;
}

static const struct value *without_ours(struct arena *a, const struct value *tags)
{
    return value_with(a, value_with(a, tags, CLUSTER_TAG, NULL), CLUSTER_ROLE_TAG, NULL);
}

const struct value *nodegroup_tags(const struct nodegroup_work *w, const struct nodegroup *o)
{
    struct arena *a = w->call->arena;

    return nodegroup_is_ours(w, o) ? cluster_tags(w->call, people_tags(w, o), w->cluster->name,
                                                  text_f(a, "nodegroup/%s", o->step.name))
                                   : without_ours(a, tags_all(w->call, people_tags(w, o)));
}

const struct value *nodegroup_old_tags(const struct nodegroup_work *w)
{
    return w->cluster->old_tags ? without_ours(w->call->arena, w->cluster->old_tags)
                                : &value_empty_map;
}
