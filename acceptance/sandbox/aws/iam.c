/* The stand-in IAM: what holds for roles, policies and providers alike. */
#include "acceptance/sandbox/aws/cloud_iam.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "codec/json.h"
#include "http/url.h"

enum { TAGS_MAX = 50 };

/* --- records -------------------------------------------------------------------------- */
static struct record *found(struct cloud_request *r, struct record *record, const char *kind,
                            const char *id)
{
    static const char *const words[][2] = {{"role", "role with name"},
                                           {"instance-profile", "instance profile"},
                                           {"oidc-provider", "OpenIDConnect Provider"},
                                           {"policy", "policy"}};

    if (record)
        return record;
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (strcmp(words[i][0], kind) == 0)
            cloud_refuse(r, 404, "NoSuchEntity", "The %s %s cannot be found.", words[i][1], id);
    return NULL;
}

struct record *cloud_iam_get(struct cloud_request *r, const char *kind, const char *id)
{
    return found(r, record_seen(r->cloud, "", kind, id), kind, id);
}

struct record *cloud_iam_get_any(struct cloud_request *r, const char *kind, const char *id)
{
    return found(r, record_find(r->cloud, "", kind, id), kind, id);
}

bool cloud_iam_exists(struct cloud_request *r, const char *kind, const char *name)
{
    return cloud_refuse(r, 409, "EntityAlreadyExists", "The %s %s already exists.", kind, name);
}

bool cloud_iam_done(struct cloud_request *r)
{
    return cloud_answer(r, &value_empty_map);
}

const char *cloud_iam_new_id(struct cloud *c, struct arena *a, const char *prefix)
{
    char *id = arena_strdup(a, cloud_new_id(c, a, prefix));
    size_t len = strlen(prefix);

    memmove(id + len, id + len + 1, strlen(id + len)); /* without the dash */
    for (char *at = id; *at; at++)
        *at = (char)toupper((unsigned char)*at);
    return id;
}

const struct value *cloud_iam_now(struct arena *a)
{
    return value_string(a, clock_rfc3339(a, clock_now()));
}

bool cloud_iam_list(struct cloud_request *r, const char *member, const struct value *items)
{
    return cloud_answer(r, value_map_of(r->a, {member, items}, {"IsTruncated", &value_false}));
}

/* --- tags ------------------------------------------------------------------------------- */
bool cloud_iam_tag(struct cloud_request *r, struct record *record)
{
    const struct value *list = cloud_items(r->a, value_at(r->parameters, "Tags"));
    const struct value *tags = record->tags;

    for (size_t i = 0; i < value_count(list); i++) {
        const char *key = value_text(value_item(list, i), "Key");

        if (!*key || strncmp(key, "aws:", 4) == 0)
            return cloud_refuse(r, 400, "InvalidInput", "The tag key \"%s\" is not allowed.", key);
        tags = value_with(r->a, tags, key,
                          value_string(r->a, value_text(value_item(list, i), "Value")));
    }
    if (value_count(tags) > TAGS_MAX)
        return cloud_refuse(r, 409, "LimitExceeded", "The number of tags has reached %d.",
                            TAGS_MAX);
    record->tags = value_copy(record->arena, tags);
    return true;
}

bool cloud_iam_untag(struct cloud_request *r, struct record *record)
{
    const struct value *keys = cloud_items(r->a, value_at(r->parameters, "TagKeys"));

    for (size_t i = 0; i < value_count(keys); i++)
        record->tags = value_with(record->arena, record->tags, value_z(value_item(keys, i)), NULL);
    return true;
}

const struct value *cloud_iam_tags(struct arena *a, const struct record *record)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(record->tags); i++)
        value_builder_add(
            &b, value_map_of(a, {"Key", value_string(a, record->tags->map.entries[i].key)},
                             {"Value", record->tags->map.entries[i].value}));
    return value_builder_list(&b);
}

/* --- documents -------------------------------------------------------------------------- */
/* A trust document says who, every other one says what about. */
static bool statement_fits(const struct value *s, bool is_trust)
{
    const char *effect = value_text(s, "Effect");
    bool acts = value_has(s, "Action") || value_has(s, "NotAction");
    bool about = value_has(s, "Resource") || value_has(s, "NotResource");
    bool names = value_has(s, "Principal");

    if (strcmp(effect, "Allow") != 0 && strcmp(effect, "Deny") != 0)
        return false;
    return acts && names == is_trust && about == !is_trust;
}

static bool principal_exists(struct cloud_request *r, const char *arn)
{
    const char *ours = text_f(r->a, "arn:aws:iam::%s:role/", r->cloud->account);

    return strncmp(arn, ours, strlen(ours)) != 0 || cloud_iam_role_of_arn(r->cloud, arn);
}

static bool principals_exist(struct cloud_request *r, const struct value *principal)
{
    if (principal->kind == VALUE_STRING)
        return principal_exists(r, value_z(principal));
    for (size_t i = 0; i < value_count(principal); i++)
        if (!principal_exists(r, value_z(value_item(principal, i))))
            return false;
    return true;
}

static const char *document_fault(struct cloud_request *r, const char *text, bool is_trust)
{
    const struct value *document, *statements;

    if (json_try(r->a, text_of(text), &document))
        return "Syntax errors in policy.";
    statements = value_at(document, "Statement");
    if (statements->kind == VALUE_MAP)
        statements = value_list_of(r->a, statements);
    if (!value_count(statements))
        return "Syntax errors in policy: it has no statement.";
    for (size_t i = 0; i < value_count(statements); i++) {
        const struct value *statement = value_item(statements, i);

        if (!statement_fits(statement, is_trust))
            return is_trust ? "Syntax errors in policy: a statement of a trust policy has Effect, "
                              "Principal and Action, and no Resource."
                            : "Syntax errors in policy: a statement has Effect, Action and "
                              "Resource, and no Principal.";
        if (!principals_exist(r, value_in(statement, "Principal", "AWS")))
            return "Invalid principal in policy.";
    }
    return NULL;
}

bool cloud_iam_document_fits(struct cloud_request *r, const char *document, bool is_trust)
{
    const char *fault = document_fault(r, document, is_trust);

    return !fault || cloud_refuse(r, 400, "MalformedPolicyDocument", "%s", fault);
}

const struct value *cloud_iam_encoded(struct arena *a, const char *document)
{
    return value_string(a, url_escape(a, text_of(document), ""));
}

/* --- for other services ------------------------------------------------------------------ */
static const char *name_of_arn(const char *arn)
{
    const char *slash = strrchr(arn, '/');

    return slash ? slash + 1 : arn;
}

struct record *cloud_iam_role_of_arn(struct cloud *c, const char *arn)
{
    struct record *role = record_seen(c, "", "role", name_of_arn(arn));

    return role && record_is(role, "Arn", arn) ? role : NULL;
}

const char *cloud_iam_principal(struct cloud *c, struct arena *a, const char *caller_arn)
{
    const char *marker = strstr(caller_arn, ":assumed-role/"), *name;
    const struct record *role;
    struct text rest, piece;

    if (!marker)
        return caller_arn;
    rest = text_of(marker + strlen(":assumed-role/"));
    text_split(&rest, '/', &piece);
    name = text_z(a, piece);
    role = record_find(c, "", "role", name);
    return role ? record_text(role, "Arn") : text_f(a, "arn:aws:iam::%s:role/%s", c->account, name);
}

/* --- the service --------------------------------------------------------------------------- */
static const struct cloud_operation *const tables[] = {
    cloud_iam_role_operations, cloud_iam_role_policy_operations, cloud_iam_policy_operations,
    cloud_iam_provider_operations, NULL};

const struct cloud_service cloud_iam = {
    .name = "iam",
    .protocol = AWS_QUERY,
    .version = "2010-05-08",
    .xmlns = "https://iam.amazonaws.com/doc/2010-05-08/",
    .region = "us-east-1",
    .operations = tables,
    .seed = cloud_iam_seed_policies,
};
