#include "schema/modify.h"

#include <string.h>

#include "schema/element.h"
#include "schema/fallback.h"
#include "schema/match.h"

struct modify {
    struct arena *arena;
    bool settled; /* nothing has changed: every computed value keeps its state */
    bool forced;  /* inside a FORCE_NEW row: its children cannot change alone */
    /* Top level, to tell what has changed; not used while settled. */
    const struct attribute *rows;
    const struct value *prior, *planned;
};

bool modify_changes(struct arena *a, const struct attribute *rows, const struct value *prior,
                    const struct value *planned, const char *name)
{
    const struct attribute *row = attribute_find(rows, name);

    return row && !type_value_equal(attribute_type(a, row), value_at(prior, name),
                                    value_at(planned, name));
}

/* A FORCE_NEW value that the provider chose cannot change without a
 * replacement, so another row's change must not make it unknown. */
static bool keeps_state(const struct modify *m, const struct attribute *row)
{
    if (!row->unknown_if)
        return m->forced || row->flags & (KEEP_STATE | FORCE_NEW);
    for (const char *const *name = row->unknown_if; *name; name++)
        if (modify_changes(m->arena, m->rows, m->prior, m->planned, *name))
            return false;
    return true;
}

static const struct value *modified_object(const struct modify *m, const struct attribute *rows,
                                           const struct value *prior, const struct value *config);

static const struct value *modified_nested(const struct modify *m, const struct attribute *row,
                                           const struct value *prior, const struct value *config)
{
    size_t count = element_count(row, config);
    const struct value *const *partners = match_elements(m->arena, row, prior, config);
    const struct value **elements = arena_array(m->arena, count, sizeof(const struct value *));
    struct modify inner = *m;

    inner.forced = m->forced || row->flags & FORCE_NEW;
    for (size_t i = 0; i < count; i++)
        elements[i] = modified_object(&inner, row->nested, partners[i], element_at(row, config, i));
    return count ? element_join(m->arena, row, config, elements) : config;
}

static const struct value *computed(const struct modify *m, const struct attribute *row,
                                    const struct value *prior)
{
    const struct value *fallback = row->fallback ? fallback_value(m->arena, row) : NULL;

    if (fallback)
        return row->nested ? modified_nested(m, row, prior, fallback) : fallback;
    if (prior && (m->settled || keeps_state(m, row)))
        return prior;
    return &value_unknown;
}

/* prior is NULL where the holder of the row did not exist. */
static const struct value *modified(const struct modify *m, const struct attribute *row,
                                    const struct value *prior, const struct value *config)
{
    if (row->flags & WRITE_ONLY)
        return &value_null;
    if (value_is_null(config))
        return row->flags & COMPUTED ? computed(m, row, prior)
                                     : config; /* a null may have a type */
    if (!row->nested || !value_is_set(config))
        return config;
    return modified_nested(m, row, prior, config);
}

static const struct value *modified_object(const struct modify *m, const struct attribute *rows,
                                           const struct value *prior, const struct value *config)
{
    struct value_builder b;

    if (!value_is_set(config))
        return config;
    value_builder_init(&b, m->arena);
    ATTRIBUTE_EACH (row, rows)
        value_builder_push(&b, row->name,
                           modified(m, row, prior ? value_at(prior, row->name) : NULL,
                                    value_at(config, row->name)));
    return value_builder_map(&b);
}

static bool same(struct arena *a, const struct attribute *rows, const struct value *left,
                 const struct value *right)
{
    return type_value_equal(attributes_type(a, rows), left, right);
}

/* What one row's change makes unknown may be named in the unknown_if of
 * another: repeated until nothing more changes. Unknowns only ever grow. */
static const struct value *changed(struct modify *m, const struct value *config)
{
    const struct value *next = modified_object(m, m->rows, m->prior, config);

    while (!same(m->arena, m->rows, m->planned, next)) {
        m->planned = next;
        next = modified_object(m, m->rows, m->prior, config);
    }
    return next;
}

const struct value *modify_plan(struct arena *a, const struct attribute *rows,
                                const struct value *prior, const struct value *config)
{
    struct modify m = {.arena = a, .rows = rows, .prior = prior};
    const struct value *timeouts;

    if (value_is_null(prior))
        return modified_object(&m, rows, NULL, config);
    m.settled = true;
    m.planned = modified_object(&m, rows, prior, config);
    if (same(a, rows, prior, m.planned))
        return prior;
    if (attribute_find(rows, "timeouts")) {
        timeouts = value_with(a, prior, "timeouts", value_at(m.planned, "timeouts"));
        if (same(a, rows, timeouts, m.planned))
            return timeouts;
    }
    m.settled = false;
    return changed(&m, config);
}
