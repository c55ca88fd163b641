#include "kube/client.h"

#include <string.h>

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
