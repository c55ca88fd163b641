#include "istio/proof.h"

#include "codec/json.h"
#include "http/client.h"

enum {
    ELSEWHERE_TIMEOUT_MS = 5000,
    WORDS_BYTES_MAX = 1024,
};

static const char *given(const char *z)
{
    return z && z[0] ? z : NULL;
}

static const char *words_of(struct call *c, const struct http_reply *reply)
{
    const struct value *body = &value_null;
    struct text words;
    struct diags unheard;

    diags_init(&unheard, c->arena);
    if (!json_read(c->arena, reply->body, "reply", &unheard, &body))
        body = &value_null;
    words = value_string_text(value_at(body, "message"));
    return text_f(
        c->arena, "%d %s", reply->status,
        text_printable(c->arena, words.len ? words : text_trim(reply->body), WORDS_BYTES_MAX));
}

static enum proof_verdict verdict_of(const struct http_reply *reply)
{
    if (reply->failure == HTTP_TLS)
        return PROOF_UNTRUSTED;
    if (reply->failure != HTTP_FINE)
        return PROOF_UNANSWERED;
    if (reply->status == 401)
        return PROOF_UNAUTHORIZED;
    if (reply->status == 403)
        return PROOF_FORBIDDEN;
    return reply->status == 200 ? PROOF_ACCEPTED : PROOF_UNANSWERED;
}

static void send(struct call *c, const struct http_endpoint *endpoint, const char *token,
                 bool is_elsewhere, struct http_reply *reply)
{
    const struct http_header headers[] = {
        {"Accept", "application/json"},
        {"Authorization", text_f(c->arena, "Bearer %s", token)},
    };
    const struct http_request request = {
        .endpoint = endpoint,
        .method = "GET",
        .target = "/api/v1/services?limit=1",
        .headers = headers,
        .header_count = sizeof(headers) / sizeof(headers[0]),
        .flags = is_elsewhere ? HTTP_NO_RETRY : 0,
        .timeout_ms = is_elsewhere ? ELSEWHERE_TIMEOUT_MS : 0,
    };

    http_send_all(c, &request, 1, 1, reply);
}

bool proof_ask(struct call *c, const struct proof_address *address, const char *token,
               struct proof *out)
{
    const struct http_endpoint_options options = {
        .base_url = address->server,
        .ca_pem = address->ca_pem.len ? text_z(c->arena, address->ca_pem) : NULL,
        .tls_server_name = given(address->tls_server_name),
        .proxy_url = given(address->proxy_url),
        .connections_max = 1,
    };
    struct http_endpoint *endpoint;
    struct http_reply reply = {0};

    if (!http_endpoint_new(c->clients->http, &options, NULL, c->diags, &endpoint))
        return false;
    send(c, endpoint, token, address->is_elsewhere, &reply);
    http_endpoint_free(endpoint);
    *out = (struct proof){
        .verdict = verdict_of(&reply),
        .words = reply.failure == HTTP_FINE ? words_of(c, &reply) : reply.failure_text,
    };
    return true;
}
