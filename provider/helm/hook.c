#include "helm/hook.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "helm/document.h"

static const char *const events[] = {
    "pre-install",  "post-install", "pre-delete",    "post-delete", "pre-upgrade",
    "post-upgrade", "pre-rollback", "post-rollback", "test",
};

static const char *lower(struct arena *a, struct text t)
{
    char *z = text_z(a, text_trim(t));

    for (char *at = z; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return z;
}

static const char *event_of(const char *name)
{
    if (strcmp(name, "test-success") == 0) /* Helm 2 called it so */
        return "test";
    for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
        if (strcmp(name, events[i]) == 0)
            return events[i];
    return NULL;
}

static void read_events(struct arena *a, struct hook_head *head, const char *annotation)
{
    const char **list = arena_array(a, HOOK_EVENTS_MAX + 1, sizeof(*list));
    struct text rest = text_of(annotation), name;
    size_t count = 0;

    while (text_split(&rest, ',', &name)) {
        const char *event = event_of(lower(a, name));

        if (!event || count == HOOK_EVENTS_MAX) {
            head->unknown = annotation;
            return;
        }
        list[count++] = event;
    }
    if (count == 0)
        head->unknown = annotation;
    head->events = list;
}

static unsigned policy_of(struct arena *a, const char *annotation)
{
    struct text rest = text_of(annotation), name;
    unsigned policy = 0;

    while (text_split(&rest, ',', &name)) {
        const char *word = lower(a, name);

        if (strcmp(word, "before-hook-creation") == 0)
            policy |= HOOK_DELETE_BEFORE_CREATION;
        else if (strcmp(word, "hook-succeeded") == 0)
            policy |= HOOK_DELETE_SUCCEEDED;
        else if (strcmp(word, "hook-failed") == 0)
            policy |= HOOK_DELETE_FAILED;
    }
    return policy;
}

/* A weight that is no number is 0. */
static int64_t weight_of(const char *annotation)
{
    char *end;
    long long weight = strtoll(annotation, &end, 10);

    return annotation[0] && !isspace((unsigned char)annotation[0]) && *end == '\0' ? weight : 0;
}

static const char *text_at(struct arena *a, const struct value *map, const char *key,
                           const char *place, const char **out)
{
    const struct value *v = value_at(map, key);

    *out = "";
    if (document_scalar(a, v, out))
        return NULL;
    return text_f(a, "%s%s is a %s, not a string.", place, key, value_kind_name(v));
}

static const char *read_annotations(struct arena *a, struct hook_head *head,
                                    const struct value *annotations)
{
    const char *hook, *weight, *policy, *word, *fault;

    for (size_t i = 0; i < value_count(annotations); i++) {
        fault = text_at(a, annotations, annotations->map.entries[i].key,
                        "metadata.annotations: ", &word);
        if (fault)
            return fault;
    }
    head->is_hook = value_has(annotations, "helm.sh/hook");
    if (!head->is_hook)
        return NULL;
    text_at(a, annotations, "helm.sh/hook", "", &hook);
    text_at(a, annotations, "helm.sh/hook-weight", "", &weight);
    text_at(a, annotations, "helm.sh/hook-delete-policy", "", &policy);
    read_events(a, head, hook);
    head->weight = weight_of(weight);
    head->delete_policy = policy[0] ? policy_of(a, policy) : HOOK_DELETE_BEFORE_CREATION;
    return NULL;
}

static const char *read_metadata(struct arena *a, struct hook_head *head,
                                 const struct value *metadata)
{
    const struct value *annotations = value_at(metadata, "annotations");
    const char *fault;

    if (value_is_null(metadata))
        return NULL;
    if (metadata->kind != VALUE_MAP)
        return text_f(a, "metadata is a %s, not a map.", value_kind_name(metadata));
    fault = text_at(a, metadata, "name", "metadata.", &head->name);
    if (fault || value_is_null(annotations))
        return fault;
    if (annotations->kind != VALUE_MAP)
        return text_f(a, "metadata.annotations is a %s, not a map.", value_kind_name(annotations));
    return read_annotations(a, head, annotations);
}

const char *hook_read(struct arena *a, struct hook_head *head)
{
    const char *fault, *version;

    *head = (struct hook_head){.object = head->object, .kind = "", .name = ""};
    if (value_is_null(head->object))
        return NULL;
    if (head->object->kind != VALUE_MAP)
        return text_f(a, "The document is a %s, not a map.", value_kind_name(head->object));
    fault = text_at(a, head->object, "kind", "", &head->kind);
    if (!fault)
        fault = text_at(a, head->object, "apiVersion", "", &version);
    return fault ? fault : read_metadata(a, head, value_at(head->object, "metadata"));
}
