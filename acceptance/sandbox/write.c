#include "acceptance/sandbox/write.h"

#include <string.h>

#include "acceptance/sandbox/builtin.h"
#include "acceptance/sandbox/crd.h"
#include "acceptance/sandbox/decode.h"
#include "acceptance/sandbox/fields.h"
#include "acceptance/sandbox/identity.h"
#include "acceptance/sandbox/managers.h"
#include "acceptance/sandbox/patch.h"
#include "acceptance/sandbox/remove.h"
#include "acceptance/sandbox/status.h"
#include "acceptance/sandbox/store.h"
#include "base/clock.h"
#include "codec/json.h"

enum { SUFFIX_LETTERS = 5 };

const struct value *write_presented(struct request *r, const struct value *object)
{
    if (!(r->kind->flags & KIND_CUSTOM))
        return object;
    return value_with(r->a, object, "apiVersion",
                      value_string(r->a, kind_api_version(r->a, r->kind)));
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
        reply_value(r, 200, write_presented(r, after));
        return;
    }
    after = store_put(r->s, r->a, r->kind, after);
    reply_value(r, 200, write_presented(r, after));
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

/* Who writes managedFields says by that who owned what until now. */
static const struct value *with_given_managers(struct request *r, const struct value *before,
                                               const struct value *after)
{
    const struct value *given = value_in(after, "metadata", "managedFields");

    return value_count(given) ? with_meta(r, before, "managedFields", given) : before;
}

/* PUT and the patches that say what the object becomes. */
static void update_to(struct request *r, const struct value *before, const struct value *after)
{
    const struct value *before_managers;
    struct write w = write_of(r);

    if (!check_version(r, before, after))
        return;
    before_managers = with_given_managers(r, before, after);
    after = carry_over(r, before, complete(r, after));
    after = split_status(r, before, after);
    after = managers_update(&w, before_managers, after);
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

/* What the webhook for Services does, if there is one; its own Service it leaves alone. */
static bool pass_service_webhook(struct request *r, const struct value **v)
{
    const struct value *spec = value_at(*v, "spec"), *metadata = value_at(*v, "metadata");
    const char *app = value_z(value_in(metadata, "labels", "app.kubernetes.io/name"));

    if (!kind_is(r->kind, "", "services") || strcmp(app, "aws-load-balancer-controller") == 0)
        return true;
    if (r->s->service_refusal)
        return status_fail(r, 500, "InternalError", "%s", r->s->service_refusal);
    if (r->s->service_class && strcmp(value_text(spec, "type"), "LoadBalancer") == 0 &&
        !value_has(spec, "loadBalancerClass") &&
        !value_has(value_at(metadata, "annotations"),
                   "service.beta.kubernetes.io/aws-load-balancer-type"))
        *v = value_with_in(r->a, *v, value_string(r->a, r->s->service_class), "spec",
                           "loadBalancerClass");
    return true;
}

/* v has its managedFields (NULL: none). */
static void finish_create(struct request *r, const struct value *v)
{
    const struct value *old;

    if (!pass_service_webhook(r, &v))
        return;
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

void write_create(struct request *r)
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

void write_update(struct request *r)
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

void write_patch(struct request *r)
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
