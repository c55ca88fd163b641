/* url - taking addresses apart and putting queries together (RFC 3986). */
#ifndef HTTP_URL_H
#define HTTP_URL_H
#include <stdbool.h>

#include "base/text.h"

struct url {
    const char *scheme, *host, *path, *query; /* host without brackets; never NULL */
    int port;                                 /* the scheme's own when left out */
    bool has_user_information;
};

/* False when it is not an absolute http or https URL. */
bool url_parse(struct arena *a, const char *z, struct url *out);
/* "https://host:8443" in lower case, without the scheme's own port: what decides
 * whether two addresses are of one server. */
char *url_origin(struct arena *a, const struct url *url);
/* This machine: localhost, 127.0.0.0/8, ::1. */
bool url_is_loopback(const struct url *url);
/* Where a reference ("/x", "y.tgz", "../z", "https://…") leads from base (section
 * 5.2); its fragment is dropped. What it gives has still to be parsed. */
char *url_resolve(struct arena *a, const struct url *base, const char *reference);
/* Percent-encodes all but unreserved characters; `keep` names more to leave. */
char *url_escape(struct arena *a, struct text t, const char *keep);
/* "?a=1&b=x%20y" from name, value pairs ended by NULL; pairs with a NULL or
 * empty value are left out; "" when none remains. */
char *url_query(struct arena *a, const char *const *pairs);

#endif
