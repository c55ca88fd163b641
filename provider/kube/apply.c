/* apply - server-side apply, of one object and of many at once. */
#include <string.h>

#include "codec/json.h"
#include "kube/client.h"

/* One object on its way. */
struct job {
    struct kube_ref ref;
    struct kube_subject about;
    const char *target; /* NULL = nothing to send: reported, or a kind that may be missing */
    bool failed, unserved;
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
        if (jobs[i].unserved)
            unserved = &jobs[i];
    }
    return jobs;
}

/* Sends one request for each job that has something to send. */
static bool jobs_send(struct call *c, struct kube *k, const struct job *jobs, size_t count,
                      struct kube_request (*form)(struct call *c, const struct job *job,
                                                  unsigned flags),
                      unsigned flags, struct http_reply *replies)
{
    struct kube_request *requests = arena_array(c->arena, count, sizeof(*requests));
    struct http_reply *got = arena_array(c->arena, count, sizeof(*got));
    size_t sent = 0;

    for (size_t i = 0; i < count; i++)
        if (jobs[i].target && !jobs[i].failed)
            requests[sent++] = form(c, &jobs[i], flags);
    if (!kube_send_all(c, k, requests, sent, got))
        return false;
    sent = 0;
    for (size_t i = 0; i < count; i++)
        if (jobs[i].target && !jobs[i].failed)
            replies[i] = got[sent++];
    return true;
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
                       const struct http_reply *reply)
{
    const struct value *object;

    if (reply->failure != HTTP_FINE)
        return kube_unreachable(c, k, &job->about, reply);
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

    if (!jobs_send(c, k, jobs, count, look_form, flags, replies))
        return false;
    for (size_t i = 0; i < count; i++)
        if (jobs[i].target && !jobs[i].failed)
            jobs[i].failed = !look_judge(c, k, &jobs[i], &replies[i]);
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

static bool apply_judge(struct call *c, const struct kube *k, const struct job *job,
                        const struct http_reply *reply, const struct value **out)
{
    if (reply->failure != HTTP_FINE)
        return kube_unreachable(c, k, &job->about, reply);
    if (!kube_status_is_fine(reply->status))
        return kube_refused(c, k, &job->about, reply);
    return kube_reply_body(c, k, reply, out);
}

bool kube_apply_all_hinted(struct call *c, struct kube *k, const struct value *const *objects,
                           size_t count, unsigned flags, const char *import_hint,
                           const struct value **results)
{
    struct http_reply *replies = arena_array(c->arena, count, sizeof(*replies));
    bool all = true;
    struct job *jobs;

    for (size_t i = 0; i < count; i++)
        results[i] = NULL;
    if (!kube_check_uid(c, k))
        return false;
    jobs = jobs_init(c, k, objects, count, flags);
    for (size_t i = 0; i < count; i++)
        jobs[i].about.import_hint = import_hint;
    if ((flags & KUBE_NEW_ONLY && !refuse_foreign(c, k, jobs, count, flags)) ||
        !jobs_send(c, k, jobs, count, apply_form, flags, replies))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (jobs[i].target && !jobs[i].failed)
            jobs[i].failed = !apply_judge(c, k, &jobs[i], &replies[i], &results[i]);
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
