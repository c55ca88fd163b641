/* The arguments of a cluster that is there already. */
#include <string.h>

#include "aws/eks.h"
#include "aws/iam.h"
#include "aws/tags.h"
#include "eks/access.h"
#include "eks/cluster_parts.h"
#include "eks/text_set.h"
#include "schema/fallback.h"

enum { UNAVAILABLE_PERCENT = 33 }; /* of a group that says nothing */

/* Node groups cannot change their role: one that we would not make is an argument. */
static bool node_role(struct eks_cluster_work *w, const struct value *groups,
                      const struct value **role)
{
    const struct value *group;

    *role = &value_null;
    if (!value_count(groups))
        return true;
    if (!eks_describe_nodegroup(w->call, w->aws, w->name, groups->map.entries[0].key, &group))
        return false;
    if (group && !cluster_made_role(w, value_text(group, "nodeRole"), "node"))
        *role = value_at(group, "nodeRole");
    return true;
}

static const struct value *tags_of(const struct eks_cluster_work *w)
{
    const struct value *kept = tags_without_foreign(w->call->arena, value_at(w->found, "tags"));

    kept = value_with(w->call->arena, kept, CLUSTER_TAG, NULL);
    kept = value_with(w->call->arena, kept, CLUSTER_ROLE_TAG, NULL);
    return value_count(kept) ? kept : &value_null;
}

static bool has_provider(struct eks_cluster_work *w, bool *has)
{
    const char *issuer = value_z(value_in(w->found, "identity", "oidc", "issuer")), *arn;
    const struct value *provider = NULL;

    *has = false;
    if (!*issuer)
        return true;
    if (!iam_open_id_connect_provider_arn(w->call, w->aws, issuer, &arn) ||
        !iam_get_open_id_connect_provider(w->call, w->aws, arn, &provider))
        return false;
    *has = provider != NULL;
    return true;
}

/* Left out as people leave them out, where they are what that means. */
static const struct value *addons_told(const struct eks_cluster_work *w, const struct value *addons)
{
    const struct value *defaults =
        addon_defaults(w->call->arena, value_flag(value_at(w->found, "computeConfig"), "enabled"));
    bool same = value_count(addons) == value_count(defaults);

    for (size_t i = 0; i < value_count(addons); i++)
        same = same && value_has(defaults, addons->map.entries[i].key);
    return same ? &value_null : addons;
}

/* The same for one node group: what it would have anyway is not said. */
static const struct value *group_told(const struct eks_cluster_work *w, const struct value *group)
{
    const struct value *subnets = value_in(w->found, "resourcesVpcConfig", "subnetIds");
    const char *ami = value_text(group, "ami_type");
    struct arena *a = w->call->arena;

    if (text_set_equal(value_at(group, "subnet_ids"), subnets))
        group = value_with(a, group, "subnet_ids", &value_null);
    if (strcmp(ami, "AL2023_x86_64_STANDARD") == 0 || strcmp(ami, "AL2023_ARM_64_STANDARD") == 0)
        group = value_with(a, group, "ami_type", &value_null);
    if (strcmp(value_text(group, "capacity_type"), "ON_DEMAND") == 0)
        group = value_with(a, group, "capacity_type", &value_null);
    if (value_integer_at(group, "max_unavailable_percentage") == UNAVAILABLE_PERCENT)
        group = value_with(a, group, "max_unavailable_percentage", &value_null);
    return group;
}

static const struct value *groups_told(const struct eks_cluster_work *w, const struct value *groups)
{
    const struct value *told = &value_null;

    for (size_t i = 0; i < value_count(groups); i++)
        told = value_with(w->call->arena, told, groups->map.entries[i].key,
                          group_told(w, groups->map.entries[i].value));
    return told;
}

static const struct value *key_of(const struct eks_cluster_work *w)
{
    const struct value *first = value_item(value_at(w->found, "encryptionConfig"), 0);

    return value_in(first, "provider", "keyArn");
}

/* Null where nothing is said. */
static const struct value *with_all_rows(struct arena *a, const struct value *eks)
{
    eks = fallback_fill(a, eks_cluster_rows, eks);
    ATTRIBUTE_EACH (row, eks_cluster_rows)
        if (!value_has(eks, row->name))
            eks = value_with(a, eks, row->name, &value_null);
    return eks;
}

bool eks_cluster_import(struct eks_cluster_work *w, const struct value **eks)
{
    const struct value *groups = &value_null, *addons = &value_null, *entries = &value_null, *role,
                       *mesh = &value_null, *flat = &value_null;
    const char *group = value_z(value_in(w->found, "resourcesVpcConfig", "clusterSecurityGroupId"));
    struct arena *a = w->call->arena;
    bool provider;

    if (!nodegroup_import(w->call, w->aws, w->name, &groups) ||
        !addon_import(w->call, w->aws, w->name, &addons) ||
        !access_import(w->call, w->aws, w->name, &entries) || !node_role(w, groups, &role) ||
        !has_provider(w, &provider) ||
        !security_import(w->call, w->aws, w->name, group, &mesh, &flat))
        return false;
    *eks = cluster_settings_import(w, &value_empty_map);
    *eks = value_merge(a, *eks,
                       value_map_of(a, {"node_groups", groups_told(w, groups)},
                                    {"addons", addons_told(w, addons)}, {"access_entries", entries},
                                    {"node_role_arn", role}, {"kms_key_arn", key_of(w)},
                                    {"tags", tags_of(w)}, {"oidc_provider", value_bool(provider)},
                                    {"mesh_cidr_blocks", mesh}, {"flat_cidr_blocks", flat}));
    *eks = with_all_rows(a, *eks);
    return true;
}
