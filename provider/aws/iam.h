/* iam - the operations of IAM that we use, by the names of its API.
 *
 * Inputs and outputs are maps with the API's own member names. Deletes and detaches of
 * what does not exist succeed. IAM is one store for the whole partition: what was just
 * made is seen elsewhere after some seconds; `pending` names the codes that this gives.
 * Documents come percent-encoded: the functions here give them as JSON values, to be
 * compared as such.
 * Source: IAM API reference, version 2010-05-08. */
#ifndef AWS_IAM_H
#define AWS_IAM_H
#include "aws/aws.h"

extern const struct aws_operation
    /* roles: iam_role.c */
    iam_create_role,
    iam_get_role_row, iam_update_role, iam_update_assume_role_policy, iam_delete_role_row,
    iam_tag_role, iam_untag_role, iam_attach_role_policy, iam_detach_role_policy,
    iam_list_attached_role_policies, iam_put_role_policy, iam_get_role_policy_row,
    iam_delete_role_policy, iam_list_role_policies, iam_list_instance_profiles_for_role,
    iam_remove_role_from_instance_profile, iam_create_service_linked_role,
    /* policies: iam_policy.c */
    iam_create_policy, iam_get_policy_row, iam_get_policy_version, iam_create_policy_version,
    iam_delete_policy_version, iam_list_policy_versions, iam_delete_policy_row, iam_tag_policy,
    iam_untag_policy,
    /* identity providers: iam_open_id_connect.c */
    iam_create_open_id_connect_provider, iam_get_open_id_connect_provider_row,
    iam_list_open_id_connect_providers, iam_delete_open_id_connect_provider,
    iam_update_open_id_connect_provider_thumbprint, iam_add_client_id_to_open_id_connect_provider,
    iam_remove_client_id_from_open_id_connect_provider, iam_tag_open_id_connect_provider,
    iam_untag_open_id_connect_provider;

/* The JSON value of a document as IAM gives it (or as people write it); null when it is
 * none. */
const struct value *iam_document(struct arena *a, const char *text);

/* NULL = none. Its AssumeRolePolicyDocument is a JSON value. */
bool iam_get_role(struct call *c, struct aws *session, const char *name, const struct value **role);
/* The document of an inline policy; NULL = none. */
bool iam_get_role_policy(struct call *c, struct aws *session, const char *role, const char *policy,
                         const struct value **document);
/* Detaches and removes what belongs to the role, waits for at most ms until nothing
 * uses it any more, and deletes it. */
bool iam_delete_role(struct call *c, struct aws *session, const char *name, int64_t ms);

bool iam_get_policy(struct call *c, struct aws *session, const char *arn,
                    const struct value **policy);
/* Of the policy's default version; NULL = none. */
bool iam_get_policy_document(struct call *c, struct aws *session, const char *arn,
                             const struct value **document);
/* Makes the document the default version; IAM keeps five, so the oldest other one goes. */
bool iam_update_policy(struct call *c, struct aws *session, const char *arn, const char *document);
/* With its other versions; waits for at most ms until it is attached nowhere. */
bool iam_delete_policy(struct call *c, struct aws *session, const char *arn, int64_t ms);

bool iam_get_open_id_connect_provider(struct call *c, struct aws *session, const char *arn,
                                      const struct value **provider);
/* "arn:aws:iam::111122223333:oidc-provider/oidc.eks…": told by issuer and account alone. */
bool iam_open_id_connect_provider_arn(struct call *c, struct aws *session, const char *issuer,
                                      const char **arn);

#endif
