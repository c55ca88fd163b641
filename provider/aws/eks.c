#include "aws/eks.h"

#include "base/text.h"

/* --- shapes ----------------------------------------------------------------------- */

#define PATH_MEMBER(member_name) MEMBER(member_name, AWS_STRING, .place = AWS_PATH)
#define QUERY_MEMBER(member_name, ...) MEMBER(member_name, __VA_ARGS__, .place = AWS_URL_QUERY)
#define PAGED QUERY_MEMBER("maxResults", AWS_INTEGER), QUERY_MEMBER("nextToken", AWS_STRING)

static const struct aws_member issue[] = {MEMBER("code", AWS_STRING), MEMBER("message", AWS_STRING),
                                          MEMBER("resourceIds", AWS_LIST), END_MEMBERS};
static const struct aws_member health[] = {MEMBER("issues", AWS_LIST, .members = issue),
                                           END_MEMBERS};
#define VPC_CONFIG                                                                                 \
    MEMBER("subnetIds", AWS_LIST), MEMBER("securityGroupIds", AWS_LIST),                           \
        MEMBER("endpointPublicAccess", AWS_BOOL), MEMBER("endpointPrivateAccess", AWS_BOOL),       \
        MEMBER("publicAccessCidrs", AWS_LIST)
static const struct aws_member vpc_config_in[] = {VPC_CONFIG, END_MEMBERS};
static const struct aws_member vpc_config[] = {VPC_CONFIG,
                                               MEMBER("clusterSecurityGroupId", AWS_STRING),
                                               MEMBER("vpcId", AWS_STRING), END_MEMBERS};
static const struct aws_member access_config[] = {
    MEMBER("authenticationMode", AWS_STRING),
    MEMBER("bootstrapClusterCreatorAdminPermissions", AWS_BOOL), END_MEMBERS};
static const struct aws_member access_mode[] = {MEMBER("authenticationMode", AWS_STRING),
                                                END_MEMBERS};
static const struct aws_member load_balancing[] = {MEMBER("enabled", AWS_BOOL), END_MEMBERS};
#define NETWORK_CONFIG                                                                             \
    MEMBER("serviceIpv4Cidr", AWS_STRING), MEMBER("ipFamily", AWS_STRING),                         \
        MEMBER("elasticLoadBalancing", AWS_STRUCTURE, .members = load_balancing)
static const struct aws_member network_config_in[] = {NETWORK_CONFIG, END_MEMBERS};
static const struct aws_member network_config[] = {
    NETWORK_CONFIG, MEMBER("serviceIpv6Cidr", AWS_STRING), END_MEMBERS};
static const struct aws_member log_setup[] = {MEMBER("types", AWS_LIST),
                                              MEMBER("enabled", AWS_BOOL), END_MEMBERS};
static const struct aws_member logging[] = {
    MEMBER("clusterLogging", AWS_LIST, .members = log_setup), END_MEMBERS};
static const struct aws_member encryption_provider[] = {MEMBER("keyArn", AWS_STRING), END_MEMBERS};
static const struct aws_member encryption[] = {
    MEMBER("resources", AWS_LIST),
    MEMBER("provider", AWS_STRUCTURE, .members = encryption_provider), END_MEMBERS};
static const struct aws_member upgrade_policy[] = {MEMBER("supportType", AWS_STRING), END_MEMBERS};
static const struct aws_member compute_config[] = {MEMBER("enabled", AWS_BOOL),
                                                   MEMBER("nodePools", AWS_LIST),
                                                   MEMBER("nodeRoleArn", AWS_STRING), END_MEMBERS};
static const struct aws_member storage_config[] = {
    MEMBER("blockStorage", AWS_STRUCTURE, .members = load_balancing), END_MEMBERS};
static const struct aws_member oidc[] = {MEMBER("issuer", AWS_STRING), END_MEMBERS};
static const struct aws_member identity[] = {MEMBER("oidc", AWS_STRUCTURE, .members = oidc),
                                             END_MEMBERS};
static const struct aws_member authority[] = {MEMBER("data", AWS_STRING), END_MEMBERS};
static const struct aws_member update_error[] = {MEMBER("errorCode", AWS_STRING),
                                                 MEMBER("errorMessage", AWS_STRING),
                                                 MEMBER("resourceIds", AWS_LIST), END_MEMBERS};
static const struct aws_member update[] = {MEMBER("id", AWS_STRING),
                                           MEMBER("status", AWS_STRING),
                                           MEMBER("type", AWS_STRING),
                                           MEMBER("createdAt", AWS_TIME),
                                           MEMBER("errors", AWS_LIST, .members = update_error),
                                           END_MEMBERS};

/* What can be changed, in a request; the rest is told once, or answered only. */
#define CLUSTER_CHANGES(vpc, network, access)                                                      \
    MEMBER("resourcesVpcConfig", AWS_STRUCTURE, .members = (vpc)),                                 \
        MEMBER("kubernetesNetworkConfig", AWS_STRUCTURE, .members = (network)),                    \
        MEMBER("accessConfig", AWS_STRUCTURE, .members = (access)),                                \
        MEMBER("logging", AWS_STRUCTURE, .members = logging),                                      \
        MEMBER("upgradePolicy", AWS_STRUCTURE, .members = upgrade_policy),                         \
        MEMBER("computeConfig", AWS_STRUCTURE, .members = compute_config),                         \
        MEMBER("storageConfig", AWS_STRUCTURE, .members = storage_config),                         \
        MEMBER("deletionProtection", AWS_BOOL)
#define CLUSTER_SETTINGS                                                                           \
    MEMBER("roleArn", AWS_STRING), MEMBER("version", AWS_STRING),                                  \
        MEMBER("encryptionConfig", AWS_LIST, .members = encryption), MEMBER("tags", AWS_MAP)

static const struct aws_member cluster[] = {
    MEMBER("name", AWS_STRING),
    MEMBER("arn", AWS_STRING),
    MEMBER("status", AWS_STRING),
    MEMBER("endpoint", AWS_STRING),
    MEMBER("platformVersion", AWS_STRING),
    MEMBER("createdAt", AWS_TIME),
    MEMBER("certificateAuthority", AWS_STRUCTURE, .members = authority),
    MEMBER("identity", AWS_STRUCTURE, .members = identity),
    MEMBER("health", AWS_STRUCTURE, .members = health),
    CLUSTER_SETTINGS,
    CLUSTER_CHANGES(vpc_config, network_config, access_config),
    END_MEMBERS};
static const struct aws_member create_cluster_in[] = {
    MEMBER("name", AWS_STRING),
    CLUSTER_SETTINGS,
    CLUSTER_CHANGES(vpc_config_in, network_config_in, access_config),
    MEMBER("bootstrapSelfManagedAddons", AWS_BOOL),
    MEMBER("clientRequestToken", AWS_STRING),
    END_MEMBERS};
static const struct aws_member update_cluster_in[] = {
    PATH_MEMBER("name"), CLUSTER_CHANGES(vpc_config_in, network_config_in, access_mode),
    MEMBER("clientRequestToken", AWS_STRING), END_MEMBERS};
static const struct aws_member update_version_in[] = {
    PATH_MEMBER("name"), MEMBER("version", AWS_STRING), MEMBER("force", AWS_BOOL),
    MEMBER("clientRequestToken", AWS_STRING), END_MEMBERS};
static const struct aws_member by_name[] = {PATH_MEMBER("name"), END_MEMBERS};
static const struct aws_member cluster_out[] = {
    MEMBER("cluster", AWS_STRUCTURE, .members = cluster), END_MEMBERS};
static const struct aws_member update_out[] = {MEMBER("update", AWS_STRUCTURE, .members = update),
                                               END_MEMBERS};
static const struct aws_member list_in[] = {PAGED, END_MEMBERS};
static const struct aws_member clusters_out[] = {MEMBER("clusters", AWS_LIST),
                                                 MEMBER("nextToken", AWS_STRING), END_MEMBERS};
static const struct aws_member describe_update_in[] = {
    PATH_MEMBER("name"), PATH_MEMBER("updateId"), QUERY_MEMBER("nodegroupName", AWS_STRING),
    QUERY_MEMBER("addonName", AWS_STRING), END_MEMBERS};
static const struct aws_member cluster_version[] = {
    MEMBER("clusterVersion", AWS_STRING), MEMBER("versionStatus", AWS_STRING), END_MEMBERS};
static const struct aws_member cluster_versions_out[] = {
    MEMBER("clusterVersions", AWS_LIST, .members = cluster_version),
    MEMBER("nextToken", AWS_STRING), END_MEMBERS};

/* --- access */
#define ENTRY_SETTINGS                                                                             \
    MEMBER("kubernetesGroups", AWS_LIST), MEMBER("username", AWS_STRING),                          \
        MEMBER("type", AWS_STRING), MEMBER("tags", AWS_MAP)
static const struct aws_member entry[] = {MEMBER("principalArn", AWS_STRING),
                                          MEMBER("accessEntryArn", AWS_STRING), ENTRY_SETTINGS,
                                          END_MEMBERS};
static const struct aws_member create_entry_in[] = {
    PATH_MEMBER("clusterName"), MEMBER("principalArn", AWS_STRING), ENTRY_SETTINGS,
    MEMBER("clientRequestToken", AWS_STRING), END_MEMBERS};
static const struct aws_member update_entry_in[] = {PATH_MEMBER("clusterName"),
                                                    PATH_MEMBER("principalArn"),
                                                    MEMBER("kubernetesGroups", AWS_LIST),
                                                    MEMBER("username", AWS_STRING),
                                                    MEMBER("clientRequestToken", AWS_STRING),
                                                    END_MEMBERS};
static const struct aws_member entry_in[] = {PATH_MEMBER("clusterName"),
                                             PATH_MEMBER("principalArn"), END_MEMBERS};
static const struct aws_member entry_out[] = {
    MEMBER("accessEntry", AWS_STRUCTURE, .members = entry), END_MEMBERS};
static const struct aws_member of_cluster_in[] = {PATH_MEMBER("clusterName"), PAGED, END_MEMBERS};
static const struct aws_member entries_out[] = {MEMBER("accessEntries", AWS_LIST),
                                                MEMBER("nextToken", AWS_STRING), END_MEMBERS};
static const struct aws_member scope[] = {MEMBER("type", AWS_STRING),
                                          MEMBER("namespaces", AWS_LIST), END_MEMBERS};
static const struct aws_member policy[] = {MEMBER("policyArn", AWS_STRING),
                                           MEMBER("accessScope", AWS_STRUCTURE, .members = scope),
                                           END_MEMBERS};
static const struct aws_member associate_in[] = {
    PATH_MEMBER("clusterName"), PATH_MEMBER("principalArn"), MEMBER("policyArn", AWS_STRING),
    MEMBER("accessScope", AWS_STRUCTURE, .members = scope), END_MEMBERS};
static const struct aws_member disassociate_in[] = {
    PATH_MEMBER("clusterName"), PATH_MEMBER("principalArn"), PATH_MEMBER("policyArn"), END_MEMBERS};
static const struct aws_member associated_out[] = {
    MEMBER("associatedAccessPolicy", AWS_STRUCTURE, .members = policy), END_MEMBERS};
static const struct aws_member policies_in[] = {PATH_MEMBER("clusterName"),
                                                PATH_MEMBER("principalArn"), PAGED, END_MEMBERS};
static const struct aws_member policies_out[] = {
    MEMBER("associatedAccessPolicies", AWS_LIST, .members = policy),
    MEMBER("nextToken", AWS_STRING), END_MEMBERS};

/* --- nodes */
static const struct aws_member scaling[] = {MEMBER("minSize", AWS_INTEGER),
                                            MEMBER("maxSize", AWS_INTEGER),
                                            MEMBER("desiredSize", AWS_INTEGER), END_MEMBERS};
static const struct aws_member template[] = {MEMBER("id", AWS_STRING), MEMBER("name", AWS_STRING),
                                             MEMBER("version", AWS_STRING), END_MEMBERS};
static const struct aws_member taint[] = {MEMBER("key", AWS_STRING), MEMBER("value", AWS_STRING),
                                          MEMBER("effect", AWS_STRING), END_MEMBERS};
static const struct aws_member update_config[] = {MEMBER("maxUnavailable", AWS_INTEGER),
                                                  MEMBER("maxUnavailablePercentage", AWS_INTEGER),
                                                  END_MEMBERS};
static const struct aws_member group[] = {MEMBER("name", AWS_STRING), END_MEMBERS};
static const struct aws_member node_resources[] = {
    MEMBER("autoScalingGroups", AWS_LIST, .members = group),
    MEMBER("remoteAccessSecurityGroup", AWS_STRING), END_MEMBERS};
#define NODEGROUP_SETTINGS                                                                         \
    MEMBER("scalingConfig", AWS_STRUCTURE, .members = scaling), MEMBER("subnets", AWS_LIST),       \
        MEMBER("instanceTypes", AWS_LIST), MEMBER("amiType", AWS_STRING),                          \
        MEMBER("diskSize", AWS_INTEGER), MEMBER("nodeRole", AWS_STRING),                           \
        MEMBER("taints", AWS_LIST, .members = taint), MEMBER("labels", AWS_MAP),                   \
        MEMBER("launchTemplate", AWS_STRUCTURE, .members = template),                              \
        MEMBER("updateConfig", AWS_STRUCTURE, .members = update_config),                           \
        MEMBER("capacityType", AWS_STRING), MEMBER("version", AWS_STRING),                         \
        MEMBER("releaseVersion", AWS_STRING), MEMBER("tags", AWS_MAP)
static const struct aws_member nodegroup[] = {
    MEMBER("nodegroupName", AWS_STRING),
    MEMBER("nodegroupArn", AWS_STRING),
    MEMBER("clusterName", AWS_STRING),
    MEMBER("status", AWS_STRING),
    MEMBER("createdAt", AWS_TIME),
    MEMBER("resources", AWS_STRUCTURE, .members = node_resources),
    MEMBER("health", AWS_STRUCTURE, .members = health),
    NODEGROUP_SETTINGS,
    END_MEMBERS};
static const struct aws_member create_nodegroup_in[] = {
    PATH_MEMBER("clusterName"), MEMBER("nodegroupName", AWS_STRING), NODEGROUP_SETTINGS,
    MEMBER("clientRequestToken", AWS_STRING), END_MEMBERS};
static const struct aws_member nodegroup_in[] = {PATH_MEMBER("clusterName"),
                                                 PATH_MEMBER("nodegroupName"), END_MEMBERS};
static const struct aws_member label_changes[] = {MEMBER("addOrUpdateLabels", AWS_MAP),
                                                  MEMBER("removeLabels", AWS_LIST), END_MEMBERS};
static const struct aws_member taint_changes[] = {
    MEMBER("addOrUpdateTaints", AWS_LIST, .members = taint),
    MEMBER("removeTaints", AWS_LIST, .members = taint), END_MEMBERS};
static const struct aws_member nodegroup_config_in[] = {
    PATH_MEMBER("clusterName"),
    PATH_MEMBER("nodegroupName"),
    MEMBER("scalingConfig", AWS_STRUCTURE, .members = scaling),
    MEMBER("updateConfig", AWS_STRUCTURE, .members = update_config),
    MEMBER("labels", AWS_STRUCTURE, .members = label_changes),
    MEMBER("taints", AWS_STRUCTURE, .members = taint_changes),
    MEMBER("clientRequestToken", AWS_STRING),
    END_MEMBERS};
static const struct aws_member nodegroup_version_in[] = {
    PATH_MEMBER("clusterName"),
    PATH_MEMBER("nodegroupName"),
    MEMBER("version", AWS_STRING),
    MEMBER("releaseVersion", AWS_STRING),
    MEMBER("launchTemplate", AWS_STRUCTURE, .members = template),
    MEMBER("force", AWS_BOOL),
    MEMBER("clientRequestToken", AWS_STRING),
    END_MEMBERS};
static const struct aws_member nodegroup_out[] = {
    MEMBER("nodegroup", AWS_STRUCTURE, .members = nodegroup), END_MEMBERS};
static const struct aws_member nodegroups_out[] = {MEMBER("nodegroups", AWS_LIST),
                                                   MEMBER("nextToken", AWS_STRING), END_MEMBERS};

/* --- add-ons */
static const struct aws_member compatibility[] = {MEMBER("clusterVersion", AWS_STRING),
                                                  MEMBER("defaultVersion", AWS_BOOL), END_MEMBERS};
static const struct aws_member addon_version[] = {
    MEMBER("addonVersion", AWS_STRING),
    MEMBER("compatibilities", AWS_LIST, .members = compatibility), END_MEMBERS};
static const struct aws_member addon_info[] = {
    MEMBER("addonName", AWS_STRING), MEMBER("addonVersions", AWS_LIST, .members = addon_version),
    END_MEMBERS};
static const struct aws_member addon_versions_in[] = {QUERY_MEMBER("addonName", AWS_STRING),
                                                      QUERY_MEMBER("kubernetesVersion", AWS_STRING),
                                                      PAGED, END_MEMBERS};
static const struct aws_member addon_versions_out[] = {
    MEMBER("addons", AWS_LIST, .members = addon_info), MEMBER("nextToken", AWS_STRING),
    END_MEMBERS};
#define ADDON_SETTINGS                                                                             \
    MEMBER("addonVersion", AWS_STRING), MEMBER("serviceAccountRoleArn", AWS_STRING),               \
        MEMBER("configurationValues", AWS_STRING)
static const struct aws_member addon[] = {MEMBER("addonName", AWS_STRING),
                                          MEMBER("addonArn", AWS_STRING),
                                          MEMBER("status", AWS_STRING),
                                          MEMBER("health", AWS_STRUCTURE, .members = health),
                                          ADDON_SETTINGS,
                                          MEMBER("tags", AWS_MAP),
                                          END_MEMBERS};
static const struct aws_member create_addon_in[] = {PATH_MEMBER("clusterName"),
                                                    MEMBER("addonName", AWS_STRING),
                                                    ADDON_SETTINGS,
                                                    MEMBER("tags", AWS_MAP),
                                                    MEMBER("resolveConflicts", AWS_STRING),
                                                    MEMBER("clientRequestToken", AWS_STRING),
                                                    END_MEMBERS};
static const struct aws_member update_addon_in[] = {PATH_MEMBER("clusterName"),
                                                    PATH_MEMBER("addonName"),
                                                    ADDON_SETTINGS,
                                                    MEMBER("resolveConflicts", AWS_STRING),
                                                    MEMBER("clientRequestToken", AWS_STRING),
                                                    END_MEMBERS};
static const struct aws_member addon_in[] = {PATH_MEMBER("clusterName"), PATH_MEMBER("addonName"),
                                             END_MEMBERS};
static const struct aws_member delete_addon_in[] = {
    PATH_MEMBER("clusterName"), PATH_MEMBER("addonName"), QUERY_MEMBER("preserve", AWS_BOOL),
    END_MEMBERS};
static const struct aws_member addon_out[] = {MEMBER("addon", AWS_STRUCTURE, .members = addon),
                                              END_MEMBERS};
static const struct aws_member addons_out[] = {MEMBER("addons", AWS_LIST),
                                               MEMBER("nextToken", AWS_STRING), END_MEMBERS};

/* --- pod identity */
#define ASSOCIATION                                                                                \
    MEMBER("associationId", AWS_STRING), MEMBER("associationArn", AWS_STRING),                     \
        MEMBER("clusterName", AWS_STRING), MEMBER("namespace", AWS_STRING),                        \
        MEMBER("serviceAccount", AWS_STRING)
static const struct aws_member association[] = {ASSOCIATION, MEMBER("roleArn", AWS_STRING),
                                                MEMBER("tags", AWS_MAP), END_MEMBERS};
static const struct aws_member association_summary[] = {ASSOCIATION, END_MEMBERS};
static const struct aws_member create_association_in[] = {PATH_MEMBER("clusterName"),
                                                          MEMBER("namespace", AWS_STRING),
                                                          MEMBER("serviceAccount", AWS_STRING),
                                                          MEMBER("roleArn", AWS_STRING),
                                                          MEMBER("tags", AWS_MAP),
                                                          MEMBER("clientRequestToken", AWS_STRING),
                                                          END_MEMBERS};
static const struct aws_member association_in[] = {PATH_MEMBER("clusterName"),
                                                   PATH_MEMBER("associationId"), END_MEMBERS};
static const struct aws_member update_association_in[] = {
    PATH_MEMBER("clusterName"), PATH_MEMBER("associationId"), MEMBER("roleArn", AWS_STRING),
    MEMBER("clientRequestToken", AWS_STRING), END_MEMBERS};
static const struct aws_member associations_in[] = {
    PATH_MEMBER("clusterName"), QUERY_MEMBER("namespace", AWS_STRING),
    QUERY_MEMBER("serviceAccount", AWS_STRING), PAGED, END_MEMBERS};
static const struct aws_member association_out[] = {
    MEMBER("association", AWS_STRUCTURE, .members = association), END_MEMBERS};
static const struct aws_member associations_out[] = {
    MEMBER("associations", AWS_LIST, .members = association_summary),
    MEMBER("nextToken", AWS_STRING), END_MEMBERS};

/* --- tags */
static const struct aws_member tag_in[] = {PATH_MEMBER("resourceArn"), MEMBER("tags", AWS_MAP),
                                           END_MEMBERS};
static const struct aws_member untag_in[] = {PATH_MEMBER("resourceArn"),
                                             QUERY_MEMBER("tagKeys", AWS_LIST), END_MEMBERS};
static const struct aws_member tags_in[] = {PATH_MEMBER("resourceArn"), END_MEMBERS};
static const struct aws_member tags_out[] = {MEMBER("tags", AWS_MAP), END_MEMBERS};

/* --- operations -------------------------------------------------------------------- */

static const char *const gone[] = {"ResourceNotFoundException", "NotFoundException", NULL};
static const char *const exists[] = {"ResourceInUseException", NULL};
/* Something else is being done to the cluster, or IAM's news has not spread. */
static const char *const busy[] = {"ResourceInUseException", NULL};
static const char *const spreading[] = {"InvalidParameterException", "InvalidRequestException",
                                        NULL};

#define EKS(operation_name, operation_method, operation_path, ...)                                 \
    {                                                                                              \
        .name = (operation_name), .service = &aws_eks, .method = (operation_method),               \
        .path = (operation_path), __VA_ARGS__                                                      \
    }
#define TOKEN .token = "clientRequestToken"
#define PAGES(list) .page_in = "nextToken", .page_out = "nextToken", .items = (list)
#define CLUSTER_PATH "/clusters/{clusterName}"

const struct aws_operation eks_create_cluster =
    EKS("CreateCluster", "POST", "/clusters", .input = create_cluster_in, .output = cluster_out,
        .exists = exists, .pending = spreading, TOKEN);
const struct aws_operation eks_describe_cluster_row =
    EKS("DescribeCluster", "GET", "/clusters/{name}", .input = by_name, .output = cluster_out,
        .gone = gone, .flags = AWS_READS);
const struct aws_operation eks_list_clusters =
    EKS("ListClusters", "GET", "/clusters", .input = list_in, .output = clusters_out,
        PAGES("clusters"), .flags = AWS_READS);
const struct aws_operation eks_update_cluster_config =
    EKS("UpdateClusterConfig", "POST", "/clusters/{name}/update-config", .input = update_cluster_in,
        .output = update_out, .pending = busy, TOKEN);
const struct aws_operation eks_update_cluster_version =
    EKS("UpdateClusterVersion", "POST", "/clusters/{name}/updates", .input = update_version_in,
        .output = update_out, .pending = busy, TOKEN);
const struct aws_operation eks_delete_cluster =
    EKS("DeleteCluster", "DELETE", "/clusters/{name}", .input = by_name, .output = cluster_out,
        .pending = busy, .gone = gone, .flags = AWS_READS);
const struct aws_operation eks_describe_update =
    EKS("DescribeUpdate", "GET", "/clusters/{name}/updates/{updateId}", .input = describe_update_in,
        .output = update_out, .gone = gone, .flags = AWS_READS);
const struct aws_operation eks_describe_cluster_versions =
    EKS("DescribeClusterVersions", "GET", "/cluster-versions", .input = list_in,
        .output = cluster_versions_out, PAGES("clusterVersions"), .flags = AWS_READS);

const struct aws_operation eks_create_access_entry =
    EKS("CreateAccessEntry", "POST", CLUSTER_PATH "/access-entries", .input = create_entry_in,
        .output = entry_out, .exists = exists, .pending = spreading, TOKEN);
const struct aws_operation eks_describe_access_entry_row =
    EKS("DescribeAccessEntry", "GET", CLUSTER_PATH "/access-entries/{principalArn}",
        .input = entry_in, .output = entry_out, .gone = gone, .flags = AWS_READS);
const struct aws_operation eks_list_access_entries =
    EKS("ListAccessEntries", "GET", CLUSTER_PATH "/access-entries", .input = of_cluster_in,
        .output = entries_out, PAGES("accessEntries"), .gone = gone, .flags = AWS_READS);
const struct aws_operation eks_update_access_entry =
    EKS("UpdateAccessEntry", "POST", CLUSTER_PATH "/access-entries/{principalArn}",
        .input = update_entry_in, .output = entry_out, TOKEN);
const struct aws_operation eks_delete_access_entry =
    EKS("DeleteAccessEntry", "DELETE", CLUSTER_PATH "/access-entries/{principalArn}",
        .input = entry_in, .gone = gone, .flags = AWS_READS);
const struct aws_operation eks_associate_access_policy = /* an upsert */
    EKS("AssociateAccessPolicy", "POST",
        CLUSTER_PATH "/access-entries/{principalArn}/access-policies", .input = associate_in,
        .output = associated_out, .flags = AWS_READS);
const struct aws_operation eks_disassociate_access_policy =
    EKS("DisassociateAccessPolicy", "DELETE",
        CLUSTER_PATH "/access-entries/{principalArn}/access-policies/{policyArn}",
        .input = disassociate_in, .gone = gone, .flags = AWS_READS);
const struct aws_operation eks_list_associated_access_policies = EKS(
    "ListAssociatedAccessPolicies", "GET",
    CLUSTER_PATH "/access-entries/{principalArn}/access-policies", .input = policies_in,
    .output = policies_out, PAGES("associatedAccessPolicies"), .gone = gone, .flags = AWS_READS);

const struct aws_operation eks_create_nodegroup =
    EKS("CreateNodegroup", "POST", CLUSTER_PATH "/node-groups", .input = create_nodegroup_in,
        .output = nodegroup_out, .exists = exists, .pending = spreading, TOKEN);
const struct aws_operation eks_describe_nodegroup_row =
    EKS("DescribeNodegroup", "GET", CLUSTER_PATH "/node-groups/{nodegroupName}",
        .input = nodegroup_in, .output = nodegroup_out, .gone = gone, .flags = AWS_READS);
const struct aws_operation eks_list_nodegroups =
    EKS("ListNodegroups", "GET", CLUSTER_PATH "/node-groups", .input = of_cluster_in,
        .output = nodegroups_out, PAGES("nodegroups"), .gone = gone, .flags = AWS_READS);
const struct aws_operation eks_update_nodegroup_config =
    EKS("UpdateNodegroupConfig", "POST", CLUSTER_PATH "/node-groups/{nodegroupName}/update-config",
        .input = nodegroup_config_in, .output = update_out, .pending = busy, TOKEN);
const struct aws_operation eks_update_nodegroup_version = EKS(
    "UpdateNodegroupVersion", "POST", CLUSTER_PATH "/node-groups/{nodegroupName}/update-version",
    .input = nodegroup_version_in, .output = update_out, .pending = busy, TOKEN);
const struct aws_operation eks_delete_nodegroup = EKS(
    "DeleteNodegroup", "DELETE", CLUSTER_PATH "/node-groups/{nodegroupName}", .input = nodegroup_in,
    .output = nodegroup_out, .pending = busy, .gone = gone, .flags = AWS_READS);

const struct aws_operation eks_describe_addon_versions =
    EKS("DescribeAddonVersions", "GET", "/addons/supported-versions", .input = addon_versions_in,
        .output = addon_versions_out, PAGES("addons"), .gone = gone, .flags = AWS_READS);
const struct aws_operation eks_create_addon =
    EKS("CreateAddon", "POST", CLUSTER_PATH "/addons", .input = create_addon_in,
        .output = addon_out, .exists = exists, .pending = spreading, TOKEN);
const struct aws_operation eks_describe_addon_row =
    EKS("DescribeAddon", "GET", CLUSTER_PATH "/addons/{addonName}", .input = addon_in,
        .output = addon_out, .gone = gone, .flags = AWS_READS);
const struct aws_operation eks_list_addons =
    EKS("ListAddons", "GET", CLUSTER_PATH "/addons", .input = of_cluster_in, .output = addons_out,
        PAGES("addons"), .gone = gone, .flags = AWS_READS);
const struct aws_operation eks_update_addon =
    EKS("UpdateAddon", "POST", CLUSTER_PATH "/addons/{addonName}/update", .input = update_addon_in,
        .output = update_out, .pending = busy, TOKEN);
const struct aws_operation eks_delete_addon =
    EKS("DeleteAddon", "DELETE", CLUSTER_PATH "/addons/{addonName}", .input = delete_addon_in,
        .output = addon_out, .pending = busy, .gone = gone, .flags = AWS_READS);

const struct aws_operation eks_create_pod_identity_association =
    EKS("CreatePodIdentityAssociation", "POST", CLUSTER_PATH "/pod-identity-associations",
        .input = create_association_in, .output = association_out, .exists = exists,
        .pending = spreading, TOKEN);
const struct aws_operation eks_describe_pod_identity_association_row =
    EKS("DescribePodIdentityAssociation", "GET",
        CLUSTER_PATH "/pod-identity-associations/{associationId}", .input = association_in,
        .output = association_out, .gone = gone, .flags = AWS_READS);
const struct aws_operation eks_list_pod_identity_associations =
    EKS("ListPodIdentityAssociations", "GET", CLUSTER_PATH "/pod-identity-associations",
        .input = associations_in, .output = associations_out, PAGES("associations"), .gone = gone,
        .flags = AWS_READS);
const struct aws_operation eks_update_pod_identity_association =
    EKS("UpdatePodIdentityAssociation", "POST",
        CLUSTER_PATH "/pod-identity-associations/{associationId}", .input = update_association_in,
        .output = association_out, .pending = spreading, TOKEN);
const struct aws_operation eks_delete_pod_identity_association =
    EKS("DeletePodIdentityAssociation", "DELETE",
        CLUSTER_PATH "/pod-identity-associations/{associationId}", .input = association_in,
        .output = association_out, .gone = gone, .flags = AWS_READS);

const struct aws_operation eks_tag_resource =
    EKS("TagResource", "POST", "/tags/{resourceArn}", .input = tag_in, .flags = AWS_READS);
const struct aws_operation eks_untag_resource =
    EKS("UntagResource", "DELETE", "/tags/{resourceArn}", .input = untag_in, .gone = gone,
        .flags = AWS_READS);
const struct aws_operation eks_list_tags_for_resource =
    EKS("ListTagsForResource", "GET", "/tags/{resourceArn}", .input = tags_in, .output = tags_out,
        .gone = gone, .flags = AWS_READS);

/* --- looking --------------------------------------------------------------------------- */

static bool describe(struct call *c, struct aws *session, const struct aws_operation *operation,
                     const struct value *input, const char *member, const struct value **out)
{
    const struct value *output;

    if (!aws_call(c, session, operation, input, &output))
        return false;
    *out = output ? value_at(output, member) : NULL;
    return true;
}

bool eks_describe_cluster(struct call *c, struct aws *session, const char *name,
                          const struct value **out)
{
    return describe(c, session, &eks_describe_cluster_row,
                    value_map_of(c->arena, {"name", value_string(c->arena, name)}), "cluster", out);
}

static const struct value *of_cluster(struct arena *a, const char *cluster_name, const char *member,
                                      const char *name)
{
    return value_map_of(a, {"clusterName", value_string(a, cluster_name)},
                        {member, value_string(a, name)});
}

bool eks_describe_nodegroup(struct call *c, struct aws *session, const char *cluster_name,
                            const char *name, const struct value **out)
{
    return describe(c, session, &eks_describe_nodegroup_row,
                    of_cluster(c->arena, cluster_name, "nodegroupName", name), "nodegroup", out);
}

bool eks_describe_addon(struct call *c, struct aws *session, const char *cluster_name,
                        const char *name, const struct value **out)
{
    return describe(c, session, &eks_describe_addon_row,
                    of_cluster(c->arena, cluster_name, "addonName", name), "addon", out);
}

bool eks_describe_access_entry(struct call *c, struct aws *session, const char *cluster_name,
                               const char *principal_arn, const struct value **out)
{
    return describe(c, session, &eks_describe_access_entry_row,
                    of_cluster(c->arena, cluster_name, "principalArn", principal_arn),
                    "accessEntry", out);
}

bool eks_find_pod_identity_association(struct call *c, struct aws *session,
                                       const char *cluster_name, const char *namespace,
                                       const char *service_account, const struct value **out)
{
    struct arena *a = c->arena;
    const struct value *list;

    *out = NULL;
    if (!aws_list(c, session, &eks_list_pod_identity_associations,
                  value_map_of(a, {"clusterName", value_string(a, cluster_name)},
                               {"namespace", value_string(a, namespace)},
                               {"serviceAccount", value_string(a, service_account)}),
                  &list))
        return false;
    return !value_count(list) ||
           describe(c, session, &eks_describe_pod_identity_association_row,
                    of_cluster(a, cluster_name, "associationId",
                               value_text(value_item(list, 0), "associationId")),
                    "association", out);
}

const char *eks_health(struct arena *a, const struct value *object)
{
    const struct value *issues = value_in(object, "health", "issues");
    struct text_builder b;

    text_builder_init(&b, a, DIAG_DETAIL_BYTES_MAX / 2);
    for (size_t i = 0; i < value_count(issues); i++) {
        const struct value *one = value_item(issues, i), *ids = value_at(one, "resourceIds");

        text_add_f(&b, "%s%s: %s", i ? " " : "", value_text(one, "code"),
                   value_text(one, "message"));
        for (size_t k = 0; k < value_count(ids); k++)
            text_add_f(&b, "%s%s", k ? ", " : " (", value_z(value_item(ids, k)));
        text_add_z(&b, value_count(ids) ? ")." : "");
    }
    return text_built(&b).at;
}
