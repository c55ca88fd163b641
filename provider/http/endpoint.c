#include "http/endpoint.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/proxy.h"
#include "http/tls.h"
#include "http/url.h"

/* As it stands in an address: IPv6 in brackets. */
static const char *bracketed(struct arena *a, const char *host)
{
    return strchr(host, ':') ? text_f(a, "[%s]", host) : host;
}

static const char *set_or_null(const char *z)
{
    return z && *z ? z : NULL;
}

/* Kubeconfig files often have one; every target starts with its own. */
static const char *without_slash(struct arena *a, const char *url)
{
    struct text t = text_of(url);

    while (text_ends_with(t, "/"))
        t.len--;
    return text_z(a, t);
}

static bool check_url(struct http_endpoint *e, const struct path *at, struct diags *diags,
                      struct url *url)
{
    if (!url_parse(e->arena, e->url, url))
        return diag_error(diags, at, "Malformed address",
                          "\"%s\" is not an http:// or https:// URL with a host.",
                          text_printable(e->arena, text_of(e->url), 200));
    if (url->has_user_information)
        return diag_error(diags, at, "Malformed address",
                          "The URL of %s carries a user name or password, which would end up in "
                          "logs. Give credentials by their own arguments.",
                          url->host);
    if (strpbrk(e->url, "?#"))
        return diag_error(diags, at, "Malformed address", "\"%s\" must not carry a query.", e->url);
    return true;
}

/* Another name for TLS: curl is told that name, and where to connect instead;
 * the Host header stays the address's own, as kubectl sends it. */
static bool set_wire_url(struct http_endpoint *e, const struct url *url, const char *server_name,
                         const struct path *at, struct diags *diags)
{
    struct arena *a = e->arena;
    const char *host = bracketed(a, url->host);
    struct url check;
    bool usual = url->port == (strcmp(url->scheme, "https") == 0 ? 443 : 80);

    e->authority = text_f(a, "%s:%d", host, url->port);
    e->wire_url = text_f(a, "%s://%s%s", url->scheme, e->authority, url->path);
    if (usual)
        e->wire_url = text_f(a, "%s://%s%s", url->scheme, host, url->path);
    if (!server_name || strcasecmp(server_name, url->host) == 0)
        return true;
    server_name = bracketed(a, server_name);
    e->host_header = usual ? host : e->authority;
    e->wire_url = text_f(a, "%s://%s:%d%s", url->scheme, server_name, url->port, url->path);
    if (!url_parse(a, e->wire_url, &check) || check.has_user_information ||
        strcmp(check.path, url->path) != 0)
        return diag_error(diags, at, "Malformed TLS server name",
                          "\"%s\" is neither a DNS name nor an IP address.",
                          text_printable(a, text_of(server_name), 200));
    e->connect_to =
        curl_slist_append(NULL, text_f(a, "%s:%d:%s:%d", server_name, url->port, host, url->port));
    return true;
}

static bool set_trust(struct http_endpoint *e, const char *ca_pem, const char *name,
                      const struct path *at, struct diags *diags)
{
    const char *issuers;

    if (ca_pem) {
        if (!tls_check_ca(e->arena, diags, at, ca_pem, &issuers))
            return false;
        e->ca_pem = arena_strdup(e->arena, ca_pem);
        e->expected =
            text_f(e->arena, "valid now, for %s, issued under the given CA (%s)", name, issuers);
        return true;
    }
    e->ca_file = arena_strdup(e->arena, tls_system_ca_file());
    e->expected = text_f(e->arena, "valid now, for %s, issued under a CA of %s", name,
                         e->ca_file ? e->ca_file : "the system");
    return e->ca_file ||
           diag_error(diags, at, "No CA certificates on this system",
                      "The server's certificate cannot be verified. Install the package "
                      "ca-certificates, or name a file with the variable SSL_CERT_FILE.");
}

static bool set_client(struct http_endpoint *e, const char *cert, const char *key,
                       const struct path *at, struct diags *diags)
{
    if (!cert && !key)
        return true;
    if (!cert || !key)
        return diag_error(diags, at, "Incomplete client certificate",
                          "A client %s was given without its %s.", cert ? "certificate" : "key",
                          cert ? "key" : "certificate");
    e->client_cert_pem = arena_strdup(e->arena, cert);
    e->client_key_pem = arena_strdup(e->arena, key);
    return tls_check_client(e->arena, diags, at, cert, key, &e->client_name);
}

static bool set_proxy(struct http_endpoint *e, const struct url *url, const char *given,
                      const struct path *at, struct diags *diags)
{
    const char *proxy = given ? given : proxy_for(url, getenv), *credentials = "";
    struct url parts;

    e->proxy = e->proxy_name = "";
    if (!*proxy)
        return true;
    if (!proxy_parse(e->arena, proxy, &parts))
        return diag_error(diags, at, "Malformed proxy address",
                          "%s is not of the form http://host:port, https://host:port or "
                          "socks5://host:port.",
                          given ? "proxy_url" : "The value of HTTPS_PROXY or HTTP_PROXY");
    e->proxy_name =
        text_f(e->arena, "%s://%s:%d", parts.scheme, bracketed(e->arena, parts.host), parts.port);
    if (parts.has_user_information) {
        const char *authority = strstr(proxy, "://");

        authority = authority ? authority + 3 : proxy;
        credentials = text_z(
            e->arena, (struct text){authority, (size_t)(strrchr(authority, '@') - authority) + 1});
    }
    e->proxy = text_f(e->arena, "%s://%s%s:%d", parts.scheme, credentials,
                      bracketed(e->arena, parts.host), parts.port);
    return true;
}

static bool set_all(struct http_endpoint *e, const struct http_endpoint_options *options,
                    const struct path *at, struct diags *diags)
{
    const char *server_name = set_or_null(options->tls_server_name);
    struct url url;
    bool https;

    if (!check_url(e, at, diags, &url))
        return false;
    https = strcmp(url.scheme, "https") == 0;
    if (!set_wire_url(e, &url, https ? server_name : NULL, at, diags) ||
        !set_proxy(e, &url, set_or_null(options->proxy_url), at, diags))
        return false;
    e->tls = e->lane->probing = https;
    e->lane->protocol = https ? LANE_UNKNOWN : LANE_HTTP1;
    return !https || (set_trust(e, set_or_null(options->ca_pem),
                                server_name ? server_name : url.host, at, diags) &&
                      set_client(e, set_or_null(options->client_cert_pem),
                                 set_or_null(options->client_key_pem), at, diags));
}

bool http_endpoint_new(struct http_client *client, const struct http_endpoint_options *options,
                       const struct path *at, struct diags *diags, struct http_endpoint **out)
{
    struct arena *a = arena_new();
    struct http_endpoint *e = arena_alloc(a, sizeof(*e));

    *out = NULL;
    e->arena = a;
    e->client = client;
    e->url = without_slash(a, options->base_url);
    e->lane = arena_alloc(a, sizeof(*e->lane));
    e->connections_max = options->connections_max ? options->connections_max : HTTP_CONNECTIONS_MAX;
    if (!set_all(e, options, at, diags)) {
        http_endpoint_free(e);
        return false;
    }
    *out = e;
    return true;
}

void http_endpoint_free(struct http_endpoint *e)
{
    if (!e)
        return;
    curl_slist_free_all(e->connect_to);
    if (e->client_key_pem)
        OPENSSL_cleanse(e->client_key_pem, strlen(e->client_key_pem));
    arena_free(e->arena);
}

const char *http_endpoint_url(const struct http_endpoint *e)
{
    return e->url;
}

bool endpoint_has_room(const struct http_endpoint *e)
{
    const struct lane *lane = e->lane;
    size_t shared = lane->streams < LANE_STREAMS_MAX / 2 ? lane->streams : LANE_STREAMS_MAX / 2;

    if (lane->probing && lane->probe)
        return false;
    return lane->active <
           (lane->protocol == LANE_HTTP2 ? LANE_STREAMS_MAX - shared : e->connections_max);
}
