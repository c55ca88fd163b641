#include "kube/discovery.h"

#include <string.h>

#include "kube/client.h"

const char discovery_accept[] =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,"
    "application/json";

void discovery_init(struct discovery *d)
{
    *d = (struct discovery){.arena = arena_new()};
}

void discovery_clear(struct discovery *d)
{
    arena_free(d->arena);
    *d = (struct discovery){.arena = NULL};
}

const struct discovery_kind *discovery_find(const struct discovery *d, const char *api_version,
                                            const char *kind)
{
    for (const struct discovery_kind *k = d->first; k; k = k->next)
        if (strcmp(k->kind, kind) == 0 && strcmp(k->api_version, api_version) == 0)
            return k;
    return NULL;
}

static char *group_version(struct arena *a, const char *group, const char *version)
{
    return group[0] ? text_f(a, "%s/%s", group, version) : text_f(a, "%s", version);
}

static void kind_add(struct discovery *d, const char *api_version, const char *kind,
                     const char *plural, bool namespaced)
{
    struct arena *a = d->arena;
    struct discovery_kind *k;

    if (!kind[0] || !plural[0] || strchr(plural, '/') || d->count >= DISCOVERY_KINDS_MAX ||
        discovery_find(d, api_version, kind))
        return;
    k = arena_alloc(a, sizeof(*k));
    k->api_version = arena_strdup(a, api_version);
    k->kind = arena_strdup(a, kind);
    k->resource = (struct kube_resource){
        .path = text_f(a, "%s/%s", strchr(api_version, '/') ? "/apis" : "/api", api_version),
        .plural = arena_strdup(a, plural),
        .namespaced = namespaced,
    };
    k->next = d->first;
    d->first = k;
    d->count++;
}

static void version_add(struct discovery *d, const char *group, const struct value *version)
{
    const struct value *resources = value_at(version, "resources");
    const char *api_version = group_version(d->arena, group, value_text(version, "version"));

    for (size_t i = 0; i < value_count(resources); i++) {
        const struct value *r = value_item(resources, i);

        kind_add(d, api_version, value_z(value_in(r, "responseKind", "kind")),
                 value_text(r, "resource"), strcmp(value_text(r, "scope"), "Namespaced") == 0);
    }
}

static void aggregate_add(struct discovery *d, const struct value *document)
{
    const struct value *groups = value_at(document, "items");

    for (size_t i = 0; i < value_count(groups); i++) {
        const struct value *group = value_item(groups, i), *versions = value_at(group, "versions");

        for (size_t j = 0; j < value_count(versions); j++)
            version_add(d, value_z(value_in(group, "metadata", "name")), value_item(versions, j));
    }
}

static void list_add(struct discovery *d, const struct value *document)
{
    const struct value *resources = value_at(document, "resources");

    for (size_t i = 0; i < value_count(resources); i++) {
        const struct value *r = value_item(resources, i);

        kind_add(d, value_text(document, "groupVersion"), value_text(r, "kind"),
                 value_text(r, "name"), value_flag(r, "namespaced"));
    }
}

bool discovery_add(struct discovery *d, const struct value *document)
{
    const char *kind = value_text(document, "kind");

    if (strcmp(kind, "APIGroupDiscoveryList") == 0)
        aggregate_add(d, document);
    else if (strcmp(kind, "APIResourceList") == 0)
        list_add(d, document);
    else
        return false;
    return true;
}

/* --- asking: under discovery_lock ------------------------------------------- */

static bool discovery_get(struct call *c, struct kube *k, const char *target, const char *accept,
                          const struct value **out)
{
    static const struct kube_subject about = {.verb = "discover the kinds of"};
    const struct kube_request request = {.method = "GET", .target = target, .accept = accept};
    struct http_reply reply;

    *out = &value_null;
    if (!kube_send(c, k, &about, &request, &reply))
        return false;
    if (reply.status == 404)
        return true; /* no such group version */
    if (!kube_status_is_fine(reply.status))
        return kube_refused(c, k, &about, &reply);
    return kube_reply_body(c, k, &reply, out);
}

/* All groups (or the core) in one request, where the server can; once. */
static bool ask_all(struct call *c, struct kube *k, bool core)
{
    bool *asked = core ? &k->discovery.asked_core : &k->discovery.asked_groups;
    const struct value *document;

    if (*asked)
        return true;
    if (!discovery_get(c, k, core ? "/api" : "/apis", discovery_accept, &document))
        return false;
    *asked = true;
    discovery_add(&k->discovery, document);
    return true;
}

/* One group version by itself: older servers, and kinds that came later, which
 * aggregated discovery lags behind with. */
static bool ask_one(struct call *c, struct kube *k, const char *api_version)
{
    const char *target =
        text_f(c->arena, "%s/%s", strchr(api_version, '/') ? "/apis" : "/api", api_version);
    const struct value *document;

    if (!discovery_get(c, k, target, "application/json", &document))
        return false;
    discovery_add(&k->discovery, document);
    return true;
}

static bool discover(struct call *c, struct kube *k, const char *api_version, const char *kind,
                     const struct discovery_kind **found)
{
    *found = discovery_find(&k->discovery, api_version, kind);
    if (*found)
        return true;
    if (!ask_all(c, k, !strchr(api_version, '/')))
        return false;
    *found = discovery_find(&k->discovery, api_version, kind);
    if (*found)
        return true;
    if (!ask_one(c, k, api_version))
        return false;
    *found = discovery_find(&k->discovery, api_version, kind);
    return true;
}

/* Group and version end up in a path: nothing but what they may consist of. */
static bool is_api_version(const char *z)
{
    const char *slash = strchr(z, '/');

    return z[0] && z[0] != '/' &&
           strspn(z, "abcdefghijklmnopqrstuvwxyz0123456789.-/") == strlen(z) && !strstr(z, "..") &&
           (!slash || (slash[1] && !strchr(slash + 1, '/')));
}

bool kube_discover(struct call *c, struct kube *k, const char *api_version, const char *kind,
                   bool *found, struct kube_resource *out)
{
    const struct discovery_kind *known;
    bool done;

    *found = false;
    if (!is_api_version(api_version) || !kind[0])
        return diag_error(c->diags, NULL, "Not a kind of Kubernetes object",
                          "apiVersion \"%s\" with kind \"%s\" is none; apiVersion is "
                          "group/version, or v1 for the core.",
                          api_version, kind);
    pthread_mutex_lock(&k->discovery_lock);
    done = discover(c, k, api_version, kind, &known);
    pthread_mutex_unlock(&k->discovery_lock);
    if (!done || !known)
        return done;
    *found = true;
    *out = known->resource;
    return true;
}

/* --- all of it ---------------------------------------------------------------- */

/* Servers without aggregated discovery name their groups only: each is asked. */
static bool ask_each(struct call *c, struct kube *k, const struct value *groups)
{
    for (size_t i = 0; i < value_count(groups); i++) {
        const struct value *versions = value_at(value_item(groups, i), "versions");

        for (size_t j = 0; j < value_count(versions); j++)
            if (!ask_one(c, k, value_text(value_item(versions, j), "groupVersion")))
                return false;
    }
    return true;
}

static bool ask_everything(struct call *c, struct kube *k)
{
    const struct value *document;

    if (k->discovery.complete)
        return true;
    if (!ask_all(c, k, true))
        return false;
    if (!discovery_find(&k->discovery, "v1", "Namespace") && !ask_one(c, k, "v1"))
        return false;
    if (!discovery_get(c, k, "/apis", discovery_accept, &document))
        return false;
    if (!discovery_add(&k->discovery, document) && !ask_each(c, k, value_at(document, "groups")))
        return false;
    k->discovery.asked_groups = true;
    k->discovery.complete = true;
    return true;
}

static const struct value *keys_of(struct arena *a, const struct value_builder *map)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < map->count; i++)
        value_builder_add(&b, value_string(a, map->entries[i].key));
    return value_builder_list(&b);
}

/* Groups and kinds, each once; a group version stands before its first kind. */
static const struct value *api_versions(struct arena *a, const struct discovery *d)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (const struct discovery_kind *kind = d->first; kind; kind = kind->next) {
        const char *full = text_f(a, "%s/%s", kind->api_version, kind->kind);

        value_builder_set(&b, arena_strdup(a, kind->api_version), &value_true);
        value_builder_push(&b, full, &value_true);
    }
    return keys_of(a, &b);
}

bool kube_api_versions(struct call *c, struct kube *k, const struct value **out)
{
    bool done;

    *out = &value_empty_list;
    pthread_mutex_lock(&k->discovery_lock);
    done = ask_everything(c, k);
    if (done)
        *out = api_versions(c->arena, &k->discovery);
    pthread_mutex_unlock(&k->discovery_lock);
    return done;
}
