#include "http/proxy.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct address {
    unsigned char bytes[16];
    int bits; /* 0 = no address */
};

static struct address address_of(const char *z)
{
    struct address address = {{0}, 0};

    if (inet_pton(AF_INET, z, address.bytes) == 1)
        address.bits = 32;
    else if (inet_pton(AF_INET6, z, address.bytes) == 1)
        address.bits = 128;
    return address;
}

static bool same_prefix(const struct address *a, const struct address *b, int bits)
{
    unsigned char mask = (unsigned char)(0xff << (8 - bits % 8));

    if (memcmp(a->bytes, b->bytes, (size_t)bits / 8) != 0)
        return false;
    return bits % 8 == 0 || (a->bytes[bits / 8] & mask) == (b->bytes[bits / 8] & mask);
}

static bool is_loopback(const char *host)
{
    static const struct address v6 = {{[15] = 1}, 128};
    struct address address = address_of(host);

    if (address.bits == 32)
        return address.bytes[0] == 127;
    if (address.bits == 128)
        return same_prefix(&address, &v6, 128);
    return strcasecmp(host, "localhost") == 0;
}

/* "10.0.0.0/8" */
static bool network_covers(struct arena *a, struct text entry, const char *host)
{
    struct text address, bits = entry;
    struct address network, wanted = address_of(host);
    char *end;
    long count;

    text_split(&bits, '/', &address);
    network = address_of(text_z(a, address));
    if (!bits.at || !bits.len || !network.bits || network.bits != wanted.bits)
        return false;
    count = strtol(text_z(a, bits), &end, 10);
    return !*end && count >= 0 && count <= network.bits &&
           same_prefix(&network, &wanted, (int)count);
}

/* "example.com" covers itself and what is below; ".example.com" and
 * "*.example.com" only what is below. */
static bool domain_covers(const char *domain, const char *host)
{
    size_t domain_len, host_len = strlen(host);
    bool below_only = *domain == '.' || strncmp(domain, "*.", 2) == 0;

    domain += strcspn(domain, ".") == 0 ? 1 : 0;
    domain += strncmp(domain, "*.", 2) == 0 ? 2 : 0;
    domain_len = strlen(domain);
    if (!domain_len || domain_len > host_len ||
        strcasecmp(host + host_len - domain_len, domain) != 0)
        return false;
    return domain_len == host_len ? !below_only : host[host_len - domain_len - 1] == '.';
}

/* One entry without its port: a name, or an address in any spelling. */
static bool host_covers(const char *entry, const char *host)
{
    struct address mine = address_of(entry), wanted = address_of(host);

    if (mine.bits || wanted.bits)
        return mine.bits == wanted.bits && same_prefix(&mine, &wanted, wanted.bits);
    return domain_covers(entry, host);
}

static bool entry_covers(struct arena *a, struct text entry, const struct url *url)
{
    const char *z = text_z(a, entry);
    bool below_only = z[0] == '.';
    struct url parts;

    if (strcmp(z, "*") == 0 || network_covers(a, entry, url->host) || host_covers(z, url->host))
        return true;
    /* The URL reader knows how "host:port" and "[::1]:443" come apart. */
    if (!strchr(z, ':') || !url_parse(a, text_f(a, "http://%s", z + below_only), &parts))
        return false;
    return parts.port == url->port &&
           host_covers(below_only ? text_f(a, ".%s", parts.host) : parts.host, url->host);
}

bool proxy_is_exempt(struct arena *a, const struct url *url, const char *no_proxy)
{
    struct text rest = text_of(no_proxy), entry;

    if (is_loopback(url->host))
        return true;
    while (text_split(&rest, ',', &entry)) {
        entry = text_trim(entry);
        if (entry.len && entry_covers(a, entry, url))
            return true;
    }
    return false;
}

static const char *first_set(char *(*get)(const char *name), const char *upper, const char *lower)
{
    const char *value = get(upper);

    if (!value || !*value)
        value = get(lower);
    return value ? value : "";
}

const char *proxy_for(const struct url *url, char *(*get)(const char *name))
{
    bool https = strcmp(url->scheme, "https") == 0;
    const char *proxy = https ? first_set(get, "HTTPS_PROXY", "https_proxy")
                              : first_set(get, "HTTP_PROXY", "http_proxy");
    struct arena *a;
    bool exempt;

    if (!*proxy)
        return "";
    a = arena_new();
    exempt = proxy_is_exempt(a, url, first_set(get, "NO_PROXY", "no_proxy"));
    arena_free(a);
    return exempt ? "" : proxy;
}

bool proxy_parse(struct arena *a, const char *z, struct url *out)
{
    const char *separator = strstr(z, "://");
    struct text scheme = {z, separator ? (size_t)(separator - z) : 0};
    bool socks = text_is(scheme, "socks5") || text_is(scheme, "socks5h");

    if (!separator)
        return url_parse(a, text_f(a, "http://%s", z), out);
    if (!socks)
        return url_parse(a, z, out);
    if (!url_parse(a, text_f(a, "http%s", separator), out))
        return false;
    out->scheme = "socks5h"; /* names are resolved by the proxy, as Go does it */
    if (out->port == 80)
        out->port = 1080;
    return true;
}
