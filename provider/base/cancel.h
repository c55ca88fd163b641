/* cancel - one flag that ends every wait: StopProvider, shutdown, lost client.
 *
 * Fired once, never reset; all functions are thread-safe. A wait is always on
 * a cancel, never a bare sleep, so that Ctrl-C ends it at once. */
#ifndef BASE_CANCEL_H
#define BASE_CANCEL_H
#include <stdbool.h>
#include <stdint.h>

struct cancel;

struct cancel *cancel_new(void);
/* Nobody may wait on it or hold it any more. */
void cancel_free(struct cancel *c);
/* Wakes all waiters and runs the hooks, on the caller's thread. */
void cancel_fire(struct cancel *c);
bool cancel_fired(const struct cancel *c);
/* Waits at most ms; true = fired. */
bool cancel_wait_ms(struct cancel *c, int64_t ms);
/* hook(data) runs when c fires, at once if it has already. For long-lived
 * owners (the HTTP thread); at most 8, removed only with the cancel itself. */
void cancel_on_fire(struct cancel *c, void (*hook)(void *data), void *data);

#endif
