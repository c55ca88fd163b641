/* handshake - go-plugin's start: cookie, socket, certificate, the one line.
 *
 * The socket lies in a folder of its own that only this user may enter; both
 * are removed by handshake_clear(). Nothing but the line may reach stdout. */
#ifndef RPC_HANDSHAKE_H
#define RPC_HANDSHAKE_H
#include <stdbool.h>

#include "rpc/tls.h"

struct handshake {
    const char *folder, *socket_path;
    const char *client_pem; /* NULL: plain, as the host asked for or debugging is done */
    struct tls_identity identity;
};

/* Was the process started by Terraform? */
bool handshake_cookie(void);
/* with_tls: use AutoMTLS if the host offers it. */
bool handshake_prepare(struct handshake *h, struct arena *a, struct diags *diags, bool with_tls);
/* Once the server accepts. */
void handshake_announce(const struct handshake *h, struct arena *a);
/* For people: the line to export before running Terraform. */
void handshake_announce_reattach(const struct handshake *h, struct arena *a, const char *source);
void handshake_clear(const struct handshake *h);

#endif
