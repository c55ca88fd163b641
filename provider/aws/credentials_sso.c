/* credentials_sso - keys for the login that another tool has cached: read, renewed when
 * it is about to end, and exchanged for keys of the profile's role. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "aws/credentials_parts.h"
#include "aws/sso.h"
#include "base/clock.h"
#include "base/file.h"
#include "codec/json.h"
#include "crypto/digest.h"

enum { CACHE_BYTES_MAX = 256 << 10, RENEW_S = 15 * 60 };

static const char folder[] = "~/.aws/sso/cache";

struct login {
    struct search *s;
    const char *profile, *session; /* session "" = the older form without one */
    const char *start_url, *region, *account, *role;
    const char *file; /* of the cache, in `folder` */
    const struct value *cached;
};

static bool log_in(struct login *l, const char *reason)
{
    return diag_error(l->s->c->diags, NULL, "The AWS login is over",
                      "Profile %s: %s Log in again: aws sso login --profile %s", l->profile, reason,
                      l->profile);
}

static bool settings_of(struct login *l, const struct value *p)
{
    const struct value *from = p;

    l->session = value_text(p, "sso_session");
    if (*l->session)
        from = value_at(l->s->files.sso_sessions, l->session);
    l->start_url = value_text(from, "sso_start_url");
    l->region = value_text(from, "sso_region");
    l->account = value_text(p, "sso_account_id");
    l->role = value_text(p, "sso_role_name");
    if (*l->start_url && *l->region && *l->account && *l->role)
        return true;
    return diag_error(l->s->c->diags, NULL, "An SSO profile of AWS is incomplete",
                      "Profile %s needs sso_account_id and sso_role_name, and sso_start_url and "
                      "sso_region in %s (%s).",
                      l->profile,
                      *l->session ? text_f(l->s->c->arena, "its sso-session %s", l->session)
                                  : "itself",
                      l->s->files.config_path);
}

bool credentials_sso_cache(struct call *c, struct text text, const char *path,
                           const struct value **out)
{
    if (!json_read(c->arena, text, path, c->diags, out))
        return false;
    return *value_text(*out, "accessToken") ||
           diag_error(c->diags, NULL, "The cached login of AWS is malformed",
                      "There is no accessToken in %s. Log in again: aws sso login", path);
}

/* Named by the SHA-1 of the session's name, or of the start URL where there is none. */
static bool cache_read(struct login *l)
{
    struct call *c = l->s->c;
    const char *name = *l->session ? l->session : l->start_url, *reason, *path;
    struct text hash, text;
    bool found;

    if (!digest_named(c->arena, c->diags, "SHA1", text_of(name), &hash))
        return false;
    l->file = text_f(c->arena, "%s.json", digest_hex(c->arena, hash.at, hash.len));
    path = file_expand(c->arena, text_f(c->arena, "%s/%s", folder, l->file));
    if (!file_read(c->arena, path, CACHE_BYTES_MAX, &text, &found, &reason))
        return log_in(l, found ? text_f(c->arena, "%s cannot be read: %s.", path, reason)
                               : "nobody has logged in on this machine.");
    return credentials_sso_cache(c, text, path, &l->cached);
}

static bool portal_ask(struct login *l, const struct aws_operation *operation,
                       const struct value *input, struct aws_reply *reply)
{
    struct aws *there;

    return aws_open_region(l->s->c, l->s->session, l->region, &there) &&
           session_ask(l->s->c, there, operation, input, NULL, reply);
}

/* Written back, so that the other tools go on with the new token too. */
static void cache_write(struct login *l)
{
    struct call *c = l->s->c;
    const char *reason;

    if (!file_replace(c->arena, file_expand(c->arena, folder), l->file,
                      json_write(c->arena, l->cached), &reason))
        diag_warning(c->diags, NULL, "The renewed AWS login could not be kept",
                     "%s/%s: %s. The next run has to renew it again.", folder, l->file, reason);
}

static bool renew(struct login *l, int64_t now)
{
    struct call *c = l->s->c;
    struct arena *a = c->arena;
    const char *refresh = value_text(l->cached, "refreshToken");
    struct aws_reply reply;

    if (!*refresh)
        return log_in(l, "the login has ended and cannot be renewed.");
    if (!portal_ask(l, &sso_oidc_create_token,
                    value_map_of(a, {"clientId", value_at(l->cached, "clientId")},
                                 {"clientSecret", value_at(l->cached, "clientSecret")},
                                 {"grantType", value_string(a, "refresh_token")},
                                 {"refreshToken", value_string(a, refresh)}),
                    &reply))
        return false;
    if (!reply.output)
        return log_in(l, text_f(a, "the login could not be renewed: %s %s.", reply.error.code,
                                reply.error.message));
    l->cached = value_with(a, l->cached, "accessToken", value_at(reply.output, "accessToken"));
    if (value_has(reply.output, "refreshToken"))
        l->cached =
            value_with(a, l->cached, "refreshToken", value_at(reply.output, "refreshToken"));
    l->cached = value_with(
        a, l->cached, "expiresAt",
        value_string(a, clock_rfc3339(a, now + value_integer_at(reply.output, "expiresIn"))));
    cache_write(l);
    return true;
}

/* A login that has not ended is good enough when its renewal fails. */
static bool token_ready(struct login *l)
{
    int64_t now = aws_now(l->s->session),
            left = clock_parse_rfc3339(value_text(l->cached, "expiresAt")) - now;
    struct call *c = l->s->c;
    struct diags ignored, *told = c->diags;
    bool renewed;

    if (left > RENEW_S)
        return true;
    if (left <= 0)
        return renew(l, now);
    diags_init(&ignored, c->arena);
    c->diags = &ignored;
    renewed = renew(l, now);
    c->diags = told;
    (void)renewed;
    return true;
}

bool credentials_sso(struct search *s, const char *profile, const struct value *settings,
                     struct aws_credentials *out)
{
    struct login l = {.s = s, .profile = profile};
    struct arena *a = s->c->arena;
    const struct value *found;
    struct aws_reply reply;

    if (!settings_of(&l, settings) || !cache_read(&l) || !token_ready(&l) ||
        !portal_ask(&l, &sso_get_role_credentials,
                    value_map_of(a, {"roleName", value_string(a, l.role)},
                                 {"accountId", value_string(a, l.account)},
                                 {"accessToken", value_at(l.cached, "accessToken")}),
                    &reply))
        return false;
    if (!reply.output && reply.error.status == 401)
        return log_in(&l, "the login is no longer accepted.");
    if (!reply.output)
        return diag_error(s->c->diags, NULL, "No credentials from SSO",
                          "Profile %s, account %s, role %s: %s %s", profile, l.account, l.role,
                          reply.error.code, reply.error.message);
    found = value_at(reply.output, "roleCredentials");
    *out = (struct aws_credentials){
        .key = {value_text(found, "accessKeyId"), value_text(found, "secretAccessKey"),
                value_text(found, "sessionToken")},
        .expires_at = value_integer_at(found, "expiration") / 1000, /* milliseconds there */
        .source = text_f(a, "profile %s (SSO)", profile)};
    return true;
}
