/* Waiting until the nodes of all new groups have joined, or those of others are replaced, or it
 * is plain that this will not be. EKS itself says so only after half an hour; what is behind a
 * group shows it within minutes. */
#include <string.h>

#include "aws/eks.h"
#include "base/clock.h"
#include "base/log.h"
#include "eks/nodegroup_parts.h"

enum {
    POLL_MIN_MS = 2000,
    POLL_MAX_MS = 15 * 1000,
    LOOK_AFTER_S = 60, /* before, there is nothing to be seen */
};

struct joining {
    struct nodegroup *group;
    const struct value *seen; /* group or update as found last; NULL = not visible yet */
    const char *status;
    bool over;
};

static bool is_one_of(const char *status, const char *const *states)
{
    for (; *states; states++)
        if (strcmp(status, *states) == 0)
            return true;
    return false;
}

static void note(struct joining *j)
{
    const char *status = j->seen ? value_text(j->seen, "status") : "not there yet";

    if (strcmp(status, j->status) != 0)
        log_event(LOG_INFO, "eks", "waits", "for", j->group->step.what, "state", status, NULL);
    j->status = status;
}

/* Always false: the wait for this one is over. */
static bool end(struct joining *j, const char *why)
{
    j->over = true;
    return step_error(&j->group->step, NULL, "Its nodes do not join", "%s", why);
}

/* Is it time to look behind the group? */
static bool is_due(const struct nodegroup_work *w, const struct joining *j)
{
    return aws_now(w->aws) - value_integer_at(j->seen, "createdAt") >= LOOK_AFTER_S;
}

static bool judge(struct nodegroup_work *w, struct joining *j, int64_t since_ms)
{
    static const char *const failed[] = {"CREATE_FAILED", "DELETING", "DELETE_FAILED", NULL};
    const char *why;

    if (!j->seen)
        return clock_monotonic_ms() - since_ms < AWS_VISIBLE_MS ||
               end(j, "It does not exist any more. Plan and apply again.");
    j->over = strcmp(j->status, "ACTIVE") == 0;
    if (is_one_of(j->status, failed))
        return end(j, nodegroup_why_failed(w, &j->group->step, j->seen));
    if (j->over || !is_due(w, j))
        return true;
    why = nodegroup_why(w, &j->group->step, j->seen);
    return !*why || end(j, why);
}

/* Launches alone tell something of an update: the old nodes run, and are ready. How it ended
 * says updated(). */
static bool poll_update(struct nodegroup_work *w, struct joining *j, bool *fine)
{
    const struct step *s = &j->group->step;
    struct arena *a = w->call->arena;
    const struct value *output;
    const char *why;

    if (!aws_call(w->call, w->aws, &eks_describe_update,
                  value_map_of(a, {"name", value_string(a, s->cluster)},
                               {"updateId", value_string(a, j->group->update_id)},
                               {s->member, value_string(a, s->name)}),
                  &output))
        return false;
    j->seen = output ? value_at(output, "update") : NULL;
    note(j);
    j->over = strcmp(j->status, "InProgress") != 0;
    if (j->over || !is_due(w, j))
        return true;
    why = nodegroup_why_launches(w, s, j->group->found);
    if (!*why)
        return true;
    j->over = true;
    j->group->update_id = "";
    *fine = step_error(s, NULL, "Its nodes cannot be replaced", "%s", why);
    return true;
}

static bool poll(struct nodegroup_work *w, struct joining *j, int64_t since_ms, bool *fine)
{
    const struct step *s = &j->group->step;

    if (*j->group->update_id)
        return poll_update(w, j, fine);
    if (!eks_describe_nodegroup(w->call, w->aws, s->cluster, s->name, &j->seen))
        return false;
    note(j);
    *fine = judge(w, j, since_ms) && *fine;
    return true;
}

static const char *last_seen(struct arena *a, const struct joining *list, size_t count)
{
    const char *text = "";

    for (size_t i = 0; i < count; i++)
        if (!list[i].over)
            text = text_f(a, "%s%s is %s. %s\n", text, list[i].group->step.what, list[i].status,
                          nodegroup_health(a, list[i].seen));
    return text;
}

static bool all_over(const struct joining *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!list[i].over)
            return false;
    return true;
}

/* One that fails does not end the wait for the others: all that is wrong is told at once. */
static bool wait_for(struct nodegroup_work *w, struct joining *list, size_t count)
{
    int64_t since_ms = clock_monotonic_ms(), pause_ms = POLL_MIN_MS;
    bool fine = true;

    for (;;) {
        for (size_t i = 0; i < count; i++)
            if (!list[i].over && !poll(w, &list[i], since_ms, &fine))
                return false;
        if (all_over(list, count))
            return fine;
        if (!call_wait_ms(w->call, pause_ms, "nodes of node groups",
                          last_seen(w->call->arena, list, count)))
            return false;
        pause_ms = pause_ms * 3 / 2 < POLL_MAX_MS ? pause_ms * 3 / 2 : POLL_MAX_MS;
    }
}

bool nodegroup_join(struct nodegroup_work *w, struct nodegroup *all, size_t count)
{
    struct joining *list = arena_array(w->call->arena, count + 1, sizeof(*list));
    size_t waiting = 0;

    for (size_t i = 0; i < count; i++)
        if (all[i].made || *all[i].update_id || nodegroup_is(&all[i], "CREATING"))
            list[waiting++] = (struct joining){.group = &all[i], .status = ""};
    return wait_for(w, list, waiting);
}
