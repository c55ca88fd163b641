/* proxy - through whom an address is reached, by the environment's rules.
 *
 * The rules are those that kubectl and helm follow (Go's): HTTPS_PROXY and
 * HTTP_PROXY in either case, NO_PROXY with domains, addresses, networks and
 * ports; loopback is never proxied. curl's own matching is not used: it would
 * look at the TLS name, not at the address that is connected to. */
#ifndef HTTP_PROXY_H
#define HTTP_PROXY_H
#include <stdbool.h>

#include "http/url.h"

/* "" = none. The environment is read through get, so that tests need not
 * change it. */
const char *proxy_for(const struct url *url, char *(*get)(const char *name));
/* True when an entry of the comma-separated list covers the address. */
bool proxy_is_exempt(struct arena *a, const struct url *url, const char *no_proxy);
/* Takes the proxy's address apart: http, https, socks5 (with or without h); a
 * bare "host:port" is http. False when it is none. */
bool proxy_parse(struct arena *a, const char *z, struct url *out);

#endif
