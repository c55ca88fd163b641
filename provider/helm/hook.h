/* hook - the head of a rendered document, and what its annotations say of hooks. */
#ifndef HELM_HOOK_H
#define HELM_HOOK_H
#include "helm/render.h"

enum { HOOK_EVENTS_MAX = 16 };

struct hook_head {
    const struct value *object; /* in: the document; kind and name as strings after */
    const char *kind, *name;    /* "" when not said */
    bool is_hook;
    const char *unknown; /* the annotation, when it names an event that Helm has not */
    const char *const *events;
    int64_t weight;
    unsigned delete_policy;
};

/* NULL, or what is wrong with the head in Helm's words: kind, name and annotations must
 * be scalars, the document a map. */
const char *hook_read(struct arena *a, struct hook_head *head);

#endif
