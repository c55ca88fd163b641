#include "http/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

enum { PORT_MAX = 65535, URL_BYTES_MAX = 64 * 1024, HOST_BYTES_MAX = 255 };

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Takes "scheme://" off; the port is the scheme's own. */
static bool take_scheme(const char **rest, struct url *out)
{
    static const struct url schemes[] = {{.scheme = "https", .port = 443},
                                         {.scheme = "http", .port = 80}};

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t len = strlen(schemes[i].scheme);

        if (strncasecmp(*rest, schemes[i].scheme, len) != 0 || strncmp(*rest + len, "://", 3) != 0)
            continue;
        *out = schemes[i];
        *rest += len + 3;
        return true;
    }
    return false;
}

static bool read_port(struct text digits, int *port)
{
    int number = 0;

    if (!digits.len || digits.len > 5)
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9')
            return false;
        number = number * 10 + (digits.at[i] - '0');
    }
    *port = number;
    return number > 0 && number <= PORT_MAX;
}

static bool host_is_sound(const char *host)
{
    size_t len = strlen(host);

    for (size_t i = 0; i < len; i++)
        if (!is_alphanumeric(host[i]) && !strchr("-._", host[i]))
            return false;
    return len && len <= HOST_BYTES_MAX && host[0] != '.' && host[0] != '-';
}

/* What stands between brackets has to be an IPv6 address without a zone. */
static bool read_bracketed(struct arena *a, struct text *rest, const char **host)
{
    const char *end = memchr(rest->at, ']', rest->len);
    struct in6_addr address;

    if (!end)
        return false;
    *host = text_z(a, (struct text){rest->at + 1, (size_t)(end - rest->at) - 1});
    rest->len -= (size_t)(end + 1 - rest->at);
    rest->at = end + 1;
    return inet_pton(AF_INET6, *host, &address) == 1;
}

static bool read_named(struct arena *a, struct text *rest, const char **host)
{
    const char *colon = memchr(rest->at, ':', rest->len);
    size_t len = colon ? (size_t)(colon - rest->at) : rest->len;

    *host = text_z(a, (struct text){rest->at, len});
    *rest = (struct text){rest->at + len, rest->len - len};
    return host_is_sound(*host);
}

static bool read_authority(struct arena *a, struct text authority, struct url *out)
{
    for (size_t i = authority.len; i > 0; i--)
        if (authority.at[i - 1] == '@') {
            out->has_user_information = true;
            authority = (struct text){authority.at + i, authority.len - i};
            break;
        }
    if (!authority.len)
        return false;
    if (!(authority.at[0] == '[' ? read_bracketed : read_named)(a, &authority, &out->host))
        return false;
    if (!authority.len)
        return true;
    return authority.at[0] == ':' &&
           read_port((struct text){authority.at + 1, authority.len - 1}, &out->port);
}

/* RFC 3986 knows printable ASCII only; a backslash is read as a slash by some. */
static bool characters_are_sound(const char *z)
{
    size_t len = 0;

    for (; z[len]; len++)
        if (z[len] <= 0x20 || z[len] >= 0x7f || z[len] == '\\' || len >= URL_BYTES_MAX)
            return false;
    return true;
}

bool url_parse(struct arena *a, const char *z, struct url *out)
{
    size_t authority, path, query;

    *out = (struct url){"", "", "", "", 0, false};
    if (!z || !characters_are_sound(z) || !take_scheme(&z, out))
        return false;
    authority = strcspn(z, "/?#");
    out->path = out->query = out->host = "";
    if (!read_authority(a, (struct text){z, authority}, out))
        return false;
    z += authority;
    path = strcspn(z, "?#");
    out->path = text_z(a, (struct text){z, path});
    z += path;
    query = strcspn(z, "#");
    out->query = *z == '?' ? text_z(a, (struct text){z + 1, query - 1}) : "";
    return true;
}

char *url_origin(struct arena *a, const struct url *url)
{
    const char *brackets = strchr(url->host, ':') ? "[]" : "";
    bool usual = url->port == (strcmp(url->scheme, "https") == 0 ? 443 : 80);
    char *origin = text_f(a, "%s://%.1s%s%s", url->scheme, brackets, url->host,
                          brackets[0] ? brackets + 1 : "");

    for (char *at = origin; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    return usual ? origin : text_f(a, "%s:%d", origin, url->port);
}

bool url_is_loopback(const struct url *url)
{
    struct in_addr four;
    struct in6_addr six;

    if (inet_pton(AF_INET, url->host, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, url->host, &six) == 1)
        return memcmp(&six, &in6addr_loopback, sizeof(six)) == 0;
    return strcasecmp(url->host, "localhost") == 0;
}

static bool has_scheme(const char *reference)
{
    const char *at = reference;

    while (is_alphanumeric(*at) || (*at && at > reference && strchr("+-.", *at)))
        at++;
    return at > reference && *at == ':';
}

/* Section 5.2.4, on a path that begins with a slash. */
static char *without_dots(struct arena *a, const char *path)
{
    char *out = arena_alloc(a, strlen(path) + 2), *end = out;
    struct text rest = text_of(path + 1), piece;

    while (text_split(&rest, '/', &piece)) {
        bool up = text_is(piece, ".."), dots = up || text_is(piece, ".");

        while (up && end > out && *--end != '/')
            continue;
        if (!dots || !rest.at)
            *end++ = '/';
        if (!dots && piece.len) {
            memcpy(end, piece.at, piece.len);
            end += piece.len;
        }
    }
    *end = '\0';
    return out;
}

char *url_resolve(struct arena *a, const struct url *base, const char *reference)
{
    size_t len = strcspn(reference, "#"), path = strcspn(reference, "?#");
    const char *query = text_z(a, (struct text){reference + path, len - path});
    const char *slash = strrchr(base->path, '/');
    size_t kept = slash ? (size_t)(slash + 1 - base->path) : 0;

    if (has_scheme(reference))
        return text_z(a, (struct text){reference, len});
    if (strncmp(reference, "//", 2) == 0)
        return text_f(a, "%s:%.*s", base->scheme, (int)len, reference);
    if (path == 0)
        return text_f(a, "%s%s%s", url_origin(a, base), base->path,
                      query[0] || !base->query[0] ? query : text_f(a, "?%s", base->query));
    if (reference[0] == '/')
        return text_f(a, "%s%s%s", url_origin(a, base),
                      without_dots(a, text_z(a, (struct text){reference, path})), query);
    return text_f(a, "%s%s%s", url_origin(a, base),
                  without_dots(a, text_f(a, "%s%.*s%.*s", kept ? "" : "/", (int)kept, base->path,
                                         (int)path, reference)),
                  query);
}

char *url_escape(struct arena *a, struct text t, const char *keep)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = arena_array(a, t.len + 1, 3), *at = out;

    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];

        if (c && (is_alphanumeric((char)c) || strchr("-._~", c) || (keep && strchr(keep, c)))) {
            *at++ = (char)c;
        } else {
            *at++ = '%';
            *at++ = hex[c >> 4];
            *at++ = hex[c & 15];
        }
    }
    *at = '\0';
    return out;
}

char *url_query(struct arena *a, const char *const *pairs)
{
    size_t bytes = 1;
    char *out, *at;

    for (const char *const *pair = pairs; pair[0]; pair += 2)
        bytes += 2 + 3 * (strlen(pair[0]) + (pair[1] ? strlen(pair[1]) : 0));
    out = at = arena_alloc(a, bytes);
    for (const char *const *pair = pairs; pair[0]; pair += 2) {
        const char *parts[] = {at == out ? "?" : "&", url_escape(a, text_of(pair[0]), NULL), "=",
                               url_escape(a, text_of(pair[1]), NULL)};

        for (size_t i = 0; pair[1] && *pair[1] && i < sizeof(parts) / sizeof(parts[0]); i++) {
            size_t len = strlen(parts[i]);

            memcpy(at, parts[i], len);
            at += len;
        }
    }
    *at = '\0';
    return out;
}
