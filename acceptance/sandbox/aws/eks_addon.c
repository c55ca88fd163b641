/* Add-ons of the stand-in EKS. What needs nodes is DEGRADED until there are some. */
#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/aws/cloud_eks.h"
#include "acceptance/sandbox/aws/cloud_iam.h"

enum { CREATE_SECONDS = 30, UPDATE_SECONDS = 30, DELETE_SECONDS = 30, MINOR_MIN = 31, MINORS = 5 };

/* Versions in which "%d" stands for Kubernetes' minor version; the newest one first. */
static const struct addon {
    const char *name;
    bool needs_nodes;
    const char *newest, *by_default;
} addons[] = {
    {"vpc-cni", false, "v1.20.4-eksbuild.2", "v1.20.3-eksbuild.1"},
    {"coredns", true, "v1.12.4-eksbuild.1", "v1.12.3-eksbuild.1"},
    {"kube-proxy", false, "v1.%d.3-eksbuild.4", "v1.%d.1-eksbuild.2"},
    {"eks-pod-identity-agent", false, "v1.3.9-eksbuild.3", "v1.3.8-eksbuild.2"},
    {"aws-ebs-csi-driver", true, "v1.51.0-eksbuild.1", "v1.50.1-eksbuild.1"},
    {"metrics-server", true, "v0.8.0-eksbuild.3", "v0.8.0-eksbuild.2"},
};
enum { ADDONS = sizeof(addons) / sizeof(addons[0]) };

static const struct addon *known(const char *name)
{
    for (size_t i = 0; i < ADDONS; i++)
        if (strcmp(addons[i].name, name) == 0)
            return &addons[i];
    return NULL;
}

static const char *version_for(struct arena *a, const char *pattern, int minor)
{
    const char *at = strstr(pattern, "%d");

    return at ? text_f(a, "%.*s%d%s", (int)(at - pattern), pattern, minor, at + 2) : pattern;
}

static int minor_of(const char *version)
{
    const char *dot = strchr(version, '.');

    return dot ? (int)strtol(dot + 1, NULL, 10) : 0;
}

/* --- versions ------------------------------------------------------------------------------ */
static const struct value *describe_version(struct arena *a, const char *pattern, bool by_default,
                                            int minor)
{
    const struct value *compatibility =
        value_map_of(a, {"clusterVersion", value_f(a, "1.%d", minor)},
                     {"platformVersions", value_list_of(a, value_string(a, "*"))},
                     {"defaultVersion", value_bool(by_default)});

    return value_map_of(a, {"addonVersion", value_string(a, version_for(a, pattern, minor))},
                        {"compatibilities", value_list_of(a, compatibility)});
}

static const struct value *describe_versions(struct arena *a, const struct addon *addon, int wanted)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (int minor = MINOR_MIN + MINORS - 1; minor >= MINOR_MIN; minor--) {
        if (wanted && wanted != minor)
            continue;
        value_builder_add(&b, describe_version(a, addon->newest, false, minor));
        value_builder_add(&b, describe_version(a, addon->by_default, true, minor));
    }
    return value_map_of(a, {"addonName", value_string(a, addon->name)},
                        {"addonVersions", value_builder_list(&b)});
}

static bool describe_addon_versions(struct cloud_request *r)
{
    const char *name = cloud_text(r, "addonName");
    const char *version = value_text(cloud_form(r->a, text_of(r->query)), "kubernetesVersion");
    struct value_builder b;

    value_builder_init(&b, r->a);
    for (size_t i = 0; i < ADDONS; i++)
        if (!*name || strcmp(name, addons[i].name) == 0)
            value_builder_add(&b, describe_versions(r->a, &addons[i], minor_of(version)));
    return cloud_answer(r, value_map_of(r->a, {"addons", value_builder_list(&b)}));
}

static bool version_fits(struct cloud_request *r, const struct addon *addon, const char *version)
{
    int minor = minor_of(record_text(cloud_eks_cluster(r), "version"));

    return strcmp(version_for(r->a, addon->newest, minor), version) == 0 ||
           strcmp(version_for(r->a, addon->by_default, minor), version) == 0 ||
           cloud_refuse(r, 400, "InvalidParameterException",
                        "Addon version specified is not supported: %s %s", addon->name, version);
}

/* --- life ------------------------------------------------------------------------------------ */
static void become_active(struct cloud *c, struct record *addon)
{
    const struct addon *row = known(record_text(addon, "addonName"));
    const struct record *cluster =
        record_find(c, addon->region, "cluster", record_text(addon, "clusterName"));

    if (cloud_eks_fails(addon, "CREATE_FAILED"))
        return;
    cloud_eks_set_status(addon, "ACTIVE");
    record_set(addon, "health", value_map_of(addon->arena, {"issues", &value_empty_list}));
    if (!row->needs_nodes || (cluster && cloud_eks_has_nodes(c, cluster)))
        return;
    cloud_eks_set_status(addon, "DEGRADED");
    cloud_eks_set_issue(addon, "InsufficientNumberOfReplicas",
                        "The add-on is unhealthy because it doesn't have the desired number of "
                        "replicas.");
}

void cloud_eks_addons_settle(struct cloud *c, const struct record *cluster)
{
    struct record *at = NULL;

    while ((at = cloud_eks_below(c, at, "addon", cluster)))
        if (record_is(at, "status", "DEGRADED"))
            record_later(c, at, CREATE_SECONDS, become_active);
}

static bool role_fits(struct cloud_request *r)
{
    const char *role = cloud_text(r, "serviceAccountRoleArn");

    return !*role || cloud_iam_role_of_arn(r->cloud, role) ||
           cloud_refuse(r, 400, "InvalidParameterException", "The role %s does not exist", role);
}

static const struct value *addon_body(struct cloud_request *r, const struct addon *addon)
{
    static const char *const kept[] = {"addonName", "addonVersion", "serviceAccountRoleArn",
                                       "configurationValues", NULL};
    int minor = minor_of(record_text(cloud_eks_cluster(r), "version"));
    const char *version = version_for(r->a, addon->by_default, minor);

    return cloud_eks_given(r, kept,
                           value_map_of(r->a, {"addonVersion", value_string(r->a, version)}));
}

static bool create_addon(struct cloud_request *r)
{
    static const char *const needed[] = {"addonName", NULL};
    const char *name = cloud_text(r, "addonName"), *token = cloud_text(r, "clientRequestToken");
    const struct addon *row = known(name);
    struct record *again, *made;

    if (!cloud_eks_cluster(r) || !cloud_eks_needs(r, needed) || !token_check(r, token, &again))
        return false;
    if (again)
        return cloud_eks_answer(r, "addon", again);
    if (!cloud_eks_active_cluster(r))
        return false;
    if (record_find(r->cloud, r->region, "addon", cloud_eks_id(r, name)))
        return cloud_refuse(r, 409, "ResourceInUseException", "Addon already exists.");
    if (!row)
        return cloud_refuse(r, 400, "InvalidParameterException", "Addon %s is not supported", name);
    if (!role_fits(r) || (value_has(r->parameters, "addonVersion") &&
                          !version_fits(r, row, cloud_text(r, "addonVersion"))))
        return false;
    made = cloud_eks_new(r, "addon", cloud_eks_id(r, name), "addonArn", "CREATING",
                         addon_body(r, row));
    record_later(r->cloud, made, CREATE_SECONDS, become_active);
    token_keep(r, token, made);
    return cloud_eks_answer(r, "addon", made);
}

static struct record *get(struct cloud_request *r)
{
    return cloud_eks_find(r, "addon", cloud_text(r, "addonName"));
}

static bool describe_addon(struct cloud_request *r)
{
    const struct record *addon = get(r);

    return addon && cloud_eks_answer(r, "addon", addon);
}

static bool list_addons(struct cloud_request *r)
{
    return cloud_eks_list(r, "addons", "addon", "addonName");
}

static bool update_addon(struct cloud_request *r)
{
    static const char *const changing[] = {"addonVersion", "serviceAccountRoleArn",
                                           "configurationValues", NULL};
    struct record *addon = get(r);

    if (!addon || !role_fits(r) ||
        (value_has(r->parameters, "addonVersion") &&
         !version_fits(r, known(addon->id + strlen(record_text(addon, "clusterName")) + 1),
                       cloud_text(r, "addonVersion"))))
        return false;
    return cloud_eks_update(r, addon, "AddonUpdate", cloud_eks_given(r, changing, &value_empty_map),
                            UPDATE_SECONDS);
}

static bool delete_addon(struct cloud_request *r)
{
    struct record *addon = get(r);

    if (!addon)
        return false;
    if (record_is(addon, "status", "DELETING"))
        return cloud_refuse(r, 409, "ResourceInUseException", "Addon %s is DELETING", addon->id);
    cloud_eks_set_status(addon, "DELETING");
    record_later(r->cloud, addon, DELETE_SECONDS, record_remove);
    return cloud_eks_answer(r, "addon", addon);
}

#define ADDON_PATH "/clusters/{clusterName}/addons"
const struct cloud_operation cloud_eks_addon_operations[] = {
    {.name = "DescribeAddonVersions",
     .handle = describe_addon_versions,
     .method = "GET",
     .path = "/addons/supported-versions"},
    {.name = "CreateAddon", .handle = create_addon, .method = "POST", .path = ADDON_PATH},
    {.name = "ListAddons", .handle = list_addons, .method = "GET", .path = ADDON_PATH},
    {.name = "DescribeAddon",
     .handle = describe_addon,
     .method = "GET",
     .path = ADDON_PATH "/{addonName}"},
    {.name = "UpdateAddon",
     .handle = update_addon,
     .method = "POST",
     .path = ADDON_PATH "/{addonName}/update"},
    {.name = "DeleteAddon",
     .handle = delete_addon,
     .method = "DELETE",
     .path = ADDON_PATH "/{addonName}"},
    {.name = NULL}};
