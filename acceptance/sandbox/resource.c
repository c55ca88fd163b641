#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/builtin.h"
#include "acceptance/sandbox/crd.h"
#include "acceptance/sandbox/decode.h"
#include "acceptance/sandbox/fields.h"
#include "acceptance/sandbox/identity.h"
#include "acceptance/sandbox/managers.h"
#include "acceptance/sandbox/patch.h"
#include "acceptance/sandbox/rbac.h"
#include "acceptance/sandbox/remove.h"
#include "acceptance/sandbox/review.h"
#include "acceptance/sandbox/selector.h"
#include "acceptance/sandbox/server.h"
#include "acceptance/sandbox/status.h"
#include "acceptance/sandbox/store.h"
#include "acceptance/sandbox/watch.h"
#include "base/clock.h"
#include "codec/base64.h"
#include "codec/json.h"

enum { SUFFIX_LETTERS = 5, LIST_LIMIT_MAX = 1000000 };

/* --- reading ------------------------------------------------------------------------------- */
/* As the version asked for: objects keep the one that they were written in. */
static const struct value *presented(struct request *r, const struct value *object)
{
    if (!(r->kind->flags & KIND_CUSTOM))
        return object;
    return value_with(r->a, object, "apiVersion",
                      value_string(r->a, kind_api_version(r->a, r->kind)));
}

static void handle_get(struct request *r)
{
    const struct value *object = store_get(r->s, r->a, r->kind, r->ns, r->name);

    if (!object)
        status_not_found(r);
    else
        reply_value(r, 200, presented(r, object));
}

/* {"v":"meta.k8s.io/v1","rv":N,"start":"namespace/name"}, as base64. */
static const char *continue_token(struct request *r, const struct stored *last)
{
    const struct value *token = value_map_of(r->a, {"v", value_string(r->a, "meta.k8s.io/v1")},
                                             {"rv", value_integer(r->a, r->s->version)},
                                             {"ns", value_string(r->a, last->ns.at)},
                                             {"start", value_string(r->a, last->name.at)});

    return base64_encode(r->a, json_write(r->a, token), BASE64_URL_RAW).at;
}

/* Moves *first behind what earlier pages gave. */
static bool skip_told(struct request *r, const struct collection *c, size_t *first, size_t end)
{
    const char *token = request_parameter(r, "continue");
    const struct value *v = NULL;
    struct diags diags;
    struct text json;

    if (!*token)
        return true;
    diags_init(&diags, r->a);
    if (!base64_decode(r->a, text_of(token), BASE64_URL_RAW, &json) ||
        !json_read(r->a, json, "continue", &diags, &v))
        return status_fail(r, 400, "BadRequest",
                           "invalid continue token: continue key is not valid");
    if (value_integer_at(v, "rv") < r->s->oldest_version)
        return status_fail(r, 410, "Expired",
                           "The provided continue parameter is too old to display a consistent "
                           "list result.");
    for (; *first < end; ++*first) {
        int order = strcmp(c->items[*first]->ns.at, value_text(v, "ns"));

        if (order > 0 ||
            (order == 0 && strcmp(c->items[*first]->name.at, value_text(v, "start")) > 0))
            break;
    }
    return true;
}

static bool listed(struct request *r, const struct selector *selector, const struct stored *stored)
{
    return selector_is_empty(selector) || selector_matches(selector, stored_value(r->a, stored));
}

/* Items of built-in lists do not say what they are: the list does. */
static void add_untyped(struct request *r, struct text_builder *b, struct text json)
{
    const char *type = text_f(r->a, "{\"kind\":\"%s\",\"apiVersion\":\"%s\",", r->kind->kind,
                              kind_api_version(r->a, r->kind));
    size_t len = strlen(type);

    if (text_starts_with(json, type)) {
        text_add_char(b, '{');
        json = (struct text){json.at + len, json.len - len};
    }
    text_add(b, json);
}

static void add_item(struct request *r, struct text_builder *b, const struct stored *stored)
{
    if (r->kind->flags & KIND_CUSTOM)
        text_add(b, json_write(r->a, presented(r, stored_value(r->a, stored))));
    else
        add_untyped(r, b, stored->json);
}

static void handle_list(struct request *r)
{
    const struct collection *c = store_collection(r->s, r->kind);
    int64_t limit = strtoll(request_parameter(r, "limit"), NULL, 10), taken = 0, left = 0;
    struct text_builder items;
    const struct stored *last = NULL;
    struct selector selector;
    const char *more = "";
    size_t first, end;

    store_range(c, r->ns, &first, &end);
    if (!selector_read(r, &selector) || !skip_told(r, c, &first, end))
        return;
    text_builder_init(&items, r->a, REPLY_BYTES_MAX);
    for (size_t i = first; i < end; i++) {
        if (!listed(r, &selector, c->items[i]))
            continue;
        if (limit > 0 && taken == limit) {
            left++;
            continue;
        }
        text_add_z(&items, taken++ ? "," : "");
        add_item(r, &items, c->items[i]);
        last = c->items[i];
    }
    if (left && last)
        more = text_f(r->a, ",\"continue\":\"%s\"%s", continue_token(r, last),
                      selector_is_empty(&selector)
                          ? text_f(r->a, ",\"remainingItemCount\":%lld", (long long)left)
                          : "");
    reply_text(r, 200, "application/json",
               text_of(text_f(r->a,
                              "{\"kind\":\"%s\",\"apiVersion\":\"%s\",\"metadata\":"
                              "{\"resourceVersion\":\"%lld\"%s},\"items\":[%s]}",
                              r->kind->list_kind, kind_api_version(r->a, r->kind),
                              (long long)r->s->version, more, text_built(&items).at)));
}

/* --- writing ------------------------------------------------------------------------------- */
static struct write write_of(struct request *r)
{
    return (struct write){r->a, r->kind, r->manager, r->subresource,
                          strcmp(request_parameter(r, "force"), "true") == 0};
}

static bool is_custom(const struct request *r)
{
    return r->kind->flags & KIND_CUSTOM;
}

static const struct value *complete(struct request *r, const struct value *v)
{
    v = decode_normal(r->a, r->kind->shape, v);
    return is_custom(r) ? v : builtin_default(r->a, r->kind, v);
}

static const struct value *with_meta(struct request *r, const struct value *v, const char *name,
                                     const struct value *to)
{
    return value_with_in(r->a, v, to, "metadata", name);
}

/* What nobody may change through the object: identity and the server's marks. */
static const struct value *carry_over(struct request *r, const struct value *before,
                                      const struct value *after)
{
    static const char *const kept[] = {"name",
                                       "namespace",
                                       "uid",
                                       "creationTimestamp",
                                       "generation",
                                       "deletionTimestamp",
                                       "deletionGracePeriodSeconds",
                                       "generateName"};
    const struct value *old = value_at(before, "metadata");

    for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
        after =
            with_meta(r, after, kept[i], value_has(old, kept[i]) ? value_at(old, kept[i]) : NULL);
    after = with_meta(r, after, "resourceVersion", value_at(old, "resourceVersion"));
    return value_has(old, "managedFields")
               ? with_meta(r, after, "managedFields", value_at(old, "managedFields"))
               : with_meta(r, after, "managedFields", NULL);
}

static const struct value *entry_or_null(const struct value *map, const char *key)
{
    return value_has(map, key) ? value_at(map, key) : NULL;
}

/* The object changes through itself, its status through the subresource. */
static const struct value *split_status(struct request *r, const struct value *before,
                                        const struct value *after)
{
    if (!(r->kind->flags & KIND_STATUS))
        return after;
    if (strcmp(r->subresource, "status") != 0)
        return value_with(r->a, after, "status", entry_or_null(before, "status"));
    before = with_meta(r, before, "managedFields",
                       entry_or_null(value_at(after, "metadata"), "managedFields"));
    return value_with(r->a, before, "status", entry_or_null(after, "status"));
}

static bool check_valid(struct request *r, const struct value *before, const struct value *after)
{
    struct problems p;

    problems_init(&p, r->a);
    if (!before)
        builtin_validate_name(r->kind, value_z(value_in(after, "metadata", "name")), &p);
    if (is_custom(r))
        crd_validate_object(r->kind, after, &p);
    else
        builtin_validate(r->kind, before, after, &p);
    if (kind_is(r->kind, "apiextensions.k8s.io", "customresourcedefinitions"))
        crd_validate(after, &p);
    return status_valid(r, r->kind->group, r->kind->kind,
                        value_z(value_in(after, "metadata", "name")), &p);
}

/* Everything that generation counts. */
static const struct value *counted(struct request *r, const struct value *v)
{
    v = value_with(r->a, v, "metadata", NULL);
    v = value_with(r->a, v, "apiVersion", NULL);
    return r->kind->flags & KIND_STATUS ? value_with(r->a, v, "status", NULL) : v;
}

static const struct value *count_generation(struct request *r, const struct value *before,
                                            const struct value *after)
{
    int64_t generation = value_as_integer(value_in(before, "metadata", "generation"));

    if (!(r->kind->flags & KIND_GENERATION) || value_equal(counted(r, before), counted(r, after)))
        return after;
    return with_meta(r, after, "generation", value_integer(r->a, generation + 1));
}

/* Stores the change unless it is none or a dry run, and answers. */
static void finish_update(struct request *r, const struct value *before, const struct value *after)
{
    after = count_generation(r, before, after);
    if (value_equal(before, after) || r->dry_run) {
        reply_value(r, 200, presented(r, after));
        return;
    }
    after = store_put(r->s, r->a, r->kind, after);
    reply_value(r, 200, presented(r, after));
    remove_when_released(r->s, r->a, r->kind, after);
}

/* after is the whole new object; apply has set its managedFields already. */
static bool prepare_update(struct request *r, const struct value *before,
                           const struct value **after)
{
    if (!is_custom(r))
        *after = builtin_prepare(r->s, r->a, r->kind, before, *after);
    return check_valid(r, before, *after);
}

static bool check_version(struct request *r, const struct value *before, const struct value *after)
{
    const char *version = value_z(value_in(after, "metadata", "resourceVersion"));
    const char *uid = value_z(value_in(after, "metadata", "uid"));

    if (*uid && strcmp(uid, value_z(value_in(before, "metadata", "uid"))) != 0)
        return status_conflict(
            r, "Precondition failed: UID in precondition: %s, UID in object meta: %s", uid,
            value_z(value_in(before, "metadata", "uid")));
    if (*version && strcmp(version, value_z(value_in(before, "metadata", "resourceVersion"))) != 0)
        return status_conflict(r, "the object has been modified; please apply your changes to the "
                                  "latest version and try again");
    return true;
}

/* PUT and the patches that say what the object becomes. */
static void update_to(struct request *r, const struct value *before, const struct value *after)
{
    struct write w = write_of(r);

    if (!check_version(r, before, after))
        return;
    after = carry_over(r, before, complete(r, after));
    after = split_status(r, before, after);
    after = managers_update(&w, before, after);
    if (prepare_update(r, before, &after))
        finish_update(r, before, after);
}

/* --- create ---------------------------------------------------------------------------------- */
static bool check_namespace(struct request *r)
{
    const struct kind *namespaces = kind_find(r->s, "", "v1", "namespaces");
    const struct value *ns, *details;

    if (!(r->kind->flags & KIND_NAMESPACED) || (r->kind->flags & KIND_REVIEW))
        return true;
    ns = store_get(r->s, r->a, namespaces, "", r->ns);
    if (!ns) {
        details = value_map_of(r->a, {"name", value_string(r->a, r->ns)},
                               {"kind", value_string(r->a, "namespaces")});
        reply_value(r, 404,
                    status_value(r->a, 404, "NotFound",
                                 text_f(r->a, "namespaces \"%s\" not found", r->ns), details));
        return false;
    }
    if (!value_has(value_at(ns, "metadata"), "deletionTimestamp"))
        return true;
    details = value_map_of(
        r->a, {"name", value_string(r->a, r->name)}, {"kind", value_string(r->a, r->kind->plural)},
        {"causes",
         value_list_of(
             r->a,
             value_map_of(r->a, {"reason", value_string(r->a, "NamespaceTerminating")},
                          {"message", value_f(r->a, "namespace %s is being terminated", r->ns)},
                          {"field", value_string(r->a, "metadata.namespace")}))});
    reply_value(r, 403,
                status_value(r->a, 403, "Forbidden",
                             text_f(r->a,
                                    "%s \"%s\" is forbidden: unable to create new content in "
                                    "namespace %s because it is being terminated",
                                    kind_resource(r->a, r->kind), r->name, r->ns),
                             details));
    return false;
}

/* Fills what a new object gets from the server; the name is known by now. */
static const struct value *born(struct request *r, const struct value *v)
{
    static const char *const dropped[] = {"resourceVersion",   "selfLink",
                                          "deletionTimestamp", "deletionGracePeriodSeconds",
                                          "generation",        "managedFields"};

    for (size_t i = 0; i < sizeof(dropped) / sizeof(*dropped); i++)
        v = with_meta(r, v, dropped[i], NULL);
    v = with_meta(r, v, "name", value_string(r->a, r->name));
    v = with_meta(r, v, "namespace", *r->ns ? value_string(r->a, r->ns) : NULL);
    v = with_meta(r, v, "uid", value_string(r->a, identity_random_uid(r->a)));
    v = with_meta(r, v, "creationTimestamp", value_string(r->a, clock_rfc3339(r->a, clock_now())));
    if (r->kind->flags & KIND_GENERATION)
        v = with_meta(r, v, "generation", value_integer(r->a, 1));
    return r->kind->flags & KIND_STATUS ? value_with(r->a, v, "status", NULL) : v;
}

/* v has its managedFields (NULL: none). */
static void finish_create(struct request *r, const struct value *v)
{
    const struct value *old;

    if (!is_custom(r))
        v = builtin_prepare(r->s, r->a, r->kind, NULL, v);
    if (!check_valid(r, NULL, v))
        return;
    old = store_get(r->s, r->a, r->kind, r->ns, r->name);
    if (old) {
        status_object(r, 409, "AlreadyExists", "%s%s \"%s\" already exists",
                      value_has(value_at(old, "metadata"), "deletionTimestamp")
                          ? "object is being deleted: "
                          : "",
                      kind_resource(r->a, r->kind), r->name);
        return;
    }
    if (!r->dry_run)
        v = store_put(r->s, r->a, r->kind, v);
    reply_value(r, 201, v);
}

static bool take_name(struct request *r, const struct value *v)
{
    const struct value *metadata = value_at(v, "metadata");
    const char *name = value_text(metadata, "name"), *ns = value_text(metadata, "namespace");
    const char *prefix = value_text(metadata, "generateName");
    struct problems p;

    if (*ns && strcmp(ns, r->ns) != 0)
        return status_fail(r, 400, "BadRequest",
                           "the namespace of the provided object does not match the namespace "
                           "sent on the request");
    r->name = name;
    if (!*name && *prefix)
        r->name = text_f(r->a, "%s%s", prefix, identity_random_suffix(r->a, SUFFIX_LETTERS));
    if (*r->name)
        return true;
    problems_init(&p, r->a);
    problem(&p, "FieldValueRequired", "metadata.name",
            "Required value: name or generateName is required");
    return status_valid(r, r->kind->group, r->kind->kind, "", &p);
}

static void handle_create(struct request *r)
{
    const struct value *body, *v;
    struct write w = write_of(r);

    if (!decode_body(r, &body) || !decode_object(r, body, &v) || !take_name(r, v) ||
        !check_namespace(r))
        return;
    if (*value_z(value_in(v, "metadata", "resourceVersion"))) {
        status_fail(r, 500, "", "resourceVersion should not be set on objects to be created");
        return;
    }
    v = born(r, complete(r, v));
    finish_create(r, managers_update(&w, NULL, v));
}

/* --- update and patch --------------------------------------------------------------------------
 */
static bool check_names(struct request *r, const struct value *v)
{
    const char *name = value_z(value_in(v, "metadata", "name"));
    const char *ns = value_z(value_in(v, "metadata", "namespace"));

    if (*name && strcmp(name, r->name) != 0)
        return status_fail(r, 400, "BadRequest",
                           "the name of the object (%s) does not match the name on the URL (%s)",
                           name, r->name);
    if (*ns && strcmp(ns, r->ns) != 0)
        return status_fail(r, 400, "BadRequest",
                           "the namespace of the provided object does not match the namespace "
                           "sent on the request");
    return true;
}

static void handle_update(struct request *r)
{
    const struct value *body, *v, *before;

    if (!decode_body(r, &body) || !decode_object(r, body, &v) || !check_names(r, v))
        return;
    before = store_get(r->s, r->a, r->kind, r->ns, r->name);
    if (!before) {
        status_not_found(r);
        return;
    }
    if (is_custom(r) && !*value_z(value_in(v, "metadata", "resourceVersion"))) {
        struct problems p;

        problems_init(&p, r->a);
        problem(&p, "FieldValueInvalid", "metadata.resourceVersion",
                "Invalid value: 0: must be specified for an update");
        if (!status_valid(r, r->kind->group, r->kind->plural, r->name, &p))
            return;
    }
    update_to(r, before, v);
}

static void handle_plain_patch(struct request *r, bool is_list)
{
    const struct value *before = store_get(r->s, r->a, r->kind, r->ns, r->name), *v, *after;
    const struct value *patched = NULL;
    struct diags diags;

    diags_init(&diags, r->a);
    if (!before) {
        status_not_found(r);
        return;
    }
    if (!json_read(r->a, r->body, "patch", &diags, &v)) {
        status_fail(r, 400, "BadRequest", "error decoding patch: %s", diags.first->detail);
        return;
    }
    if (is_list && !patch_json(r, before, v, &patched))
        return;
    if (!is_list)
        patched = patch_merge(r->a, before, v);
    if (decode_object(r, patched, &after) && check_names(r, after))
        update_to(r, before, after);
}

static bool check_conflicts(struct request *r, const struct value *conflicts)
{
    struct value_builder causes;
    struct text_builder b;
    size_t count = value_count(conflicts), i = 0;

    value_builder_init(&causes, r->a);
    text_builder_init(&b, r->a, BODY_BYTES_MAX);
    text_add_f(&b, "Apply failed with %zu conflict%s: ", count, count == 1 ? "" : "s");
    while (i < count) {
        const char *manager = value_text(value_item(conflicts, i), "manager");
        size_t end = i;

        while (end < count &&
               strcmp(value_text(value_item(conflicts, end), "manager"), manager) == 0)
            end++;
        text_add_f(&b, "%sconflict%s with %s:", i ? "\n" : "", count > 1 ? "s" : "", manager);
        for (; i < end; i++) {
            const struct value *field = value_at(value_item(conflicts, i), "field");

            text_add_f(&b, count > 1 ? "\n- %s" : " %s", value_z(field));
            value_builder_add(
                &causes, value_map_of(r->a, {"reason", value_string(r->a, "FieldManagerConflict")},
                                      {"message", value_f(r->a, "conflict with %s", manager)},
                                      {"field", field}));
        }
    }
    reply_value(r, 409,
                status_value(r->a, 409, "Conflict", text_built(&b).at,
                             value_map_of(r->a, {"causes", value_builder_list(&causes)})));
    return false;
}

static bool check_apply_options(struct request *r)
{
    struct problems p;

    problems_init(&p, r->a);
    if (!*request_parameter(r, "fieldManager"))
        problem(&p, "FieldValueRequired", "fieldManager",
                "Required value: is required for apply patch");
    return status_valid(r, "meta.k8s.io", "PatchOptions", "", &p);
}

static bool check_applied(struct request *r, const struct value *v)
{
    const char *fault;
    const char *expected = kind_api_version(r->a, r->kind);

    if (strcmp(value_text(v, "kind"), r->kind->kind) != 0 ||
        strcmp(value_text(v, "apiVersion"), expected) != 0)
        return status_fail(r, 400, "BadRequest", "invalid object type: %s%s, Kind=%s",
                           strchr(value_text(v, "apiVersion"), '/') ? "" : "/",
                           value_text(v, "apiVersion"), value_text(v, "kind"));
    if (value_count(value_in(v, "metadata", "managedFields")))
        return status_fail(r, 400, "BadRequest", "metadata.managedFields must be nil");
    if (!check_names(r, v))
        return false;
    fault = fields_fault(r->a, r->kind->shape, v);
    if (fault)
        return status_fail(r, 500, "",
                           "failed to create typed patch object (%s/%s; %s%s, Kind=%s): %s",
                           value_z(value_in(v, "metadata", "namespace")), r->name,
                           *r->kind->group ? "" : "/", expected, r->kind->kind, fault);
    return true;
}

/* Without nulls: applying null is the same as leaving out. */
static const struct value *without_nulls(struct arena *a, const struct value *v)
{
    struct value_builder b;

    value_builder_init(&b, a);
    if (v->kind == VALUE_LIST) {
        for (size_t i = 0; i < value_count(v); i++)
            value_builder_add(&b, without_nulls(a, value_item(v, i)));
        return value_builder_list(&b);
    }
    if (v->kind != VALUE_MAP)
        return v;
    for (size_t i = 0; i < value_count(v); i++)
        if (!value_is_null(v->map.entries[i].value))
            value_builder_push(&b, v->map.entries[i].key,
                               without_nulls(a, v->map.entries[i].value));
    return value_builder_map(&b);
}

static void apply_new(struct request *r, const struct value *applied)
{
    struct write w = write_of(r);
    const struct value *after, *managed, *conflicts;

    if (*value_z(value_in(applied, "metadata", "uid"))) {
        status_conflict(r,
                        "uid mismatch: the provided object specified uid %s, and no existing "
                        "object was found",
                        value_z(value_in(applied, "metadata", "uid")));
        return;
    }
    if (*r->subresource) {
        status_not_found(r);
        return;
    }
    if (!check_namespace(r) || !managers_apply(&w, NULL, applied, &after, &managed, &conflicts))
        return;
    after = born(r, complete(r, after));
    finish_create(r, with_meta(r, after, "managedFields", managers_touch(&w, managed)));
}

static const struct value *without_managers(struct request *r, const struct value *v)
{
    return with_meta(r, v, "managedFields", NULL);
}

static void apply_to(struct request *r, const struct value *before, const struct value *applied)
{
    struct write w = write_of(r);
    const struct value *after, *managed, *conflicts;

    if (!check_version(r, before, applied))
        return;
    if (!managers_apply(&w, before, applied, &after, &managed, &conflicts)) {
        check_conflicts(r, conflicts);
        return;
    }
    after = carry_over(r, before, complete(r, after));
    after = split_status(r, before, after);
    after = with_meta(r, after, "managedFields", managed);
    if (!prepare_update(r, before, &after))
        return;
    if (!value_equal(without_managers(r, before), without_managers(r, after)))
        after = with_meta(r, after, "managedFields", managers_touch(&w, managed));
    finish_update(r, before, after);
}

static void handle_apply(struct request *r)
{
    const struct value *body, *before;

    if (!check_apply_options(r) || !decode_body(r, &body))
        return;
    if (!is_custom(r))
        body = without_nulls(r->a, body);
    if (!check_applied(r, body))
        return;
    before = store_get(r->s, r->a, r->kind, r->ns, r->name);
    if (before)
        apply_to(r, before, body);
    else
        apply_new(r, body);
}

static void handle_patch(struct request *r)
{
    if (strncmp(r->content_type, "application/apply-patch+", 24) == 0)
        handle_apply(r);
    else if (strncmp(r->content_type, "application/merge-patch+json", 28) == 0)
        handle_plain_patch(r, false);
    else if (strncmp(r->content_type, "application/json-patch+json", 27) == 0)
        handle_plain_patch(r, true);
    else
        status_fail(r, 415, "UnsupportedMediaType",
                    "the body of the request was in an unknown format - accepted media types "
                    "include: application/json-patch+json, application/merge-patch+json, "
                    "application/apply-patch+yaml");
}

/* --- routing -----------------------------------------------------------------------------------
 */
struct route {
    const char *group, *version, *ns, *plural, *name, *subresource;
};

static const char *next_step(struct arena *a, struct text *rest)
{
    struct text piece;

    return text_split(rest, '/', &piece) ? text_z(a, piece) : "";
}

/* "/api/v1/namespaces/x/secrets/y/status" and "/apis/apps/v1/..." */
static bool read_route(struct arena *a, const char *path, struct route *out)
{
    struct text rest = text_of(path + 1);
    const char *root = next_step(a, &rest), *first, *second, *third;

    *out = (struct route){"", "", "", "", "", ""};
    if (strcmp(root, "apis") == 0)
        out->group = next_step(a, &rest);
    else if (strcmp(root, "api") != 0)
        return false;
    out->version = next_step(a, &rest);
    first = next_step(a, &rest);
    second = next_step(a, &rest);
    third = next_step(a, &rest);
    if (strcmp(first, "namespaces") == 0 && *third && strcmp(third, "status") != 0 &&
        strcmp(third, "finalize") != 0) {
        out->ns = second;
        out->plural = third;
        out->name = next_step(a, &rest);
        out->subresource = next_step(a, &rest);
    } else {
        out->plural = first;
        out->name = second;
        out->subresource = third;
    }
    return *out->plural;
}

static const char *verb_of(const struct request *r)
{
    static const struct {
        const char *method, *one, *many;
    } verbs[] = {{"GET", "get", "list"},
                 {"POST", "create", "create"},
                 {"PUT", "update", "update"},
                 {"PATCH", "patch", "patch"},
                 {"DELETE", "delete", "deletecollection"}};
    const char *watch = request_parameter(r, "watch");

    for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
        if (strcmp(r->method, verbs[i].method) != 0)
            continue;
        if (i == 0 && !*r->name && (strcmp(watch, "1") == 0 || strcmp(watch, "true") == 0))
            return "watch";
        return *r->name ? verbs[i].one : verbs[i].many;
    }
    return "";
}

static bool check_options(struct request *r)
{
    const char *dry_run = request_parameter(r, "dryRun");
    struct problems p;

    r->dry_run = strcmp(dry_run, "All") == 0;
    problems_init(&p, r->a);
    if (*dry_run && !r->dry_run)
        problem(&p, "FieldValueNotSupported", "dryRun",
                "Unsupported value: [\"%s\"]: supported values: \"All\"", dry_run);
    return status_valid(r, "meta.k8s.io",
                        strcmp(r->verb, "delete") == 0  ? "DeleteOptions"
                        : strcmp(r->verb, "patch") == 0 ? "PatchOptions"
                                                        : "UpdateOptions",
                        "", &p);
}

static const char *manager_of(struct request *r)
{
    const char *given = request_parameter(r, "fieldManager");
    const char *slash = strchr(r->agent, '/');

    if (*given)
        return given;
    return slash       ? text_z(r->a, (struct text){r->agent, (size_t)(slash - r->agent)})
           : *r->agent ? r->agent
                       : "unknown";
}

static bool has_subresource(const struct request *r)
{
    const char *sub = r->subresource;

    return !*sub || (strcmp(sub, "status") == 0 && (r->kind->flags & KIND_STATUS)) ||
           (strcmp(sub, "finalize") == 0 && kind_is(r->kind, "", "namespaces")) ||
           (strcmp(sub, "token") == 0 && kind_is(r->kind, "", "serviceaccounts"));
}

static void method_not_allowed(struct request *r)
{
    reply_value(r, 405,
                status_value(r->a, 405, "MethodNotAllowed",
                             "the server does not allow this method on the requested resource",
                             &value_empty_map));
}

static void dispatch(struct request *r)
{
    static const struct {
        const char *verb;
        bool named;
        void (*handle)(struct request *r);
    } handlers[] = {
        {"get", true, handle_get},
        {"list", false, handle_list},
        {"create", false, handle_create},
        {"update", true, handle_update},
        {"patch", true, handle_patch},
        {"delete", true, remove_one},
        {"deletecollection", false, remove_many},
    };

    if (strcmp(r->subresource, "token") == 0 || (r->kind->flags & KIND_REVIEW)) {
        review_handle(r);
        return;
    }
    if (strcmp(r->verb, "watch") == 0) {
        watch_start(r);
        return;
    }
    for (size_t i = 0; i < sizeof(handlers) / sizeof(*handlers); i++) {
        if (strcmp(r->verb, handlers[i].verb) == 0 && handlers[i].named == (*r->name != '\0')) {
            handlers[i].handle(r);
            return;
        }
    }
    method_not_allowed(r);
}

/* A resource that does not exist is still forbidden to who may not see it. */
static void handle_unknown(struct request *r, const struct route *route)
{
    struct kind *unknown = arena_alloc(r->a, sizeof(*unknown));
    const struct kind *const *kinds = kinds_builtin();
    bool known = false;

    *unknown = (struct kind){.group = route->group, .version = route->version};
    unknown->plural = unknown->kind = route->plural;
    r->kind = unknown;
    r->verb = verb_of(r);
    if (!rbac_check(r))
        return;
    for (size_t i = 0; kinds[i]; i++)
        known |= strcmp(kinds[i]->group, route->group) == 0 &&
                 strcmp(kinds[i]->version, route->version) == 0;
    for (size_t i = 0; i < r->s->custom_count; i++)
        known |= strcmp(r->s->custom[i]->group, route->group) == 0 &&
                 strcmp(r->s->custom[i]->version, route->version) == 0;
    if (known)
        status_no_resource(r);
    else
        reply_text(r, 404, "text/plain; charset=utf-8", TEXT("404 page not found\n"));
}

const struct value *resource_at(struct sandbox *s, struct arena *a, const char *path)
{
    const struct kind *kind = NULL;
    struct route route;

    if (read_route(a, path, &route))
        kind = kind_find(s, route.group, route.version, route.plural);
    return kind ? store_get(s, a, kind, route.ns, route.name) : NULL;
}

void resource_handle(struct request *r)
{
    struct route route;

    if (!read_route(r->a, r->path, &route)) {
        reply_text(r, 404, "text/plain; charset=utf-8", TEXT("404 page not found\n"));
        return;
    }
    r->ns = route.ns;
    r->name = route.name;
    r->subresource = route.subresource;
    r->kind = kind_find(r->s, route.group, route.version, route.plural);
    if (!r->kind) {
        handle_unknown(r, &route);
        return;
    }
    r->verb = verb_of(r);
    r->manager = manager_of(r);
    if (!rbac_check(r))
        return;
    if (!has_subresource(r) || (*r->ns && !(r->kind->flags & KIND_NAMESPACED)))
        status_no_resource(r);
    else if (check_options(r))
        dispatch(r);
}
