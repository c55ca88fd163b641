/* timer - many points in time, the earliest first: a binary heap.
 *
 * A timer is embedded in what it wakes; the heap borrows it until it is
 * removed. Not thread-safe. */
#ifndef HTTP_TIMER_H
#define HTTP_TIMER_H
#include <stddef.h>
#include <stdint.h>

struct timer {
    int64_t due_ms;
    size_t place; /* in the heap, from 1; 0 = not in it */
    void *owner;
};

struct timers {
    struct timer **heap; /* heap[0] is not used */
    size_t count, capacity;
};

/* Adds the timer or moves it to another time. */
void timer_set(struct timers *timers, struct timer *timer, int64_t due_ms);
/* A timer that is not set is left alone. */
void timer_remove(struct timers *timers, struct timer *timer);
/* NULL when there is none. */
struct timer *timer_first(const struct timers *timers);
void timers_clear(struct timers *timers);

#endif
