/* set - what can be said of a set of objects without asking a server. */
#include "kube/set.h"

#include <stdlib.h>
#include <string.h>

#include "codec/base64.h"
#include "kube/set_parts.h"

/* --- keys -------------------------------------------------------------------- */

static const char *given(const char *z)
{
    return z ? z : "";
}

static char *key_of(struct arena *a, const struct kube_ref *ref)
{
    struct text group = set_group(ref->api_version);

    return text_f(a, "%s%s%.*s/%s/%s", ref->kind, group.len ? "." : "", (int)group.len, group.at,
                  given(ref->namespace), ref->name);
}

char *kube_set_key(struct arena *a, const struct value *object)
{
    const struct kube_ref ref = kube_ref_of(object);

    return key_of(a, &ref);
}

/* "Gateway.networking.istio.io/shop/a"; names hold no slash. */
struct kube_ref kube_set_ref(struct arena *a, const char *key, const char *api_version)
{
    struct text rest = text_of(key), kind = TEXT(""), namespace = TEXT(""), head = TEXT("");

    text_split(&rest, '/', &head);
    text_split(&rest, '/', &namespace);
    text_split(&head, '.', &kind);
    return (struct kube_ref){api_version, text_z(a, kind), text_z(a, namespace),
                             text_z(a, rest.at ? rest : TEXT(""))};
}

/* --- objects as they are sent -------------------------------------------------- */

/* null is how HCL says that a field is left out. */
static const struct value *without_nulls(struct arena *a, const struct value *v)
{
    struct value_builder b;

    if (v->kind != VALUE_MAP && v->kind != VALUE_LIST)
        return v;
    value_builder_init(&b, a);
    for (size_t i = 0; v->kind == VALUE_LIST && i < v->list.count; i++)
        value_builder_add(&b, without_nulls(a, v->list.items[i]));
    for (size_t i = 0; v->kind == VALUE_MAP && i < v->map.count; i++)
        if (!value_is_null(v->map.entries[i].value))
            value_builder_push(&b, v->map.entries[i].key,
                               without_nulls(a, v->map.entries[i].value));
    return v->kind == VALUE_LIST ? value_builder_list(&b) : value_builder_map(&b);
}

/* The server never gives stringData back: with data alone, what is live can be
 * compared. */
static const struct value *with_data_only(struct arena *a, const struct value *secret)
{
    const struct value *plain = value_at(secret, "stringData"), *data = value_at(secret, "data");

    if (plain->kind != VALUE_MAP)
        return secret;
    for (size_t i = 0; i < plain->map.count; i++) {
        const struct value *v = plain->map.entries[i].value;

        if (v->kind == VALUE_STRING)
            v = value_string_of(a, base64_encode(a, v->string, BASE64_STANDARD));
        data = value_with(a, data, plain->map.entries[i].key, v);
    }
    return value_with(a, value_with(a, secret, "stringData", NULL), "data", data);
}

/* Nothing but a name, as namespaces often are. */
static bool is_bare(const struct value *object)
{
    static const char *const names[] = {"apiVersion", "kind", "metadata", "namespace", "name"};
    const struct value *holders[] = {object, value_at(object, "metadata")};

    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; holders[i]->kind == VALUE_MAP && j < holders[i]->map.count; j++) {
            const struct value_entry *e = &holders[i]->map.entries[j];
            bool named = false;

            for (size_t n = 0; n < sizeof(names) / sizeof(*names); n++)
                named = named || strcmp(e->key, names[n]) == 0;
            if (!named && (i == 0 || e->value->kind != VALUE_MAP || value_count(e->value)))
                return false;
        }
    return true;
}

/* Servers remember who owns fields, so what has none would be nobody's. */
static const struct value *with_owner(struct arena *a, const struct value *object)
{
    return value_with_in(a, object, value_string(a, KUBE_FIELD_MANAGER), "metadata", "labels",
                         "app.kubernetes.io/managed-by");
}

const struct value *set_prepared(struct arena *a, const struct value *object)
{
    object = value_with(a, without_nulls(a, object), "status", NULL);
    if (strcmp(value_text(object, "kind"), "Secret") == 0)
        object = with_data_only(a, object);
    return is_bare(object) ? with_owner(a, object) : object;
}

bool kube_set_equal(struct arena *a, const struct value *objects, const struct value *others)
{
    if (value_count(objects) != value_count(others))
        return false;
    for (size_t i = 0; i < value_count(objects); i++)
        if (!value_equal(set_prepared(a, value_item(objects, i)),
                         set_prepared(a, value_item(others, i))))
            return false;
    return true;
}

/* --- indexes ----------------------------------------------------------------- */

static int compare_entries(const void *x, const void *y)
{
    const struct value_entry *const *a = x, *const *b = y;

    return strcmp((*a)->key, (*b)->key);
}

struct set_index set_index_of(struct arena *a, const struct value *map)
{
    size_t count = map && map->kind == VALUE_MAP ? map->map.count : 0;
    struct set_index index = {arena_array(a, count, sizeof(struct value_entry *)), count};

    for (size_t i = 0; i < count; i++)
        index.sorted[i] = &map->map.entries[i];
    qsort(index.sorted, count, sizeof(struct value_entry *), compare_entries);
    return index;
}

const struct value *set_index_at(const struct set_index *index, const char *key)
{
    const struct value_entry wanted = {key, NULL}, *entry = &wanted;
    const struct value_entry *const *found =
        bsearch(&entry, index->sorted, index->count, sizeof(struct value_entry *), compare_entries);

    return found ? (*found)->value : &value_null;
}

/* Objects by key, prepared. */
static struct set_index objects_index(struct arena *a, const struct value *objects)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(objects); i++)
        value_builder_push(&b, kube_set_key(a, value_item(objects, i)),
                           set_prepared(a, value_item(objects, i)));
    return set_index_of(a, value_builder_map(&b));
}

/* --- items ------------------------------------------------------------------- */

static int compare_items(const void *x, const void *y)
{
    const struct set_item *a = x, *b = y;

    if (a->step != b->step)
        return a->step < b->step ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

static struct set_items items_sorted(struct set_items items)
{
    qsort(items.all, items.count, sizeof(*items.all), compare_items);
    return items;
}

struct set_items set_items_wanted(struct arena *a, const struct value *objects,
                                  const struct value *before)
{
    size_t count = value_count(objects);
    struct set_items items = {arena_array(a, count, sizeof(*items.all)), count};
    const struct set_index index = set_index_of(a, before);

    for (size_t i = 0; i < count; i++) {
        const struct value *object = set_prepared(a, value_item(objects, i));
        const char *key = kube_set_key(a, object);
        const struct kube_ref ref = kube_ref_of(object);

        items.all[i] = (struct set_item){.key = key,
                                         .ref = ref,
                                         .step = set_step_of(&ref),
                                         .place = i,
                                         .object = object,
                                         .entry = set_index_at(&index, key)};
    }
    return items_sorted(items);
}

struct set_items set_items_left(struct arena *a, const struct value *inventory,
                                const struct value *objects)
{
    size_t count = inventory && inventory->kind == VALUE_MAP ? inventory->map.count : 0;
    const struct set_index wanted = objects_index(a, objects);
    struct set_items items = {arena_array(a, count, sizeof(*items.all)), 0};

    for (size_t i = 0; i < count; i++) {
        const struct value_entry *e = &inventory->map.entries[i];
        const struct kube_ref ref = kube_set_ref(a, e->key, value_text(e->value, "api_version"));

        if (value_is_null(set_index_at(&wanted, e->key)))
            items.all[items.count++] = (struct set_item){.key = e->key,
                                                         .ref = ref,
                                                         .step = set_step_of(&ref),
                                                         .place = i,
                                                         .entry = e->value};
    }
    return items_sorted(items);
}

struct set_items set_items_of_step(const struct set_items *items, enum set_step step)
{
    struct set_items some = {items->all, 0};

    while (some.all < items->all + items->count && some.all->step < step)
        some.all++;
    while (some.all + some.count < items->all + items->count && some.all[some.count].step == step)
        some.count++;
    return some;
}

const char *set_uid(const struct value *object)
{
    return value_z(value_in(object, "metadata", "uid"));
}

bool set_is_going(const struct value *live)
{
    return value_is_set(value_in(live, "metadata", "deletionTimestamp"));
}

/* --- planning ---------------------------------------------------------------- */

/* Kind, group, namespace and name are known. */
bool set_has_key(const struct value *object)
{
    return value_is_set(value_at(object, "apiVersion")) && value_is_set(value_at(object, "kind")) &&
           value_is_set(value_in(object, "metadata", "name")) &&
           !value_is_unknown(value_in(object, "metadata", "namespace"));
}

/* Lines begin with a key and ": ". */
static struct set_index drifted_keys(struct arena *a, const struct value *drift)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(drift); i++) {
        const char *line = value_z(value_item(drift, i)), *end = strstr(line, ": ");

        if (end)
            value_builder_push(&b, text_z(a, (struct text){line, (size_t)(end - line)}),
                               &value_true);
    }
    return set_index_of(a, value_builder_map(&b));
}

static const struct value *entry_to_come(struct arena *a, const struct value *object)
{
    return value_map_of(a, {"api_version", value_at(object, "apiVersion")}, {"uid", &value_unknown},
                        {"digest", &value_unknown});
}

const struct value *kube_set_plan(struct arena *a, const struct value *objects,
                                  const struct value *prior_objects, const struct value *before,
                                  const struct value *drift)
{
    const struct set_index prior = objects_index(a, prior_objects),
                           entries = set_index_of(a, before), drifted = drifted_keys(a, drift);
    struct value_builder b;

    if (value_is_unknown(objects))
        return &value_unknown;
    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(objects); i++) {
        const struct value *object = value_item(objects, i), *entry;
        const char *key;

        if (!set_has_key(object))
            return &value_unknown;
        key = kube_set_key(a, object);
        entry = set_index_at(&entries, key);
        if (value_is_null(entry) || value_is_set(set_index_at(&drifted, key)) ||
            !value_equal(set_prepared(a, object), set_index_at(&prior, key)))
            entry = entry_to_come(a, object);
        value_builder_push(&b, key, entry);
    }
    return value_builder_map(&b);
}
