#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "http/proxy.h"
#include "http/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was escaped has unreserved characters and "%XX" only, and comes back. */
static void check_escape(struct arena *a, struct text t)
{
    const char *z = url_escape(a, t, NULL);
    size_t at = 0;

    for (; *z; at++) {
        unsigned char c = (unsigned char)*z++;

        if (c == '%') {
            c = (unsigned char)((strchr("0123456789ABCDEF0", z[0]) - "0123456789ABCDEF0") * 16 +
                                (strchr("0123456789ABCDEF0", z[1]) - "0123456789ABCDEF0"));
            z += 2;
        }
        assert(at < t.len && c == (unsigned char)t.at[at]);
    }
    assert(at == t.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct text t = {(const char *)data, size};
    const char *z = text_z(a, t);
    struct url url, again;

    if (url_parse(a, z, &url)) {
        const char *back = text_f(a, strchr(url.host, ':') ? "%s://[%s]:%d%s" : "%s://%s:%d%s",
                                  url.scheme, url.host, url.port, url.path);

        assert(url.port > 0 && url.port < 65536 && *url.host);
        assert(url_parse(a, back, &again) && strcmp(again.host, url.host) == 0);
        assert(again.port == url.port && strcmp(again.path, url.path) == 0);
        proxy_is_exempt(a, &url, z);
        proxy_is_exempt(a, &url, text_f(a, "%s,10.0.0.0/8,.example", url.host));
    }
    assert(url_parse(a, "https://a.example/b/c?d", &again));
    url_resolve(a, &again, z);
    proxy_parse(a, z, &url);
    check_escape(a, t);
    assert(*url_query(a, (const char *const[]){"name", z, "end", "1", NULL}) == '?');
    arena_free(a);
    return 0;
}
