#include "aws/credentials.h"

#include <stdlib.h>
#include <string.h>

#include "aws/credentials_parts.h"
#include "base/clock.h"

enum { LOOKED_BYTES_MAX = 4096 };

static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value ? value : "";
}

bool credentials_skip(struct search *s, const char *source)
{
    text_add_f(&s->looked, "\n- %s", source);
    return true;
}

bool credentials_static(struct search *s, const char *id, const char *secret, const char *token,
                        const char *source, struct aws_credentials *out, bool *found)
{
    *found = *id || *secret;
    if (!*found)
        return true;
    if (!*id || !*secret)
        return diag_error(s->c->diags, NULL, "Credentials of AWS are incomplete",
                          "%s has %s without %s.", source,
                          *id ? "an access key id" : "a secret access key",
                          *id ? "its secret access key" : "its access key id");
    *out = (struct aws_credentials){.key = {id, secret, token}, .source = source};
    return true;
}

bool credentials_document(struct search *s, const struct value *json, const char *source,
                          struct aws_credentials *out)
{
    const char *token = value_text(json, "SessionToken"),
               *expiration = value_text(json, "Expiration");

    *out = (struct aws_credentials){.key = {value_text(json, "AccessKeyId"),
                                            value_text(json, "SecretAccessKey"),
                                            *token ? token : value_text(json, "Token")},
                                    .expires_at = *expiration ? clock_parse_rfc3339(expiration) : 0,
                                    .source = source};
    if (!*out->key.id || !*out->key.secret)
        return diag_error(s->c->diags, NULL, "Credentials of AWS are incomplete",
                          "%s gave no AccessKeyId or no SecretAccessKey.", source);
    if (out->expires_at < 0)
        return diag_error(s->c->diags, NULL, "Credentials of AWS are malformed",
                          "%s gave an Expiration that is not a time: %s.", source,
                          text_printable(s->c->arena, text_of(expiration), 64));
    return true;
}

/* --- the chain -------------------------------------------------------------------- */

bool credentials_environment(struct search *s, struct aws_credentials *out, bool *found)
{
    const char *expiration = environment("AWS_CREDENTIAL_EXPIRATION");

    if (!credentials_static(s, environment("AWS_ACCESS_KEY_ID"),
                            environment("AWS_SECRET_ACCESS_KEY"), environment("AWS_SESSION_TOKEN"),
                            "the environment", out, found))
        return false;
    if (!*found)
        return credentials_skip(s, "environment: AWS_ACCESS_KEY_ID is not set");
    if (*expiration && clock_parse_rfc3339(expiration) > 0)
        out->expires_at = clock_parse_rfc3339(expiration);
    return true;
}

static bool from_web_identity(struct search *s, struct aws_credentials *out, bool *found)
{
    const char *file = environment("AWS_WEB_IDENTITY_TOKEN_FILE"),
               *role = environment("AWS_ROLE_ARN");

    *found = *file != '\0';
    if (!*found)
        return credentials_skip(s, "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set");
    return credentials_web_identity(s, file, role, environment("AWS_ROLE_SESSION_NAME"),
                                    "the web identity of the environment", out);
}

static bool from_profile(struct search *s, struct aws_credentials *out, bool *found)
{
    const char *name = shared_files_profile_name(s->wish->profile);

    if (!credentials_profile(s, name, 0, out, found))
        return false;
    return *found || credentials_skip(s, text_f(s->c->arena, "profile %s: %s", name,
                                                shared_files_profile(&s->files, name)
                                                    ? "it has no credentials"
                                                    : "it is in neither shared file"));
}

/* A profile that the provider block names is the only source; else AWS's order. */
static bool walk(struct search *s, struct aws_credentials *out, bool *found)
{
    static bool (*const sources[])(struct search *, struct aws_credentials *, bool *) = {
        credentials_environment, from_web_identity, from_profile, credentials_container,
        credentials_instance};

    if (*s->wish->profile)
        return from_profile(s, out, found);
    *found = false;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]) && !*found; i++)
        if (!sources[i](s, out, found))
            return false;
    return true;
}

bool credentials_find(struct call *c, struct aws *session, const struct credentials_wish *wish,
                      struct aws_credentials *out)
{
    struct search s = {.c = c, .session = session, .wish = wish};
    struct aws_credentials base = {0};
    bool found;

    text_builder_init(&s.looked, c->arena, LOOKED_BYTES_MAX);
    if (!shared_files_read(c, &s.files) || !walk(&s, &base, &found))
        return false;
    if (!found)
        return diag_error(c->diags, path_of(c->arena, "aws"), "No credentials for AWS",
                          "None of the usual sources has any:%s\n\nSet a profile in the provider "
                          "block, log in, or set the environment's keys.",
                          text_built(&s.looked).at);
    *out = base;
    return !value_is_set(wish->assume_role) ||
           credentials_assume_role(&s, wish->assume_role, &base, base.source, out);
}

/* --- region ------------------------------------------------------------------------- */

const char *credentials_region(struct call *c, const char *profile, const struct path *at)
{
    const char *region = value_text(value_at(c->clients->provider_config, "aws"), "region");
    const char *name = shared_files_profile_name(profile);
    struct shared_files files;

    if (!*region)
        region = environment("AWS_REGION");
    if (!*region)
        region = environment("AWS_DEFAULT_REGION");
    if (*region)
        return region;
    if (!shared_files_read(c, &files))
        return NULL;
    region = value_text(value_at(files.profiles, name), "region");
    if (!*region)
        region = credentials_instance_region(c);
    if (region && *region)
        return region;
    (void)!diag_error(c->diags, at, "No region of AWS is known",
                      "Neither the resource nor the provider block names one, AWS_REGION is not "
                      "set, and profile %s has none.",
                      name);
    return NULL;
}
