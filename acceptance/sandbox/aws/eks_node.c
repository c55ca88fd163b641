/* The nodes of managed node groups: instances, which join the cluster's API server as ready
 * Node objects, and what the group behind them tells of their start. */
#include <string.h>

#include "acceptance/sandbox/aws/cloud_eks.h"
#include "acceptance/sandbox/aws/network.h"
#include "acceptance/sandbox/identity.h"
#include "base/clock.h"
#include "codec/json.h"

enum { NODES_MAX = 100 };

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

/* --- in the cluster ------------------------------------------------------------------------ */
static void put_node(struct cloud *c, struct arena *a, const struct record *nodegroup,
                     struct record *instance)
{
    struct sandbox *s =
        cloud_eks_server(c, nodegroup->region, record_text(nodegroup, "clusterName"));
    const char *name = record_text(instance, "privateDnsName"), *path, *manager = "eks";
    const char *zone = value_text(value_at(instance->body, "placement"), "availabilityZone");
    const struct value *node = value_map_of(
        a, {"apiVersion", value_string(a, "v1")}, {"kind", value_string(a, "Node")},
        {"metadata", value_map_of(a, {"name", value_string(a, name)},
                                  {"labels", node_labels(a, nodegroup, name, zone)})},
        {"spec", value_map_of(a, {"providerID", value_f(a, "aws:///%s/%s", zone, instance->id)},
                              {"taints", taints_of(a, value_at(nodegroup->body, "taints"))})});

    if (!s)
        return;
    record_set(instance, ".joined", &value_true);
    path = text_f(a, "/api/v1/nodes/%s", name);
    sandbox_put(s, path, json_write(a, node).at, manager);
    node = value_map_of(
        a, {"status", node_status(a, nodegroup, name, record_text(instance, "privateIpAddress"))});
    sandbox_put(s, text_f(a, "%s/status", path), json_write(a, node).at, manager);
}

static void remove_node(struct cloud *c, struct arena *a, const struct record *nodegroup,
                        struct record *instance)
{
    struct sandbox *s =
        cloud_eks_server(c, nodegroup->region, record_text(nodegroup, "clusterName"));

    if (s)
        sandbox_delete(s, text_f(a, "/api/v1/nodes/%s", record_text(instance, "privateDnsName")));
    network_instance_terminate(c, instance);
}

/* --- the group behind ---------------------------------------------------------------------- */
static const struct {
    const char *code, *message;
} failures[] = {
    {"AsgInstanceLaunchFailures",
     "InsufficientInstanceCapacity - There is not enough capacity of this instance type in the "
     "Availability Zone that was asked for"},
    {"InstanceLimitExceeded",
     "VcpuLimitExceeded - More vCPU capacity was asked for than the limit of the account allows"},
    {"InsufficientFreeAddresses",
     "InsufficientFreeAddressesInSubnet - There are not enough free addresses in the subnet"}};

const char *cloud_eks_launch_failure(const struct record *nodegroup)
{
    const char *code = value_text(nodegroup->tags, CLOUD_EKS_FAIL);

    for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++)
        if (strcmp(failures[i].code, code) == 0)
            return failures[i].message;
    return strcmp(code, CLOUD_EKS_NEVER_JOINS) == 0 ? "" : code;
}

/* The newest one is the first. */
static void add_activity(struct record *nodegroup, const char *instance, const char *failure)
{
    struct arena *a = nodegroup->arena;
    const struct value *now = value_string(a, clock_rfc3339(a, clock_now()));
    const struct value *before = value_at(nodegroup->body, ".activities");
    const struct value *out,
        *one = value_map_of(
            a, {"ActivityId", value_string(a, identity_random_uid(a))},
            {"AutoScalingGroupName", value_string(a, cloud_eks_scaling_group(nodegroup))},
            {"Description",
             *failure ? value_f(a,
                                "Launching a new EC2 instance.  Status Reason: Could not launch "
                                "On-Demand Instances. %s. Launching EC2 instance failed.",
                                failure)
                      : value_f(a, "Launching a new EC2 instance: %s", instance)},
            {"Cause", value_string(a, "an instance was started in response to a difference between "
                                      "desired and actual capacity")},
            {"StartTime", now}, {"EndTime", now},
            {"StatusCode", value_string(a, *failure ? "Failed" : "Successful")},
            {"StatusMessage", *failure ? value_f(a,
                                                 "Could not launch On-Demand Instances. %s. "
                                                 "Launching EC2 instance failed.",
                                                 failure)
                                       : &value_null},
            {"Progress", value_integer(a, 100)});

    out = value_list_of(a, one);
    for (size_t i = 0; i < value_count(before); i++)
        out = value_append(a, out, value_item(before, i));
    record_set(nodegroup, ".activities", out);
}

/* --- instances ------------------------------------------------------------------------------ */
struct record *cloud_eks_next_instance(struct cloud *c, const struct record *before,
                                       const struct record *nodegroup)
{
    struct record *at = record_next(c, before, nodegroup->region, network_instance.kind);

    while (at && (at->ghost || !record_is(at, ".nodegroup", nodegroup->id)))
        at = record_next(c, at, nodegroup->region, network_instance.kind);
    return at;
}

static const struct value *template_of(struct cloud *c, const struct record *nodegroup)
{
    const struct value *given = value_at(nodegroup->body, "launchTemplate");

    return value_is_set(given)
               ? network_template_data(c, nodegroup->region, value_text(given, "id"),
                                       value_text(given, "name"), value_text(given, "version"))
               : &value_null;
}

/* Those of the launch template, or EKS's own of the cluster. */
static const struct value *groups_of(struct cloud *c, struct arena *a,
                                     const struct record *nodegroup)
{
    const struct value *given = value_at(template_of(c, nodegroup), "securityGroupIdSet");
    const struct record *cluster =
        record_find(c, nodegroup->region, "cluster", record_text(nodegroup, "clusterName"));

    if (value_count(given) || !cluster)
        return given;
    return value_list_of(a,
                         value_in(cluster->body, "resourcesVpcConfig", "clusterSecurityGroupId"));
}

static const struct value *tags_of(struct cloud *c, struct arena *a, const struct record *nodegroup)
{
    const struct value *specifications = value_at(template_of(c, nodegroup), "tagSpecificationSet");
    const struct value *cluster = value_at(nodegroup->body, "clusterName");
    const struct value *tags = value_map_of(
        a, {"aws:autoscaling:groupName", value_string(a, cloud_eks_scaling_group(nodegroup))},
        {"eks:cluster-name", cluster},
        {"eks:nodegroup-name", value_at(nodegroup->body, "nodegroupName")},
        {text_f(a, "kubernetes.io/cluster/%s", value_z(cluster)), value_string(a, "owned")});

    for (size_t i = 0; i < value_count(specifications); i++) {
        const struct value *one = value_item(specifications, i), *list = value_at(one, "tagSet");

        for (size_t k = 0;
             strcmp(value_text(one, "resourceType"), "instance") == 0 && k < value_count(list); k++)
            tags = value_with(a, tags, value_text(value_item(list, k), "key"),
                              value_at(value_item(list, k), "value"));
    }
    return tags;
}

static bool add_instance(struct cloud *c, struct arena *a, struct record *nodegroup, size_t index)
{
    const struct value *subnets = value_at(nodegroup->body, "subnets");
    const struct value *types = value_at(nodegroup->body, "instanceTypes");
    const struct record *subnet = record_find(
        c, nodegroup->region, network_subnet.kind,
        value_z(value_item(subnets, index % (value_count(subnets) + !value_count(subnets)))));
    struct record *made =
        subnet ? network_instance_add(c, subnet, value_z(value_item(types, 0)),
                                      groups_of(c, a, nodegroup), tags_of(c, a, nodegroup))
               : NULL;

    if (!made) {
        cloud_eks_set_issue(nodegroup, "InsufficientFreeAddresses",
                            "A subnet has no free address for a node.");
        add_activity(nodegroup, "", failures[2].message);
        return false;
    }
    record_set(made, ".nodegroup", value_string(a, nodegroup->id));
    add_activity(nodegroup, made->id, "");
    return true;
}

static void set_instances(struct cloud *c, struct record *nodegroup, size_t wanted)
{
    struct arena *a = arena_new();
    struct record *at = NULL;
    size_t count = 0;

    while ((at = cloud_eks_next_instance(c, at, nodegroup)))
        count++;
    while (count > wanted && (at = cloud_eks_next_instance(c, NULL, nodegroup))) {
        remove_node(c, a, nodegroup, at);
        count--;
    }
    while (count < wanted && add_instance(c, a, nodegroup, count))
        count++;
    arena_free(a);
}

static size_t desired(const struct record *nodegroup)
{
    int64_t size = value_as_integer(value_in(nodegroup->body, "scalingConfig", "desiredSize"));

    return size < 0 || size > NODES_MAX ? NODES_MAX : (size_t)size;
}

void cloud_eks_nodes_launch(struct cloud *c, struct record *nodegroup)
{
    const char *failure = cloud_eks_launch_failure(nodegroup);

    record_set(nodegroup, ".launched", &value_true);
    if (*failure)
        add_activity(nodegroup, "", failure);
    else
        set_instances(c, nodegroup, desired(nodegroup));
}

void cloud_eks_nodes_settle(struct cloud *c, struct record *nodegroup)
{
    const struct record *cluster =
        record_find(c, nodegroup->region, "cluster", record_text(nodegroup, "clusterName"));
    struct arena *a = arena_new();
    struct record *at = NULL;

    set_instances(c, nodegroup, desired(nodegroup));
    while ((at = cloud_eks_next_instance(c, at, nodegroup)))
        put_node(c, a, nodegroup, at); /* labels and taints may have changed */
    arena_free(a);
    if (cluster && cloud_eks_has_nodes(c, cluster))
        cloud_eks_addons_settle(c, cluster);
}

void cloud_eks_nodes_remove(struct cloud *c, struct record *nodegroup)
{
    set_instances(c, nodegroup, 0);
}

bool cloud_eks_has_nodes(struct cloud *c, const struct record *cluster)
{
    const struct record *nodegroup = NULL, *at = NULL;

    while ((nodegroup = cloud_eks_below(c, nodegroup, "nodegroup", cluster)))
        while ((at = cloud_eks_next_instance(c, at, nodegroup)))
            if (value_flag(at->body, ".joined"))
                return true;
    return value_flag(value_at(cluster->body, "computeConfig"), "enabled");
}
