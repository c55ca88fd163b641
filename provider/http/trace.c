#include "http/trace.h"

#include <string.h>
#include <strings.h>

#include "base/log.h"

enum { LINES_BYTES_MAX = 32 * 1024 };

static const char mask[] = "***";

/* Parts of names, in lower case: a header or parameter that is masked without
 * need costs less than one that is not. */
static const char *const telling[] = {
    "authorization", "authenticat", "cookie",    "token",   "secret",
    "password",      "credential",  "signature", "api-key", "apikey",
    "license",       "x-amz-meta",  "x-vault",   "passwd",  "assertion",
};

bool trace_is_secret(struct text name)
{
    for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++) {
        size_t len = strlen(telling[i]);

        for (size_t at = 0; at + len <= name.len; at++)
            if (strncasecmp(name.at + at, telling[i], len) == 0)
                return true;
    }
    return false;
}

const char *trace_url(struct arena *a, const char *url)
{
    struct text rest = text_of(url), piece;
    struct text_builder b;
    char separator = '?';

    text_builder_init(&b, a, LINES_BYTES_MAX);
    text_split(&rest, '?', &piece);
    text_add(&b, piece);
    while (text_split(&rest, '&', &piece)) {
        const char *equals = memchr(piece.at, '=', piece.len);
        struct text name = {piece.at, equals ? (size_t)(equals - piece.at) : piece.len};

        text_add_char(&b, separator);
        separator = '&';
        text_add(&b, trace_is_secret(name) ? name : piece);
        if (trace_is_secret(name))
            text_add_f(&b, "=%s", mask);
    }
    return text_built(&b).at;
}

static const char *headers_text(struct arena *a, const struct http_header *headers, size_t count)
{
    struct text_builder lines;

    text_builder_init(&lines, a, LINES_BYTES_MAX);
    for (size_t i = 0; i < count; i++)
        text_add_f(&lines, "%s: %s\n", headers[i].name,
                   trace_is_secret(text_of(headers[i].name)) ? mask : headers[i].value);
    return text_built(&lines).at;
}

/* What log writes at most is cut there; this only keeps the copy small. */
static const char *body_text(struct arena *a, struct text body, bool secret, bool bodies)
{
    if (!bodies)
        return text_f(a, "(%zu bytes)", body.len);
    if (secret)
        return text_f(a, "(%zu bytes, secret)", body.len);
    return text_printable(a, body, LINES_BYTES_MAX);
}

void trace_request(const struct http_request *request, const char *shown_url, bool bodies)
{
    struct arena *a;

    if (!log_enabled(LOG_TRACE))
        return;
    a = arena_new();
    log_event(LOG_TRACE, "http", "request", "method", request->method, "url", shown_url, "headers",
              headers_text(a, request->headers, request->header_count), "body",
              body_text(a, request->body, request->flags & HTTP_SECRET_BODY, bodies), NULL);
    arena_free(a);
}

void trace_attempt(const struct http_request *request, const char *shown_url, int attempt,
                   int64_t took_ms, int status, const char *failure_text)
{
    struct arena *a;

    if (!log_enabled(LOG_DEBUG))
        return;
    a = arena_new();
    log_event(LOG_DEBUG, "http", "attempt", "method", request->method, "url", shown_url, "attempt",
              text_f(a, "%d", attempt), "took_ms", text_f(a, "%lld", (long long)took_ms), "status",
              text_f(a, "%d", status), "failure", failure_text, NULL);
    arena_free(a);
}

void trace_reply(const struct http_request *request, const char *shown_url,
                 const struct http_reply *reply, bool bodies)
{
    struct arena *a;

    if (!log_enabled(LOG_TRACE))
        return;
    a = arena_new();
    log_event(LOG_TRACE, "http", "reply", "method", request->method, "url", shown_url, "status",
              text_f(a, "%d", reply->status), "headers",
              headers_text(a, reply->headers, reply->header_count), "body",
              body_text(a, reply->body, request->flags & HTTP_SECRET_REPLY, bodies), NULL);
    arena_free(a);
}
