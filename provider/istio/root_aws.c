#include "istio/root_aws.h"

#include <string.h>

#include "aws/secretsmanager.h"
#include "aws/tags.h"
#include "aws/wait.h"
#include "base/clock.h"
#include "istio/root.h"
#include "istio/signer_aws.h"

/* The key that is used when none is named. */
static const char default_key[] = "alias/aws/secretsmanager";

/* --- looking -------------------------------------------------------------------------- */

static const struct value *storage(const struct value *object)
{
    return value_in(object, "storage", "secrets_manager");
}

static const struct path *storage_path(struct arena *a)
{
    return path_of(a, "storage", "secrets_manager");
}

/* A secret as it is now; described NULL = there is none. */
struct secret {
    struct signer_aws_place place;
    const struct value *described;
    bool is_ours;
    int64_t deleted_at; /* 0 = it is not to be deleted */
};

static const struct value *secret_id(struct arena *a, const struct secret *s)
{
    return value_map_of(a, {"SecretId", value_string(a, s->place.name)});
}

static bool look(struct call *c, const struct value *object, struct secret *out)
{
    const struct value *tags;

    *out = (struct secret){.described = NULL};
    if (!signer_aws_open(c, storage(object), storage_path(c->arena), &out->place) ||
        !aws_call(c, out->place.aws, &secretsmanager_describe_secret_row, secret_id(c->arena, out),
                  &out->described))
        return false;
    if (!out->described)
        return true;
    tags = tags_map(c->arena, value_at(out->described, "Tags"));
    out->is_ours = value_has(tags, ROOT_AWS_TAG);
    out->deleted_at = value_integer_at(out->described, "DeletedDate");
    return true;
}

bool root_aws_settle(struct call *c, const struct value **object)
{
    struct signer_aws_place place;

    if (value_is_set(value_at(storage(*object), "region")))
        return true;
    if (!signer_aws_open(c, storage(*object), storage_path(c->arena), &place))
        return false;
    *object = value_with_in(c->arena, *object, value_string(c->arena, aws_region(place.aws)),
                            "storage", "secrets_manager", "region");
    return true;
}

/* --- refusals ------------------------------------------------------------------------- */

static bool refuse_present(struct call *c, const struct secret *s)
{
    return diag_error(
        c->diags, path_name(c->arena, storage_path(c->arena), "name"), "The secret exists already",
        "The %s is not of this resource, and what it holds may be the root of a "
        "mesh. Choose another name, or take it over: terraform import <address> "
        "'region=%s,secret=%s'",
        signer_aws_text(c->arena, &s->place), aws_region(s->place.aws), s->place.name);
}

static bool refuse_deleted(struct call *c, const struct secret *s)
{
    return diag_error(c->diags, path_name(c->arena, storage_path(c->arena), "name"),
                      "The secret is scheduled for deletion",
                      "The %s is not of this resource and ends on %s; until then its name is "
                      "taken. Choose another name, or restore the secret and take it over: "
                      "terraform import <address> 'region=%s,secret=%s'",
                      signer_aws_text(c->arena, &s->place), clock_rfc3339(c->arena, s->deleted_at),
                      aws_region(s->place.aws), s->place.name);
}

/* --- changing ------------------------------------------------------------------------- */

static bool make(struct call *c, const struct value *object, const struct secret *s,
                 const struct cacerts_signer *signer)
{
    const struct value *key = value_at(storage(object), "kms_key_id"), *out, *tags;
    struct arena *a = c->arena;
    struct cacerts_signer seen;

    tags = value_map_of(a, {ROOT_AWS_TAG, value_string(a, s->place.name)});
    return aws_call_until(c, s->place.aws, &secretsmanager_create_secret,
                          value_map_of(a, {"Name", value_string(a, s->place.name)},
                                       {"Description", value_string(a, "Root CA of a mesh")},
                                       {"KmsKeyId", key},
                                       {"SecretString", signer_aws_content(a, signer)},
                                       {"Tags", tags_list(a, tags_all(c, tags))}),
                          AWS_VISIBLE_MS, &out) &&
           signer_aws_await(c, &s->place, &seen);
}

static bool put(struct call *c, const struct secret *s, const struct cacerts_signer *signer)
{
    const struct value *input = value_with(c->arena, secret_id(c->arena, s), "SecretString",
                                           signer_aws_content(c->arena, signer)),
                       *out;

    return aws_call(c, s->place.aws, &secretsmanager_put_secret_value, input, &out);
}

static bool restore(struct call *c, struct secret *s, struct cacerts_signer *found)
{
    const struct value *out;

    if (!aws_call(c, s->place.aws, &secretsmanager_restore_secret, secret_id(c->arena, s), &out) ||
        !signer_aws_await(c, &s->place, found))
        return false;
    s->deleted_at = 0;
    return true;
}

/* Does `key` name the key that `arn` is of? "arn:aws:kms:…:key/1" ends with "/1". */
static bool ends_with(const char *arn, const char *key)
{
    size_t len = strlen(arn), key_len = strlen(key);

    return len > key_len && strcmp(arn + len - key_len, key) == 0 &&
           strchr("/:", arn[len - key_len - 1]);
}

static bool same_key(const char *one, const char *other)
{
    one = *one ? one : default_key;
    other = *other ? other : default_key;
    return strcmp(one, other) == 0 || ends_with(one, other) || ends_with(other, one);
}

static bool set_key(struct call *c, const struct value *object, const struct secret *s)
{
    const char *wanted = value_text(storage(object), "kms_key_id");
    const struct value *out;

    if (same_key(value_text(s->described, "KmsKeyId"), wanted))
        return true;
    return aws_call(c, s->place.aws, &secretsmanager_update_secret,
                    value_with(c->arena, secret_id(c->arena, s), "KmsKeyId",
                               value_string(c->arena, *wanted ? wanted : default_key)),
                    &out);
}

/* --- create --------------------------------------------------------------------------- */

/* What comes back with it belonged to a root that was destroyed: the new one becomes the
 * secret's next version. */
static bool create_in_deleted(struct call *c, const struct value *planned, struct secret *s,
                              const struct cacerts_signer *signer)
{
    struct cacerts_signer former;

    if (!s->is_ours)
        return refuse_deleted(c, s);
    diag_warning(c->diags, NULL, "A deleted secret is used again",
                 "The %s was scheduled for deletion: it is restored and gets the new root. The "
                 "former one stays its previous version.",
                 signer_aws_text(c->arena, &s->place));
    return restore(c, s, &former) && put(c, s, signer) && set_key(c, planned, s);
}

static bool go_on(struct call *c, const struct value *planned, const struct secret *s,
                  struct cacerts_signer *out)
{
    struct cacerts_signer_info info;
    bool there;

    if (!s->is_ours)
        return refuse_present(c, s);
    if (!signer_aws_read(c, &s->place, out, &there))
        return false;
    if (!there || !root_is_left_over(c, planned, out))
        return refuse_present(c, s);
    return root_check(c, planned, out, &info) && set_key(c, planned, s);
}

bool root_aws_create(struct call *c, const struct value *planned, struct cacerts_signer *out,
                     bool *begun)
{
    struct cacerts_signer_info info;
    struct secret s;

    *begun = false;
    if (!look(c, planned, &s))
        return false;
    if (s.described && !s.deleted_at)
        return go_on(c, planned, &s, out);
    if (!root_make(c, planned, out) || !root_check(c, planned, out, &info))
        return false;
    *begun = !s.described || s.is_ours;
    return s.described ? create_in_deleted(c, planned, &s, out) : make(c, planned, &s, out);
}

/* --- read ----------------------------------------------------------------------------- */

static void warn_gone(struct call *c, const struct secret *s)
{
    diag_warning(c->diags, NULL, "The secret of the root is gone",
                 "There is no %s. Its key is not kept anywhere else: restore it from a replica or "
                 "a backup, or the apply goes on with another root.",
                 signer_aws_text(c->arena, &s->place));
}

static void note_deletion(struct call *c, const struct value **object, const struct secret *s)
{
    diag_warning(c->diags, NULL, "The secret of the root is scheduled for deletion",
                 "The %s ends on %s, and nobody can read it until it is restored: the next apply "
                 "does that.",
                 signer_aws_text(c->arena, &s->place), clock_rfc3339(c->arena, s->deleted_at));
    *object = value_with_in(c->arena, *object, &value_null, "storage", "secrets_manager",
                            "recovery_window_in_days");
}

bool root_aws_read(struct call *c, const struct value **object, struct cacerts_signer *out,
                   bool *readable, const char **where)
{
    bool is_known = *value_text(*object, "fingerprint_sha256");
    struct secret s;

    *readable = false;
    if (!look(c, *object, &s))
        return false;
    *where = signer_aws_text(c->arena, &s.place);
    if (!s.described && is_known)
        warn_gone(c, &s);
    if (s.deleted_at && is_known)
        note_deletion(c, object, &s);
    if (!s.described || (s.deleted_at && !is_known))
        *object = NULL;
    if (!s.described || s.deleted_at)
        return true;
    if (!same_key(value_text(s.described, "KmsKeyId"), value_text(storage(*object), "kms_key_id")))
        *object = value_with_in(c->arena, *object, value_at(s.described, "KmsKeyId"), "storage",
                                "secrets_manager", "kms_key_id");
    return signer_aws_read(c, &s.place, out, readable);
}

/* --- update --------------------------------------------------------------------------- */

bool root_aws_restore(struct call *c, const struct value *object)
{
    struct cacerts_signer unused;
    struct secret s;

    return look(c, object, &s) && (!s.deleted_at || restore(c, &s, &unused));
}

static bool holds(const struct cacerts_signer *found, const struct cacerts_signer *wanted)
{
    return text_equal(found->certificates, wanted->certificates) &&
           text_equal(found->key, wanted->key);
}

/* What a move that was cut short has left is the very same; a secret that was deleted holds
 * nothing that is in use. */
bool root_aws_store(struct call *c, const struct value *object, const struct cacerts_signer *signer,
                    bool is_ours)
{
    struct cacerts_signer found;
    bool there, may_write;
    struct secret s;

    if (!look(c, object, &s))
        return false;
    if (!s.described)
        return make(c, object, &s, signer);
    if (s.deleted_at && !s.is_ours && !is_ours)
        return refuse_deleted(c, &s);
    may_write = is_ours || s.deleted_at;
    if (s.deleted_at ? !restore(c, &s, &found) : !signer_aws_read(c, &s.place, &found, &there))
        return false;
    if (!holds(&found, signer) && !may_write)
        return refuse_present(c, &s);
    if (!holds(&found, signer) && !put(c, &s, signer))
        return false;
    return set_key(c, object, &s);
}

/* --- remove --------------------------------------------------------------------------- */

static bool is_scheduled(struct call *c, const struct value *object)
{
    struct diags unheard;
    struct secret s;
    struct call quiet;

    diags_init(&unheard, c->arena);
    quiet = call_quietly(c, &unheard);
    return look(&quiet, object, &s) && s.deleted_at;
}

bool root_aws_remove(struct call *c, const struct value *object)
{
    const struct value *days = value_at(storage(object), "recovery_window_in_days"), *input;
    bool at_once = value_is_set(days) && value_as_integer(days) == 0;
    struct secret s = {.described = NULL};
    struct aws_reply reply;

    if (!signer_aws_open(c, storage(object), storage_path(c->arena), &s.place))
        return false;
    input = at_once ? value_with(c->arena, secret_id(c->arena, &s), "ForceDeleteWithoutRecovery",
                                 &value_true)
                    : value_with(c->arena, secret_id(c->arena, &s), "RecoveryWindowInDays", days);
    if (!aws_try(c, s.place.aws, &secretsmanager_delete_secret, input, &reply))
        return false;
    return reply.output || aws_error_is(&reply.error, secretsmanager_delete_secret.gone) ||
           is_scheduled(c, object) ||
           aws_refused(c, s.place.aws, &secretsmanager_delete_secret,
                       signer_aws_text(c->arena, &s.place), &reply.error);
}
