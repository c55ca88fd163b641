/* fetch - one GET on the way to a chart, with the redirects that it meets.
 *
 * https:// is verified; http:// is for this machine alone. A redirect may lead to
 * another host, but never from https to http, and `authorization` goes to the origin
 * of `url` and nowhere else. The CAs count for every host on the way. */
#ifndef SOURCE_FETCH_H
#define SOURCE_FETCH_H
#include "http/client.h"
#include "source/store.h"

enum { FETCH_REDIRECTS_MAX = 5 };

struct fetch {
    const char *url;
    const char *accept;        /* NULL = anything */
    const char *authorization; /* value of the header, NULL or "" = none */
    const char *ca_pem;        /* NULL or "" = the system's */
    size_t bytes_max;
    unsigned flags; /* HTTP_SECRET_REPLY */
    const struct path *at;
};

/* An address that charts may come from; else reported. */
bool fetch_check_url(struct call *c, const char *url, const struct path *at);
/* True = an answer that is no redirect, of any status. False: reported. */
bool fetch_get(struct call *c, struct chart_store *s, const struct fetch *f,
               struct http_reply *reply);
/* "Basic …"; "" without a user name. */
const char *fetch_basic(struct arena *a, const char *username, const char *password);
/* The beginning of a body, for messages: "" unless it is text. */
const char *fetch_excerpt(struct arena *a, struct text body);
/* Looks like a web page. */
bool fetch_is_html(const struct http_reply *reply);

#endif
