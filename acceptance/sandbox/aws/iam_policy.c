/* Managed policies of the stand-in IAM: the account's own with up to five versions, and
 * AWS's by name. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/aws/cloud_iam.h"

enum { DOCUMENT_BYTES_MAX = 6144, VERSIONS_MAX = 5 };

/* Blanks do not count. */
static bool document_fits(struct cloud_request *r, const char *document)
{
    size_t len = 0;

    for (const char *at = document; *at; at++)
        len += !isspace((unsigned char)*at);
    if (len > DOCUMENT_BYTES_MAX)
        return cloud_refuse(r, 409, "LimitExceeded", "Cannot exceed quota for PolicySize: %d",
                            DOCUMENT_BYTES_MAX);
    return cloud_iam_document_fits(r, document, false);
}

/* --- versions ------------------------------------------------------------------------------ */
static const struct value *new_version(struct arena *a, const struct record *policy,
                                       const char *document)
{
    int64_t number = value_integer_at(policy->body, ".made") + 1;

    return value_map_of(a, {"VersionId", value_f(a, "v%lld", (long long)number)},
                        {"CreateDate", cloud_iam_now(a)}, {"Document", value_string(a, document)});
}

static void add_version(struct record *policy, const struct value *version, bool is_default)
{
    struct arena *a = policy->arena;
    const struct value *all = value_at(policy->body, ".versions");

    record_set(policy, ".versions",
               all->kind == VALUE_LIST ? value_append(a, all, version) : value_list_of(a, version));
    record_set(policy, ".made", value_integer(a, value_integer_at(policy->body, ".made") + 1));
    if (is_default)
        record_set(policy, "DefaultVersionId", value_at(version, "VersionId"));
}

static const struct value *version_view(struct arena *a, const struct record *policy,
                                        const struct value *version, bool with_document)
{
    bool is_default = record_is(policy, "DefaultVersionId", value_text(version, "VersionId"));
    const struct value *v = value_with(a, version, "IsDefaultVersion", value_bool(is_default));

    return value_with(a, v, "Document",
                      with_document ? cloud_iam_encoded(a, value_text(version, "Document")) : NULL);
}

/* The version that the request names; NULL = refused. */
static const struct value *get_version(struct cloud_request *r, const struct record *policy)
{
    const struct value *all = value_at(policy->body, ".versions");
    const char *id = cloud_text(r, "VersionId");

    for (size_t i = 0; i < value_count(all); i++)
        if (strcmp(value_text(value_item(all, i), "VersionId"), id) == 0)
            return value_item(all, i);
    cloud_refuse(r, 404, "NoSuchEntity", "Policy %s version %s does not exist.", policy->id, id);
    return NULL;
}

static bool get_policy_version(struct cloud_request *r)
{
    const struct record *policy = cloud_iam_get(r, "policy", cloud_text(r, "PolicyArn"));
    const struct value *version = policy ? get_version(r, policy) : NULL;

    return version &&
           cloud_answer(
               r, value_map_of(r->a, {"PolicyVersion", version_view(r->a, policy, version, true)}));
}

static bool list_policy_versions(struct cloud_request *r)
{
    const struct record *policy = cloud_iam_get(r, "policy", cloud_text(r, "PolicyArn"));
    const struct value *all = policy ? value_at(policy->body, ".versions") : &value_null;
    struct value_builder b;

    if (!policy)
        return false;
    value_builder_init(&b, r->a);
    for (size_t i = value_count(all); i > 0; i--)
        value_builder_add(&b, version_view(r->a, policy, value_item(all, i - 1), false));
    return cloud_iam_list(r, "Versions", value_builder_list(&b));
}

/* AWS's own policies cannot be changed. */
static struct record *own_policy(struct cloud_request *r)
{
    struct record *policy = cloud_iam_get_any(r, "policy", cloud_text(r, "PolicyArn"));

    if (policy && policy->ghost) {
        cloud_refuse(r, 403, "AccessDenied", "Policy %s is AWS's own.", policy->id);
        return NULL;
    }
    return policy;
}

static bool create_policy_version(struct cloud_request *r)
{
    const char *document = cloud_text(r, "PolicyDocument");
    struct record *policy = own_policy(r);
    const struct value *version;

    if (!policy || !document_fits(r, document))
        return false;
    if (value_count(value_at(policy->body, ".versions")) == VERSIONS_MAX)
        return cloud_refuse(r, 409, "LimitExceeded",
                            "A managed policy can have up to %d versions. Before you create a new "
                            "version, you must delete an existing version.",
                            VERSIONS_MAX);
    version = new_version(r->a, policy, document);
    add_version(policy, version, strcmp(cloud_text(r, "SetAsDefault"), "true") == 0);
    return cloud_answer(
        r, value_map_of(r->a, {"PolicyVersion", version_view(r->a, policy, version, false)}));
}

static bool delete_policy_version(struct cloud_request *r)
{
    struct record *policy = own_policy(r);
    const struct value *version = policy ? get_version(r, policy) : NULL;
    const struct value *all = policy ? value_at(policy->body, ".versions") : &value_null;
    struct value_builder b;

    if (!version)
        return false;
    if (record_is(policy, "DefaultVersionId", value_text(version, "VersionId")))
        return cloud_refuse(r, 409, "DeleteConflict",
                            "Cannot delete the default version of a policy.");
    value_builder_init(&b, r->a);
    for (size_t i = 0; i < value_count(all); i++)
        if (value_item(all, i) != version)
            value_builder_add(&b, value_item(all, i));
    record_set(policy, ".versions", value_builder_list(&b));
    return cloud_iam_done(r);
}

/* --- policies ------------------------------------------------------------------------------- */
static struct record *add_policy(struct cloud *c, struct arena *a, const char *arn,
                                 const char *path, const char *document)
{
    struct record *policy = record_add(
        c, "", "policy", arn,
        value_map_of(a, {"PolicyName", value_string(a, strrchr(arn, '/') + 1)},
                     {"PolicyId", value_string(a, cloud_iam_new_id(c, a, "ANPA"))},
                     {"Arn", value_string(a, arn)}, {"Path", value_string(a, path)},
                     {"CreateDate", cloud_iam_now(a)}, {"AttachmentCount", value_integer(a, 0)},
                     {"IsAttachable", &value_true}));

    add_version(policy, new_version(a, policy, document), true);
    return policy;
}

static bool answer_policy(struct cloud_request *r, const struct record *policy)
{
    const struct value *v = policy->body;

    if (value_count(policy->tags))
        v = value_with(r->a, v, "Tags", cloud_iam_tags(r->a, policy));
    return cloud_answer(r, value_map_of(r->a, {"Policy", v}));
}

static bool create_policy(struct cloud_request *r)
{
    const char *name = cloud_text(r, "PolicyName"), *given = cloud_text(r, "Path");
    const char *path = *given ? given : "/", *document = cloud_text(r, "PolicyDocument");
    const char *arn = text_f(r->a, "arn:aws:iam::%s:policy%s%s", r->cloud->account, path, name);
    struct record *policy;

    if (!document_fits(r, document))
        return false;
    if (record_find(r->cloud, "", "policy", arn))
        return cloud_iam_exists(r, "policy called", name);
    policy = add_policy(r->cloud, r->a, arn, path, document);
    if (value_has(r->parameters, "Description"))
        record_set(policy, "Description", value_at(r->parameters, "Description"));
    if (!cloud_iam_tag(r, policy)) {
        record_remove(r->cloud, policy);
        return false;
    }
    return answer_policy(r, policy);
}

static bool get_policy(struct cloud_request *r)
{
    const struct record *policy = cloud_iam_get(r, "policy", cloud_text(r, "PolicyArn"));

    return policy && answer_policy(r, policy);
}

static bool delete_policy(struct cloud_request *r)
{
    struct record *policy = own_policy(r);

    if (!policy)
        return false;
    if (value_integer_at(policy->body, "AttachmentCount"))
        return cloud_refuse(r, 409, "DeleteConflict",
                            "Cannot delete a policy attached to entities.");
    if (value_count(value_at(policy->body, ".versions")) > 1)
        return cloud_refuse(r, 409, "DeleteConflict",
                            "This policy has more than one version. Before you delete a policy, "
                            "you must delete the policy's versions.");
    record_remove(r->cloud, policy);
    return cloud_iam_done(r);
}

static bool tag_policy(struct cloud_request *r)
{
    struct record *policy = own_policy(r);

    return policy && cloud_iam_tag(r, policy) && cloud_iam_done(r);
}

static bool untag_policy(struct cloud_request *r)
{
    struct record *policy = own_policy(r);

    return policy && cloud_iam_untag(r, policy) && cloud_iam_done(r);
}

/* --- AWS's own ---------------------------------------------------------------------------------
 */
void cloud_iam_seed_policies(struct cloud *c)
{
    static const char *const names[] = {"AmazonEKSClusterPolicy",
                                        "AmazonEKSServicePolicy",
                                        "AmazonEKSVPCResourceController",
                                        "AmazonEKSWorkerNodePolicy",
                                        "AmazonEKSWorkerNodeMinimalPolicy",
                                        "AmazonEKS_CNI_Policy",
                                        "AmazonEKSComputePolicy",
                                        "AmazonEKSBlockStoragePolicy",
                                        "AmazonEKSLoadBalancingPolicy",
                                        "AmazonEKSNetworkingPolicy",
                                        "AmazonEC2ContainerRegistryReadOnly",
                                        "AmazonEC2ContainerRegistryPullOnly",
                                        "AmazonSSMManagedInstanceCore",
                                        "service-role/AmazonEBSCSIDriverPolicy",
                                        "service-role/AmazonEFSCSIDriverPolicy",
                                        "ElasticLoadBalancingFullAccess",
                                        "ReadOnlyAccess",
                                        "AdministratorAccess"};
    static const char anything[] = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":"
                                   "\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}";
    struct arena *a = arena_new();

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct record *policy =
            add_policy(c, a, text_f(a, "arn:aws:iam::aws:policy/%s", names[i]),
                       strchr(names[i], '/') ? "/service-role/" : "/", anything);

        policy->ghost = true;
        policy->seen_at_ms = 0;
    }
    arena_free(a);
}

const struct cloud_operation cloud_iam_policy_operations[] = {
    {.name = "CreatePolicy",
     .handle = create_policy,
     .parameters = "!PolicyName !PolicyDocument Path Description Tags"},
    {.name = "GetPolicy", .handle = get_policy, .parameters = "!PolicyArn"},
    {.name = "GetPolicyVersion",
     .handle = get_policy_version,
     .parameters = "!PolicyArn !VersionId"},
    {.name = "CreatePolicyVersion",
     .handle = create_policy_version,
     .parameters = "!PolicyArn !PolicyDocument SetAsDefault"},
    {.name = "DeletePolicyVersion",
     .handle = delete_policy_version,
     .parameters = "!PolicyArn !VersionId"},
    {.name = "ListPolicyVersions",
     .handle = list_policy_versions,
     .parameters = "!PolicyArn Marker MaxItems"},
    {.name = "DeletePolicy", .handle = delete_policy, .parameters = "!PolicyArn"},
    {.name = "TagPolicy", .handle = tag_policy, .parameters = "!PolicyArn !Tags"},
    {.name = "UntagPolicy", .handle = untag_policy, .parameters = "!PolicyArn !TagKeys"},
    {.name = NULL}};
