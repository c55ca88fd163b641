#include "acceptance/sandbox/watch.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "acceptance/sandbox/selector.h"
#include "acceptance/sandbox/status.h"
#include "acceptance/sandbox/store.h"
#include "base/clock.h"
#include "codec/json.h"

enum { WAIT_MS = 50, BOOKMARK_MS = 60 * 1000, TIMEOUT_SECONDS = 1800, LINE_BYTES_MAX = 64 << 20 };

struct watch {
    struct sandbox *s;
    struct arena *arena; /* of the watch; each line has its own */
    const struct kind *kind;
    const struct collection *collection;
    const char *ns;
    struct selector selector;
    int64_t version; /* all changes up to it have been told */
    int64_t ends_at_ms, bookmark_at_ms;
    bool bookmarks, over;
    char *pending; /* bytes not yet taken */
    size_t pending_bytes, pending_taken;
};

static void pend(struct watch *w, struct text line)
{
    w->pending = memory_resize(w->pending, w->pending_bytes + line.len);
    memcpy(w->pending + w->pending_bytes, line.at, line.len);
    w->pending_bytes += line.len;
}

/* An object of the collection, in the version that the watch is of. */
static struct text json_of(struct arena *a, const struct watch *w, const struct stored *stored)
{
    if (!(w->kind->flags & KIND_CUSTOM))
        return stored->json;
    return json_write(a, value_with(a, stored_value(a, stored), "apiVersion",
                                    value_string(a, kind_api_version(a, w->kind))));
}

static void tell(struct watch *w, const char *type, const struct stored *stored)
{
    struct arena *a = arena_new();
    struct text_builder b;

    text_builder_init(&b, a, LINE_BYTES_MAX);
    text_add_f(&b, "{\"type\":\"%s\",\"object\":", type);
    text_add(&b, json_of(a, w, stored));
    text_add_z(&b, "}\n");
    pend(w, text_built(&b));
    arena_free(a);
}

static void tell_bookmark(struct watch *w, bool initial_end)
{
    struct arena *a = arena_new();

    pend(w, text_of(text_f(a,
                           "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"%s\",\"apiVersion\":"
                           "\"%s\",\"metadata\":{\"resourceVersion\":\"%lld\"%s}}}\n",
                           w->kind->kind, kind_api_version(a, w->kind), (long long)w->version,
                           initial_end ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}"
                                       : "")));
    w->bookmark_at_ms = clock_monotonic_ms() + BOOKMARK_MS;
    arena_free(a);
}

static bool in_scope(const struct watch *w, const struct stored *stored)
{
    return !*w->ns || strcmp(stored->ns.at, w->ns) == 0;
}

static bool matches(const struct watch *w, const struct stored *stored)
{
    struct arena *a;
    bool match;

    if (selector_is_empty(&w->selector))
        return true;
    a = arena_new();
    match = selector_matches(&w->selector, stored_value(a, stored));
    arena_free(a);
    return match;
}

/* With a selector an object that starts or stops to match comes or goes. */
static void tell_event(struct watch *w, const struct event *e)
{
    bool was = e->before && matches(w, e->before);
    bool is = strcmp(e->type, "DELETED") != 0 && matches(w, e->now);

    if (was && is)
        tell(w, "MODIFIED", e->now);
    else if (is)
        tell(w, "ADDED", e->now);
    else if (was)
        tell(w, "DELETED", e->now);
}

static void catch_up(struct watch *w)
{
    struct sandbox *s = w->s;

    if (w->version < s->oldest_version) {
        struct arena *a = arena_new();
        const char *message = text_f(a, "too old resource version: %lld (%lld)",
                                     (long long)w->version, (long long)s->oldest_version);

        pend(w, text_of(text_f(a, "{\"type\":\"ERROR\",\"object\":%s}\n",
                               json_write(a, status_value(a, 410, "Expired", message, NULL)).at)));
        arena_free(a);
        w->over = true;
        return;
    }
    for (size_t i = 0; i < s->event_count; i++) {
        const struct event *e = store_event(s, i);

        if (e->version > w->version && e->collection == w->collection && in_scope(w, e->now))
            tell_event(w, e);
    }
    if (s->version > w->version)
        w->version = s->version;
}

static void tell_all(struct watch *w)
{
    size_t first, end;

    store_range(w->collection, w->ns, &first, &end);
    for (size_t i = first; i < end; i++)
        if (matches(w, w->collection->items[i]))
            tell(w, "ADDED", w->collection->items[i]);
    w->version = w->s->version;
}

bool watch_start(struct request *r)
{
    const char *version = request_parameter(r, "resourceVersion");
    const char *timeout = request_parameter(r, "timeoutSeconds");
    bool initial = strcmp(request_parameter(r, "sendInitialEvents"), "true") == 0;
    struct selector selector;
    struct arena *a;
    struct watch *w;

    if (!selector_read(r, &selector))
        return false;
    a = arena_new();
    w = arena_alloc(a, sizeof(*w));
    *w = (struct watch){.s = r->s, .arena = a, .kind = r->kind};
    w->collection = store_collection(r->s, r->kind);
    w->ns = arena_strdup(a, r->ns);
    w->selector = selector_copy(a, &selector);
    w->bookmarks = strcmp(request_parameter(r, "allowWatchBookmarks"), "true") == 0;
    w->ends_at_ms = clock_monotonic_ms() +
                    1000 * (*timeout ? strtoll(timeout, NULL, 10) : (long long)TIMEOUT_SECONDS);
    w->bookmark_at_ms = clock_monotonic_ms() + BOOKMARK_MS;
    w->version = strtoll(version, NULL, 10);
    if (w->version == 0 || initial)
        tell_all(w);
    if (initial && w->bookmarks)
        tell_bookmark(w, true);
    r->watch = w;
    reply_text(r, 200, "application/json", (struct text){"", 0});
    return true;
}

/* A client that leaves makes its socket readable: nothing else comes on it. */
static bool client_left(int client)
{
    struct pollfd p = {.fd = client, .events = POLLIN};

    return poll(&p, 1, 0) > 0;
}

static void wait_for_change(struct sandbox *s)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += WAIT_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&s->changed, &s->lock, &until);
}

static size_t take(struct watch *w, char *out, size_t max)
{
    size_t left = w->pending_bytes - w->pending_taken, n = left < max ? left : max;

    memcpy(out, w->pending + w->pending_taken, n);
    w->pending_taken += n;
    if (w->pending_taken == w->pending_bytes)
        w->pending_bytes = w->pending_taken = 0;
    return n;
}

ssize_t watch_read(struct watch *w, int client, char *out, size_t max)
{
    ssize_t got = -1;

    pthread_mutex_lock(&w->s->lock);
    for (;;) {
        if (w->pending_bytes == 0 && !w->over)
            catch_up(w);
        if (w->bookmarks && clock_monotonic_ms() >= w->bookmark_at_ms && !w->over)
            tell_bookmark(w, false);
        if (w->pending_bytes) {
            got = (ssize_t)take(w, out, max);
            break;
        }
        if (w->over || w->s->stopping || clock_monotonic_ms() >= w->ends_at_ms ||
            client_left(client))
            break;
        wait_for_change(w->s);
    }
    pthread_mutex_unlock(&w->s->lock);
    return got;
}

void watch_free(struct watch *w)
{
    struct arena *a = w->arena;

    memory_free(w->pending);
    arena_free(a);
}
