/* The roles of a cluster and of its nodes: made unless people bring their own. */
#include <string.h>

#include "aws/iam.h"
#include "aws/tags.h"
#include "eks/cluster_parts.h"
#include "eks/role.h"

enum { POLICIES_MAX = 6 };

static const char *const cluster_policies[] = {"AmazonEKSClusterPolicy", NULL};
static const char *const auto_cluster_policies[] = {
    "AmazonEKSClusterPolicy",       "AmazonEKSComputePolicy",    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy", "AmazonEKSNetworkingPolicy", NULL};
static const char *const node_policies[] = {"AmazonEKSWorkerNodePolicy",
                                            "AmazonEC2ContainerRegistryReadOnly",
                                            "AmazonEKS_CNI_Policy", NULL};
static const char *const auto_node_policies[] = {"AmazonEKSWorkerNodeMinimalPolicy",
                                                 "AmazonEC2ContainerRegistryPullOnly", NULL};

static const char *name_of(const struct eks_cluster_work *w, const char *suffix)
{
    return role_name(w->call->arena, w->name, aws_region(w->aws), suffix);
}

bool cluster_made_role(const struct eks_cluster_work *w, const char *arn, const char *suffix)
{
    const char *slash = strrchr(arn, '/');

    return slash && strcmp(slash + 1, name_of(w, suffix)) == 0;
}

static bool converge(struct eks_cluster_work *w, const char *suffix, const char *service,
                     const char *const *names, const char **arn)
{
    const char *policies[POLICIES_MAX + 1] = {NULL};
    struct arena *a = w->call->arena;
    const struct role_plan plan = {
        .name = name_of(w, suffix),
        .cluster = w->name,
        .role = suffix,
        .trust = role_trust_service(a, service),
        .managed_policies = policies,
        .tags = value_at(w->eks, "tags"),
        .old_tags = w->old_tags,
    };
    const struct value *drift = &value_empty_list;
    bool done;

    for (size_t i = 0; names[i]; i++)
        policies[i] = role_managed_policy_arn(a, w->aws, names[i]);
    done = w->look_only ? role_drift(w->call, w->aws, &plan, &drift, arn)
                        : role_converge(w->call, w->aws, &plan, arn);
    cluster_add_drift(w, drift);
    return done;
}

/* EKS never changes the role of a cluster: one that has another keeps it. */
bool cluster_role_converge(struct eks_cluster_work *w, const char **arn)
{
    bool is_auto = value_flag(w->eks, "auto_mode");

    *arn = w->found ? value_text(w->found, "roleArn") : value_text(w->eks, "cluster_role_arn");
    if (**arn && !cluster_made_role(w, *arn, "cluster"))
        return true;
    return converge(w, "cluster", "eks.amazonaws.com",
                    is_auto ? auto_cluster_policies : cluster_policies, arn);
}

bool cluster_node_role_converge(struct eks_cluster_work *w)
{
    bool is_auto = value_flag(w->eks, "auto_mode");

    w->node_role_arn = value_text(w->eks, "node_role_arn");
    if (*w->node_role_arn || !cluster_has_nodes(w->eks))
        return true;
    return converge(w, "node", "ec2.amazonaws.com", is_auto ? auto_node_policies : node_policies,
                    &w->node_role_arn);
}

bool cluster_roles_remove(struct eks_cluster_work *w)
{
    return role_remove(w->call, w->aws, name_of(w, "node"), w->name) &&
           role_remove(w->call, w->aws, name_of(w, "cluster"), w->name);
}

bool cluster_role_is_there(struct eks_cluster_work *w, const char *suffix, bool *found)
{
    const struct value *role;

    *found = false;
    if (!iam_get_role(w->call, w->aws, name_of(w, suffix), &role))
        return false;
    *found =
        role && cluster_tags_are_ours(tags_map(w->call->arena, value_at(role, "Tags")), w->name);
    return true;
}
