/* What UpdateClusterConfig can change: one kind of change in a call, one call at a time. */
#include <string.h>

#include "aws/eks.h"
#include "base/log.h"
#include "eks/cluster_parts.h"
#include "eks/text_set.h"

enum { BUSY_MS = 60 * 60 * 1000 };

/* --- the table -------------------------------------------------------------------- */

enum kind { ENDPOINT, SUBNETS, AUTHENTICATION, LOGGING, SUPPORT, AUTO_MODE, PROTECTION, KINDS };

static const struct setting {
    const char *argument;
    enum kind kind;
    const char *path[3]; /* in EKS's object */
} settings[] = {
    {"endpoint_public_access", ENDPOINT, {"resourcesVpcConfig", "endpointPublicAccess"}},
    {"endpoint_private_access", ENDPOINT, {"resourcesVpcConfig", "endpointPrivateAccess"}},
    {"public_access_cidrs", ENDPOINT, {"resourcesVpcConfig", "publicAccessCidrs"}},
    {"subnet_ids", SUBNETS, {"resourcesVpcConfig", "subnetIds"}},
    {"security_group_ids", SUBNETS, {"resourcesVpcConfig", "securityGroupIds"}},
    {"authentication_mode", AUTHENTICATION, {"accessConfig", "authenticationMode"}},
    {"log_types", LOGGING, {"logging", "clusterLogging"}},
    {"support_type", SUPPORT, {"upgradePolicy", "supportType"}},
    {"auto_mode", AUTO_MODE, {"computeConfig", "enabled"}},
    {"deletion_protection", PROTECTION, {"deletionProtection"}},
};
enum { SETTINGS = sizeof(settings) / sizeof(*settings) };

static const struct value *enabled_logs(struct arena *a, const struct value *setups)
{
    const struct value *list = &value_empty_list;

    for (size_t i = 0; i < value_count(setups); i++) {
        const struct value *one = value_item(setups, i), *types = value_at(one, "types");

        for (size_t k = 0; value_flag(one, "enabled") && k < value_count(types); k++)
            list = value_append(a, list, value_item(types, k));
    }
    return list;
}

static const struct value *actual(const struct eks_cluster_work *w, const struct setting *s)
{
    const struct value *v = value_walk(w->found, s->path);

    return s->kind == LOGGING ? enabled_logs(w->call->arena, v) : v;
}

/* What EKS does not tell, and blocks where nobody comes over the internet, do not differ. */
static bool differs(const struct eks_cluster_work *w, const struct setting *s)
{
    const struct value *wanted = value_at(w->eks, s->argument), *now = actual(w, s);

    if (strcmp(s->argument, "public_access_cidrs") == 0 &&
        !value_flag(w->eks, "endpoint_public_access"))
        return false;
    if (wanted->kind == VALUE_STRING)
        return value_is_set(now) && !value_equal(wanted, now);
    if (wanted->kind == VALUE_BOOL)
        return value_as_bool(wanted) != value_as_bool(now);
    return !text_set_equal(wanted, now);
}

/* --- requests ------------------------------------------------------------------------ */

static const struct value *list_of(const struct eks_cluster_work *w, const char *argument)
{
    const struct value *list = value_at(w->eks, argument);

    return value_count(list) ? list : &value_empty_list;
}

static const struct value *endpoint_input(const struct eks_cluster_work *w)
{
    struct arena *a = w->call->arena;
    const struct value *v =
        value_map_of(a, {"endpointPublicAccess", value_at(w->eks, "endpoint_public_access")},
                     {"endpointPrivateAccess", value_at(w->eks, "endpoint_private_access")});

    if (value_flag(w->eks, "endpoint_public_access"))
        v = value_with(a, v, "publicAccessCidrs", list_of(w, "public_access_cidrs"));
    return value_map_of(a, {"resourcesVpcConfig", v});
}

static const struct value *logging_input(const struct eks_cluster_work *w)
{
    static const char *const all[] = {"api", "audit", "authenticator", "controllerManager",
                                      "scheduler"};
    const struct value *on = list_of(w, "log_types"), *off = &value_empty_list,
                       *setups = &value_empty_list;
    struct arena *a = w->call->arena;

    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
        if (!text_set_has(on, all[i]))
            off = value_append(a, off, cluster_text(w, all[i]));
    if (value_count(on))
        setups = value_append(a, setups, value_map_of(a, {"types", on}, {"enabled", &value_true}));
    if (value_count(off) && w->found)
        setups =
            value_append(a, setups, value_map_of(a, {"types", off}, {"enabled", &value_false}));
    return value_count(setups)
               ? value_map_of(a, {"logging", value_map_of(a, {"clusterLogging", setups})})
               : &value_empty_map;
}

/* The three go together. */
static const struct value *auto_mode_input(const struct eks_cluster_work *w)
{
    struct arena *a = w->call->arena;
    const struct value *on = value_at(w->eks, "auto_mode"), *compute, *enabled;

    if (!w->found && !value_as_bool(on))
        return &value_empty_map;
    compute = enabled = value_map_of(a, {"enabled", on});
    if (value_as_bool(on)) {
        compute = value_with(
            a, compute, "nodePools",
            value_list_of(a, cluster_text(w, "general-purpose"), cluster_text(w, "system")));
        compute = value_with(a, compute, "nodeRoleArn", cluster_text(w, w->node_role_arn));
    }
    return value_map_of(
        a, {"computeConfig", compute},
        {"kubernetesNetworkConfig", value_map_of(a, {"elasticLoadBalancing", enabled})},
        {"storageConfig", value_map_of(a, {"blockStorage", enabled})});
}

static const struct value *kind_input(const struct eks_cluster_work *w, enum kind kind)
{
    struct arena *a = w->call->arena;

    switch (kind) {
    case ENDPOINT:
        return endpoint_input(w);
    case SUBNETS:
        return value_map_of(a,
                            {"resourcesVpcConfig",
                             value_map_of(a, {"subnetIds", list_of(w, "subnet_ids")},
                                          {"securityGroupIds", list_of(w, "security_group_ids")})});
    case AUTHENTICATION:
        return value_map_of(
            a, {"accessConfig",
                value_map_of(a, {"authenticationMode", value_at(w->eks, "authentication_mode")})});
    case LOGGING:
        return logging_input(w);
    case SUPPORT:
        return value_map_of(
            a,
            {"upgradePolicy", value_map_of(a, {"supportType", value_at(w->eks, "support_type")})});
    case AUTO_MODE:
        return auto_mode_input(w);
    default:
        return value_map_of(a, {"deletionProtection", value_at(w->eks, "deletion_protection")});
    }
}

const struct value *cluster_settings_input(const struct eks_cluster_work *w)
{
    const struct value *all = &value_empty_map;

    for (enum kind kind = 0; kind < KINDS; kind++)
        all = value_merge(w->call->arena, all, kind_input(w, kind));
    return all;
}

/* --- changing ------------------------------------------------------------------------- */

bool cluster_await_update(struct eks_cluster_work *w, const struct value *update)
{
    struct arena *a = w->call->arena;
    const struct value *output;

    return aws_wait(w->call, w->aws, &eks_update_successful,
                    value_map_of(a, {"name", cluster_text(w, w->name)},
                                 {"updateId", value_at(update, "id")}),
                    eks_explain, &output) &&
           eks_cluster_find(w) && cluster_await_active(w);
}

bool cluster_update(struct eks_cluster_work *w, const struct aws_operation *operation,
                    const struct value *change)
{
    struct arena *a = w->call->arena;
    const struct value *output;

    if (!cluster_await_active(w) ||
        !aws_call_until(w->call, w->aws, operation, value_merge(a, cluster_input(w), change),
                        BUSY_MS, &output))
        return false;
    log_event(LOG_INFO, "eks", "updates a cluster", "cluster", w->name, "type",
              value_z(value_in(output, "update", "type")), NULL);
    return cluster_await_update(w, value_at(output, "update"));
}

/* In two steps where EKS makes two of it: from CONFIG_MAP over both. */
static bool change_authentication(struct eks_cluster_work *w)
{
    const char *now = value_z(value_in(w->found, "accessConfig", "authenticationMode"));
    struct arena *a = w->call->arena;

    if (strcmp(now, "CONFIG_MAP") == 0 &&
        strcmp(value_text(w->eks, "authentication_mode"), "API") == 0 &&
        !cluster_update(
            w, &eks_update_cluster_config,
            value_map_of(
                a, {"accessConfig", value_map_of(a, {"authenticationMode",
                                                     cluster_text(w, "API_AND_CONFIG_MAP")})})))
        return false;
    return cluster_update(w, &eks_update_cluster_config, kind_input(w, AUTHENTICATION));
}

static bool change(struct eks_cluster_work *w, enum kind kind)
{
    return kind == AUTHENTICATION
               ? change_authentication(w)
               : cluster_update(w, &eks_update_cluster_config, kind_input(w, kind));
}

bool cluster_settings_converge(struct eks_cluster_work *w)
{
    for (enum kind kind = 0; kind < KINDS; kind++) {
        bool wanted = false;

        for (size_t i = 0; i < SETTINGS; i++)
            if (settings[i].kind == kind && differs(w, &settings[i]))
                wanted = cluster_may_change(
                             w, text_f(w->call->arena, "%s differs", settings[i].argument)) ||
                         wanted;
        if (wanted && !change(w, kind))
            return false;
    }
    return true;
}

const struct value *cluster_settings_import(const struct eks_cluster_work *w,
                                            const struct value *eks)
{
    static const char *const lists_without[] = {"security_group_ids", "log_types", NULL};
    struct arena *a = w->call->arena;

    for (size_t i = 0; i < SETTINGS; i++) {
        const struct value *v = actual(w, &settings[i]);
        bool is_without = false;

        for (const char *const *one = lists_without; *one; one++)
            is_without = is_without || (strcmp(*one, settings[i].argument) == 0 && !value_count(v));
        if (value_is_set(v) && !is_without)
            eks = value_with(a, eks, settings[i].argument, v);
    }
    return eks;
}
