/* The stand-in Secrets Manager: secrets, their versions, and their end after a while in
 * which they can be restored. Records: "secret" by name, in a region; the body has the
 * members of DescribeSecret, and ".versions": a map of SecretString, CreatedDate and
 * VersionStages by the version's id. */
#include <ctype.h>
#include <string.h>

#include "acceptance/sandbox/aws/cloud_server.h"
#include "acceptance/sandbox/identity.h"
#include "base/clock.h"

enum {
    NAME_BYTES_MAX = 512,
    VALUE_BYTES_MAX = 65536,
    TAGS_MAX = 50,
    WINDOW_DAYS = 30, /* also the longest */
    WINDOW_DAYS_MIN = 7,
    DAY_SECONDS = 86400,
    GOING_SECONDS = 5, /* a name is taken so long after its secret went at once */
};

static const char kind[] = "secret";

/* --- refusals ------------------------------------------------------------------------- */
static bool not_found(struct cloud_request *r)
{
    return cloud_refuse(r, 400, "ResourceNotFoundException",
                        "Secrets Manager can't find the specified secret.");
}

static bool not_valid(struct cloud_request *r, const char *message)
{
    return cloud_refuse(r, 400, "InvalidParameterException", "%s", message);
}

static bool not_now(struct cloud_request *r, const char *message)
{
    return cloud_refuse(r, 400, "InvalidRequestException", "%s", message);
}

/* --- records -------------------------------------------------------------------------- */
static const struct value *now(struct arena *a)
{
    return value_integer(a, clock_now());
}

static bool is_deleted(const struct record *secret)
{
    return value_has(secret->body, "DeletedDate");
}

/* Gone but for its name. */
static bool is_going(const struct record *secret)
{
    return value_flag(secret->body, ".going");
}

/* An ARN may lack the six characters that AWS put behind the name. */
static bool is_named(const struct record *secret, const char *id)
{
    const char *arn = record_text(secret, "ARN");
    size_t len = strlen(arn);

    return strcmp(secret->id, id) == 0 || strcmp(arn, id) == 0 ||
           (strlen(id) == len - 7 && strncmp(arn, id, len - 7) == 0);
}

static struct record *find_any(struct cloud_request *r, const char *id)
{
    struct record *secret = NULL;

    while ((secret = record_next(r->cloud, secret, r->region, kind)))
        if (is_named(secret, id))
            return secret;
    return NULL;
}

/* Of SecretId, as a reader sees it; NULL = refused. */
static struct record *find(struct cloud_request *r)
{
    struct record *secret = find_any(r, cloud_text(r, "SecretId"));

    if (secret && !is_going(secret) && record_seen(r->cloud, r->region, kind, secret->id))
        return secret;
    not_found(r);
    return NULL;
}

/* The same when it is not on its way out. */
static struct record *find_living(struct cloud_request *r)
{
    struct record *secret = find(r);

    if (!secret || !is_deleted(secret))
        return secret;
    not_now(r, "You can't perform this operation on the secret because it was marked for "
               "deletion.");
    return NULL;
}

static const struct value *named(struct cloud_request *r, const struct record *secret)
{
    return value_map_of(r->a, {"ARN", value_at(secret->body, "ARN")},
                        {"Name", value_at(secret->body, "Name")});
}

/* --- tags ----------------------------------------------------------------------------- */
static bool tag(struct cloud_request *r, struct record *secret)
{
    const struct value *list = value_at(r->parameters, "Tags"), *tags = secret->tags;

    for (size_t i = 0; i < value_count(list); i++) {
        const char *key = value_text(value_item(list, i), "Key");

        if (!*key || strncmp(key, "aws:", 4) == 0)
            return not_valid(r, "Tag keys can't be empty or begin with aws:.");
        tags = value_with(r->a, tags, key, value_at(value_item(list, i), "Value"));
    }
    if (value_count(tags) > TAGS_MAX)
        return not_valid(r, "You can't have more than 50 tags on a secret.");
    secret->tags = value_copy(secret->arena, tags);
    return true;
}

static const struct value *tags_of(struct arena *a, const struct record *secret)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(secret->tags); i++)
        value_builder_add(
            &b, value_map_of(a, {"Key", value_string(a, secret->tags->map.entries[i].key)},
                             {"Value", secret->tags->map.entries[i].value}));
    return value_builder_list(&b);
}

static bool tag_resource(struct cloud_request *r)
{
    struct record *secret = find_living(r);

    return secret && tag(r, secret) && cloud_answer(r, &value_empty_map);
}

static bool untag_resource(struct cloud_request *r)
{
    const struct value *keys = value_at(r->parameters, "TagKeys");
    struct record *secret = find_living(r);

    if (!secret)
        return false;
    for (size_t i = 0; i < value_count(keys); i++)
        secret->tags = value_with(secret->arena, secret->tags, value_z(value_item(keys, i)), NULL);
    return cloud_answer(r, &value_empty_map);
}

/* --- versions ------------------------------------------------------------------------- */
static const struct value *stages_without(struct arena *a, const struct value *version,
                                          const char *stage)
{
    const struct value *stages = value_at(version, "VersionStages");
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(stages); i++)
        if (strcmp(value_z(value_item(stages, i)), stage) != 0)
            value_builder_add(&b, value_item(stages, i));
    return value_with(a, version, "VersionStages", value_builder_list(&b));
}

static bool has_stage(const struct value *version, const char *stage)
{
    const struct value *stages = value_at(version, "VersionStages");

    for (size_t i = 0; i < value_count(stages); i++)
        if (strcmp(value_z(value_item(stages, i)), stage) == 0)
            return true;
    return false;
}

/* The new version is AWSCURRENT, what was that is AWSPREVIOUS. */
static void add_version(struct cloud_request *r, struct record *secret, const char *id,
                        const struct value *content)
{
    const struct value *before = value_at(secret->body, ".versions");
    struct value_builder b;

    value_builder_init(&b, r->a);
    for (size_t i = 0; i < value_count(before); i++) {
        const struct value *v = stages_without(r->a, before->map.entries[i].value, "AWSPREVIOUS");

        if (has_stage(v, "AWSCURRENT"))
            v = value_with(r->a, v, "VersionStages",
                           value_list_of(r->a, value_string(r->a, "AWSPREVIOUS")));
        value_builder_set(&b, before->map.entries[i].key, v);
    }
    value_builder_set(
        &b, arena_strdup(secret->arena, id),
        value_map_of(r->a, {"SecretString", content}, {"CreatedDate", now(r->a)},
                     {"VersionStages", value_list_of(r->a, value_string(r->a, "AWSCURRENT"))}));
    record_set(secret, ".versions", value_builder_map(&b));
    record_set(secret, "LastChangedDate", now(r->a));
}

static const char *new_version_id(struct cloud_request *r)
{
    const char *token = cloud_text(r, "ClientRequestToken");

    return *token ? token : identity_random_uid(r->a);
}

static bool content_fits(struct cloud_request *r)
{
    struct text content = value_string_text(value_at(r->parameters, "SecretString"));
    size_t token = strlen(cloud_text(r, "ClientRequestToken"));

    if (token && (token < 32 || token > 64))
        return not_valid(r, "ClientRequestToken must be 32 to 64 characters long.");
    if (content.len > VALUE_BYTES_MAX)
        return not_valid(r, "The value is longer than 65536 bytes.");
    return true;
}

/* What a request that came before has made; refused when it was for other content. */
static bool made_before(struct cloud_request *r, const struct record *secret, const char *id,
                        bool *again)
{
    const struct value *version = value_in(secret->body, ".versions", id);

    *again = value_is_set(version);
    if (!*again ||
        value_equal(value_at(version, "SecretString"), value_at(r->parameters, "SecretString")))
        return true;
    return cloud_refuse(r, 400, "ResourceExistsException",
                        "A resource with the ID you requested already exists.");
}

static bool answer_version(struct cloud_request *r, const struct record *secret, const char *id)
{
    const struct value *output = named(r, secret);

    if (*id)
        output = value_with(r->a, output, "VersionId", value_string(r->a, id));
    return cloud_answer(r, output);
}

static bool put_secret_value(struct cloud_request *r)
{
    const struct value *content = value_at(r->parameters, "SecretString");
    struct record *secret = find_living(r);
    const char *id = new_version_id(r);
    bool again;

    if (!secret || !content_fits(r))
        return false;
    if (!value_string_text(content).len)
        return not_valid(r, "You must provide either SecretString or SecretBinary.");
    if (!made_before(r, secret, id, &again))
        return false;
    if (!again)
        add_version(r, secret, id, content);
    return answer_version(r, secret, id);
}

/* Of VersionId or VersionStage; NULL = refused. */
static const struct value_entry *version_of(struct cloud_request *r, const struct record *secret)
{
    const struct value *versions = value_at(secret->body, ".versions");
    const char *id = cloud_text(r, "VersionId"), *stage = cloud_text(r, "VersionStage");

    for (size_t i = 0; i < value_count(versions); i++) {
        const struct value_entry *v = &versions->map.entries[i];

        if (*id ? strcmp(v->key, id) == 0 : has_stage(v->value, *stage ? stage : "AWSCURRENT"))
            return v;
    }
    cloud_refuse(r, 400, "ResourceNotFoundException",
                 "Secrets Manager can't find the specified secret value for %s",
                 *id ? text_f(r->a, "VersionId: %s", id)
                     : text_f(r->a, "staging label: %s", *stage ? stage : "AWSCURRENT"));
    return NULL;
}

static bool get_secret_value(struct cloud_request *r)
{
    const struct record *secret = find_living(r);
    const struct value_entry *version = secret ? version_of(r, secret) : NULL;

    if (!version)
        return false;
    return cloud_answer(r, value_merge(r->a,
                                       value_with(r->a, named(r, secret), "VersionId",
                                                  value_string(r->a, version->key)),
                                       version->value));
}

/* --- making --------------------------------------------------------------------------- */
static bool name_fits(struct cloud_request *r, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; name[i]; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr("/_+=.@-", name[i]))
            len = NAME_BYTES_MAX + 1;
    return (len && len <= NAME_BYTES_MAX) ||
           cloud_refuse(r, 400, "ValidationException",
                        "Invalid name. Must be a valid name containing alphanumeric characters, "
                        "or any of the following: -/_+=.@!");
}

static void describe(struct cloud_request *r, struct record *secret)
{
    if (value_has(r->parameters, "Description"))
        record_set(secret, "Description", value_at(r->parameters, "Description"));
    if (value_has(r->parameters, "KmsKeyId"))
        record_set(secret, "KmsKeyId", value_at(r->parameters, "KmsKeyId"));
}

static struct record *add_secret(struct cloud_request *r, const char *name)
{
    const char *arn = text_f(r->a, "arn:aws:secretsmanager:%s:%s:secret:%s-%s", r->region,
                             r->cloud->account, name, identity_random_suffix(r->a, 6));
    struct record *secret =
        record_add(r->cloud, r->region, kind, name,
                   value_map_of(r->a, {"ARN", value_string(r->a, arn)},
                                {"Name", value_string(r->a, name)}, {"CreatedDate", now(r->a)},
                                {"LastChangedDate", now(r->a)}, {".versions", &value_empty_map}));

    describe(r, secret);
    return secret;
}

static bool refuse_taken(struct cloud_request *r, const struct record *secret, const char *id)
{
    bool again;

    if (is_deleted(secret) || is_going(secret))
        return not_now(r, "You can't create this secret because a secret with this name is already "
                          "scheduled for deletion.");
    if (!made_before(r, secret, id, &again))
        return false;
    if (again)
        return answer_version(r, secret, id);
    return cloud_refuse(r, 400, "ResourceExistsException",
                        "The operation failed because the secret %s already exists.", secret->id);
}

static bool create_secret(struct cloud_request *r)
{
    const char *name = cloud_text(r, "Name"), *id = new_version_id(r);
    struct record *secret;

    if (!name_fits(r, name) || !content_fits(r))
        return false;
    secret = record_find(r->cloud, r->region, kind, name);
    if (secret)
        return refuse_taken(r, secret, id);
    secret = add_secret(r, name);
    if (!tag(r, secret)) {
        record_remove(r->cloud, secret);
        return false;
    }
    if (!value_has(r->parameters, "SecretString"))
        return answer_version(r, secret, "");
    add_version(r, secret, id, value_at(r->parameters, "SecretString"));
    return answer_version(r, secret, id);
}

static bool update_secret(struct cloud_request *r)
{
    struct record *secret = find_living(r);
    const char *id = new_version_id(r);
    bool again = true;

    if (!secret || !content_fits(r))
        return false;
    describe(r, secret);
    if (!value_has(r->parameters, "SecretString"))
        return answer_version(r, secret, "");
    if (!made_before(r, secret, id, &again))
        return false;
    if (!again)
        add_version(r, secret, id, value_at(r->parameters, "SecretString"));
    return answer_version(r, secret, id);
}

/* --- looking -------------------------------------------------------------------------- */
static const struct value *view(struct cloud_request *r, const struct record *secret)
{
    const struct value *versions = value_at(secret->body, ".versions");
    const struct value *stages = &value_empty_map;

    for (size_t i = 0; i < value_count(versions); i++)
        if (value_count(value_at(versions->map.entries[i].value, "VersionStages")))
            stages = value_with(r->a, stages, versions->map.entries[i].key,
                                value_at(versions->map.entries[i].value, "VersionStages"));
    return value_merge(
        r->a, value_with(r->a, secret->body, ".versions", NULL),
        value_map_of(r->a, {"VersionIdsToStages", stages}, {"Tags", tags_of(r->a, secret)}));
}

static bool describe_secret(struct cloud_request *r)
{
    const struct record *secret = find(r);

    return secret && cloud_answer(r, view(r, secret));
}

static bool list_secrets(struct cloud_request *r)
{
    bool planned = value_flag(r->parameters, "IncludePlannedDeletion");
    const struct record *secret = NULL;
    struct value_builder b;

    value_builder_init(&b, r->a);
    while ((secret = record_next(r->cloud, secret, r->region, kind)))
        if (!is_going(secret) && (planned || !is_deleted(secret)) &&
            record_seen(r->cloud, r->region, kind, secret->id))
            value_builder_add(&b, view(r, secret));
    return cloud_answer(r, value_map_of(r->a, {"SecretList", value_builder_list(&b)}));
}

/* --- the end -------------------------------------------------------------------------- */
static void forget(struct cloud *c, struct record *secret)
{
    record_remove(c, secret);
}

/* Without a speed a window would be over at once: then it is as long as by default. */
static void schedule(struct cloud *c, struct record *secret, int64_t days)
{
    int64_t seconds = days * DAY_SECONDS;

    secret->ghost = true;
    record_later(c, secret, seconds, forget);
    if (!c->options.speed)
        secret->due_ms = clock_monotonic_ms() + seconds * 1000 / CLOUD_SPEED;
}

static bool delete_at_once(struct cloud_request *r)
{
    const char *id = cloud_text(r, "SecretId");
    struct record *secret = find_any(r, id);

    if (value_has(r->parameters, "RecoveryWindowInDays"))
        return not_valid(r, "You can't use ForceDeleteWithoutRecovery in conjunction with "
                            "RecoveryWindowInDays.");
    if (!secret || is_going(secret))
        return cloud_answer(r, value_map_of(r->a, {"Name", value_string(r->a, id)}));
    record_set(secret, ".going", &value_true);
    secret->ghost = true;
    record_later(r->cloud, secret, GOING_SECONDS, forget);
    return cloud_answer(r, value_with(r->a, named(r, secret), "DeletionDate", now(r->a)));
}

static bool delete_secret(struct cloud_request *r)
{
    int64_t days = WINDOW_DAYS;
    struct record *secret;

    if (value_flag(r->parameters, "ForceDeleteWithoutRecovery"))
        return delete_at_once(r);
    if (value_has(r->parameters, "RecoveryWindowInDays"))
        days = value_integer_at(r->parameters, "RecoveryWindowInDays");
    if (days < WINDOW_DAYS_MIN || days > WINDOW_DAYS)
        return not_valid(r,
                         "RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
    secret = find_living(r);
    if (!secret)
        return false;
    record_set(secret, "DeletedDate", value_integer(r->a, clock_now() + days * DAY_SECONDS));
    schedule(r->cloud, secret, days);
    return cloud_answer(r, value_with(r->a, named(r, secret), "DeletionDate",
                                      value_at(secret->body, "DeletedDate")));
}

static bool restore_secret(struct cloud_request *r)
{
    struct record *secret = find(r);

    if (!secret)
        return false;
    record_set(secret, "DeletedDate", NULL);
    secret->ghost = false;
    secret->ripen = NULL;
    return cloud_answer(r, named(r, secret));
}

/* --- the service ---------------------------------------------------------------------- */
static const struct cloud_operation operations[] = {
    {.name = "CreateSecret",
     .handle = create_secret,
     .parameters = "!Name Description KmsKeyId SecretString Tags ClientRequestToken"},
    {.name = "UpdateSecret",
     .handle = update_secret,
     .parameters = "!SecretId Description KmsKeyId SecretString ClientRequestToken"},
    {.name = "PutSecretValue",
     .handle = put_secret_value,
     .parameters = "!SecretId SecretString ClientRequestToken"},
    {.name = "GetSecretValue",
     .handle = get_secret_value,
     .parameters = "!SecretId VersionId VersionStage"},
    {.name = "DescribeSecret", .handle = describe_secret, .parameters = "!SecretId"},
    {.name = "ListSecrets", .handle = list_secrets, .parameters = "IncludePlannedDeletion"},
    {.name = "TagResource", .handle = tag_resource, .parameters = "!SecretId !Tags"},
    {.name = "UntagResource", .handle = untag_resource, .parameters = "!SecretId !TagKeys"},
    {.name = "DeleteSecret",
     .handle = delete_secret,
     .parameters = "!SecretId RecoveryWindowInDays ForceDeleteWithoutRecovery"},
    {.name = "RestoreSecret", .handle = restore_secret, .parameters = "!SecretId"},
    {.name = NULL}};
static const struct cloud_operation *const tables[] = {operations, NULL};

const struct cloud_service cloud_secretsmanager = {
    .name = "secretsmanager",
    .protocol = AWS_JSON,
    .version = "2017-10-17",
    .target = "secretsmanager",
    .operations = tables,
};
