/* credentials - where access keys come from: the chain that every tool of AWS follows.
 *
 * One source for each file credentials_*.c; each says whether it applies, and then it
 * must deliver: what is set but broken is an error, not a reason to go on. Nothing is
 * kept here: aws.c keeps, renews and shares.
 * Order (reference: AWS SDKs and Tools Reference Guide, "Credential provider chain"):
 * a profile named in the provider block; environment keys; web identity; the profile
 * (static keys, role_arn with source_profile or credential_source, web identity, SSO,
 * credential_process); container; instance metadata. The provider block's assume_role
 * comes on top of what was found. */
#ifndef AWS_CREDENTIALS_H
#define AWS_CREDENTIALS_H
#include <stdbool.h>
#include <stdint.h>

#include "aws/shared_files.h"
#include "aws/signature.h"
#include "schema/call.h"

struct aws;

struct aws_credentials {
    struct access_key key;
    int64_t expires_at; /* seconds since 1970; 0 = never */
    const char *source; /* for people: "profile mesh-admin (SSO session corp)" */
};

/* What the chain is asked for. */
struct credentials_wish {
    const char *profile;             /* "" = the environment's or the default one */
    const char *region;              /* whose STS is asked for roles */
    const struct value *assume_role; /* of the provider block or connection; null = none */
};

/* Walks the chain; everything in the call's arena. False = reported: the source that is
 * set but fails, or, when none is, every source that was looked at. `session` makes the
 * requests of STS and SSO (it has no credentials of its own yet). */
bool credentials_find(struct call *c, struct aws *session, const struct credentials_wish *wish,
                      struct aws_credentials *out);
/* provider block, AWS_REGION, AWS_DEFAULT_REGION, profile, instance metadata; NULL and
 * reported at `at` when none tells. */
const char *credentials_region(struct call *c, const char *profile, const struct path *at);

#endif
