/* remote_secret - the Secret by which istiod learns of another cluster, as
 * istioctl create-remote-secret writes it: name, label, annotation, and a
 * kubeconfig under a key that is the cluster's name.
 *
 * Nothing here asks a server. The token is a secret: it lives in the call's
 * arena and goes into the Secret and nowhere else. */
#ifndef ISTIO_REMOTE_SECRET_H
#define ISTIO_REMOTE_SECRET_H
#include <stdbool.h>

#include "base/text.h"
#include "schema/call.h"

/* What the kubeconfig says. */
struct remote_access {
    const char *server, *tls_server_name; /* tls_server_name "" = the server's host */
    struct text ca_pem;                   /* len 0 = none: the system's are trusted */
    const char *token;
};

char *remote_secret_name(struct arena *a, const char *cluster);
/* The object to apply. */
const struct value *remote_secret_object(struct arena *a, const char *namespace,
                                         const char *cluster, const struct remote_access *access);
/* Reads one back. *fault is NULL, or why istiod cannot use it; *out holds what
 * could be read. Anybody may have written the Secret. */
void remote_secret_read(struct arena *a, const struct value *secret, const char *cluster,
                        struct remote_access *out, const char **fault);
/* Of all in it that istiod looks at: equal for two that say the same. Lower-case
 * hex; "" (reported) when it cannot be computed. */
const char *remote_secret_digest(struct call *c, const struct value *secret, const char *cluster);
/* The server is an address of whoever asks: another machine does not get there. */
bool remote_secret_is_loopback(const char *server);

#endif
