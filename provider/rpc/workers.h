/* workers - threads that run calls, as many as are needed at once.
 *
 * A pushed job is taken by an idle thread; when none is idle a new one is made,
 * up to the limit, beyond which jobs queue in order. So a call never waits for
 * another one that waits for the network. Threads stay for the next job until
 * workers_free(). All functions are thread-safe but that last one. */
#ifndef RPC_WORKERS_H
#define RPC_WORKERS_H
#include <stdbool.h>
#include <stddef.h>

struct workers;

/* Part of what the caller hands over; untouched by the pool once run() starts. */
struct worker_job {
    void (*run)(struct worker_job *job);
    struct worker_job *next; /* for the pool alone */
};

struct workers *workers_new(size_t threads_max);
void workers_push(struct workers *w, struct worker_job *job);
/* How many threads were made so far. */
size_t workers_threads(struct workers *w);
/* Runs what is still queued, then joins all threads. */
void workers_free(struct workers *w);

#endif
