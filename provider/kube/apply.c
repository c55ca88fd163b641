/* apply - server-side apply, of one object and of many at once. */
#include <string.h>

#include "codec/json.h"
#include "kube/client.h"

/* One object on its way. */
struct job {
    struct kube_ref ref;
    struct kube_subject about;
    const char *target; /* NULL = nothing to send: reported, or a kind that may be missing */
    bool failed, unserved, pending; /* pending: to be sent in this round */
};

enum {
    ROUNDS_MAX = 6, /* of sending again what fails for a moment only */
    ROUND_PAUSE_MS = 200,
};

static bool same_kind(const struct job *a, const struct job *b)
{
    return a && strcmp(a->ref.api_version, b->ref.api_version) == 0 &&
           strcmp(a->ref.kind, b->ref.kind) == 0;
}

/* A thousand objects of a kind that is missing are one question, not a
 * thousand: `unserved` is the last job whose kind was. */
static bool job_init(struct call *c, struct kube *k, const struct value *object, unsigned flags,
                     const struct job *unserved, struct job *job)
{
    struct kube_resource resource;
    bool found = false;

    job->ref = kube_ref_of(object);
    job->about = (struct kube_subject){.verb = "apply", .ref = &job->ref, .sent = object};
    if (!same_kind(unserved, job) &&
        !kube_discover(c, k, job->ref.api_version, job->ref.kind, &found, &resource))
        return false;
    if (found)
        return object_target(c, k, &job->about, &resource, job->ref.name, &job->target);
    job->unserved = true;
    return flags & KUBE_MISSING_KIND_OK || kube_not_served(c, k, &job->about);
}

/* An array of jobs that refer to themselves: never moved. */
static struct job *jobs_init(struct call *c, struct kube *k, const struct value *const *objects,
                             size_t count, unsigned flags)
{
    struct job *jobs = arena_array(c->arena, count, sizeof(*jobs));
    const struct job *unserved = NULL;

    for (size_t i = 0; i < count; i++) {
        jobs[i].failed = !job_init(c, k, objects[i], flags, unserved, &jobs[i]);
        jobs[i].pending = jobs[i].target && !jobs[i].failed;
        if (jobs[i].unserved)
            unserved = &jobs[i];
    }
    return jobs;
}

/* Sends one request for each job that is pending. */
static bool jobs_send(struct call *c, struct kube *k, const struct job *jobs, size_t count,
                      struct kube_request (*form)(struct call *c, const struct job *job,
                                                  unsigned flags),
                      unsigned flags, struct http_reply *replies)
{
    struct kube_request *requests = arena_array(c->arena, count, sizeof(*requests));
    struct http_reply *got = arena_array(c->arena, count, sizeof(*got));
    size_t sent = 0;

    for (size_t i = 0; i < count; i++)
        if (jobs[i].pending)
            requests[sent++] = form(c, &jobs[i], flags);
    if (!kube_send_all(c, k, requests, sent, got))
        return false;
    sent = 0;
    for (size_t i = 0; i < count; i++)
        if (jobs[i].pending)
            replies[i] = got[sent++];
    return true;
}

/* A server that is away is told once, not for each object. */
static bool no_reply(struct call *c, const struct kube *k, const struct job *job,
                     const struct http_reply *reply, bool *told)
{
    if (!*told)
        kube_unreachable(c, k, &job->about, reply);
    *told = true;
    return false;
}

/* --- KUBE_NEW_ONLY ------------------------------------------------------------ */

static struct kube_request look_form(struct call *c, const struct job *job, unsigned flags)
{
    (void)c;
    return (struct kube_request){
        .method = "GET",
        .target = job->target,
        .flags = object_secrecy(&job->ref, flags),
    };
}

static bool look_judge(struct call *c, const struct kube *k, const struct job *job,
                       const struct http_reply *reply, bool *told)
{
    const struct value *object;

    if (reply->failure != HTTP_FINE)
        return no_reply(c, k, job, reply, told);
    if (reply->status == 404)
        return true;
    if (!kube_status_is_fine(reply->status))
        return kube_refused(c, k, &job->about, reply);
    if (!kube_reply_body(c, k, reply, &object))
        return false;
    return kube_is_ours(object) || kube_exists(c, k, &job->about);
}

static bool refuse_foreign(struct call *c, struct kube *k, struct job *jobs, size_t count,
                           unsigned flags)
{
    struct http_reply *replies = arena_array(c->arena, count, sizeof(*replies));
    bool told = false;

    if (!jobs_send(c, k, jobs, count, look_form, flags, replies))
        return false;
    for (size_t i = 0; i < count; i++)
        if (jobs[i].pending) {
            jobs[i].failed = !look_judge(c, k, &jobs[i], &replies[i], &told);
            jobs[i].pending = !jobs[i].failed;
        }
    return true;
}

/* --- applying ----------------------------------------------------------------- */

static struct kube_request apply_form(struct call *c, const struct job *job, unsigned flags)
{
    return (struct kube_request){
        .method = "PATCH",
        .target = text_f(c->arena, "%s%s", job->target, object_query(c->arena, flags, true)),
        .content_type = "application/apply-patch+yaml", /* JSON is YAML */
        .body = json_write(c->arena, job->about.sent),
        .flags = object_secrecy(&job->ref, flags) | HTTP_IDEMPOTENT,
    };
}

/* What will be better in a moment: a kind that discovery knows and the server
 * (or another one behind the same address) does not yet route, and an object
 * that somebody else was just writing. */
static bool is_passing(struct call *c, const struct job *job, const struct http_reply *reply)
{
    const struct value *status;

    if (reply->failure != HTTP_FINE || (reply->status != 404 && reply->status != 409))
        return false;
    status = kube_status_of(c, reply);
    if (reply->status == 404)
        return !value_is_set(value_in(status, "details", "name"));
    return strcmp(value_text(status, "reason"), "Conflict") == 0 &&
           !value_count(value_in(status, "details", "causes")) &&
           !value_is_set(value_in(job->about.sent, "metadata", "resourceVersion"));
}

/* Marks those to be sent again; how many there are. */
static size_t again_mark(struct call *c, struct job *jobs, size_t count,
                         const struct http_reply *replies)
{
    size_t again = 0;

    for (size_t i = 0; i < count; i++) {
        jobs[i].pending = jobs[i].pending && is_passing(c, &jobs[i], &replies[i]);
        again += jobs[i].pending;
    }
    return again;
}

/* False when not even the first round was sent. *finished false (reported) when
 * a later one was not: what the earlier ones did still counts. */
static bool apply_rounds(struct call *c, struct kube *k, struct job *jobs, size_t count,
                         unsigned flags, struct http_reply *replies, bool *finished)
{
    const char *what = text_f(c->arena, "objects of cluster %s to be applied", k->name);

    *finished = jobs_send(c, k, jobs, count, apply_form, flags, replies);
    if (!*finished)
        return false;
    for (int round = 1; *finished && round < ROUNDS_MAX; round++) {
        if (!again_mark(c, jobs, count, replies))
            break;
        *finished = call_wait_ms(c, (int64_t)round * ROUND_PAUSE_MS, what, NULL) &&
                    jobs_send(c, k, jobs, count, apply_form, flags, replies);
    }
    return true;
}

static bool apply_judge(struct call *c, const struct kube *k, const struct job *job,
                        const struct http_reply *reply, bool *told, const struct value **out)
{
    if (reply->failure != HTTP_FINE)
        return no_reply(c, k, job, reply, told);
    if (!kube_status_is_fine(reply->status))
        return kube_refused(c, k, &job->about, reply);
    return kube_reply_body(c, k, reply, out);
}

/* A 5xx that is a verdict on the object all the same: in these words API servers answer
 * 500 to what is not of the kind's shape, and to what a webhook refuses or cannot judge. */
static bool is_verdict(struct call *c, const struct http_reply *reply)
{
    const char *message = value_text(kube_status_of(c, reply), "message");

    return strstr(message, "failed to create typed patch object") || strstr(message, "webhook");
}

/* The reply says nothing about the object: it may be another one in a moment. */
static bool is_unsure(struct call *c, const struct http_reply *reply)
{
    if (reply->failure != HTTP_FINE || kube_status_is_fine(reply->status))
        return true;
    return reply->status == 429 || (reply->status >= 500 && !is_verdict(c, reply));
}

bool kube_apply_all_hinted(struct call *c, struct kube *k, const struct value *const *objects,
                           size_t count, unsigned flags, const char *import_hint,
                           const struct value **results)
{
    struct http_reply *replies = arena_array(c->arena, count, sizeof(*replies));
    bool all, told = false;
    struct job *jobs;

    for (size_t i = 0; i < count; i++)
        results[i] = flags & KUBE_UNSURE ? &value_unknown : NULL;
    if (!kube_check_uid(c, k))
        return false;
    jobs = jobs_init(c, k, objects, count, flags);
    for (size_t i = 0; i < count; i++)
        jobs[i].about.import_hint = import_hint;
    if (flags & KUBE_NEW_ONLY && !refuse_foreign(c, k, jobs, count, flags))
        return false;
    if (!apply_rounds(c, k, jobs, count, flags, replies, &all))
        return false;
    for (size_t i = 0; i < count; i++) {
        results[i] = NULL;
        if (jobs[i].target && !jobs[i].failed) {
            jobs[i].failed = !apply_judge(c, k, &jobs[i], &replies[i], &told, &results[i]);
            if (jobs[i].failed && flags & KUBE_UNSURE && is_unsure(c, &replies[i]))
                results[i] = &value_unknown;
        }
        all = all && !jobs[i].failed;
    }
    return all;
}

bool kube_apply_all(struct call *c, struct kube *k, const struct value *const *objects,
                    size_t count, unsigned flags, const struct value **results)
{
    return kube_apply_all_hinted(c, k, objects, count, flags, NULL, results);
}

bool kube_apply(struct call *c, struct kube *k, const struct value *object, unsigned flags,
                const struct value **out)
{
    return kube_apply_all(c, k, &object, 1, flags, out);
}
