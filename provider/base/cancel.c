#include "base/cancel.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include "base/arena.h"

enum { HOOKS_MAX = 8 };

struct hook {
    void (*run)(void *data);
    void *data;
};

struct cancel {
    atomic_bool fired;
    pthread_mutex_t lock; /* guards hooks; the condition is `fired` */
    pthread_cond_t wake;
    struct hook hooks[HOOKS_MAX];
    size_t hook_count;
};

struct cancel *cancel_new(void)
{
    struct cancel *c = memory_new(1, sizeof(*c));
    pthread_condattr_t attributes;

    pthread_mutex_init(&c->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&c->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    return c;
}

void cancel_free(struct cancel *c)
{
    if (!c)
        return;
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->lock);
    memory_free(c);
}

void cancel_fire(struct cancel *c)
{
    size_t count;

    pthread_mutex_lock(&c->lock);
    count = atomic_exchange(&c->fired, true) ? 0 : c->hook_count;
    pthread_cond_broadcast(&c->wake);
    pthread_mutex_unlock(&c->lock);
    for (size_t i = 0; i < count; i++)
        c->hooks[i].run(c->hooks[i].data);
}

bool cancel_fired(const struct cancel *c)
{
    return atomic_load(&c->fired);
}

bool cancel_wait_ms(struct cancel *c, int64_t ms)
{
    struct timespec until;
    bool fired;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&c->lock);
    while (!atomic_load(&c->fired) &&
           pthread_cond_timedwait(&c->wake, &c->lock, &until) != ETIMEDOUT)
        continue;
    fired = atomic_load(&c->fired);
    pthread_mutex_unlock(&c->lock);
    return fired;
}

void cancel_on_fire(struct cancel *c, void (*hook)(void *data), void *data)
{
    bool late;

    pthread_mutex_lock(&c->lock);
    late = atomic_load(&c->fired);
    if (!late) {
        assert(c->hook_count < HOOKS_MAX);
        c->hooks[c->hook_count++] = (struct hook){hook, data};
    }
    pthread_mutex_unlock(&c->lock);
    if (late)
        hook(data);
}
