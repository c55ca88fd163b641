/* client - the one HTTP path: a single I/O thread drives one curl multi handle;
 * workers block in http_send().
 *
 * Connections are kept and reused per endpoint, multiplexed with HTTP/2 where
 * the server has it, and bounded per endpoint. Server certificates are always
 * verified (TLS 1.2+). Retries, backoff with jitter, Retry-After and the retry
 * budget live here and nowhere else. Every request obeys the call's deadline
 * and cancellation. Bodies are bounded by reply_bytes_max.
 *
 * Threads: a job and its memory belong to the I/O thread from push to done;
 * the worker never leaves early. Callbacks run on the worker's own thread.
 * Redirects are replies like any other.
 * Logs at DEBUG one line per attempt, at TRACE headers and, when asked for,
 * bodies; values that authenticate (Authorization, Cookie,
 * X-Amz-Security-Token, …) and bodies flagged secret are never written. */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "schema/call.h"

enum { HTTP_REPLY_BYTES_MAX = 64 << 20, HTTP_CONNECTIONS_MAX = 16 };

struct http_client;

/* Fired cancels end all requests within a second. */
struct http_client *http_client_new(struct cancel *cancel);
/* No request may be running. The cancel must not be fired any more. */
void http_client_free(struct http_client *client);
/* Bodies at TRACE; off at first. */
void http_client_log_bodies(struct http_client *client, bool on);

/* Where requests go and who we are there: base address, trust, TLS identity,
 * proxy. Long-lived and thread-safe; requests of one endpoint share
 * connections. */
struct http_endpoint;

struct http_endpoint_options {
    const char *base_url;        /* "https://10.0.0.1:6443"; a trailing slash is dropped */
    const char *ca_pem;          /* trusted instead of the system's; NULL = the system's */
    const char *client_cert_pem; /* mutual TLS, both or none; all from memory */
    const char *client_key_pem;
    const char *tls_server_name; /* verified (and sent as SNI) instead of the host */
    const char *proxy_url;       /* NULL = the environment's HTTPS_PROXY / NO_PROXY */
    size_t connections_max;      /* 0 = HTTP_CONNECTIONS_MAX */
};

/* Copies everything. False (reported against `at`) when an option is malformed:
 * no PEM, key and certificate that do not match, a URL without a host. */
bool http_endpoint_new(struct http_client *client, const struct http_endpoint_options *options,
                       const struct path *at, struct diags *diags, struct http_endpoint **out);
/* Waits for nothing: no request of this endpoint may be running. */
void http_endpoint_free(struct http_endpoint *e);
const char *http_endpoint_url(const struct http_endpoint *e);

struct http_header {
    const char *name, *value;
};

enum http_flags {
    HTTP_SECRET_BODY = 1 << 0,  /* the request's body never appears in a log */
    HTTP_SECRET_REPLY = 1 << 1, /* nor the reply's */
    /* Safe to send again when the connection is cut after it was sent. GET and
     * HEAD always are; set it for PUT, PATCH with apply, DELETE. */
    HTTP_IDEMPOTENT = 1 << 2,
    HTTP_NO_RETRY = 1 << 3,
};

enum http_failure {
    HTTP_FINE,    /* a reply was received, of whatever status */
    HTTP_RESOLVE, /* the name has no address */
    HTTP_CONNECT, /* refused, unreachable */
    HTTP_TLS,     /* certificate not trusted, wrong name, expired; handshake failed */
    HTTP_PROXY,
    HTTP_CUT,       /* connection lost, or what came was not HTTP */
    HTTP_TIMED_OUT, /* deadline of request or call */
    HTTP_CANCELLED,
    HTTP_TOO_LARGE,
};

struct http_request {
    const struct http_endpoint *endpoint;
    const char *method;
    const char *target; /* path with query, put behind base_url */
    const struct http_header *headers;
    size_t header_count;
    struct text body;
    unsigned flags;
    size_t reply_bytes_max; /* 0 = HTTP_REPLY_BYTES_MAX */
    int64_t timeout_ms;     /* for one attempt; 0 = 60 s; streams: idle time */
    /* Stream: pieces of a 2xx body as they come, on the caller's thread, in
     * order; false ends the request (not a failure). The reply's body is then
     * empty. NULL = collect the body. */
    bool (*on_data)(void *data, struct text piece);
    void *data;
};

struct http_reply {
    enum http_failure failure;
    int status;                        /* 0 without a reply */
    const char *failure_text;          /* sentence for people: what, whom, certificate's names */
    struct text body;                  /* NUL-terminated behind len; lives in the call's arena */
    const struct http_header *headers; /* names in lower case */
    size_t header_count;
    int attempts;
};

/* "" when absent; name in lower case. */
const char *http_reply_header(const struct http_reply *reply, const char *name);

/* Sends one request and waits. True = some reply came, of any status. False =
 * none did, and that is reported: "Cannot reach <url>" (or "No answer from",
 * "Connection to … was lost", "Interrupted") with failure_text. A stream that
 * has begun gives true however it ended, and reports nothing: failure says how
 * (HTTP_FINE = the server's end, or on_data's). */
bool http_send(struct call *c, const struct http_request *request, struct http_reply *reply);
/* Sends all, at most `concurrency` at a time (0 = the endpoint's connections *
 * 8), and waits for all; replies[i] answers requests[i]. Reports nothing:
 * failures are in the replies. Streams are not allowed here. */
void http_send_all(struct call *c, const struct http_request *requests, size_t count,
                   size_t concurrency, struct http_reply *replies);

#endif
