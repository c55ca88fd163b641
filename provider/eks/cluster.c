#include "eks/cluster.h"

#include <string.h>

#include "aws/eks.h"
#include "codec/base64.h"
#include "eks/access.h"
#include "eks/cluster_parts.h"
#include "schema/unknown.h"

/* --- shorthands ------------------------------------------------------------------- */

const struct value *cluster_text(const struct eks_cluster_work *w, const char *z)
{
    return value_string(w->call->arena, z);
}

const struct value *cluster_input(const struct eks_cluster_work *w)
{
    return value_map_of(w->call->arena, {"name", cluster_text(w, w->name)});
}

const char *cluster_status(const struct eks_cluster_work *w)
{
    return value_text(w->found, "status");
}

bool cluster_is_ours(const struct eks_cluster_work *w)
{
    return cluster_tags_are_ours(value_at(w->found, "tags"), w->name);
}

bool cluster_may_change(struct eks_cluster_work *w, const char *what)
{
    if (w->look_only)
        w->drift = value_append(w->call->arena, w->drift, cluster_text(w, what));
    return !w->look_only;
}

void cluster_add_drift(struct eks_cluster_work *w, const struct value *list)
{
    for (size_t i = 0; i < value_count(list); i++)
        w->drift = value_append(w->call->arena, w->drift, value_item(list, i));
}

/* --- finding ---------------------------------------------------------------------- */

bool eks_cluster_open(struct call *c, const struct value *eks, const char *name,
                      struct eks_cluster_work *out)
{
    const struct aws_access access = {.region = value_text(eks, "region")};
    const char *own = value_text(eks, "cluster_name");

    *out = (struct eks_cluster_work){.call = c,
                                     .eks = eks,
                                     .old_tags = &value_null,
                                     .name = *own ? own : name,
                                     .drift = &value_empty_list,
                                     .node_role_arn = "",
                                     .oidc_provider_arn = ""};
    return aws_open(c, &access, path_of(c->arena, "eks", "region"), &out->aws);
}

bool eks_cluster_find(struct eks_cluster_work *w)
{
    return eks_describe_cluster(w->call, w->aws, w->name, &w->found);
}

static bool refuse_foreign(struct eks_cluster_work *w)
{
    return diag_error(
        w->call->diags, path_of(w->call->arena, "eks", "cluster_name"),
        text_f(w->call->arena, "There is an EKS cluster %s already", w->name),
        "In %s, %s, without the tag " CLUSTER_TAG "=%s: it was not made here. To manage it: "
        "terraform import istio_cluster.<name> 'cluster=<name in the mesh>,eks=%s,region=%s', or "
        "say adopt = true. Else choose another cluster_name.",
        aws_region(w->aws), value_text(w->found, "arn"), w->name, w->name, aws_region(w->aws));
}

static bool check_fixed(struct eks_cluster_work *w, const char *argument, const struct value *now)
{
    const struct value *wanted = value_at(w->eks, argument);

    return !value_is_set(wanted) || !value_is_set(now) || value_equal(wanted, now) ||
           diag_error(
               w->call->diags, path_of(w->call->arena, "eks", argument),
               text_f(w->call->arena, "Cluster %s is there with another %s", w->name, argument),
               "It has %s, and EKS never changes it. Say the same, or leave it out; a "
               "cluster with another one needs another cluster_name.",
               value_z(now));
}

static bool check_version(struct eks_cluster_work *w)
{
    const char *now = value_text(w->found, "version"), *wanted = value_text(w->eks, "version");

    return !*wanted || cluster_minor(now) <= cluster_minor(wanted) ||
           diag_error(w->call->diags, path_of(w->call->arena, "eks", "version"),
                      text_f(w->call->arena, "Cluster %s is at %s already", w->name, now),
                      "There is no way down to %s. Say %s or higher, or leave version out.", wanted,
                      now);
}

bool eks_cluster_check_found(struct eks_cluster_work *w)
{
    const struct value *key = value_in(value_item(value_at(w->found, "encryptionConfig"), 0),
                                       "provider", "keyArn"),
                       *cidr = value_in(w->found, "kubernetesNetworkConfig", "serviceIpv4Cidr");

    if (!w->found)
        return true;
    if (!cluster_is_ours(w) && !value_flag(w->eks, "adopt"))
        return refuse_foreign(w);
    if (cluster_makes_room(w))
        return true;
    return check_fixed(w, "cluster_role_arn", value_at(w->found, "roleArn")) &&
           check_fixed(w, "service_ipv4_cidr", cidr) && check_fixed(w, "kms_key_arn", key) &&
           check_version(w);
}

/* --- bringing it about -------------------------------------------------------------- */

static bool ensure_tags(struct eks_cluster_work *w)
{
    struct arena *a = w->call->arena;
    const struct value *now = value_at(w->found, "tags"),
                       *wanted =
                           cluster_tags(w->call, value_at(w->eks, "tags"), w->name, "cluster"),
                       *missing = cluster_tags_missing(a, now, wanted),
                       *going =
                           cluster_tag_keys(a, cluster_tags_dropped(a, now, wanted, w->old_tags)),
                       *input = value_map_of(a, {"resourceArn", value_at(w->found, "arn")}),
                       *output;

    if (value_count(missing) && cluster_may_change(w, "cluster: tags") &&
        !aws_call(w->call, w->aws, &eks_tag_resource, value_with(a, input, "tags", missing),
                  &output))
        return false;
    return !value_count(going) || w->look_only ||
           aws_call(w->call, w->aws, &eks_untag_resource, value_with(a, input, "tagKeys", going),
                    &output);
}

static bool ensure_access(struct eks_cluster_work *w)
{
    const struct value *entries = value_at(w->eks, "access_entries"), *drift = &value_empty_list;

    if (strcmp(value_text(w->eks, "authentication_mode"), "CONFIG_MAP") == 0)
        return true;
    if (!w->look_only)
        return access_converge(w->call, w->aws, w->name, entries, value_at(w->eks, "tags"));
    if (!access_drift(w->call, w->aws, w->name, entries, &drift))
        return false;
    cluster_add_drift(w, drift);
    return true;
}

static bool ensure_security(struct eks_cluster_work *w)
{
    const struct security_plan plan = {
        .cluster = w->name,
        .group_id = value_z(value_in(w->found, "resourcesVpcConfig", "clusterSecurityGroupId")),
        .mesh_cidr_blocks = value_at(w->eks, "mesh_cidr_blocks"),
        .flat_cidr_blocks = value_at(w->eks, "flat_cidr_blocks"),
        .tags = value_at(w->eks, "tags"),
    };
    const struct value *drift = &value_empty_list;

    if (!w->look_only)
        return security_converge(w->call, w->aws, &plan);
    if (!security_drift(w->call, w->aws, &plan, &drift))
        return false;
    cluster_add_drift(w, drift);
    return true;
}

static bool is_usable(const struct eks_cluster_work *w)
{
    return strcmp(cluster_status(w), "ACTIVE") == 0 || strcmp(cluster_status(w), "UPDATING") == 0;
}

bool eks_cluster_converge(struct eks_cluster_work *w)
{
    w->drift = &value_empty_list;
    if (!cluster_node_role_converge(w) || !cluster_ensure(w))
        return false;
    if (!is_usable(w))
        return true; /* looked at only */
    return ensure_tags(w) && cluster_settings_converge(w) && ensure_access(w) &&
           cluster_provider_converge(w) && ensure_security(w) && cluster_upgrade(w) &&
           cluster_addons(w, ADDON_BEFORE_NODES) && cluster_nodegroups(w) &&
           cluster_addons(w, ADDON_AFTER_NODES);
}

/* --- telling ---------------------------------------------------------------------------- */

const struct value *eks_cluster_settled(const struct eks_cluster_work *w)
{
    struct arena *a = w->call->arena;
    const struct {
        const char *argument;
        const struct value *v;
    } found[] = {
        {"cluster_name", cluster_text(w, w->name)},
        {"region", cluster_text(w, aws_region(w->aws))},
        {"version", value_at(w->found, "version")},
        {"service_ipv4_cidr", value_in(w->found, "kubernetesNetworkConfig", "serviceIpv4Cidr")},
        {"cluster_role_arn", value_at(w->found, "roleArn")},
    };
    const struct value *eks = w->eks;

    for (size_t i = 0; i < sizeof(found) / sizeof(*found); i++)
        if (!value_is_set(value_at(eks, found[i].argument)))
            eks = value_with(a, eks, found[i].argument, found[i].v);
    return unknown_to_null(a, eks);
}

static const struct value *text_or_null(const struct eks_cluster_work *w, const char *z)
{
    return *z ? cluster_text(w, z) : &value_null;
}

const struct value *eks_cluster_described(const struct eks_cluster_work *w,
                                          const struct value *object)
{
    const struct value *vpc = value_at(w->found, "resourcesVpcConfig");
    struct arena *a = w->call->arena;

    object = value_with(a, object, "arn", value_at(w->found, "arn"));
    object = value_with(a, object, "oidc_issuer", value_in(w->found, "identity", "oidc", "issuer"));
    object = value_with(a, object, "oidc_provider_arn", text_or_null(w, w->oidc_provider_arn));
    object = value_with(a, object, "security_group_id", value_at(vpc, "clusterSecurityGroupId"));
    object = value_with(a, object, "node_role_arn", text_or_null(w, w->node_role_arn));
    object = value_with(a, object, "vpc_id", value_at(vpc, "vpcId"));
    return value_with(a, object, "drift", w->drift);
}

const struct value *eks_cluster_access(const struct eks_cluster_work *w)
{
    const struct value *data = value_in(w->found, "certificateAuthority", "data"),
                       *endpoint = value_at(w->found, "endpoint");
    struct arena *a = w->call->arena;
    struct text ca = TEXT("");
    bool is_there =
        *value_z(endpoint) && base64_decode(a, value_string_text(data), BASE64_STANDARD, &ca);

    return value_map_of(a, {"host", is_there ? endpoint : &value_null},
                        {"ca_certificate", ca.len ? value_string_of(a, ca) : &value_null},
                        {"eks", value_map_of(a, {"cluster_name", cluster_text(w, w->name)},
                                             {"region", cluster_text(w, aws_region(w->aws))},
                                             {"role_arn", &value_null}, {"profile", &value_null})});
}
