/* Customer managed policies. IAM keeps up to five versions of each document. */
#include <stdlib.h>
#include <string.h>

#include "aws/iam_parts.h"

enum { VERSIONS_MAX = 5, CHANGING_MS = 60 * 1000 };

/* --- shapes ----------------------------------------------------------------------- */

static const struct aws_member policy[] = {MEMBER("PolicyName", AWS_STRING),
                                           MEMBER("PolicyId", AWS_STRING),
                                           MEMBER("Arn", AWS_STRING),
                                           MEMBER("Path", AWS_STRING),
                                           MEMBER("DefaultVersionId", AWS_STRING),
                                           MEMBER("AttachmentCount", AWS_INTEGER),
                                           MEMBER("Description", AWS_STRING),
                                           IAM_TAGS,
                                           END_MEMBERS};
static const struct aws_member version[] = {
    MEMBER("Document", AWS_STRING), MEMBER("VersionId", AWS_STRING),
    MEMBER("IsDefaultVersion", AWS_BOOL), MEMBER("CreateDate", AWS_TIME), END_MEMBERS};
static const struct aws_member create_in[] = {MEMBER("PolicyName", AWS_STRING),
                                              MEMBER("Path", AWS_STRING),
                                              MEMBER("PolicyDocument", AWS_STRING),
                                              MEMBER("Description", AWS_STRING),
                                              IAM_TAGS,
                                              END_MEMBERS};
static const struct aws_member policy_out[] = {MEMBER("Policy", AWS_STRUCTURE, .members = policy),
                                               END_MEMBERS};
static const struct aws_member policy_in[] = {MEMBER("PolicyArn", AWS_STRING), END_MEMBERS};
static const struct aws_member version_in[] = {MEMBER("PolicyArn", AWS_STRING),
                                               MEMBER("VersionId", AWS_STRING), END_MEMBERS};
static const struct aws_member version_out[] = {
    MEMBER("PolicyVersion", AWS_STRUCTURE, .members = version), END_MEMBERS};
static const struct aws_member create_version_in[] = {
    MEMBER("PolicyArn", AWS_STRING), MEMBER("PolicyDocument", AWS_STRING),
    MEMBER("SetAsDefault", AWS_BOOL), END_MEMBERS};
static const struct aws_member versions_in[] = {MEMBER("PolicyArn", AWS_STRING),
                                                MEMBER("Marker", AWS_STRING), END_MEMBERS};
static const struct aws_member versions_out[] = {MEMBER("Versions", AWS_LIST, .members = version),
                                                 MEMBER("Marker", AWS_STRING), END_MEMBERS};
static const struct aws_member tag_in[] = {MEMBER("PolicyArn", AWS_STRING), IAM_TAGS, END_MEMBERS};
static const struct aws_member untag_in[] = {MEMBER("PolicyArn", AWS_STRING),
                                             MEMBER("TagKeys", AWS_LIST), END_MEMBERS};

/* --- operations -------------------------------------------------------------------- */

const struct aws_operation iam_create_policy =
    IAM("CreatePolicy", .input = create_in, .output = policy_out, .exists = iam_exists,
        .pending = iam_changing);
const struct aws_operation iam_get_policy_row = IAM(
    "GetPolicy", .input = policy_in, .output = policy_out, .gone = iam_missing, .flags = AWS_READS);
const struct aws_operation iam_get_policy_version =
    IAM("GetPolicyVersion", .input = version_in, .output = version_out, .gone = iam_missing,
        .flags = AWS_READS);
const struct aws_operation iam_create_policy_version =
    IAM("CreatePolicyVersion", .input = create_version_in, .output = version_out,
        .pending = iam_changing);
const struct aws_operation iam_delete_policy_version =
    IAM("DeletePolicyVersion", .input = version_in, .gone = iam_missing, .pending = iam_changing,
        .flags = AWS_READS);
const struct aws_operation iam_list_policy_versions =
    IAM("ListPolicyVersions", .input = versions_in, .output = versions_out, .gone = iam_missing,
        IAM_PAGES("Versions"), .flags = AWS_READS);
const struct aws_operation iam_delete_policy_row =
    IAM("DeletePolicy", .input = policy_in, .gone = iam_missing, .pending = iam_used,
        .flags = AWS_READS);
const struct aws_operation iam_tag_policy =
    IAM("TagPolicy", .input = tag_in, .pending = iam_unseen, .flags = AWS_READS);
const struct aws_operation iam_untag_policy =
    IAM("UntagPolicy", .input = untag_in, .gone = iam_missing, .pending = iam_changing,
        .flags = AWS_READS);

/* --- looking ------------------------------------------------------------------------ */

static const struct value *by_arn(struct arena *a, const char *arn)
{
    return value_map_of(a, {"PolicyArn", value_string(a, arn)});
}

bool iam_get_policy(struct call *c, struct aws *session, const char *arn, const struct value **out)
{
    const struct value *output;

    if (!aws_call(c, session, &iam_get_policy_row, by_arn(c->arena, arn), &output))
        return false;
    *out = output ? value_at(output, "Policy") : NULL;
    return true;
}

bool iam_get_policy_document(struct call *c, struct aws *session, const char *arn,
                             const struct value **document)
{
    const struct value *found, *output;

    *document = NULL;
    if (!iam_get_policy(c, session, arn, &found))
        return false;
    if (!found)
        return true;
    if (!aws_call(c, session, &iam_get_policy_version,
                  value_with(c->arena, by_arn(c->arena, arn), "VersionId",
                             value_at(found, "DefaultVersionId")),
                  &output))
        return false;
    if (output)
        *document =
            iam_document(c->arena, value_text(value_at(output, "PolicyVersion"), "Document"));
    return true;
}

/* --- changing ------------------------------------------------------------------------- */

static bool delete_version(struct call *c, struct aws *session, const char *arn,
                           const struct value *one)
{
    const struct value *output;

    return aws_call_until(
        c, session, &iam_delete_policy_version,
        value_with(c->arena, by_arn(c->arena, arn), "VersionId", value_at(one, "VersionId")),
        CHANGING_MS, &output);
}

/* "v12" is younger than "v3". */
static long number_of(const struct value *one)
{
    return strtol(value_text(one, "VersionId") + 1, NULL, 10);
}

/* The oldest version that is not the default one; NULL = none. */
static const struct value *oldest(const struct value *versions)
{
    const struct value *found = NULL;

    for (size_t i = 0; i < value_count(versions); i++) {
        const struct value *one = value_item(versions, i);

        if (!value_flag(one, "IsDefaultVersion") && *value_text(one, "VersionId") &&
            (!found || number_of(one) < number_of(found)))
            found = one;
    }
    return found;
}

bool iam_update_policy(struct call *c, struct aws *session, const char *arn, const char *document)
{
    const struct value *versions, *output;

    if (!aws_list(c, session, &iam_list_policy_versions, by_arn(c->arena, arn), &versions))
        return false;
    if (value_count(versions) >= VERSIONS_MAX && oldest(versions) &&
        !delete_version(c, session, arn, oldest(versions)))
        return false;
    return aws_call_until(c, session, &iam_create_policy_version,
                          value_map_of(c->arena, {"PolicyArn", value_string(c->arena, arn)},
                                       {"PolicyDocument", value_string(c->arena, document)},
                                       {"SetAsDefault", &value_true}),
                          CHANGING_MS, &output);
}

bool iam_delete_policy(struct call *c, struct aws *session, const char *arn, int64_t ms)
{
    const struct value *versions, *output;

    if (!aws_list(c, session, &iam_list_policy_versions, by_arn(c->arena, arn), &versions))
        return false;
    for (size_t i = 0; i < value_count(versions); i++)
        if (!value_flag(value_item(versions, i), "IsDefaultVersion") &&
            !delete_version(c, session, arn, value_item(versions, i)))
            return false;
    return aws_call_until(c, session, &iam_delete_policy_row, by_arn(c->arena, arn), ms, &output);
}
