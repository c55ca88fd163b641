/* OpenID Connect providers: issuers whose tokens may become roles (IRSA). */
#include <string.h>

#include "aws/iam_parts.h"

/* --- shapes ----------------------------------------------------------------------- */

#define ARN MEMBER("OpenIDConnectProviderArn", AWS_STRING)
static const struct aws_member create_in[] = {
    MEMBER("Url", AWS_STRING), MEMBER("ClientIDList", AWS_LIST), MEMBER("ThumbprintList", AWS_LIST),
    IAM_TAGS, END_MEMBERS};
static const struct aws_member by_arn[] = {ARN, END_MEMBERS};
static const struct aws_member provider_out[] = {MEMBER("Url", AWS_STRING),
                                                 MEMBER("ClientIDList", AWS_LIST),
                                                 MEMBER("ThumbprintList", AWS_LIST),
                                                 MEMBER("CreateDate", AWS_TIME),
                                                 IAM_TAGS,
                                                 END_MEMBERS};
static const struct aws_member listed[] = {MEMBER("Arn", AWS_STRING), END_MEMBERS};
static const struct aws_member list_out[] = {
    MEMBER("OpenIDConnectProviderList", AWS_LIST, .members = listed), END_MEMBERS};
static const struct aws_member no_input[] = {END_MEMBERS};
static const struct aws_member thumbprint_in[] = {ARN, MEMBER("ThumbprintList", AWS_LIST),
                                                  END_MEMBERS};
static const struct aws_member client_in[] = {ARN, MEMBER("ClientID", AWS_STRING), END_MEMBERS};
static const struct aws_member tag_in[] = {ARN, IAM_TAGS, END_MEMBERS};
static const struct aws_member untag_in[] = {ARN, MEMBER("TagKeys", AWS_LIST), END_MEMBERS};

/* --- operations -------------------------------------------------------------------- */

/* Needs no thumbprint: IAM trusts the issuers of EKS by their roots. */
const struct aws_operation iam_create_open_id_connect_provider =
    IAM("CreateOpenIDConnectProvider", .input = create_in, .output = by_arn, .exists = iam_exists,
        .pending = iam_changing);
const struct aws_operation iam_get_open_id_connect_provider_row =
    IAM("GetOpenIDConnectProvider", .input = by_arn, .output = provider_out, .gone = iam_missing,
        .flags = AWS_READS);
const struct aws_operation iam_list_open_id_connect_providers =
    IAM("ListOpenIDConnectProviders", .input = no_input, .output = list_out,
        .items = "OpenIDConnectProviderList", .flags = AWS_READS);
const struct aws_operation iam_delete_open_id_connect_provider =
    IAM("DeleteOpenIDConnectProvider", .input = by_arn, .gone = iam_missing,
        .pending = iam_changing, .flags = AWS_READS);
const struct aws_operation iam_update_open_id_connect_provider_thumbprint =
    IAM("UpdateOpenIDConnectProviderThumbprint", .input = thumbprint_in, .pending = iam_changing,
        .flags = AWS_READS);
const struct aws_operation iam_add_client_id_to_open_id_connect_provider =
    IAM("AddClientIDToOpenIDConnectProvider", .input = client_in, .pending = iam_changing,
        .flags = AWS_READS);
const struct aws_operation iam_remove_client_id_from_open_id_connect_provider =
    IAM("RemoveClientIDFromOpenIDConnectProvider", .input = client_in, .gone = iam_missing,
        .pending = iam_changing, .flags = AWS_READS);
const struct aws_operation iam_tag_open_id_connect_provider =
    IAM("TagOpenIDConnectProvider", .input = tag_in, .pending = iam_changing, .flags = AWS_READS);
const struct aws_operation iam_untag_open_id_connect_provider =
    IAM("UntagOpenIDConnectProvider", .input = untag_in, .gone = iam_missing,
        .pending = iam_changing, .flags = AWS_READS);

/* --- looking ------------------------------------------------------------------------ */

bool iam_get_open_id_connect_provider(struct call *c, struct aws *session, const char *arn,
                                      const struct value **provider)
{
    return aws_call(
        c, session, &iam_get_open_id_connect_provider_row,
        value_map_of(c->arena, {"OpenIDConnectProviderArn", value_string(c->arena, arn)}),
        provider);
}

bool iam_open_id_connect_provider_arn(struct call *c, struct aws *session, const char *issuer,
                                      const char **arn)
{
    static const char scheme[] = "https://";
    struct aws_identity identity;

    if (!aws_identity(c, session, &identity))
        return false;
    if (strncmp(issuer, scheme, sizeof(scheme) - 1) == 0)
        issuer += sizeof(scheme) - 1;
    *arn = text_f(c->arena, "arn:%s:iam::%s:oidc-provider/%s", aws_partition(session)->name,
                  identity.account, issuer);
    return true;
}
