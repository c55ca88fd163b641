/* sts - who we are, and becoming a role. */
#ifndef AWS_STS_H
#define AWS_STS_H
#include "aws/operation.h"

extern const struct aws_operation sts_get_caller_identity, sts_assume_role,
    sts_assume_role_with_web_identity;

#endif
