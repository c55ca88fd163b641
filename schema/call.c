#include "schema/call.h"

#include "base/clock.h"

enum { DEADLINE_DEFAULT_MS = 60 * 60 * 1000 };

void call_init(struct call *c, struct arena *a, struct diags *d, struct cancel *cancel,
               const struct clients *clients)
{
    *c = (struct call){
        .arena = a,
        .diags = d,
        .cancel = cancel,
        .clients = clients,
        .deadline_ms = clock_monotonic_ms() + DEADLINE_DEFAULT_MS,
        .config = &value_null,
        .private_data = &value_null,
    };
}

int64_t call_left_ms(const struct call *c)
{
    int64_t left = c->deadline_ms - clock_monotonic_ms();

    return left > 0 ? left : 0;
}

bool call_wait_ms(struct call *c, int64_t ms, const char *what, const char *last_seen)
{
    int64_t left = call_left_ms(c);
    bool late = left < ms;

    if (cancel_wait_ms(c->cancel, late ? left : ms))
        return diag_error(c->diags, NULL, "Interrupted",
                          "Terraform was stopped while waiting for %s. What was done so far is "
                          "kept in the state; the next apply goes on from there. %s",
                          what, last_seen ? last_seen : "");
    if (late)
        return diag_error(c->diags, NULL, text_f(c->arena, "Timed out waiting for %s", what), "%s",
                          last_seen ? last_seen : "");
    return true;
}

struct call call_quietly(const struct call *c, struct diags *other)
{
    struct call quiet = *c;

    quiet.diags = other;
    return quiet;
}
