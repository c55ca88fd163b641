/* registry_session - requests to one OCI registry as one user: its address, the
 * token that it asks for, and its refusals in words. For registry alone. */
#ifndef SOURCE_REGISTRY_SESSION_H
#define SOURCE_REGISTRY_SESSION_H
#include "http/client.h"
#include "source/package.h"

struct registry_session {
    struct chart_store *store;
    const struct wanted *wanted;
    const char *host;          /* as in the address: "ghcr.io", "localhost:5000" */
    const char *path;          /* of the chart: "org/charts/istiod" */
    const char *origin;        /* "https://ghcr.io" */
    const char *authorization; /* header value, "" until one is asked for */
};

/* "oci://host/path" of w and its name taken apart; else reported. */
bool registry_session_open(struct call *c, struct chart_store *s, const struct wanted *w,
                           struct registry_session *out);
/* GET of "/v2/<path>/<rest>", after a token if the registry wants one. 401 and 403
 * that remain are reported. */
bool registry_session_get(struct call *c, struct registry_session *r, const char *target,
                          const char *accept, size_t bytes_max, struct http_reply *reply);
/* "/v2/org/charts/istiod/tags/list" */
const char *registry_session_target(struct arena *a, const struct registry_session *r,
                                    const char *kind, const char *rest);
/* " NAME_UNKNOWN: repository name not known to registry", or "". */
const char *registry_session_words(struct arena *a, const struct http_reply *reply);

#endif
