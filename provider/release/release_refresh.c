/* release_refresh - what is live against what was applied. */
#include <inttypes.h>
#include <string.h>

#include "release/release_parts.h"

enum { PLACES_MAX = 20 };

/* One look at a release. */
struct looking {
    struct call *call;
    struct kube *kube;
    const char *name, *namespace;
    const struct release_memory *before;
    const struct value *live;
    struct value_builder objects, drift;
    const struct value *suspects; /* list of keys whose fields differ */
};

static void drift_add(struct looking *l, const char *key, const char *what)
{
    value_builder_add(&l->drift, value_f(l->call->arena, "%s: %s", key, what));
}

static bool is_ours(const struct value *entry, const struct value *live)
{
    const char *uid = value_text(entry, "uid");

    return (uid[0] && strcmp(uid, value_z(value_in(live, "metadata", "uid"))) == 0) ||
           kube_is_ours(live);
}

static const char *drift_at_once(const struct value *entry, const struct value *live)
{
    if (value_is_null(live))
        return "(gone)";
    if (value_is_set(value_in(live, "metadata", "deletionTimestamp")))
        return "(being deleted)";
    if (!is_ours(entry, live))
        return "(not managed)";
    return NULL;
}

static bool look_at(struct looking *l, const char *key, const struct value *entry)
{
    struct arena *a = l->call->arena;
    const struct value *live = value_at(l->live, key);
    const char *what = drift_at_once(entry, live);
    bool agrees = false;

    if (what) {
        drift_add(l, key, what);
        if (value_is_set(live))
            value_builder_push(&l->objects, key, value_with(a, entry, "digest", &value_null));
        return true;
    }
    if (!kube_set_agrees(l->call, entry, release_view(a, live), &agrees))
        return false;
    if (!agrees)
        l->suspects = value_append(a, l->suspects, value_string(a, key));
    value_builder_push(&l->objects, key,
                       agrees ? value_with(a, entry, "uid", value_in(live, "metadata", "uid"))
                              : value_with(a, entry, "digest", &value_null));
    return true;
}

/* --- objects that differ ----------------------------------------------------------- */

/* The objects as the record of the last apply that came to its end has them, by key; those of crds/
 * from its chart. */
static bool objects_of_record(struct looking *l, const struct value **out)
{
    const struct value *objects, *crds;
    struct record record;
    struct value_builder b;
    bool found;

    *out = &value_empty_map;
    if (!record_get(l->call, l->kube, l->name, l->namespace,
                    value_integer_at(l->before->private, "revision"), &found, &record))
        return false;
    if (!found)
        return true;
    if (!release_record_objects(l->call, l->kube, &record, &objects) ||
        !release_record_crds(l->call, &record, &crds))
        return false;
    value_builder_init(&b, l->call->arena);
    for (size_t i = 0; i < value_count(crds); i++)
        value_builder_set(&b, kube_set_key(l->call->arena, value_item(crds, i)),
                          value_item(crds, i));
    for (size_t i = 0; i < value_count(objects); i++)
        value_builder_set(&b, kube_set_key(l->call->arena, value_item(objects, i)),
                          value_item(objects, i));
    *out = value_builder_map(&b);
    return true;
}

static const struct value *contents_of(struct arena *a, const struct value *map)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(map); i++)
        value_builder_add(&b, map->map.entries[i].value);
    return value_builder_list(&b);
}

/* Without a place it is no drift: the server or a controller wrote what is not ours. */
static bool take_places(struct looking *l, const char *key, const struct value *places)
{
    struct arena *a = l->call->arena;
    const struct value *entry, *old = value_at(l->before->objects, key);

    for (size_t i = 0; i < value_count(places) && i < PLACES_MAX; i++)
        drift_add(l, key, value_z(value_item(places, i)));
    if (value_count(places) > PLACES_MAX)
        drift_add(l, key, text_f(a, "and %zu more", value_count(places) - PLACES_MAX));
    if (value_count(places))
        return true;
    if (!kube_set_entry(l->call, release_view(a, value_at(l->live, key)), &entry))
        return false;
    old = value_with(a, old, "uid", value_at(entry, "uid"));
    value_builder_set(&l->objects, key, value_with(a, old, "digest", value_at(entry, "digest")));
    return true;
}

static bool judge_suspects(struct looking *l)
{
    struct arena *a = l->call->arena;
    const struct value *known, *objects = &value_empty_list, *scaled, **places;
    size_t count = value_count(l->suspects), asked = 0;
    struct diags refused;

    if (!count)
        return true;
    if (!objects_of_record(l, &known))
        return false;
    scaled = release_scaled(a, contents_of(a, known));
    for (size_t i = 0; i < count; i++) {
        const char *key = value_z(value_item(l->suspects, i));

        if (value_has(known, key))
            objects = value_append(
                a, objects,
                release_without_foreign(a, value_at(known, key), value_at(l->live, key), scaled));
        else
            drift_add(l, key, "(changed)");
    }
    places = arena_array(a, value_count(objects), sizeof(struct value *));
    diags_init(&refused, a);
    if (!kube_set_places_all(l->call, l->kube, objects, l->live, release_view, &refused, places))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *key = value_z(value_item(l->suspects, i));

        if (value_has(known, key) && !take_places(l, key, places[asked++]))
            return false;
    }
    return true;
}

/* --- the record ---------------------------------------------------------------------- */

static void look_at_history(struct looking *l, const struct value *history,
                            struct release_memory *after)
{
    const struct value *newest = value_item(history, 0), *private = l->before->private;
    struct arena *a = l->call->arena;

    after->revision = value_integer_at(newest, "revision");
    after->status = value_text(newest, "status");
    if (strcmp(after->status, "uninstalled") == 0) {
        after->revision = 0;
        after->status = "";
    }
    if (!value_is_set(value_at(private, "revision")))
        return;
    if (!after->revision)
        drift_add(l, "release", "its record is gone");
    else if (after->revision != value_integer_at(private, "revision"))
        drift_add(l, "release",
                  text_f(a, "revision %" PRId64 " (%s)%s", after->revision, after->status,
                         value_flag(newest, "ours") ? "" : " by another program"));
    else if (strcmp(after->status, "deployed") != 0)
        drift_add(l, "release", after->status);
}

bool release_look_around(struct call *c, struct kube *k, const char *const *names, size_t count,
                         const char *namespace, const struct value *objects,
                         struct release_sight *out)
{
    return record_histories(c, k, names, count, namespace, &out->histories) &&
           kube_set_look(c, k, objects, RELEASE_MARK, &out->live);
}

bool release_refresh_seen(struct call *c, struct kube *k, const char *name, const char *namespace,
                          const struct release_memory *before, const struct release_sight *seen,
                          struct release_memory *after, const struct value **drift)
{
    struct looking l = {.call = c,
                        .kube = k,
                        .name = name,
                        .namespace = namespace,
                        .before = before,
                        .live = seen->live,
                        .suspects = &value_empty_list};

    *after = *before;
    value_builder_init(&l.objects, c->arena);
    value_builder_init(&l.drift, c->arena);
    look_at_history(&l, value_at(seen->histories, name), after);
    for (size_t i = 0; i < value_count(before->objects); i++)
        if (!look_at(&l, before->objects->map.entries[i].key,
                     before->objects->map.entries[i].value))
            return false;
    if (!judge_suspects(&l))
        return false;
    after->objects = value_builder_map(&l.objects);
    *drift = value_builder_list(&l.drift);
    return true;
}

bool release_refresh(struct call *c, struct kube *k, const char *name, const char *namespace,
                     const struct release_memory *before, struct release_memory *after,
                     const struct value **drift)
{
    struct release_sight seen;

    *after = *before;
    return release_look_around(c, k, &name, 1, namespace, before->objects, &seen) &&
           release_refresh_seen(c, k, name, namespace, before, &seen, after, drift);
}
