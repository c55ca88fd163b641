#include "source/store.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "http/client.h"

enum { WAIT_SLICE_MS = 50 }; /* how soon a waiter sees that it was cancelled */

struct slot {
    struct slot *next;
    char *key;
    bool held, filled;
    struct stored what;
    struct arena *arena;
};

struct origin {
    struct origin *next;
    char *name, *ca_pem;
    struct http_endpoint *endpoint;
};

struct chart_store {
    struct http_client *http;
    pthread_mutex_t lock; /* guards the lists and the slots' flags */
    pthread_cond_t changed;
    struct slot *slots;
    struct origin *origins;
};

struct chart_store *chart_store_new(struct http_client *http)
{
    struct chart_store *s = memory_new(1, sizeof(*s));
    pthread_condattr_t attributes;

    s->http = http;
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&s->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return s;
}

static void slot_free(struct slot *slot)
{
    arena_free(slot->arena);
    memory_free(slot->key);
    memory_free(slot);
}

static void origin_free(struct origin *origin)
{
    http_endpoint_free(origin->endpoint);
    memory_free(origin->name);
    memory_free(origin->ca_pem);
    memory_free(origin);
}

void chart_store_free(struct chart_store *store)
{
    if (!store)
        return;
    while (store->slots) {
        struct slot *slot = store->slots;

        store->slots = slot->next;
        slot_free(slot);
    }
    while (store->origins) {
        struct origin *origin = store->origins;

        store->origins = origin->next;
        origin_free(origin);
    }
    pthread_cond_destroy(&store->changed);
    pthread_mutex_destroy(&store->lock);
    memory_free(store);
}

/* --- slots: all under the lock ---------------------------------------------------- */

static struct slot *slot_of(struct chart_store *s, const char *key)
{
    struct slot *slot;

    for (slot = s->slots; slot; slot = slot->next)
        if (strcmp(slot->key, key) == 0)
            return slot;
    slot = memory_new(1, sizeof(*slot));
    slot->key = memory_strdup(key);
    slot->next = s->slots;
    s->slots = slot;
    return slot;
}

static void wait_slice(struct chart_store *s)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WAIT_SLICE_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&s->changed, &s->lock, &until);
}

static bool may_wait(const struct call *c)
{
    return !cancel_fired(c->cancel) && call_left_ms(c) > 0;
}

bool store_take(struct call *c, struct chart_store *s, const char *key, bool *held,
                struct stored *out)
{
    struct slot *slot;
    bool in_time;

    pthread_mutex_lock(&s->lock);
    slot = slot_of(s, key);
    while (slot->held && !slot->filled && may_wait(c))
        wait_slice(s);
    in_time = slot->filled || !slot->held;
    *held = in_time && !slot->filled;
    slot->held = slot->held || *held;
    *out = slot->what;
    pthread_mutex_unlock(&s->lock);
    if (in_time)
        return true;
    if (cancel_fired(c->cancel))
        return diag_error(c->diags, NULL, "Interrupted",
                          "Terraform was stopped while another resource fetched a chart.");
    return diag_error(c->diags, NULL, "Timed out waiting for a chart",
                      "Another resource of this run is still fetching it (%s).", key);
}

void store_give(struct chart_store *s, const char *key, const struct stored *what,
                struct stored *out)
{
    struct arena *a = arena_new();
    struct stored copy = {{"", 0}, &value_null};
    struct slot *slot;

    if (what->bytes.len)
        copy.bytes = (struct text){arena_copy(a, what->bytes.at, what->bytes.len), what->bytes.len};
    if (what->value)
        copy.value = value_copy(a, what->value);
    pthread_mutex_lock(&s->lock);
    slot = slot_of(s, key);
    slot->arena = a;
    slot->what = *out = copy;
    slot->filled = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

void store_release(struct chart_store *s, const char *key)
{
    pthread_mutex_lock(&s->lock);
    slot_of(s, key)->held = false;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

/* --- endpoints -------------------------------------------------------------------- */

static struct origin *origin_find(struct chart_store *s, const char *name, const char *ca_pem)
{
    for (struct origin *o = s->origins; o; o = o->next)
        if (strcmp(o->name, name) == 0 && strcmp(o->ca_pem, ca_pem) == 0)
            return o;
    return NULL;
}

bool store_endpoint(struct call *c, struct chart_store *s, const char *origin, const char *ca_pem,
                    const struct path *at, const struct http_endpoint **out)
{
    struct http_endpoint_options options = {.base_url = origin, .ca_pem = ca_pem};
    struct http_endpoint *made = NULL;
    struct origin *o;
    bool done = true;

    pthread_mutex_lock(&s->lock);
    o = origin_find(s, origin, ca_pem);
    if (!o)
        done = http_endpoint_new(s->http, &options, at, c->diags, &made);
    if (made) {
        o = memory_new(1, sizeof(*o));
        *o = (struct origin){s->origins, memory_strdup(origin), memory_strdup(ca_pem), made};
        s->origins = o;
    }
    *out = o ? o->endpoint : NULL;
    pthread_mutex_unlock(&s->lock);
    return done;
}
