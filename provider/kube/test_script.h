/* test_script - an API server that answers by a script, for the tests of this
 * folder: each step is one request line and its reply. A request takes the first
 * unused step with its line; what no step expects is answered with 418 and
 * fails the test, and so does a step that was never asked for. For tests only:
 * included by them, compiled into them. */
#ifndef KUBE_TEST_SCRIPT_H
#define KUBE_TEST_SCRIPT_H
#include "base/cancel.h"
#include "http/test_server.h"
#include "kube/client.h"
#include "kube/test_case.h"

enum step_flags {
    STEP_CUT = 1 << 0,    /* close without a reply */
    STEP_STREAM = 1 << 1, /* send body and close: a watch that ends */
    STEP_HANG = 1 << 2,   /* send body and wait for the client to leave */
    STEP_CANCEL = 1 << 3, /* fires the call's cancel when the request is here */
};

struct step {
    const char *request; /* "GET /version" */
    int status;          /* 0 = 200 */
    const char *body;
    unsigned flags;
    const char *head, *sent; /* must be in the head, in the body; NULL = anything */
};

enum { STEPS_MAX = 64 };

struct script {
    const struct step *steps;
    size_t count;
    bool used[STEPS_MAX];
    char fault[4096]; /* the first thing that went wrong */
    struct server *server;
    struct cancel *cancel;
    struct http_client *http;
    struct clients clients;
    struct diags diags;
    struct call call;
    struct kube *kube;
    const char *url, *ca_pem;
};

/* Under the server's lock. */
static const struct step *script_take(struct script *s, const char *line)
{
    for (size_t i = 0; i < s->count; i++)
        if (!s->used[i] && strcmp(s->steps[i].request, line) == 0) {
            s->used[i] = true;
            return &s->steps[i];
        }
    return NULL;
}

static void script_fault(struct script *s, const char *what, const char *line)
{
    if (!s->fault[0])
        snprintf(s->fault, sizeof(s->fault), "%s: %s", what, line);
}

static const struct step *script_step(struct exchange *x)
{
    struct script *s = x->server->data;
    const char *end = strstr(x->head, " HTTP/1.1\r\n");
    const struct step *step;
    char line[2048];

    snprintf(line, sizeof(line), "%.*s", (int)(end - x->head), x->head);
    pthread_mutex_lock(&x->server->lock);
    step = script_take(s, line);
    if (!step)
        script_fault(s, "unexpected request", line);
    else if (step->head && !strstr(x->head, step->head))
        script_fault(s, "head lacks what was expected", x->head);
    else if (step->sent && !strstr(x->body.at, step->sent))
        script_fault(s, "body lacks what was expected", x->body.at);
    pthread_mutex_unlock(&x->server->lock);
    return step;
}

static bool script_answer(struct exchange *x)
{
    static const struct step unexpected = {.status = 418, .body = "{}"};
    const struct step *step = script_step(x);
    const char *body;
    char head[256];

    if (!step)
        step = &unexpected;
    if (step->flags & STEP_CANCEL)
        cancel_fire(((struct script *)x->server->data)->cancel);
    if (step->flags & STEP_CUT)
        return exchange_reset(x);
    body = step->body ? step->body : "{}";
    if (step->flags & (STEP_STREAM | STEP_HANG)) {
        snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\nConnection: close\r\n\r\n",
                 step->status ? step->status : 200);
        if (!exchange_say(x, head) || !exchange_say(x, body))
            return false;
        return step->flags & STEP_HANG ? exchange_hang(x) : false;
    }
    snprintf(head, sizeof(head),
             "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
             step->status ? step->status : 200, strlen(body));
    return exchange_say(x, head) && exchange_say(x, body);
}

static void script_free(void *data)
{
    struct script *s = data;

    kube_pool_free(s->clients.kube);
    http_client_free(s->http);
    cancel_free(s->cancel);
}

/* A server with the script, and a call to work with. */
UNUSED static struct script *script_start(struct arena *a, const struct step *steps, size_t count)
{
    struct script *s = arena_alloc(a, sizeof(*s));
    struct identity *ca = identity_new(a, "test CA", NULL, NULL, -60, 3600);
    struct identity *server = identity_new(a, "server", "IP:127.0.0.1", ca, -60, 3600);

    assert_true(count <= STEPS_MAX);
    s->steps = steps;
    s->count = count;
    s->server = server_new(a, script_answer, s, server_tls(server, NULL));
    s->url = text_f(a, "https://127.0.0.1:%d", s->server->port);
    s->ca_pem = ca->cert_pem;
    s->cancel = cancel_new();
    s->http = http_client_new(s->cancel);
    s->clients = (struct clients){
        .http = s->http, .kube = kube_pool_new(s->http), .provider_config = &value_null};
    arena_defer(a, script_free, s);
    diags_init(&s->diags, a);
    call_init(&s->call, a, &s->diags, s->cancel, &s->clients);
    s->call.deadline_ms = clock_monotonic_ms() + 30 * 1000;
    return s;
}

UNUSED static const struct value *script_connection(struct arena *a, const struct script *s)
{
    return value_map_of(a, {"name", value_string(a, "east")}, {"host", value_string(a, s->url)},
                        {"ca_certificate", value_string(a, s->ca_pem)},
                        {"token", value_string(a, "t1")});
}

/* A server with the script and a client of it that has a fixed token. */
UNUSED static struct script *script_open(struct arena *a, const struct step *steps, size_t count)
{
    struct script *s = script_start(a, steps, count);

    assert_true(kube_open(&s->call, script_connection(a, s), NULL, &s->kube));
    return s;
}
#define SCRIPT(...)                                                                                \
    script_open(a, (const struct step[]){__VA_ARGS__},                                             \
                sizeof((const struct step[]){__VA_ARGS__}) / sizeof(struct step))

/* All that was expected has come, and nothing else; `said` is what diagnostics
 * read, with the server's address as https://server. */
UNUSED static void script_end(struct arena *a, struct script *s, const char *said)
{
    const char *text = case_replace(a, diags_text(a, &s->diags), s->url, "https://server");

    assert_string_equal(text, said);
    pthread_mutex_lock(&s->server->lock);
    for (size_t i = 0; i < s->count; i++)
        if (!s->used[i])
            script_fault(s, "never asked for", s->steps[i].request);
    pthread_mutex_unlock(&s->server->lock);
    assert_string_equal(s->fault, "");
}

/* --- replies that many scripts need --------------------------------------------- */
#define RESOURCE_JSON(kind, plural, scope)                                                         \
    "{\"resource\":\"" plural "\",\"responseKind\":{\"kind\":\"" kind "\"},\"scope\":\"" scope "\"}"
#define ASK_CORE                                                                                   \
    {                                                                                              \
        .request = "GET /api",                                                                     \
        .body =                                                                                    \
            "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{\"metadata\":{},\"versions\":[{"      \
            "\"version\":\"v1\",\"resources\":[" RESOURCE_JSON(                                    \
                "Secret", "secrets",                                                               \
                "Namespaced") "," RESOURCE_JSON("ConfigMap", "configmaps",                         \
                                                "Namespaced") "," RESOURCE_JSON("Namespace",       \
                                                                                "namespaces",      \
                                                                                "Cluster") "]}]}]" \
                                                                                           "}",    \
        .head = "as=APIGroupDiscoveryList,application/json\r\n"                                    \
    }
#define STATUS_JSON(code, reason, message)                                                         \
    "{\"kind\":\"Status\",\"code\":" #code ",\"reason\":\"" reason "\",\"message\":\"" message "\"}"
#define OBJECT_JSON(name, version, more)                                                           \
    "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"" name                 \
    "\",\"namespace\":\"a\",\"uid\":\"u-" name "\",\"resourceVersion\":\"" version "\"" more "}}"
#define OURS                                                                                       \
    ",\"managedFields\":[{\"manager\":\"terraform-provider-istio\",\"operation\":\"Apply\"}]"

#endif
