/* set_refresh - what is live against what is wanted. The digests tell which
 * objects differ; only those are then asked about with a dry run, which shows
 * what an apply would change, in the server's own spelling. */
#include <string.h>

#include "kube/field.h"
#include "kube/set_parts.h"

enum { PLACES_MAX = 20 }; /* of one object */

/* One refresh of a set. */
struct look {
    struct call *call;
    struct kube *kube;
    struct value_builder drift, inventory;
};

static void drift_add(struct look *l, const struct set_item *item, const char *what)
{
    value_builder_add(&l->drift, value_f(l->call->arena, "%s: %s", item->key, what));
}

/* --- places -------------------------------------------------------------------- */

/* Both reduced to what either shows as ours: with managedFields joined. */
static const struct value *reduced(struct arena *a, const struct value *object,
                                   const struct value *live, const struct value *applied)
{
    const struct value *fields = value_in(live, "metadata", "managedFields");
    const struct value *more = value_in(applied, "metadata", "managedFields");

    for (size_t i = 0; i < value_count(more); i++)
        fields = value_append(a, fields, value_item(more, i));
    return kube_owned_fields(a, value_with_in(a, object, fields, "metadata", "managedFields"));
}

static void places_add(struct look *l, const struct set_item *item, const struct value *places)
{
    for (size_t i = 0; i < value_count(places) && i < PLACES_MAX; i++)
        drift_add(l, item, value_z(value_item(places, i)));
    if (value_count(places) > PLACES_MAX)
        drift_add(l, item,
                  text_f(l->call->arena, "and %zu more", value_count(places) - PLACES_MAX));
}

static const struct value *differences(struct arena *a, const struct value *wanted,
                                       const struct value *live)
{
    struct value_builder b;

    value_builder_init(&b, a);
    field_differences(&b, "", wanted, live);
    return value_builder_list(&b);
}

/* What an apply would change; without a dry run (who plans need not be allowed to
 * write) the object as it was given is compared. */
static const struct value *places_of(struct look *l, const struct set_item *item,
                                     const struct value *applied)
{
    struct arena *a = l->call->arena;

    if (!applied)
        return differences(a, item->object, kube_owned_fields(a, item->live));
    return differences(a, reduced(a, applied, item->live, applied),
                       reduced(a, item->live, item->live, applied));
}

/* --- objects that seem to differ ------------------------------------------------ */

static void dry_run(struct look *l, const struct set_items *items, unsigned flags,
                    struct diags *refused, const struct value **applied)
{
    struct call *c = l->call, quiet;
    const struct value **objects = arena_array(c->arena, items->count, sizeof(struct value *));
    struct diags unheard;

    for (size_t i = 0; i < items->count; i++)
        objects[i] = items->all[i].object;
    diags_init(&unheard, c->arena);
    quiet = call_quietly(c, refused ? refused : &unheard);
    (void)kube_apply_all(&quiet, l->kube, objects, items->count,
                         flags | KUBE_DRY_RUN | KUBE_FORCE | KUBE_MISSING_KIND_OK, applied);
}

static bool judge_suspects(struct look *l, struct set_items *items)
{
    const struct value **applied =
        arena_array(l->call->arena, items->count, sizeof(struct value *));

    if (items->count)
        dry_run(l, items, 0, NULL, applied);
    for (size_t i = 0; i < items->count; i++) {
        const struct set_item *item = &items->all[i];
        const struct value *places = places_of(l, item, applied[i]), *entry = item->entry;

        if (value_count(places))
            places_add(l, item, places);
        else if (!kube_is_ours(item->live))
            drift_add(l, item, "(not managed)");
        else if (!set_entry_of(l->call, item->live, &entry))
            return false;
        if (value_is_set(entry))
            value_builder_push(&l->inventory, item->key, entry);
    }
    return true;
}

const struct value *kube_set_places(struct call *c, struct kube *k, const struct value *object,
                                    const struct value *live)
{
    struct look l = {.call = c, .kube = k};
    struct set_item item = {.object = set_prepared(c->arena, object), .live = live};
    const struct set_items items = {&item, 1};
    const struct value *applied = NULL;
    const struct value *places =
        differences(c->arena, item.object, kube_owned_fields(c->arena, live));

    if (!value_count(places))
        return places;
    dry_run(&l, &items, 0, NULL, &applied);
    return places_of(&l, &item, applied);
}

bool kube_set_places_all(struct call *c, struct kube *k, const struct value *objects,
                         const struct value *live, kube_set_view_fn *view, struct diags *refused,
                         const struct value **places)
{
    struct look l = {.call = c, .kube = k};
    const struct set_index index = set_index_of(c->arena, live);
    size_t count = value_count(objects);
    struct set_items items = {arena_array(c->arena, count, sizeof(*items.all)), count};
    const struct value **applied = arena_array(c->arena, count, sizeof(struct value *));

    for (size_t i = 0; i < count; i++) {
        const struct value *object = set_prepared(c->arena, value_item(objects, i));
        const char *key = kube_set_key(c->arena, object);

        items.all[i] = (struct set_item){
            .key = key, .object = object, .live = view(c->arena, set_index_at(&index, key))};
    }
    if (count)
        dry_run(&l, &items, KUBE_UNSURE, refused, applied);
    for (size_t i = 0; i < count; i++) {
        if (applied[i] && value_is_unknown(applied[i])) {
            diags_append(c->diags, refused);
            return false;
        }
        places[i] = places_of(&l, &items.all[i], applied[i] ? view(c->arena, applied[i]) : NULL);
    }
    return true;
}

bool kube_set_look(struct call *c, struct kube *k, const struct value *inventory,
                   const char *label_selector, const struct value **live)
{
    struct set_items items = set_items_left(c->arena, inventory, &value_null);
    struct value_builder b;

    if (!set_items_look(c, k, label_selector, &items))
        return false;
    value_builder_init(&b, c->arena);
    for (size_t i = 0; i < items.count; i++)
        if (items.all[i].live)
            value_builder_push(&b, items.all[i].key, items.all[i].live);
    *live = value_builder_map(&b);
    return true;
}

/* --- each object ------------------------------------------------------------------ */

/* The very object that the inventory names, whosever its fields are. */
static bool is_recorded(const struct set_item *item)
{
    const char *uid = value_text(item->entry, "uid");

    return uid[0] && strcmp(uid, set_uid(item->live)) == 0;
}

/* Drift that shows without a look at the content; NULL = look. */
static const char *drift_at_once(const struct set_item *item)
{
    if (!item->live)
        return "(gone)";
    if (set_is_going(item->live))
        return "(being deleted)";
    if (!kube_is_ours(item->live) && !is_recorded(item))
        return "(not managed)";
    return NULL;
}

static bool look_at_wanted(struct look *l, struct set_items *items)
{
    struct set_items suspects = {arena_array(l->call->arena, items->count, sizeof(*items->all)), 0};

    for (size_t i = 0; i < items->count; i++) {
        struct set_item *item = &items->all[i];
        const char *what = drift_at_once(item);
        bool agrees = false;

        if (what)
            drift_add(l, item, what);
        else if (!set_digest_agrees(l->call, item->entry, item->live, &agrees))
            return false;
        else if (!agrees) {
            suspects.all[suspects.count++] = *item;
            continue;
        }
        if (item->live && value_is_set(item->entry))
            value_builder_push(&l->inventory, item->key,
                               agrees ? value_with(l->call->arena, item->entry, "uid",
                                                   value_in(item->live, "metadata", "uid"))
                                      : item->entry);
    }
    return judge_suspects(l, &suspects);
}

/* Remembered, but the wanted content is not known. */
static bool look_at_remembered(struct look *l, const struct set_items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        const struct set_item *item = &items->all[i];
        const char *what = drift_at_once(item);
        bool agrees = true;

        if (!what && !set_digest_agrees(l->call, item->entry, item->live, &agrees))
            return false;
        if (what || !agrees)
            drift_add(l, item, what ? what : "(changed)");
        if (item->live)
            value_builder_push(&l->inventory, item->key, item->entry);
    }
    return true;
}

/* Not wanted any more: left by an apply that did not come so far as to prune. */
static void look_at_left(struct look *l, const struct set_items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        const struct set_item *item = &items->all[i];

        if (!item->live || !is_recorded(item))
            continue;
        drift_add(l, item, "(left over)");
        value_builder_push(&l->inventory, item->key, item->entry);
    }
}

bool kube_set_refresh(struct call *c, struct kube *k, const struct value *objects,
                      const struct value *before, const struct value **inventory,
                      const struct value **drift)
{
    struct set_items wanted = set_items_wanted(c->arena, objects, before);
    struct set_items others = set_items_left(c->arena, before, objects);
    struct look l = {.call = c, .kube = k};

    value_builder_init(&l.drift, c->arena);
    value_builder_init(&l.inventory, c->arena);
    if (!set_items_look(c, k, NULL, &wanted) || !set_items_look(c, k, NULL, &others) ||
        !look_at_wanted(&l, &wanted))
        return false;
    if (value_is_null(objects)) {
        if (!look_at_remembered(&l, &others))
            return false;
    } else {
        look_at_left(&l, &others);
    }
    *inventory = value_builder_map(&l.inventory);
    *drift = value_builder_list(&l.drift);
    return true;
}

/* --- taking over -------------------------------------------------------------- */

const struct value *kube_set_written(struct arena *a, const struct value *live)
{
    static const char *const made_by_servers[] = {"uid",
                                                  "resourceVersion",
                                                  "generation",
                                                  "creationTimestamp",
                                                  "selfLink",
                                                  "managedFields",
                                                  "deletionTimestamp",
                                                  "deletionGracePeriodSeconds",
                                                  "ownerReferences"};
    const struct value *annotations = value_in(live, "metadata", "annotations");

    if (kube_is_ours(live))
        return kube_owned_fields(a, live);
    for (size_t i = 0; i < sizeof(made_by_servers) / sizeof(*made_by_servers); i++)
        live = value_with_in(a, live, NULL, "metadata", made_by_servers[i]);
    annotations =
        value_with(a, annotations, "kubectl.kubernetes.io/last-applied-configuration", NULL);
    annotations = value_with(a, annotations, "deployment.kubernetes.io/revision", NULL);
    live = value_with_in(a, live, value_count(annotations) ? annotations : NULL, "metadata",
                         "annotations");
    return value_with(a, live, "status", NULL);
}
