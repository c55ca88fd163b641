/* release_remove - uninstalling. */
#include <string.h>

#include "base/log.h"
#include "release/release_parts.h"

/* One removal. */
struct removing {
    struct call *call;
    struct kube *kube;
    const struct release *release;
    const struct value *history, *hooks;
    const struct value *left; /* inventory of what exists still */
};

static bool read_record(struct removing *m, const struct value *newest)
{
    struct record record;
    bool found;

    m->hooks = &value_empty_list;
    if (value_is_null(newest))
        return true;
    if (!record_get(m->call, m->kube, m->release->name, m->release->namespace,
                    value_integer_at(newest, "revision"), &found, &record))
        return false;
    if (!found)
        return true;
    m->hooks = record.hooks;
    record.status = "uninstalling";
    record.description = "Deletion in progress (or silently failed)";
    return record_put(m->call, m->kube, &record);
}

static bool run_hooks(struct removing *m, const char *event)
{
    return m->release->flags & RELEASE_NO_HOOKS ||
           release_run_hooks(m->call, m->kube, m->hooks, m->release->namespace, event);
}

/* --- what stays ------------------------------------------------------------------ */

/* Who asks for the deletion of CRDs means also those that bear the mark: Istio's do. */
static bool is_to_stay(const struct removing *m, const struct value *live)
{
    return release_is_crd(live) ? (m->release->flags & RELEASE_KEEP_CRDS) != 0
                                : release_is_kept(live);
}

static bool set_apart(struct removing *m, const struct value *objects)
{
    struct call *c = m->call;
    const struct value *live;
    struct text_builder kept;
    struct value_builder b;

    if (!kube_set_look(c, m->kube, objects, RELEASE_MARK, &live))
        return false;
    value_builder_init(&b, c->arena);
    text_builder_init(&kept, c->arena, 4000);
    for (size_t i = 0; i < value_count(objects); i++) {
        const struct value_entry *e = &objects->map.entries[i];
        const struct value *now = value_at(live, e->key);

        if (value_is_set(now) && is_to_stay(m, now))
            text_add_f(&kept, "\n%s", e->key);
        else if (value_is_set(now))
            value_builder_push(&b, e->key, e->value);
    }
    m->left = value_builder_map(&b);
    if (kept.len)
        diag_warning(c->diags, m->release->at,
                     text_f(c->arena, "Objects of release %s are kept", m->release->name),
                     "They are marked to be kept, or are CRDs, whose deletion takes all objects of "
                     "their kind along:%s",
                     text_built(&kept).at);
    return true;
}

/* --- deleting --------------------------------------------------------------------- */

static bool is_webhook(const char *key)
{
    return text_starts_with(text_of(key), "MutatingWebhookConfiguration.") ||
           text_starts_with(text_of(key), "ValidatingWebhookConfiguration.") ||
           text_starts_with(text_of(key), "APIService.");
}

static bool is_service(const char *key)
{
    return text_starts_with(text_of(key), "Service/") ||
           text_starts_with(text_of(key), "Ingress.") ||
           text_starts_with(text_of(key), "IngressClass.");
}

static bool is_any(const char *key)
{
    (void)key;
    return true;
}

static bool delete_some(struct removing *m, bool (*is_due)(const char *key))
{
    const struct kube_delete_options options = {.wait = true};
    struct arena *a = m->call->arena;
    struct value_builder due, rest;
    const struct value *left;
    bool done;

    value_builder_init(&due, a);
    value_builder_init(&rest, a);
    for (size_t i = 0; i < value_count(m->left); i++) {
        const struct value_entry *e = &m->left->map.entries[i];

        value_builder_push(is_due(e->key) ? &due : &rest, e->key, e->value);
    }
    done = kube_set_delete(m->call, m->kube, value_builder_map(&due), &options, &left);
    for (size_t i = 0; i < value_count(left); i++)
        value_builder_push(&rest, left->map.entries[i].key, left->map.entries[i].value);
    m->left = value_builder_map(&rest);
    return done;
}

/* Helm's order: webhooks, what leads traffic in, then all else as kube_set_delete()
 * has it. */
static bool delete_all(struct removing *m)
{
    return delete_some(m, is_webhook) && delete_some(m, is_service) && delete_some(m, is_any);
}

bool release_remove(struct call *c, struct kube *k, const struct release *r,
                    const struct release_memory *before, struct release_memory *left)
{
    struct removing m = {.call = c, .kube = k, .release = r};
    bool done;

    *left = *before;
    if (!record_history(c, k, r->name, r->namespace, &m.history) ||
        !read_record(&m, value_item(m.history, 0)))
        return false;
    log_event(LOG_INFO, "helm", "removing release", "release", r->name, "namespace", r->namespace,
              NULL);
    if (!run_hooks(&m, "pre-delete") || !set_apart(&m, before->objects))
        return false;
    done = delete_all(&m) && run_hooks(&m, "post-delete") &&
           release_clear_hooks(c, k, m.hooks, r->namespace);
    left->objects = m.left;
    return done && record_prune(c, k, r->name, r->namespace, m.history, 0);
}
