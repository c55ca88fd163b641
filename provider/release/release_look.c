/* release_look - a release that is there, as a memory: for import and adoption. */
#include <string.h>

#include "release/release_parts.h"

/* The objects of a record with what is live of them. */
struct found {
    struct call *call;
    struct kube *kube;
    const char *salt;
    const struct value *live;
    struct value_builder objects, digests;
};

static bool found_add(struct found *f, const struct value *object)
{
    struct arena *a = f->call->arena;
    const char *key = kube_set_key(a, object), *digest;
    const struct value *live = value_at(f->live, key), *entry;

    if (value_is_null(live))
        return true;
    if (!release_digest(f->call, f->salt, object, &digest) ||
        !kube_set_entry(f->call, release_view(a, live), &entry))
        return false;
    value_builder_set(&f->digests, key, value_string(a, digest));
    value_builder_set(
        &f->objects, key,
        value_map_of(a, {"action", value_string(a, "adopt")},
                     {"api_version", value_at(object, "apiVersion")}, {"changed", &value_empty_map},
                     {"digest", value_at(entry, "digest")}, {"uid", value_at(entry, "uid")}));
    return true;
}

static const struct value *inventory_of(struct arena *a, const struct value *x,
                                        const struct value *y)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(x) + value_count(y); i++) {
        const struct value *object =
            i < value_count(x) ? value_item(x, i) : value_item(y, i - value_count(x));

        value_builder_set(&b, kube_set_key(a, object),
                          value_map_of(a, {"api_version", value_at(object, "apiVersion")}));
    }
    return value_builder_map(&b);
}

static bool take_objects(struct call *c, struct kube *k, const struct record *record,
                         struct release_memory *out)
{
    struct found f = {.call = c, .kube = k};
    const struct value *crds, *objects, *metadata = value_at(record->chart, "metadata");
    const char *values;

    *out = (struct release_memory){.private = &value_null};
    if (!release_record_objects(c, k, record, &objects) || !release_record_crds(c, record, &crds) ||
        !release_salt(c, out, &f.salt) ||
        !kube_set_look(c, k, inventory_of(c->arena, crds, objects), NULL, &f.live) ||
        !release_digest(c, f.salt, record->values, &values))
        return false;
    value_builder_init(&f.objects, c->arena);
    value_builder_init(&f.digests, c->arena);
    for (size_t i = 0; i < value_count(crds); i++)
        if (!found_add(&f, value_item(crds, i)))
            return false;
    for (size_t i = 0; i < value_count(objects); i++)
        if (!found_add(&f, value_item(objects, i)))
            return false;
    *out = (struct release_memory){
        .objects = value_builder_map(&f.objects),
        .private = release_private(c->arena, f.salt, record->revision, record->revision > 1,
                                   text_f(c->arena, "%s-%s", value_text(metadata, "name"),
                                          value_text(metadata, "version")),
                                   values, value_builder_map(&f.digests)),
        .revision = record->revision,
        .status = record->status,
    };
    return true;
}

bool release_look(struct call *c, struct kube *k, const char *name, const char *namespace,
                  struct release_found *out)
{
    const struct value *history, *newest, *metadata;
    struct record record;
    bool found;

    *out = (struct release_found){.found = false};
    if (!record_history(c, k, name, namespace, &history))
        return false;
    newest = value_item(history, 0);
    if (value_is_null(newest) || strcmp(value_text(newest, "status"), "uninstalled") == 0)
        return true;
    if (!record_get(c, k, name, namespace, value_integer_at(newest, "revision"), &found, &record))
        return false;
    if (!found)
        return true;
    metadata = value_at(record.chart, "metadata");
    out->found = true;
    out->chart_name = value_text(metadata, "name");
    out->chart_version = value_text(metadata, "version");
    out->app_version = value_text(metadata, "appVersion");
    out->values = record.values;
    return take_objects(c, k, &record, &out->memory);
}
