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
/* Percent-encodes all but unreserved characters; `keep` names more to leave. */
char *url_escape(struct arena *a, struct text t, const char *keep);
/* "?a=1&b=x%20y" from name, value pairs ended by NULL; pairs with a NULL or
 * empty value are left out; "" when none remains. */
char *url_query(struct arena *a, const char *const *pairs);

#endif
