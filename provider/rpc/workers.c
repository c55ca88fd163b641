#include "rpc/workers.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"

struct workers {
    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t wake;
    struct worker_job *first, *last;
    size_t queued, idle, count, threads_max;
    pthread_t *threads;
    bool closing;
};

static struct worker_job *take(struct workers *w)
{
    struct worker_job *job = w->first;

    if (!job)
        return NULL;
    w->first = job->next;
    if (!w->first)
        w->last = NULL;
    w->queued--;
    return job;
}

static void *work(void *data)
{
    struct workers *w = data;
    struct worker_job *job;

    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!(job = take(w)) && !w->closing) {
            w->idle++;
            pthread_cond_wait(&w->wake, &w->lock);
            w->idle--;
        }
        if (!job)
            break;
        pthread_mutex_unlock(&w->lock);
        job->run(job);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

struct workers *workers_new(size_t threads_max)
{
    struct workers *w = memory_new(1, sizeof(*w));

    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    w->threads_max = threads_max;
    w->threads = memory_new(threads_max, sizeof(*w->threads));
    return w;
}

/* A thread less is slower, not wrong, as long as there is one. */
static void grow(struct workers *w)
{
    if (pthread_create(&w->threads[w->count], NULL, work, w) == 0) {
        w->count++;
        return;
    }
    log_event(LOG_WARN, "rpc", "cannot start another worker thread", NULL);
    if (w->count == 0)
        abort();
}

void workers_push(struct workers *w, struct worker_job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&w->lock);
    if (w->last)
        w->last->next = job;
    else
        w->first = job;
    w->last = job;
    w->queued++;
    /* idle counts threads that were woken but have not run yet too, hence the
     * comparison with what is queued rather than with zero. */
    if (w->idle < w->queued && w->count < w->threads_max)
        grow(w);
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

size_t workers_threads(struct workers *w)
{
    size_t count;

    pthread_mutex_lock(&w->lock);
    count = w->count;
    pthread_mutex_unlock(&w->lock);
    return count;
}

void workers_free(struct workers *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->closing = true;
    pthread_cond_broadcast(&w->wake);
    pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < w->count; i++)
        pthread_join(w->threads[i], NULL);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    memory_free(w->threads);
    memory_free(w);
}
