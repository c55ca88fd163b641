#include "kube/client.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "codec/json.h"

enum { HEADERS_MAX = 3 };

bool kube_status_is_fine(int status)
{
    return status >= 200 && status < 300;
}

/* --- sending ---------------------------------------------------------------- */

static struct http_request http_form(struct call *c, const struct kube_session *session,
                                     const struct kube_request *r)
{
    struct http_header *headers = arena_array(c->arena, HEADERS_MAX, sizeof(*headers));
    size_t count = 0;

    headers[count++] = (struct http_header){"Accept", r->accept ? r->accept : "application/json"};
    if (r->content_type)
        headers[count++] = (struct http_header){"Content-Type", r->content_type};
    if (session->authorization)
        headers[count++] = (struct http_header){"Authorization", session->authorization};
    return (struct http_request){
        .endpoint = session->endpoint,
        .method = r->method,
        .target = r->target,
        .headers = headers,
        .header_count = count,
        .body = r->body,
        .flags = r->flags,
        .timeout_ms = r->timeout_ms,
        .on_data = r->on_data,
        .data = r->data,
    };
}

/* A stream goes through http_send(), whose message lacks the cluster: ours is
 * made of the reply. */
static void http_exchange(struct call *c, const struct http_request *request,
                          struct http_reply *reply)
{
    struct diags unheard;
    struct call quiet;

    if (!request->on_data) {
        http_send_all(c, request, 1, 1, reply);
        return;
    }
    diags_init(&unheard, c->arena);
    quiet = call_quietly(c, &unheard);
    http_send(&quiet, request, reply);
}

/* The API server's "Warning: 299 - …" header: worth a line in the log. */
static void warning_log(const struct kube *k, const struct kube_request *r,
                        const struct http_reply *reply)
{
    const char *warning = http_reply_header(reply, "warning");

    if (warning[0] && !(r->flags & (HTTP_SECRET_BODY | HTTP_SECRET_REPLY)))
        log_event(LOG_DEBUG, "kube", "the server warns", "cluster", k->name, "request", r->target,
                  "warning", warning, NULL);
}

static bool is_unauthorized(const struct http_reply *reply)
{
    return reply->failure == HTTP_FINE && reply->status == 401;
}

bool kube_exchange(struct call *c, struct kube *k, const struct kube_request *request,
                   struct http_reply *reply)
{
    struct kube_session session;
    struct http_request form;
    bool renewed;

    *reply = (struct http_reply){.failure = HTTP_CANCELLED};
    if (!auth_session(c, k, &session))
        return false;
    form = http_form(c, &session, request);
    http_exchange(c, &form, reply);
    if (is_unauthorized(reply)) {
        if (!auth_renew(c, k, &session, &renewed))
            return false;
        if (renewed) {
            if (!auth_session(c, k, &session))
                return false;
            form = http_form(c, &session, request);
            http_exchange(c, &form, reply);
        }
    }
    warning_log(k, request, reply);
    return true;
}

bool kube_send(struct call *c, struct kube *k, const struct kube_subject *about,
               const struct kube_request *request, struct http_reply *reply)
{
    if (!kube_exchange(c, k, request, reply))
        return false;
    return reply->failure == HTTP_FINE || kube_unreachable(c, k, about, reply);
}

static void send_forms(struct call *c, const struct kube_session *session,
                       const struct kube_request *requests, const size_t *which, size_t count,
                       struct http_reply *replies)
{
    struct http_request *forms = arena_array(c->arena, count, sizeof(*forms));
    struct http_reply *got = arena_array(c->arena, count, sizeof(*got));

    for (size_t i = 0; i < count; i++)
        forms[i] = http_form(c, session, &requests[which[i]]);
    http_send_all(c, forms, count, 0, got);
    for (size_t i = 0; i < count; i++)
        replies[which[i]] = got[i];
}

/* Those that were answered with 401, again with new credentials. */
static bool resend_unauthorized(struct call *c, struct kube *k, struct kube_session *session,
                                const struct kube_request *requests, size_t *which, size_t count,
                                struct http_reply *replies)
{
    size_t again = 0;
    bool renewed;

    for (size_t i = 0; i < count; i++)
        if (is_unauthorized(&replies[i]))
            which[again++] = i;
    if (!again)
        return true;
    if (!auth_renew(c, k, session, &renewed))
        return false;
    if (!renewed)
        return true;
    if (!auth_session(c, k, session))
        return false;
    send_forms(c, session, requests, which, again, replies);
    return true;
}

bool kube_send_all(struct call *c, struct kube *k, const struct kube_request *requests,
                   size_t count, struct http_reply *replies)
{
    size_t *which = arena_array(c->arena, count, sizeof(*which));
    struct kube_session session;

    if (!count)
        return true;
    for (size_t i = 0; i < count; i++)
        which[i] = i;
    if (!auth_session(c, k, &session))
        return false;
    send_forms(c, &session, requests, which, count, replies);
    if (!resend_unauthorized(c, k, &session, requests, which, count, replies))
        return false;
    for (size_t i = 0; i < count; i++)
        warning_log(k, &requests[i], &replies[i]);
    return true;
}

bool kube_reply_body(struct call *c, const struct kube *k, const struct http_reply *reply,
                     const struct value **out)
{
    return json_read(c->arena, reply->body, text_f(c->arena, "reply of cluster %s", k->name),
                     c->diags, out);
}

bool kube_ask(struct call *c, struct kube *k, const struct kube_subject *about,
              const struct kube_request *request, const struct value **body)
{
    struct http_reply reply;

    *body = NULL;
    if (!kube_send(c, k, about, request, &reply))
        return false;
    if (!kube_status_is_fine(reply.status))
        return kube_refused(c, k, about, &reply);
    return kube_reply_body(c, k, &reply, body);
}

/* --- what a server says of itself ------------------------------------------- */

/* Digits of "33+" as some vendors write it. */
static int leading_number(const char *z)
{
    int n = 0;

    for (; *z >= '0' && *z <= '9' && n < 100000; z++)
        n = n * 10 + (*z - '0');
    return n;
}

static void keep_version(struct kube *k, const struct value *body)
{
    if (!value_text(body, "gitVersion")[0])
        return;
    k->major = leading_number(value_text(body, "major"));
    k->minor = leading_number(value_text(body, "minor"));
    k->git_version = memory_strdup(value_text(body, "gitVersion"));
}

static bool ask_version(struct call *c, struct kube *k)
{
    static const struct kube_subject about = {.verb = "ask for the version of"};
    const struct kube_request request = {.method = "GET", .target = "/version"};
    const struct value *body;

    if (k->git_version)
        return true;
    if (!kube_ask(c, k, &about, &request, &body))
        return false;
    keep_version(k, body);
    if (!k->git_version)
        return diag_error(c->diags, NULL, "Not a Kubernetes API server",
                          "What %s (%s) answers at /version has no gitVersion.", k->name,
                          k->target.host);
    return true;
}

bool kube_version(struct call *c, struct kube *k, struct kube_version *out)
{
    bool done;

    *out = (struct kube_version){.git_version = ""};
    pthread_mutex_lock(&k->facts_lock);
    done = ask_version(c, k);
    if (done)
        *out = (struct kube_version){arena_strdup(c->arena, k->git_version), k->major, k->minor};
    pthread_mutex_unlock(&k->facts_lock);
    return done;
}

/* One short attempt: a refresh of fifty objects must not wait fifty times. */
static bool answers(struct call *c, struct kube *k)
{
    enum { PROBE_TIMEOUT_MS = 10000, TRUST_MS = 30000 };
    const struct kube_request request = {.method = "GET",
                                         .target = "/version",
                                         .flags = HTTP_NO_RETRY,
                                         .timeout_ms = PROBE_TIMEOUT_MS};
    struct http_reply reply = {0};
    const struct value *body;
    struct diags ignored;
    struct call quiet;

    if (k->git_version)
        return true;
    if (clock_monotonic_ms() < k->unreachable_until_ms)
        return false;
    diags_init(&ignored, c->arena);
    quiet = call_quietly(c, &ignored);
    if (!kube_exchange(&quiet, k, &request, &reply) && reply.failure == HTTP_FINE)
        return true; /* the credentials failed: whoever goes on says so */
    if (reply.failure != HTTP_FINE) {
        memory_free(k->unreachable_text);
        k->unreachable_text = memory_strdup(reply.failure_text ? reply.failure_text : "");
        k->unreachable_until_ms = clock_monotonic_ms() + TRUST_MS;
        return false;
    }
    if (reply.status == 200 && kube_reply_body(&quiet, k, &reply, &body))
        keep_version(k, body);
    return true;
}

bool kube_reachable(struct call *c, const struct value *connection, const struct path *at)
{
    struct diags ignored;
    struct call quiet;
    struct kube *k;
    bool reached;

    diags_init(&ignored, c->arena);
    quiet = call_quietly(c, &ignored);
    if (!kube_open(&quiet, connection, at, &k))
        return true;
    pthread_mutex_lock(&k->facts_lock);
    reached = answers(c, k);
    if (!reached)
        diag_warning(c->diags, at, text_f(c->arena, "Cannot reach cluster %s", k->name),
                     "%s does not answer: %s. What was known last is shown; changes made on the "
                     "cluster since are not seen.",
                     k->target.host, k->unreachable_text);
    pthread_mutex_unlock(&k->facts_lock);
    return reached;
}

static bool ask_uid(struct call *c, struct kube *k)
{
    static const struct kube_ref kube_system = {"v1", "Namespace", NULL, "kube-system"};
    static const struct kube_subject about = {.verb = "identify the cluster by", &kube_system};
    const struct kube_request request = {.method = "GET",
                                         .target = "/api/v1/namespaces/kube-system"};
    const struct value *body;
    const char *uid;

    if (k->uid)
        return true;
    if (!kube_ask(c, k, &about, &request, &body))
        return false;
    uid = value_z(value_in(body, "metadata", "uid"));
    if (!uid[0])
        return diag_error(c->diags, NULL, "Not a Kubernetes API server",
                          "The namespace kube-system of %s (%s) has no uid.", k->name,
                          k->target.host);
    k->uid = memory_strdup(uid);
    return true;
}

bool kube_uid(struct call *c, struct kube *k, const char **out)
{
    bool done;

    *out = "";
    pthread_mutex_lock(&k->facts_lock);
    done = ask_uid(c, k);
    if (done)
        *out = arena_strdup(c->arena, k->uid);
    pthread_mutex_unlock(&k->facts_lock);
    return done;
}

bool kube_check_uid(struct call *c, struct kube *k)
{
    const char *uid;

    if (!k->expected_uid[0])
        return true;
    if (!kube_uid(c, k, &uid))
        return false;
    if (strcmp(uid, k->expected_uid) == 0)
        return true;
    return diag_error(c->diags, NULL, text_f(c->arena, "%s is another cluster", k->name),
                      "The connection expects the cluster whose kube-system has the uid %s, but "
                      "at %s it is %s. Nothing was written. Either the address or context leads "
                      "to a wrong cluster, or the cluster was made anew: then change uid in the "
                      "connection (or refresh the istio_cluster that it comes from).",
                      k->expected_uid, k->target.host, uid);
}
