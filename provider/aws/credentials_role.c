/* credentials_role - credentials that STS gives: of a role, for others or for a web
 * identity's token. */
#include <string.h>

#include "aws/credentials_parts.h"
#include "aws/sts.h"
#include "base/file.h"

enum { TOKEN_BYTES_MAX = 64 << 10 };

static const char default_session[] = "terraform-provider-istio";

static bool take(struct search *s, const struct aws_reply *reply, const char *source,
                 struct aws_credentials *out)
{
    const struct value *found = value_at(reply->output, "Credentials");

    *out = (struct aws_credentials){.key = {value_text(found, "AccessKeyId"),
                                            value_text(found, "SecretAccessKey"),
                                            value_text(found, "SessionToken")},
                                    .expires_at = value_integer_at(found, "Expiration"),
                                    .source = source};
    return *out->key.id && *out->key.secret
               ? true
               : diag_error(s->c->diags, NULL, "Credentials of AWS are incomplete",
                            "STS gave none for %s.", source);
}

bool credentials_assume_role(struct search *s, const struct value *settings,
                             const struct aws_credentials *as, const char *source,
                             struct aws_credentials *out)
{
    struct arena *a = s->c->arena;
    const char *role = value_text(settings, "role_arn"),
               *session = value_text(settings, "session_name"),
               *seconds = value_text(settings, "duration_seconds");
    const struct value *duration = *seconds ? value_number(a, text_of(seconds)) : NULL;
    const struct value *input = value_map_of(
        a, {"RoleArn", value_string(a, role)}, {"ExternalId", value_at(settings, "external_id")},
        {"DurationSeconds", duration ? duration : &value_null});
    struct aws_reply reply;

    if (!*session)
        session = value_text(settings, "role_session_name");
    input = value_with(a, input, "RoleSessionName",
                       value_string(a, *session ? session : default_session));
    if (!session_ask(s->c, s->session, &sts_assume_role, input, as, &reply))
        return false;
    if (!reply.output)
        return diag_error(
            s->c->diags, path_of(a, "aws", "assume_role"), "A role of AWS cannot be assumed",
            "Role %s, with the credentials of %s: %s: %s%s%s\n\nThe role's trust policy has to "
            "allow sts:AssumeRole to that identity, with the external id where it demands one, and "
            "the identity's own policy has to allow sts:AssumeRole on the role.",
            role, source, reply.error.code, reply.error.message,
            *reply.error.request_id ? " Request " : "", reply.error.request_id);
    return take(s, &reply, text_f(a, "role %s, assumed with %s", role, source), out);
}

bool credentials_web_identity(struct search *s, const char *token_file, const char *role_arn,
                              const char *session_name, const char *source,
                              struct aws_credentials *out)
{
    struct arena *a = s->c->arena;
    struct text token;
    struct aws_reply reply;
    const char *reason;
    bool found;

    if (!*role_arn)
        return diag_error(s->c->diags, NULL, "Credentials of AWS are incomplete",
                          "There is a token file for %s, %s, but no role ARN.", source, token_file);
    if (!file_read(a, file_expand(a, token_file), TOKEN_BYTES_MAX, &token, &found, &reason))
        return diag_error(s->c->diags, NULL, "A web identity token cannot be read",
                          "%s, for %s: %s.", token_file, source, reason);
    if (!session_ask(s->c, s->session, &sts_assume_role_with_web_identity,
                     value_map_of(a, {"RoleArn", value_string(a, role_arn)},
                                  {"RoleSessionName",
                                   value_string(a, *session_name ? session_name : default_session)},
                                  {"WebIdentityToken", value_string_of(a, text_trim(token))}),
                     NULL, &reply))
        return false;
    if (!reply.output)
        return diag_error(s->c->diags, NULL, "A role of AWS cannot be assumed",
                          "Role %s, with the token in %s: %s: %s\n\nThe role's trust policy has to "
                          "name the token's issuer, and its conditions have to fit the token's "
                          "sub and aud.",
                          role_arn, token_file, reply.error.code, reply.error.message);
    return take(s, &reply, text_f(a, "role %s, assumed with %s", role_arn, source), out);
}
