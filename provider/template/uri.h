/* uri - URLs (RFC 3986) taken apart and put together as Go's net/url does. Pure; texts
 * are borrowed or live in the arena of the call. */
#ifndef TEMPLATE_URI_H
#define TEMPLATE_URI_H
#include <stdbool.h>

#include "base/text.h"

struct uri {
    struct text scheme, opaque, host, path, query, fragment; /* unescaped but opaque, query */
    bool has_user, has_password;
    struct text user, password; /* unescaped */
    /* For URLs that were read: how they were written, where it matters. */
    bool has_empty_query, has_no_authority;
    struct text raw_path, raw_fragment;
};

/* NULL = done; else what Go says of t. */
const char *uri_read(struct arena *a, struct text t, struct uri *out);
void uri_print(struct text_builder *b, const struct uri *uri);
/* "user:password". */
void uri_print_user(struct text_builder *b, const struct uri *uri);
/* The host without port and brackets. */
struct text uri_hostname(const struct uri *uri);

#endif
