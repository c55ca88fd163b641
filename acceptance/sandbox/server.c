#include "acceptance/sandbox/server.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "acceptance/sandbox/controllers.h"
#include "acceptance/sandbox/crd.h"
#include "acceptance/sandbox/discovery.h"
#include "acceptance/sandbox/identity.h"
#include "acceptance/sandbox/status.h"
#include "acceptance/sandbox/store.h"
#include "acceptance/sandbox/watch.h"
#include "base/clock.h"
#include "codec/json.h"

enum { WATCH_BLOCK_BYTES = 64 * 1024 };

/* One request on its way in. */
struct exchange {
    struct sandbox *s;
    struct arena *arena;
    char *target; /* as it came, still encoded */
    struct text_builder body;
    bool begun;
};

/* A watch on its way out. */
struct stream {
    struct watch *watch;
    int client;
};

/* --- one request ------------------------------------------------------------------------------ */
static int socket_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    return info ? info->connect_fd : -1;
}

static void handle(struct request *r)
{
    if (!identity_authenticate(r) || control_handle(r) || discovery_handle(r))
        return;
    if (strncmp(r->path, "/api/", 5) == 0 || strncmp(r->path, "/apis/", 6) == 0)
        resource_handle(r);
    else
        status_no_resource(r);
}

static bool is_control(const struct request *r)
{
    return strncmp(r->path, "/sandbox/", 9) == 0;
}

/* Under the lock. False: the connection is to be closed without an answer. */
static bool perform(struct request *r, struct MHD_Connection *connection)
{
    struct sandbox *s = r->s;
    enum sandbox_fault met =
        is_control(r) ? FAULT_NONE : faults_meet(&s->faults, r->method, r->target);
    bool unheard = met == FAULT_CUT || met == FAULT_KILL;

    faults_linger(&s->faults, met, socket_of(connection));
    if (met == FAULT_429 || met == FAULT_500 || met == FAULT_409 || met == FAULT_GARBAGE ||
        met == FAULT_EXPIRED)
        control_answer(r, met);
    else if (!unheard)
        handle(r);
    faults_after(&s->faults, met);
    if (s->settle_ms == 0)
        controllers_run(s, false);
    if (!is_control(r))
        faults_record(&s->faults, r->method, r->target, unheard ? 0 : r->status);
    return !unheard && met != FAULT_CUT_AFTER;
}

/* --- libmicrohttpd ------------------------------------------------------------------------------
 */
static enum MHD_Result add_parameter(void *query, enum MHD_ValueKind kind, const char *key,
                                     const char *text)
{
    struct value_builder *b = query;

    (void)kind;
    value_builder_set(b, arena_strdup(b->arena, key), value_string(b->arena, text ? text : "true"));
    return MHD_YES;
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
    const char *text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

    return text ? text : "";
}

/* The client's certificate when it is one of ours; *refused: it is another's. */
static struct text client_certificate(struct MHD_Connection *connection, bool *refused)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    const gnutls_datum_t *chain;
    unsigned count = 0, status = 1;

    *refused = false;
    chain = info ? gnutls_certificate_get_peers(info->tls_session, &count) : NULL;
    if (!chain || count == 0)
        return (struct text){"", 0};
    *refused = gnutls_certificate_verify_peers2(info->tls_session, &status) != 0 || status != 0;
    return (struct text){(const char *)chain[0].data, chain[0].size};
}

static ssize_t watch_more(void *cls, uint64_t position, char *out, size_t max)
{
    struct stream *stream = cls;
    ssize_t got = watch_read(stream->watch, stream->client, out, max);

    (void)position;
    return got < 0 ? MHD_CONTENT_READER_END_OF_STREAM : got;
}

static void watch_end(void *cls)
{
    struct stream *stream = cls;

    watch_free(stream->watch);
    memory_free(stream);
}

static struct MHD_Response *stream_response(struct watch *watch, struct MHD_Connection *connection)
{
    struct stream *stream = memory_new(1, sizeof(*stream));

    stream->watch = watch;
    stream->client = socket_of(connection);
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, WATCH_BLOCK_BYTES, watch_more,
                                             stream, watch_end);
}

static struct MHD_Response *text_response(const struct request *r)
{
    char *copy = arena_copy(r->a, r->reply.at, r->reply.len);

    return MHD_create_response_from_buffer(r->reply.len, copy, MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result send_reply(struct request *r, struct MHD_Connection *connection)
{
    struct MHD_Response *response =
        r->watch ? stream_response(r->watch, connection) : text_response(r);
    enum MHD_Result sent;

    MHD_add_response_header(response, "Content-Type", r->reply_type);
    MHD_add_response_header(response, "Cache-Control", "no-cache, private");
    if (r->status == 429)
        MHD_add_response_header(response, "Retry-After", "1");
    for (size_t i = 0; i < value_count(r->warnings); i++) {
        const char *text = json_write(r->a, value_item(r->warnings, i)).at;

        MHD_add_response_header(response, "Warning", text_f(r->a, "299 - %s", text));
    }
    sent = MHD_queue_response(connection, (unsigned)r->status, response);
    MHD_destroy_response(response);
    return sent;
}

static enum MHD_Result answer(struct exchange *x, struct MHD_Connection *connection,
                              const char *path, const char *method)
{
    struct request r = {.s = x->s, .a = x->arena, .method = method, .path = path};
    struct value_builder query;
    bool refused, answered;

    value_builder_init(&query, x->arena);
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_parameter, &query);
    r.query = value_builder_map(&query);
    r.target = x->target;
    r.content_type = header(connection, "Content-Type");
    r.accept = header(connection, "Accept");
    r.agent = header(connection, "User-Agent");
    r.authorization = header(connection, "Authorization");
    r.certificate = client_certificate(connection, &refused);
    r.body = text_built(&x->body);
    r.ns = r.name = r.subresource = r.verb = r.manager = "";
    r.warnings = &value_empty_list;
    r.status = 500;
    r.reply_type = "text/plain";
    r.reply = (struct text){"", 0};
    if (x->body.overflow)
        status_fail(&r, 413, "RequestEntityTooLarge", "Request entity too large: limit is %d",
                    BODY_BYTES_MAX);
    if (refused)
        status_fail(&r, 401, "Unauthorized", "Unauthorized");
    if (x->s->bearer && strncmp(r.authorization, "Bearer ", 7) == 0)
        r.is_known = x->s->bearer(x->s->bearer_data, x->arena, r.authorization + 7, &r.user);
    if (!refused && !x->body.overflow) {
        pthread_mutex_lock(&x->s->lock);
        answered = perform(&r, connection);
        pthread_mutex_unlock(&x->s->lock);
        if (x->s->changed_fn && strcmp(method, "GET") != 0)
            x->s->changed_fn(x->s->changed_data);
        if (!answered) {
            if (r.watch)
                watch_free(r.watch);
            return MHD_NO;
        }
    }
    return send_reply(&r, connection);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **context)
{
    struct exchange *x = *context;

    (void)cls;
    (void)version;
    if (!x->begun) {
        x->begun = true;
        return MHD_YES;
    }
    if (*size) {
        text_add(&x->body, (struct text){data, *size});
        *size = 0;
        return MHD_YES;
    }
    return answer(x, connection, url, method);
}

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct exchange *x = memory_new(1, sizeof(*x));

    (void)connection;
    x->s = cls;
    x->arena = arena_new();
    x->target = arena_strdup(x->arena, uri);
    text_builder_init(&x->body, x->arena, BODY_BYTES_MAX);
    return x;
}

static void on_done(void *cls, struct MHD_Connection *connection, void **context,
                    enum MHD_RequestTerminationCode why)
{
    struct exchange *x = *context;

    (void)cls;
    (void)connection;
    (void)why;
    if (!x)
        return;
    arena_free(x->arena);
    memory_free(x);
    *context = NULL;
}

static struct MHD_Daemon *listen_on(struct sandbox *s, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)},
                                  .sin_port = htons((uint16_t)port)};

    return MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
                                MHD_USE_POLL | MHD_USE_TLS,
                            (uint16_t)port, NULL, NULL, on_request, s, MHD_OPTION_SOCK_ADDR,
                            (struct sockaddr *)&address, MHD_OPTION_HTTPS_MEM_CERT,
                            s->identity->certificate_pem, MHD_OPTION_HTTPS_MEM_KEY,
                            s->identity->key_pem, MHD_OPTION_HTTPS_MEM_TRUST, s->identity->ca_pem,
                            MHD_OPTION_URI_LOG_CALLBACK, on_uri, s, MHD_OPTION_NOTIFY_COMPLETED,
                            on_done, s, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U, MHD_OPTION_END);
}

/* --- life
 * ------------------------------------------------------------------------------------------ */
static int minor_of(const char *git_version)
{
    const char *dot = strchr(git_version, '.');

    return dot ? (int)strtol(dot + 1, NULL, 10) : 0;
}

static void die(const char *why)
{
    fprintf(stderr, "istio-sandbox: %s\n", why);
    exit(1);
}

struct sandbox *sandbox_start(const struct sandbox_options *options)
{
    struct sandbox *s = memory_new(1, sizeof(*s));
    const union MHD_DaemonInfo *info;

    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    s->arena = arena_new();
    s->name = arena_strdup(s->arena, options->name ? options->name : "sandbox");
    s->git_version =
        arena_strdup(s->arena, options->git_version ? options->git_version : "v1.33.4");
    s->minor = minor_of(s->git_version);
    s->settle_ms = options->settle_ms;
    s->istiod = options->istiod;
    s->cloud = options->cloud;
    faults_init(&s->faults, &s->lock, &s->changed, &s->stopping);
    s->identity = identity_new(s->arena, s->name);
    controllers_seed(s);
    controllers_run(s, false);
    s->daemon = listen_on(s, options->port);
    if (!s->daemon)
        die("cannot listen on 127.0.0.1: is the port taken?");
    info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
    s->url = text_f(s->arena, "https://127.0.0.1:%u", info ? (unsigned)info->port : 0U);
    identity_write_kubeconfig(s);
    if (pthread_create(&s->controllers, NULL, controllers_loop, s) != 0)
        die("cannot start a thread");
    return s;
}

void sandbox_stop(struct sandbox *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->controllers, NULL);
    MHD_stop_daemon(s->daemon);
    faults_free(&s->faults);
    store_clear(s);
    crd_clear(s);
    for (size_t i = 0; i < s->task_count; i++) {
        memory_free(s->tasks[i].ns);
        memory_free(s->tasks[i].name);
    }
    memory_free(s->tasks);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    arena_free(s->arena);
    memory_free(s);
}

void sandbox_set_bearers(struct sandbox *s, sandbox_bearer_fn *bearer, void *data)
{
    s->bearer_data = data;
    s->bearer = bearer;
}

void sandbox_set_changed(struct sandbox *s, sandbox_changed_fn *changed, void *data)
{
    s->changed_data = data;
    s->changed_fn = changed;
}

void sandbox_set_version(struct sandbox *s, const char *git_version)
{
    pthread_mutex_lock(&s->lock);
    s->git_version = arena_strdup(s->arena, git_version);
    s->minor = minor_of(s->git_version);
    pthread_mutex_unlock(&s->lock);
}

void sandbox_set_service_webhook(struct sandbox *s, const char *class_name, const char *refusal)
{
    pthread_mutex_lock(&s->lock);
    s->service_class = class_name;
    s->service_refusal = refusal;
    pthread_mutex_unlock(&s->lock);
}

const char *sandbox_url(const struct sandbox *s)
{
    return s->url;
}

const char *sandbox_ca_pem(const struct sandbox *s)
{
    return s->identity->ca_pem;
}

const char *sandbox_kubeconfig(const struct sandbox *s)
{
    return s->identity->kubeconfig;
}

const char *sandbox_admin_token(const struct sandbox *s)
{
    return s->identity->admin_token;
}

const char *sandbox_nobody_token(const struct sandbox *s)
{
    return s->identity->nobody_token;
}

/* --- from inside the process
 * ------------------------------------------------------------------------- */
void sandbox_fault(struct sandbox *s, enum sandbox_fault fault, size_t first_request, size_t count,
                   const char *match)
{
    faults_set(&s->faults, fault, first_request, count, match);
}

void sandbox_slow_ms(struct sandbox *s, int64_t ms)
{
    pthread_mutex_lock(&s->lock);
    s->faults.slow_ms = ms;
    pthread_mutex_unlock(&s->lock);
}

char *sandbox_requests(struct sandbox *s)
{
    return faults_log(&s->faults);
}

void sandbox_requests_reset(struct sandbox *s)
{
    faults_log_reset(&s->faults);
}

size_t sandbox_request_count(struct sandbox *s)
{
    size_t count;

    pthread_mutex_lock(&s->lock);
    count = s->faults.log_lines;
    pthread_mutex_unlock(&s->lock);
    return count;
}

char *sandbox_object(struct sandbox *s, const char *path)
{
    struct arena *a = arena_new();
    const struct value *v;
    char *copy = NULL;

    pthread_mutex_lock(&s->lock);
    v = resource_at(s, a, path);
    if (v)
        copy = memory_strdup(json_write(a, v).at);
    pthread_mutex_unlock(&s->lock);
    arena_free(a);
    return copy;
}

/* A request that nobody sent; true when it was carried out. What it says goes to *out. */
static bool inside(struct sandbox *s, const char *method, const char *path, const char *type,
                   const char *body, const char *manager, char **out)
{
    struct arena *a = arena_new();
    struct request r = {.s = s, .a = a, .method = method, .path = path, .target = path};
    const char *slash = strrchr(path, '/');

    r.query = value_map_of(a, {"fieldManager", value_string(a, manager)});
    r.content_type = type;
    r.accept = r.agent = "";
    r.authorization = text_f(a, "Bearer %s", s->identity->admin_token);
    r.body = text_of(body);
    r.ns = r.name = r.subresource = r.verb = r.manager = "";
    r.warnings = &value_empty_list;
    pthread_mutex_lock(&s->lock);
    if (strcmp(method, "PATCH") == 0 && !resource_at(s, a, path) && slash) {
        r.method = "POST";
        r.content_type = "application/json";
        r.path = text_z(a, (struct text){path, (size_t)(slash - path)});
    }
    handle(&r);
    if (s->settle_ms == 0)
        controllers_run(s, false);
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    if (out && r.status == 200)
        *out = memory_strdup(text_z(a, r.reply));
    arena_free(a);
    return r.status >= 200 && r.status < 300;
}

bool sandbox_put(struct sandbox *s, const char *path, const char *json, const char *manager)
{
    return inside(s, "PATCH", path, "application/merge-patch+json", json, manager, NULL);
}

char *sandbox_get(struct sandbox *s, const char *path)
{
    char *out = NULL;

    inside(s, "GET", path, "", "", "", &out);
    return out;
}

int64_t sandbox_version(struct sandbox *s)
{
    int64_t version;

    pthread_mutex_lock(&s->lock);
    version = s->version;
    pthread_mutex_unlock(&s->lock);
    return version;
}

bool sandbox_delete(struct sandbox *s, const char *path)
{
    return inside(s, "DELETE", path, "application/json", "", "", NULL);
}

void sandbox_compact(struct sandbox *s)
{
    pthread_mutex_lock(&s->lock);
    store_compact(s);
    pthread_mutex_unlock(&s->lock);
}

void sandbox_settle(struct sandbox *s)
{
    pthread_mutex_lock(&s->lock);
    controllers_run(s, true);
    pthread_mutex_unlock(&s->lock);
}
