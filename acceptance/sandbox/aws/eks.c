/* Clusters of the stand-in EKS. */
#include <ctype.h>
#include <string.h>

#include "acceptance/sandbox/aws/cloud_eks.h"
#include "acceptance/sandbox/aws/cloud_iam.h"
#include "acceptance/sandbox/aws/network.h"
#include "base/clock.h"

enum {
    NAME_BYTES_MAX = 100,
    CLUSTERS_MAX = 100,
    CREATE_SECONDS = 600,
    DELETE_SECONDS = 300,
    INTERFACE_SECONDS = 120
};

static const char *const versions[] = {"1.31", "1.32", "1.33", "1.34", "1.35", NULL};
static const char version_default[] = "1.33";

/* --- records -------------------------------------------------------------------------- */
static const char *cluster_name(const struct cloud_request *r)
{
    const char *name = cloud_text(r, "clusterName");

    return *name ? name : cloud_text(r, "name");
}

struct record *cloud_eks_cluster(struct cloud_request *r)
{
    const char *name = cluster_name(r);
    struct record *cluster = record_seen(r->cloud, r->region, "cluster", name);

    if (!cluster)
        cloud_refuse(r, 404, "ResourceNotFoundException", "No cluster found for name: %s.", name);
    return cluster;
}

struct record *cloud_eks_active_cluster(struct cloud_request *r)
{
    struct record *cluster = cloud_eks_cluster(r);

    if (!cluster || record_is(cluster, "status", "ACTIVE"))
        return cluster;
    cloud_refuse(r, 409, "ResourceInUseException", "Cluster %s is not ACTIVE but %s.", cluster->id,
                 record_text(cluster, "status"));
    return NULL;
}

const char *cloud_eks_id(const struct cloud_request *r, const char *name)
{
    return text_f(r->a, "%s/%s", cluster_name(r), name);
}

struct record *cloud_eks_find(struct cloud_request *r, const char *kind, const char *name)
{
    struct record *found;

    if (!cloud_eks_cluster(r))
        return NULL;
    found = record_seen(r->cloud, r->region, kind, cloud_eks_id(r, name));
    if (!found)
        cloud_refuse(r, 404, "ResourceNotFoundException", "No %s found for name: %s.", kind, name);
    return found;
}

struct record *cloud_eks_below(struct cloud *c, const struct record *before, const char *kind,
                               const struct record *cluster)
{
    struct record *at = record_next(c, before, cluster->region, kind);

    while (at && !record_is(at, "clusterName", cluster->id))
        at = record_next(c, at, cluster->region, kind);
    return at;
}

struct record *cloud_eks_new(struct cloud_request *r, const char *kind, const char *id,
                             const char *arn_member, const char *status, const struct value *body)
{
    struct arena *a = r->a;
    const char *unique = cloud_new_id(r->cloud, a, "x") + 2;
    bool is_cluster = strcmp(kind, "cluster") == 0;
    const char *arn =
        text_f(a, "arn:aws:eks:%s:%s:%s/%s%s%s", r->region, r->cloud->account,
               strcmp(kind, "pod-identity-association") == 0 ? "podidentityassociation" : kind, id,
               is_cluster ? "" : "/", is_cluster ? "" : unique);
    struct record *record;

    body = value_with(a, body, arn_member, value_string(a, arn));
    body = value_with(a, body, "createdAt", value_integer(a, clock_now()));
    if (!is_cluster)
        body = value_with(a, body, "clusterName", value_string(a, cluster_name(r)));
    if (status)
        body = value_with(a, body, "status", value_string(a, status));
    if (status)
        body = value_with_in(a, body, &value_empty_list, "health", "issues");
    record = record_add(r->cloud, r->region, kind, id, body);
    if (value_has(r->parameters, "tags"))
        record->tags = value_copy(record->arena, value_at(r->parameters, "tags"));
    return record;
}

bool cloud_eks_needs(struct cloud_request *r, const char *const *names)
{
    for (; *names; names++)
        if (!value_is_set(value_at(r->parameters, *names)))
            return cloud_refuse(r, 400, "InvalidParameterException", "%s cannot be empty.", *names);
    return true;
}

const struct value *cloud_eks_given(const struct cloud_request *r, const char *const *names,
                                    const struct value *base)
{
    for (; *names; names++)
        if (value_is_set(value_at(r->parameters, *names)))
            base = value_with(r->a, base, *names, value_at(r->parameters, *names));
    return base;
}

/* Without what is only ours. */
static const struct value *view(struct arena *a, const struct record *record)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(record->body); i++)
        if (record->body->map.entries[i].key[0] != '.')
            value_builder_set(&b, record->body->map.entries[i].key,
                              record->body->map.entries[i].value);
    value_builder_set(&b, "tags", record->tags);
    return value_builder_map(&b);
}

bool cloud_eks_answer(struct cloud_request *r, const char *member, const struct record *record)
{
    return cloud_answer(r, value_map_of(r->a, {member, view(r->a, record)}));
}

bool cloud_eks_list(struct cloud_request *r, const char *member, const char *kind, const char *name)
{
    const struct record *cluster = cloud_eks_cluster(r), *at = NULL;
    struct value_builder b;

    if (!cluster)
        return false;
    value_builder_init(&b, r->a);
    while ((at = cloud_eks_below(r->cloud, at, kind, cluster)))
        value_builder_add(&b, value_at(at->body, name));
    return cloud_answer(r, value_map_of(r->a, {member, value_builder_list(&b)}));
}

/* --- status ----------------------------------------------------------------------------- */
void cloud_eks_set_status(struct record *record, const char *status)
{
    record_set(record, "status", value_string(record->arena, status));
}

void cloud_eks_set_issue(struct record *record, const char *code, const char *message)
{
    struct arena *a = record->arena;
    const struct value *issue =
        value_map_of(a, {"code", value_string(a, code)}, {"message", value_string(a, message)},
                     {"resourceIds", value_list_of(a, value_string(a, record->id))});

    record_set(record, "health", value_map_of(a, {"issues", value_list_of(a, issue)}));
}

bool cloud_eks_fails(struct record *record, const char *status)
{
    const char *code = value_text(record->tags, CLOUD_EKS_FAIL);

    if (!*code)
        return false;
    cloud_eks_set_status(record, status);
    cloud_eks_set_issue(record, code, "It was to fail: the tag " CLOUD_EKS_FAIL " says so.");
    return true;
}

/* --- what a cluster needs ------------------------------------------------------------------ */
static bool name_fits(struct cloud_request *r, const char *name)
{
    size_t len = strlen(name);
    bool fits = len > 0 && len <= NAME_BYTES_MAX && isalnum((unsigned char)name[0]);

    for (size_t i = 0; i < len; i++)
        fits = fits && (isalnum((unsigned char)name[i]) || name[i] == '-' || name[i] == '_');
    return fits ||
           cloud_refuse(r, 400, "InvalidParameterException",
                        "The cluster name \"%s\" does not match ^[0-9A-Za-z][A-Za-z0-9-_]*", name);
}

static bool role_fits(struct cloud_request *r, const char *arn)
{
    const struct record *role = cloud_iam_role_of_arn(r->cloud, arn);

    return (role && cloud_iam_role_trusts(r->a, role, "eks.amazonaws.com")) ||
           cloud_refuse(r, 400, "InvalidParameterException",
                        "Role with arn: %s, could not be assumed because it does not exist or the "
                        "trusted entity is not correct",
                        arn);
}

static bool version_fits(struct cloud_request *r, const char *version)
{
    for (const char *const *at = versions; *at; at++)
        if (strcmp(*at, version) == 0)
            return true;
    return cloud_refuse(r, 400, "InvalidParameterException", "unsupported Kubernetes version %s",
                        version);
}

/* The VPC of subnets that there are, in two zones at least; NULL = refused. */
static const char *vpc_of(struct cloud_request *r, const struct value *subnets)
{
    const char *vpc = NULL, *zone = NULL;
    bool is_spread = false;

    for (size_t i = 0; i < value_count(subnets); i++) {
        const char *id = value_z(value_item(subnets, i));
        const struct record *subnet = record_seen(r->cloud, r->region, "subnet", id);

        if (!subnet || (vpc && !record_is(subnet, "vpcId", vpc))) {
            cloud_refuse(r, 400, "InvalidParameterException",
                         "The subnet ID '%s' does not exist in the cluster's VPC", id);
            return NULL;
        }
        is_spread = is_spread || (zone && !record_is(subnet, "availabilityZone", zone));
        vpc = record_text(subnet, "vpcId");
        zone = record_text(subnet, "availabilityZone");
    }
    if (is_spread)
        return vpc;
    cloud_refuse(r, 400, "InvalidParameterException",
                 "Subnets specified must be in at least two different AZs");
    return NULL;
}

static bool zones_fit(struct cloud_request *r, const struct value *subnets)
{
    const char *full = r->cloud->options.full_zone;
    const struct value *valid = &value_empty_list;
    bool fits = true;

    for (size_t i = 0; full && i < value_count(subnets); i++)
        fits = fits && !record_is(record_find(r->cloud, r->region, "subnet",
                                              value_z(value_item(subnets, i))),
                                  "availabilityZone", full);
    for (int i = 0; i < CLOUD_ZONES; i++) {
        const char *zone = text_f(r->a, "%s%c", r->region, 'a' + i);

        if (full && strcmp(zone, full) != 0)
            valid = value_append(r->a, valid, value_string(r->a, zone));
    }
    return fits || cloud_refuse_with(r, 400, "UnsupportedAvailabilityZoneException",
                                     text_f(r->a,
                                            "Cannot create cluster '%s' because %s, the targeted "
                                            "Availability Zone, does not currently have sufficient "
                                            "capacity to support the cluster.",
                                            cluster_name(r), full),
                                     value_map_of(r->a, {"validZones", valid}));
}

static bool quota_fits(struct cloud_request *r)
{
    size_t most = r->cloud->options.clusters_max ? r->cloud->options.clusters_max : CLUSTERS_MAX,
           count = 0;
    const struct record *at = NULL;

    while ((at = record_next(r->cloud, at, r->region, "cluster")))
        count++;
    return count < most || cloud_refuse(r, 400, "ResourceLimitExceededException",
                                        "You've reached your quota of %zu clusters", most);
}

/* --- what EKS puts into the VPC --------------------------------------------------------------- */
/* Everything may come from the group itself, and go anywhere. */
static void add_rule(struct cloud_request *r, const struct record *group, bool is_egress)
{
    struct arena *a = r->a;
    const char *id = cloud_new_id(r->cloud, a, network_rule.prefix);
    const struct value *account = value_string(a, r->cloud->account);
    const struct value *body =
        value_map_of(a, {"securityGroupRuleId", value_string(a, id)},
                     {"groupId", value_string(a, group->id)}, {"groupOwnerId", account},
                     {"isEgress", value_bool(is_egress)}, {"ipProtocol", value_string(a, "-1")},
                     {"fromPort", value_integer(a, -1)}, {"toPort", value_integer(a, -1)});
    const struct value *self =
        value_map_of(a, {"groupId", value_string(a, group->id)}, {"userId", account});

    body = is_egress ? value_with(a, body, "cidrIpv4", value_string(a, "0.0.0.0/0"))
                     : value_with(a, body, "referencedGroupInfo", self);
    record_add(r->cloud, r->region, network_rule.kind, id, body)->ghost = true;
}

static const struct record *add_group(struct cloud_request *r, const char *name, const char *vpc)
{
    struct arena *a = r->a;
    const char *id = cloud_new_id(r->cloud, a, network_security_group.prefix);
    struct record *group = record_add(
        r->cloud, r->region, network_security_group.kind, id,
        value_map_of(a, {"groupId", value_string(a, id)},
                     {"ownerId", value_string(a, r->cloud->account)},
                     {"groupName", value_f(a, "eks-cluster-sg-%s-%s", name, id + 10)},
                     {"groupDescription",
                      value_string(a, "EKS created security group applied to ENI that is attached "
                                      "to EKS Control Plane master nodes, as well as any managed "
                                      "workloads.")},
                     {"vpcId", value_string(a, vpc)}));

    group->tags =
        value_map_of(group->arena,
                     {arena_strdup(group->arena, text_f(a, "kubernetes.io/cluster/%s", name)),
                      value_string(group->arena, "owned")},
                     {"aws:eks:cluster-name", value_string(group->arena, name)},
                     {"Name", value_copy(group->arena, value_at(group->body, "groupName"))});
    record_set(group, "securityGroupArn", value_string(a, network_arn(r, "security-group", id)));
    add_rule(r, group, false);
    add_rule(r, group, true);
    return group;
}

static void add_interfaces(struct cloud_request *r, const char *name, const struct value *subnets,
                           const struct value *groups)
{
    for (size_t i = 0; i < value_count(subnets) && i < 2; i++) {
        const struct record *subnet =
            record_find(r->cloud, r->region, "subnet", value_z(value_item(subnets, i)));

        network_interface_add(r->cloud, subnet, "interface", text_f(r->a, "Amazon EKS %s", name),
                              groups);
    }
}

/* Its interfaces stay for some minutes more. */
static void leave_vpc(struct cloud *c, struct record *cluster)
{
    struct arena *a = arena_new();
    const char *description = text_f(a, "Amazon EKS %s", cluster->id);
    struct record *at = NULL,
                  *group = record_find(c, cluster->region, network_security_group.kind,
                                       value_z(value_in(cluster->body, "resourcesVpcConfig",
                                                        "clusterSecurityGroupId")));

    while ((at = record_next(c, at, cluster->region, network_interface.kind)))
        if (record_is(at, "description", description)) {
            record_set(at, "groupSet", &value_empty_list);
            record_later(c, at, INTERFACE_SECONDS, record_remove);
        }
    if (group) {
        network_remove_rules(c, group);
        record_remove(c, group);
    }
    arena_free(a);
}

/* --- create ------------------------------------------------------------------------------------
 */
static const struct value *or_else(const struct value *map, const char *key,
                                   const struct value *otherwise)
{
    return value_is_set(value_at(map, key)) ? value_at(map, key) : otherwise;
}

static const struct value *vpc_config(struct cloud_request *r, const char *vpc)
{
    struct arena *a = r->a;
    const struct value *given = value_at(r->parameters, "resourcesVpcConfig");
    const struct record *group = add_group(r, cluster_name(r), vpc);
    const struct value *base = value_map_of(
        a, {"securityGroupIds", &value_empty_list}, {"endpointPublicAccess", &value_true},
        {"endpointPrivateAccess", &value_false},
        {"publicAccessCidrs", value_list_of(a, value_string(a, "0.0.0.0/0"))},
        {"vpcId", value_string(a, vpc)}, {"clusterSecurityGroupId", value_string(a, group->id)});
    const struct value *v = value_merge(a, base, given);

    add_interfaces(r, cluster_name(r), value_at(v, "subnetIds"),
                   value_append(a, value_at(v, "securityGroupIds"), value_string(a, group->id)));
    return v;
}

static const struct value *cluster_body(struct cloud_request *r, const char *version,
                                        const char *vpc)
{
    static const char *const kept[] = {
        "name",          "roleArn",       "encryptionConfig", "logging",
        "upgradePolicy", "computeConfig", "storageConfig",    NULL};
    struct arena *a = r->a;
    const struct value *access = value_at(r->parameters, "accessConfig");
    const struct value *network = value_at(r->parameters, "kubernetesNetworkConfig");
    const char *half = cloud_iam_new_id(r->cloud, a, ""), *id;
    const struct value *upgrades = value_map_of(a, {"supportType", value_string(a, "EXTENDED")});

    id = text_f(a, "%s%s", half + 1, cloud_iam_new_id(r->cloud, a, "") + 1);
    network = value_merge(a,
                          value_map_of(a, {"ipFamily", value_string(a, "ipv4")},
                                       {"serviceIpv4Cidr", value_string(a, "172.20.0.0/16")}),
                          value_is_set(network) ? network : &value_empty_map);
    access =
        value_map_of(a,
                     {"authenticationMode",
                      or_else(access, "authenticationMode", value_string(a, "CONFIG_MAP"))},
                     {"bootstrapClusterCreatorAdminPermissions",
                      or_else(access, "bootstrapClusterCreatorAdminPermissions", &value_true)});
    return cloud_eks_given(
        r, kept,
        value_map_of(
            a, {"version", value_string(a, version)}, {"platformVersion", value_string(a, "eks.9")},
            {"resourcesVpcConfig", vpc_config(r, vpc)}, {"kubernetesNetworkConfig", network},
            {"accessConfig", access}, {"upgradePolicy", upgrades},
            {"deletionProtection", or_else(r->parameters, "deletionProtection", &value_false)},
            {"identity",
             value_map_of(
                 a, {"oidc", value_map_of(a, {"issuer", value_f(a,
                                                                "https://oidc.eks.%s.amazonaws.com"
                                                                "/id/%s",
                                                                r->region, id)})})},
            {".creator", value_string(a, cloud_iam_principal(r->cloud, a, r->key->arn))}));
}

static void become_active(struct cloud *c, struct record *cluster)
{
    if (cloud_eks_fails(cluster, "FAILED"))
        return;
    cloud_eks_server_start(c, cluster);
    cloud_eks_set_status(cluster, "ACTIVE");
}

static void add_creator(struct cloud_request *r, const struct record *cluster)
{
    const struct value *access = value_at(cluster->body, "accessConfig");

    if (strcmp(value_text(access, "authenticationMode"), "CONFIG_MAP") != 0 &&
        value_flag(access, "bootstrapClusterCreatorAdminPermissions"))
        cloud_eks_entry_add(r->cloud, cluster, record_text(cluster, ".creator"), "STANDARD",
                            "AmazonEKSClusterAdminPolicy");
}

static bool create_cluster(struct cloud_request *r)
{
    static const char *const needed[] = {"name", "roleArn", "resourcesVpcConfig", NULL};
    const char *name = cloud_text(r, "name"), *token = cloud_text(r, "clientRequestToken");
    const char *version = *cloud_text(r, "version") ? cloud_text(r, "version") : version_default;
    const char *vpc;
    struct record *again, *cluster;

    if (!cloud_eks_needs(r, needed) || !token_check(r, token, &again))
        return false;
    if (again)
        return cloud_eks_answer(r, "cluster", again);
    if (!name_fits(r, name))
        return false;
    if (record_find(r->cloud, r->region, "cluster", name))
        return cloud_refuse(r, 409, "ResourceInUseException",
                            "Cluster already exists with name: %s", name);
    if (!role_fits(r, cloud_text(r, "roleArn")) || !version_fits(r, version))
        return false;
    vpc = vpc_of(r, value_in(r->parameters, "resourcesVpcConfig", "subnetIds"));
    if (!vpc || !zones_fit(r, value_in(r->parameters, "resourcesVpcConfig", "subnetIds")) ||
        !quota_fits(r))
        return false;
    cluster = cloud_eks_new(r, "cluster", name, "arn", "CREATING", cluster_body(r, version, vpc));
    add_creator(r, cluster);
    cloud_iam_service_role_add(r->cloud, "eks.amazonaws.com");
    record_later(r->cloud, cluster, CREATE_SECONDS, become_active);
    token_keep(r, token, cluster);
    return cloud_eks_answer(r, "cluster", cluster);
}

/* --- look, delete
 * --------------------------------------------------------------------------------- */
static bool describe_cluster(struct cloud_request *r)
{
    const struct record *cluster = cloud_eks_cluster(r);

    return cluster && cloud_eks_answer(r, "cluster", cluster);
}

static bool list_clusters(struct cloud_request *r)
{
    const struct record *at = NULL;
    struct value_builder b;

    value_builder_init(&b, r->a);
    while ((at = record_next(r->cloud, at, r->region, "cluster")))
        value_builder_add(&b, value_string(r->a, at->id));
    return cloud_answer(r, value_map_of(r->a, {"clusters", value_builder_list(&b)}));
}

static bool describe_cluster_versions(struct cloud_request *r)
{
    struct value_builder b;

    value_builder_init(&b, r->a);
    for (const char *const *at = versions; *at; at++)
        value_builder_add(
            &b, value_map_of(r->a, {"clusterVersion", value_string(r->a, *at)},
                             {"versionStatus", value_string(r->a, "STANDARD_SUPPORT")},
                             {"defaultVersion", value_bool(strcmp(*at, version_default) == 0)}));
    return cloud_answer(r, value_map_of(r->a, {"clusterVersions", value_builder_list(&b)}));
}

static void vanish(struct cloud *c, struct record *cluster)
{
    static const char *const kinds[] = {"addon", "access-entry", "pod-identity-association"};
    struct record *at;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        while ((at = cloud_eks_below(c, NULL, kinds[i], cluster)))
            record_remove(c, at);
    cloud_eks_server_leave(c, cluster);
    leave_vpc(c, cluster);
    record_remove(c, cluster);
}

static bool delete_cluster(struct cloud_request *r)
{
    struct record *cluster = cloud_eks_cluster(r);
    const char *status = cluster ? record_text(cluster, "status") : "";

    if (!cluster)
        return false;
    if (strcmp(status, "ACTIVE") != 0 && strcmp(status, "FAILED") != 0)
        return cloud_refuse(r, 409, "ResourceInUseException",
                            "Cannot delete because cluster %s currently has an update in progress: "
                            "it is %s",
                            cluster->id, status);
    if (cloud_eks_below(r->cloud, NULL, "nodegroup", cluster))
        return cloud_refuse(r, 409, "ResourceInUseException", "Cluster has nodegroups attached");
    if (value_flag(cluster->body, "deletionProtection"))
        return cloud_refuse(r, 400, "InvalidRequestException",
                            "Cluster %s cannot be deleted: deletion protection is on", cluster->id);
    cloud_eks_set_status(cluster, "DELETING");
    record_later(r->cloud, cluster, DELETE_SECONDS, vanish);
    return cloud_eks_answer(r, "cluster", cluster);
}

/* --- the service
 * ------------------------------------------------------------------------------------- */
static const struct cloud_operation operations[] = {
    {.name = "CreateCluster", .handle = create_cluster, .method = "POST", .path = "/clusters"},
    {.name = "ListClusters", .handle = list_clusters, .method = "GET", .path = "/clusters"},
    {.name = "DescribeClusterVersions",
     .handle = describe_cluster_versions,
     .method = "GET",
     .path = "/cluster-versions"},
    {.name = "DescribeCluster",
     .handle = describe_cluster,
     .method = "GET",
     .path = "/clusters/{name}"},
    {.name = "DeleteCluster",
     .handle = delete_cluster,
     .method = "DELETE",
     .path = "/clusters/{name}"},
    {.name = NULL}};
static const struct cloud_operation *const tables[] = {operations,
                                                       cloud_eks_update_operations,
                                                       cloud_eks_nodegroup_operations,
                                                       cloud_eks_addon_operations,
                                                       cloud_eks_access_operations,
                                                       cloud_eks_pod_identity_operations,
                                                       cloud_eks_tag_operations,
                                                       NULL};

const struct cloud_service cloud_eks = {
    .name = "eks",
    .protocol = AWS_REST_JSON,
    .version = "2017-11-01",
    .operations = tables,
    .seed = cloud_eks_seed,
};
