#include "schema/match.h"

#include <stdlib.h>

#include "schema/element.h"

static bool row_holds(struct arena *a, const struct attribute *row, const struct value *prior,
                      const struct value *config);

static bool object_holds(struct arena *a, const struct attribute *rows, const struct value *prior,
                         const struct value *config)
{
    if (!value_is_set(prior) || !value_is_set(config))
        return value_is_null(prior) && value_is_null(config);
    ATTRIBUTE_EACH (row, rows)
        if (!row_holds(a, row, value_at(prior, row->name), value_at(config, row->name)))
            return false;
    return true;
}

static bool set_holds(struct arena *a, const struct attribute *row, const struct value *prior,
                      const struct value *config)
{
    size_t count = element_count(row, config), found = 0;
    bool *taken = arena_array(a, count, sizeof(*taken));

    for (size_t i = 0; i < count && found == i; i++)
        for (size_t step = 0; step < count; step++) {
            size_t j = (i + step) % count;

            if (taken[j] || !object_holds(a, row->nested, element_at(row, prior, j),
                                          element_at(row, config, i)))
                continue;
            taken[j] = true;
            found++;
            break;
        }
    return found == count;
}

/* prior is what config asks for, as far as config says anything. */
static bool row_holds(struct arena *a, const struct attribute *row, const struct value *prior,
                      const struct value *config)
{
    bool map = row->nesting == NESTING_MAP;
    size_t count;

    if (row->flags & WRITE_ONLY)
        return true;
    if (value_is_null(config))
        return row->flags & COMPUTED || value_is_null(prior);
    if (value_is_unknown(config) || !value_is_set(prior))
        return false;
    if (!row->nested)
        return type_value_equal(row->type, prior, config);
    count = element_count(row, config);
    if (element_count(row, prior) != count)
        return false;
    if (row->nesting == NESTING_SET)
        return set_holds(a, row, prior, config);
    for (size_t i = 0; i < count; i++)
        if (!object_holds(a, row->nested,
                          map ? value_at(prior, config->map.entries[i].key)
                              : element_at(row, prior, i),
                          element_at(row, config, i)))
            return false;
    return true;
}

/* --- lists and sets: who claims whom ------------------------------------- */

struct claims {
    struct arena *arena;
    const struct attribute *row;
    const struct value *prior, *config;
    size_t prior_count, config_count;
    bool *taken; /* of prior */
    const struct value **partner;
};

static bool claim(struct claims *m, size_t i, size_t j)
{
    if (m->taken[j] || m->partner[i] ||
        !object_holds(m->arena, m->row->nested, element_at(m->row, m->prior, j),
                      element_at(m->row, m->config, i)))
        return false;
    m->taken[j] = true;
    m->partner[i] = element_at(m->row, m->prior, j);
    return true;
}

/* From its own index on, because most elements have not moved. */
static void claim_any(struct claims *m, size_t i)
{
    for (size_t step = 0; step < m->prior_count && !m->partner[i]; step++)
        (void)claim(m, i, (i + step) % m->prior_count);
}

static void match_list(struct claims *m)
{
    size_t both = m->prior_count < m->config_count ? m->prior_count : m->config_count;

    for (size_t i = 0; i < both; i++)
        (void)claim(m, i, i);
    for (size_t i = 0; i < m->config_count; i++)
        claim_any(m, i);
    for (size_t i = 0; i < both; i++)
        if (!m->partner[i] && !m->taken[i])
            m->partner[i] = element_at(m->row, m->prior, i);
}

struct ranked {
    size_t index, open; /* open: rows left to the provider, at any depth */
};

static size_t open_rows(const struct attribute *rows, const struct value *config)
{
    size_t open = 0;

    ATTRIBUTE_EACH (row, rows) {
        const struct value *v = value_at(config, row->name);

        open += value_is_null(v) && row->flags & COMPUTED;
        for (size_t i = 0; row->nested && i < element_count(row, v); i++)
            open += open_rows(row->nested, element_at(row, v, i));
    }
    return open;
}

static int by_open(const void *left, const void *right)
{
    const struct ranked *l = left, *r = right;

    if (l->open != r->open)
        return l->open < r->open ? -1 : 1;
    return l->index < r->index ? -1 : l->index > r->index;
}

/* Elements that say most choose first, so that one that would match anything
 * cannot take the only partner of another. */
static void match_set(struct claims *m)
{
    struct ranked *order = arena_array(m->arena, m->config_count, sizeof(*order));

    for (size_t i = 0; i < m->config_count; i++)
        order[i] = (struct ranked){i, open_rows(m->row->nested, element_at(m->row, m->config, i))};
    if (m->config_count)
        qsort(order, m->config_count, sizeof(*order), by_open);
    for (size_t i = 0; i < m->config_count; i++)
        claim_any(m, order[i].index);
}

static void match_keys(struct claims *m)
{
    for (size_t i = 0; i < m->config_count; i++)
        if (value_is_set(value_at(m->prior, m->config->map.entries[i].key)))
            m->partner[i] = value_at(m->prior, m->config->map.entries[i].key);
}

const struct value *const *match_elements(struct arena *a, const struct attribute *row,
                                          const struct value *prior, const struct value *config)
{
    struct claims m = {.arena = a, .row = row, .prior = prior, .config = config};

    m.prior_count = element_count(row, prior);
    m.config_count = element_count(row, config);
    m.taken = arena_array(a, m.prior_count, sizeof(*m.taken));
    m.partner = arena_array(a, m.config_count, sizeof(const struct value *));
    if (row->nesting == NESTING_LIST)
        match_list(&m);
    else if (row->nesting == NESTING_SET)
        match_set(&m);
    else if (row->nesting == NESTING_MAP)
        match_keys(&m);
    else if (m.prior_count && m.config_count)
        m.partner[0] = prior;
    return m.partner;
}
