/* reader - the service account as which istiods of other clusters read a
 * cluster, and the tokens that they are given.
 *
 * Account, role and binding are shared by all that watch the cluster. What is
 * missing is made, what is ours is kept as it should be, and what is somebody
 * else's (Istio's charts bring the same three) is used as it is. Each watcher
 * has a Secret of its own beside the account, named after it and labelled
 * multicluster.istio.io/watched-by: one of type service-account-token that the
 * cluster fills, or an empty one that its expiring tokens are bound to. To
 * delete it is to revoke what the watcher has. Ours are removed with the last
 * watcher. Watchers come and go at the same time: nothing relies on being alone. */
#ifndef ISTIO_READER_H
#define ISTIO_READER_H
#include <stdint.h>

#include "istio/proof.h"
#include "istio/remote_secret.h"
#include "kube/kube.h"

#define READER_ACCOUNT_DEFAULT "istio-reader-service-account"

struct reader {
    struct kube *kube; /* of the cluster that is read */
    const char *namespace, *account;
    const char *network;   /* for the namespace; "" = none */
    const char *proxy_url; /* on the way from here; "" = none */
    bool may_create;       /* the account, its role and its binding */
};

/* Makes and repairs account, role and binding. *changed, also when it fails: any
 * of them was written; may be NULL. */
bool reader_ensure(struct call *c, const struct reader *r, bool *changed);

enum reader_token { READER_TOKEN_SECRET, READER_TOKEN_BOUND };

struct reader_request {
    const char *watcher; /* name of the cluster that is to read */
    enum reader_token type;
    int64_t seconds; /* that a bound token is wanted for */
    /* Address for the watcher where it is not the connection's; "" = it is. */
    const char *server, *tls_server_name;
};

/* After reader_ensure(): a token that has opened the API server with nothing
 * else beside it. It was tried at the address that *out tells; at the connection's,
 * with a warning, when that one is out of reach from here. *expires_at is 0 for
 * one that does not expire. */
bool reader_grant(struct call *c, const struct reader *r, const struct reader_request *request,
                  struct remote_access *out, int64_t *expires_at);
/* Does what was granted still work? Tried at the connection's address, with the
 * certificates that the watcher trusts when that is its address too. */
bool reader_try(struct call *c, const struct reader *r, const struct remote_access *access,
                struct proof *out);
/* Takes away the watcher's token of this type. */
bool reader_revoke(struct call *c, const struct reader *r, const char *watcher,
                   enum reader_token type);
/* Removes account, role and binding that are ours, when nobody watches any more,
 * and with them the namespace when it is ours and empty. */
bool reader_release(struct call *c, const struct reader *r);

#endif
