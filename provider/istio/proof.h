/* proof - does a bearer token alone open an API server?
 *
 * Asked as istiod will ask: over a connection of its own, with no identity of
 * ours. Nothing is kept afterwards. The token goes into no message and no log. */
#ifndef ISTIO_PROOF_H
#define ISTIO_PROOF_H
#include <stdbool.h>

#include "base/text.h"
#include "schema/call.h"

struct proof_address {
    const char *server;                      /* "https://…" */
    const char *tls_server_name, *proxy_url; /* NULL or "" = none */
    struct text ca_pem;                      /* len 0 = the system's */
    bool is_elsewhere;                       /* may be out of reach from here: one short attempt */
};

enum proof_verdict {
    PROOF_ACCEPTED,     /* services were listed */
    PROOF_UNAUTHORIZED, /* 401: no such token */
    PROOF_FORBIDDEN,    /* 403: a token, but without the right to list services */
    PROOF_UNTRUSTED,    /* the server's certificate does not verify */
    PROOF_UNANSWERED,   /* not reached, or answered with something else */
};

struct proof {
    enum proof_verdict verdict;
    const char *words; /* the server's own, or why there are none */
};

/* One GET of /api/v1/services?limit=1. False (reported) only when the address
 * itself is malformed. */
bool proof_ask(struct call *c, const struct proof_address *address, const char *token,
               struct proof *out);

#endif
