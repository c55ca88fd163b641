/* wait - list, then watch, of a single object. The list gives a resource
 * version from which the watch misses nothing, whether the object exists or
 * not; a watch that breaks is resumed from the last version it told, and starts
 * over with a list when that has become too old (410). */
#include "kube/wait.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "codec/json.h"
#include "http/url.h"
#include "kube/client.h"
#include "kube/diagnose.h"

enum {
    WATCH_SECONDS = 270,       /* the server ends a watch by then */
    WATCH_IDLE_MS = 90 * 1000, /* bookmarks come each minute */
    LINE_BYTES_MAX = 16 << 20, /* of one event */
    PAUSE_FIRST_MS = 200,
    PAUSE_MAX_MS = 5000,
    KIND_LOOK_MS = 500,
    VERSION_BYTES_MAX = 64,
};

struct waiting {
    struct call *call;
    struct kube *kube;
    struct kube_subject about;
    const char *what;
    const char *target; /* of the list; NULL while the kind is not served */
    kube_judge_fn *judge;
    void *judge_data;

    /* What was last seen lives in an arena of its own, replaced by each event:
     * a wait of hours keeps one object, not all that passed by. */
    struct arena *seen;
    const struct value *object;
    const char *last_seen;
    enum kube_verdict verdict;

    char version[VERSION_BYTES_MAX];
    struct text_builder line; /* of an event that has not wholly come; in `pieces` */
    struct arena *pieces;
    bool expired, refused, progress;
};

/* --- judging ------------------------------------------------------------------ */

static void version_set(struct waiting *w, const struct value *metadata)
{
    const char *version = value_text(metadata, "resourceVersion");
    size_t len = strlen(version);

    if (len && len < sizeof(w->version))
        memcpy(w->version, version, len + 1);
}

/* object lives in `arena`, which becomes w's. */
static void judge_object(struct waiting *w, struct arena *arena, const struct value *object)
{
    const char *last_seen = object ? "" : "it does not exist";
    struct call inner = *w->call;

    inner.arena = arena;
    w->verdict = w->judge(&inner, w->judge_data, object, &last_seen);
    if (w->verdict == KUBE_NOT_YET)
        log_event(LOG_DEBUG, "kube", "waiting", "for", w->what, "object",
                  kube_ref_text(arena, w->about.ref), "seen", last_seen, NULL);
    arena_free(w->seen);
    w->seen = arena;
    w->object = object;
    w->last_seen = last_seen;
}

/* --- list --------------------------------------------------------------------- */

static const char *selector_query(struct waiting *w, bool watch)
{
    struct arena *a = w->call->arena;
    const char *field = text_f(a, "metadata.name=%s", w->about.ref->name);
    const char *seconds = text_f(a, "%d", WATCH_SECONDS);

    return text_f(
        a, "%s%s", w->target,
        url_query(a, (const char *const[]){"allowWatchBookmarks", watch ? "true" : NULL, //
                                           "fieldSelector", field,                       //
                                           "resourceVersion", watch ? w->version : NULL, //
                                           "timeoutSeconds", watch ? seconds : NULL,     //
                                           "watch", watch ? "true" : NULL,               //
                                           NULL}));
}

/* Items of a list do not say what they are, and judges look at the kind. */
static const struct value *item_typed(struct arena *a, const struct waiting *w,
                                      const struct value *item)
{
    item = value_with(a, item, "apiVersion", value_string(a, w->about.ref->api_version));
    return value_with(a, item, "kind", value_string(a, w->about.ref->kind));
}

static bool list_once(struct waiting *w)
{
    struct call *c = w->call;
    const struct kube_request request = {
        .method = "GET",
        .target = selector_query(w, false),
        .flags = object_secrecy(w->about.ref, 0),
    };
    const struct value *list, *item;
    struct arena *arena;

    w->version[0] = '\0';
    if (!kube_ask(c, w->kube, &w->about, &request, &list))
        return false;
    version_set(w, value_at(list, "metadata"));
    item = value_item(value_at(list, "items"), 0);
    arena = arena_new();
    judge_object(w, arena,
                 value_is_null(item) ? NULL : item_typed(arena, w, value_copy(arena, item)));
    return true;
}

/* --- watch -------------------------------------------------------------------- */

/* True = go on. A 410 can come as a reply or, later, as an event. */
static bool event_error(struct waiting *w, const struct value *status)
{
    if (value_integer_at(status, "code") == 410)
        w->expired = true;
    else
        log_event(LOG_DEBUG, "kube", "watch ended by the server", "message",
                  value_text(status, "message"), NULL);
    return false;
}

static bool event_take(struct waiting *w, struct text line)
{
    struct arena *arena = arena_new();
    const struct value *event, *object;
    struct diags unheard;
    const char *type;

    diags_init(&unheard, arena);
    if (!json_read(arena, line, "event", &unheard, &event)) {
        arena_free(arena);
        return false; /* what came was cut off or is no JSON: watch anew */
    }
    type = value_text(event, "type");
    object = value_at(event, "object");
    if (strcmp(type, "ERROR") == 0) {
        bool go_on = event_error(w, object);

        arena_free(arena);
        return go_on;
    }
    w->progress = true;
    version_set(w, value_at(object, "metadata"));
    if (strcmp(type, "BOOKMARK") == 0) {
        arena_free(arena);
        return true;
    }
    judge_object(w, arena, strcmp(type, "DELETED") == 0 ? NULL : item_typed(arena, w, object));
    return w->verdict == KUBE_NOT_YET;
}

static void line_clear(struct waiting *w)
{
    arena_free(w->pieces);
    w->pieces = arena_new();
    text_builder_init(&w->line, w->pieces, LINE_BYTES_MAX);
}

static bool watch_data(void *data, struct text piece)
{
    struct waiting *w = data;

    while (piece.len) {
        const char *end = memchr(piece.at, '\n', piece.len);
        size_t len = end ? (size_t)(end - piece.at) : piece.len;
        bool go_on;

        text_add(&w->line, (struct text){piece.at, len});
        if (w->line.overflow)
            return false;
        if (!end)
            return true;
        piece = (struct text){end + 1, piece.len - len - 1};
        go_on = !text_trim(text_built(&w->line)).len || event_take(w, text_built(&w->line));
        line_clear(w);
        if (!go_on)
            return false;
    }
    return true;
}

static bool interrupted(struct waiting *w)
{
    struct call *c = w->call;

    return diag_error(c->diags, NULL, "Interrupted", "Was waiting for %s of cluster %s to %s.",
                      kube_ref_text(c->arena, w->about.ref), w->kube->name, w->what);
}

/* False = the whole wait is over, which has been reported. */
static bool watch_judge_reply(struct waiting *w, const struct http_reply *reply)
{
    struct call *c = w->call;

    if (reply->failure == HTTP_CANCELLED)
        return interrupted(w);
    if (reply->failure == HTTP_TLS)
        return kube_unreachable(c, w->kube, &w->about, reply);
    if (reply->failure != HTTP_FINE || kube_status_is_fine(reply->status))
        return true;
    if (reply->status == 410) {
        w->expired = true;
        return true;
    }
    if (reply->status == 429 || reply->status >= 500)
        return true;
    return kube_refused(c, w->kube, &w->about, reply);
}

static bool watch_once(struct waiting *w)
{
    struct kube_request request = {
        .method = "GET",
        .target = selector_query(w, true),
        .flags = object_secrecy(w->about.ref, 0) | HTTP_NO_RETRY,
        .timeout_ms = WATCH_IDLE_MS,
        .on_data = watch_data,
        .data = w,
    };
    struct http_reply reply;

    line_clear(w);
    w->progress = false;
    w->expired = false;
    if (!kube_exchange(w->call, w->kube, &request, &reply))
        return false;
    return w->verdict != KUBE_NOT_YET || watch_judge_reply(w, &reply);
}

/* --- the whole ------------------------------------------------------------------ */

static bool timed_out(struct waiting *w)
{
    struct call *c = w->call;
    const char *last_seen = w->last_seen && w->last_seen[0] ? w->last_seen : "not ready";
    struct call more = *c;

    /* The deadline is over; what helps to understand may take a little longer. */
    more.deadline_ms = clock_monotonic_ms() + DIAGNOSE_MS;
    return diag_error(c->diags, NULL,
                      text_f(c->arena, "Timed out waiting for %s to %s",
                             kube_ref_text(c->arena, w->about.ref), w->what),
                      "Cluster %s (%s). Last seen: %s.%s", w->kube->name, w->kube->target.host,
                      text_printable(c->arena, text_of(last_seen), DIAG_DETAIL_BYTES_MAX / 4),
                      diagnose(&more, w->kube, w->about.ref, w->object));
}

/* Waits, with the two ends of a wait told in our own words. */
static bool pause_ms(struct waiting *w, int64_t ms)
{
    struct diags unheard;
    struct call quiet;

    diags_init(&unheard, w->call->arena);
    quiet = call_quietly(w->call, &unheard);
    if (call_wait_ms(&quiet, ms, w->what, ""))
        return true;
    return cancel_fired(w->call->cancel) ? interrupted(w) : timed_out(w);
}

/* Without the name. */
static const char *folder_of(struct arena *a, const char *target)
{
    const char *slash = strrchr(target, '/');

    return slash ? text_z(a, (struct text){target, (size_t)(slash - target)}) : target;
}

/* A kind that is not (yet) served has no object; looked for again and again. */
static bool locate_kind(struct waiting *w)
{
    struct kube_resource resource;
    const char *target = "";
    bool found;

    for (;;) {
        if (!kube_discover(w->call, w->kube, w->about.ref->api_version, w->about.ref->kind, &found,
                           &resource))
            return false;
        if (found)
            break;
        judge_object(w, arena_new(), NULL);
        if (w->verdict != KUBE_NOT_YET)
            return true;
        w->last_seen = "the kind is not served";
        if (!pause_ms(w, KIND_LOOK_MS))
            return false;
    }
    if (!object_target(w->call, w->kube, &w->about, &resource, w->about.ref->name, &target))
        return false;
    w->target = folder_of(w->call->arena, target);
    return true;
}

static bool watch_until(struct waiting *w)
{
    int64_t pause = PAUSE_FIRST_MS;

    while (w->verdict == KUBE_NOT_YET) {
        if (call_left_ms(w->call) == 0)
            return timed_out(w);
        if (!watch_once(w))
            return false;
        if (w->verdict != KUBE_NOT_YET)
            break;
        if (call_left_ms(w->call) == 0)
            return timed_out(w);
        /* Once a watch has told something it may be resumed at once. */
        pause = w->progress ? PAUSE_FIRST_MS : pause;
        if (!w->progress && !pause_ms(w, pause))
            return false;
        pause = pause * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause * 2;
        if (w->expired && !list_once(w))
            return false;
    }
    return true;
}

static bool wait_run(struct waiting *w)
{
    if (!locate_kind(w))
        return false;
    if (w->verdict == KUBE_NOT_YET && !list_once(w))
        return false;
    return watch_until(w);
}

bool kube_wait_for(struct call *c, struct kube *k, const struct kube_ref *ref, const char *what,
                   kube_judge_fn *judge, void *data, const struct value **out)
{
    struct waiting w = {
        .call = c,
        .kube = k,
        .about = {.verb = "watch", .ref = ref},
        .what = what,
        .judge = judge,
        .judge_data = data,
        .seen = arena_new(),
        .pieces = arena_new(),
        .last_seen = "",
    };
    bool done;

    *out = NULL;
    done = wait_run(&w) && w.verdict == KUBE_DONE;
    if (done && w.object)
        *out = value_copy(c->arena, w.object);
    arena_free(w.pieces);
    arena_free(w.seen);
    return done;
}

bool kube_wait_for_kind(struct call *c, struct kube *k, const char *api_version, const char *kind,
                        struct kube_resource *out)
{
    bool found;

    for (;;) {
        if (!kube_discover(c, k, api_version, kind, &found, out))
            return false;
        if (found)
            return true;
        if (!call_wait_ms(
                c, KIND_LOOK_MS,
                text_f(c->arena, "cluster %s to serve %s of %s", k->name, kind, api_version),
                "its CRD is missing or not yet established"))
            return false;
    }
}
