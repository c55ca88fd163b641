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

/* What one HTTP/2 connection carries: the usual limit of servers, and curl's own.
 * More would make curl open further connections for a request each. */
enum { LANE_STREAMS_MAX = 100 };

/* Owned by the I/O thread. Streams (watches) are admitted at once: each may last
 * for minutes, and would keep ordinary requests out. */
struct lane {
    struct job *first, *last; /* wait for admission, oldest first */
    size_t active, streams;
    enum lane_protocol protocol;
    /* There may be no connection that speaks HTTP/2: one request goes ahead, so
     * that a burst does not open as many connections where one would do. */
    bool probing;
    struct job *probe;     /* the one that went ahead */
    int64_t idle_since_ms; /* when active came to 0 */
    bool opened;           /* room was made inside a curl callback: admit after it */
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

/* One more request may run. */
bool endpoint_has_room(const struct http_endpoint *e);

#endif
