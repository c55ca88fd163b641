#include "http/timer.h"

#include "base/arena.h"

static void put(struct timers *timers, size_t place, struct timer *timer)
{
    timers->heap[place] = timer;
    timer->place = place;
}

static void move_up(struct timers *timers, struct timer *timer)
{
    size_t place = timer->place;

    for (; place > 1 && timers->heap[place / 2]->due_ms > timer->due_ms; place /= 2)
        put(timers, place, timers->heap[place / 2]);
    put(timers, place, timer);
}

static void move_down(struct timers *timers, struct timer *timer)
{
    size_t place = timer->place;

    for (size_t child; (child = place * 2) <= timers->count; place = child) {
        if (child < timers->count && timers->heap[child + 1]->due_ms < timers->heap[child]->due_ms)
            child++;
        if (timers->heap[child]->due_ms >= timer->due_ms)
            break;
        put(timers, place, timers->heap[child]);
    }
    put(timers, place, timer);
}

void timer_set(struct timers *timers, struct timer *timer, int64_t due_ms)
{
    if (!timer->place) {
        if (timers->count + 1 >= timers->capacity) {
            timers->capacity = timers->capacity ? timers->capacity * 2 : 64;
            timers->heap = memory_resize(timers->heap, timers->capacity * sizeof(struct timer *));
        }
        put(timers, ++timers->count, timer);
    }
    timer->due_ms = due_ms;
    move_up(timers, timer);
    move_down(timers, timer);
}

void timer_remove(struct timers *timers, struct timer *timer)
{
    struct timer *last;

    if (!timer->place)
        return;
    last = timers->heap[timers->count--];
    if (last != timer) {
        put(timers, timer->place, last);
        move_up(timers, last);
        move_down(timers, last);
    }
    timer->place = 0;
}

struct timer *timer_first(const struct timers *timers)
{
    return timers->count ? timers->heap[1] : NULL;
}

void timers_clear(struct timers *timers)
{
    memory_free(timers->heap);
    *timers = (struct timers){0};
}
