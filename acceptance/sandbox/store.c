#include "acceptance/sandbox/store.h"

#include <stdio.h>
#include <string.h>

#include "acceptance/sandbox/controllers.h"
#include "codec/json.h"

static struct stored *stored_new(struct arena *a, const struct value *v, int64_t version)
{
    struct text json = json_write(a, v);
    const struct value *metadata = value_at(v, "metadata");
    struct text parts[] = {json, value_string_text(value_at(metadata, "namespace")),
                           value_string_text(value_at(metadata, "name")),
                           value_string_text(value_at(metadata, "uid"))};
    size_t bytes = 0;
    struct stored *stored;
    char *at;

    for (size_t i = 0; i < 4; i++)
        bytes += parts[i].len + 1;
    stored = memory_new(1, sizeof(*stored) + bytes);
    at = (char *)(stored + 1);
    for (size_t i = 0; i < 4; i++) {
        if (parts[i].len)
            memcpy(at, parts[i].at, parts[i].len);
        parts[i].at = at;
        at += parts[i].len + 1;
    }
    *stored = (struct stored){1, version, false, parts[3].at, parts[1], parts[2], parts[0]};
    stored->has_owners = value_count(value_at(metadata, "ownerReferences")) > 0;
    return stored;
}

static void release(struct stored *stored)
{
    if (stored && --stored->references == 0)
        memory_free(stored);
}

/* --- collections ------------------------------------------------------------------- */
struct collection *store_collection(struct sandbox *s, const struct kind *kind)
{
    struct collection *c;

    for (size_t i = 0; i < s->collection_count; i++)
        if (kind_is(kind, s->collections[i]->group, s->collections[i]->plural))
            return s->collections[i];
    s->collections =
        memory_resize(s->collections, (s->collection_count + 1) * sizeof(struct collection *));
    c = memory_new(1, sizeof(*c));
    c->group = memory_strdup(kind->group);
    c->plural = memory_strdup(kind->plural);
    return s->collections[s->collection_count++] = c;
}

static int compare(const struct stored *stored, const char *ns, const char *name)
{
    int order = strcmp(stored->ns.at, ns);

    return order ? order : strcmp(stored->name.at, name);
}

/* Where (ns, name) stands or belongs. */
static size_t place(const struct collection *c, const char *ns, const char *name)
{
    size_t low = 0, high = c->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(c->items[middle], ns, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void store_range(const struct collection *c, const char *ns, size_t *first, size_t *end)
{
    *first = *ns ? place(c, ns, "") : 0;
    *end = *first;
    while (*end < c->count && (!*ns || strcmp(c->items[*end]->ns.at, ns) == 0))
        ++*end;
}

struct stored *store_find(struct sandbox *s, const struct kind *kind, const char *ns,
                          const char *name)
{
    struct collection *c = store_collection(s, kind);
    size_t at = place(c, ns, name);

    return at < c->count && compare(c->items[at], ns, name) == 0 ? c->items[at] : NULL;
}

const struct value *stored_value(struct arena *a, const struct stored *stored)
{
    const struct value *v = &value_null;
    struct diags diags;

    diags_init(&diags, a);
    return json_read(
               a, (struct text){arena_copy(a, stored->json.at, stored->json.len), stored->json.len},
               "stored object", &diags, &v)
               ? v
               : &value_null;
}

const struct value *store_get(struct sandbox *s, struct arena *a, const struct kind *kind,
                              const char *ns, const char *name)
{
    struct stored *stored = store_find(s, kind, ns, name);

    return stored ? stored_value(a, stored) : NULL;
}

/* --- the log ------------------------------------------------------------------------ */
const struct event *store_event(const struct sandbox *s, size_t index)
{
    return &s->events[(s->event_first + index) % EVENTS_KEPT];
}

static void forget_oldest(struct sandbox *s)
{
    struct event *e = &s->events[s->event_first];

    s->oldest_version = e->version;
    release(e->now);
    release(e->before);
    s->event_first = (s->event_first + 1) % EVENTS_KEPT;
    s->event_count--;
}

static void log_event_of(struct sandbox *s, const char *type, const struct collection *c,
                         struct stored *now, struct stored *before)
{
    if (s->event_count == EVENTS_KEPT)
        forget_oldest(s);
    now->references++;
    s->events[(s->event_first + s->event_count++) % EVENTS_KEPT] =
        (struct event){type, now->version, c, now, before};
    pthread_cond_broadcast(&s->changed);
}

void store_compact(struct sandbox *s)
{
    while (s->event_count)
        forget_oldest(s);
    s->oldest_version = s->version;
    pthread_cond_broadcast(&s->changed);
}

/* --- changes ------------------------------------------------------------------------- */
/* kind, apiVersion and metadata first: lists cut them off, people read them. */
static const struct value *in_order(struct arena *a, const struct value *v)
{
    static const char *const first[] = {"kind", "apiVersion", "metadata"};
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < 3; i++)
        value_builder_push(&b, first[i], value_at(v, first[i]));
    for (size_t i = 0; i < value_count(v); i++) {
        const struct value_entry *e = &v->map.entries[i];

        if (strcmp(e->key, "kind") != 0 && strcmp(e->key, "apiVersion") != 0 &&
            strcmp(e->key, "metadata") != 0)
            value_builder_push(&b, e->key, e->value);
    }
    return value_builder_map(&b);
}

static const struct value *with_version(struct sandbox *s, struct arena *a, const struct value *v)
{
    return value_with_in(a, v, value_f(a, "%lld", (long long)++s->version), "metadata",
                         "resourceVersion");
}

const struct value *store_put(struct sandbox *s, struct arena *a, const struct kind *kind,
                              const struct value *v)
{
    struct collection *c = store_collection(s, kind);
    const struct value *versioned = in_order(a, with_version(s, a, v));
    struct stored *now = stored_new(a, versioned, s->version), *before = NULL;
    size_t at = place(c, now->ns.at, now->name.at);

    if (at < c->count && compare(c->items[at], now->ns.at, now->name.at) == 0) {
        before = c->items[at];
    } else {
        if (c->count == c->capacity) {
            c->capacity = c->capacity ? c->capacity * 2 : 16;
            c->items = memory_resize(c->items, c->capacity * sizeof(struct stored *));
        }
        memmove(&c->items[at + 1], &c->items[at], (c->count++ - at) * sizeof(struct stored *));
    }
    c->items[at] = now;
    log_event_of(s, before ? "MODIFIED" : "ADDED", c, now, before); /* keeps our hold on before */
    controllers_look(s, kind, now->ns.at, now->name.at);
    return versioned;
}

void store_remove(struct sandbox *s, const struct kind *kind, const char *ns, const char *name)
{
    struct collection *c = store_collection(s, kind);
    size_t at = place(c, ns, name);
    const struct value *versioned;
    struct arena *a;
    struct stored *now;

    if (at >= c->count || compare(c->items[at], ns, name) != 0)
        return;
    a = arena_new();
    versioned = with_version(s, a, stored_value(a, c->items[at]));
    now = stored_new(a, versioned, s->version); /* the version that it has now */
    log_event_of(s, "DELETED", c, now, c->items[at]);
    memmove(&c->items[at], &c->items[at + 1], (--c->count - at) * sizeof(struct stored *));
    controllers_gone(s, kind, now);
    release(now);
    arena_free(a);
}

void store_clear(struct sandbox *s)
{
    store_compact(s);
    for (size_t i = 0; i < s->collection_count; i++) {
        struct collection *c = s->collections[i];

        for (size_t k = 0; k < c->count; k++)
            release(c->items[k]);
        memory_free(c->items);
        memory_free(c->group);
        memory_free(c->plural);
        memory_free(c);
    }
    memory_free(s->collections);
}
