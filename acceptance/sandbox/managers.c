#include "acceptance/sandbox/managers.h"

#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/fields.h"
#include "base/clock.h"
#include "codec/json.h"

enum { MANAGERS_MAX = 200 };

struct manager {
    const char *name, *operation, *version, *subresource, *time;
    const struct value *set;
};

struct managers {
    struct manager items[MANAGERS_MAX];
    size_t count;
};

/* --- managedFields and back ---------------------------------------------------------------- */
static void managers_read(const struct value *object, struct managers *out)
{
    const struct value *list = value_in(object, "metadata", "managedFields");

    out->count = 0;
    for (size_t i = 0; i < value_count(list) && i < MANAGERS_MAX - 1; i++) {
        const struct value *e = value_item(list, i);
        const struct value *set = value_at(e, "fieldsV1");

        out->items[out->count++] = (struct manager){
            value_text(e, "manager"),     value_text(e, "operation"), value_text(e, "apiVersion"),
            value_text(e, "subresource"), value_text(e, "time"),      value_count(set) ? set : NULL,
        };
    }
}

static int compare(const void *left, const void *right)
{
    const struct manager *a = left, *b = right;
    int order = strcmp(a->operation, b->operation);

    if (!order)
        order = strcmp(a->time, b->time);
    if (!order)
        order = strcmp(a->name, b->name);
    if (!order)
        order = strcmp(a->version, b->version);
    return order ? order : strcmp(a->subresource, b->subresource);
}

static const struct value *managers_write(struct arena *a, struct managers *m)
{
    struct value_builder b;

    qsort(m->items, m->count, sizeof(*m->items), compare);
    value_builder_init(&b, a);
    for (size_t i = 0; i < m->count; i++) {
        const struct manager *e = &m->items[i];
        const struct value *v = value_map_of(
            a, {"manager", value_string(a, e->name)}, {"operation", value_string(a, e->operation)},
            {"apiVersion", value_string(a, e->version)},
            {"fieldsType", value_string(a, "FieldsV1")}, {"fieldsV1", fields_sorted(a, e->set)});

        if (!e->set)
            continue;
        if (*e->time)
            v = value_with(a, v, "time", value_string(a, e->time));
        if (*e->subresource)
            v = value_with(a, v, "subresource", value_string(a, e->subresource));
        value_builder_add(&b, v);
    }
    return b.count ? value_builder_list(&b) : NULL;
}

static struct manager *find(struct managers *m, const struct write *w, const char *operation)
{
    bool apply = strcmp(operation, "Apply") == 0;
    const char *version = kind_api_version(w->arena, w->kind);

    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->items[i].name, w->manager) == 0 &&
            strcmp(m->items[i].operation, operation) == 0 &&
            strcmp(m->items[i].subresource, w->subresource) == 0 &&
            (apply || strcmp(m->items[i].version, version) == 0))
            return &m->items[i];
    return NULL;
}

static struct manager *find_or_add(struct managers *m, const struct write *w, const char *operation)
{
    struct manager *found = find(m, w, operation);

    if (!found) {
        found = &m->items[m->count++];
        *found = (struct manager){w->manager, operation, "", w->subresource, "", NULL};
    }
    found->version = kind_api_version(w->arena, w->kind);
    return found;
}

/* --- what nobody may own -----------------------------------------------------------------------
 */
static const struct value *without_system_fields(const struct write *w, const struct value *set)
{
    static const char *const names[] = {
        "f:name",
        "f:namespace",
        "f:creationTimestamp",
        "f:selfLink",
        "f:uid",
        "f:generation",
        "f:clusterName",
        "f:managedFields",
        "f:resourceVersion",
        "f:deletionTimestamp",
        "f:deletionGracePeriodSeconds",
    };
    struct arena *a = w->arena;
    const struct value *strip = value_map_of(a, {".", &value_empty_map});
    const struct value *system =
        value_map_of(a, {"f:apiVersion", &value_empty_map}, {"f:kind", &value_empty_map});

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        strip = value_with(a, strip, names[i], &value_empty_map);
    set = fields_minus(a, set, value_with(a, system, "f:metadata", strip));
    if (!set || !(w->kind->flags & KIND_STATUS))
        return set;
    if (strcmp(w->subresource, "status") != 0)
        set = value_with(a, set, "f:status", NULL);
    else if (!(w->kind->flags & KIND_CUSTOM))
        set = value_with(a, set, "f:spec", NULL);
    else if (value_has(set, "f:status"))
        set = value_map_of(a, {"f:status", value_at(set, "f:status")});
    else
        set = NULL;
    return value_count(set) ? set : NULL;
}

/* The object that stands in for nothing: structs that are always there. */
static const struct value *zero_object(const struct write *w)
{
    const struct value *zero = &value_empty_map;
    struct diags diags;

    diags_init(&diags, w->arena);
    if (!json_read(w->arena, text_of(w->kind->zero), "zero object", &diags, &zero))
        return &value_empty_map;
    return value_with(w->arena, zero, "metadata", &value_empty_map);
}

static struct fields_change change_of(const struct write *w, const struct value *before,
                                      const struct value *after)
{
    struct fields_change change =
        fields_compare(w->arena, w->kind->shape, before ? before : zero_object(w), after);

    change.added = without_system_fields(w, change.added);
    change.modified = without_system_fields(w, change.modified);
    change.removed = without_system_fields(w, change.removed);
    return change;
}

/* Takes from all others what the change touched. */
static void take_from_others(const struct write *w, struct managers *m, const struct manager *self,
                             const struct fields_change *change)
{
    const struct value *touched = fields_union(w->arena, change->added, change->modified);

    for (size_t i = 0; i < m->count; i++) {
        struct manager *other = &m->items[i];

        if (other == self)
            continue;
        other->set = fields_minus(w->arena, other->set, touched);
        other->set = fields_minus(w->arena, other->set, change->removed);
    }
}

static const char *now(struct arena *a)
{
    return clock_rfc3339(a, clock_now());
}

static bool same_set(const struct value *x, const struct value *y)
{
    return x && y ? value_equal(x, y) : x == y;
}

const struct value *managers_update(const struct write *w, const struct value *before,
                                    const struct value *after)
{
    struct arena *a = w->arena;
    struct managers *m = arena_alloc(a, sizeof(*m));
    struct fields_change change = change_of(w, before, after);
    const struct value *old;
    struct manager *self;

    managers_read(before, m);
    self = find_or_add(m, w, "Update");
    take_from_others(w, m, self, &change);
    old = self->set;
    self->set = fields_minus(a, self->set, change.removed);
    self->set = fields_union(a, self->set, fields_union(a, change.modified, change.added));
    if (!same_set(old, self->set))
        self->time = now(a);
    return value_with_in(a, after, managers_write(a, m), "metadata", "managedFields");
}

/* --- apply --------------------------------------------------------------------------------- */
static const char *manager_text(struct arena *a, const struct manager *m)
{
    const char *text = text_f(a, "\"%s\"", m->name);

    if (*m->subresource)
        text = text_f(a, "%s with subresource \"%s\"", text, m->subresource);
    if (strcmp(m->operation, "Update") == 0)
        text = text_f(a, "%s using %s", text, m->version);
    return text;
}

static int by_name(const void *left, const void *right)
{
    const struct manager *const *a = left, *const *b = right;

    return strcmp((*a)->name, (*b)->name);
}

static const struct value *find_conflicts(const struct write *w, const struct managers *m,
                                          const struct manager *self,
                                          const struct fields_change *change)
{
    struct arena *a = w->arena;
    const struct value *touched = fields_union(a, change->added, change->modified);
    const struct manager **sorted = arena_array(a, m->count, sizeof(struct manager *));
    struct value_builder b;

    for (size_t i = 0; i < m->count; i++)
        sorted[i] = &m->items[i];
    qsort(sorted, m->count, sizeof(struct manager *), by_name);
    value_builder_init(&b, a);
    for (size_t i = 0; i < m->count; i++) {
        const struct value *paths;

        if (sorted[i] == self)
            continue;
        paths = fields_paths(a, fields_common(a, sorted[i]->set, touched));
        for (size_t k = 0; k < value_count(paths); k++)
            value_builder_add(
                &b, value_map_of(a, {"manager", value_string(a, manager_text(a, sorted[i]))},
                                 {"field", value_item(paths, k)}));
    }
    return value_builder_list(&b);
}

static const struct value *owned_by_all(const struct write *w, const struct managers *m)
{
    const struct value *all = NULL;

    for (size_t i = 0; i < m->count; i++)
        all = fields_union(w->arena, all, m->items[i].set);
    return all;
}

bool managers_apply(const struct write *w, const struct value *before, const struct value *applied,
                    const struct value **after, const struct value **managed,
                    const struct value **conflicts)
{
    struct arena *a = w->arena;
    struct managers *m = arena_alloc(a, sizeof(*m));
    struct manager *self;
    const struct value *last;
    struct fields_change change;

    managers_read(before, m);
    self = find_or_add(m, w, "Apply");
    last = self->set;
    self->set = without_system_fields(w, fields_of(a, w->kind->shape, applied));
    *after = fields_merge(a, w->kind->shape, before ? before : &value_empty_map, applied);
    *after = fields_prune(a, w->kind->shape, *after, last, owned_by_all(w, m));
    change = change_of(w, before, *after);
    *conflicts = find_conflicts(w, m, self, &change);
    if (!w->force && value_count(*conflicts))
        return false;
    take_from_others(w, m, self, &change);
    *managed = managers_write(a, m);
    return true;
}

const struct value *managers_touch(const struct write *w, const struct value *managed)
{
    struct managers *m = arena_alloc(w->arena, sizeof(*m));
    struct manager *self;

    if (!managed)
        return NULL;
    managers_read(value_with_in(w->arena, &value_empty_map, managed, "metadata", "managedFields"),
                  m);
    self = find(m, w, "Apply");
    if (self)
        self->time = now(w->arena);
    return managers_write(w->arena, m);
}
