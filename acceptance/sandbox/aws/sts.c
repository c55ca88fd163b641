/* The stand-in Security Token Service: who somebody is, and becoming a role. */
#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/aws/cloud_iam.h"
#include "base/clock.h"
#include "codec/base64.h"
#include "codec/json.h"

enum { SESSION_SECONDS = 3600, SESSION_SECONDS_MIN = 900, SESSION_SECONDS_MAX = 43200 };

static bool get_caller_identity(struct cloud_request *r)
{
    struct arena *a = r->a;

    return cloud_answer(r, value_map_of(a, {"Arn", value_string(a, r->key->arn)},
                                        {"UserId", value_string(a, r->key->user_id)},
                                        {"Account", value_string(a, r->cloud->account)}));
}

/* --- becoming a role ---------------------------------------------------------------------- */
/* "mesh-admin" of "arn:aws:iam::111122223333:role/path/mesh-admin"; NULL = not ours. */
static const char *role_name(const struct cloud_request *r, const char *arn)
{
    const char *prefix = text_f(r->a, "arn:aws:iam::%s:role/", r->cloud->account);

    return strncmp(arn, prefix, strlen(prefix)) == 0 ? strrchr(arn, '/') + 1 : NULL;
}

/* By its trust policy when IAM's store has the role. Roles are records of kind "role" in
 * region "", by name; without any, every role is as good. */
static bool may_assume(const struct cloud_request *r, const char *name,
                       const struct cloud_iam_caller *who, const char *action)
{
    struct record *role = name ? record_find(r->cloud, "", "role", name) : NULL;
    bool has_iam = record_next(r->cloud, NULL, "", "role") != NULL;
    bool tags = value_count(value_at(r->parameters, "Tags")) > 0;

    if (!name || (has_iam && !role))
        return false;
    return !role || (cloud_iam_lets_in(r->a, role, who, action) &&
                     (!tags || cloud_iam_lets_in(r->a, role, who, "sts:TagSession")));
}

static const struct cloud_key *new_session(struct cloud_request *r, const char *role,
                                           int64_t seconds)
{
    struct cloud *c = r->cloud;
    struct arena *a = c->arena;
    struct cloud_key *key = arena_alloc(a, sizeof(*key));
    const char *session = cloud_text(r, "RoleSessionName"), *id = identity_random_suffix(a, 16);

    *key = (struct cloud_key){
        .next = c->keys,
        .id = text_f(a, "ASIA%s", id),
        .secret = text_f(a, "%s%s", identity_random_suffix(a, 20), identity_random_suffix(a, 20)),
        .session_token = text_f(a, "StandInSession//%s+%s==", identity_random_suffix(a, 30),
                                identity_random_suffix(a, 30)),
        .arn = text_f(a, "arn:aws:sts::%s:assumed-role/%s/%s", c->account, role, session),
        .user_id = text_f(a, "AROA%s:%s", cloud_new_id(c, a, "role") + 6, session),
        .expires_at = clock_now() + seconds};
    c->keys = key;
    return key;
}

static bool answer_session(struct cloud_request *r, const struct cloud_key *key)
{
    struct arena *a = r->a;

    return cloud_answer(
        r,
        value_map_of(
            a,
            {"Credentials",
             value_map_of(a, {"AccessKeyId", value_string(a, key->id)},
                          {"SecretAccessKey", value_string(a, key->secret)},
                          {"SessionToken", value_string(a, key->session_token)},
                          {"Expiration", value_string(a, clock_rfc3339(a, key->expires_at))})},
            {"AssumedRoleUser", value_map_of(a, {"Arn", value_string(a, key->arn)},
                                             {"AssumedRoleId", value_string(a, key->user_id)})}));
}

static bool times_fit(struct cloud_request *r, int64_t *seconds)
{
    const char *given = cloud_text(r, "DurationSeconds");
    size_t session_len = strlen(cloud_text(r, "RoleSessionName"));

    *seconds = *given ? strtoll(given, NULL, 10) : SESSION_SECONDS;
    return (*seconds >= SESSION_SECONDS_MIN && *seconds <= SESSION_SECONDS_MAX &&
            session_len >= 2 && session_len <= 64) ||
           cloud_refuse(r, 400, "ValidationError",
                        "1 validation error detected: DurationSeconds (%s) or RoleSessionName is "
                        "out of its range",
                        given);
}

static bool assume_role(struct cloud_request *r)
{
    const char *arn = cloud_text(r, "RoleArn"), *name = role_name(r, arn);
    const struct cloud_iam_caller who = {
        .type = "AWS",
        .principal = cloud_iam_principal(r->cloud, r->a, r->key->arn),
        .session = r->key->arn,
        .context =
            value_map_of(r->a, {"sts:ExternalId", value_at(r->parameters, "ExternalId")},
                         {"sts:RoleSessionName", value_at(r->parameters, "RoleSessionName")},
                         {"aws:PrincipalArn",
                          value_string(r->a, cloud_iam_principal(r->cloud, r->a, r->key->arn))},
                         {"aws:PrincipalAccount", value_string(r->a, r->cloud->account)})};
    int64_t seconds;

    if (!times_fit(r, &seconds))
        return false;
    if (!may_assume(r, name, &who, "sts:AssumeRole"))
        return cloud_refuse(r, 403, "AccessDenied",
                            "User: %s is not authorized to perform: sts:AssumeRole on resource: %s",
                            r->key->arn, arn);
    return answer_session(r, new_session(r, name, seconds));
}

/* --- by a token of somebody else ------------------------------------------------------------ */
/* What a JSON web token claims; null when it is none. Nobody checks its signature here. */
static const struct value *claims_of(struct cloud_request *r)
{
    struct text rest = text_of(cloud_text(r, "WebIdentityToken")), pieces[3], json;
    const struct value *claims;
    size_t count = 0;

    while (count < 3 && text_split(&rest, '.', &pieces[count]) && pieces[count].len)
        count++;
    if (count != 3 || rest.len)
        return NULL;
    if (!base64_decode(r->a, pieces[1], BASE64_URL_RAW, &json) || json_try(r->a, json, &claims))
        return &value_null;
    return claims;
}

static bool assume_role_with_web_identity(struct cloud_request *r)
{
    const char *arn = cloud_text(r, "RoleArn"), *name = role_name(r, arn), *url, *issuer;
    const struct value *claims = claims_of(r), *audience;
    struct cloud_iam_caller who = {.type = "Federated"};
    int64_t seconds;

    if (!claims)
        return cloud_refuse(r, 400, "InvalidIdentityToken",
                            "The ID Token provided is not a valid JWT.");
    if (!times_fit(r, &seconds))
        return false;
    url = value_text(claims, "iss");
    issuer = strstr(url, "://") ? strstr(url, "://") + 3 : url;
    audience = value_at(claims, "aud");
    audience = audience->kind == VALUE_LIST ? value_item(audience, 0) : audience;
    who.principal = who.session =
        text_f(r->a, "arn:aws:iam::%s:oidc-provider/%s", r->cloud->account, issuer);
    who.context = value_map_of(r->a, {text_f(r->a, "%s:sub", issuer), value_at(claims, "sub")},
                               {text_f(r->a, "%s:aud", issuer), audience});
    if (name && record_find(r->cloud, "", "role", name) &&
        !record_seen(r->cloud, "", "oidc-provider", who.principal))
        return cloud_refuse(r, 400, "InvalidIdentityToken",
                            "No OpenIDConnect provider found in your account for %s", url);
    if (!may_assume(r, name, &who, "sts:AssumeRoleWithWebIdentity"))
        return cloud_refuse(r, 403, "AccessDenied",
                            "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    return answer_session(r, new_session(r, name, seconds));
}

static const struct cloud_operation operations[] = {
    {.name = "GetCallerIdentity", .handle = get_caller_identity, .parameters = ""},
    {.name = "AssumeRole",
     .handle = assume_role,
     .parameters = "!RoleArn !RoleSessionName ExternalId DurationSeconds Policy Tags"},
    {.name = "AssumeRoleWithWebIdentity",
     .handle = assume_role_with_web_identity,
     .parameters = "!RoleArn !RoleSessionName !WebIdentityToken DurationSeconds",
     .is_unsigned = true},
    {.name = NULL}};
static const struct cloud_operation *const tables[] = {operations, NULL};

const struct cloud_service cloud_sts = {
    .name = "sts",
    .protocol = AWS_QUERY,
    .version = "2011-06-15",
    .xmlns = "https://sts.amazonaws.com/doc/2011-06-15/",
    .operations = tables,
};
