/* endpoint - inside view of http_endpoint, for the files of this folder.
 *
 * An endpoint is immutable after it was made, but for its lane: the queue and
 * the counters by which the I/O thread admits its requests. */
#ifndef HTTP_ENDPOINT_H
#define HTTP_ENDPOINT_H
#include <curl/curl.h>

#include "http/client.h"
#include "http/retry.h"

struct job;

enum lane_protocol { LANE_UNKNOWN, LANE_HTTP1, LANE_HTTP2 };

/* With HTTP/2 one connection carries many requests. */
enum { LANE_STREAMS_PER_CONNECTION = 8 };

/* Owned by the I/O thread. Streams (watches) are not counted: each may last
 * for minutes, and would keep ordinary requests out. */
struct lane {
    struct job *first, *last; /* wait for admission, oldest first */
    size_t active;
    enum lane_protocol protocol;
    /* Nothing is known of the server yet: one request goes ahead, so that a
     * burst does not open as many connections where one would do. */
    bool probing;
    bool opened; /* room was made inside a curl callback: admit after it */
    struct lane *opened_next;
    struct retry_budget budget;
};

struct http_endpoint {
    struct arena *arena; /* everything below */
    struct http_client *client;
    const char *url;         /* as given */
    const char *wire_url;    /* as curl gets it: the host is the name to verify */
    const char *host_header; /* NULL = what curl makes of wire_url */
    const char *authority;   /* host:port, for messages */
    const char *expected;    /* what the certificate has to fulfil, for messages */
    const char *client_name; /* of the client certificate, for messages; NULL */
    const char *proxy;       /* "" = none */
    const char *proxy_name;  /* without user and password */
    const char *ca_file;     /* NULL = ca_pem */
    bool tls;
    struct curl_slist *connect_to;
    char *ca_pem, *client_cert_pem, *client_key_pem; /* NULL = none */
    size_t connections_max;
    struct lane *lane;
};

/* How many requests may run at the same time. */
size_t endpoint_room(const struct http_endpoint *e);

#endif
