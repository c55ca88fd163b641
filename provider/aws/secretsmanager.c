#include "aws/secretsmanager.h"

/* --- shapes ----------------------------------------------------------------------- */

static const struct aws_member tag[] = {MEMBER("Key", AWS_STRING), MEMBER("Value", AWS_STRING),
                                        END_MEMBERS};
static const struct aws_member create_in[] = {MEMBER("Name", AWS_STRING),
                                              MEMBER("Description", AWS_STRING),
                                              MEMBER("KmsKeyId", AWS_STRING),
                                              MEMBER("SecretString", AWS_STRING),
                                              MEMBER("Tags", AWS_LIST, .members = tag),
                                              MEMBER("ClientRequestToken", AWS_STRING),
                                              END_MEMBERS};
static const struct aws_member version_out[] = {MEMBER("ARN", AWS_STRING),
                                                MEMBER("Name", AWS_STRING),
                                                MEMBER("VersionId", AWS_STRING), END_MEMBERS};
static const struct aws_member by_id[] = {MEMBER("SecretId", AWS_STRING), END_MEMBERS};
static const struct aws_member value_out[] = {MEMBER("ARN", AWS_STRING), MEMBER("Name", AWS_STRING),
                                              MEMBER("VersionId", AWS_STRING),
                                              MEMBER("SecretString", AWS_STRING), END_MEMBERS};
static const struct aws_member put_in[] = {MEMBER("SecretId", AWS_STRING),
                                           MEMBER("SecretString", AWS_STRING),
                                           MEMBER("ClientRequestToken", AWS_STRING), END_MEMBERS};
static const struct aws_member secret_out[] = {MEMBER("ARN", AWS_STRING),
                                               MEMBER("Name", AWS_STRING),
                                               MEMBER("Description", AWS_STRING),
                                               MEMBER("KmsKeyId", AWS_STRING),
                                               MEMBER("DeletedDate", AWS_TIME),
                                               MEMBER("Tags", AWS_LIST, .members = tag),
                                               END_MEMBERS};
static const struct aws_member deleted_out[] = {MEMBER("ARN", AWS_STRING),
                                                MEMBER("Name", AWS_STRING), END_MEMBERS};
static const struct aws_member update_in[] = {MEMBER("SecretId", AWS_STRING),
                                              MEMBER("KmsKeyId", AWS_STRING), END_MEMBERS};
static const struct aws_member delete_in[] = {
    MEMBER("SecretId", AWS_STRING), MEMBER("RecoveryWindowInDays", AWS_INTEGER),
    MEMBER("ForceDeleteWithoutRecovery", AWS_BOOL), END_MEMBERS};

/* --- operations -------------------------------------------------------------------- */

static const char *const gone[] = {"ResourceNotFoundException", NULL};
static const char *const exists[] = {"ResourceExistsException", NULL};
/* What was just made or restored is not seen everywhere at once. */
static const char *const not_yet[] = {"ResourceNotFoundException", "InvalidRequestException", NULL};
static const char *const being_deleted[] = {"InvalidRequestException", NULL};

#define SECRETS(operation_name, ...)                                                               \
    {                                                                                              \
        .name = (operation_name), .service = &aws_secretsmanager, __VA_ARGS__                      \
    }

const struct aws_operation secretsmanager_create_secret =
    SECRETS("CreateSecret", .input = create_in, .output = version_out, .exists = exists,
            .pending = being_deleted, .token = "ClientRequestToken", .flags = AWS_SECRET);
const struct aws_operation secretsmanager_get_secret_value_row =
    SECRETS("GetSecretValue", .input = by_id, .output = value_out, .gone = gone,
            .flags = AWS_READS | AWS_SECRET);
const struct aws_operation secretsmanager_get_secret_value_new =
    SECRETS("GetSecretValue", .input = by_id, .output = value_out, .pending = not_yet,
            .flags = AWS_READS | AWS_SECRET);
const struct aws_operation secretsmanager_put_secret_value =
    SECRETS("PutSecretValue", .input = put_in, .output = version_out, .token = "ClientRequestToken",
            .flags = AWS_SECRET);
const struct aws_operation secretsmanager_describe_secret_row = SECRETS(
    "DescribeSecret", .input = by_id, .output = secret_out, .gone = gone, .flags = AWS_READS);
const struct aws_operation secretsmanager_update_secret =
    SECRETS("UpdateSecret", .input = update_in, .output = version_out, .flags = AWS_READS);
const struct aws_operation secretsmanager_restore_secret = SECRETS(
    "RestoreSecret", .input = by_id, .output = deleted_out, .gone = gone, .flags = AWS_READS);
const struct aws_operation secretsmanager_delete_secret = SECRETS(
    "DeleteSecret", .input = delete_in, .output = deleted_out, .gone = gone, .flags = AWS_READS);

/* --- looking ------------------------------------------------------------------------ */

static const struct value *of(struct arena *a, const char *id)
{
    return value_map_of(a, {"SecretId", value_string(a, id)});
}

bool secretsmanager_describe_secret(struct call *c, struct aws *session, const char *id,
                                    const struct value **secret)
{
    if (!aws_call(c, session, &secretsmanager_describe_secret_row, of(c->arena, id), secret))
        return false;
    if (*secret && value_is_set(value_at(*secret, "DeletedDate")))
        *secret = NULL;
    return true;
}

bool secretsmanager_get_secret_value(struct call *c, struct aws *session, const char *id,
                                     const struct value **value)
{
    return aws_call(c, session, &secretsmanager_get_secret_value_row, of(c->arena, id), value);
}
