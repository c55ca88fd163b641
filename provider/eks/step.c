#include "eks/step.h"

#include <string.h>

#include "aws/eks.h"
#include "base/clock.h"
#include "eks/cluster_tag.h"

enum { POLL_MIN_MS = 1000, POLL_MAX_MS = 10 * 1000 };

const struct value *step_input(const struct step *s)
{
    struct arena *a = s->call->arena;

    return value_map_of(a, {"clusterName", value_string(a, s->cluster)},
                        {s->member, value_string(a, s->name)});
}

/* --- reporting ----------------------------------------------------------------------------- */

static const struct path *place(const struct step *s, const char *argument)
{
    return s->at && argument ? path_name(s->call->arena, s->at, argument) : s->at;
}

bool step_error(const struct step *s, const char *argument, const char *summary, const char *format,
                ...)
{
    struct arena *a = s->call->arena;
    va_list arguments;
    const char *detail;

    va_start(arguments, format);
    detail = text_fv(a, format, arguments);
    va_end(arguments);
    return diag_error(s->call->diags, place(s, argument), text_f(a, "%s: %s", s->what, summary),
                      "%s", detail);
}

static const char *blamed(const struct step *s, const char *detail)
{
    for (size_t i = 0; s->blame && s->blame[i][0]; i++)
        if (strstr(detail, s->blame[i][0]))
            return s->blame[i][1];
    return NULL;
}

const char *step_advice_on(const struct step_advice *rows, const char *reason)
{
    for (; rows && rows->word; rows++)
        if (strstr(reason, rows->word))
            return rows->text;
    return "";
}

/* What a lower layer has said, with our name and place. Always false. */
static bool retold(const struct step *s, const struct diags *said)
{
    for (const struct diag *d = said->first; d; d = d->next) {
        const char *advice = step_advice_on(s->advice, d->detail);

        if (d->severity == DIAG_ERROR)
            step_error(s, blamed(s, d->detail), d->summary, "%s%s%s", d->detail, *advice ? " " : "",
                       advice);
        else
            diag_warning(s->call->diags, s->at, d->summary, "%s", d->detail);
    }
    return false;
}

/* --- requests -------------------------------------------------------------------------------- */

/* EKS tells only in words that it does not see a role or a template yet. */
static bool is_spreading(const struct aws_error *error)
{
    static const char *const things[] = {"role", "Role", "template", "trust", NULL};
    static const char *const ways[] = {"does not exist",       "cannot be found", "not found",
                                       "could not be assumed", "trust",           NULL};
    bool thing = false, way = false;

    if (strcmp(error->code, "ResourcePropagationDelayException") == 0)
        return true;
    for (size_t i = 0; things[i]; i++)
        thing = thing || strstr(error->message, things[i]);
    for (size_t i = 0; ways[i]; i++)
        way = way || strstr(error->message, ways[i]);
    return thing && way;
}

/* Until when a refusal of this kind is worth another try. */
static int64_t patience(const struct call *c, const struct aws_operation *operation,
                        const struct aws_error *error, int64_t since_ms)
{
    static const char *const busy[] = {"ResourceInUseException", NULL};

    if (aws_error_is(error, busy))
        return aws_error_is(error, operation->pending) ? c->deadline_ms : 0;
    return aws_error_is(error, operation->pending) && is_spreading(error)
               ? since_ms + AWS_VISIBLE_MS
               : 0;
}

static bool call_patiently(struct call *c, struct aws *aws, const struct aws_operation *operation,
                           const struct value *input, const struct value **out)
{
    int64_t since_ms = clock_monotonic_ms(), pause_ms = POLL_MIN_MS;

    for (;;) {
        struct aws_reply reply;

        *out = NULL;
        if (!aws_try(c, aws, operation, input, &reply))
            return false;
        *out = reply.output;
        if (reply.output || aws_error_is(&reply.error, operation->gone))
            return true;
        if (aws_error_is(&reply.error, operation->exists))
            return true;
        if (clock_monotonic_ms() >= patience(c, operation, &reply.error, since_ms))
            return aws_refused(c, aws, operation, "", &reply.error);
        if (!call_wait_ms(c, pause_ms, text_f(c->arena, "%s to be possible", operation->name),
                          reply.error.message))
            return false;
        pause_ms = pause_ms * 2 < POLL_MAX_MS ? pause_ms * 2 : POLL_MAX_MS;
    }
}

bool step_call(const struct step *s, const struct aws_operation *operation,
               const struct value *input, const struct value **out)
{
    struct diags said;
    struct call quiet;

    diags_init(&said, s->call->arena);
    quiet = call_quietly(s->call, &said);
    return call_patiently(&quiet, s->aws, operation, input, out) || retold(s, &said);
}

/* --- waiting ---------------------------------------------------------------------------------- */

static bool wait_for(const struct step *s, const struct aws_wait *wait, const struct value *input,
                     int64_t ms)
{
    int64_t until_ms = clock_monotonic_ms() + ms;
    const struct value *output;
    struct diags said;
    struct call quiet;

    diags_init(&said, s->call->arena);
    quiet = call_quietly(s->call, &said);
    quiet.deadline_ms = until_ms < quiet.deadline_ms ? until_ms : quiet.deadline_ms;
    return aws_wait(&quiet, s->aws, wait, input, eks_explain, &output) || retold(s, &said);
}

bool step_wait(const struct step *s, const struct aws_wait *wait, int64_t ms)
{
    return wait_for(s, wait, step_input(s), ms);
}

bool step_wait_update(const struct step *s, const char *update_id, int64_t ms)
{
    struct arena *a = s->call->arena;

    return wait_for(s, &eks_update_successful,
                    value_map_of(a, {"name", value_string(a, s->cluster)},
                                 {"updateId", value_string(a, update_id)},
                                 {s->member, value_string(a, s->name)}),
                    ms);
}

/* --- tags ---------------------------------------------------------------------------------------
 */

bool step_tag(const struct step *s, const char *arn, const struct value *now,
              const struct value *wanted, const struct value *old)
{
    struct arena *a = s->call->arena;
    const struct value *missing = cluster_tags_missing(a, now, wanted),
                       *dropped = cluster_tags_dropped(a, now, wanted, old), *output;

    if (value_count(missing) &&
        !step_call(s, &eks_tag_resource,
                   value_map_of(a, {"resourceArn", value_string(a, arn)}, {"tags", missing}),
                   &output))
        return false;
    return !value_count(dropped) ||
           step_call(s, &eks_untag_resource,
                     value_map_of(a, {"resourceArn", value_string(a, arn)},
                                  {"tagKeys", cluster_tag_keys(a, dropped)}),
                     &output);
}
