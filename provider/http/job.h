/* job - one request on its way: what the worker and the I/O thread share.
 *
 * Life: the worker prepares it, posts it (io.h) and waits at its inbox; the I/O
 * thread makes attempts until it is over, and touches it no more; the worker
 * takes the reply and clears it. In between the request, its body and its
 * endpoint stay as they are, and belong to nobody else. Which thread may touch
 * which member is said beside it. */
#ifndef HTTP_JOB_H
#define HTTP_JOB_H
#include <pthread.h>

#include "http/endpoint.h"
#include "http/timer.h"

enum {
    JOB_HEAD_BYTES_MAX = 64 * 1024, /* of a reply, interim replies included */
    JOB_HEADERS_MAX = 256,
    JOB_REQUEST_HEADERS_MAX = 64,
    JOB_QUEUED_BYTES_MAX = 1 << 20, /* of a stream, before the transfer is paused */
    /* On an HTTP/2 connection, where a paused stream may hold up the others
     * (curl 7.88): curl's own window, which it would buffer anyhow. */
    JOB_QUEUED_SHARED_BYTES_MAX = 32 << 20,
    JOB_CONNECT_MS = 10 * 1000,
    JOB_ATTEMPT_MS = 60 * 1000,
};

/* Long-lived bytes that grow; a NUL always fits behind them. */
struct buffer {
    char *at;
    size_t len, capacity;
};

/* A part of a stream's body. */
struct piece {
    struct piece *next;
    size_t len;
    char bytes[];
};

/* Where a worker waits for its jobs. */
struct inbox {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job *first, *last; /* jobs that are over */
};

enum job_state { JOB_NEW, JOB_WAITING, JOB_RUNNING, JOB_RESTING, JOB_OVER };
enum job_wish { JOB_START = 1 << 0, JOB_RESUME = 1 << 1, JOB_STOP = 1 << 2, JOB_CANCEL = 1 << 3 };

struct job {
    /* Written by the worker before the post, constant until it is over. */
    const struct http_request *request;
    struct inbox *inbox;
    const char *url;       /* as it goes to curl */
    const char *shown_url; /* without the query's secrets */
    struct curl_slist *headers;
    int64_t deadline_ms;
    size_t index; /* the worker's own */

    /* Under the client's lock. */
    struct job *post_next;
    unsigned wishes;
    bool closed; /* no further post is taken */

    /* Under the inbox's lock. */
    struct job *inbox_next;
    struct piece *pieces, **pieces_end;
    size_t queued_bytes;
    bool paused;
    bool over;

    /* The I/O thread's until it is over, then the worker's. */
    enum job_state state;
    struct job *lane_next;
    struct timer timer;
    int attempts;
    int64_t attempt_end_ms, started_ms, last_data_ms;
    bool streaming;          /* a 2xx reply has begun: its body goes to on_data */
    bool shared;             /* counts in the client's */
    size_t queued_bytes_max; /* then the stream is paused */
    /* Of the attempt. */
    CURL *easy;
    struct tls_witness *witness;
    int sends; /* how often curl began to send it */
    struct buffer head, body;
    size_t head_bytes, head_lines; /* of all interim replies */
    char curl_words[CURL_ERROR_SIZE];
    /* The outcome. */
    enum http_failure failure;
    bool lasting; /* another attempt cannot help */
    int status;
    char before[160];    /* how the attempt before ended; "" */
    struct arena *words; /* NULL = no text was needed */
    const char *failure_text;
};

/* --- worker --------------------------------------------------------------- */
void inbox_init(struct inbox *inbox);
void inbox_clear(struct inbox *inbox);
/* False: the request is malformed, the outcome is set; it must not be posted.
 * What it needs lives in the arena. */
bool job_prepare(struct job *job, struct arena *a, const struct http_request *request,
                 int64_t deadline_ms);
/* Copies the outcome into the arena. */
void job_reply(struct job *job, struct arena *a, struct http_reply *reply);
void job_clear(struct job *job);

/* --- I/O thread ----------------------------------------------------------- */
/* curl's write callbacks; context is the job. */
size_t job_on_head(char *data, size_t size, size_t count, void *context);
size_t job_on_body(char *data, size_t size, size_t count, void *context);
bool job_is_idempotent(const struct job *job);
bool job_is_stream(const struct job *job);
void job_fail(struct job *job, enum http_failure failure, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The value of a header of the last reply; empty when absent. */
struct text job_header(const struct job *job, const char *name);

#endif
