/* sso - IAM Identity Center: keys of a role for a person's login. */
#ifndef AWS_SSO_H
#define AWS_SSO_H
#include "aws/operation.h"

extern const struct aws_operation sso_get_role_credentials, sso_oidc_create_token;

#endif
