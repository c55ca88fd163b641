#include "acceptance/sandbox/aws/cloud.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "acceptance/sandbox/aws/balancer.h"
#include "acceptance/sandbox/aws/cloud_server.h"
#include "base/clock.h"

const struct cloud_region cloud_region_list[] = {{"eu-central-1", "euc1"}, {"eu-west-1", "euw1"},
                                                 {"us-east-1", "use1"},    {"us-east-2", "use2"},
                                                 {"us-west-2", "usw2"},    {NULL, NULL}};

enum { TICK_MS = 50 };

/* One request on its way in. */
struct exchange {
    struct cloud *c;
    struct arena *arena;
    char *target; /* as it came, still encoded */
    struct text_builder body;
    bool begun;
};

/* --- one request ----------------------------------------------------------------------- */
/* Faults in the words of the services. */
static void answer_fault(struct cloud_request *r, enum sandbox_fault met)
{
    static const struct {
        enum sandbox_fault fault;
        struct {
            int status;
            const char *code;
        } as[5];
    } table[] = {
        {FAULT_429,
         {[AWS_EC2_QUERY] = {503, "RequestLimitExceeded"},
          [AWS_QUERY] = {400, "Throttling"},
          [AWS_REST_JSON] = {429, "ThrottlingException"},
          [AWS_REST_XML] = {400, "Throttling"},
          [AWS_JSON] = {400, "ThrottlingException"}}},
        {FAULT_500,
         {[AWS_EC2_QUERY] = {500, "InternalError"},
          [AWS_QUERY] = {500, "InternalFailure"},
          [AWS_REST_JSON] = {500, "ServerException"},
          [AWS_REST_XML] = {500, "InternalFailure"},
          [AWS_JSON] = {500, "InternalServiceError"}}},
        {FAULT_409,
         {[AWS_EC2_QUERY] = {400, "DependencyViolation"},
          [AWS_QUERY] = {409, "ConcurrentModification"},
          [AWS_REST_JSON] = {409, "ResourceInUseException"},
          [AWS_REST_XML] = {400, "PriorRequestNotComplete"},
          [AWS_JSON] = {400, "InvalidRequestException"}}},
        {FAULT_EXPIRED,
         {[AWS_EC2_QUERY] = {400, "RequestExpired"},
          [AWS_QUERY] = {403, "ExpiredToken"},
          [AWS_REST_JSON] = {403, "ExpiredTokenException"},
          [AWS_REST_XML] = {403, "ExpiredToken"},
          [AWS_JSON] = {400, "ExpiredTokenException"}}},
    };
    enum aws_protocol protocol = r->service ? r->service->protocol : AWS_EC2_QUERY;

    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (table[i].fault == met)
            cloud_refuse(r, table[i].as[protocol].status, table[i].as[protocol].code,
                         "A fault that was set on purpose.");
    if (met == FAULT_GARBAGE) {
        r->status = 200;
        r->type = "text/xml";
        r->reply = TEXT("<Resp\x01 neither XML nor JSON");
    }
}

/* What may show nowhere, a line each: for who looks for it in states and logs. */
static struct text secrets(const struct cloud_request *r)
{
    struct text_builder b;

    text_builder_init(&b, r->a, CLOUD_REPLY_BYTES_MAX);
    for (const struct cloud_key *key = r->cloud->keys; key; key = key->next)
        text_add_f(&b, "%s\n%s%s", key->secret, key->session_token,
                   *key->session_token ? "\n" : "");
    return text_built(&b);
}

static void control(struct cloud_request *r)
{
    const char *wanted = text_f(r->a, "Bearer %s", r->cloud->control_token);
    bool allowed = strcmp(value_text(r->headers, "authorization"), wanted) == 0;

    r->type = "text/plain";
    r->status = 403;
    r->reply = TEXT("the control interface wants its token\n");
    if (allowed && strcmp(r->path, "/sandbox/inventory") == 0) {
        r->status = 200;
        r->reply = records_inventory(r->cloud, r->a);
    } else if (allowed && strcmp(r->path, "/sandbox/secrets") == 0) {
        r->status = 200;
        r->reply = secrets(r);
    } else if (allowed) {
        r->status = faults_control(&r->cloud->faults, r->a, r->method, r->path, r->body, &r->reply)
                        ? 200
                        : 400;
    }
}

static bool only_reads(const struct cloud_request *r)
{
    const char *name = r->operation ? r->operation->name : "Get";

    return strncmp(name, "Describe", 8) == 0 || strncmp(name, "Get", 3) == 0 ||
           strncmp(name, "List", 4) == 0;
}

/* Under the lock. False: the connection is to be closed without an answer. */
static bool perform(struct cloud_request *r, int socket)
{
    struct faults *faults = &r->cloud->faults;
    const char *target;
    enum sandbox_fault met;
    bool unheard;

    if (strncmp(r->path, "/sandbox/", 9) == 0) {
        control(r);
        return true;
    }
    target = cloud_target(r);
    met = faults_meet(faults, r->method, target);
    unheard = met == FAULT_CUT || met == FAULT_KILL;
    faults_linger(faults, met, socket);
    records_ripen(r->cloud);
    answer_fault(r, met);
    if (!r->status && !unheard)
        cloud_handle(r);
    if (!only_reads(r)) {
        r->cloud->changes++;
        balancer_run(r->cloud);
    }
    records_forget_removed(r->cloud);
    faults_after(faults, met);
    faults_record(faults, r->method, target, r->status);
    return !unheard && met != FAULT_CUT_AFTER;
}

/* --- libmicrohttpd ------------------------------------------------------------------------ */
static enum MHD_Result add_header(void *headers, enum MHD_ValueKind kind, const char *key,
                                  const char *text)
{
    struct value_builder *b = headers;
    char *name = arena_strdup(b->arena, key);

    (void)kind;
    for (char *at = name; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at | 0x20);
    value_builder_set(b, name, value_string(b->arena, text ? text : ""));
    return MHD_YES;
}

static enum MHD_Result send_reply(const struct cloud_request *r, struct MHD_Connection *connection)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        r->reply.len, arena_copy(r->a, r->reply.at, r->reply.len), MHD_RESPMEM_MUST_COPY);
    bool json =
        r->service && (r->service->protocol == AWS_REST_JSON || r->service->protocol == AWS_JSON);
    enum MHD_Result sent;

    MHD_add_response_header(response, "Content-Type", r->type);
    MHD_add_response_header(response, "Server", "istio-sandbox (stand-in, not AWS)");
    MHD_add_response_header(response, json ? "x-amzn-RequestId" : "x-amz-request-id", r->id);
    if (r->error_code)
        MHD_add_response_header(response, "x-amzn-ErrorType", r->error_code);
    sent = MHD_queue_response(connection, (unsigned)r->status, response);
    MHD_destroy_response(response);
    return sent;
}

static enum MHD_Result answer(struct exchange *x, struct MHD_Connection *connection,
                              const char *method)
{
    struct cloud_request r = {.cloud = x->c, .a = x->arena, .method = method};
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct value_builder headers;
    char *question = strchr(x->target, '?');
    bool answered;

    value_builder_init(&headers, x->arena);
    MHD_get_connection_values(connection, MHD_HEADER_KIND, add_header, &headers);
    r.headers = value_builder_map(&headers);
    r.query = question ? question + 1 : "";
    r.path = question ? text_z(r.a, (struct text){x->target, (size_t)(question - x->target)})
                      : x->target;
    r.body = text_built(&x->body);
    r.id = identity_random_uid(r.a);
    r.parameters = &value_empty_map;
    pthread_mutex_lock(&x->c->lock);
    answered = perform(&r, info ? info->connect_fd : -1);
    pthread_mutex_unlock(&x->c->lock);
    return answered ? send_reply(&r, connection) : MHD_NO;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **context)
{
    struct exchange *x = *context;

    (void)cls;
    (void)url;
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
    return answer(x, connection, method);
}

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct exchange *x = memory_new(1, sizeof(*x));

    (void)connection;
    x->c = cls;
    x->arena = arena_new();
    x->target = arena_strdup(x->arena, uri);
    text_builder_init(&x->body, x->arena, CLOUD_BODY_BYTES_MAX);
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

static struct MHD_Daemon *listen_on(struct cloud *c)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)},
                                  .sin_port = htons((uint16_t)c->options.port)};
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)c->identity->certificate_pem},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)c->identity->key_pem},
        {MHD_OPTION_END, 0, NULL}};

    if (c->options.plain)
        tls[0].option = MHD_OPTION_END;
    else
        flags |= MHD_USE_TLS;
    return MHD_start_daemon(flags, (uint16_t)c->options.port, NULL, NULL, on_request, c,
                            MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_ARRAY,
                            tls, MHD_OPTION_URI_LOG_CALLBACK, on_uri, c,
                            MHD_OPTION_NOTIFY_COMPLETED, on_done, c,
                            MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U, MHD_OPTION_END);
}

/* --- time ------------------------------------------------------------------------------- */
/* What takes time happens without being asked for, too. */
static void *tick(void *cloud)
{
    struct cloud *c = cloud;

    pthread_mutex_lock(&c->lock);
    while (!c->stopping) {
        struct timespec until;

        records_ripen(c);
        balancer_run(c);
        records_forget_removed(c);
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += TICK_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&c->changed, &c->lock, &until);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* --- life --------------------------------------------------------------------------------- */
static const char *random_text(struct arena *a)
{
    return text_f(a, "%s%s", identity_random_suffix(a, 20), identity_random_suffix(a, 20));
}

struct cloud *cloud_start(const struct cloud_options *options)
{
    struct cloud *c = memory_new(1, sizeof(*c));
    const union MHD_DaemonInfo *info;

    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->changed, NULL);
    c->arena = arena_new();
    c->options = *options;
    c->account = arena_strdup(c->arena, options->account ? options->account : "111122223333");
    c->identity = identity_new(c->arena, "aws");
    c->control_token = random_text(c->arena);
    faults_init(&c->faults, &c->lock, &c->changed, &c->stopping);
    cloud_add_key(c, "stand-in", "AKIASTANDIN000000001", random_text(c->arena), "", 0);
    c->user = c->keys;
    for (const struct cloud_service *const *s = cloud_services; *s; s++)
        if ((*s)->seed)
            (*s)->seed(c);
    c->daemon = listen_on(c);
    info = c->daemon ? MHD_get_daemon_info(c->daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
    if (!info) {
        fprintf(stderr, "istio-sandbox: cannot listen on 127.0.0.1 for AWS: is the port taken?\n");
        exit(1);
    }
    if (pthread_create(&c->ticker, NULL, tick, c) != 0) {
        fprintf(stderr, "istio-sandbox: cannot start a thread\n");
        exit(1);
    }
    c->url = text_f(c->arena, "%s://127.0.0.1:%u", options->plain ? "http" : "https",
                    (unsigned)info->port);
    return c;
}

void cloud_stop(struct cloud *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->ticker, NULL);
    MHD_stop_daemon(c->daemon);
    records_free(c);
    faults_free(&c->faults);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    arena_free(c->arena);
    memory_free(c);
}

/* --- from inside the process ------------------------------------------------------------ */
const char *cloud_url(const struct cloud *c)
{
    return c->url;
}

const char *cloud_ca_pem(const struct cloud *c)
{
    return c->identity->ca_pem;
}

const char *cloud_account(const struct cloud *c)
{
    return c->account;
}

const char *cloud_key_id(const struct cloud *c)
{
    return c->user->id;
}

const char *cloud_secret(const struct cloud *c)
{
    return c->user->secret;
}

const char *cloud_control_token(const struct cloud *c)
{
    return c->control_token;
}

const char *cloud_regions(struct arena *a)
{
    struct text_builder b;

    text_builder_init(&b, a, CLOUD_BODY_BYTES_MAX);
    for (const struct cloud_region *region = cloud_region_list; region->name; region++)
        text_add_f(&b, "%s%s", b.len ? ", " : "", region->name);
    return text_built(&b).at;
}

void cloud_add_key(struct cloud *c, const char *name, const char *id, const char *secret,
                   const char *session_token, int64_t expires_at)
{
    struct arena *a = c->arena;
    struct cloud_key *key;

    pthread_mutex_lock(&c->lock);
    key = arena_alloc(a, sizeof(*key));
    *key = (struct cloud_key){.next = c->keys,
                              .id = arena_strdup(a, id),
                              .secret = arena_strdup(a, secret),
                              .session_token = arena_strdup(a, session_token),
                              .arn = text_f(a, "arn:aws:iam::%s:user/%s", c->account, name),
                              .user_id = text_f(a, "AIDA%s", id + (strlen(id) > 4 ? 4 : 0)),
                              .expires_at = expires_at};
    c->keys = key;
    pthread_mutex_unlock(&c->lock);
}

void cloud_fault(struct cloud *c, enum sandbox_fault fault, size_t first_request, size_t count,
                 const char *match)
{
    faults_set(&c->faults, fault, first_request, count, match);
}

char *cloud_requests(struct cloud *c)
{
    return faults_log(&c->faults);
}

void cloud_requests_reset(struct cloud *c)
{
    faults_log_reset(&c->faults);
}
