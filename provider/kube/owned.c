/* owned - which fields of an object are ours, by its metadata.managedFields.
 * Format: FieldsV1 of structured-merge-diff: f:<name> a field, k:<keys> an
 * element of a list by its keys, v:<value> an element of a set, i:<index> one by
 * place, "." the thing itself; an empty map owns all that is below. */
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"
#include "kube/kube.h"

enum { INDEX_DIGITS_MAX = 9 };

static bool is_our_entry(const struct value *entry)
{
    return strcmp(value_text(entry, "manager"), KUBE_FIELD_MANAGER) == 0;
}

bool kube_is_ours(const struct value *object)
{
    const struct value *entries = value_in(object, "metadata", "managedFields");

    for (size_t i = 0; i < value_count(entries); i++)
        if (is_our_entry(value_item(entries, i)))
            return true;
    return false;
}

/* Both sets of fields; an empty one is everything below. */
static const struct value *fields_union(struct arena *a, const struct value *x,
                                        const struct value *y)
{
    struct value_builder b;

    if (!value_count(x) || !value_count(y))
        return &value_empty_map;
    value_builder_init(&b, a);
    for (size_t i = 0; i < x->map.count; i++) {
        const struct value_entry *entry = &x->map.entries[i];

        value_builder_push(&b, entry->key,
                           value_has(y, entry->key)
                               ? fields_union(a, entry->value, value_at(y, entry->key))
                               : entry->value);
    }
    for (size_t i = 0; i < y->map.count; i++)
        if (!value_has(x, y->map.entries[i].key))
            value_builder_push(&b, y->map.entries[i].key, y->map.entries[i].value);
    return value_builder_map(&b);
}

/* All that our entries own; NULL when there is none. Those of a sub-resource
 * are what controllers write in our name: not configuration. */
static const struct value *our_fields(struct arena *a, const struct value *object)
{
    const struct value *entries = value_in(object, "metadata", "managedFields"), *all = NULL;

    for (size_t i = 0; i < value_count(entries); i++) {
        const struct value *entry = value_item(entries, i), *fields = value_at(entry, "fieldsV1");

        if (!is_our_entry(entry) || value_text(entry, "subresource")[0] || !value_count(fields))
            continue;
        all = all ? fields_union(a, all, fields) : fields;
    }
    return all;
}

static const struct value *key_json(struct arena *a, const char *text)
{
    const struct value *v;
    struct diags unheard;

    diags_init(&unheard, a);
    return json_read(a, text_of(text), "field key", &unheard, &v) ? v : &value_null;
}

/* The element has all the keys: k:{"containerPort":80,"protocol":"TCP"}. */
static bool has_keys(const struct value *item, const struct value *keys)
{
    if (keys->kind != VALUE_MAP || item->kind != VALUE_MAP)
        return false;
    for (size_t i = 0; i < keys->map.count; i++)
        if (!value_equal(keys->map.entries[i].value, value_at(item, keys->map.entries[i].key)))
            return false;
    return true;
}

/* One field key of a list, read once for all elements. */
struct element_key {
    char kind; /* 'k', 'v', 'i'; 0 = not about elements */
    const struct value *json;
    size_t index;
    const struct value *fields;
};

static struct element_key element_key(struct arena *a, const struct value_entry *entry)
{
    const char *key = entry->key;

    if (!key[0] || key[1] != ':' || !strchr("kvi", key[0]))
        return (struct element_key){.kind = 0};
    if (key[0] == 'i')
        return (struct element_key){'i', NULL,
                                    strlen(key + 2) <= INDEX_DIGITS_MAX ? strtoul(key + 2, NULL, 10)
                                                                        : (size_t)-1,
                                    entry->value};
    return (struct element_key){key[0], key_json(a, key + 2), 0, entry->value};
}

static bool matches(const struct element_key *key, const struct value *item, size_t index)
{
    switch (key->kind) {
    case 'k':
        return has_keys(item, key->json);
    case 'v':
        return value_equal(key->json, item);
    case 'i':
        return key->index == index;
    default:
        return false;
    }
}

static const struct value *reduce(struct arena *a, const struct value *v,
                                  const struct value *fields);

static const struct value *reduce_list(struct arena *a, const struct value *list,
                                       const struct value *fields)
{
    struct element_key *keys = arena_array(a, fields->map.count, sizeof(*keys));
    struct value_builder b;

    for (size_t i = 0; i < fields->map.count; i++)
        keys[i] = element_key(a, &fields->map.entries[i]);
    value_builder_init(&b, a);
    for (size_t i = 0; i < list->list.count; i++)
        for (size_t j = 0; j < fields->map.count; j++)
            if (matches(&keys[j], list->list.items[i], i)) {
                value_builder_add(&b, reduce(a, list->list.items[i], keys[j].fields));
                break;
            }
    return value_builder_list(&b);
}

static const struct value *reduce_map(struct arena *a, const struct value *map,
                                      const struct value *fields)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < map->map.count; i++) {
        const struct value_entry *entry = &map->map.entries[i];
        const char *name = text_f(a, "f:%s", entry->key);

        if (value_has(fields, name))
            value_builder_push(&b, entry->key, reduce(a, entry->value, value_at(fields, name)));
    }
    return value_builder_map(&b);
}

static const struct value *reduce(struct arena *a, const struct value *v,
                                  const struct value *fields)
{
    if (!value_count(fields))
        return v;
    switch (v->kind) {
    case VALUE_MAP:
        return reduce_map(a, v, fields);
    case VALUE_LIST:
        return reduce_list(a, v, fields);
    default:
        return v;
    }
}

/* Identity is nobody's field, but nothing is an object without it. */
const struct value *kube_owned_fields(struct arena *a, const struct value *object)
{
    const struct value *fields = our_fields(a, object);
    const struct value *reduced = fields ? reduce(a, object, fields) : &value_empty_map;
    const struct value *metadata = value_at(object, "metadata");
    struct value_builder b;

    value_builder_init(&b, a);
    value_builder_set(&b, "apiVersion", value_at(object, "apiVersion"));
    value_builder_set(&b, "kind", value_at(object, "kind"));
    value_builder_set(&b, "metadata", &value_empty_map);
    for (size_t i = 0; i < value_count(reduced); i++)
        if (strcmp(reduced->map.entries[i].key, "status") != 0)
            value_builder_set(&b, reduced->map.entries[i].key, reduced->map.entries[i].value);
    reduced = value_builder_map(&b);
    reduced = value_with_in(a, reduced, value_at(metadata, "name"), "metadata", "name");
    if (value_text(metadata, "namespace")[0])
        reduced =
            value_with_in(a, reduced, value_at(metadata, "namespace"), "metadata", "namespace");
    return value_with_in(a, reduced, NULL, "metadata", "managedFields");
}
