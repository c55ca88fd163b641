/* Managed node groups of the stand-in EKS. Their nodes: eks_node.c. */
#include <string.h>

#include "acceptance/sandbox/aws/cloud_eks.h"
#include "acceptance/sandbox/aws/cloud_iam.h"
#include "acceptance/sandbox/aws/network.h"
#include "base/clock.h"

enum {
    LAUNCH_SECONDS = 20,
    CREATE_SECONDS = 150,
    PATIENCE_SECONDS = 1500,
    DELETE_SECONDS = 200,
    CONFIG_SECONDS = 60,
    VERSION_SECONDS = 300
};
enum { RELEASE_DAY = 20260801 };

/* --- create ----------------------------------------------------------------------------------- */
static bool role_fits(struct cloud_request *r, const char *arn)
{
    const struct record *role = cloud_iam_role_of_arn(r->cloud, arn);

    if (!role)
        return cloud_refuse(r, 400, "InvalidParameterException",
                            "The role with name %s cannot be found. (IamNodeRoleNotFound)", arn);
    return cloud_iam_role_trusts(r->a, role, "ec2.amazonaws.com") ||
           cloud_refuse(r, 400, "InvalidParameterException",
                        "Following required service principals [ec2.amazonaws.com] were not found "
                        "in the trust relationships of nodeRole %s",
                        arn);
}

static bool scaling_fits(struct cloud_request *r, const struct value *scaling)
{
    int64_t min = value_integer_at(scaling, "minSize"), max = value_integer_at(scaling, "maxSize");
    int64_t desired = value_integer_at(scaling, "desiredSize");

    return (min >= 0 && max >= 1 && min <= desired && desired <= max) ||
           cloud_refuse(r, 400, "InvalidParameterException",
                        "Minimum capacity %lld, desired capacity %lld and maximum capacity %lld do "
                        "not follow each other",
                        (long long)min, (long long)desired, (long long)max);
}

static bool subnets_fit(struct cloud_request *r, const struct record *cluster)
{
    const struct value *subnets = value_at(r->parameters, "subnets");
    const struct value *vpc = value_in(cluster->body, "resourcesVpcConfig", "vpcId");

    for (size_t i = 0; i < value_count(subnets); i++) {
        const char *id = value_z(value_item(subnets, i));
        const struct record *subnet = record_seen(r->cloud, r->region, "subnet", id);

        if (!subnet || !record_is(subnet, "vpcId", value_z(vpc)))
            return cloud_refuse(r, 400, "InvalidParameterException",
                                "The subnet ID '%s' does not exist in the cluster's VPC", id);
    }
    return true;
}

static bool template_fits(struct cloud_request *r)
{
    const struct value *given = value_at(r->parameters, "launchTemplate");
    const char *id = value_text(given, "id"), *name = value_text(given, "name");

    if (!value_is_set(given))
        return true;
    if (!*id == !*name)
        return cloud_refuse(r, 400, "InvalidParameterException",
                            "A launch template is named by its id or its name, not both");
    if (value_has(r->parameters, "diskSize") || value_has(r->parameters, "remoteAccess"))
        return cloud_refuse(r, 400, "InvalidParameterException",
                            "Disk size and remote access are told in the launch template");
    return !*id || record_seen(r->cloud, r->region, network_launch_template.kind, id) ||
           cloud_refuse(r, 400, "InvalidRequestException",
                        "Launch template with ID %s was not found. (Ec2LaunchTemplateNotFound)",
                        id);
}

static const struct value *nodegroup_body(struct cloud_request *r, const struct record *cluster)
{
    static const char *const kept[] = {
        "nodegroupName",  "nodeRole",         "subnets",        "scalingConfig",
        "instanceTypes",  "amiType",          "diskSize",       "capacityType",
        "launchTemplate", "labels",           "taints",         "version",
        "updateConfig",   "nodeRepairConfig", "releaseVersion", NULL};
    struct arena *a = r->a;
    const char *version = cloud_text(r, "version");
    const char *group =
        text_f(a, "eks-%s-%s", cloud_text(r, "nodegroupName"), cloud_new_id(r->cloud, a, "x") + 2);

    version = *version ? version : record_text(cluster, "version");
    return cloud_eks_given(
        r, kept,
        value_map_of(
            a, {"version", value_string(a, version)},
            {"releaseVersion", value_f(a, "%s.4-%d", version, RELEASE_DAY)},
            {"capacityType", value_string(a, "ON_DEMAND")},
            {"instanceTypes", value_list_of(a, value_string(a, "t3.medium"))},
            {"amiType", value_string(a, "AL2023_x86_64_STANDARD")},
            {"scalingConfig",
             value_map_of(a, {"minSize", value_integer(a, 1)}, {"maxSize", value_integer(a, 2)},
                          {"desiredSize", value_integer(a, 2)})},
            {"updateConfig", value_map_of(a, {"maxUnavailable", value_integer(a, 1)})},
            {"resources",
             value_map_of(a,
                          {"autoScalingGroups",
                           value_list_of(a, value_map_of(a, {"name", value_string(a, group)}))})}));
}

const char *cloud_eks_scaling_group(const struct record *nodegroup)
{
    const struct value *groups = value_in(nodegroup->body, "resources", "autoScalingGroups");

    return value_text(value_item(groups, 0), "name");
}

/* What EKS says when it has waited long enough for nodes. */
static bool gives_up(struct cloud *c, struct record *nodegroup)
{
    const char *code = value_text(nodegroup->tags, CLOUD_EKS_FAIL);
    const struct value *ids = &value_empty_list;
    struct arena *a = nodegroup->arena;
    const struct record *at = NULL;

    if (strcmp(code, CLOUD_EKS_NEVER_JOINS) != 0)
        return cloud_eks_fails(nodegroup, "CREATE_FAILED");
    while ((at = cloud_eks_next_instance(c, at, nodegroup)))
        ids = value_append(a, ids, value_string(a, at->id));
    cloud_eks_set_status(nodegroup, "CREATE_FAILED");
    cloud_eks_set_issue(nodegroup, code, "Instances failed to join the kubernetes cluster");
    record_set(
        nodegroup, "health",
        value_map_of(
            a, {"issues",
                value_list_of(
                    a, value_with(a, value_item(value_in(nodegroup->body, "health", "issues"), 0),
                                  "resourceIds", ids))}));
    return true;
}

static void become_active(struct cloud *c, struct record *nodegroup)
{
    if (gives_up(c, nodegroup))
        return;
    cloud_eks_set_status(nodegroup, "ACTIVE");
    cloud_eks_nodes_settle(c, nodegroup);
    if (value_count(value_in(nodegroup->body, "health", "issues")))
        cloud_eks_set_status(nodegroup, "DEGRADED");
}

/* Time goes fast here, but clocks do not: what is to fail is old from the beginning, for those
 * who judge by its age. */
static void grow_old(struct cloud *c, struct record *nodegroup)
{
    const struct value *since = value_integer(nodegroup->arena, clock_now() - PATIENCE_SECONDS);
    struct record *at = NULL;

    if (!*value_text(nodegroup->tags, CLOUD_EKS_FAIL))
        return;
    record_set(nodegroup, "createdAt", since);
    while ((at = cloud_eks_next_instance(c, at, nodegroup)))
        record_set(at, "launchTime",
                   value_string(at->arena, clock_rfc3339(at->arena, value_as_integer(since))));
}

/* EKS tries for long to launch instances, and waits for long for those that run. */
static void launch(struct cloud *c, struct record *nodegroup)
{
    static const char *const patient[] = {CLOUD_EKS_NEVER_JOINS, "AsgInstanceLaunchFailures",
                                          "InstanceLimitExceeded"};
    int64_t seconds = CREATE_SECONDS;

    for (size_t i = 0; i < sizeof(patient) / sizeof(*patient); i++)
        if (strcmp(value_text(nodegroup->tags, CLOUD_EKS_FAIL), patient[i]) == 0)
            seconds = PATIENCE_SECONDS;
    cloud_eks_nodes_launch(c, nodegroup);
    grow_old(c, nodegroup);
    record_later(c, nodegroup, seconds - LAUNCH_SECONDS, become_active);
}

static bool create_nodegroup(struct cloud_request *r)
{
    static const char *const needed[] = {"nodegroupName", "nodeRole", "subnets", NULL};
    const char *name = cloud_text(r, "nodegroupName"), *role = cloud_text(r, "nodeRole");
    const char *token = cloud_text(r, "clientRequestToken");
    const struct value *body;
    struct record *cluster = cloud_eks_cluster(r), *again, *made;

    if (!cluster || !cloud_eks_needs(r, needed) || !token_check(r, token, &again))
        return false;
    if (again)
        return cloud_eks_answer(r, "nodegroup", again);
    if (!cloud_eks_active_cluster(r))
        return false;
    if (record_find(r->cloud, r->region, "nodegroup", cloud_eks_id(r, name)))
        return cloud_refuse(r, 409, "ResourceInUseException",
                            "NodeGroup already exists with name %s and cluster name %s", name,
                            cluster->id);
    body = nodegroup_body(r, cluster);
    if (!role_fits(r, role) || !subnets_fit(r, cluster) || !template_fits(r) ||
        !scaling_fits(r, value_at(body, "scalingConfig")))
        return false;
    made = cloud_eks_new(r, "nodegroup", cloud_eks_id(r, name), "nodegroupArn", "CREATING", body);
    cloud_iam_profile_add(r->cloud, cloud_eks_scaling_group(made),
                          cloud_iam_role_of_arn(r->cloud, role));
    cloud_iam_service_role_add(r->cloud, "eks-nodegroup.amazonaws.com");
    cloud_eks_entry_add(r->cloud, cluster, role, "EC2_LINUX", NULL);
    record_later(r->cloud, made, LAUNCH_SECONDS, launch);
    token_keep(r, token, made);
    return cloud_eks_answer(r, "nodegroup", made);
}

/* --- the rest ------------------------------------------------------------------------------------
 */
static struct record *get(struct cloud_request *r)
{
    return cloud_eks_find(r, "nodegroup", cloud_text(r, "nodegroupName"));
}

static bool describe_nodegroup(struct cloud_request *r)
{
    const struct record *nodegroup = get(r);

    return nodegroup && cloud_eks_answer(r, "nodegroup", nodegroup);
}

static bool list_nodegroups(struct cloud_request *r)
{
    return cloud_eks_list(r, "nodegroups", "nodegroup", "nodegroupName");
}

static const struct value *new_labels(struct cloud_request *r, const struct record *nodegroup)
{
    const struct value *change = value_at(r->parameters, "labels");
    const struct value *labels = value_at(nodegroup->body, "labels");
    const struct value *gone = value_at(change, "removeLabels");
    const struct value *added = value_at(change, "addOrUpdateLabels");

    for (size_t i = 0; i < value_count(gone); i++)
        labels = value_with(r->a, labels, value_z(value_item(gone, i)), NULL);
    for (size_t i = 0; i < value_count(added); i++)
        labels = value_with(r->a, labels, added->map.entries[i].key, added->map.entries[i].value);
    return labels;
}

static bool same_taint(const struct value *one, const struct value *two)
{
    return strcmp(value_text(one, "key"), value_text(two, "key")) == 0 &&
           strcmp(value_text(one, "effect"), value_text(two, "effect")) == 0;
}

static const struct value *without_taints(struct arena *a, const struct value *taints,
                                          const struct value *gone)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(taints); i++) {
        bool kept = true;

        for (size_t k = 0; k < value_count(gone); k++)
            kept = kept && !same_taint(value_item(taints, i), value_item(gone, k));
        if (kept)
            value_builder_add(&b, value_item(taints, i));
    }
    return value_builder_list(&b);
}

static const struct value *new_taints(struct cloud_request *r, const struct record *nodegroup)
{
    const struct value *change = value_at(r->parameters, "taints");
    const struct value *added = value_at(change, "addOrUpdateTaints");
    const struct value *taints =
        without_taints(r->a, value_at(nodegroup->body, "taints"), value_at(change, "removeTaints"));

    taints = without_taints(r->a, taints, added);
    for (size_t i = 0; i < value_count(added); i++)
        taints = value_append(r->a, taints, value_item(added, i));
    return taints;
}

static bool update_config(struct cloud_request *r)
{
    struct record *nodegroup = get(r);
    const struct value *change = &value_empty_map, *scaling;

    if (!nodegroup)
        return false;
    if (value_has(r->parameters, "scalingConfig")) {
        scaling = value_merge(r->a, value_at(nodegroup->body, "scalingConfig"),
                              value_at(r->parameters, "scalingConfig"));
        if (!scaling_fits(r, scaling))
            return false;
        change = value_with(r->a, change, "scalingConfig", scaling);
    }
    if (value_has(r->parameters, "updateConfig"))
        change = value_with(r->a, change, "updateConfig", value_at(r->parameters, "updateConfig"));
    if (value_has(r->parameters, "labels"))
        change = value_with(r->a, change, "labels", new_labels(r, nodegroup));
    if (value_has(r->parameters, "taints"))
        change = value_with(r->a, change, "taints", new_taints(r, nodegroup));
    return cloud_eks_update(r, nodegroup, "ConfigUpdate", change, CONFIG_SECONDS);
}

static bool update_version(struct cloud_request *r)
{
    struct record *nodegroup = get(r), *cluster = cloud_eks_cluster(r);
    const char *version = cloud_text(r, "version"), *release = cloud_text(r, "releaseVersion");
    const struct value *change = &value_empty_map;

    if (!nodegroup || !cluster || !template_fits(r))
        return false;
    if (!*version)
        version = record_text(cluster, "version");
    if (strcmp(version, record_text(cluster, "version")) > 0)
        return cloud_refuse(r, 400, "InvalidParameterException",
                            "Nodegroup Kubernetes version %s is newer than the cluster's %s",
                            version, record_text(cluster, "version"));
    change = value_with(r->a, change, "version", value_string(r->a, version));
    change = value_with(r->a, change, "releaseVersion",
                        *release ? value_string(r->a, release)
                                 : value_f(r->a, "%s.4-%d", version, RELEASE_DAY));
    if (value_has(r->parameters, "launchTemplate"))
        change = value_with(r->a, change, "launchTemplate",
                            value_merge(r->a, value_at(nodegroup->body, "launchTemplate"),
                                        value_at(r->parameters, "launchTemplate")));
    return cloud_eks_update(r, nodegroup, "VersionUpdate", change, VERSION_SECONDS);
}

static void vanish(struct cloud *c, struct record *nodegroup)
{
    cloud_eks_nodes_remove(c, nodegroup);
    cloud_iam_profile_remove(c, cloud_eks_scaling_group(nodegroup));
    record_remove(c, nodegroup);
}

static bool delete_nodegroup(struct cloud_request *r)
{
    struct record *nodegroup = get(r);

    if (!nodegroup)
        return false;
    if (record_is(nodegroup, "status", "DELETING") || record_is(nodegroup, "status", "UPDATING"))
        return cloud_refuse(r, 409, "ResourceInUseException", "Nodegroup %s is %s", nodegroup->id,
                            record_text(nodegroup, "status"));
    cloud_eks_set_status(nodegroup, "DELETING");
    record_later(r->cloud, nodegroup, DELETE_SECONDS, vanish);
    return cloud_eks_answer(r, "nodegroup", nodegroup);
}

#define NODE_GROUPS "/clusters/{clusterName}/node-groups"
const struct cloud_operation cloud_eks_nodegroup_operations[] = {
    {.name = "CreateNodegroup", .handle = create_nodegroup, .method = "POST", .path = NODE_GROUPS},
    {.name = "ListNodegroups", .handle = list_nodegroups, .method = "GET", .path = NODE_GROUPS},
    {.name = "DescribeNodegroup",
     .handle = describe_nodegroup,
     .method = "GET",
     .path = NODE_GROUPS "/{nodegroupName}"},
    {.name = "UpdateNodegroupConfig",
     .handle = update_config,
     .method = "POST",
     .path = NODE_GROUPS "/{nodegroupName}/update-config"},
    {.name = "UpdateNodegroupVersion",
     .handle = update_version,
     .method = "POST",
     .path = NODE_GROUPS "/{nodegroupName}/update-version"},
    {.name = "DeleteNodegroup",
     .handle = delete_nodegroup,
     .method = "DELETE",
     .path = NODE_GROUPS "/{nodegroupName}"},
    {.name = NULL}};
