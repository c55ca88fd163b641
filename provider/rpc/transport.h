/* transport - the gRPC-C side: accepts calls, hands them to the workers, sends
 * what they answer. Knows paths and bytes, nothing of the protocol.
 *
 * Two threads poll the queue and never wait for a handler; methods that must
 * not wait behind others are answered on them. gRPC owns a call's byte buffers
 * and the reply's arena until the reply is sent. */
#ifndef RPC_TRANSPORT_H
#define RPC_TRANSPORT_H
#include <stdbool.h>
#include <stdint.h>

#include "rpc/handshake.h"
#include "schema/diag.h"

struct transport;
struct provider;

enum transport_event {
    TRANSPORT_CALLED,   /* some call came */
    TRANSPORT_OPENED,   /* a held stream was opened */
    TRANSPORT_LOST,     /* a held stream ended: its client is gone */
    TRANSPORT_SHUTDOWN, /* Shutdown was answered */
};

/* Both run on the transport's threads and must not wait. */
struct transport_owner {
    void *data;
    struct provider *(*provider)(void *data); /* for a call that starts now */
    void (*event)(void *data, enum transport_event event);
};

/* Accepting when it returns. */
bool transport_new(const struct handshake *h, const struct transport_owner *owner,
                   struct diags *diags, struct transport **out);
/* Accepts no more calls and waits for those that run; false when some still do
 * after that time. */
bool transport_close(struct transport *t, int64_t wait_ms);
/* After transport_close() returned true. */
void transport_free(struct transport *t);

#endif
