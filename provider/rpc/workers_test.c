#include <pthread.h>
#include <stdatomic.h>

#include "base/test.h"
#include "rpc/workers.h"

/* Jobs that finish only when all of them run at the same time: no sleeping, and
 * a pool that is too small would hang the test. */
struct meeting {
    pthread_barrier_t everyone;
    atomic_int done;
};

struct guest {
    struct worker_job job;
    struct meeting *meeting;
};

static void attend(struct worker_job *job)
{
    struct guest *guest = (struct guest *)job;

    pthread_barrier_wait(&guest->meeting->everyone);
    atomic_fetch_add(&guest->meeting->done, 1);
}

static void meet(struct workers *w, size_t count)
{
    struct guest guests[64];
    struct meeting meeting = {.done = 0};

    pthread_barrier_init(&meeting.everyone, NULL, (unsigned)count + 1);
    for (size_t i = 0; i < count; i++) {
        guests[i] = (struct guest){{.run = attend}, &meeting};
        workers_push(w, &guests[i].job);
    }
    pthread_barrier_wait(&meeting.everyone);
    while (atomic_load(&meeting.done) < (int)count)
        continue;
    pthread_barrier_destroy(&meeting.everyone);
}

TEST(grows_to_the_number_of_calls_in_flight)
{
    static const size_t counts[] = {1, 2, 10, 64};
    struct workers *w = workers_new(64);

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        meet(w, counts[i]);
    assert_true(workers_threads(w) >= 64);
    workers_free(w);
}

TEST(threads_are_used_again)
{
    struct workers *w = workers_new(64);

    meet(w, 32);
    for (int i = 0; i < 200; i++)
        meet(w, 2);
    /* A thread may still be on its way back when the next job comes. */
    assert_true(workers_threads(w) <= 64);
    workers_free(w);
}

struct counted {
    struct worker_job job;
    atomic_int *sum;
};

static void count(struct worker_job *job)
{
    atomic_fetch_add(((struct counted *)job)->sum, 1);
}

TEST(jobs_beyond_the_limit_wait_and_run)
{
    enum { JOBS = 5000 };
    struct workers *w = workers_new(3);
    struct counted *jobs = arena_array(a, JOBS, sizeof(*jobs));
    atomic_int sum = 0;

    for (int i = 0; i < JOBS; i++) {
        jobs[i] = (struct counted){{.run = count}, &sum};
        workers_push(w, &jobs[i].job);
    }
    assert_true(workers_threads(w) <= 3);
    workers_free(w);
    assert_int_equal(atomic_load(&sum), JOBS);
}

TEST(an_unused_pool_has_no_threads)
{
    struct workers *w = workers_new(8);

    assert_int_equal(workers_threads(w), 0);
    workers_free(w);
    workers_free(NULL);
}
