/* release_decide - what an apply would do to each object. */
#include <string.h>

#include "release/release_parts.h"

enum { PLACES_MAX = 20 };

bool release_is_settled(const struct value *entry)
{
    return value_is_set(entry) && value_is_wholly_known(entry);
}

/* One look at all objects of a release. */
struct deciding {
    struct call *call;
    struct kube *kube;
    const struct release *release;
    const struct release_memory *before;
    const struct release_text *text;
    const struct value *planned; /* NULL = nothing to keep to */
    int64_t revision;
    const struct value *scaled;
    struct value_builder touched; /* key -> object as rendered */
    struct release_todo *todo;
};

static const struct value *entry_before(const struct deciding *d, const char *key)
{
    return value_at(d->before->objects, key);
}

static bool is_touched(const struct deciding *d, const char *key)
{
    const struct value *entry = entry_before(d, key);

    if (d->planned)
        return !release_is_settled(value_at(d->planned, key));
    return value_is_null(entry) || !value_text(entry, "digest")[0] ||
           strcmp(value_text(value_at(d->before->private, "rendered"), key),
                  value_text(d->text->digests, key)) != 0;
}

static void gather_touched(struct deciding *d, const struct value *objects)
{
    for (size_t i = 0; i < value_count(objects); i++) {
        const struct value *object = value_item(objects, i);
        const char *key = kube_set_key(d->call->arena, object);

        if (is_touched(d, key))
            value_builder_push(&d->touched, key, object);
    }
}

/* --- against what is live ------------------------------------------------------ */

static const struct value *inventory_of(struct arena *a, const struct value *objects)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(objects); i++)
        value_builder_push(&b, objects->map.entries[i].key,
                           value_map_of(a, {"api_version", value_at(objects->map.entries[i].value,
                                                                    "apiVersion")}));
    return value_builder_map(&b);
}

static bool is_going(const struct value *live)
{
    return value_is_set(value_in(live, "metadata", "deletionTimestamp"));
}

static bool check_ownership(struct deciding *d, const struct value *touched)
{
    bool fine = true;

    for (size_t i = 0; i < value_count(touched); i++) {
        const struct value_entry *e = &touched->map.entries[i];
        const struct value *live = value_at(d->todo->live, e->key);

        if (!value_is_null(live) && !is_going(live))
            fine = release_may_touch(d->call, d->kube, d->release, entry_before(d, e->key),
                                     e->value, live) &&
                   fine;
    }
    return fine;
}

static const struct value *wanted_of(struct deciding *d, const struct value *touched)
{
    struct arena *a = d->call->arena;
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(touched); i++) {
        const struct value_entry *e = &touched->map.entries[i];

        value_builder_push(
            &b, e->key,
            release_without_foreign(a, e->value, value_at(d->todo->live, e->key), d->scaled));
    }
    return value_builder_map(&b);
}

/* What the server refuses already now: a field that cannot change, or a right that
 * whoever plans need not have. */
static void warn_refused(struct deciding *d, const struct diags *refused)
{
    if (refused->first)
        diag_warning(
            d->call->diags, d->release->at,
            text_f(d->call->arena, "A dry run of release %s was refused", d->release->name),
            "%s. %s\nThe changes of such objects are compared as they are written in the "
            "chart; the apply may fail in the same way.",
            refused->first->summary, refused->first->detail);
}

/* A new definition of its kind comes first: until then the server may not know its fields. */
static bool is_defined_anew(struct deciding *d, const struct value *object)
{
    const struct value *wanted = d->todo->wanted;

    for (size_t i = 0; i < value_count(wanted); i++) {
        const struct value *spec = value_at(wanted->map.entries[i].value, "spec");

        if (release_is_crd(wanted->map.entries[i].value) &&
            strcmp(value_z(value_in(spec, "names", "kind")), value_text(object, "kind")) == 0 &&
            text_starts_with(text_of(value_text(object, "apiVersion")),
                             text_f(d->call->arena, "%s/", value_text(spec, "group"))))
            return true;
    }
    return false;
}

/* Places of those that are there: of new definitions' kinds, or of all others. */
static bool add_places(struct deciding *d, bool anew, struct diags *refused,
                       struct value_builder *out)
{
    struct arena *a = d->call->arena;
    const struct value *wanted = d->todo->wanted, *objects = &value_empty_list, **places;

    for (size_t i = 0; i < value_count(wanted); i++) {
        const struct value_entry *e = &wanted->map.entries[i];
        const struct value *live = value_at(d->todo->live, e->key);

        if (!value_is_null(live) && !is_going(live) && is_defined_anew(d, e->value) == anew)
            objects = value_append(a, objects, e->value);
    }
    places = arena_array(a, value_count(objects), sizeof(struct value *));
    if (!kube_set_places_all(d->call, d->kube, objects, d->todo->live, release_view, refused,
                             places))
        return false;
    for (size_t i = 0; i < value_count(objects); i++)
        value_builder_push(out, kube_set_key(a, value_item(objects, i)), places[i]);
    return true;
}

/* key -> places. */
static bool places_of(struct deciding *d, const struct value **out)
{
    struct diags refused, unheard;
    struct value_builder b;

    value_builder_init(&b, d->call->arena);
    diags_init(&refused, d->call->arena);
    diags_init(&unheard, d->call->arena);
    if (!add_places(d, false, &refused, &b) || !add_places(d, true, &unheard, &b))
        return false;
    warn_refused(d, &refused);
    *out = value_builder_map(&b);
    return true;
}

/* --- entries --------------------------------------------------------------------- */

/* Place -> revision that changes it: a plan shows also what changes a second time. */
static const struct value *changed_of(struct deciding *d, const struct value *places)
{
    struct arena *a = d->call->arena;
    const struct value *revision = value_integer(a, d->revision);
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(places) && i < PLACES_MAX; i++)
        value_builder_set(&b, value_z(value_item(places, i)), revision);
    if (value_count(places) > PLACES_MAX)
        value_builder_set(&b, text_f(a, "and %zu more", value_count(places) - PLACES_MAX),
                          revision);
    return value_builder_map(&b);
}

static const struct value *entry_to_come(struct arena *a, const char *action,
                                         const struct value *object, const struct value *changed,
                                         const struct value *uid)
{
    return value_map_of(a, {"action", value_string(a, action)},
                        {"api_version", value_at(object, "apiVersion")}, {"changed", changed},
                        {"digest", &value_unknown}, {"uid", uid});
}

static const struct value *entry_of(struct deciding *d, const char *key, const struct value *object,
                                    const struct value *places)
{
    struct arena *a = d->call->arena;
    const struct value *before = entry_before(d, key), *live = value_at(d->todo->live, key);
    const char *action = "update";

    if (value_is_null(live) || is_going(live))
        return entry_to_come(a, "create", object, &value_empty_map, &value_unknown);
    /* Another text, but the same object. */
    if (value_text(before, "digest")[0] && !value_count(places))
        return before;
    if (value_is_null(before) && !kube_is_ours(live))
        action = "adopt";
    return entry_to_come(a, action, object, changed_of(d, places),
                         value_in(live, "metadata", "uid"));
}

static void add_entries(struct deciding *d, const struct value *objects, const struct value *places,
                        struct value_builder *out)
{
    for (size_t i = 0; i < value_count(objects); i++) {
        const struct value *object = value_item(objects, i), *entry;
        const char *key = kube_set_key(d->call->arena, object);

        entry = value_has(d->todo->wanted, key) ? entry_of(d, key, object, value_at(places, key))
                                                : entry_before(d, key);
        d->todo->changes = d->todo->changes || !release_is_settled(entry);
        value_builder_push(out, key, entry);
    }
}

static bool decide_entries(struct deciding *d)
{
    const struct value *places;
    struct value_builder b;

    if (!places_of(d, &places))
        return false;
    value_builder_init(&b, d->call->arena);
    add_entries(d, d->text->crds, places, &b);
    add_entries(d, d->text->objects, places, &b);
    d->todo->entries = value_builder_map(&b);
    for (size_t i = 0; i < value_count(d->before->objects); i++)
        if (!value_has(d->todo->entries, d->before->objects->map.entries[i].key))
            d->todo->changes = true;
    return true;
}

/* --- what was planned -------------------------------------------------------------- */

static bool other_than_planned(struct deciding *d, const char *what, const char *key)
{
    return diag_error(d->call->diags, d->release->at,
                      text_f(d->call->arena, "Release %s renders other objects than were planned",
                             d->release->name),
                      "%s %s. The chart asks for something that has changed on cluster %s since "
                      "the plan, such as the kinds that it serves. Nothing was changed: plan and "
                      "apply again.",
                      key, what, kube_name(d->kube));
}

static bool keep_to_plan(struct deciding *d)
{
    for (size_t i = 0; i < value_count(d->text->digests); i++) {
        const char *key = d->text->digests->map.entries[i].key;

        if (!value_has(d->planned, key))
            return other_than_planned(d, "was not planned", key);
    }
    for (size_t i = 0; i < value_count(d->planned); i++) {
        const char *key = d->planned->map.entries[i].key;

        if (!value_has(d->text->digests, key))
            return other_than_planned(d, "was planned and is not rendered", key);
        d->todo->changes =
            d->todo->changes || !release_is_settled(d->planned->map.entries[i].value);
    }
    d->todo->entries = d->planned;
    return true;
}

/* Made anew since. */
static bool same_uids(struct deciding *d)
{
    for (size_t i = 0; i < value_count(d->planned); i++) {
        const struct value_entry *e = &d->planned->map.entries[i];
        const char *uid = value_text(e->value, "uid");

        if (uid[0] && !release_is_settled(e->value) &&
            strcmp(uid, value_z(value_in(value_at(d->todo->live, e->key), "metadata", "uid"))) != 0)
            return other_than_planned(d, "is not the object any more that it was", e->key);
    }
    return true;
}

bool release_decide(struct call *c, struct kube *k, const struct release *r,
                    const struct release_memory *before, const struct release_text *now,
                    const struct value *planned, int64_t revision, struct release_todo *out)
{
    struct deciding d = {.call = c,
                         .kube = k,
                         .release = r,
                         .before = before,
                         .text = now,
                         .planned = planned,
                         .revision = revision,
                         .scaled = release_scaled(c->arena, now->objects),
                         .todo = out};
    const struct value *touched;

    *out = (struct release_todo){.live = &value_empty_map, .wanted = &value_empty_map};
    value_builder_init(&d.touched, c->arena);
    gather_touched(&d, now->crds);
    gather_touched(&d, now->objects);
    touched = value_builder_map(&d.touched);
    if (planned && !keep_to_plan(&d))
        return false;
    if (!release_check_served(c, k, r, touched) ||
        !kube_set_look(c, k, inventory_of(c->arena, touched), NULL, &out->live) ||
        !check_ownership(&d, touched) || (planned && !same_uids(&d)))
        return false;
    out->wanted = wanted_of(&d, touched);
    return planned || decide_entries(&d);
}
