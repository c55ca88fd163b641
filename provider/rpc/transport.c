#include "rpc/transport.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/log.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "rpc/method.h"
#include "rpc/workers.h"

enum { POLLERS = 2, WORKERS_MAX = 256 };

struct transport {
    struct transport_owner owner;
    grpc_completion_queue *queue;
    grpc_server *server;
    pthread_t pollers[POLLERS];
    struct workers *workers;
    pthread_mutex_t lock; /* guards the two below */
    pthread_cond_t changed;
    size_t running; /* calls with a message, not yet answered */
    bool stopped;   /* the server has let go of all calls */
};

/* One call from arrival to the last completion. At any time one batch is under
 * way, and `then` is what its completion leads to; the exchange is the tag. */
struct exchange {
    struct worker_job job; /* first: the pool hands it back */
    struct transport *transport;
    void (*then)(struct exchange *x, bool ok);
    grpc_call *call;
    grpc_call_details details;
    grpc_metadata_array metadata;
    const struct method *method;
    grpc_byte_buffer *payload, *reply;
    int cancelled;
};

static void tell(struct transport *t, enum transport_event event)
{
    t->owner.event(t->owner.data, event);
}

static void count_running(struct transport *t, bool more)
{
    pthread_mutex_lock(&t->lock);
    t->running += more ? 1 : (size_t)-1;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

static void exchange_free(struct exchange *x)
{
    if (x->call)
        grpc_call_unref(x->call);
    grpc_call_details_destroy(&x->details);
    grpc_metadata_array_destroy(&x->metadata);
    grpc_byte_buffer_destroy(x->payload);
    grpc_byte_buffer_destroy(x->reply);
    memory_free(x);
}

static void start(struct exchange *x, const grpc_op *operations, size_t count,
                  void (*then)(struct exchange *x, bool ok))
{
    x->then = then;
    if (grpc_call_start_batch(x->call, operations, count, x, NULL) != GRPC_CALL_OK)
        log_event(LOG_ERROR, "rpc", "gRPC refused a batch", NULL); /* our mistake alone */
}

/* --- answering --------------------------------------------------------------- */

static void answered(struct exchange *x, bool ok)
{
    struct transport *t = x->transport;
    bool last = x->method && x->method->kind == METHOD_SHUTDOWN;

    (void)ok;
    exchange_free(x);
    if (last)
        tell(t, TRANSPORT_SHUTDOWN);
    count_running(t, false);
}

/* With x->reply, or with a status and no message. */
static void answer(struct exchange *x, grpc_status_code status, const char *text)
{
    grpc_slice details = grpc_slice_from_static_string(text);
    grpc_op operations[4];
    size_t count = 0;

    memset(operations, 0, sizeof(operations));
    operations[count++].op = GRPC_OP_SEND_INITIAL_METADATA;
    if (x->reply) {
        operations[count].op = GRPC_OP_SEND_MESSAGE;
        operations[count++].data.send_message.send_message = x->reply;
    }
    operations[count].op = GRPC_OP_SEND_STATUS_FROM_SERVER;
    operations[count].data.send_status_from_server.status = status;
    operations[count++].data.send_status_from_server.status_details = &details;
    operations[count].op = GRPC_OP_RECV_CLOSE_ON_SERVER;
    operations[count++].data.recv_close_on_server.cancelled = &x->cancelled;
    start(x, operations, count, answered);
}

static void drop_arena(void *arena)
{
    arena_free(arena);
}

/* The slice owns the arena from here on: the reply is sent without a copy. */
static grpc_byte_buffer *reply_buffer(struct arena *a, struct text reply)
{
    union {
        const char *in;
        void *out;
    } bytes = {reply.at};
    grpc_slice slice = grpc_slice_new_with_user_data(bytes.out, reply.len, drop_arena, a);
    grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&slice, 1);

    grpc_slice_unref(slice);
    return buffer;
}

static bool payload_slice(struct exchange *x, grpc_slice *out)
{
    grpc_byte_buffer_reader reader;

    if (!grpc_byte_buffer_reader_init(&reader, x->payload))
        return false;
    *out = grpc_byte_buffer_reader_readall(&reader);
    grpc_byte_buffer_reader_destroy(&reader);
    grpc_byte_buffer_destroy(x->payload);
    x->payload = NULL;
    return true;
}

static void run(struct worker_job *job)
{
    struct exchange *x = (struct exchange *)job;
    struct transport_owner *owner = &x->transport->owner;
    struct arena *a = arena_new();
    struct text reply;
    grpc_slice request;
    bool done = false;

    if (payload_slice(x, &request)) {
        struct text bytes = {(const char *)GRPC_SLICE_START_PTR(request),
                             GRPC_SLICE_LENGTH(request)};

        done = method_run(x->method, owner->provider(owner->data), a, bytes, &reply);
        grpc_slice_unref(request);
    }
    if (!done) {
        arena_free(a);
        answer(x, GRPC_STATUS_INVALID_ARGUMENT, "the request is not a message of its type");
        return;
    }
    x->reply = reply_buffer(a, reply);
    answer(x, GRPC_STATUS_OK, "");
}

/* --- receiving --------------------------------------------------------------- */

static void received(struct exchange *x, bool ok)
{
    if (!ok || !x->payload)
        answer(x, GRPC_STATUS_INTERNAL, "the request carries no message");
    else if (x->method->kind == METHOD_CALL)
        workers_push(x->transport->workers, &x->job);
    else
        run(&x->job);
}

static void receive(struct exchange *x)
{
    grpc_op operation;

    memset(&operation, 0, sizeof(operation));
    operation.op = GRPC_OP_RECV_MESSAGE;
    operation.data.recv_message.recv_message = &x->payload;
    start(x, &operation, 1, received);
}

static void let_go(struct exchange *x, bool ok)
{
    struct transport *t = x->transport;

    (void)ok;
    exchange_free(x);
    tell(t, TRANSPORT_LOST);
}

/* Nothing is ever sent; the close tells that the client is gone. */
static void hold(struct exchange *x)
{
    grpc_op operations[2];

    memset(operations, 0, sizeof(operations));
    operations[0].op = GRPC_OP_SEND_INITIAL_METADATA;
    operations[1].op = GRPC_OP_RECV_CLOSE_ON_SERVER;
    operations[1].data.recv_close_on_server.cancelled = &x->cancelled;
    tell(x->transport, TRANSPORT_OPENED);
    start(x, operations, 2, let_go);
}

static void accept_next(struct transport *t);

static void arrived(struct exchange *x, bool ok)
{
    struct transport *t = x->transport;
    struct text path;

    if (!ok) { /* shutting down */
        exchange_free(x);
        return;
    }
    accept_next(t);
    tell(t, TRANSPORT_CALLED);
    path = (struct text){(const char *)GRPC_SLICE_START_PTR(x->details.method),
                         GRPC_SLICE_LENGTH(x->details.method)};
    x->method = method_find(path);
    if (x->method && x->method->kind == METHOD_HELD) {
        hold(x);
        return;
    }
    count_running(t, true);
    if (x->method)
        receive(x);
    else
        answer(x, GRPC_STATUS_UNIMPLEMENTED, "this provider has no such method");
}

static void accept_next(struct transport *t)
{
    struct exchange *x = memory_new(1, sizeof(*x));

    x->transport = t;
    x->then = arrived;
    x->job.run = run;
    grpc_call_details_init(&x->details);
    grpc_metadata_array_init(&x->metadata);
    if (grpc_server_request_call(t->server, &x->call, &x->details, &x->metadata, t->queue, t->queue,
                                 x) != GRPC_CALL_OK)
        exchange_free(x);
}

static void *poll_queue(void *data)
{
    struct transport *t = data;

    for (;;) {
        grpc_event event =
            grpc_completion_queue_next(t->queue, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);

        if (event.type == GRPC_QUEUE_SHUTDOWN)
            return NULL;
        if (event.tag == t) {
            pthread_mutex_lock(&t->lock);
            t->stopped = true;
            pthread_cond_broadcast(&t->changed);
            pthread_mutex_unlock(&t->lock);
        } else if (event.type == GRPC_OP_COMPLETE) {
            struct exchange *x = event.tag;

            x->then(x, event.success != 0);
        }
    }
}

/* --- life -------------------------------------------------------------------- */

static void log_line(gpr_log_func_args *line)
{
    static const enum log_level levels[] = {
        [GPR_LOG_SEVERITY_DEBUG] = LOG_DEBUG,
        [GPR_LOG_SEVERITY_INFO] = LOG_INFO,
        [GPR_LOG_SEVERITY_ERROR] = LOG_ERROR,
    };

    log_event(levels[line->severity], "grpc", line->message, "file", line->file, NULL);
}

static grpc_server_credentials *credentials(const struct handshake *h)
{
    grpc_ssl_pem_key_cert_pair pair = {h->identity.key_pem, h->identity.certificate_pem};

    if (!h->client_pem)
        return grpc_insecure_server_credentials_create();
    return grpc_ssl_server_credentials_create_ex(
        h->client_pem, &pair, 1, GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY, NULL);
}

static grpc_server *make_server(grpc_completion_queue *queue)
{
    static char unlimited[] = GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH;
    grpc_arg argument = {.type = GRPC_ARG_INTEGER, .key = unlimited, .value.integer = -1};
    grpc_channel_args arguments = {.num_args = 1, .args = &argument};
    grpc_server *server = grpc_server_create(&arguments, NULL);

    grpc_server_register_completion_queue(server, queue, NULL);
    return server;
}

static bool listen_on(struct transport *t, const struct handshake *h, struct diags *diags)
{
    grpc_server_credentials *own = credentials(h);
    const char *address = text_f(diags->arena, "unix:%s", h->socket_path);
    bool done = own && grpc_server_add_http2_port(t->server, address, own) != 0;

    grpc_server_credentials_release(own);
    return done || diag_error(diags, NULL, "Cannot listen for Terraform",
                              "On the socket %s%s. The log at level ERROR says why.",
                              h->socket_path, h->client_pem ? " with TLS" : "");
}

static void transport_start(struct transport *t)
{
    grpc_server_start(t->server);
    accept_next(t);
    for (size_t i = 0; i < POLLERS; i++)
        pthread_create(&t->pollers[i], NULL, poll_queue, t);
}

bool transport_new(const struct handshake *h, const struct transport_owner *owner,
                   struct diags *diags, struct transport **out)
{
    struct transport *t = memory_new(1, sizeof(*t));
    pthread_condattr_t attributes;

    *out = t;
    gpr_set_log_function(log_line);
    grpc_init();
    t->owner = *owner;
    pthread_mutex_init(&t->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&t->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    t->workers = workers_new(WORKERS_MAX);
    t->queue = grpc_completion_queue_create_for_next(NULL);
    t->server = make_server(t->queue);
    if (!listen_on(t, h, diags))
        return false; /* the process ends */
    transport_start(t);
    return true;
}

bool transport_close(struct transport *t, int64_t wait_ms)
{
    struct timespec until;
    bool idle;

    grpc_server_shutdown_and_notify(t->server, t->queue, t);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(wait_ms / 1000);
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&t->lock);
    while (t->running && pthread_cond_timedwait(&t->changed, &t->lock, &until) == 0)
        continue;
    idle = t->running == 0;
    pthread_mutex_unlock(&t->lock);
    return idle;
}

void transport_free(struct transport *t)
{
    grpc_server_cancel_all_calls(t->server); /* the held streams */
    pthread_mutex_lock(&t->lock);
    while (!t->stopped)
        pthread_cond_wait(&t->changed, &t->lock);
    pthread_mutex_unlock(&t->lock);
    grpc_completion_queue_shutdown(t->queue);
    for (size_t i = 0; i < POLLERS; i++)
        pthread_join(t->pollers[i], NULL);
    grpc_completion_queue_destroy(t->queue);
    grpc_server_destroy(t->server);
    workers_free(t->workers);
    pthread_cond_destroy(&t->changed);
    pthread_mutex_destroy(&t->lock);
    memory_free(t);
    grpc_shutdown();
}
