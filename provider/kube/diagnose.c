#include "kube/diagnose.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "http/url.h"
#include "kube/client.h"

enum {
    EVENTS_SHOWN_MAX = 5,
    PODS_SHOWN_MAX = 5,
    LIST_MAX = 200,
    TEXT_BYTES_MAX = 4096,
    MESSAGE_BYTES_MAX = 300,
};

/* Items of a list that may fail without a word. */
static const struct value *items_quietly(struct call *c, struct kube *k, const char *target)
{
    const struct kube_subject about = {.verb = "look at"};
    const struct kube_request request = {.method = "GET", .target = target};
    const struct value *list;
    struct diags unheard;
    struct call quiet;

    diags_init(&unheard, c->arena);
    quiet = call_quietly(c, &unheard);
    return kube_ask(&quiet, k, &about, &request, &list) ? value_at(list, "items")
                                                        : &value_empty_list;
}

static const char *list_target(struct call *c, const char *namespace, const char *plural,
                               const char *selector_name, const char *selector)
{
    return text_f(
        c->arena, "/api/v1/namespaces/%s/%s%s", url_escape(c->arena, text_of(namespace), NULL),
        plural,
        url_query(c->arena, (const char *const[]){selector_name, selector, "limit",
                                                  text_f(c->arena, "%d", LIST_MAX), NULL}));
}

/* --- events ------------------------------------------------------------------- */

static const char *event_time(const struct value *event)
{
    const char *last = value_text(event, "lastTimestamp");

    return last[0] ? last : value_text(event, "eventTime");
}

/* RFC 3339 times of one zone sort as text. */
static int newest_first(const void *left, const void *right)
{
    const struct value *const *l = left, *const *r = right;

    return strcmp(event_time(*r), event_time(*l));
}

static void events_add(struct call *c, struct kube *k, const struct kube_ref *ref,
                       struct text_builder *b)
{
    const char *namespace = ref->namespace && ref->namespace[0] ? ref->namespace : "default";
    const char *selector =
        text_f(c->arena, "involvedObject.kind=%s,involvedObject.name=%s,type=Warning", ref->kind,
               ref->name);
    const struct value *events =
        items_quietly(c, k, list_target(c, namespace, "events", "fieldSelector", selector));
    size_t count = value_count(events);
    const struct value **sorted = arena_array(c->arena, count, sizeof(const struct value *));

    for (size_t i = 0; i < count; i++)
        sorted[i] = value_item(events, i);
    if (count)
        qsort(sorted, count, sizeof(const struct value *), newest_first);
    for (size_t i = 0; i < count && i < EVENTS_SHOWN_MAX; i++)
        text_add_f(b, "%s\n  %s %s: %s",
                   i ? "" : "\n\nWarnings of the object:", event_time(sorted[i]),
                   value_text(sorted[i], "reason"),
                   text_printable(c->arena, value_string_text(value_at(sorted[i], "message")),
                                  MESSAGE_BYTES_MAX));
}

/* --- pods --------------------------------------------------------------------- */

/* "a=b,c=d" of matchLabels; NULL when there are none, because an empty selector
 * would show everybody's pods. */
static const char *pod_selector(struct arena *a, const struct value *object)
{
    const struct value *labels = value_in(object, "spec", "selector", "matchLabels");
    struct text_builder b;

    if (!value_count(labels))
        return NULL;
    text_builder_init(&b, a, TEXT_BYTES_MAX);
    for (size_t i = 0; i < labels->map.count; i++)
        text_add_f(&b, "%s%s=%s", i ? "," : "", labels->map.entries[i].key,
                   value_z(labels->map.entries[i].value));
    return text_built(&b).at;
}

static const struct value *condition_of(const struct value *object, const char *type)
{
    const struct value *conditions = value_in(object, "status", "conditions");

    for (size_t i = 0; i < value_count(conditions); i++)
        if (strcmp(value_text(value_item(conditions, i), "type"), type) == 0)
            return value_item(conditions, i);
    return &value_null;
}

static bool is_ready(const struct value *pod)
{
    return strcmp(value_text(condition_of(pod, "Ready"), "status"), "True") == 0;
}

/* "container discovery: ImagePullBackOff: …" for each that does not run. */
static void containers_add(struct call *c, const struct value *statuses, struct text_builder *b)
{
    for (size_t i = 0; i < value_count(statuses); i++) {
        const struct value *container = value_item(statuses, i);
        const struct value *why = value_in(container, "state", "waiting");

        if (!value_is_set(why))
            why = value_in(container, "state", "terminated");
        if (!value_is_set(why) || value_flag(container, "ready"))
            continue;
        text_add_f(b, "; container %s: %s %s", value_text(container, "name"),
                   value_text(why, "reason"),
                   text_printable(c->arena, value_string_text(value_at(why, "message")),
                                  MESSAGE_BYTES_MAX));
    }
}

static void pod_add(struct call *c, const struct value *pod, struct text_builder *b)
{
    const struct value *scheduled = condition_of(pod, "PodScheduled");

    text_add_f(b, "\n  %s: %s", value_z(value_in(pod, "metadata", "name")),
               value_z(value_in(pod, "status", "phase")));
    if (strcmp(value_text(scheduled, "status"), "False") == 0)
        text_add_f(b, "; %s",
                   text_printable(c->arena, value_string_text(value_at(scheduled, "message")),
                                  MESSAGE_BYTES_MAX));
    containers_add(c, value_in(pod, "status", "initContainerStatuses"), b);
    containers_add(c, value_in(pod, "status", "containerStatuses"), b);
}

static void pods_add(struct call *c, struct kube *k, const struct kube_ref *ref,
                     const struct value *object, struct text_builder *b)
{
    const char *selector = pod_selector(c->arena, object);
    const struct value *pods;
    size_t shown = 0;

    if (!selector || !ref->namespace || !ref->namespace[0])
        return;
    pods = items_quietly(c, k, list_target(c, ref->namespace, "pods", "labelSelector", selector));
    for (size_t i = 0; i < value_count(pods) && shown < PODS_SHOWN_MAX; i++) {
        if (is_ready(value_item(pods, i)))
            continue;
        if (!shown++)
            text_add_z(b, "\n\nPods that are not ready:");
        pod_add(c, value_item(pods, i), b);
    }
}

const char *diagnose(struct call *c, struct kube *k, const struct kube_ref *ref,
                     const struct value *object)
{
    struct text_builder b;

    text_builder_init(&b, c->arena, TEXT_BYTES_MAX);
    events_add(c, k, ref, &b);
    pods_add(c, k, ref, object, &b);
    return text_built(&b).at;
}
