/* error - what a server's refusal means, said so that a person can go on: one
 * line that names the object, then the cluster, the server's own words and the
 * next step. Secrets that the server echoes are taken out. */
#include <string.h>

#include "codec/json.h"
#include "kube/client.h"
#include "schema/resource.h"

enum {
    WORDS_BYTES_MAX = 4096, /* of the server's message */
    HIDDEN_BYTES_MAX = 4 * WORDS_BYTES_MAX,
    CAUSES_MAX = 20,
    HIDDEN_LEN_MIN = 4, /* shorter data is not looked for: it would eat words */
};

static const struct value *get_quietly(struct call *c, struct text json)
{
    const struct value *v;
    struct diags unheard;

    diags_init(&unheard, c->arena);
    return json_read(c->arena, json, "reply", &unheard, &v) ? v : &value_null;
}

const struct value *kube_status_of(struct call *c, const struct http_reply *reply)
{
    const struct value *body = get_quietly(c, reply->body);

    return strcmp(value_text(body, "kind"), "Status") == 0 ? body : &value_null;
}

/* --- words ------------------------------------------------------------------- */

static struct text replace_all(struct arena *a, struct text in, struct text old)
{
    struct text_builder b;

    text_builder_init(&b, a, HIDDEN_BYTES_MAX);
    while (in.len >= old.len) {
        if (memcmp(in.at, old.at, old.len) == 0) {
            text_add_z(&b, "(hidden)");
            in = (struct text){in.at + old.len, in.len - old.len};
        } else {
            text_add_char(&b, in.at[0]);
            in = (struct text){in.at + 1, in.len - 1};
        }
    }
    text_add(&b, in);
    return text_built(&b);
}

/* Server messages can repeat what was sent: a Secret's values must not be in a
 * diagnostic. */
static struct text hide_values(struct arena *a, struct text words, const struct value *data)
{
    for (size_t i = 0; data->kind == VALUE_MAP && i < data->map.count; i++) {
        struct text secret = value_string_text(data->map.entries[i].value);

        if (secret.len >= HIDDEN_LEN_MIN)
            words = replace_all(a, words, secret);
    }
    return words;
}

static const char *clean(struct call *c, const struct kube_subject *about, struct text words)
{
    if (words.len > WORDS_BYTES_MAX)
        words.len = WORDS_BYTES_MAX;
    if (about->sent) {
        words = hide_values(c->arena, words, value_at(about->sent, "data"));
        words = hide_values(c->arena, words, value_at(about->sent, "stringData"));
    }
    return text_printable(c->arena, words, WORDS_BYTES_MAX);
}

/* The message of the Status, or the beginning of whatever else came. */
static const char *server_words(struct call *c, const struct kube_subject *about,
                                const struct value *status, const struct http_reply *reply)
{
    struct text words = value_string_text(value_at(status, "message"));

    if (!words.len && value_is_null(status))
        words = text_trim(reply->body);
    return words.len ? clean(c, about, words) : "(no message)";
}

static const char *subject_text(struct call *c, const struct kube *k,
                                const struct kube_subject *about)
{
    return about->ref ? kube_ref_text(c->arena, about->ref)
                      : text_f(c->arena, "cluster %s", k->name);
}

static const char *cannot(struct call *c, const struct kube *k, const struct kube_subject *about)
{
    return text_f(c->arena, "Cannot %s %s", about->verb, subject_text(c, k, about));
}

/* "Cluster east (https://…) answered 409 Conflict: …" */
static const char *answered(struct call *c, const struct kube *k, const struct kube_subject *about,
                            const struct value *status, const struct http_reply *reply)
{
    const char *reason = value_text(status, "reason");

    return text_f(c->arena, "Cluster %s (%s) answered %d%s%s: %s", k->name, k->target.host,
                  reply->status, reason[0] ? " " : "",
                  text_printable(c->arena, text_of(reason), 64),
                  server_words(c, about, status, reply));
}

/* What stands between two marks of z, "" when they are not there. */
static const char *between(struct arena *a, const char *z, const char *before, const char *after)
{
    const char *from = strstr(z, before), *to;

    if (!from)
        return "";
    from += strlen(before);
    to = strstr(from, after);
    return to ? text_z(a, (struct text){from, (size_t)(to - from)}) : "";
}

static bool mentions(const char *words, const char *piece)
{
    return strstr(words, piece) != NULL;
}

/* --- kinds of refusal --------------------------------------------------------- */

struct refusal {
    struct call *call;
    const struct kube *kube;
    const struct kube_subject *about;
    const struct http_reply *reply;
    const struct value *status;
    const char *words, *reason;
};

static const char *answer(const struct refusal *r)
{
    return answered(r->call, r->kube, r->about, r->status, r->reply);
}

static bool refuse(const struct refusal *r, const char *summary, const char *advice)
{
    return diag_error(r->call->diags, NULL, summary, "%s%s%s", answer(r), advice[0] ? "\n\n" : "",
                      advice);
}

static const char *cannot_do(const struct refusal *r)
{
    return cannot(r->call, r->kube, r->about);
}

/* One line per manager: `conflict with "kubectl" using apps/v1` becomes
 * "  kubectl (apps/v1): .spec.replicas, .spec.paused". */
static const char *conflicts_text(const struct refusal *r, const struct value *causes)
{
    struct text_builder b;
    const char *last = "";

    text_builder_init(&b, r->call->arena, WORDS_BYTES_MAX);
    for (size_t i = 0; i < value_count(causes); i++) {
        const struct value *cause = value_item(causes, i);
        const char *message =
            clean(r->call, r->about, value_string_text(value_at(cause, "message")));
        const char *field = clean(r->call, r->about, value_string_text(value_at(cause, "field")));

        if (strncmp(message, "conflict with ", 14) == 0)
            message += 14;
        if (strcmp(message, last) == 0)
            text_add_f(&b, ", %s", field);
        else
            text_add_f(&b, "\n  %s: %s", message, field);
        last = message;
    }
    return text_built(&b).at;
}

static bool is_field_conflict(const struct value *causes)
{
    return strcmp(value_text(value_item(causes, 0), "reason"), "FieldManagerConflict") == 0;
}

static bool refuse_conflict(const struct refusal *r)
{
    const struct value *causes = value_in(r->status, "details", "causes");
    struct call *c = r->call;

    if (strcmp(r->reason, "AlreadyExists") == 0)
        return kube_exists(c, r->kube, r->about);
    if (is_field_conflict(causes))
        return diag_error(
            c->diags, NULL,
            text_f(c->arena, "%s has fields of another manager",
                   subject_text(c, r->kube, r->about)),
            "On cluster %s (%s), these managers own fields that would change:%s\n\nLeave the "
            "fields out, or set force_conflicts = true to take them over.",
            r->kube->name, r->kube->target.host, conflicts_text(r, causes));
    return refuse(r, cannot_do(r),
                  "It was changed by somebody else at the same time. Run the operation again.");
}

static const char *group_text(struct arena *a, const char *api_version)
{
    const char *slash = strchr(api_version, '/');

    return slash ? text_z(a, (struct text){api_version, (size_t)(slash - api_version)}) : "";
}

/* 'secrets is forbidden: User "x" cannot patch resource "secrets" in API group
 * "" in the namespace "y"' and other things that are answered with 403. */
static bool refuse_forbidden(const struct refusal *r)
{
    struct arena *a = r->call->arena;
    const char *who = between(a, r->words, "User \"", "\" cannot "),
               *verb = between(a, r->words, "\" cannot ", " resource"),
               *resource = between(a, r->words, " resource \"", "\"");
    const char *namespace = r->about->ref ? r->about->ref->namespace : NULL;
    const char *group = r->about->ref ? group_text(a, r->about->ref->api_version) : "";

    if (mentions(r->words, "because it is being terminated"))
        return refuse(r, cannot_do(r),
                      "The namespace is being deleted; nothing new can be made in it until it is "
                      "gone.");
    if (!who[0])
        return refuse(r, cannot_do(r), "");
    return diag_error(
        r->call->diags, NULL,
        text_f(a, "Not allowed to %s %s", r->about->verb, subject_text(r->call, r->kube, r->about)),
        "%s\n\nThe identity of the connection is \"%s\". Give it a role with the verb \"%s\" on "
        "\"%s\" of the API group \"%s\"%s%s.",
        answer(r), who, verb, resource, group, namespace && namespace[0] ? " in namespace " : "",
        namespace ? namespace : "");
}

static bool refuse_unauthorized(const struct refusal *r)
{
    const struct kube_credentials *who = &r->kube->target.credentials;
    bool renewed = who->exec || who->eks || who->token_file;

    return diag_error(
        r->call->diags, NULL,
        text_f(r->call->arena, "Cluster %s does not accept the credentials", r->kube->name),
        "%s\n\nIt was offered %s%s. The credentials have expired, were revoked, or "
        "are those of another cluster.",
        answer(r), auth_text(r->call->arena, r->kube), renewed ? ", renewed once" : "");
}

static const char *causes_text(const struct refusal *r, const struct value *causes)
{
    struct text_builder b;

    text_builder_init(&b, r->call->arena, WORDS_BYTES_MAX);
    for (size_t i = 0; i < value_count(causes) && i < CAUSES_MAX; i++) {
        const struct value *cause = value_item(causes, i);
        const char *field = clean(r->call, r->about, value_string_text(value_at(cause, "field"))),
                   *message =
                       clean(r->call, r->about, value_string_text(value_at(cause, "message")));

        text_add_f(&b, "\n  %s: %s", field[0] ? field : "object", message);
    }
    if (value_count(causes) > CAUSES_MAX)
        text_add_f(&b, "\n  and %zu more", value_count(causes) - CAUSES_MAX);
    return text_built(&b).at;
}

static bool refuse_invalid(const struct refusal *r)
{
    const struct value *causes = value_in(r->status, "details", "causes");
    struct call *c = r->call;

    if (!value_count(causes))
        return refuse(r, text_f(c->arena, "%s is invalid", subject_text(c, r->kube, r->about)), "");
    return diag_error(c->diags, NULL,
                      text_f(c->arena, "%s is invalid", subject_text(c, r->kube, r->about)),
                      "Cluster %s (%s) refuses these fields:%s%s", r->kube->name,
                      r->kube->target.host, causes_text(r, causes),
                      mentions(r->words, "immutable")
                          ? "\n\nA field that is immutable changes only with a new object: delete "
                            "this one, or replace the resource."
                          : "");
}

static bool is_strict(const struct refusal *r)
{
    return mentions(r->words, "strict decoding error") ||
           mentions(r->words, "field not declared in schema") ||
           mentions(r->words, "unknown field");
}

/* strict decoding error: unknown field "spec.a", duplicate field "spec.b" */
static bool refuse_strict(const struct refusal *r)
{
    struct call *c = r->call;

    return refuse(r,
                  text_f(c->arena, "%s has fields that its kind does not know",
                         subject_text(c, r->kube, r->about)),
                  "Fields are validated strictly, so that a typing error is not passed over. "
                  "Correct the names, or compare them with the version of the API or CRD that "
                  "the cluster serves.");
}

static bool refuse_webhook(const struct refusal *r)
{
    struct call *c = r->call;
    const char *name = between(c->arena, r->words, "admission webhook \"", "\" denied");

    if (name[0])
        return refuse(r,
                      text_f(c->arena, "Admission webhook %s refuses %s", name,
                             subject_text(c, r->kube, r->about)),
                      "");
    return refuse(r,
                  text_f(c->arena, "Admission webhook %s cannot be called",
                         between(c->arena, r->words, "failed calling webhook \"", "\"")),
                  "The API server could not reach the webhook's Service: its pods may not be "
                  "ready, or the control plane is not allowed to connect to them (firewall, "
                  "security group).");
}

static bool refuse_not_found(const struct refusal *r)
{
    struct call *c = r->call;
    const char *kind = value_z(value_in(r->status, "details", "kind"));

    if (r->about->ref && strcmp(kind, "namespaces") == 0 &&
        strcmp(r->about->ref->kind, "Namespace") != 0)
        return refuse(r, cannot_do(r),
                      text_f(c->arena, "Create the namespace first%s%s.",
                             r->about->ref->namespace ? ": " : "",
                             r->about->ref->namespace ? r->about->ref->namespace : ""));
    return refuse(r, cannot_do(r), "");
}

bool kube_refused(struct call *c, const struct kube *k, const struct kube_subject *about,
                  const struct http_reply *reply)
{
    const struct value *status = kube_status_of(c, reply);
    const struct refusal r = {c,
                              k,
                              about,
                              reply,
                              status,
                              server_words(c, about, status, reply),
                              value_text(status, "reason")};

    if (mentions(r.words, "admission webhook \"") || mentions(r.words, "failed calling webhook"))
        return refuse_webhook(&r);
    switch (reply->status) {
    case 400:
    case 500:
        return is_strict(&r) ? refuse_strict(&r) : refuse(&r, cannot_do(&r), "");
    case 401:
        return refuse_unauthorized(&r);
    case 403:
        return refuse_forbidden(&r);
    case 404:
        return refuse_not_found(&r);
    case 409:
        return refuse_conflict(&r);
    case 422:
        return refuse_invalid(&r);
    default:
        return refuse(&r, cannot_do(&r), "");
    }
}

/* --- without a reply ------------------------------------------------------------ */

bool kube_unreachable(struct call *c, const struct kube *k, const struct kube_subject *about,
                      const struct http_reply *reply)
{
    const char *attempts =
        reply->attempts > 1 ? text_f(c->arena, " (%d attempts)", reply->attempts) : "";

    if (reply->failure == HTTP_CANCELLED)
        return diag_error(c->diags, NULL, "Interrupted",
                          "Terraform was stopped while it waited for an answer of cluster %s (%s). "
                          "What was done so far is kept in the state.",
                          k->name, k->target.host);
    return diag_error(c->diags, NULL, text_f(c->arena, "Cannot reach cluster %s", k->name),
                      "%s: %s%s%s", cannot(c, k, about), k->target.host,
                      text_f(c->arena, ": %s", reply->failure_text ? reply->failure_text : ""),
                      attempts);
}

bool kube_not_served(struct call *c, const struct kube *k, const struct kube_subject *about)
{
    return diag_error(c->diags, NULL, cannot(c, k, about),
                      "Cluster %s (%s) does not serve the kind %s of %s. Install its CRD first, or "
                      "use an apiVersion that this version of Kubernetes serves.",
                      k->name, k->target.host, about->ref->kind, about->ref->api_version);
}

static const char *import_text(struct call *c, const struct kube_subject *about)
{
    if (about->import_hint)
        return about->import_hint;
    return c->resource ? text_f(c->arena,
                                "`terraform import %s.<name> '<id>'` (what the id is: see the "
                                "documentation of %s)",
                                c->resource->name, c->resource->name)
                       : "`terraform import`";
}

bool kube_exists(struct call *c, const struct kube *k, const struct kube_subject *about)
{
    return diag_error(c->diags, NULL,
                      text_f(c->arena, "%s already exists", subject_text(c, k, about)),
                      "It is on cluster %s (%s) and was not made by this resource. Remove it, or "
                      "take it over with %s.",
                      k->name, k->target.host, import_text(c, about));
}
