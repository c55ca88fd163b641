#include "source/fetch.h"

#include <string.h>
#include <strings.h>

#include "codec/base64.h"
#include "http/url.h"

enum { TIMEOUT_MS = 5 * 60 * 1000, EXCERPT_BYTES_MAX = 200 };

/* --- where to ------------------------------------------------------------------- */

static bool check_url(struct call *c, const char *text, const struct path *at, struct url *url)
{
    if (!url_parse(c->arena, text, url))
        return diag_error(c->diags, at, "Malformed address",
                          "\"%s\" is not an https:// address with a host.",
                          text_printable(c->arena, text_of(text), 300));
    if (url->has_user_information)
        return diag_error(c->diags, at, "Malformed address",
                          "The address of %s carries a user name or password, which would end up "
                          "in logs. Give credentials in charts.registry_auth of the provider "
                          "block, or by username and password.",
                          url->host);
    if (strcmp(url->scheme, "http") == 0 && !url_is_loopback(url))
        return diag_error(c->diags, at, "Charts are not fetched over plain HTTP",
                          "%s would send the chart unprotected; what is in it ends up in the "
                          "cluster. Use https://; http:// is for this machine (localhost) only.",
                          text);
    return true;
}

bool fetch_check_url(struct call *c, const char *url, const struct path *at)
{
    struct url parts;

    return check_url(c, url, at, &parts);
}

static bool is_redirect(const struct http_reply *reply)
{
    int status = reply->status;

    return (status >= 301 && status <= 303) || status == 307 || status == 308;
}

/* --- one hop --------------------------------------------------------------------- */

static const char *target_of(struct arena *a, const struct url *url)
{
    return text_f(a, "%s%s%s", url->path[0] ? url->path : "/", url->query[0] ? "?" : "",
                  url->query);
}

static bool send_to(struct call *c, struct chart_store *s, const struct fetch *f,
                    const struct url *url, bool authorized, struct http_reply *reply)
{
    struct http_header headers[2];
    struct http_request request = {
        .method = "GET",
        .target = target_of(c->arena, url),
        .headers = headers,
        .flags = f->flags,
        .reply_bytes_max = f->bytes_max,
        .timeout_ms = TIMEOUT_MS,
    };

    if (!store_endpoint(c, s, url_origin(c->arena, url), f->ca_pem ? f->ca_pem : "", f->at,
                        &request.endpoint))
        return false;
    if (f->accept)
        headers[request.header_count++] = (struct http_header){"Accept", f->accept};
    if (authorized && f->authorization && f->authorization[0])
        headers[request.header_count++] = (struct http_header){"Authorization", f->authorization};
    return http_send(c, &request, reply);
}

static bool follow(struct call *c, const struct fetch *f, const struct http_reply *reply,
                   struct url *url)
{
    const char *location = http_reply_header(reply, "location");
    const char *next = url_resolve(c->arena, url, location);
    bool was_https = strcmp(url->scheme, "https") == 0;

    if (!location[0])
        return diag_error(c->diags, f->at, "Malformed redirect",
                          "%s answered with status %d and no address to go to.", f->url,
                          reply->status);
    if (was_https && strncasecmp(next, "https:", 6) != 0)
        return diag_error(c->diags, f->at, "A redirect leads away from HTTPS",
                          "%s leads to %s, which is not followed.", f->url,
                          text_printable(c->arena, text_of(next), 300));
    return check_url(c, next, f->at, url);
}

bool fetch_get(struct call *c, struct chart_store *s, const struct fetch *f,
               struct http_reply *reply)
{
    const char *origin;
    struct url url;

    if (!check_url(c, f->url, f->at, &url))
        return false;
    origin = url_origin(c->arena, &url);
    for (int hops = 0; hops <= FETCH_REDIRECTS_MAX; hops++) {
        bool at_home = strcmp(url_origin(c->arena, &url), origin) == 0;

        if (!send_to(c, s, f, &url, at_home, reply))
            return false;
        if (!is_redirect(reply))
            return true;
        if (!follow(c, f, reply, &url))
            return false;
    }
    return diag_error(c->diags, f->at, "Too many redirects",
                      "%s led on more than %d times, at last to %s.", f->url, FETCH_REDIRECTS_MAX,
                      url_origin(c->arena, &url));
}

/* --- what comes back --------------------------------------------------------------- */

const char *fetch_basic(struct arena *a, const char *username, const char *password)
{
    struct text pair;

    if (!username[0])
        return "";
    pair = text_of(text_f(a, "%s:%s", username, password));
    return text_f(a, "Basic %s", base64_encode(a, pair, BASE64_STANDARD).at);
}

const char *fetch_excerpt(struct arena *a, struct text body)
{
    struct text trimmed = text_trim(body);
    const char *end = memchr(trimmed.at, '\n', trimmed.len);

    if (!trimmed.len || memchr(body.at, '\0', body.len) || !text_utf8_valid(body))
        return "";
    if (end)
        trimmed.len = (size_t)(end - trimmed.at);
    return text_f(a, " It begins with: %s", text_printable(a, trimmed, EXCERPT_BYTES_MAX));
}

bool fetch_is_html(const struct http_reply *reply)
{
    struct text body = text_trim(reply->body);

    return strncasecmp(http_reply_header(reply, "content-type"), "text/html", 9) == 0 ||
           (body.len >= 5 && strncasecmp(body.at, "<html", 5) == 0) ||
           (body.len >= 9 && strncasecmp(body.at, "<!doctype", 9) == 0);
}
