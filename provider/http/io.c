#include "http/io.h"

#include <stdio.h>

#include "base/clock.h"
#include "http/attempt.h"
#include "http/trace.h"

enum {
    WAIT_MS_MAX = 60 * 1000,
    /* curl 7.88 may forget that a transfer has bytes which were read together
     * with those of another one on the same HTTP/2 connection. */
    WAIT_SHARED_MS_MAX = 20,
    LANE_IDLE_MS = 1000,
};

static struct http_client *client_of(const struct job *job)
{
    return job->request->endpoint->client;
}

/* --- posts ---------------------------------------------------------------- */
void io_post(struct job *job, enum job_wish wish)
{
    struct http_client *client = client_of(job);

    pthread_mutex_lock(&client->lock);
    if (!job->closed && !job->wishes) {
        job->post_next = NULL;
        if (client->last_post)
            client->last_post->post_next = job;
        else
            client->first_post = job;
        client->last_post = job;
    }
    if (!job->closed)
        job->wishes |= wish;
    pthread_mutex_unlock(&client->lock);
    curl_multi_wakeup(client->multi);
}

/* The oldest post, or NULL; *stop says whether the client is to end. */
static struct job *take_post(struct http_client *client, unsigned *wishes, bool *stop)
{
    struct job *job;

    pthread_mutex_lock(&client->lock);
    job = client->first_post;
    if (job) {
        client->first_post = job->post_next;
        if (!client->first_post)
            client->last_post = NULL;
        *wishes = job->wishes;
        job->wishes = 0;
    }
    *stop = client->stop;
    pthread_mutex_unlock(&client->lock);
    return job;
}

static void close_posts(struct http_client *client, struct job *job)
{
    struct job **place = &client->first_post, *before = NULL;

    pthread_mutex_lock(&client->lock);
    job->closed = true;
    if (job->wishes) {
        while (*place != job) {
            before = *place;
            place = &before->post_next;
        }
        *place = job->post_next;
        if (client->last_post == job)
            client->last_post = before;
        job->wishes = 0;
    }
    pthread_mutex_unlock(&client->lock);
}

/* --- handles -------------------------------------------------------------- */
static CURL *take_handle(struct http_client *client)
{
    return client->kept_count ? client->kept[--client->kept_count] : curl_easy_init();
}

static void give_handle(struct http_client *client, CURL *easy)
{
    if (client->kept_count == IO_HANDLES_KEPT_MAX) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    client->kept[client->kept_count++] = easy;
}

/* --- lanes ---------------------------------------------------------------- */
void io_open_lane(const struct http_endpoint *e)
{
    struct http_client *client = e->client;

    e->lane->probing = false;
    e->lane->probe = NULL;
    if (e->lane->opened || !e->lane->first)
        return;
    e->lane->opened = true;
    e->lane->opened_next = client->opened;
    client->opened = e->lane;
}

static void lane_enter(struct lane *lane, struct job *job)
{
    job->state = JOB_WAITING;
    job->lane_next = NULL;
    if (lane->last)
        lane->last->lane_next = job;
    else
        lane->first = job;
    lane->last = job;
}

static void lane_leave(struct lane *lane, struct job *job)
{
    struct job **place = &lane->first, *before = NULL;

    while (*place != job) {
        before = *place;
        place = &before->lane_next;
    }
    *place = job->lane_next;
    if (lane->last == job)
        lane->last = before;
}

/* --- the end -------------------------------------------------------------- */
/* Behind this the job belongs to the worker. */
static void finish(struct http_client *client, struct job *job)
{
    struct inbox *inbox = job->inbox;

    timer_remove(&client->timers, &job->timer);
    job->state = JOB_OVER;
    close_posts(client, job);
    pthread_mutex_lock(&inbox->lock);
    job->over = true;
    job->inbox_next = NULL;
    if (inbox->last)
        inbox->last->inbox_next = job;
    else
        inbox->first = job;
    inbox->last = job;
    pthread_cond_signal(&inbox->wake);
    pthread_mutex_unlock(&inbox->lock);
}

static void admit(struct http_client *client, struct lane *lane);

static void lane_count_in(struct lane *lane, struct job *job)
{
    if (job_is_stream(job)) {
        lane->streams++;
        return;
    }
    /* A kept connection may be gone by now. */
    if (!lane->active++ && lane->protocol == LANE_HTTP2 &&
        job->started_ms - lane->idle_since_ms > LANE_IDLE_MS)
        lane->probing = true;
    if (lane->probing)
        lane->probe = job;
}

static void lane_count_out(struct lane *lane, const struct job *job)
{
    if (job_is_stream(job))
        lane->streams--;
    else if (!--lane->active)
        lane->idle_since_ms = clock_monotonic_ms();
    if (lane->probe == job) { /* what it could not learn, others learn in parallel */
        lane->probing = false;
        lane->probe = NULL;
    }
    if (job->failure == HTTP_CUT && lane->protocol == LANE_HTTP2)
        lane->probing = true;
}

/* Takes the job off the wire, or out of the queue; the lane's next may go. */
static void withdraw(struct http_client *client, struct job *job, CURLcode code)
{
    struct lane *lane = job->request->endpoint->lane;

    if (job->state == JOB_WAITING)
        lane_leave(lane, job);
    if (job->state != JOB_RUNNING)
        return;
    if (job->easy) {
        CURL *easy = job->easy;

        attempt_end(job, code);
        curl_multi_remove_handle(client->multi, easy);
        give_handle(client, easy);
    }
    job->state = JOB_NEW;
    lane_count_out(lane, job);
    client->shared -= job->shared;
    trace_attempt(job->request, job->shown_url, job->attempts,
                  clock_monotonic_ms() - job->started_ms, job->status, job->failure_text);
    admit(client, lane);
}

static void end_early(struct http_client *client, struct job *job, enum http_failure failure,
                      const char *why)
{
    job_fail(job, failure, "%s%s", why, failure == HTTP_TIMED_OUT ? job->before : "");
    withdraw(client, job, CURLE_OK);
    finish(client, job);
}

/* --- attempts ------------------------------------------------------------- */
static void arm(struct http_client *client, struct job *job, int64_t at_ms)
{
    timer_set(&client->timers, &job->timer, at_ms < job->deadline_ms ? at_ms : job->deadline_ms);
}

static int64_t attempt_ms(const struct job *job)
{
    return job->request->timeout_ms > 0 ? job->request->timeout_ms : JOB_ATTEMPT_MS;
}

static void conclude(struct http_client *client, struct job *job, CURLcode code);

static void begin(struct http_client *client, struct job *job)
{
    const struct http_endpoint *e = job->request->endpoint;
    CURL *easy = take_handle(client);

    job->state = JOB_RUNNING;
    job->started_ms = job->last_data_ms = clock_monotonic_ms();
    job->shared = e->tls && e->lane->protocol != LANE_HTTP1;
    client->shared += job->shared;
    lane_count_in(e->lane, job);
    arm(client, job, job->started_ms + attempt_ms(job));
    if (attempt_begin(job, easy) && curl_multi_add_handle(client->multi, easy) == CURLM_OK)
        return;
    conclude(client, job, CURLE_FAILED_INIT);
}

static void admit(struct http_client *client, struct lane *lane)
{
    while (lane->first && endpoint_has_room(lane->first->request->endpoint)) {
        struct job *job = lane->first;

        lane_leave(lane, job);
        begin(client, job);
    }
}

static void enter(struct http_client *client, struct job *job)
{
    struct lane *lane = job->request->endpoint->lane;

    if (job_is_stream(job)) {
        begin(client, job);
        return;
    }
    lane_enter(lane, job);
    arm(client, job, job->deadline_ms);
    admit(client, lane);
}

/* When the next attempt may begin; -1 when there is none. */
static int64_t next_attempt(struct http_client *client, struct job *job)
{
    struct retry_facts facts = {.failure = job->failure,
                                .status = job->status,
                                .sent = job->sends > 0,
                                .idempotent = job_is_idempotent(job),
                                .lasting = job->lasting};
    struct retry_budget *budget = &job->request->endpoint->lane->budget;
    int64_t at, now = clock_monotonic_ms();

    facts.retry_after_ms = retry_after_ms(job_header(job, "retry-after"), clock_now());
    if (job->failure != HTTP_FINE)
        facts.retry_after_ms = -1;
    if (job->request->flags & HTTP_NO_RETRY || job->streaming ||
        job->attempts >= RETRY_ATTEMPTS_MAX || !retry_is_worthwhile(&facts))
        return -1;
    at = now + retry_pause_ms(&client->random, job->attempts, facts.retry_after_ms);
    at = retry_budget_next(budget, at);
    if (at >= job->deadline_ms)
        return -1;
    retry_budget_take(budget, at);
    return at;
}

/* For the case that the deadline ends the next attempt. */
static void remember(struct job *job)
{
    int status = job->status;

    if (job->failure == HTTP_FINE)
        (void)snprintf(job->before, sizeof(job->before), " The last answer had status %d.", status);
    else
        (void)snprintf(job->before, sizeof(job->before), " Before that: %s", job->failure_text);
}

static void settle(struct http_client *client, struct job *job)
{
    int64_t at = next_attempt(client, job);

    if (at < 0) {
        finish(client, job);
        return;
    }
    remember(job);
    job->state = JOB_RESTING;
    arm(client, job, at);
}

static void conclude(struct http_client *client, struct job *job, CURLcode code)
{
    withdraw(client, job, code);
    settle(client, job);
}

/* --- events --------------------------------------------------------------- */
static void resume(struct job *job)
{
    pthread_mutex_lock(&job->inbox->lock);
    job->paused = false;
    pthread_mutex_unlock(&job->inbox->lock);
    job->last_data_ms = clock_monotonic_ms();
    if (job->easy)
        curl_easy_pause(job->easy, CURLPAUSE_CONT);
}

static void fulfil(struct http_client *client, struct job *job, unsigned wishes)
{
    if (wishes & JOB_CANCEL) {
        end_early(client, job, HTTP_CANCELLED, "The operation was cancelled.");
    } else if (wishes & JOB_STOP) {
        withdraw(client, job, CURLE_OK);
        finish(client, job);
    } else if (wishes & JOB_RESUME) {
        resume(job);
    } else {
        enter(client, job);
    }
}

static bool is_paused(struct job *job)
{
    bool paused;

    pthread_mutex_lock(&job->inbox->lock);
    paused = job->paused;
    pthread_mutex_unlock(&job->inbox->lock);
    return paused;
}

/* The time of a stream runs from its last data, and not while nobody reads. */
static bool still_has_time(struct http_client *client, struct job *job, int64_t now)
{
    int64_t from = is_paused(job) ? now : job->last_data_ms;

    if (!job_is_stream(job) || from + attempt_ms(job) <= now)
        return false;
    arm(client, job, from + attempt_ms(job));
    return true;
}

static void time_out(struct http_client *client, struct job *job)
{
    int64_t took_s = (attempt_ms(job) + 999) / 1000;

    job_fail(job, HTTP_TIMED_OUT, "%s did not answer within %lld s.",
             job->request->endpoint->authority, (long long)took_s);
    withdraw(client, job, CURLE_OK);
    settle(client, job);
}

static void ring(struct http_client *client, struct job *job, int64_t now)
{
    timer_remove(&client->timers, &job->timer);
    if (now >= job->deadline_ms)
        end_early(client, job, HTTP_TIMED_OUT,
                  "The time allowed for the whole operation is used up.");
    else if (job->state == JOB_RESTING)
        enter(client, job);
    else if (!still_has_time(client, job, now))
        time_out(client, job);
}

static void run_timers(struct http_client *client)
{
    int64_t now = clock_monotonic_ms();
    struct timer *first;

    while ((first = timer_first(&client->timers)) && first->due_ms <= now)
        ring(client, first->owner, now);
}

static void cancel_all(struct http_client *client)
{
    struct timer *first;

    while ((first = timer_first(&client->timers)))
        end_early(client, first->owner, HTTP_CANCELLED, "The operation was cancelled.");
}

static void collect(struct http_client *client)
{
    CURLMsg *message;
    struct job *job;
    int left;

    while ((message = curl_multi_info_read(client->multi, &left))) {
        CURLcode code = message->data.result;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &job);
        conclude(client, job, code);
    }
}

static void admit_opened(struct http_client *client)
{
    struct lane *lane;

    while ((lane = client->opened)) {
        client->opened = lane->opened_next;
        lane->opened = false;
        admit(client, lane);
    }
}

static int wait_ms(const struct http_client *client)
{
    const struct timer *first = timer_first(&client->timers);
    int64_t left = first ? first->due_ms - clock_monotonic_ms() : WAIT_MS_MAX;
    int64_t most = client->shared ? WAIT_SHARED_MS_MAX : WAIT_MS_MAX;

    return left < 0 ? 0 : (int)(left < most ? left : most);
}

static void leave(struct http_client *client)
{
    while (client->kept_count)
        curl_easy_cleanup(client->kept[--client->kept_count]);
    curl_multi_cleanup(client->multi);
    timers_clear(&client->timers);
}

void *io_run(void *data)
{
    struct http_client *client = data;
    unsigned wishes;
    struct job *job;
    int running;

    for (bool stop = false; !stop;) {
        while ((job = take_post(client, &wishes, &stop)))
            fulfil(client, job, wishes);
        if (cancel_fired(client->cancel))
            cancel_all(client);
        run_timers(client);
        curl_multi_perform(client->multi, &running);
        admit_opened(client); /* first, while the lanes' jobs are all there */
        collect(client);
        curl_multi_poll(client->multi, NULL, 0, stop ? 0 : wait_ms(client), NULL);
    }
    leave(client);
    return NULL;
}
