#include <string.h>

#include "kube/client.h"
#include "kube/many.h"
#include "kube/set_parts.h"

/* One apply of a set. */
struct run {
    struct call *call;
    struct kube *kube;
    const struct kube_set_options *options;
    struct set_items items; /* that are to be applied */
};

bool set_items_look(struct call *c, struct kube *k, const char *label_selector,
                    struct set_items *items)
{
    struct kube_ref *refs = arena_array(c->arena, items->count, sizeof(*refs));
    const struct value **live = arena_array(c->arena, items->count, sizeof(struct value *));

    for (size_t i = 0; i < items->count; i++)
        refs[i] = items->all[i].ref;
    if (!kube_get_all(c, k, refs, items->count, label_selector, live))
        return false;
    for (size_t i = 0; i < items->count; i++)
        items->all[i].live = live[i];
    return true;
}

/* --- before anything is written ------------------------------------------------ */

static bool is_foreign(const struct set_item *item)
{
    const char *uid = value_text(item->entry, "uid");

    return item->live && !set_is_going(item->live) && !kube_is_ours(item->live) &&
           (!uid[0] || strcmp(uid, set_uid(item->live)) != 0);
}

static bool refuse_foreign(struct run *r)
{
    bool fine = true;

    for (size_t i = 0; i < r->items.count; i++) {
        const struct set_item *item = &r->items.all[i];
        const struct kube_subject about = {
            .verb = "apply", .ref = &item->ref, .import_hint = r->options->import_hint};

        if (r->options->flags & KUBE_NEW_ONLY && is_foreign(item))
            fine = kube_exists(r->call, r->kube, &about);
    }
    return fine;
}

/* --- one step ------------------------------------------------------------------ */

/* What is applied to an object that is being deleted goes with it. */
static bool wait_for_going(struct run *r, const struct set_items *items)
{
    const struct value *none;

    for (size_t i = 0; i < items->count; i++)
        if (set_is_going(items->all[i].live) &&
            !kube_wait_for(r->call, r->kube, &items->all[i].ref,
                           "be deleted before it is made anew", kube_judge_gone, NULL, &none))
            return false;
    return true;
}

/* The same content as before keeps its digest, so that nothing seems to change. */
static bool take_result(struct run *r, struct set_item *item, const struct value *live)
{
    struct call *c = r->call;
    bool agrees;

    live = r->options->view ? r->options->view(c->arena, live) : live;
    if (!set_digest_agrees(c, item->entry, live, &agrees) || !set_entry_of(c, live, &item->now))
        return false;
    if (agrees)
        item->now = value_with(c->arena, item->now, "digest", value_at(item->entry, "digest"));
    return true;
}

static bool apply_items(struct run *r, struct set_items items)
{
    struct call *c = r->call;
    const struct value **objects = arena_array(c->arena, items.count, sizeof(struct value *));
    const struct value **results = arena_array(c->arena, items.count, sizeof(struct value *));
    bool done;

    for (size_t i = 0; i < items.count; i++)
        objects[i] = items.all[i].object;
    done = kube_apply_all(c, r->kube, objects, items.count,
                          r->options->flags & ~(unsigned)KUBE_NEW_ONLY, results);
    for (size_t i = 0; i < items.count; i++)
        if (results[i] && !take_result(r, &items.all[i], results[i]))
            done = false;
    return done;
}

/* Until custom objects of the kind can be written. */
static bool wait_for_definition(struct run *r, const struct set_item *item)
{
    struct call *c = r->call;
    const struct value *spec = value_at(item->object, "spec"), *live;
    const struct value *versions = value_at(spec, "versions");
    struct kube_resource resource;

    if (strcmp(item->ref.kind, "CustomResourceDefinition") != 0)
        return true;
    if (!kube_wait_for(c, r->kube, &item->ref, "be established", kube_judge_ready, NULL, &live))
        return false;
    for (size_t i = 0; i < value_count(versions); i++) {
        const char *version = value_text(value_item(versions, i), "name");

        if (value_flag(value_item(versions, i), "served") &&
            !kube_wait_for_kind(c, r->kube,
                                text_f(c->arena, "%s/%s", value_text(spec, "group"), version),
                                value_z(value_in(spec, "names", "kind")), &resource))
            return false;
    }
    return true;
}

static bool run_step(struct run *r, enum set_step step)
{
    struct set_items items = set_items_of_step(&r->items, step);

    if (!items.count)
        return true;
    if (!wait_for_going(r, &items) || !apply_items(r, items))
        return false;
    for (size_t i = 0; step == SET_DEFINITIONS && i < items.count; i++)
        if (!wait_for_definition(r, &items.all[i]))
            return false;
    return true;
}

static bool look(struct run *r)
{
    struct set_index live;

    if (!r->options->live)
        return set_items_look(r->call, r->kube, NULL, &r->items);
    live = set_index_of(r->call->arena, r->options->live);
    for (size_t i = 0; i < r->items.count; i++) {
        const struct value *found = set_index_at(&live, r->items.all[i].key);

        r->items.all[i].live = value_is_null(found) ? NULL : found;
    }
    return true;
}

static bool run_steps(struct run *r)
{
    if (!r->items.count)
        return true;
    if (!look(r) || !refuse_foreign(r))
        return false;
    for (int step = 0; step < SET_STEPS; step++)
        if (!run_step(r, (enum set_step)step))
            return false;
    return true;
}

/* --- what the objects lack ------------------------------------------------------- */

/* An object may have got another key (its group was renamed): it is no leftover. */
static struct set_items without_renamed(struct arena *a, struct set_items left,
                                        const struct set_items *wanted)
{
    struct value_builder b;
    struct set_index uids;
    size_t kept = 0;

    value_builder_init(&b, a);
    for (size_t i = 0; i < wanted->count; i++)
        if (value_text(wanted->all[i].now, "uid")[0])
            value_builder_push(&b, value_text(wanted->all[i].now, "uid"), &value_true);
    uids = set_index_of(a, value_builder_map(&b));
    for (size_t i = 0; i < left.count; i++)
        if (value_is_null(set_index_at(&uids, value_text(left.all[i].entry, "uid"))))
            left.all[kept++] = left.all[i];
    left.count = kept;
    return left;
}

/* --- the whole ------------------------------------------------------------------- */

static bool is_settled(const struct value *planned_entry)
{
    return value_is_set(planned_entry) && value_is_wholly_known(planned_entry);
}

/* Moves what is to be applied into *out; the rest stays as it is. */
static void sort_out(struct arena *a, struct set_items *wanted, const struct value *planned,
                     struct set_items *out)
{
    const struct set_index index = set_index_of(a, planned);

    out->all = arena_array(a, wanted->count, sizeof(*out->all));
    for (size_t i = 0; i < wanted->count; i++) {
        struct set_item *item = &wanted->all[i];

        if (value_is_set(item->entry) && is_settled(set_index_at(&index, item->key)))
            item->now = item->entry;
        else
            out->all[out->count++] = *item;
    }
}

/* After a failure, what was there before keeps its digest: a refresh with the
 * old objects then sees what was changed. */
static const struct value *entry_left(struct arena *a, const struct set_item *item, bool done)
{
    const struct value *now = item->now ? item->now : item->entry;

    if (done || value_is_null(item->entry) || value_is_null(now))
        return now;
    return value_with(a, item->entry, "uid", value_at(now, "uid"));
}

static void inventory_add(struct value_builder *b, const struct set_items *items, bool done)
{
    for (size_t i = 0; i < items->count; i++) {
        const struct value *entry = entry_left(b->arena, &items->all[i], done);

        if (value_is_set(entry))
            value_builder_push(b, items->all[i].key, entry);
    }
}

bool kube_set_apply(struct call *c, struct kube *k, const struct value *objects,
                    const struct value *before, const struct kube_set_options *options,
                    const struct value **inventory)
{
    const struct kube_delete_options deleting = {.wait = true};
    struct set_items wanted = set_items_wanted(c->arena, objects, before);
    struct set_items left = set_items_left(c->arena, before, objects);
    struct run r = {.call = c, .kube = k, .options = options};
    struct value_builder b;
    size_t applied = 0;
    bool done;

    sort_out(c->arena, &wanted, options->planned, &r.items);
    done = run_steps(&r);
    for (size_t i = 0; i < wanted.count; i++)
        if (!wanted.all[i].now)
            wanted.all[i] = r.items.all[applied++];
    for (size_t i = 0; i < left.count; i++)
        left.all[i].now = left.all[i].entry;
    if (done) {
        struct set_items pruned = without_renamed(c->arena, left, &wanted);

        done = set_items_delete(c, k, &pruned, &deleting);
        left = pruned;
    }
    value_builder_init(&b, c->arena);
    inventory_add(&b, &wanted, done);
    for (size_t i = 0; i < left.count; i++)
        if (left.all[i].now)
            value_builder_push(&b, left.all[i].key, left.all[i].now);
    *inventory = value_builder_map(&b);
    return done;
}

/* --- waiting ---------------------------------------------------------------------- */

static bool is_content(struct call *c, const struct set_item *item, kube_judge_fn *judge,
                       void *data, enum kube_verdict *verdict)
{
    const char *last_seen = "";

    *verdict = item->live ? judge(c, data, item->live, &last_seen) : KUBE_NOT_YET;
    return *verdict == KUBE_DONE;
}

bool kube_set_wait(struct call *c, struct kube *k, const struct value *objects, const char *what,
                   kube_judge_fn *judge, void *data)
{
    struct set_items items = set_items_wanted(c->arena, objects, &value_null);

    if (!set_items_look(c, k, NULL, &items))
        return false;
    for (size_t i = 0; i < items.count; i++) {
        const struct value *last;
        enum kube_verdict verdict;

        if (is_content(c, &items.all[i], judge, data, &verdict))
            continue;
        if (verdict == KUBE_FAILED ||
            !kube_wait_for(c, k, &items.all[i].ref, what, judge, data, &last))
            return false;
    }
    return true;
}
