#include "kube/many.h"
#include "kube/set_parts.h"

static bool step_delete(struct call *c, struct kube *k, struct set_items items,
                        const struct kube_delete_options *options)
{
    struct kube_ref *refs = arena_array(c->arena, items.count, sizeof(*refs));
    const char **uids = arena_array(c->arena, items.count, sizeof(*uids));
    bool *gone = arena_array(c->arena, items.count, sizeof(*gone));
    bool done;

    for (size_t i = 0; i < items.count; i++) {
        refs[i] = items.all[i].ref;
        uids[i] = value_text(items.all[i].entry, "uid");
    }
    done = kube_delete_all(c, k, refs, uids, items.count, options, gone);
    for (size_t i = 0; i < items.count; i++)
        items.all[i].now = gone[i] ? NULL : items.all[i].entry;
    return done;
}

bool set_items_delete(struct call *c, struct kube *k, struct set_items *items,
                      const struct kube_delete_options *options)
{
    for (size_t i = 0; i < items->count; i++)
        items->all[i].now = items->all[i].entry;
    for (int step = SET_STEPS - 1; step >= 0; step--) {
        struct set_items some = set_items_of_step(items, (enum set_step)step);

        if (some.count && !step_delete(c, k, some, options))
            return false;
    }
    return true;
}

bool kube_set_delete(struct call *c, struct kube *k, const struct value *inventory,
                     const struct kube_delete_options *options, const struct value **left)
{
    struct set_items items = set_items_left(c->arena, inventory, &value_null);
    bool done = set_items_delete(c, k, &items, options);
    struct value_builder b;

    value_builder_init(&b, c->arena);
    for (size_t i = 0; i < items.count; i++)
        if (items.all[i].now)
            value_builder_push(&b, items.all[i].key, items.all[i].now);
    if (left)
        *left = value_builder_map(&b);
    return done;
}
