/* What roles of the stand-in IAM may do: attached and inline policies. */
#include <string.h>

#include "acceptance/sandbox/aws/cloud_iam.h"

enum { ATTACHED_MAX = 10, INLINE_BYTES_MAX = 10240 };

/* --- attached ------------------------------------------------------------------------------- */
static void count_attachments(struct record *policy, int64_t change)
{
    int64_t count = value_integer_at(policy->body, "AttachmentCount") + change;

    record_set(policy, "AttachmentCount", value_integer(policy->arena, count));
}

static bool attach_role_policy(struct cloud_request *r)
{
    struct record *role = cloud_iam_get(r, "role", cloud_text(r, "RoleName"));
    struct record *policy = role ? cloud_iam_get(r, "policy", cloud_text(r, "PolicyArn")) : NULL;
    const struct value *attached = role ? value_at(role->body, ".attached") : &value_null;

    if (!policy)
        return false;
    if (value_has(attached, policy->id))
        return cloud_iam_done(r);
    if (value_count(attached) == ATTACHED_MAX)
        return cloud_refuse(r, 409, "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: %d",
                            ATTACHED_MAX);
    record_set(role, ".attached",
               value_with(r->a, attached, policy->id, value_at(policy->body, "PolicyName")));
    count_attachments(policy, 1);
    return cloud_iam_done(r);
}

static bool detach_role_policy(struct cloud_request *r)
{
    struct record *role = cloud_iam_get_any(r, "role", cloud_text(r, "RoleName"));
    struct record *policy =
        role ? cloud_iam_get_any(r, "policy", cloud_text(r, "PolicyArn")) : NULL;
    const struct value *attached = role ? value_at(role->body, ".attached") : &value_null;

    if (!policy)
        return false;
    if (!value_has(attached, policy->id))
        return cloud_refuse(r, 404, "NoSuchEntity", "Policy %s was not found.", policy->id);
    record_set(role, ".attached", value_with(r->a, attached, policy->id, NULL));
    count_attachments(policy, -1);
    return cloud_iam_done(r);
}

static bool list_attached_role_policies(struct cloud_request *r)
{
    const struct record *role = cloud_iam_get(r, "role", cloud_text(r, "RoleName"));
    const struct value *attached = role ? value_at(role->body, ".attached") : &value_null;
    struct value_builder b;

    if (!role)
        return false;
    value_builder_init(&b, r->a);
    for (size_t i = 0; i < value_count(attached); i++)
        value_builder_add(
            &b, value_map_of(r->a, {"PolicyName", attached->map.entries[i].value},
                             {"PolicyArn", value_string(r->a, attached->map.entries[i].key)}));
    return cloud_iam_list(r, "AttachedPolicies", value_builder_list(&b));
}

/* --- inline --------------------------------------------------------------------------------- */
static bool put_role_policy(struct cloud_request *r)
{
    struct record *role = cloud_iam_get(r, "role", cloud_text(r, "RoleName"));
    const char *document = cloud_text(r, "PolicyDocument");
    const struct value *all;
    size_t bytes = 0;

    if (!role || !cloud_iam_document_fits(r, document, false))
        return false;
    all = value_with(r->a, value_at(role->body, ".inline"), cloud_text(r, "PolicyName"),
                     value_string(r->a, document));
    for (size_t i = 0; i < value_count(all); i++)
        bytes += value_string_text(all->map.entries[i].value).len;
    if (bytes > INLINE_BYTES_MAX)
        return cloud_refuse(r, 409, "LimitExceeded",
                            "Maximum policy size of %d bytes exceeded for role %s",
                            INLINE_BYTES_MAX, role->id);
    record_set(role, ".inline", all);
    return cloud_iam_done(r);
}

/* The role when it has the inline policy that the request names; NULL = refused. */
static struct record *role_with_policy(struct cloud_request *r)
{
    struct record *role = cloud_iam_get_any(r, "role", cloud_text(r, "RoleName"));
    const char *name = cloud_text(r, "PolicyName");

    if (role && !value_has(value_at(role->body, ".inline"), name)) {
        cloud_refuse(r, 404, "NoSuchEntity", "The role policy with name %s cannot be found.", name);
        return NULL;
    }
    return role;
}

static bool get_role_policy(struct cloud_request *r)
{
    const struct record *role = role_with_policy(r);
    const char *name = cloud_text(r, "PolicyName");

    return role &&
           cloud_answer(
               r, value_map_of(r->a, {"RoleName", value_string(r->a, role->id)},
                               {"PolicyName", value_string(r->a, name)},
                               {"PolicyDocument",
                                cloud_iam_encoded(
                                    r->a, value_text(value_at(role->body, ".inline"), name))}));
}

static bool delete_role_policy(struct cloud_request *r)
{
    struct record *role = role_with_policy(r);

    if (!role)
        return false;
    record_set(
        role, ".inline",
        value_with(r->a, value_at(role->body, ".inline"), cloud_text(r, "PolicyName"), NULL));
    return cloud_iam_done(r);
}

static bool list_role_policies(struct cloud_request *r)
{
    const struct record *role = cloud_iam_get(r, "role", cloud_text(r, "RoleName"));
    const struct value *all = role ? value_at(role->body, ".inline") : &value_null;
    struct value_builder b;

    if (!role)
        return false;
    value_builder_init(&b, r->a);
    for (size_t i = 0; i < value_count(all); i++)
        value_builder_add(&b, value_string(r->a, all->map.entries[i].key));
    return cloud_iam_list(r, "PolicyNames", value_builder_list(&b));
}

const struct cloud_operation cloud_iam_role_policy_operations[] = {
    {.name = "AttachRolePolicy",
     .handle = attach_role_policy,
     .parameters = "!RoleName !PolicyArn"},
    {.name = "DetachRolePolicy",
     .handle = detach_role_policy,
     .parameters = "!RoleName !PolicyArn"},
    {.name = "ListAttachedRolePolicies",
     .handle = list_attached_role_policies,
     .parameters = "!RoleName Marker MaxItems PathPrefix"},
    {.name = "PutRolePolicy",
     .handle = put_role_policy,
     .parameters = "!RoleName !PolicyName !PolicyDocument"},
    {.name = "GetRolePolicy", .handle = get_role_policy, .parameters = "!RoleName !PolicyName"},
    {.name = "DeleteRolePolicy",
     .handle = delete_role_policy,
     .parameters = "!RoleName !PolicyName"},
    {.name = "ListRolePolicies",
     .handle = list_role_policies,
     .parameters = "!RoleName Marker MaxItems"},
    {.name = NULL}};
