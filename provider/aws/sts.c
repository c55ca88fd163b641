#include "aws/sts.h"

static const struct aws_member identity[] = {MEMBER("Account", AWS_STRING),
                                             MEMBER("Arn", AWS_STRING),
                                             MEMBER("UserId", AWS_STRING), END_MEMBERS};
static const struct aws_member tag[] = {
    MEMBER("Key", AWS_STRING), MEMBER("Value", AWS_STRING, .may_be_empty = true), END_MEMBERS};
static const struct aws_member credentials[] = {
    MEMBER("AccessKeyId", AWS_STRING), MEMBER("SecretAccessKey", AWS_STRING),
    MEMBER("SessionToken", AWS_STRING), MEMBER("Expiration", AWS_TIME), END_MEMBERS};
static const struct aws_member assumed[] = {
    MEMBER("Credentials", AWS_STRUCTURE, .members = credentials), END_MEMBERS};
static const struct aws_member assume_role[] = {MEMBER("RoleArn", AWS_STRING),
                                                MEMBER("RoleSessionName", AWS_STRING),
                                                MEMBER("ExternalId", AWS_STRING),
                                                MEMBER("DurationSeconds", AWS_INTEGER),
                                                MEMBER("Policy", AWS_STRING),
                                                MEMBER("Tags", AWS_LIST, .members = tag),
                                                END_MEMBERS};
static const struct aws_member web_identity[] = {
    MEMBER("RoleArn", AWS_STRING), MEMBER("RoleSessionName", AWS_STRING),
    MEMBER("WebIdentityToken", AWS_STRING), MEMBER("DurationSeconds", AWS_INTEGER), END_MEMBERS};

const struct aws_operation sts_get_caller_identity = {
    .name = "GetCallerIdentity",
    .service = &aws_sts,
    .output = identity,
    .flags = AWS_READS,
};
const struct aws_operation sts_assume_role = {
    .name = "AssumeRole",
    .service = &aws_sts,
    .input = assume_role,
    .output = assumed,
    .flags = AWS_READS | AWS_SECRET,
};
const struct aws_operation sts_assume_role_with_web_identity = {
    .name = "AssumeRoleWithWebIdentity",
    .service = &aws_sts,
    .input = web_identity,
    .output = assumed,
    .flags = AWS_READS | AWS_SECRET | AWS_UNSIGNED,
};
