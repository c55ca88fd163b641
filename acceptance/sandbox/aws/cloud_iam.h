/* cloud_iam - what the files of the stand-in IAM share, and what EKS needs of it.
 *
 * Records are in region "": "role" and "instance-profile" by name, "policy" and
 * "oidc-provider" by ARN. What AWS itself keeps there is a ghost. */
#ifndef SANDBOX_AWS_IAM_H
#define SANDBOX_AWS_IAM_H
#include "acceptance/sandbox/aws/cloud_server.h"

/* --- records -------------------------------------------------------------------------- */
/* As a reader sees it; NULL = refused with NoSuchEntity. */
struct record *cloud_iam_get(struct cloud_request *r, const char *kind, const char *id);
/* The same for what takes something away: IAM itself knows at once what it made. */
struct record *cloud_iam_get_any(struct cloud_request *r, const char *kind, const char *id);
bool cloud_iam_exists(struct cloud_request *r, const char *kind, const char *name);
bool cloud_iam_done(struct cloud_request *r);
/* "ANPA…": 21 capitals and digits. */
const char *cloud_iam_new_id(struct cloud *c, struct arena *a, const char *prefix);
const struct value *cloud_iam_now(struct arena *a);
/* The request's Tags onto a record; false = refused. */
bool cloud_iam_tag(struct cloud_request *r, struct record *record);
bool cloud_iam_untag(struct cloud_request *r, struct record *record);
const struct value *cloud_iam_tags(struct arena *a, const struct record *record);
/* The list and what says that it is whole. */
bool cloud_iam_list(struct cloud_request *r, const char *member, const struct value *items);

/* --- documents ------------------------------------------------------------------------ */
/* False = refused. A trust document names principals that exist. */
bool cloud_iam_document_fits(struct cloud_request *r, const char *document, bool is_trust);
/* Percent-encoded, as IAM answers documents. */
const struct value *cloud_iam_encoded(struct arena *a, const char *document);

/* --- for other services --------------------------------------------------------------- */
/* The role of an ARN of this account as other services see it; NULL = none. */
struct record *cloud_iam_role_of_arn(struct cloud *c, const char *arn);
/* Who asks to become a role: "AWS" with the ARN of a user or role, and of its session;
 * "Federated" with the ARN of a provider; "Service" with a name. context: what conditions
 * ask for, a map of strings: "sts:ExternalId". */
struct cloud_iam_caller {
    const char *type, *principal, *session;
    const struct value *context;
};
/* By the role's trust policy. */
bool cloud_iam_lets_in(struct arena *a, const struct record *role,
                       const struct cloud_iam_caller *who, const char *action);
/* Whether the role lets this service ("eks.amazonaws.com") become it. */
bool cloud_iam_role_trusts(struct arena *a, const struct record *role, const char *service);
/* The ARN of the role or user behind a caller's ARN. */
const char *cloud_iam_principal(struct cloud *c, struct arena *a, const char *caller_arn);
void cloud_iam_profile_add(struct cloud *c, const char *profile, const struct record *role);
void cloud_iam_profile_remove(struct cloud *c, const char *profile);
/* Makes what AWS makes itself when a service is first used. */
void cloud_iam_service_role_add(struct cloud *c, const char *service);

extern const struct cloud_operation cloud_iam_role_operations[], cloud_iam_role_policy_operations[],
    cloud_iam_policy_operations[], cloud_iam_provider_operations[];
void cloud_iam_seed_policies(struct cloud *c);

#endif
