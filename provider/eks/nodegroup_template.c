/* Launch templates of node groups: one for each, its newest version the default one. */
#include <string.h>

#include "aws/ec2.h"
#include "aws/tags.h"
#include "crypto/digest.h"
#include "eks/cluster_tag.h"
#include "eks/nodegroup_parts.h"

enum { HOP_LIMIT = 2, NAME_BYTES_MAX = 128, HASH_BYTES = 8 };

/* "/" is in no name of a cluster or group, so that no two groups share a template. */
static const char *template_name(struct arena *a, const char *cluster, const char *group)
{
    const char *name = text_f(a, "%s/%s", cluster, group);
    struct diags diags;

    if (strlen(name) <= NAME_BYTES_MAX)
        return name;
    diags_init(&diags, a);
    return text_f(a, "%.*s-%.*s", NAME_BYTES_MAX - HASH_BYTES - 1, name, HASH_BYTES,
                  digest_sha256_hex(a, &diags, text_of(name)));
}

static const char *name_of(const struct nodegroup_work *w, const struct nodegroup *o)
{
    return template_name(w->call->arena, w->cluster->name, o->step.name);
}

bool nodegroup_template_list(struct call *c, struct aws *aws, const char *cluster,
                             const struct value **by_name)
{
    const struct value *items;

    *by_name = &value_empty_map;
    if (!ec2_list(c, aws, &ec2_describe_launch_templates,
                  ec2_filter(c->arena, NULL, "tag:" CLUSTER_TAG, cluster), &items))
        return false;
    for (size_t i = 0; i < value_count(items); i++)
        *by_name =
            value_with(c->arena, *by_name, value_text(value_item(items, i), "LaunchTemplateName"),
                       value_item(items, i));
    return true;
}

/* --- what is in it ------------------------------------------------------------------------------
 */

/* Bottlerocket keeps its own system on the first disk, and all else on the second. */
static const char *device_name(const struct nodegroup *o)
{
    const char *type = value_text(o->settings, "amiType");

    type = *type ? type : value_text(o->found, "amiType");
    if (strncmp(type, "BOTTLEROCKET", strlen("BOTTLEROCKET")) == 0)
        return "/dev/xvdb";
    return strncmp(type, "WINDOWS", strlen("WINDOWS")) == 0 ? "/dev/sda1" : "/dev/xvda";
}

static const struct value *disks(struct arena *a, const struct nodegroup *o)
{
    const struct value *size = value_at(o->entry, "disk_size");
    const struct value *volume =
        value_map_of(a, {"VolumeSize", size}, {"VolumeType", value_string(a, "gp3")},
                     {"DeleteOnTermination", &value_true});

    if (!value_is_set(size))
        return &value_empty_list;
    return value_list_of(
        a, value_map_of(a, {"DeviceName", value_string(a, device_name(o))}, {"Ebs", volume}));
}

/* EKS gives its tags to nothing that it makes: the template has to. */
static const struct value *node_tags(const struct nodegroup_work *w, const struct nodegroup *o)
{
    static const char *const types[] = {"instance", "volume", "network-interface", NULL};
    struct arena *a = w->call->arena;
    const struct value *tags = value_with(a, nodegroup_tags(w, o), CLUSTER_ROLE_TAG,
                                          value_string(a, "node")),
                       *list = &value_empty_list;

    if (!value_has(tags, "Name"))
        tags = value_with(a, tags, "Name", value_f(a, "%s-%s", w->cluster->name, o->step.name));
    for (const char *const *type = types; *type; type++)
        list = value_append(a, list, value_item(tags_specification(a, *type, tags), 0));
    return list;
}

/* A template that names groups is the whole truth: EKS then adds its own to none. */
static const struct value *groups(const struct nodegroup_work *w)
{
    struct arena *a = w->call->arena;
    const struct value *more = w->cluster->security_group_ids,
                       *list = value_list_of(a, value_string(a, w->cluster->security_group_id));

    for (size_t i = 0; i < value_count(more); i++)
        list = value_append(a, list, value_item(more, i));
    return list;
}

static const struct value *data_of(const struct nodegroup_work *w, const struct nodegroup *o)
{
    struct arena *a = w->call->arena;

    return value_map_of(
        a, {"SecurityGroupIds", groups(w)},
        {"MetadataOptions", value_map_of(a, {"HttpTokens", value_string(a, "required")},
                                         {"HttpPutResponseHopLimit", value_integer(a, HOP_LIMIT)},
                                         {"HttpEndpoint", value_string(a, "enabled")})},
        {"BlockDeviceMappings", disks(a, o)}, {"TagSpecifications", node_tags(w, o)});
}

/* --- comparing -----------------------------------------------------------------------------------
 */

/* All that `wanted` has is in `now` too, which may have more. */
static bool covers(const struct value *now, const struct value *wanted)
{
    for (size_t i = 0; i < value_count(wanted); i++)
        if (!value_equal(value_at(now, wanted->map.entries[i].key), wanted->map.entries[i].value))
            return false;
    return true;
}

/* Tags by the type of what gets them. */
static const struct value *tags_by_type(struct arena *a, const struct value *data)
{
    const struct value *list = value_at(data, "TagSpecifications"), *map = &value_empty_map;

    for (size_t i = 0; i < value_count(list); i++)
        map = value_with(a, map, value_text(value_item(list, i), "ResourceType"),
                         tags_map(a, value_at(value_item(list, i), "Tags")));
    return map;
}

static bool same_disks(const struct value *now, const struct value *wanted)
{
    const struct value *one = value_item(value_at(now, "BlockDeviceMappings"), 0),
                       *other = value_item(value_at(wanted, "BlockDeviceMappings"), 0);

    return value_equal(value_at(one, "DeviceName"), value_at(other, "DeviceName")) &&
           covers(value_at(one, "Ebs"), value_at(other, "Ebs"));
}

static bool same_data(struct arena *a, const struct value *now, const struct value *wanted)
{
    return nodegroup_same_set(value_at(now, "SecurityGroupIds"),
                              value_at(wanted, "SecurityGroupIds")) &&
           covers(value_at(now, "MetadataOptions"), value_at(wanted, "MetadataOptions")) &&
           same_disks(now, wanted) && covers(tags_by_type(a, now), tags_by_type(a, wanted));
}

/* --- changing
 * ------------------------------------------------------------------------------------- */

static bool change(const struct nodegroup *o, const struct aws_operation *operation,
                   const struct value *input, const struct value **output)
{
    return aws_call_until(o->step.call, o->step.aws, operation, input, AWS_VISIBLE_MS, output);
}

static void use(struct nodegroup *o, const char *id, int64_t version)
{
    struct arena *a = o->step.call->arena;

    o->template = value_map_of(a, {"id", value_string(a, id)},
                               {"version", value_f(a, "%lld", (long long)version)});
}

/* The tag would make load balancer controllers refuse every node: two groups have it then. */
static bool check_groups(struct nodegroup_work *w)
{
    struct arena *a = w->call->arena;
    const char *tag = text_f(a, "kubernetes.io/cluster/%s", w->cluster->name);
    const struct value *items;

    if (!value_count(w->cluster->security_group_ids) || w->groups_checked)
        return true;
    w->groups_checked = true;
    if (!aws_list(w->call, w->aws, &ec2_describe_security_groups,
                  value_map_of(a, {"GroupIds", w->cluster->security_group_ids}), &items))
        return false;
    for (size_t i = 0; i < value_count(items); i++)
        if (value_has(tags_map(a, value_at(value_item(items, i), "Tags")), tag) &&
            strcmp(value_text(value_item(items, i), "GroupId"), w->cluster->security_group_id) != 0)
            return diag_error(w->call->diags, path_of(a, "eks", "security_group_ids"),
                              "A security group carries the cluster's tag",
                              "%s has the tag %s, which of a node's groups only EKS's own (%s) may "
                              "have: with two of them load balancer controllers register no "
                              "target. Remove the tag from it.",
                              value_text(value_item(items, i), "GroupId"), tag,
                              w->cluster->security_group_id);
    return true;
}

static bool make(struct nodegroup_work *w, struct nodegroup *o)
{
    struct arena *a = w->call->arena;
    const char *name = name_of(w, o);
    const struct value *output, *made;
    struct aws_reply reply;

    if (!check_groups(w) ||
        !aws_try(w->call, w->aws, &ec2_create_launch_template,
                 value_map_of(a, {"LaunchTemplateName", value_string(a, name)},
                              {"LaunchTemplateData", data_of(w, o)},
                              {"TagSpecifications",
                               tags_specification(a, "launch-template", nodegroup_tags(w, o))}),
                 &reply))
        return false;
    output = reply.output;
    if (!output && aws_error_is(&reply.error, ec2_create_launch_template.exists))
        return step_error(&o->step, NULL, "Its launch template's name is taken",
                          "There is a launch template \"%s\" without the tag " CLUSTER_TAG "=%s. "
                          "Delete it, or choose another name for the group.",
                          name, w->cluster->name);
    if (!output)
        return aws_refused(w->call, w->aws, &ec2_create_launch_template, name, &reply.error);
    made = value_at(output, "LaunchTemplate");
    use(o, value_text(made, "LaunchTemplateId"), value_integer_at(made, "LatestVersionNumber"));
    return true;
}

static bool set_default(const struct nodegroup *o)
{
    struct arena *a = o->step.call->arena;
    const struct value *output;

    return change(o, &ec2_modify_launch_template,
                  value_map_of(a, {"LaunchTemplateId", value_at(o->template, "id")},
                               {"DefaultVersion", value_at(o->template, "version")}),
                  &output);
}

static bool make_version(struct nodegroup_work *w, struct nodegroup *o, const char *id)
{
    struct arena *a = w->call->arena;
    const struct value *output;

    if (!check_groups(w) || !change(o, &ec2_create_launch_template_version,
                                    value_map_of(a, {"LaunchTemplateId", value_string(a, id)},
                                                 {"LaunchTemplateData", data_of(w, o)}),
                                    &output))
        return false;
    use(o, id, value_integer_at(value_at(output, "LaunchTemplateVersion"), "VersionNumber"));
    return set_default(o);
}

/* Id of the template of that group, "" = it has none. */
static const char *id_of(const struct nodegroup_work *w, const struct nodegroup *o)
{
    return o->found ? value_z(value_in(o->found, "launchTemplate", "id"))
                    : value_text(value_at(w->templates, name_of(w, o)), "LaunchTemplateId");
}

/* Its newest version; NULL = it is gone. *is_ours false: somebody else's, which stays as it is. */
static bool newest(const struct nodegroup_work *w, const struct nodegroup *o, const char *id,
                   const struct value **version, bool *is_ours)
{
    if (!ec2_describe_launch_template_version(w->call, w->aws, id, "$Latest", version))
        return false;
    *is_ours = !*version || strcmp(value_text(*version, "LaunchTemplateName"), name_of(w, o)) == 0;
    return true;
}

bool nodegroup_template_ensure(struct nodegroup_work *w, struct nodegroup *o)
{
    const char *id = id_of(w, o);
    const struct value *version;
    bool is_ours;

    if (!*id)
        return o->found || make(w, o);
    if (!newest(w, o, id, &version, &is_ours))
        return false;
    if (!version)
        return step_error(&o->step, NULL, "Its launch template is gone",
                          "%s was deleted, and a group cannot be given another one. Delete the "
                          "group; the next apply makes it anew.",
                          id);
    if (!is_ours)
        return true;
    if (!same_data(w->call->arena, value_at(version, "LaunchTemplateData"), data_of(w, o)))
        return make_version(w, o, id);
    use(o, id, value_integer_at(version, "VersionNumber"));
    return value_flag(version, "DefaultVersion") || set_default(o);
}

static bool is_used_by(const struct value *version, const struct nodegroup *o)
{
    const char *number =
        text_f(o->step.call->arena, "%lld", (long long)value_integer_at(version, "VersionNumber"));

    return strcmp(value_z(value_in(o->found, "launchTemplate", "version")), number) == 0;
}

bool nodegroup_template_differs(struct nodegroup_work *w, struct nodegroup *o, bool *differs)
{
    const char *id = id_of(w, o);
    const struct value *version;
    bool is_ours;

    *differs = false;
    if (!*id)
        return true;
    if (!newest(w, o, id, &version, &is_ours))
        return false;
    *differs = !version ||
               (is_ours && (!value_flag(version, "DefaultVersion") || !is_used_by(version, o) ||
                            !same_data(w->call->arena, value_at(version, "LaunchTemplateData"),
                                       data_of(w, o))));
    return true;
}

bool nodegroup_template_disk(struct call *c, struct aws *aws, const struct value *template,
                             int64_t *gibibytes)
{
    const struct value *version, *mapping;

    *gibibytes = 0;
    if (!*value_text(template, "id"))
        return true;
    if (!ec2_describe_launch_template_version(c, aws, value_text(template, "id"),
                                              value_text(template, "version"), &version))
        return false;
    mapping = value_item(value_in(version, "LaunchTemplateData", "BlockDeviceMappings"), 0);
    *gibibytes = value_integer_at(value_at(mapping, "Ebs"), "VolumeSize");
    return true;
}

/* --- removing
 * ------------------------------------------------------------------------------------- */

static bool is_used(struct arena *a, const char *cluster, const char *name,
                    const struct value *groups_by_name, const struct value *names)
{
    for (size_t i = 0; i < value_count(groups_by_name); i++)
        if (strcmp(template_name(a, cluster, groups_by_name->map.entries[i].key), name) == 0)
            return true;
    for (size_t i = 0; i < value_count(names); i++)
        if (strcmp(template_name(a, cluster, value_z(value_item(names, i))), name) == 0)
            return true;
    return false;
}

bool nodegroup_template_prune(struct nodegroup_work *w, const struct value *groups_by_name,
                              const struct value *names)
{
    const struct value *output;

    for (size_t i = 0; i < value_count(w->templates); i++) {
        const struct value_entry *one = &w->templates->map.entries[i];

        if (!is_used(w->call->arena, w->cluster->name, one->key, groups_by_name, names) &&
            !aws_call(w->call, w->aws, &ec2_delete_launch_template,
                      value_map_of(w->call->arena,
                                   {"LaunchTemplateId", value_at(one->value, "LaunchTemplateId")}),
                      &output))
            return false;
    }
    return true;
}
