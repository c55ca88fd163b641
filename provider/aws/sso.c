#include "aws/sso.h"

static const struct aws_member role_in[] = {
    MEMBER("roleName", AWS_STRING, .wire = "role_name", .place = AWS_URL_QUERY),
    MEMBER("accountId", AWS_STRING, .wire = "account_id", .place = AWS_URL_QUERY),
    MEMBER("accessToken", AWS_STRING, .wire = "x-amz-sso_bearer_token", .place = AWS_HEADER),
    END_MEMBERS};
static const struct aws_member role_credentials[] = {
    MEMBER("accessKeyId", AWS_STRING), MEMBER("secretAccessKey", AWS_STRING),
    MEMBER("sessionToken", AWS_STRING), MEMBER("expiration", AWS_INTEGER), END_MEMBERS};
static const struct aws_member role_out[] = {
    MEMBER("roleCredentials", AWS_STRUCTURE, .members = role_credentials), END_MEMBERS};
static const struct aws_member token_in[] = {
    MEMBER("clientId", AWS_STRING), MEMBER("clientSecret", AWS_STRING),
    MEMBER("grantType", AWS_STRING), MEMBER("refreshToken", AWS_STRING), END_MEMBERS};
static const struct aws_member token_out[] = {MEMBER("accessToken", AWS_STRING),
                                              MEMBER("expiresIn", AWS_INTEGER),
                                              MEMBER("refreshToken", AWS_STRING), END_MEMBERS};

const struct aws_operation sso_get_role_credentials = {
    .name = "GetRoleCredentials",
    .service = &aws_sso,
    .method = "GET",
    .path = "/federation/credentials",
    .input = role_in,
    .output = role_out,
    .flags = AWS_READS | AWS_UNSIGNED | AWS_SECRET,
};
/* Not repeated by itself: a refresh token may be good for one use. */
const struct aws_operation sso_oidc_create_token = {
    .name = "CreateToken",
    .service = &aws_sso_oidc,
    .method = "POST",
    .path = "/token",
    .input = token_in,
    .output = token_out,
    .flags = AWS_UNSIGNED | AWS_SECRET,
};
