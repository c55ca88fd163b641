/* peer - a cluster that the istiod of another one watches: the Secret for that
 * istiod, and the reader on the watched cluster that it speaks of.
 *
 * What is written is proven first, and what it replaces is taken away last. */
#ifndef ISTIO_PEER_H
#define ISTIO_PEER_H
#include "istio/reader.h"
#include "istio/remote_secret.h"
#include "istio/token_policy.h"

struct peer {
    struct kube *cluster;                 /* of the istiod that watches */
    const char *namespace, *network;      /* there; network "" = none */
    const char *watcher, *name;           /* the mesh's names of both clusters */
    struct reader reader;                 /* on the watched cluster */
    const char *server, *tls_server_name; /* for istiod; "" = the connection's */
    struct token_policy token;
};

/* *secret NULL = there is none. */
bool peer_find(struct call *c, const struct peer *p, const struct value **secret);
/* Before anything is written: both connections lead to one cluster; the Secret
 * is there and not ours. Nothing is reported that cannot be found out. */
bool peer_refuse_same(struct call *c, const struct peer *p);
bool peer_refuse_foreign(struct call *c, const struct peer *p);
/* After reader_ensure(). Warns of what istiod will not get to, and of tokens that expire too soon.
 * `flags` are of kube_apply(). */
bool peer_write(struct call *c, const struct peer *p, unsigned flags, struct remote_access *access,
                const struct value **secret);
/* NULL, or why the remote cluster does not let istiod in with what the Secret
 * says. `connection` and `at` are of the watched cluster. */
const char *peer_fault(struct call *c, const struct peer *p, const struct remote_access *access,
                       const struct value *connection, const struct path *at);
/* Gone already is success. Namespaces of ours go with the last thing in them. */
bool peer_remove(struct call *c, const struct peer *p);

#endif
