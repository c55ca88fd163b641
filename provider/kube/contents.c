#include "kube/contents.h"

#include <string.h>

#include "codec/json.h"
#include "kube/client.h"
#include "kube/discovery.h"

enum { PAGE = 50, KINDS_MAX = 2000, UNLISTED_BYTES_MAX = 2000 };

/* Not the things themselves: no bodies, whatever the kind is. */
static const char metadata_only[] =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/* What controllers make for other objects, or by themselves; metrics are no
 * objects at all. */
static const char *const passing[] = {
    "Event", "Endpoints", "EndpointSlice", "Lease", "PodMetrics", "NodeMetrics", NULL};

struct listed_kind {
    const char *api_version, *kind, *plural;
};

struct inventory {
    struct call *call;
    struct kube *kube;
    struct listed_kind *kinds;
    size_t count;
};

static bool is_passing(const char *kind)
{
    for (const char *const *name = passing; *name; name++)
        if (strcmp(*name, kind) == 0)
            return true;
    return false;
}

static bool can_list(const struct value *verbs)
{
    for (size_t i = 0; i < value_count(verbs); i++)
        if (strcmp(value_z(value_item(verbs, i)), "list") == 0)
            return true;
    return false;
}

/* One kind is one kind in all its versions; the first named is preferred. */
static bool is_known(const struct inventory *inventory, const char *api_version, const char *kind)
{
    const char *slash = strchr(api_version, '/');
    size_t len = slash ? (size_t)(slash - api_version) + 1 : 0;

    for (size_t i = 0; i < inventory->count; i++) {
        const struct listed_kind *other = &inventory->kinds[i];

        if (strcmp(other->kind, kind) == 0 && strncmp(other->api_version, api_version, len) == 0 &&
            !strchr(other->api_version, '/') == !slash)
            return true;
    }
    return false;
}

static void add_kind(struct inventory *inventory, const char *api_version, const char *kind,
                     const char *plural, const struct value *verbs)
{
    if (!kind[0] || !plural[0] || strchr(plural, '/') || inventory->count >= KINDS_MAX ||
        is_passing(kind) || !can_list(verbs) || is_known(inventory, api_version, kind))
        return;
    inventory->kinds[inventory->count++] = (struct listed_kind){api_version, kind, plural};
}

/* --- which kinds there are ------------------------------------------------------ */

static void add_resource_list(struct inventory *inventory, const struct value *document)
{
    const struct value *resources = value_at(document, "resources");

    for (size_t i = 0; i < value_count(resources); i++) {
        const struct value *r = value_item(resources, i);

        if (value_flag(r, "namespaced"))
            add_kind(inventory, value_text(document, "groupVersion"), value_text(r, "kind"),
                     value_text(r, "name"), value_at(r, "verbs"));
    }
}

static void add_version(struct inventory *inventory, const char *group, const struct value *version)
{
    const struct value *resources = value_at(version, "resources");
    const char *name = value_text(version, "version");
    const char *api_version =
        group[0] ? text_f(inventory->call->arena, "%s/%s", group, name) : name;

    for (size_t i = 0; i < value_count(resources); i++) {
        const struct value *r = value_item(resources, i);

        if (strcmp(value_text(r, "scope"), "Namespaced") == 0)
            add_kind(inventory, api_version, value_z(value_in(r, "responseKind", "kind")),
                     value_text(r, "resource"), value_at(r, "verbs"));
    }
}

static void add_aggregate(struct inventory *inventory, const struct value *document)
{
    const struct value *groups = value_at(document, "items");

    for (size_t i = 0; i < value_count(groups); i++) {
        const struct value *group = value_item(groups, i), *versions = value_at(group, "versions");

        for (size_t j = 0; j < value_count(versions); j++)
            add_version(inventory, value_z(value_in(group, "metadata", "name")),
                        value_item(versions, j));
    }
}

static bool get_documents(struct inventory *inventory, const char *const *targets, size_t count,
                          const char *accept, const struct value **documents)
{
    struct call *c = inventory->call;
    static const struct kube_subject about = {.verb = "discover the kinds of"};
    struct kube_request *requests = arena_array(c->arena, count, sizeof(*requests));
    struct http_reply *replies = arena_array(c->arena, count, sizeof(*replies));

    for (size_t i = 0; i < count; i++)
        requests[i] =
            (struct kube_request){.method = "GET", .target = targets[i], .accept = accept};
    if (!kube_send_all(c, inventory->kube, requests, count, replies))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (replies[i].failure != HTTP_FINE)
            return kube_unreachable(c, inventory->kube, &about, &replies[i]);
        if (!kube_status_is_fine(replies[i].status))
            return kube_refused(c, inventory->kube, &about, &replies[i]);
        if (!kube_reply_body(c, inventory->kube, &replies[i], &documents[i]))
            return false;
    }
    return true;
}

/* A server before 1.27: a list of groups, and one document for each. */
static bool find_kinds_singly(struct inventory *inventory, const struct value *groups)
{
    size_t count = value_count(groups) + 1;
    const char **targets = arena_array(inventory->call->arena, count, sizeof(*targets));
    const struct value **documents =
        arena_array(inventory->call->arena, count, sizeof(const struct value *));

    targets[0] = "/api/v1";
    for (size_t i = 1; i < count; i++)
        targets[i] = text_f(
            inventory->call->arena, "/apis/%s",
            value_z(value_in(value_item(groups, i - 1), "preferredVersion", "groupVersion")));
    if (!get_documents(inventory, targets, count, NULL, documents))
        return false;
    for (size_t i = 0; i < count; i++)
        add_resource_list(inventory, documents[i]);
    return true;
}

static bool find_kinds(struct inventory *inventory)
{
    static const char *const targets[] = {"/api", "/apis"};
    const struct value *documents[2] = {&value_null, &value_null};

    if (!get_documents(inventory, targets, 2, discovery_accept, documents))
        return false;
    if (value_has(documents[1], "groups"))
        return find_kinds_singly(inventory, value_at(documents[1], "groups"));
    add_aggregate(inventory, documents[0]);
    add_aggregate(inventory, documents[1]);
    return true;
}

/* --- what there is of them --------------------------------------------------------- */

static struct kube_request list_form(const struct inventory *inventory, const char *namespace,
                                     const struct listed_kind *kind)
{
    return (struct kube_request){
        .method = "GET",
        .target = text_f(inventory->call->arena, "%s/%s/namespaces/%s/%s?limit=%d",
                         strchr(kind->api_version, '/') ? "/apis" : "/api", kind->api_version,
                         namespace, kind->plural, PAGE),
        .accept = metadata_only,
        .flags = HTTP_SECRET_REPLY,
    };
}

/* Its owner stands in the same namespace, and is listed itself; when it is gone, the
 * garbage collector is about to come. */
static bool goes_with_owner(const struct inventory *inventory, const struct value *item)
{
    const struct value *owners = value_in(item, "metadata", "ownerReferences");

    for (size_t i = 0; i < value_count(owners); i++) {
        const struct value *owner = value_item(owners, i);

        if (is_known(inventory, value_text(owner, "apiVersion"), value_text(owner, "kind")))
            return true;
    }
    return false;
}

static void add_items(struct inventory *inventory, const struct listed_kind *kind,
                      const struct value *page, struct value_builder *objects)
{
    struct arena *a = inventory->call->arena;
    const struct value *items = value_at(page, "items");

    for (size_t i = 0; i < value_count(items); i++)
        if (!goes_with_owner(inventory, value_item(items, i)))
            value_builder_add(
                objects, value_map_of(a, {"apiVersion", value_string(a, kind->api_version)},
                                      {"kind", value_string(a, kind->kind)},
                                      {"metadata", value_at(value_item(items, i), "metadata")}));
}

/* A kind that is gone meanwhile, or that only looks like one, holds nothing. */
static bool holds_nothing(const struct http_reply *reply)
{
    return reply->failure == HTTP_FINE && (reply->status == 404 || reply->status == 405);
}

/* The answer says nothing about rights, nor about a server or webhook behind this one:
 * whoever asks may ask again. */
static bool is_odd(const struct listed_kind *kind, const struct http_reply *reply)
{
    const char *slash = strchr(kind->api_version, '/');
    bool is_built_in =
        !slash || !memchr(kind->api_version, '.', (size_t)(slash - kind->api_version));

    return reply->failure != HTTP_FINE || (reply->status < 500 && reply->status != 403) ||
           (reply->status >= 500 && is_built_in);
}

static bool refuse(const struct inventory *inventory, const struct listed_kind *kind,
                   const struct http_reply *reply)
{
    const struct kube_ref ref = {kind->api_version, kind->kind, NULL, NULL};
    const struct kube_subject about = {.verb = "list", .ref = &ref};

    return reply->failure == HTTP_FINE
               ? kube_refused(inventory->call, inventory->kube, &about, reply)
               : kube_unreachable(inventory->call, inventory->kube, &about, reply);
}

static bool take_replies(struct inventory *inventory, const struct http_reply *replies,
                         struct kube_contents *out)
{
    struct call *c = inventory->call;
    struct value_builder objects;
    struct text_builder unlisted;
    const struct value *page;

    value_builder_init(&objects, c->arena);
    text_builder_init(&unlisted, c->arena, UNLISTED_BYTES_MAX);
    for (size_t i = 0; i < inventory->count; i++) {
        const struct listed_kind *kind = &inventory->kinds[i];

        if (holds_nothing(&replies[i]))
            continue;
        if (replies[i].failure == HTTP_FINE && kube_status_is_fine(replies[i].status)) {
            if (!kube_reply_body(c, inventory->kube, &replies[i], &page))
                return false;
            add_items(inventory, kind, page, &objects);
            continue;
        }
        if (is_odd(kind, &replies[i]))
            return refuse(inventory, kind, &replies[i]);
        text_add_f(&unlisted, "%s%s (%d)", unlisted.len ? ", " : "", kind->plural,
                   replies[i].status);
    }
    *out = (struct kube_contents){value_builder_list(&objects), text_built(&unlisted).at};
    return true;
}

bool kube_contents(struct call *c, struct kube *k, const char *namespace, struct kube_contents *out)
{
    struct inventory inventory = {
        .call = c,
        .kube = k,
        .kinds = arena_array(c->arena, KINDS_MAX, sizeof(struct listed_kind)),
    };
    struct kube_request *requests;
    struct http_reply *replies;

    if (!find_kinds(&inventory))
        return false;
    requests = arena_array(c->arena, inventory.count, sizeof(*requests));
    replies = arena_array(c->arena, inventory.count, sizeof(*replies));
    for (size_t i = 0; i < inventory.count; i++)
        requests[i] = list_form(&inventory, namespace, &inventory.kinds[i]);
    return kube_send_all(c, k, requests, inventory.count, replies) &&
           take_replies(&inventory, replies, out);
}
