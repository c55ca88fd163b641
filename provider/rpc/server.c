#include "rpc/server.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "provider.h"
#include "rpc/handshake.h"
#include "rpc/transport.h"

enum {
    FIRST_CALL_MS = 60 * 1000, /* a host that never calls has died meanwhile */
    LOST_CLIENT_MS = 2 * 1000,
    DRAIN_MS = 1500, /* the host kills us 2 s after Shutdown */
    NO_DEADLINE = -1,
};

/* What happens to the server reaches its main thread as one byte each. */
enum happening {
    TERMINATED = 't',
    CALLED = 'c',
    OPENED = 'o',
    LOST = 'l',
    SHUT_DOWN = 's',
};

struct server {
    bool debug;
    int events[2];
    pthread_mutex_t lock; /* guards the two below */
    bool called;
    struct provider *provider;
    struct provider *own[64]; /* -debug: those that were made after a stop */
    size_t own_count;
    int64_t leave_at_ms; /* main thread only; NO_DEADLINE = stay */
    int streams;
};

static int signal_pipe = -1;

static void post(int descriptor, enum happening what)
{
    char byte = (char)what;

    if (write(descriptor, &byte, 1) != 1)
        return; /* the pipe is full of reasons already */
}

static void on_terminate(int number)
{
    (void)number;
    post(signal_pipe, TERMINATED);
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

/* Ctrl-C reaches the whole process group: Terraform decides what it means and
 * calls StopProvider. Only under -debug it is meant for us. */
static void handle_signals(const struct server *s)
{
    signal_pipe = s->events[1];
    handle(SIGPIPE, SIG_IGN);
    handle(SIGINT, s->debug ? on_terminate : SIG_IGN);
    handle(SIGTERM, on_terminate);
    handle(SIGHUP, on_terminate);
}

static struct provider *current_provider(void *data)
{
    struct server *s = data;
    struct provider *p;

    pthread_mutex_lock(&s->lock);
    p = s->provider;
    pthread_mutex_unlock(&s->lock);
    return p;
}

static bool first_call(struct server *s)
{
    bool first;

    pthread_mutex_lock(&s->lock);
    first = !s->called;
    s->called = true;
    pthread_mutex_unlock(&s->lock);
    return first;
}

static void on_event(void *data, enum transport_event event)
{
    static const enum happening names[] = {
        [TRANSPORT_CALLED] = CALLED,
        [TRANSPORT_OPENED] = OPENED,
        [TRANSPORT_LOST] = LOST,
        [TRANSPORT_SHUTDOWN] = SHUT_DOWN,
    };
    struct server *s = data;

    if (event != TRANSPORT_CALLED || first_call(s))
        post(s->events[1], names[event]);
}

/* Under -debug one client's Ctrl-C must not cancel the next one's calls. */
static void renew_provider(struct server *s)
{
    struct provider *fresh;

    if (!cancel_fired(s->provider->cancel) || s->own_count == sizeof(s->own) / sizeof(s->own[0]))
        return;
    fresh = provider_new();
    s->own[s->own_count++] = fresh;
    pthread_mutex_lock(&s->lock);
    s->provider = fresh;
    pthread_mutex_unlock(&s->lock);
}

static void client_lost(struct server *s)
{
    if (--s->streams > 0)
        return;
    if (s->debug)
        renew_provider(s);
    else
        s->leave_at_ms = clock_monotonic_ms() + LOST_CLIENT_MS;
}

/* False = leave. */
static bool handle_event(struct server *s, enum happening what)
{
    switch (what) {
    case CALLED:
        s->leave_at_ms = NO_DEADLINE;
        return true;
    case OPENED:
        s->streams++;
        s->leave_at_ms = NO_DEADLINE;
        return true;
    case LOST:
        client_lost(s);
        return true;
    case TERMINATED:
        log_event(LOG_INFO, "rpc", "leaving: signal", NULL);
        return false;
    case SHUT_DOWN:
        return s->debug; /* that client is done, the next one may come */
    }
    return true;
}

static void wait_for_the_end(struct server *s)
{
    struct pollfd reader = {.fd = s->events[0], .events = POLLIN};

    for (;;) {
        int64_t left_ms = s->leave_at_ms - clock_monotonic_ms();
        char byte;
        int ready;

        if (s->leave_at_ms == NO_DEADLINE)
            left_ms = -1;
        else if (left_ms <= 0)
            break;
        ready = poll(&reader, 1, (int)left_ms);
        if (ready > 0 && read(s->events[0], &byte, 1) == 1 &&
            !handle_event(s, (enum happening)byte))
            return;
    }
    log_event(LOG_WARN, "rpc", "leaving: no client", NULL);
}

static bool open_events(struct server *s, struct diags *diags)
{
    if (pipe(s->events) != 0)
        return diag_error(diags, NULL, "Cannot make a pipe", "The system is out of descriptors.");
    for (size_t i = 0; i < 2; i++)
        fcntl(s->events[i], F_SETFD, FD_CLOEXEC);
    fcntl(s->events[1], F_SETFL, O_NONBLOCK);
    return true;
}

static bool begin(struct server *s, const struct rpc_options *options, struct handshake *h,
                  struct diags *diags, struct transport **t)
{
    const struct transport_owner owner = {s, current_provider, on_event};

    if (!open_events(s, diags) || !handshake_prepare(h, diags->arena, diags, !options->debug))
        return false;
    handle_signals(s);
    if (!transport_new(h, &owner, diags, t))
        return false;
    if (options->debug)
        handshake_announce_reattach(h, diags->arena, options->source);
    else
        handshake_announce(h, diags->arena);
    return true;
}

static void clear(struct server *s)
{
    for (size_t i = 0; i < s->own_count; i++)
        provider_free(s->own[i]);
    pthread_mutex_destroy(&s->lock);
    signal_pipe = -1;
    close(s->events[0]);
    close(s->events[1]);
}

/* The tear-down of gRPC costs as much as its start, and everything it would
 * free ends with the process. Test builds do it, for the leak checker. */
static void finish(struct server *s, struct transport *t, const struct handshake *h)
{
    bool idle;

    cancel_fire(current_provider(s)->cancel);
    idle = transport_close(t, DRAIN_MS);
    handshake_clear(h);
    if (!idle)
        log_event(LOG_WARN, "rpc", "leaving while calls run", NULL);
#ifdef TEST_BUILD
    if (idle) {
        transport_free(t);
        clear(s);
        return;
    }
#endif
    (void)clear;
    _exit(0);
}

static int report(const struct diags *diags)
{
    for (const struct diag *d = diags->first; d; d = d->next)
        (void)fprintf(stderr, "%s: %s\n", d->summary, d->detail);
    return 1;
}

int rpc_serve(struct provider *provider, const struct rpc_options *options)
{
    struct server s = {.debug = options->debug, .provider = provider};
    struct arena *a = arena_new();
    struct handshake h = {.folder = NULL};
    struct transport *t;
    struct diags diags;
    int status = 0;

    pthread_mutex_init(&s.lock, NULL);
    diags_init(&diags, a);
    s.leave_at_ms = s.debug ? NO_DEADLINE : clock_monotonic_ms() + FIRST_CALL_MS;
    if (begin(&s, options, &h, &diags, &t)) {
        wait_for_the_end(&s);
        finish(&s, t, &h);
    } else {
        handshake_clear(&h);
        status = report(&diags);
    }
    arena_free(a);
    return status;
}
