#include "acceptance/sandbox/remove.h"

#include <string.h>

#include "acceptance/sandbox/crd.h"
#include "acceptance/sandbox/decode.h"
#include "acceptance/sandbox/selector.h"
#include "acceptance/sandbox/status.h"
#include "acceptance/sandbox/store.h"
#include "base/clock.h"

static const char foreground[] = "foregroundDeletion";

static bool is_definition(const struct kind *kind)
{
    return kind_is(kind, "apiextensions.k8s.io", "customresourcedefinitions");
}

static const struct value *add_finalizer(struct arena *a, const struct value *object,
                                         const char *name)
{
    const struct value *list = value_in(object, "metadata", "finalizers");

    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_z(value_item(list, i)), name) == 0)
            return object;
    return value_with_in(a, object, value_append(a, list, value_string(a, name)), "metadata",
                         "finalizers");
}

static bool is_held(const struct kind *kind, const struct value *object)
{
    return value_count(value_in(object, "metadata", "finalizers")) ||
           (kind_is(kind, "", "namespaces") && value_count(value_in(object, "spec", "finalizers")));
}

void remove_when_released(struct sandbox *s, struct arena *a, const struct kind *kind,
                          const struct value *object)
{
    const struct value *metadata = value_at(object, "metadata");

    (void)a;
    if (value_has(metadata, "deletionTimestamp") && !is_held(kind, object))
        store_remove(s, kind, value_text(metadata, "namespace"), value_text(metadata, "name"));
}

/* Marks the object as being deleted. */
static const struct value *mark(struct arena *a, const struct kind *kind,
                                const struct value *object)
{
    const struct value *generation = value_in(object, "metadata", "generation");

    if (value_has(value_at(object, "metadata"), "deletionTimestamp"))
        return object;
    object = value_with_in(a, object, value_string(a, clock_rfc3339(a, clock_now())), "metadata",
                           "deletionTimestamp");
    if (kind_is(kind, "", "namespaces"))
        return value_with_in(a, object, value_string(a, "Terminating"), "status", "phase");
    if (is_definition(kind))
        return crd_leaving(a, object);
    if (value_is_set(generation))
        object = value_with_in(a, object, value_integer(a, value_as_integer(generation) + 1),
                               "metadata", "generation");
    return value_with_in(a, object, value_integer(a, 0), "metadata", "deletionGracePeriodSeconds");
}

static void orphan(struct sandbox *s, struct arena *a, const char *uid)
{
    for (size_t i = 0; i < s->collection_count; i++) {
        struct collection *c = s->collections[i];

        for (size_t k = 0; k < c->count; k++) {
            const struct value *v, *owners, *left = &value_empty_list;
            const struct kind *kind;

            if (!c->items[k]->has_owners)
                continue;
            v = stored_value(a, c->items[k]);
            owners = value_in(v, "metadata", "ownerReferences");
            for (size_t o = 0; o < value_count(owners); o++)
                if (strcmp(value_text(value_item(owners, o), "uid"), uid) != 0)
                    left = value_append(a, left, value_item(owners, o));
            kind = kind_by_name(s, c->group,
                                strchr(value_text(v, "apiVersion"), '/')
                                    ? strchr(value_text(v, "apiVersion"), '/') + 1
                                    : value_text(v, "apiVersion"),
                                value_text(v, "kind"));
            if (kind && value_count(left) < value_count(owners))
                store_put(s, a, kind,
                          value_with_in(a, v, value_count(left) ? left : NULL, "metadata",
                                        "ownerReferences"));
        }
    }
}

void remove_start(struct sandbox *s, struct arena *a, const struct kind *kind,
                  const struct value *object, const char *propagation)
{
    const struct value *metadata = value_at(object, "metadata");

    if (strcmp(propagation, "Orphan") == 0)
        orphan(s, a, value_text(metadata, "uid"));
    if (strcmp(propagation, "Foreground") == 0)
        object = add_finalizer(a, object, foreground);
    if (is_definition(kind))
        object = add_finalizer(a, object, "customresourcecleanup.apiextensions.k8s.io");
    if (is_held(kind, object))
        store_put(s, a, kind, mark(a, kind, object));
    else
        store_remove(s, kind, value_text(metadata, "namespace"), value_text(metadata, "name"));
}

/* --- DELETE ----------------------------------------------------------------------------------- */
static bool check_preconditions(struct request *r, const struct value *options,
                                const struct value *object)
{
    const char *uid = value_z(value_in(options, "preconditions", "uid"));
    const char *version = value_z(value_in(options, "preconditions", "resourceVersion"));
    const char *own_uid = value_z(value_in(object, "metadata", "uid"));
    const char *own_version = value_z(value_in(object, "metadata", "resourceVersion"));
    const char *what = NULL, *wanted = uid, *own = own_uid;

    if (*uid && strcmp(uid, own_uid) != 0)
        what = "UID";
    if (!what && *version && strcmp(version, own_version) != 0) {
        what = "ResourceVersion";
        wanted = version;
        own = own_version;
    }
    if (!what)
        return true;
    reply_value(
        r, 409,
        status_value(r->a, 409, "Conflict",
                     text_f(r->a,
                            "Operation cannot be fulfilled on %s \"%s\": the %s in the "
                            "precondition (%s) does not match the %s in record (%s). The object "
                            "might have been %s",
                            kind_qualified(r->a, r->kind), r->name, what, wanted, what, own,
                            strcmp(what, "UID") == 0 ? "deleted and then recreated" : "modified"),
                     value_map_of(r->a, {"name", value_string(r->a, r->name)},
                                  {"kind", value_string(r->a, r->kind->kind)})));
    return false;
}

static bool check_propagation(struct request *r, const char *propagation)
{
    static const char *const known[] = {"", "Foreground", "Background", "Orphan"};
    struct problems p;

    for (size_t i = 0; i < 4; i++)
        if (strcmp(propagation, known[i]) == 0)
            return true;
    problems_init(&p, r->a);
    problem(&p, "FieldValueNotSupported", "propagationPolicy",
            "Unsupported value: \"%s\": supported values: \"Foreground\", \"Background\", "
            "\"Orphan\", \"nil\"",
            propagation);
    return status_valid(r, "meta.k8s.io", "DeleteOptions", "", &p);
}

/* Options come in the body, some of them also as parameters. */
static bool read_options(struct request *r, const struct value **out, const char **propagation)
{
    const struct value *list;

    *out = &value_empty_map;
    if (text_trim(r->body).len && !decode_body(r, out))
        return false;
    *propagation = request_parameter(r, "propagationPolicy");
    if (!**propagation)
        *propagation = value_text(*out, "propagationPolicy");
    list = value_at(*out, "dryRun");
    if (strcmp(value_z(value_item(list, 0)), "All") == 0)
        r->dry_run = true;
    return check_propagation(r, *propagation);
}

static bool is_permanent(const struct request *r)
{
    static const char *const names[] = {"default", "kube-system", "kube-public"};

    for (size_t i = 0; i < 3; i++)
        if (kind_is(r->kind, "", "namespaces") && strcmp(r->name, names[i]) == 0)
            return true;
    return false;
}

/* Some kinds answer with what was deleted, most with a Status. */
static bool returns_object(const struct kind *kind)
{
    static const char *const plurals[] = {"pods",
                                          "services",
                                          "serviceaccounts",
                                          "persistentvolumeclaims",
                                          "persistentvolumes",
                                          "resourcequotas"};

    for (size_t i = 0; i < sizeof(plurals) / sizeof(*plurals); i++)
        if (kind_is(kind, "", plurals[i]))
            return true;
    return false;
}

void remove_one(struct request *r)
{
    const struct value *object = store_get(r->s, r->a, r->kind, r->ns, r->name), *options, *left;
    const char *propagation;

    if (!object) {
        status_not_found(r);
        return;
    }
    if (!read_options(r, &options, &propagation) || !check_preconditions(r, options, object))
        return;
    if (is_permanent(r)) {
        status_object(r, 403, "Forbidden",
                      "namespaces \"%s\" is forbidden: this namespace may not be deleted", r->name);
        return;
    }
    if (!r->dry_run)
        remove_start(r->s, r->a, r->kind, object, propagation);
    left = r->dry_run ? NULL : store_get(r->s, r->a, r->kind, r->ns, r->name);
    if (left)
        reply_value(r, 200, left);
    else if (returns_object(r->kind))
        reply_value(r, 200, object);
    else
        status_deleted(r, value_z(value_in(object, "metadata", "uid")));
}

/* As an item of a list. */
static const struct value *untyped(struct request *r, const struct value *v)
{
    if (r->kind->flags & KIND_CUSTOM)
        return v;
    return value_with(r->a, value_with(r->a, v, "kind", NULL), "apiVersion", NULL);
}

void remove_many(struct request *r)
{
    struct collection *c = store_collection(r->s, r->kind);
    const struct value *options, *gone = &value_empty_list, *shown = gone;
    const char *propagation;
    struct selector selector;
    size_t first, end;

    if (!selector_read(r, &selector) || !read_options(r, &options, &propagation))
        return;
    store_range(c, r->ns, &first, &end);
    for (size_t i = first; i < end; i++) {
        const struct value *v = stored_value(r->a, c->items[i]);

        if (!selector_matches(&selector, v))
            continue;
        gone = value_append(r->a, gone, v);
        shown = value_append(r->a, shown, untyped(r, v));
    }
    for (size_t i = 0; i < value_count(gone) && !r->dry_run; i++)
        remove_start(r->s, r->a, r->kind, value_item(gone, i), propagation);
    reply_value(r, 200,
                value_map_of(r->a, {"kind", value_string(r->a, r->kind->list_kind)},
                             {"apiVersion", value_string(r->a, kind_api_version(r->a, r->kind))},
                             {"metadata", value_map_of(r->a, {"resourceVersion",
                                                              value_f(r->a, "%lld",
                                                                      (long long)r->s->version)})},
                             {"items", shown}));
}
