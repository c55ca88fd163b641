/* release_hooks - Jobs and other objects that a chart runs before and after an
 * operation: one at a time, by weight, each to its end. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "codec/yml.h"
#include "release/release_parts.h"

struct hook {
    const struct value *object; /* placed */
    struct kube_ref ref;
    const struct value *policies;
    int64_t weight;
    size_t place;
};
struct hooks {
    struct call *call;
    struct kube *kube;
    struct hook *all;
    size_t count;
};

static bool has_text(const struct value *list, const char *z)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_z(value_item(list, i)), z) == 0)
            return true;
    return false;
}

/* Equal weights keep the order that the renderer gave them. */
static int by_weight(const void *x, const void *y)
{
    const struct hook *a = x, *b = y;

    if (a->weight != b->weight)
        return a->weight < b->weight ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

static bool hook_read(struct hooks *h, const struct value *entry, const char *namespace)
{
    struct call *c = h->call;
    const char *what = text_f(c->arena, "Hook %s", value_text(entry, "name"));
    struct hook *hook = &h->all[h->count];
    const struct value *documents;

    if (!yml_read_all_lenient(c->arena, value_string_text(value_at(entry, "manifest")), what, NULL,
                              c->diags, &documents))
        return false;
    if (!value_count(documents))
        return true;
    *hook = (struct hook){.policies = value_at(entry, "delete_policies"),
                          .weight = value_integer_at(entry, "weight"),
                          .place = h->count};
    if (!release_placed(c, h->kube, namespace, &value_empty_list, value_item(documents, 0),
                        &hook->object))
        return false;
    hook->ref = kube_ref_of(hook->object);
    h->count++;
    return true;
}

/* Those of an event, or all (NULL). */
static bool hooks_read(struct hooks *h, const struct value *entries, const char *namespace,
                       const char *event)
{
    h->all = arena_array(h->call->arena, value_count(entries), sizeof(*h->all));
    for (size_t i = 0; i < value_count(entries); i++) {
        const struct value *entry = value_item(entries, i);

        if ((!event || has_text(value_at(entry, "events"), event)) &&
            !hook_read(h, entry, namespace))
            return false;
    }
    qsort(h->all, h->count, sizeof(*h->all), by_weight);
    return true;
}

/* --- running ------------------------------------------------------------------- */

/* A Pod is done when it has ended, not when it is ready. */
static enum kube_verdict pod_judge(struct call *c, void *data, const struct value *object,
                                   const char **last_seen)
{
    const char *phase = value_z(value_in(object, "status", "phase"));
    const struct kube_ref *ref = data;

    *last_seen = text_f(c->arena, "phase %s", phase[0] ? phase : "not set");
    if (strcmp(phase, "Succeeded") == 0)
        return KUBE_DONE;
    if (strcmp(phase, "Failed") != 0)
        return KUBE_NOT_YET;
    diag_error(
        c->diags, NULL, text_f(c->arena, "%s failed", kube_ref_text(c->arena, ref)), "%s",
        text_printable(c->arena, value_string_text(value_in(object, "status", "message")), 500));
    return KUBE_FAILED;
}

static bool hook_wait(struct hooks *h, struct hook *hook)
{
    const struct value *last;

    if (strcmp(hook->ref.kind, "Pod") == 0)
        return kube_wait_for(h->call, h->kube, &hook->ref, "end", pod_judge, &hook->ref, &last);
    if (strcmp(hook->ref.kind, "Job") == 0)
        return kube_wait_for(h->call, h->kube, &hook->ref, "complete", kube_judge_ready, NULL,
                             &last);
    return true;
}

static bool hook_delete(struct hooks *h, const struct hook *hook)
{
    const struct kube_delete_options options = {.wait = true};

    return release_is_crd(hook->object) || kube_delete(h->call, h->kube, &hook->ref, &options);
}

static bool hook_run(struct hooks *h, struct hook *hook)
{
    const struct value *live;
    bool by_default = !value_count(hook->policies);

    log_event(LOG_INFO, "helm", "running hook", "object", kube_ref_text(h->call->arena, &hook->ref),
              NULL);
    if ((by_default || has_text(hook->policies, "before-hook-creation")) && !hook_delete(h, hook))
        return false;
    return kube_apply(h->call, h->kube, hook->object, KUBE_FORCE, &live) && hook_wait(h, hook);
}

/* Of the failed one; quietly, because the failure itself is what matters. */
static void clean_after_failure(struct hooks *h, const struct hook *failed)
{
    struct diags unheard;
    struct hooks quietly = *h;
    struct call quiet;

    if (!has_text(failed->policies, "hook-failed"))
        return;
    diags_init(&unheard, h->call->arena);
    quiet = call_quietly(h->call, &unheard);
    quietly.call = &quiet;
    (void)hook_delete(&quietly, failed);
}

bool release_run_hooks(struct call *c, struct kube *k, const struct value *hooks,
                       const char *namespace, const char *event)
{
    struct hooks h = {.call = c, .kube = k};

    if (!hooks_read(&h, hooks, namespace, event))
        return false;
    for (size_t i = 0; i < h.count; i++)
        if (!hook_run(&h, &h.all[i])) {
            clean_after_failure(&h, &h.all[i]);
            return false;
        }
    for (size_t i = h.count; i-- > 0;)
        if (has_text(h.all[i].policies, "hook-succeeded") && !hook_delete(&h, &h.all[i]))
            return false;
    return true;
}

bool release_clear_hooks(struct call *c, struct kube *k, const struct value *hooks,
                         const char *namespace)
{
    struct hooks h = {.call = c, .kube = k};

    if (!hooks_read(&h, hooks, namespace, NULL))
        return false;
    for (size_t i = h.count; i-- > 0;) {
        const struct value *live;

        if (!kube_get(c, k, &h.all[i].ref, &live))
            return false;
        if (live && kube_is_ours(live) && !release_is_kept(live) && !hook_delete(&h, &h.all[i]))
            return false;
    }
    return true;
}
