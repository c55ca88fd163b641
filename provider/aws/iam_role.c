/* Roles: who may become one, what it may do, and what has to go before it. */
#include "aws/iam_parts.h"

/* --- shapes ----------------------------------------------------------------------- */

static const struct aws_member boundary[] = {MEMBER("PermissionsBoundaryArn", AWS_STRING),
                                             END_MEMBERS};
static const struct aws_member role[] = {
    MEMBER("RoleName", AWS_STRING),
    MEMBER("RoleId", AWS_STRING),
    MEMBER("Arn", AWS_STRING),
    MEMBER("Path", AWS_STRING),
    MEMBER("CreateDate", AWS_TIME),
    MEMBER("AssumeRolePolicyDocument", AWS_STRING),
    MEMBER("Description", AWS_STRING),
    MEMBER("MaxSessionDuration", AWS_INTEGER),
    MEMBER("PermissionsBoundary", AWS_STRUCTURE, .members = boundary),
    IAM_TAGS,
    END_MEMBERS};
static const struct aws_member create_in[] = {MEMBER("RoleName", AWS_STRING),
                                              MEMBER("Path", AWS_STRING),
                                              MEMBER("AssumeRolePolicyDocument", AWS_STRING),
                                              MEMBER("Description", AWS_STRING),
                                              MEMBER("MaxSessionDuration", AWS_INTEGER),
                                              MEMBER("PermissionsBoundary", AWS_STRING),
                                              IAM_TAGS,
                                              END_MEMBERS};
static const struct aws_member role_out[] = {MEMBER("Role", AWS_STRUCTURE, .members = role),
                                             END_MEMBERS};
static const struct aws_member role_in[] = {MEMBER("RoleName", AWS_STRING), END_MEMBERS};
static const struct aws_member update_in[] = {
    MEMBER("RoleName", AWS_STRING), MEMBER("Description", AWS_STRING, .may_be_empty = true),
    MEMBER("MaxSessionDuration", AWS_INTEGER), END_MEMBERS};
static const struct aws_member trust_in[] = {MEMBER("RoleName", AWS_STRING),
                                             MEMBER("PolicyDocument", AWS_STRING), END_MEMBERS};
static const struct aws_member tag_in[] = {MEMBER("RoleName", AWS_STRING), IAM_TAGS, END_MEMBERS};
static const struct aws_member untag_in[] = {MEMBER("RoleName", AWS_STRING),
                                             MEMBER("TagKeys", AWS_LIST), END_MEMBERS};
static const struct aws_member attach_in[] = {MEMBER("RoleName", AWS_STRING),
                                              MEMBER("PolicyArn", AWS_STRING), END_MEMBERS};
static const struct aws_member of_role_in[] = {MEMBER("RoleName", AWS_STRING),
                                               MEMBER("Marker", AWS_STRING), END_MEMBERS};
static const struct aws_member attached[] = {MEMBER("PolicyName", AWS_STRING),
                                             MEMBER("PolicyArn", AWS_STRING), END_MEMBERS};
static const struct aws_member attached_out[] = {
    MEMBER("AttachedPolicies", AWS_LIST, .members = attached), MEMBER("Marker", AWS_STRING),
    END_MEMBERS};
static const struct aws_member put_policy_in[] = {
    MEMBER("RoleName", AWS_STRING), MEMBER("PolicyName", AWS_STRING),
    MEMBER("PolicyDocument", AWS_STRING), END_MEMBERS};
static const struct aws_member policy_in[] = {MEMBER("RoleName", AWS_STRING),
                                              MEMBER("PolicyName", AWS_STRING), END_MEMBERS};
static const struct aws_member policies_out[] = {MEMBER("PolicyNames", AWS_LIST),
                                                 MEMBER("Marker", AWS_STRING), END_MEMBERS};
static const struct aws_member profile[] = {MEMBER("InstanceProfileName", AWS_STRING),
                                            MEMBER("Arn", AWS_STRING), END_MEMBERS};
static const struct aws_member profiles_out[] = {
    MEMBER("InstanceProfiles", AWS_LIST, .members = profile), MEMBER("Marker", AWS_STRING),
    END_MEMBERS};
static const struct aws_member remove_in[] = {MEMBER("InstanceProfileName", AWS_STRING),
                                              MEMBER("RoleName", AWS_STRING), END_MEMBERS};
static const struct aws_member service_linked_in[] = {
    MEMBER("AWSServiceName", AWS_STRING), MEMBER("Description", AWS_STRING), END_MEMBERS};

/* --- operations -------------------------------------------------------------------- */

static const char *const taken[] = {"InvalidInput", NULL}; /* "… has been taken in this account" */

const struct aws_operation iam_create_role =
    IAM("CreateRole", .input = create_in, .output = role_out, .exists = iam_exists,
        .pending = iam_unseen);
const struct aws_operation iam_get_role_row =
    IAM("GetRole", .input = role_in, .output = role_out, .gone = iam_missing, .flags = AWS_READS);
const struct aws_operation iam_update_role =
    IAM("UpdateRole", .input = update_in, .pending = iam_unseen, .flags = AWS_READS);
const struct aws_operation iam_update_assume_role_policy =
    IAM("UpdateAssumeRolePolicy", .input = trust_in, .pending = iam_unseen, .flags = AWS_READS);
const struct aws_operation iam_delete_role_row = IAM(
    "DeleteRole", .input = role_in, .gone = iam_missing, .pending = iam_used, .flags = AWS_READS);
const struct aws_operation iam_tag_role =
    IAM("TagRole", .input = tag_in, .pending = iam_unseen, .flags = AWS_READS);
const struct aws_operation iam_untag_role = IAM("UntagRole", .input = untag_in, .gone = iam_missing,
                                                .pending = iam_changing, .flags = AWS_READS);
const struct aws_operation iam_attach_role_policy =
    IAM("AttachRolePolicy", .input = attach_in, .pending = iam_unseen, .flags = AWS_READS);
const struct aws_operation iam_detach_role_policy =
    IAM("DetachRolePolicy", .input = attach_in, .gone = iam_missing, .pending = iam_changing,
        .flags = AWS_READS);
const struct aws_operation iam_list_attached_role_policies =
    IAM("ListAttachedRolePolicies", .input = of_role_in, .output = attached_out,
        .gone = iam_missing, IAM_PAGES("AttachedPolicies"), .flags = AWS_READS);
const struct aws_operation iam_put_role_policy = /* an upsert */
    IAM("PutRolePolicy", .input = put_policy_in, .pending = iam_unseen, .flags = AWS_READS);
const struct aws_operation iam_get_role_policy_row =
    IAM("GetRolePolicy", .input = policy_in, .output = put_policy_in, .gone = iam_missing,
        .flags = AWS_READS);
const struct aws_operation iam_delete_role_policy =
    IAM("DeleteRolePolicy", .input = policy_in, .gone = iam_missing, .pending = iam_changing,
        .flags = AWS_READS);
const struct aws_operation iam_list_role_policies =
    IAM("ListRolePolicies", .input = of_role_in, .output = policies_out, .gone = iam_missing,
        IAM_PAGES("PolicyNames"), .flags = AWS_READS);
/* EKS makes one for the role of its nodes, and takes it away with the node group. */
const struct aws_operation iam_list_instance_profiles_for_role =
    IAM("ListInstanceProfilesForRole", .input = of_role_in, .output = profiles_out,
        .gone = iam_missing, IAM_PAGES("InstanceProfiles"), .flags = AWS_READS);
const struct aws_operation iam_remove_role_from_instance_profile =
    IAM("RemoveRoleFromInstanceProfile", .input = remove_in, .gone = iam_missing,
        .pending = iam_changing, .flags = AWS_READS);
const struct aws_operation iam_create_service_linked_role =
    IAM("CreateServiceLinkedRole", .input = service_linked_in, .output = role_out, .exists = taken,
        .pending = iam_changing);

/* --- looking ------------------------------------------------------------------------ */

static const struct value *by_name(struct arena *a, const char *name)
{
    return value_map_of(a, {"RoleName", value_string(a, name)});
}

bool iam_get_role(struct call *c, struct aws *session, const char *name, const struct value **out)
{
    static const char trust[] = "AssumeRolePolicyDocument";
    const struct value *output;

    *out = NULL;
    if (!aws_call(c, session, &iam_get_role_row, by_name(c->arena, name), &output))
        return false;
    if (output)
        *out = value_with(c->arena, value_at(output, "Role"), trust,
                          iam_document(c->arena, value_text(value_at(output, "Role"), trust)));
    return true;
}

bool iam_get_role_policy(struct call *c, struct aws *session, const char *name, const char *policy,
                         const struct value **document)
{
    const struct value *output;

    *document = NULL;
    if (!aws_call(c, session, &iam_get_role_policy_row,
                  value_with(c->arena, by_name(c->arena, name), "PolicyName",
                             value_string(c->arena, policy)),
                  &output))
        return false;
    if (output)
        *document = iam_document(c->arena, value_text(output, "PolicyDocument"));
    return true;
}

/* --- deleting ------------------------------------------------------------------------- */

/* What a role has to be freed of: where the list is, and what each item's name is called
 * there ("" = the item is the name) and in the call that takes it away. */
static const struct burden {
    const struct aws_operation *list, *take_away;
    const char *listed_as, *member;
} burdens[] = {
    {&iam_list_attached_role_policies, &iam_detach_role_policy, "PolicyArn", "PolicyArn"},
    {&iam_list_role_policies, &iam_delete_role_policy, "", "PolicyName"},
    {&iam_list_instance_profiles_for_role, &iam_remove_role_from_instance_profile,
     "InstanceProfileName", "InstanceProfileName"},
};

static bool take_away(struct call *c, struct aws *session, const char *name,
                      const struct burden *burden, int64_t ms)
{
    const struct value *items, *output;

    if (!aws_list(c, session, burden->list, by_name(c->arena, name), &items))
        return false;
    for (size_t i = 0; i < value_count(items); i++) {
        const struct value *item = value_item(items, i),
                           *its = *burden->listed_as ? value_at(item, burden->listed_as) : item;

        if (!aws_call_until(c, session, burden->take_away,
                            value_with(c->arena, by_name(c->arena, name), burden->member, its), ms,
                            &output))
            return false;
    }
    return true;
}

bool iam_delete_role(struct call *c, struct aws *session, const char *name, int64_t ms)
{
    const struct value *output;

    for (size_t i = 0; i < sizeof(burdens) / sizeof(burdens[0]); i++)
        if (!take_away(c, session, name, &burdens[i], ms))
            return false;
    return aws_call_until(c, session, &iam_delete_role_row, by_name(c->arena, name), ms, &output);
}
