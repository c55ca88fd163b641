#include "aws/wait.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"

enum { PENDING_POLL_MIN_MS = 1000, PENDING_POLL_MAX_MS = 10 * 1000 };

/* Like value_walk(), but a list is entered at its first element. */
static const struct value *state_value(const struct value *output, const char *const *path)
{
    for (; *path; path++) {
        if (output->kind == VALUE_LIST)
            output = value_item(output, 0);
        output = value_at(output, *path);
    }
    return output;
}

static bool is_one_of(const char *state, const char *const *states)
{
    for (; states && *states; states++)
        if (strcmp(state, *states) == 0)
            return true;
    return false;
}

enum verdict { GO_ON, DONE, FAILED };

static enum verdict judge(const struct aws_wait *w, const struct value *output, const char *state,
                          int64_t since_ms)
{
    bool missing = !output || !*state;

    if (missing && w->until_gone)
        return DONE;
    if (missing)
        return w->may_be_missing && clock_monotonic_ms() - since_ms < AWS_VISIBLE_MS ? GO_ON
                                                                                     : FAILED;
    if (is_one_of(state, w->done))
        return DONE;
    return is_one_of(state, w->failed) ? FAILED : GO_ON;
}

static bool failed(struct call *c, const struct aws_wait *w, const char *state, const char *reason)
{
    return diag_error(c->diags, NULL, text_f(c->arena, "Waited in vain for %s", w->what), "%s%s%s",
                      *state ? "It is " : "It does not exist any more.", *state ? state : "",
                      *reason ? text_f(c->arena, ". %s", reason) : "");
}

bool aws_wait(struct call *c, struct aws *session, const struct aws_wait *w,
              const struct value *input,
              const char *(*explain)(struct arena *a, const struct value *output),
              const struct value **out)
{
    int64_t since_ms = clock_monotonic_ms(), pause_ms = w->poll_ms_min;
    const char *before = "";

    for (;;) {
        const char *state, *reason;
        enum verdict verdict;

        if (!aws_call(c, session, w->operation, input, out))
            return false;
        state = *out ? value_z(state_value(*out, w->path)) : "";
        verdict = judge(w, *out, state, since_ms);
        if (verdict == DONE)
            return true;
        reason = explain && *out ? explain(c->arena, *out) : "";
        if (verdict == FAILED)
            return failed(c, w, state, reason);
        if (strcmp(state, before) != 0)
            log_event(LOG_INFO, "aws", "waits", "for", w->what, "state", state, "reason", reason,
                      NULL);
        before = state;
        if (!call_wait_ms(
                c, pause_ms, w->what,
                text_f(c->arena, "Last seen: %s. %s", *state ? state : "not there yet", reason)))
            return false;
        pause_ms = pause_ms * 3 / 2 < w->poll_ms_max ? pause_ms * 3 / 2 : w->poll_ms_max;
    }
}

bool aws_call_until(struct call *c, struct aws *session, const struct aws_operation *operation,
                    const struct value *input, int64_t ms, const struct value **out)
{
    int64_t until = clock_monotonic_ms() + ms, pause_ms = PENDING_POLL_MIN_MS;

    for (;;) {
        struct aws_reply reply;

        *out = NULL;
        if (!aws_try(c, session, operation, input, &reply))
            return false;
        *out = reply.output;
        if (reply.output || aws_error_is(&reply.error, operation->gone))
            return true;
        if (!aws_error_is(&reply.error, operation->pending) || clock_monotonic_ms() >= until)
            return aws_refused(c, session, operation, "", &reply.error);
        if (!call_wait_ms(c, pause_ms, text_f(c->arena, "%s to be possible", operation->name),
                          reply.error.message))
            return false;
        pause_ms = pause_ms * 2 < PENDING_POLL_MAX_MS ? pause_ms * 2 : PENDING_POLL_MAX_MS;
    }
}
