/* Roles of the stand-in IAM: who may become one; the instance profiles that nodes have
 * them by; the roles that AWS makes for its services. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/aws/cloud_iam.h"

enum { TRUST_BYTES_MAX = 2048, NAME_BYTES_MAX = 64, SESSION_SECONDS = 3600 };

static const struct value *role_view(struct arena *a, const struct record *role)
{
    const struct value *v =
        value_with(a, role->body, "AssumeRolePolicyDocument",
                   cloud_iam_encoded(a, record_text(role, "AssumeRolePolicyDocument")));

    return value_count(role->tags) ? value_with(a, v, "Tags", cloud_iam_tags(a, role)) : v;
}

static bool answer_role(struct cloud_request *r, const struct record *role)
{
    return cloud_answer(r, value_map_of(r->a, {"Role", role_view(r->a, role)}));
}

static bool name_fits(struct cloud_request *r, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; name[i]; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr("+=,.@_-", name[i]))
            len = NAME_BYTES_MAX + 1;
    return (len && len <= NAME_BYTES_MAX) ||
           cloud_refuse(r, 400, "ValidationError",
                        "The name \"%s\" has other characters than those of +=,.@_- and "
                        "alphanumerics, or is longer than %d",
                        name, NAME_BYTES_MAX);
}

static bool trust_fits(struct cloud_request *r, const char *document)
{
    if (strlen(document) > TRUST_BYTES_MAX)
        return cloud_refuse(r, 409, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: %d",
                            TRUST_BYTES_MAX);
    return cloud_iam_document_fits(r, document, true);
}

static struct record *add_role(struct cloud *c, struct arena *a, const char *name, const char *path,
                               const char *trust)
{
    const char *arn = text_f(a, "arn:aws:iam::%s:role%s%s", c->account, path, name);

    return record_add(c, "", "role", name,
                      value_map_of(a, {"Path", value_string(a, path)},
                                   {"RoleName", value_string(a, name)},
                                   {"RoleId", value_string(a, cloud_iam_new_id(c, a, "AROA"))},
                                   {"Arn", value_string(a, arn)}, {"CreateDate", cloud_iam_now(a)},
                                   {"AssumeRolePolicyDocument", value_string(a, trust)},
                                   {"MaxSessionDuration", value_integer(a, SESSION_SECONDS)}));
}

/* Description and MaxSessionDuration, where they are given. */
static void describe_role(struct cloud_request *r, struct record *role)
{
    if (value_has(r->parameters, "Description"))
        record_set(role, "Description", value_at(r->parameters, "Description"));
    if (value_has(r->parameters, "MaxSessionDuration"))
        record_set(role, "MaxSessionDuration", value_at(r->parameters, "MaxSessionDuration"));
    if (value_has(r->parameters, "PermissionsBoundary"))
        record_set(role, "PermissionsBoundary",
                   value_map_of(r->a, {"PermissionsBoundaryArn",
                                       value_at(r->parameters, "PermissionsBoundary")}));
}

static bool create_role(struct cloud_request *r)
{
    const char *name = cloud_text(r, "RoleName"), *path = cloud_text(r, "Path");
    const char *trust = cloud_text(r, "AssumeRolePolicyDocument");
    struct record *role;

    if (!name_fits(r, name) || !trust_fits(r, trust))
        return false;
    if (record_find(r->cloud, "", "role", name))
        return cloud_iam_exists(r, "Role with name", name);
    role = add_role(r->cloud, r->a, name, *path ? path : "/", trust);
    describe_role(r, role);
    if (!cloud_iam_tag(r, role)) {
        record_remove(r->cloud, role);
        return false;
    }
    return answer_role(r, role);
}

static bool get_role(struct cloud_request *r)
{
    const struct record *role = cloud_iam_get(r, "role", cloud_text(r, "RoleName"));

    return role && answer_role(r, role);
}

static bool update_role(struct cloud_request *r)
{
    struct record *role = cloud_iam_get(r, "role", cloud_text(r, "RoleName"));

    if (!role)
        return false;
    describe_role(r, role);
    return cloud_iam_done(r);
}

static bool update_assume_role_policy(struct cloud_request *r)
{
    struct record *role = cloud_iam_get(r, "role", cloud_text(r, "RoleName"));

    if (!role || !trust_fits(r, cloud_text(r, "PolicyDocument")))
        return false;
    record_set(role, "AssumeRolePolicyDocument", value_at(r->parameters, "PolicyDocument"));
    return cloud_iam_done(r);
}

static bool profile_has(const struct record *profile, const char *role)
{
    return record_is(profile, ".role", role);
}

static struct record *profile_of(struct cloud *c, const char *role)
{
    struct record *profile = NULL;

    while ((profile = record_next(c, profile, "", "instance-profile")))
        if (profile_has(profile, role))
            return profile;
    return NULL;
}

static bool delete_role(struct cloud_request *r)
{
    struct record *role = cloud_iam_get_any(r, "role", cloud_text(r, "RoleName"));
    const char *what = NULL;

    if (!role)
        return false;
    if (value_count(value_at(role->body, ".attached")))
        what = "must detach all policies first";
    else if (value_count(value_at(role->body, ".inline")))
        what = "must delete policies first";
    else if (profile_of(r->cloud, role->id))
        what = "must remove roles from instance profile first";
    if (what)
        return cloud_refuse(r, 409, "DeleteConflict", "Cannot delete entity, %s.", what);
    record_remove(r->cloud, role);
    return cloud_iam_done(r);
}

static bool tag_role(struct cloud_request *r)
{
    struct record *role = cloud_iam_get(r, "role", cloud_text(r, "RoleName"));

    return role && cloud_iam_tag(r, role) && cloud_iam_done(r);
}

static bool untag_role(struct cloud_request *r)
{
    struct record *role = cloud_iam_get(r, "role", cloud_text(r, "RoleName"));

    return role && cloud_iam_untag(r, role) && cloud_iam_done(r);
}

/* --- instance profiles ----------------------------------------------------------------------- */
void cloud_iam_profile_add(struct cloud *c, const char *profile, const struct record *role)
{
    struct arena *a = arena_new();
    const char *arn = text_f(a, "arn:aws:iam::%s:instance-profile/%s", c->account, profile);

    record_add(c, "", "instance-profile", profile,
               value_map_of(a, {"InstanceProfileName", value_string(a, profile)},
                            {"Arn", value_string(a, arn)}, {".role", value_string(a, role->id)}));
    arena_free(a);
}

void cloud_iam_profile_remove(struct cloud *c, const char *profile)
{
    struct record *found = record_find(c, "", "instance-profile", profile);

    if (found)
        record_remove(c, found);
}

static bool list_instance_profiles_for_role(struct cloud_request *r)
{
    const struct record *role = cloud_iam_get(r, "role", cloud_text(r, "RoleName"));
    const struct record *profile = NULL;
    struct value_builder b;

    if (!role)
        return false;
    value_builder_init(&b, r->a);
    while ((profile = record_next(r->cloud, profile, "", "instance-profile")))
        if (profile_has(profile, role->id))
            value_builder_add(&b, profile->body);
    return cloud_iam_list(r, "InstanceProfiles", value_builder_list(&b));
}

static bool remove_role_from_instance_profile(struct cloud_request *r)
{
    const char *role = cloud_text(r, "RoleName");
    struct record *profile =
        cloud_iam_get_any(r, "instance-profile", cloud_text(r, "InstanceProfileName"));

    if (!profile)
        return false;
    if (!profile_has(profile, role))
        return cloud_refuse(r, 404, "NoSuchEntity", "The role with name %s is not in it.", role);
    record_set(profile, ".role", &value_empty_string);
    return cloud_iam_done(r);
}

/* --- roles of AWS's services ------------------------------------------------------------------ */
static const char *service_role_name(struct arena *a, const char *service)
{
    static const char *const names[][2] = {
        {"eks.amazonaws.com", "AmazonEKS"},
        {"eks-nodegroup.amazonaws.com", "AmazonEKSNodegroup"},
        {"elasticloadbalancing.amazonaws.com", "ElasticLoadBalancing"},
        {"autoscaling.amazonaws.com", "AutoScaling"},
        {"spot.amazonaws.com", "EC2Spot"}};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(names[i][0], service) == 0)
            return text_f(a, "AWSServiceRoleFor%s", names[i][1]);
    return NULL;
}

static struct record *add_service_role(struct cloud *c, struct arena *a, const char *service)
{
    const char *trust =
        text_f(a,
               "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"
               "{\"Service\":\"%s\"},\"Action\":\"sts:AssumeRole\"}]}",
               service);
    struct record *role = add_role(c, a, service_role_name(a, service),
                                   text_f(a, "/aws-service-role/%s/", service), trust);

    role->ghost = true;
    return role;
}

void cloud_iam_service_role_add(struct cloud *c, const char *service)
{
    struct arena *a = arena_new();

    if (!record_find(c, "", "role", service_role_name(a, service)))
        add_service_role(c, a, service);
    arena_free(a);
}

static bool create_service_linked_role(struct cloud_request *r)
{
    const char *service = cloud_text(r, "AWSServiceName");
    const char *name = service_role_name(r->a, service);

    if (!name)
        return cloud_refuse(r, 400, "InvalidInput", "%s has no service-linked role.", service);
    if (record_find(r->cloud, "", "role", name))
        return cloud_refuse(r, 400, "InvalidInput",
                            "Service role name %s has been taken in this account, please try a "
                            "different suffix.",
                            name);
    return answer_role(r, add_service_role(r->cloud, r->a, service));
}

const struct cloud_operation cloud_iam_role_operations[] = {
    {.name = "CreateRole",
     .handle = create_role,
     .parameters = "!RoleName !AssumeRolePolicyDocument Path Description MaxSessionDuration "
                   "PermissionsBoundary Tags"},
    {.name = "GetRole", .handle = get_role, .parameters = "!RoleName"},
    {.name = "UpdateRole",
     .handle = update_role,
     .parameters = "!RoleName Description MaxSessionDuration"},
    {.name = "UpdateAssumeRolePolicy",
     .handle = update_assume_role_policy,
     .parameters = "!RoleName !PolicyDocument"},
    {.name = "DeleteRole", .handle = delete_role, .parameters = "!RoleName"},
    {.name = "TagRole", .handle = tag_role, .parameters = "!RoleName !Tags"},
    {.name = "UntagRole", .handle = untag_role, .parameters = "!RoleName !TagKeys"},
    {.name = "ListInstanceProfilesForRole",
     .handle = list_instance_profiles_for_role,
     .parameters = "!RoleName Marker MaxItems"},
    {.name = "RemoveRoleFromInstanceProfile",
     .handle = remove_role_from_instance_profile,
     .parameters = "!RoleName !InstanceProfileName"},
    {.name = "CreateServiceLinkedRole",
     .handle = create_service_linked_role,
     .parameters = "!AWSServiceName Description"},
    {.name = NULL}};
