#include "base/cancel.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/test.h"

static void count_up(void *data)
{
    ++*(int *)data;
}

TEST(hooks_run_once)
{
    struct cancel *c = cancel_new();
    int early = 0, late = 0;

    cancel_on_fire(c, count_up, &early);
    assert_false(cancel_fired(c));
    assert_int_equal(early, 0);
    cancel_fire(c);
    assert_true(cancel_fired(c));
    assert_int_equal(early, 1);
    cancel_fire(c);
    assert_int_equal(early, 1);
    cancel_on_fire(c, count_up, &late);
    assert_int_equal(late, 1);
    cancel_free(c);
    cancel_free(NULL);
}

TEST(waits_end_in_time)
{
    struct cancel *c = cancel_new();
    int64_t start = clock_monotonic_ms();

    assert_false(cancel_wait_ms(c, 0));
    assert_false(cancel_wait_ms(c, 20));
    assert_true(clock_monotonic_ms() - start >= 19);
    cancel_fire(c);
    assert_true(cancel_wait_ms(c, 600000));
    assert_true(cancel_wait_ms(c, 0));
    cancel_free(c);
}

enum { WAITERS = 8 };

static void *wait_long(void *data)
{
    return cancel_wait_ms(data, 600000) ? data : NULL;
}

TEST(firing_wakes_every_waiter)
{
    struct cancel *c = cancel_new();
    int64_t start = clock_monotonic_ms();
    pthread_t threads[WAITERS];
    void *woken;

    for (int i = 0; i < WAITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, wait_long, c), 0);
    cancel_fire(c);
    for (int i = 0; i < WAITERS; i++) {
        pthread_join(threads[i], &woken);
        assert_ptr_equal(woken, c);
    }
    assert_true(clock_monotonic_ms() - start < 60000);
    cancel_free(c);
}
