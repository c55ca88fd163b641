/* object - reading and writing single objects and lists. */
#include <string.h>

#include "base/log.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "http/url.h"
#include "kube/client.h"

enum {
    LIST_PAGE = 500,
    LIST_OBJECTS_MAX = 1000 * 1000,
    NAME_BYTES_MAX = 253,
};

static const char json_type[] = "application/json";

struct kube_ref kube_ref_of(const struct value *object)
{
    const struct value *metadata = value_at(object, "metadata");

    return (struct kube_ref){value_text(object, "apiVersion"), value_text(object, "kind"),
                             value_text(metadata, "namespace"), value_text(metadata, "name")};
}

static bool is_given(const char *z)
{
    return z && z[0];
}

char *kube_ref_text(struct arena *a, const struct kube_ref *ref)
{
    if (!is_given(ref->name))
        return is_given(ref->namespace) ? text_f(a, "%s in namespace %s", ref->kind, ref->namespace)
                                        : text_f(a, "%s in all namespaces", ref->kind);
    return is_given(ref->namespace) ? text_f(a, "%s %s/%s", ref->kind, ref->namespace, ref->name)
                                    : text_f(a, "%s %s", ref->kind, ref->name);
}

/* --- addresses --------------------------------------------------------------- */

unsigned object_secrecy(const struct kube_ref *ref, unsigned flags)
{
    bool secret = (flags & KUBE_SECRET) || strcmp(ref->kind, "Secret") == 0;

    return secret ? HTTP_SECRET_BODY | HTTP_SECRET_REPLY : 0;
}

const char *object_query(struct arena *a, unsigned flags, bool is_apply)
{
    const char *manager = flags & KUBE_ASIDE ? KUBE_ASIDE_MANAGER : KUBE_FIELD_MANAGER;

    return url_query(a, (const char *const[]){"dryRun", flags & KUBE_DRY_RUN ? "All" : NULL, //
                                              "fieldManager", manager,                       //
                                              "fieldValidation", "Strict",                   //
                                              "force",
                                              is_apply && flags & KUBE_FORCE ? "true" : NULL, //
                                              NULL});
}

/* A part of a path: "." and ".." would lead elsewhere. */
static bool segment(struct call *c, const struct kube_subject *about, const char *what,
                    const char *name, const char **out)
{
    size_t len = strlen(name);

    if (!len || len > NAME_BYTES_MAX || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        strchr(name, '/') || strchr(name, '%'))
        return diag_error(
            c->diags, NULL,
            text_f(c->arena, "Cannot %s %s", about->verb, kube_ref_text(c->arena, about->ref)),
            "%s \"%s\" is not a name that Kubernetes allows.", what, name);
    *out = url_escape(c->arena, text_of(name), ":");
    return true;
}

bool object_target(struct call *c, const struct kube *k, const struct kube_subject *about,
                   const struct kube_resource *resource, const char *name, const char **out)
{
    const char *namespace = about->ref->namespace, *folder = "", *last = "";

    if (resource->namespaced && is_given(namespace)) {
        if (!segment(c, about, "The namespace", namespace, &folder))
            return false;
        folder = text_f(c->arena, "/namespaces/%s", folder);
    }
    if (name) {
        if (resource->namespaced && !folder[0])
            return diag_error(
                c->diags, NULL,
                text_f(c->arena, "Cannot %s %s", about->verb, kube_ref_text(c->arena, about->ref)),
                "A %s lives in a namespace, and none is given (cluster %s).", about->ref->kind,
                k->name);
        if (!segment(c, about, "The name", name, &last))
            return false;
        last = text_f(c->arena, "/%s", last);
    }
    *out = text_f(c->arena, "%s%s/%s%s", resource->path, folder, resource->plural, last);
    return true;
}

/* The address of one object; NULL when its kind is not served. */
static bool locate(struct call *c, struct kube *k, const struct kube_subject *about,
                   const char *name, const char **target)
{
    struct kube_resource resource;
    bool found;

    *target = NULL;
    if (!kube_discover(c, k, about->ref->api_version, about->ref->kind, &found, &resource))
        return false;
    return !found || object_target(c, k, about, &resource, name, target);
}

/* The same for writing, where a missing kind is a failure. */
static bool locate_for_write(struct call *c, struct kube *k, const struct kube_subject *about,
                             const char *name, unsigned flags, const char **target)
{
    if (!kube_check_uid(c, k) || !locate(c, k, about, name, target))
        return false;
    return *target || flags & KUBE_MISSING_KIND_OK || kube_not_served(c, k, about);
}

/* --- reading ----------------------------------------------------------------- */

bool kube_get(struct call *c, struct kube *k, const struct kube_ref *ref, const struct value **out)
{
    const struct kube_subject about = {.verb = "read", .ref = ref};
    struct kube_request request = {.method = "GET", .flags = object_secrecy(ref, 0)};
    struct http_reply reply;

    *out = NULL;
    if (!locate(c, k, &about, ref->name ? ref->name : "", &request.target))
        return false;
    if (!request.target)
        return true;
    if (!kube_send(c, k, &about, &request, &reply))
        return false;
    if (reply.status == 404)
        return true;
    if (!kube_status_is_fine(reply.status))
        return kube_refused(c, k, &about, &reply);
    return kube_reply_body(c, k, &reply, out);
}

/* What is the same for all pages of a list. */
struct listing {
    struct kube_subject about;
    const char *target, *label_selector;
    struct value_builder objects;
    size_t limit;       /* 0 = all in one reply */
    const char *accept; /* NULL = whole objects */
};

/* Items of a list do not say what they are. */
static void page_add(struct call *c, struct listing *l, const struct value *page)
{
    const struct value *items = value_at(page, "items");
    const struct value *version = value_string(c->arena, l->about.ref->api_version);
    const struct value *kind = value_string(c->arena, l->about.ref->kind);

    for (size_t i = 0; i < value_count(items); i++) {
        const struct value *item = value_item(items, i);
        struct value_builder b;

        value_builder_init(&b, c->arena);
        value_builder_push(&b, "apiVersion", version);
        value_builder_push(&b, "kind", kind);
        for (size_t j = 0; item->kind == VALUE_MAP && j < item->map.count; j++)
            if (strcmp(item->map.entries[j].key, "apiVersion") != 0 &&
                strcmp(item->map.entries[j].key, "kind") != 0)
                value_builder_push(&b, item->map.entries[j].key, item->map.entries[j].value);
        value_builder_add(&l->objects, value_builder_map(&b));
    }
}

static bool page_get(struct call *c, struct kube *k, struct listing *l, const char *token,
                     struct http_reply *reply)
{
    const char *limit = l->limit ? text_f(c->arena, "%zu", l->limit) : NULL;
    const struct kube_request request = {
        .method = "GET",
        .target = text_f(
            c->arena, "%s%s", l->target,
            url_query(c->arena, (const char *const[]){"continue", token, "labelSelector",
                                                      l->label_selector, "limit", limit, NULL})),
        .accept = l->accept,
        .flags = object_secrecy(l->about.ref, 0),
    };

    return kube_send(c, k, &l->about, &request, reply);
}

static bool too_many(struct call *c, const struct kube *k, const struct listing *l)
{
    return diag_error(c->diags, NULL,
                      text_f(c->arena, "Cannot list %s", kube_ref_text(c->arena, l->about.ref)),
                      "Cluster %s has more than %d of them.", k->name, LIST_OBJECTS_MAX);
}

/* A page whose token has expired (410) means that the list changed too much
 * meanwhile: then all is asked for once in one piece. */
static bool pages_get(struct call *c, struct kube *k, struct listing *l)
{
    const char *token = NULL;

    do {
        struct http_reply reply;
        const struct value *page;

        if (!page_get(c, k, l, token, &reply))
            return false;
        if (reply.status == 410 && token && l->limit) {
            value_builder_init(&l->objects, c->arena);
            l->limit = 0;
            token = NULL;
            continue;
        }
        if (reply.status == 404)
            return true;
        if (!kube_status_is_fine(reply.status))
            return kube_refused(c, k, &l->about, &reply);
        if (!kube_reply_body(c, k, &reply, &page))
            return false;
        page_add(c, l, page);
        if (l->objects.count > LIST_OBJECTS_MAX)
            return too_many(c, k, l);
        token = value_z(value_in(page, "metadata", "continue"));
    } while (!token || token[0]);
    return true;
}

static bool list_as(struct call *c, struct kube *k, const struct kube_ref *ref,
                    const char *label_selector, const char *accept, const struct value **out)
{
    const struct kube_ref all = {ref->api_version, ref->kind, ref->namespace, NULL};
    struct listing l = {
        .about = {.verb = "list", .ref = &all},
        .label_selector = label_selector,
        .limit = LIST_PAGE,
        .accept = accept,
    };

    *out = &value_empty_list;
    if (!locate(c, k, &l.about, NULL, &l.target))
        return false;
    if (!l.target)
        return true;
    value_builder_init(&l.objects, c->arena);
    if (!pages_get(c, k, &l))
        return false;
    *out = value_builder_list(&l.objects);
    return true;
}

bool kube_list(struct call *c, struct kube *k, const struct kube_ref *ref,
               const char *label_selector, const struct value **out)
{
    return list_as(c, k, ref, label_selector, NULL, out);
}

bool kube_list_metadata(struct call *c, struct kube *k, const struct kube_ref *ref,
                        const char *label_selector, const struct value **out)
{
    return list_as(c, k, ref, label_selector,
                   "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,"
                   "application/json",
                   out);
}

/* --- writing ----------------------------------------------------------------- */

/* The connection broke after the object was sent: what is there and ours is
 * what we have just made. */
static bool created_anyway(struct call *c, struct kube *k, const struct kube_subject *about,
                           const struct value **out)
{
    struct diags unheard;
    struct call quiet;

    diags_init(&unheard, c->arena);
    quiet = call_quietly(c, &unheard);
    if (!kube_get(&quiet, k, about->ref, out) || !*out || !kube_is_ours(*out)) {
        *out = NULL;
        return false;
    }
    log_event(LOG_DEBUG, "kube", "object was created although the connection broke", "object",
              kube_ref_text(c->arena, about->ref), NULL);
    return true;
}

bool kube_create(struct call *c, struct kube *k, const struct value *object, unsigned flags,
                 const char *import_hint, const struct value **out)
{
    const struct kube_ref ref = kube_ref_of(object);
    const struct kube_subject about = {
        .verb = "create", .ref = &ref, .import_hint = import_hint, .sent = object};
    struct kube_request request = {
        .method = "POST",
        .content_type = json_type,
        .body = json_write(c->arena, object),
        .flags = object_secrecy(&ref, flags),
    };
    struct http_reply reply;
    const char *named;

    *out = NULL;
    /* The name goes in the body, but is looked at like one in a path. */
    if (!locate_for_write(c, k, &about, ref.name, flags, &named))
        return false;
    if (!named)
        return true;
    request.target = text_f(c->arena, "%.*s%s", (int)(strrchr(named, '/') - named), named,
                            object_query(c->arena, flags, false));
    if (!kube_exchange(c, k, &request, &reply))
        return false;
    if (reply.failure == HTTP_CUT && !(flags & KUBE_DRY_RUN) && created_anyway(c, k, &about, out))
        return true;
    if (reply.failure != HTTP_FINE)
        return kube_unreachable(c, k, &about, &reply);
    if (!kube_status_is_fine(reply.status))
        return kube_refused(c, k, &about, &reply);
    return kube_reply_body(c, k, &reply, out);
}

bool kube_patch(struct call *c, struct kube *k, const struct kube_ref *ref,
                const struct value *merge_patch, unsigned flags, const struct value **out)
{
    const struct kube_subject about = {.verb = "patch", .ref = ref, .sent = merge_patch};
    struct kube_request request = {
        .method = "PATCH",
        .content_type = "application/merge-patch+json",
        .body = json_write(c->arena, merge_patch),
        .flags = object_secrecy(ref, flags) | HTTP_IDEMPOTENT,
    };

    *out = NULL;
    if (!locate_for_write(c, k, &about, ref->name ? ref->name : "", flags, &request.target))
        return false;
    if (!request.target)
        return true;
    request.target = text_f(c->arena, "%s%s", request.target, object_query(c->arena, flags, false));
    return kube_ask(c, k, &about, &request, out);
}

bool kube_create_subresource(struct call *c, struct kube *k, const struct kube_ref *ref,
                             const char *subresource, const struct value *body, unsigned flags,
                             const struct value **out)
{
    const struct kube_subject about = {
        .verb = text_f(c->arena, "create %s of", subresource), .ref = ref, .sent = body};
    /* A TokenRequest may be repeated, because nothing is stored. Any reply may be
     * a credential, as that one's is. */
    bool repeatable = strcmp(subresource, "token") == 0 || flags & KUBE_DRY_RUN;
    struct kube_request request = {
        .method = "POST",
        .content_type = json_type,
        .body = json_write(c->arena, body),
        .flags =
            object_secrecy(ref, flags) | HTTP_SECRET_REPLY | (repeatable ? HTTP_IDEMPOTENT : 0),
    };

    *out = NULL;
    if (!locate_for_write(c, k, &about, ref->name ? ref->name : "", flags, &request.target))
        return false;
    if (!request.target)
        return true;
    request.target = text_f(c->arena, "%s/%s%s", request.target, subresource,
                            object_query(c->arena, flags, false));
    return kube_ask(c, k, &about, &request, out);
}

/* --- looking at objects -------------------------------------------------------- */

bool kube_secret_data(struct arena *a, const struct value *secret, const char *key,
                      struct text *out)
{
    const struct value *v = value_in(secret, "data", key);

    *out = TEXT("");
    return v->kind == VALUE_STRING && base64_decode(a, value_string_text(v), BASE64_STANDARD, out);
}
