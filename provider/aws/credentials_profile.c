/* credentials_profile - what one profile of the shared files says, and those that it
 * builds upon. */
#include <string.h>

#include "aws/credentials_parts.h"

enum { CHAIN_MAX = 8 };

static bool cannot(struct search *s, const char *name, const char *reason)
{
    return diag_error(s->c->diags, NULL, text_f(s->c->arena, "Profile %s cannot be used", name),
                      "%s (%s, %s)", reason, s->files.config_path, s->files.credentials_path);
}

static bool keys_of(struct search *s, const char *name, const struct value *p,
                    struct aws_credentials *out, bool *found)
{
    return credentials_static(
        s, value_text(p, "aws_access_key_id"), value_text(p, "aws_secret_access_key"),
        value_text(p, "aws_session_token"), text_f(s->c->arena, "profile %s", name), out, found);
}

/* source_profile may be the profile itself: its own keys then. */
static bool base_of_role(struct search *s, const char *name, const struct value *p, int depth,
                         struct aws_credentials *out)
{
    const char *source = value_text(p, "source_profile"),
               *kind = value_text(p, "credential_source");
    bool found = false;

    if (*source && strcmp(source, name) == 0)
        return keys_of(s, name, p, out, &found) &&
               (found || cannot(s, name, "It is its own source_profile, but has no keys."));
    if (*source)
        return credentials_profile(s, source, depth + 1, out, &found) &&
               (found ||
                cannot(s, name,
                       text_f(s->c->arena, "Its source_profile %s has no credentials.", source)));
    if (strcmp(kind, "Environment") == 0)
        return credentials_environment(s, out, &found) &&
               (found || cannot(s, name, "There are no keys in the environment."));
    if (strcmp(kind, "EcsContainer") == 0)
        return credentials_container(s, out, &found) &&
               (found || cannot(s, name, "There are no container credentials."));
    if (strcmp(kind, "Ec2InstanceMetadata") == 0)
        return credentials_instance(s, out, &found) &&
               (found || cannot(s, name, "There are no instance credentials."));
    return cannot(s, name,
                  "It has a role_arn, but neither source_profile, web_identity_token_file nor a "
                  "known credential_source (Environment, Ec2InstanceMetadata, EcsContainer).");
}

static bool role_of(struct search *s, const char *name, const struct value *p, int depth,
                    struct aws_credentials *out)
{
    const char *token = value_text(p, "web_identity_token_file"),
               *source = text_f(s->c->arena, "profile %s", name);
    struct aws_credentials base;

    if (*value_text(p, "mfa_serial"))
        return cannot(s, name,
                      "Its role demands a one-time code (mfa_serial), which cannot be asked for "
                      "here. Log in with a tool that asks, and use the session it gives.");
    if (*token)
        return credentials_web_identity(s, token, value_text(p, "role_arn"),
                                        value_text(p, "role_session_name"), source, out);
    return base_of_role(s, name, p, depth, &base) &&
           credentials_assume_role(s, p, &base, source, out);
}

bool credentials_profile(struct search *s, const char *name, int depth, struct aws_credentials *out,
                         bool *found)
{
    const struct value *p = shared_files_profile(&s->files, name);

    *found = false;
    if (!p)
        return depth || *s->wish->profile ? cannot(s, name, "It is in neither shared file.") : true;
    if (depth > CHAIN_MAX)
        return cannot(s, name, "The source_profile settings form a circle.");
    *found = true;
    if (*value_text(p, "role_arn"))
        return role_of(s, name, p, depth, out);
    if (!keys_of(s, name, p, out, found))
        return false;
    if (*found)
        return true;
    *found = true;
    if (*value_text(p, "sso_session") || *value_text(p, "sso_start_url"))
        return credentials_sso(s, name, p, out);
    if (*value_text(p, "credential_process"))
        return credentials_process(s, name, value_text(p, "credential_process"), out);
    if (*value_text(p, "login_session"))
        return cannot(s, name,
                      "It signs in by login_session, which is not supported. Export its keys to "
                      "the environment, or use SSO.");
    *found = false;
    return true;
}
