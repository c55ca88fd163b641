#include "schema/replace.h"

#include <string.h>

#include "schema/element.h"

struct replace {
    struct arena *arena;
    struct plan_replace_path *list;
};

void replace_add(struct arena *a, struct plan_replace_path **list, const struct path *path)
{
    for (; *list; list = &(*list)->next)
        if (path_equal((*list)->path, path))
            return;
    *list = arena_alloc(a, sizeof(**list));
    (*list)->path = path;
}

static bool any_force_new(const struct attribute *rows)
{
    ATTRIBUTE_EACH (row, rows)
        if (row->flags & FORCE_NEW || any_force_new(row->nested))
            return true;
    return false;
}

static void object_replaces(struct replace *r, const struct attribute *rows, struct place at,
                            const struct value *prior, const struct value *planned);

/* Would this change of one element replace? Looks, and adds no path. */
static bool element_replaces(const struct replace *r, const struct attribute *row,
                             const struct value *prior, const struct value *planned)
{
    struct replace look = {r->arena, NULL};

    object_replaces(&look, row->nested, (struct place){NULL, false}, prior, planned);
    return look.list != NULL;
}

/* Elements pair up when no FORCE_NEW row tells them apart. */
static bool set_replaces(const struct replace *r, const struct attribute *row,
                         const struct value *prior, const struct value *planned)
{
    size_t count = element_count(row, planned), paired = 0;
    bool *taken = arena_array(r->arena, count, sizeof(*taken));

    if (element_count(row, prior) != count)
        return true;
    for (size_t i = 0; i < count && paired == i; i++)
        for (size_t step = 0; step < count; step++) {
            size_t j = (i + step) % count;

            if (taken[j] ||
                element_replaces(r, row, element_at(row, prior, j), element_at(row, planned, i)))
                continue;
            taken[j] = true;
            paired++;
            break;
        }
    return paired != count;
}

static void list_replaces(struct replace *r, const struct attribute *row, struct place at,
                          const struct value *prior, const struct value *planned)
{
    const struct value *longer =
        element_count(row, planned) > element_count(row, prior) ? planned : prior;

    for (size_t i = 0; i < element_count(row, longer); i++)
        object_replaces(r, row->nested, place_of_element(r->arena, at, row, longer, i),
                        element_at(row, prior, i), element_at(row, planned, i));
}

static void map_replaces(struct replace *r, const struct attribute *row, struct place at,
                         const struct value *prior, const struct value *planned)
{
    for (size_t i = 0; i < element_count(row, prior); i++)
        object_replaces(r, row->nested, place_of_element(r->arena, at, row, prior, i),
                        element_at(row, prior, i), value_at(planned, prior->map.entries[i].key));
    for (size_t i = 0; i < element_count(row, planned); i++)
        if (!value_has(prior, planned->map.entries[i].key))
            object_replaces(r, row->nested, place_of_element(r->arena, at, row, planned, i),
                            &value_null, element_at(row, planned, i));
}

/* What is wholly unknown may turn out to hold a replacing change, and Terraform
 * refuses an update that becomes a replacement at apply. */
static void nested_replaces(struct replace *r, const struct attribute *row, struct place at,
                            const struct value *prior, const struct value *planned)
{
    if (!any_force_new(row->nested))
        return;
    if (value_is_unknown(planned)) {
        replace_add(r->arena, &r->list, at.at);
        return;
    }
    switch (row->nesting) {
    case NESTING_LIST:
        list_replaces(r, row, at, prior, planned);
        break;
    case NESTING_MAP:
        map_replaces(r, row, at, prior, planned);
        break;
    case NESTING_SET:
        if (set_replaces(r, row, prior, planned))
            replace_add(r->arena, &r->list, at.at);
        break;
    default:
        object_replaces(r, row->nested, at, prior, planned);
    }
}

/* A write-only value is never stored: its version companion stands for it. */
static bool forces_new(const struct attribute *rows, const struct attribute *row)
{
    if (row->flags & FORCE_NEW)
        return true;
    ATTRIBUTE_EACH (other, rows)
        if (other->flags & FORCE_NEW && other->version_attribute &&
            strcmp(other->version_attribute, row->name) == 0)
            return true;
    return false;
}

static void object_replaces(struct replace *r, const struct attribute *rows, struct place at,
                            const struct value *prior, const struct value *planned)
{
    if (value_is_unknown(planned) && any_force_new(rows)) {
        replace_add(r->arena, &r->list, at.at);
        return;
    }
    ATTRIBUTE_EACH (row, rows) {
        const struct value *before = value_at(prior, row->name);
        const struct value *after = value_at(planned, row->name);
        struct place place = place_of_row(r->arena, at, row);

        if (type_value_equal(attribute_type(r->arena, row), before, after))
            continue;
        if (forces_new(rows, row))
            replace_add(r->arena, &r->list, place.at);
        else if (row->nested)
            nested_replaces(r, row, place, before, after);
    }
}

struct plan_replace_path *replace_paths(struct arena *a, const struct attribute *rows,
                                        const struct value *prior, const struct value *planned)
{
    struct replace r = {a, NULL};

    if (value_is_set(prior) && value_is_set(planned))
        object_replaces(&r, rows, (struct place){NULL, false}, prior, planned);
    return r.list;
}
