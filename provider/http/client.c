#include "http/client.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "http/io.h"
#include "http/trace.h"

enum { CANCEL_LOOK_MS = 200, SEND_ALL_PER_CONNECTION = 8 };

/* --- the client ----------------------------------------------------------- */
static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void wake(void *client)
{
    curl_multi_wakeup(((struct http_client *)client)->multi);
}

/* Signals are for other threads; SIGPIPE, which a write to a lost connection
 * raises on the writing thread, is for nobody. */
static void start_thread(struct http_client *client)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_create(&client->thread, NULL, io_run, client);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct http_client *http_client_new(struct cancel *cancel)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct http_client *client = memory_new(1, sizeof(*client));

    pthread_once(&once, start_curl);
    client->cancel = cancel;
    client->random.state = (uint64_t)clock_now() ^ (uint64_t)(uintptr_t)client;
    pthread_mutex_init(&client->lock, NULL);
    client->multi = curl_multi_init();
    curl_multi_setopt(client->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)IO_CONNECTIONS_KEPT_MAX);
    /* The lanes bound connections; this is for servers that allow so few
     * HTTP/2 streams that the lanes' reckoning does not hold. */
    curl_multi_setopt(client->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)IO_HOST_CONNECTIONS_MAX);
    start_thread(client);
    cancel_on_fire(cancel, wake, client);
    return client;
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    pthread_mutex_lock(&client->lock);
    client->stop = true;
    pthread_mutex_unlock(&client->lock);
    curl_multi_wakeup(client->multi);
    pthread_join(client->thread, NULL);
    pthread_mutex_destroy(&client->lock);
    memory_free(client);
}

void http_client_log_bodies(struct http_client *client, bool on)
{
    atomic_store(&client->log_bodies, on);
}

const char *http_reply_header(const struct http_reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (strcmp(reply->headers[i].name, name) == 0)
            return reply->headers[i].value;
    return "";
}

/* --- a worker's side ------------------------------------------------------ */
static bool logs_bodies(const struct job *job)
{
    return atomic_load(&job->request->endpoint->client->log_bodies);
}

/* False: it is over before it began, with the outcome set. */
static bool launch(struct call *c, struct inbox *inbox, struct job *job,
                   const struct http_request *request)
{
    bool fine = job_prepare(job, c->arena, request, c->deadline_ms);

    job->inbox = inbox;
    if (fine && c->cancel && cancel_fired(c->cancel)) {
        job_fail(job, HTTP_CANCELLED, "The operation was cancelled.");
        fine = false;
    }
    if (!fine)
        return false;
    trace_request(request, job->shown_url, logs_bodies(job));
    io_post(job, JOB_START);
    return true;
}

static void land(struct call *c, struct job *job, struct http_reply *reply)
{
    job_reply(job, c->arena, reply);
    if (job->attempts)
        trace_reply(job->request, job->shown_url, reply, logs_bodies(job));
}

/* The inbox's lock is held. A call with a cancel of its own is looked after
 * here: only the client's cancel wakes the I/O thread. */
static void wait_a_while(struct inbox *inbox)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += CANCEL_LOOK_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    pthread_cond_timedwait(&inbox->wake, &inbox->lock, &until);
}

static bool has_own_cancel(const struct call *c, const struct http_client *client)
{
    return c->cancel && c->cancel != client->cancel;
}

/* Waits until the job is over or has pieces, which are taken. */
static struct piece *take_pieces(struct call *c, struct job *job, bool *over, bool *paused)
{
    struct inbox *inbox = job->inbox;
    bool own = has_own_cancel(c, job->request->endpoint->client), asked = false;
    struct piece *pieces;

    pthread_mutex_lock(&inbox->lock);
    while (!job->over && !job->pieces) {
        if (!own || asked) {
            pthread_cond_wait(&inbox->wake, &inbox->lock);
            continue;
        }
        wait_a_while(inbox);
        if ((asked = cancel_fired(c->cancel))) {
            pthread_mutex_unlock(&inbox->lock);
            io_post(job, JOB_CANCEL);
            pthread_mutex_lock(&inbox->lock);
        }
    }
    pieces = job->pieces;
    job->pieces = NULL;
    job->pieces_end = &job->pieces;
    job->queued_bytes = 0;
    *paused = job->paused;
    *over = job->over;
    pthread_mutex_unlock(&inbox->lock);
    return pieces;
}

/* Gives the pieces to the caller until it has had enough; frees them all. */
static bool hand_over(const struct http_request *request, struct piece *pieces, bool wanted)
{
    while (pieces) {
        struct piece *next = pieces->next;

        wanted =
            wanted && request->on_data(request->data, (struct text){pieces->bytes, pieces->len});
        memory_free(pieces);
        pieces = next;
    }
    return wanted;
}

static void await(struct call *c, struct job *job)
{
    bool over = false, wanted = true;

    while (!over) {
        bool paused, before = wanted;
        struct piece *pieces = take_pieces(c, job, &over, &paused);

        wanted = hand_over(job->request, pieces, wanted);
        if (over)
            break;
        if (c->cancel && cancel_fired(c->cancel))
            io_post(job, JOB_CANCEL);
        else if (before && !wanted)
            io_post(job, JOB_STOP);
        else if (paused && wanted)
            io_post(job, JOB_RESUME);
    }
}

/* --- reports -------------------------------------------------------------- */
static const char *const summaries[] = {
    [HTTP_RESOLVE] = "Cannot reach %s",       [HTTP_CONNECT] = "Cannot reach %s",
    [HTTP_TLS] = "Cannot reach %s",           [HTTP_PROXY] = "Cannot reach %s",
    [HTTP_CUT] = "Connection to %s was lost", [HTTP_TIMED_OUT] = "No answer from %s",
    [HTTP_CANCELLED] = "Interrupted",         [HTTP_TOO_LARGE] = "Reply from %s is too large",
};

static bool report(struct call *c, const struct http_request *request,
                   const struct http_reply *reply)
{
    const char *url = request->endpoint->url, *times = "", *summary = "Interrupted";
    const char *shown = trace_url(c->arena, text_f(c->arena, "%s%s", url, request->target));

    if (reply->failure != HTTP_CANCELLED) {
        struct text rest = text_of(summaries[reply->failure]), front;

        text_split(&rest, '%', &front);
        summary = text_f(c->arena, "%s%s%s", text_z(c->arena, front), url,
                         text_z(c->arena, (struct text){rest.at + 1, rest.len - 1}));
    }
    if (reply->attempts > 1)
        times = text_f(c->arena, " (%d attempts)", reply->attempts);
    return diag_error(c->diags, NULL, summary, "%s %s%s: %s", request->method, shown, times,
                      reply->failure_text);
}

bool http_send(struct call *c, const struct http_request *request, struct http_reply *reply)
{
    struct inbox inbox;
    struct job job;
    bool begun;

    inbox_init(&inbox);
    if (launch(c, &inbox, &job, request))
        await(c, &job);
    land(c, &job, reply);
    begun = job.streaming;
    job_clear(&job);
    inbox_clear(&inbox);
    return reply->failure == HTTP_FINE || begun || report(c, request, reply);
}

/* --- many ----------------------------------------------------------------- */
struct batch {
    struct call *call;
    const struct http_request *requests;
    struct http_reply *replies;
    size_t count, next, running;
    struct inbox inbox;
    struct job *jobs; /* as many as may run */
    struct job **idle;
    size_t idle_count, slots;
};

static void batch_land(struct batch *b, struct job *job)
{
    land(b->call, job, &b->replies[job->index]);
    job_clear(job);
    b->idle[b->idle_count++] = job;
}

static void batch_launch(struct batch *b)
{
    while (b->idle_count && b->next < b->count) {
        struct job *job = b->idle[--b->idle_count];
        bool posted = launch(b->call, &b->inbox, job, &b->requests[b->next]);

        job->index = b->next++;
        if (posted)
            b->running++;
        else
            batch_land(b, job);
    }
}

static void batch_cancel(struct batch *b)
{
    for (size_t i = 0; i < b->slots; i++)
        if (b->jobs[i].request)
            io_post(&b->jobs[i], JOB_CANCEL);
}

/* The jobs that are over by now, at least one. */
static struct job *batch_wait(struct batch *b)
{
    bool own = has_own_cancel(b->call, b->requests->endpoint->client), asked = false;
    struct job *done;

    pthread_mutex_lock(&b->inbox.lock);
    while (!b->inbox.first) {
        if (!own || asked) {
            pthread_cond_wait(&b->inbox.wake, &b->inbox.lock);
            continue;
        }
        wait_a_while(&b->inbox);
        if ((asked = cancel_fired(b->call->cancel))) {
            pthread_mutex_unlock(&b->inbox.lock);
            batch_cancel(b);
            pthread_mutex_lock(&b->inbox.lock);
        }
    }
    done = b->inbox.first;
    b->inbox.first = b->inbox.last = NULL;
    pthread_mutex_unlock(&b->inbox.lock);
    return done;
}

static void batch_run(struct batch *b)
{
    batch_launch(b);
    while (b->running) {
        struct job *done = batch_wait(b);

        while (done) {
            struct job *next = done->inbox_next;

            b->running--;
            batch_land(b, done);
            done = next;
        }
        batch_launch(b);
    }
}

void http_send_all(struct call *c, const struct http_request *requests, size_t count,
                   size_t concurrency, struct http_reply *replies)
{
    struct batch b = {.call = c, .requests = requests, .replies = replies, .count = count};

    if (!count)
        return;
    b.slots =
        concurrency ? concurrency : requests->endpoint->connections_max * SEND_ALL_PER_CONNECTION;
    if (b.slots > count)
        b.slots = count;
    inbox_init(&b.inbox);
    b.jobs = memory_new(b.slots, sizeof(*b.jobs));
    b.idle = memory_new(b.slots, sizeof(struct job *));
    for (size_t i = 0; i < b.slots; i++)
        b.idle[b.idle_count++] = &b.jobs[i];
    batch_run(&b);
    memory_free(b.idle);
    memory_free(b.jobs);
    inbox_clear(&b.inbox);
}
