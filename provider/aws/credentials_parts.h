/* credentials_parts - the sources of credentials, each in its file. For credentials*.c.
 *
 * A source returns true without *found when it does not apply; when it is set up but
 * does not deliver, it reports and returns false. */
#ifndef AWS_CREDENTIALS_PARTS_H
#define AWS_CREDENTIALS_PARTS_H
#include "aws/session.h"

struct search {
    struct call *c;
    struct aws *session;
    const struct credentials_wish *wish;
    struct shared_files files;
    struct text_builder looked; /* what did not apply, for the message when nothing does */
};

/* Notes that a source does not apply and why; always true. */
bool credentials_skip(struct search *s, const char *source);
/* A key whose parts are checked: an id without a secret is an error of `source`. */
bool credentials_static(struct search *s, const char *id, const char *secret, const char *token,
                        const char *source, struct aws_credentials *out, bool *found);
/* {AccessKeyId, SecretAccessKey, Token or SessionToken, Expiration as RFC 3339}: what
 * processes and metadata services print. */
bool credentials_document(struct search *s, const struct value *json, const char *source,
                          struct aws_credentials *out);

bool credentials_environment(struct search *s, struct aws_credentials *out, bool *found);
bool credentials_profile(struct search *s, const char *name, int depth, struct aws_credentials *out,
                         bool *found);
bool credentials_sso(struct search *s, const char *profile, const struct value *settings,
                     struct aws_credentials *out);
/* What its cache holds of a login: accessToken, expiresAt, refreshToken, … */
bool credentials_sso_cache(struct call *c, struct text text, const char *path,
                           const struct value **out);
bool credentials_process(struct search *s, const char *profile, const char *command,
                         struct aws_credentials *out);
bool credentials_container(struct search *s, struct aws_credentials *out, bool *found);
bool credentials_instance(struct search *s, struct aws_credentials *out, bool *found);
/* The region of the instance; NULL when there is none or it does not tell. */
const char *credentials_instance_region(struct call *c);

/* settings: role_arn, external_id, session_name or role_session_name, duration_seconds. */
bool credentials_assume_role(struct search *s, const struct value *settings,
                             const struct aws_credentials *as, const char *source,
                             struct aws_credentials *out);
bool credentials_web_identity(struct search *s, const char *token_file, const char *role_arn,
                              const char *session_name, const char *source,
                              struct aws_credentials *out);

#endif
