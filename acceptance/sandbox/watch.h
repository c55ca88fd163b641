/* watch - a stream of changes, from a resourceVersion on. */
#ifndef SANDBOX_WATCH_H
#define SANDBOX_WATCH_H
#include <sys/types.h>

#include "acceptance/sandbox/server.h"

/* Sets r->watch, or answers with 400 or 410. */
bool watch_start(struct request *r);
/* The next bytes for the client, at most max; waits for them. Takes the lock.
 * -1: the stream is over. client is the connection's socket. */
ssize_t watch_read(struct watch *w, int client, char *out, size_t max);
void watch_free(struct watch *w);

#endif
