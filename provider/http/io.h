/* io - the I/O thread: one curl multi handle, all timers, all retries.
 *
 * Workers post jobs and wishes; everything else happens on the thread itself.
 * It never waits for a worker: a stream that nobody reads is paused. */
#ifndef HTTP_IO_H
#define HTTP_IO_H
#include <stdatomic.h>

#include "http/job.h"

enum { IO_HANDLES_KEPT_MAX = 64, IO_CONNECTIONS_KEPT_MAX = 256, IO_HOST_CONNECTIONS_MAX = 128 };

struct http_client {
    CURLM *multi;
    pthread_t thread;
    struct cancel *cancel;
    atomic_bool log_bodies;

    pthread_mutex_t lock; /* guards posts, stop and the members of struct job named so */
    struct job *first_post, *last_post;
    bool stop;

    /* The thread's own. */
    struct timers timers; /* of every job that is not over */
    struct lane *opened;
    size_t shared; /* running jobs that may share a connection with others */
    struct retry_random random;
    CURL *kept[IO_HANDLES_KEPT_MAX];
    size_t kept_count;
};

/* From any thread; a job that is over is left alone. */
void io_post(struct job *job, enum job_wish wish);
/* For curl callbacks: the lane's jobs are admitted when curl is done. */
void io_open_lane(const struct http_endpoint *e);
/* The thread's function; data is the client. */
void *io_run(void *data);

#endif
