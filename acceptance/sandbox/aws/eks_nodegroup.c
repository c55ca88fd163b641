/* Managed node groups of the stand-in EKS. Their nodes are ready Node objects in the
 * cluster's API server, and network interfaces in the subnets; no instance runs. */
#include <string.h>

#include "acceptance/sandbox/aws/cloud_eks.h"
#include "acceptance/sandbox/aws/cloud_iam.h"
#include "acceptance/sandbox/aws/network.h"
#include "codec/json.h"

enum { CREATE_SECONDS = 150, DELETE_SECONDS = 200, CONFIG_SECONDS = 60, VERSION_SECONDS = 300 };
enum { NODES_MAX = 100, RELEASE_DAY = 20260801 };

/* --- nodes -------------------------------------------------------------------------------- */
/* Taints of EKS ("NO_SCHEDULE") as Kubernetes has them. */
static const struct value *taints_of(struct arena *a, const struct value *taints)
{
    static const char *const effects[][2] = {{"NO_SCHEDULE", "NoSchedule"},
                                             {"NO_EXECUTE", "NoExecute"},
                                             {"PREFER_NO_SCHEDULE", "PreferNoSchedule"}};
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(taints); i++)
        for (size_t k = 0; k < sizeof(effects) / sizeof(*effects); k++)
            if (strcmp(value_text(value_item(taints, i), "effect"), effects[k][0]) == 0)
                value_builder_add(&b, value_with(a, value_item(taints, i), "effect",
                                                 value_string(a, effects[k][1])));
    return value_builder_list(&b);
}

static const struct value *node_labels(struct arena *a, const struct record *nodegroup,
                                       const char *name, const char *zone)
{
    const struct value *given = value_at(nodegroup->body, "labels");
    const struct value *labels =
        value_map_of(a, {"kubernetes.io/hostname", value_string(a, name)},
                     {"kubernetes.io/os", value_string(a, "linux")},
                     {"kubernetes.io/arch", value_string(a, "amd64")},
                     {"eks.amazonaws.com/nodegroup", value_at(nodegroup->body, "nodegroupName")},
                     {"eks.amazonaws.com/capacityType", value_at(nodegroup->body, "capacityType")},
                     {"node.kubernetes.io/instance-type",
                      value_item(value_at(nodegroup->body, "instanceTypes"), 0)},
                     {"topology.kubernetes.io/region", value_string(a, nodegroup->region)},
                     {"topology.kubernetes.io/zone", value_string(a, zone)});

    return value_is_set(given) ? value_merge(a, labels, given) : labels;
}

static const struct value *node_status(struct arena *a, const struct record *nodegroup,
                                       const char *name, const char *ip)
{
    const struct value *resources =
        value_map_of(a, {"cpu", value_string(a, "2")}, {"memory", value_string(a, "8Gi")},
                     {"pods", value_string(a, "110")});
    const struct value *ready =
        value_map_of(a, {"type", value_string(a, "Ready")}, {"status", value_string(a, "True")},
                     {"reason", value_string(a, "KubeletReady")},
                     {"message", value_string(a, "kubelet is posting ready status")});
    const struct value *info = value_map_of(
        a, {"kubeletVersion", value_f(a, "v%s.4-eks", record_text(nodegroup, "version"))},
        {"kubeProxyVersion", value_string(a, "")}, {"machineID", value_string(a, "")},
        {"systemUUID", value_string(a, "")}, {"bootID", value_string(a, "")},
        {"kernelVersion", value_string(a, "stand-in")},
        {"osImage", value_string(a, "stand-in, nothing runs")},
        {"containerRuntimeVersion", value_string(a, "containerd://2.0")},
        {"operatingSystem", value_string(a, "linux")}, {"architecture", value_string(a, "amd64")});

    return value_map_of(
        a, {"capacity", resources}, {"allocatable", resources},
        {"conditions", value_list_of(a, ready)},
        {"addresses", value_list_of(a,
                                    value_map_of(a, {"type", value_string(a, "InternalIP")},
                                                 {"address", value_string(a, ip)}),
                                    value_map_of(a, {"type", value_string(a, "Hostname")},
                                                 {"address", value_string(a, name)}))},
        {"nodeInfo", info});
}

static void put_node(struct cloud *c, struct arena *a, const struct record *nodegroup,
                     const struct record *interface)
{
    struct sandbox *s =
        cloud_eks_server(c, nodegroup->region, record_text(nodegroup, "clusterName"));
    const char *name = record_text(interface, ".node"), *path, *manager = "eks";
    const char *zone = record_text(interface, "availabilityZone");
    const struct value *node = value_map_of(
        a, {"apiVersion", value_string(a, "v1")}, {"kind", value_string(a, "Node")},
        {"metadata", value_map_of(a, {"name", value_string(a, name)},
                                  {"labels", node_labels(a, nodegroup, name, zone)})},
        {"spec", value_map_of(a,
                              {"providerID", value_f(a, "aws:///%s/%s", zone,
                                                     record_text(interface, ".instance"))},
                              {"taints", taints_of(a, value_at(nodegroup->body, "taints"))})});

    if (!s)
        return;
    path = text_f(a, "/api/v1/nodes/%s", name);
    sandbox_put(s, path, json_write(a, node).at, manager);
    node = value_map_of(
        a, {"status", node_status(a, nodegroup, name, record_text(interface, "privateIpAddress"))});
    sandbox_put(s, text_f(a, "%s/status", path), json_write(a, node).at, manager);
}

/* An interface of an instance of the node group; NULL = none is left behind `before`. */
static struct record *next_node(struct cloud *c, const struct record *before,
                                const struct record *nodegroup)
{
    struct record *at = record_next(c, before, nodegroup->region, network_interface.kind);

    while (at && !record_is(at, ".nodegroup", nodegroup->id))
        at = record_next(c, at, nodegroup->region, network_interface.kind);
    return at;
}

static bool add_node(struct cloud *c, struct arena *a, struct record *nodegroup, size_t index)
{
    const struct value *subnets = value_at(nodegroup->body, "subnets");
    const struct record *cluster =
        record_find(c, nodegroup->region, "cluster", record_text(nodegroup, "clusterName"));
    const struct record *subnet = record_find(
        c, nodegroup->region, "subnet",
        value_z(value_item(subnets, index % (value_count(subnets) + !value_count(subnets)))));
    const char *instance = cloud_new_id(c, a, "i");
    struct record *made = NULL;
    char *dashed;

    if (cluster && subnet)
        made = network_interface_add(c, subnet, "interface", text_f(a, "aws-K8S-%s", instance),
                                     value_list_of(a, value_in(cluster->body, "resourcesVpcConfig",
                                                               "clusterSecurityGroupId")));
    if (!made) {
        cloud_eks_set_issue(nodegroup, "InsufficientFreeAddresses",
                            "A subnet has no free address for a node.");
        return false;
    }
    dashed = arena_strdup(a, record_text(made, "privateIpAddress"));
    for (char *at = dashed; *at; at++)
        *at = *at == '.' ? '-' : *at;
    record_set(made, ".nodegroup", value_string(a, nodegroup->id));
    record_set(made, ".instance", value_string(a, instance));
    record_set(made, ".node", value_f(a, "ip-%s.%s.compute.internal", dashed, nodegroup->region));
    put_node(c, a, nodegroup, made);
    return true;
}

static void remove_node(struct cloud *c, struct arena *a, const struct record *nodegroup,
                        struct record *interface)
{
    struct sandbox *s =
        cloud_eks_server(c, nodegroup->region, record_text(nodegroup, "clusterName"));

    if (s)
        sandbox_delete(s, text_f(a, "/api/v1/nodes/%s", record_text(interface, ".node")));
    record_remove(c, interface);
}

static void set_nodes(struct cloud *c, struct record *nodegroup, size_t wanted)
{
    struct arena *a = arena_new();
    struct record *at = NULL;
    size_t count = 0;

    while ((at = next_node(c, at, nodegroup)))
        count++;
    while (count > wanted && (at = next_node(c, NULL, nodegroup))) {
        remove_node(c, a, nodegroup, at);
        count--;
    }
    while (count < wanted && add_node(c, a, nodegroup, count))
        count++;
    at = NULL;
    while ((at = next_node(c, at, nodegroup)))
        put_node(c, a, nodegroup, at); /* labels and taints may have changed */
    arena_free(a);
}

void cloud_eks_nodes_settle(struct cloud *c, struct record *nodegroup)
{
    int64_t wanted = value_as_integer(value_in(nodegroup->body, "scalingConfig", "desiredSize"));
    const struct record *cluster =
        record_find(c, nodegroup->region, "cluster", record_text(nodegroup, "clusterName"));

    set_nodes(c, nodegroup, wanted < 0 || wanted > NODES_MAX ? NODES_MAX : (size_t)wanted);
    if (cluster && wanted > 0)
        cloud_eks_addons_settle(c, cluster);
}

bool cloud_eks_has_nodes(struct cloud *c, const struct record *cluster)
{
    const struct record *at = NULL;

    while ((at = cloud_eks_below(c, at, "nodegroup", cluster)))
        if (next_node(c, NULL, at))
            return true;
    return value_flag(value_at(cluster->body, "computeConfig"), "enabled");
}

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

static void become_active(struct cloud *c, struct record *nodegroup)
{
    if (cloud_eks_fails(nodegroup, "CREATE_FAILED"))
        return;
    cloud_eks_set_status(nodegroup, "ACTIVE");
    cloud_eks_nodes_settle(c, nodegroup);
    if (value_count(value_in(nodegroup->body, "health", "issues")))
        cloud_eks_set_status(nodegroup, "DEGRADED");
}

/* The instance profile of its nodes, which keeps the role. */
static const char *profile_of(struct arena *a, const struct record *nodegroup)
{
    const struct value *groups = value_in(nodegroup->body, "resources", "autoScalingGroups");

    return text_f(a, "%s", value_text(value_item(groups, 0), "name"));
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
    cloud_iam_profile_add(r->cloud, profile_of(r->a, made), cloud_iam_role_of_arn(r->cloud, role));
    cloud_iam_service_role_add(r->cloud, "eks-nodegroup.amazonaws.com");
    cloud_eks_entry_add(r->cloud, cluster, role, "EC2_LINUX", NULL);
    record_later(r->cloud, made, CREATE_SECONDS, become_active);
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
    struct arena *a = arena_new();

    set_nodes(c, nodegroup, 0);
    cloud_iam_profile_remove(c, profile_of(a, nodegroup));
    record_remove(c, nodegroup);
    arena_free(a);
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
