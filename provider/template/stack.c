#include "template/stack.h"

#include <pthread.h>

enum {
    FIRST_BYTES = 256 * 1024, /* of the caller's stack, whose size is not ours to know */
    OWN_BYTES = 24 << 20,
    OWN_USED_BYTES = 16 << 20, /* the rest is for one template and the functions it calls */
    HOPS_MAX = 32,
};

struct hop {
    struct template_run *run;
    void (*work)(void *data);
    void *data;
};

static const char *here(void)
{
    return __builtin_frame_address(0);
}

void stack_begin(struct template_run *run)
{
    run->stack = here();
    run->stack_bytes = FIRST_BYTES;
}

static void *hop_main(void *data)
{
    struct hop *hop = data;

    hop->run->stack = here();
    hop->run->stack_bytes = OWN_USED_BYTES;
    hop->work(hop->data);
    return NULL;
}

static bool start(pthread_t *thread, struct hop *hop)
{
    pthread_attr_t attributes;
    bool started;

    if (pthread_attr_init(&attributes) != 0)
        return false;
    started = pthread_attr_setstacksize(&attributes, OWN_BYTES) == 0 &&
              pthread_create(thread, &attributes, hop_main, hop) == 0;
    (void)pthread_attr_destroy(&attributes);
    return started;
}

bool stack_call(struct template_run *run, void (*work)(void *data), void *data)
{
    const char *stack = run->stack, *now = here();
    size_t bytes = run->stack_bytes, used = (size_t)(now < stack ? stack - now : now - stack);
    struct hop hop = {run, work, data};
    pthread_t thread;

    if (used < run->stack_bytes) {
        work(data);
        return true;
    }
    if (run->hops >= HOPS_MAX || !start(&thread, &hop))
        return false;
    run->hops++;
    (void)pthread_join(thread, NULL);
    run->hops--;
    run->stack = stack;
    run->stack_bytes = bytes;
    return true;
}
