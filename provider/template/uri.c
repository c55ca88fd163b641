#include "template/uri.h"

#include <arpa/inet.h>
#include <string.h>

#include "template/quote.h"
#include "template/uri_escape.h"

static const struct text empty = {"", 0};

static struct text first(struct text t, size_t len)
{
    return (struct text){t.at, len};
}

static struct text behind(struct text t, size_t len)
{
    return (struct text){t.at + len, t.len - len};
}

/* Where c is first or last; t.len = nowhere. */
static size_t find(struct text t, char c)
{
    size_t i = 0;

    while (i < t.len && t.at[i] != c)
        i++;
    return i;
}

static size_t find_last(struct text t, char c)
{
    for (size_t i = t.len; i > 0; i--)
        if (t.at[i - 1] == c)
            return i - 1;
    return t.len;
}

/* What stands before the first c; *rest is what stands behind it. */
static struct text cut(struct text t, char c, struct text *rest)
{
    size_t at = find(t, c);

    *rest = at < t.len ? behind(t, at + 1) : empty;
    return first(t, at);
}

/* --- reading ------------------------------------------------------------------------ */
static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct text lower(struct arena *a, struct text t)
{
    char *copy = text_z(a, t);

    for (size_t i = 0; i < t.len; i++)
        if (copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] = (char)(copy[i] + 'a' - 'A');
    return (struct text){copy, t.len};
}

static const char *take_scheme(struct arena *a, struct text *t, struct uri *out)
{
    size_t i = 0;

    while (i < t->len && (is_letter(t->at[i]) || (i && (is_digit(t->at[i]) || t->at[i] == '+' ||
                                                        t->at[i] == '-' || t->at[i] == '.'))))
        i++;
    if (i == t->len || t->at[i] != ':')
        return NULL;
    if (i == 0)
        return "missing protocol scheme";
    out->scheme = lower(a, first(*t, i));
    *t = behind(*t, i + 1);
    return NULL;
}

/* Nothing, or a colon and digits. */
static bool is_port(struct text port)
{
    bool good = !port.len || port.at[0] == ':';

    for (size_t i = 1; i < port.len; i++)
        good = good && is_digit(port.at[i]);
    return good;
}

static const char *bad_port(struct arena *a, struct text port)
{
    return text_f(a, "invalid port %s after host", quote_z(a, port));
}

/* An address of IPv6, which a zone may follow: "fe80::1%eth0". */
static const char *check_address(struct arena *a, struct text address)
{
    struct text zone;
    unsigned char bytes[16];
    const char *z = text_z(a, cut(address, '%', &zone));

    if (inet_pton(AF_INET, z, bytes) == 1)
        return "invalid IP-literal";
    if (inet_pton(AF_INET6, z, bytes) == 1 && (zone.len || find(address, '%') == address.len))
        return NULL;
    return text_f(a, "invalid host: ParseAddr(%s): unable to parse IP", quote_z(a, address));
}

static const char *take_bracketed(struct arena *a, struct text host, struct uri *out)
{
    size_t end = find_last(host, ']'), zone = 0;
    struct text address, port, name, rest = empty;
    const char *error;

    if (end == host.len)
        return "missing ']' in host";
    address = (struct text){host.at + 1, end - 1};
    port = behind(host, end + 1);
    if (!is_port(port))
        return bad_port(a, port);
    while (zone < address.len && !text_starts_with(behind(address, zone), "%25"))
        zone++;
    if ((error = uri_unescape(a, first(address, zone), URI_HOST, &name)) ||
        (error = uri_unescape(a, behind(address, zone), URI_ZONE, &rest)))
        return error;
    name = text_of(text_f(a, "%.*s%.*s", (int)name.len, name.at, (int)rest.len, rest.at));
    if ((error = check_address(a, name)))
        return error;
    out->host = text_of(text_f(a, "[%.*s]%.*s", (int)name.len, name.at, (int)port.len, port.at));
    return NULL;
}

static const char *take_host(struct arena *a, struct text host, struct uri *out)
{
    size_t bracket = find_last(host, '['), colon = find(host, ':');

    if (bracket < host.len)
        return bracket ? "invalid IP-literal" : take_bracketed(a, host, out);
    /* Lists of hosts ("a:1,b:2") are known from databases. */
    if (!text_is(out->scheme, "http") && !text_is(out->scheme, "https"))
        colon = find_last(host, ':');
    if (!is_port(behind(host, colon)))
        return bad_port(a, behind(host, colon));
    return uri_unescape(a, host, URI_HOST, &out->host);
}

static bool is_user(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (!is_letter(t.at[i]) && !is_digit(t.at[i]) &&
            (!t.at[i] || !strchr("-._:~!$&'()*+,;=%@", t.at[i])))
            return false;
    return true;
}

static const char *take_authority(struct arena *a, struct text authority, struct uri *out)
{
    size_t at = find_last(authority, '@');
    bool has_user = at < authority.len;
    struct text user, password;
    const char *error = take_host(a, has_user ? behind(authority, at + 1) : authority, out);

    if (error || !has_user)
        return error;
    if (!is_user(first(authority, at)))
        return "net/url: invalid userinfo";
    user = cut(first(authority, at), ':', &password);
    out->has_user = true;
    out->has_password = user.len < at;
    if ((error = uri_unescape(a, user, URI_USER, &out->user)))
        return error;
    return uri_unescape(a, password, URI_USER, &out->password);
}

static void take_query(struct text *t, struct uri *out)
{
    struct text query;

    if (find(*t, '?') == t->len)
        return;
    *t = cut(*t, '?', &query);
    out->query = query;
    out->has_empty_query = !query.len;
}

static const char *take_path(struct arena *a, struct text path, struct uri *out)
{
    const char *error = uri_unescape(a, path, URI_PATH, &out->path);

    if (!error && !text_equal(uri_escape(a, out->path, URI_PATH), path))
        out->raw_path = path;
    return error;
}

static bool has_control_character(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.at[i] < ' ' || t.at[i] == 0x7f)
            return true;
    return false;
}

/* All but the fragment. */
static const char *take_parts(struct arena *a, struct text t, struct uri *out)
{
    const char *error;
    struct text segment, rest;

    if (has_control_character(t))
        return "net/url: invalid control character in URL";
    if (text_is(t, "*")) {
        out->path = t;
        return NULL;
    }
    if ((error = take_scheme(a, &t, out)))
        return error;
    take_query(&t, out);
    if (!text_starts_with(t, "/")) {
        if (out->scheme.len) {
            out->opaque = t;
            return NULL;
        }
        segment = cut(t, '/', &rest);
        if (find(segment, ':') < segment.len)
            return "first path segment in URL cannot contain colon";
    }
    if (text_starts_with(t, "//") && (out->scheme.len || !text_starts_with(t, "///"))) {
        size_t end = 2 + find(behind(t, 2), '/');

        if ((error = take_authority(a, behind(first(t, end), 2), out)))
            return error;
        t = behind(t, end);
    } else {
        out->has_no_authority = out->scheme.len && text_starts_with(t, "/");
    }
    return take_path(a, t, out);
}

const char *uri_read(struct arena *a, struct text t, struct uri *out)
{
    struct text fragment, whole = t;
    const char *error;

    *out = (struct uri){empty, empty, empty, empty, empty, empty, .user = empty, .password = empty};
    t = cut(t, '#', &fragment);
    error = take_parts(a, t, out);
    if (!error && fragment.len) {
        t = whole;
        error = uri_unescape(a, fragment, URI_FRAGMENT, &out->fragment);
        if (!error && !text_equal(uri_escape(a, out->fragment, URI_FRAGMENT), fragment))
            out->raw_fragment = fragment;
    }
    return error ? text_f(a, "parse %s: %s", quote_z(a, t), error) : NULL;
}

struct text uri_hostname(const struct uri *uri)
{
    struct text host = uri->host;
    size_t colon = find_last(host, ':');

    if (is_port(behind(host, colon)))
        host = first(host, colon);
    if (text_starts_with(host, "[") && text_ends_with(host, "]"))
        host = (struct text){host.at + 1, host.len - 2};
    return host;
}

/* --- writing ------------------------------------------------------------------------ */
static void add_escaped(struct text_builder *b, struct text t, enum uri_part part)
{
    text_add(b, uri_escape(b->arena, t, part));
}

void uri_print_user(struct text_builder *b, const struct uri *uri)
{
    add_escaped(b, uri->user, URI_USER);
    if (uri->has_password) {
        text_add_char(b, ':');
        add_escaped(b, uri->password, URI_USER);
    }
}

/* As it was written, when that is proper. */
static struct text written(struct arena *a, struct text raw, struct text t, enum uri_part part)
{
    return raw.len && uri_is_escaped(raw, part) ? raw : uri_escape(a, t, part);
}

static void add_authority(struct text_builder *b, const struct uri *uri)
{
    if (!uri->scheme.len && !uri->host.len && !uri->has_user)
        return;
    if (uri->has_no_authority && !uri->host.len && !uri->has_user)
        return;
    if (uri->host.len || uri->path.len || uri->has_user)
        text_add_z(b, "//");
    if (uri->has_user) {
        uri_print_user(b, uri);
        text_add_char(b, '@');
    }
    add_escaped(b, uri->host, URI_HOST);
}

static void add_path(struct text_builder *b, const struct uri *uri)
{
    struct text path = written(b->arena, uri->raw_path, uri->path, URI_PATH), segment, rest;

    if (text_is(uri->path, "*"))
        path = uri->path;
    if (path.len && path.at[0] != '/' && uri->host.len)
        text_add_char(b, '/');
    segment = cut(path, '/', &rest);
    if (!b->len && find(segment, ':') < segment.len)
        text_add_z(b, "./"); /* it would be taken for a scheme */
    text_add(b, path);
}

void uri_print(struct text_builder *b, const struct uri *uri)
{
    if (uri->scheme.len) {
        text_add(b, uri->scheme);
        text_add_char(b, ':');
    }
    if (uri->opaque.len) {
        text_add(b, uri->opaque);
    } else {
        add_authority(b, uri);
        add_path(b, uri);
    }
    if (uri->has_empty_query || uri->query.len) {
        text_add_char(b, '?');
        text_add(b, uri->query);
    }
    if (uri->fragment.len) {
        text_add_char(b, '#');
        text_add(b, written(b->arena, uri->raw_fragment, uri->fragment, URI_FRAGMENT));
    }
}
