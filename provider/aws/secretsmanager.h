/* secretsmanager - secrets kept by AWS. Values never appear in logs.
 * Source: Secrets Manager API reference, version 2017-10-17. */
#ifndef AWS_SECRETSMANAGER_H
#define AWS_SECRETSMANAGER_H
#include "aws/aws.h"

/* A name whose secret is scheduled for deletion cannot be used: pending, as is the value
 * (_new) of what was just made or restored. */
extern const struct aws_operation secretsmanager_create_secret, secretsmanager_get_secret_value_row,
    secretsmanager_get_secret_value_new, secretsmanager_put_secret_value,
    secretsmanager_describe_secret_row, secretsmanager_update_secret, secretsmanager_restore_secret,
    secretsmanager_delete_secret;

/* `id`: a name or an ARN. NULL = none, or scheduled for deletion. */
bool secretsmanager_describe_secret(struct call *c, struct aws *session, const char *id,
                                    const struct value **secret);
/* The current version: ARN, VersionId, SecretString; NULL = none. */
bool secretsmanager_get_secret_value(struct call *c, struct aws *session, const char *id,
                                     const struct value **value);

#endif
