#include "acceptance/sandbox/charts_server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base64.h"

/* --- answers ---------------------------------------------------------------------------------- */
bool charts_answer(struct charts_request *r, int status, const char *type, struct text body)
{
    r->status = status;
    r->type = type;
    r->body = body;
    return true;
}

bool charts_redirect(struct charts_request *r, const char *location)
{
    r->location = location;
    return charts_answer(r, 307, "text/plain", TEXT("elsewhere\n"));
}

const char *charts_other(const struct charts_request *r)
{
    bool tls = r->at->port == PORT_TLS || r->at->port == PORT_TLS_OTHER;

    return r->s->listeners[tls ? PORT_TLS_OTHER : PORT_PLAIN_OTHER].url;
}

bool charts_is_user(const struct charts_request *r)
{
    struct text pair = TEXT(CHARTS_USERNAME ":" CHARTS_PASSWORD);

    return strcmp(r->authorization,
                  text_f(r->a, "Basic %s", base64_encode(r->a, pair, BASE64_STANDARD).at)) == 0;
}

/* What stores of blobs do: credentials of somebody else are an error. */
static bool is_stranger(const struct charts_request *r)
{
    bool other = r->at->port == PORT_PLAIN_OTHER || r->at->port == PORT_TLS_OTHER;

    return other && r->authorization[0] && strcmp(r->path, "/token") != 0;
}

static void handle(struct charts_request *r)
{
    if (is_stranger(r)) {
        charts_answer(r, 400, "text/plain", TEXT("credentials of another server\n"));
        return;
    }
    if (!registry_handle(r) && !repository_handle(r))
        charts_answer(r, 404, "text/plain", TEXT("404 not found\n"));
}

/* --- libmicrohttpd
 * -------------------------------------------------------------------------------- */
static enum MHD_Result add_parameter(void *query, enum MHD_ValueKind kind, const char *key,
                                     const char *text)
{
    struct value_builder *b = query;

    (void)kind;
    value_builder_set(b, arena_strdup(b->arena, key), value_string(b->arena, text ? text : ""));
    return MHD_YES;
}

static void record(struct charts *s, const char *method, const char *target, int status)
{
    struct arena *a = arena_new();
    const char *line = text_f(a, "%s %s %d\n", method, target, status);
    size_t len = strlen(line);

    pthread_mutex_lock(&s->lock);
    s->log = memory_resize(s->log, s->log_bytes + len + 1);
    memcpy(s->log + s->log_bytes, line, len + 1);
    s->log_bytes += len;
    pthread_mutex_unlock(&s->lock);
    arena_free(a);
}

static void add_header(struct MHD_Response *response, const char *name, const char *text)
{
    if (text)
        MHD_add_response_header(response, name, text);
}

static enum MHD_Result send_reply(struct charts_request *r, struct MHD_Connection *connection)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        r->body.len, arena_copy(r->a, r->body.at, r->body.len), MHD_RESPMEM_MUST_COPY);
    enum MHD_Result sent;

    add_header(response, "Content-Type", r->type);
    add_header(response, "Location", r->location);
    add_header(response, "WWW-Authenticate", r->challenge);
    add_header(response, "Link", r->link);
    sent = MHD_queue_response(connection, (unsigned)r->status, response);
    MHD_destroy_response(response);
    return sent;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **context)
{
    static char begun;
    struct charts_listener *listener = cls;
    const char *authorization =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    struct charts_request r = {.s = listener->server, .at = listener};
    struct value_builder query;
    enum MHD_Result sent;

    (void)version;
    (void)data;
    (void)size;
    /* An answer before the whole request has come would close the connection. */
    if (!*context) {
        *context = &begun;
        return MHD_YES;
    }
    r.a = arena_new();
    value_builder_init(&query, r.a);
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_parameter, &query);
    r.query = value_builder_map(&query);
    r.path = url;
    r.authorization = authorization ? authorization : "";
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
        handle(&r);
    else
        charts_answer(&r, 405, "text/plain", TEXT("only GET and HEAD\n"));
    record(listener->server, method, url, r.status);
    sent = send_reply(&r, connection);
    arena_free(r.a);
    return sent;
}

static struct MHD_Daemon *listen_on(struct charts *s, struct charts_listener *listener, bool tls)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;

    if (!tls)
        return MHD_start_daemon(flags, 0, NULL, NULL, on_request, listener, MHD_OPTION_SOCK_ADDR,
                                (struct sockaddr *)&address, MHD_OPTION_END);
    return MHD_start_daemon(flags | MHD_USE_TLS, 0, NULL, NULL, on_request, listener,
                            MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
                            MHD_OPTION_HTTPS_MEM_CERT, s->identity->certificate_pem,
                            MHD_OPTION_HTTPS_MEM_KEY, s->identity->key_pem, MHD_OPTION_END);
}

/* --- life
 * ------------------------------------------------------------------------------------------ */
static void open_port(struct charts *s, enum charts_port port)
{
    struct charts_listener *l = &s->listeners[port];
    bool tls = port == PORT_TLS || port == PORT_TLS_OTHER;
    const union MHD_DaemonInfo *info;

    l->server = s;
    l->port = port;
    l->daemon = listen_on(s, l, tls);
    info = l->daemon ? MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
    if (!info) {
        fprintf(stderr, "istio-sandbox: cannot listen on 127.0.0.1 for charts\n");
        exit(1);
    }
    l->url = text_f(s->arena, "%s://127.0.0.1:%u", tls ? "https" : "http", (unsigned)info->port);
}

struct charts *charts_start(const char *folder)
{
    struct charts *s = memory_new(1, sizeof(*s));

    pthread_mutex_init(&s->lock, NULL);
    s->arena = arena_new();
    s->log = memory_strdup("");
    s->identity = identity_new(s->arena, "charts");
    pack_folder(s->arena, folder, &s->offers);
    /* The other ports first: what they are called is read without a lock. */
    open_port(s, PORT_TLS_OTHER);
    open_port(s, PORT_PLAIN_OTHER);
    open_port(s, PORT_TLS);
    open_port(s, PORT_PLAIN);
    return s;
}

void charts_stop(struct charts *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < CHARTS_PORTS; i++)
        MHD_stop_daemon(s->listeners[i].daemon);
    pthread_mutex_destroy(&s->lock);
    memory_free(s->log);
    arena_free(s->arena);
    memory_free(s);
}

const char *charts_url(const struct charts *s)
{
    return s->listeners[PORT_PLAIN].url;
}

const char *charts_tls_url(const struct charts *s)
{
    return s->listeners[PORT_TLS].url;
}

const char *charts_ca_pem(const struct charts *s)
{
    return s->identity->ca_pem;
}

char *charts_requests(struct charts *s)
{
    char *copy;

    pthread_mutex_lock(&s->lock);
    copy = memory_strdup(s->log);
    pthread_mutex_unlock(&s->lock);
    return copy;
}

void charts_requests_reset(struct charts *s)
{
    pthread_mutex_lock(&s->lock);
    s->log_bytes = 0;
    s->log[0] = '\0';
    pthread_mutex_unlock(&s->lock);
}
