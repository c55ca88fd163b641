#include "source/store.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/test.h"

/* A call of its own on a thread of its own, that takes a key. */
struct taker {
    struct chart_store *store;
    struct cancel *cancel;
    const char *key, *gives; /* gives NULL: releases what it holds */
    int64_t timeout_ms;
    pthread_t thread;
    struct arena *arena;
    bool done, held;
    char *got, *said;
};

static void *take(void *data)
{
    struct taker *t = data;
    struct stored what;
    struct diags diags;
    struct call c = {.diags = &diags, .cancel = t->cancel};

    t->arena = arena_new();
    c.arena = t->arena;
    c.deadline_ms = clock_monotonic_ms() + t->timeout_ms;
    diags_init(&diags, t->arena);
    t->done = store_take(&c, t->store, t->key, &t->held, &what);
    if (t->held && t->gives) {
        what = (struct stored){text_of(t->gives), NULL};
        store_give(t->store, t->key, &what, &what);
    } else if (t->held) {
        store_release(t->store, t->key);
    }
    t->got = text_z(t->arena, what.bytes);
    t->said = diags.first ? arena_strdup(t->arena, diags.first->summary) : NULL;
    return NULL;
}

static void begin(struct taker *t)
{
    assert_int_equal(pthread_create(&t->thread, NULL, take, t), 0);
}

static void finish(struct taker *t)
{
    pthread_join(t->thread, NULL);
}

struct bench {
    struct cancel *cancel;
    struct chart_store *store;
    struct diags diags;
    struct call call;
};

static struct bench bench_new(struct arena *a)
{
    struct bench b = {.cancel = cancel_new(), .store = chart_store_new(NULL)};

    b.call =
        (struct call){.arena = a, .cancel = b.cancel, .deadline_ms = clock_monotonic_ms() + 60000};
    return b;
}

static void bench_free(struct bench *b)
{
    chart_store_free(b->store);
    cancel_free(b->cancel);
}

TEST(gives_what_was_given)
{
    struct bench b = bench_new(a);
    struct stored what;
    bool held;

    assert_true(store_take(&b.call, b.store, "k", &held, &what));
    assert_true(held);
    what = (struct stored){{"a\0b", 3}, value_map_of(a, {"x", &value_true})};
    store_give(b.store, "k", &what, &what);
    for (int i = 0; i < 2; i++) {
        assert_true(store_take(&b.call, b.store, "k", &held, &what));
        assert_false(held);
        assert_true(text_equal(what.bytes, (struct text){"a\0b", 3}));
        assert_true(value_flag(what.value, "x"));
    }
    assert_true(store_take(&b.call, b.store, "other", &held, &what));
    assert_true(held);
    bench_free(&b);
}

/* Many want one thing: one fetches it, the others get it. */
TEST(fetches_once)
{
    struct bench b = bench_new(a);
    struct taker takers[16];
    size_t fetched = 0;

    for (size_t i = 0; i < 16; i++) {
        takers[i] = (struct taker){.store = b.store,
                                   .cancel = b.cancel,
                                   .key = "k",
                                   .gives = "chart",
                                   .timeout_ms = 60000};
        begin(&takers[i]);
    }
    for (size_t i = 0; i < 16; i++) {
        finish(&takers[i]);
        assert_true(takers[i].done);
        assert_string_equal(takers[i].got, "chart");
        fetched += takers[i].held;
        arena_free(takers[i].arena);
    }
    assert_int_equal(fetched, 1);
    bench_free(&b);
}

/* One fails, the next tries. */
TEST(passes_on_after_a_failure)
{
    struct bench b = bench_new(a);
    struct taker next = {
        .store = b.store, .cancel = b.cancel, .key = "k", .gives = "chart", .timeout_ms = 60000};
    struct stored what;
    bool held;

    assert_true(store_take(&b.call, b.store, "k", &held, &what) && held);
    begin(&next);
    store_release(b.store, "k");
    finish(&next);
    assert_true(next.done && next.held);
    assert_true(store_take(&b.call, b.store, "k", &held, &what) && !held);
    assert_true(text_is(what.bytes, "chart"));
    arena_free(next.arena);
    bench_free(&b);
}

/* A waiter obeys its own deadline and its own cancellation, not the fetcher's. */
TEST(waits_as_long_as_it_may)
{
    struct bench b = bench_new(a);
    struct cancel *stop = cancel_new();
    struct taker late = {.store = b.store, .cancel = b.cancel, .key = "k", .timeout_ms = 1};
    struct taker stopped = {.store = b.store, .cancel = stop, .key = "k", .timeout_ms = 60000};
    struct stored what;
    bool held;

    assert_true(store_take(&b.call, b.store, "k", &held, &what) && held);
    begin(&late);
    begin(&stopped);
    cancel_fire(stop);
    finish(&late);
    finish(&stopped);
    assert_false(late.done || stopped.done);
    assert_string_equal(late.said, "Timed out waiting for a chart");
    assert_string_equal(stopped.said, "Interrupted");
    store_release(b.store, "k");
    assert_true(store_take(&b.call, b.store, "k", &held, &what) && held);
    arena_free(late.arena);
    arena_free(stopped.arena);
    cancel_free(stop);
    bench_free(&b);
}
