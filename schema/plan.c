#include "schema/plan.h"

#include "schema/modify.h"
#include "schema/replace.h"
#include "schema/resource.h"
#include "schema/unfinished.h"

/* Reading a kept attribute as if it were configured with its state makes the
 * generic rules see no change in it. */
static const struct value *effective_config(struct arena *a, const struct plan *p)
{
    const struct value *config = p->config;

    for (size_t i = 0; i < value_count(p->kept); i++)
        config = value_with(a, config, p->kept->map.entries[i].key, p->kept->map.entries[i].value);
    return config;
}

static void rebuild(struct call *c, struct plan *p)
{
    p->planned = modify_plan(c->arena, p->rows, p->prior, effective_config(c->arena, p));
    for (size_t i = 0; i < value_count(p->edits); i++)
        p->planned = value_with(c->arena, p->planned, p->edits->map.entries[i].key,
                                p->edits->map.entries[i].value);
}

/* Terraform refuses a path that neither object has, and one without a
 * difference means nothing: except where the value is never stored. */
static bool path_counts(struct arena *a, const struct plan *p, const struct path *at)
{
    const struct path *const *steps = path_steps(a, at);
    const struct attribute *rows = p->rows, *row = NULL;

    for (size_t i = 0; i < path_depth(at); i++) {
        if (steps[i]->kind != PATH_NAME)
            continue;
        row = attribute_find(rows, steps[i]->name);
        rows = row ? row->nested : NULL;
    }
    return (row && row->flags & WRITE_ONLY) ||
           !value_equal(path_value(p->prior, at), path_value(p->planned, at));
}

/* What the hook named and still differs, then what the rows say of the final
 * plan: a hook may have undone or made changes. */
static void settle_replace(struct call *c, struct plan *p)
{
    struct plan_replace_path *named = p->replace;
    struct plan_replace_path *found = replace_paths(c->arena, p->rows, p->prior, p->planned);

    p->replace = NULL;
    for (; found; found = found->next)
        replace_add(c->arena, &p->replace, found->path);
    for (; named; named = named->next)
        if (path_counts(c->arena, p, named->path))
            replace_add(c->arena, &p->replace, named->path);
}

static bool plan_change(struct call *c, const struct resource *r, struct plan *p)
{
    bool failed = c->diags->failed;

    p->rows = resource_attributes(c->arena, r);
    rebuild(c, p);
    /* A wrong plan_set() reports, but cannot make the hook return. */
    if (r->plan && (!r->plan(c, p) || c->diags->failed != failed))
        return false;
    if (r->continues)
        plan_set(c, p, unfinished_row.name, &value_true);
    settle_replace(c, p);
    return true;
}

bool plan_resource(struct call *c, const struct resource *r, const struct value *prior,
                   const struct value *proposed, const struct value *config, struct plan *out)
{
    *out = (struct plan){
        .prior = prior,
        .config = config,
        .planned = &value_null,
        .kept = &value_empty_map,
        .edits = &value_empty_map,
    };
    if (value_is_null(proposed))
        return !r->plan_destroy || r->plan_destroy(c, prior);
    return plan_change(c, r, out);
}

bool plan_is_create(const struct plan *p)
{
    return value_is_null(p->prior);
}

bool plan_changes(const struct plan *p, const char *attribute)
{
    struct arena *scratch;
    bool changes;

    if (plan_is_create(p))
        return !value_is_null(value_at(p->planned, attribute));
    scratch = arena_new();
    changes = modify_changes(scratch, p->rows, p->prior, p->planned, attribute);
    arena_free(scratch);
    return changes;
}

void plan_set(struct call *c, struct plan *p, const char *attribute, const struct value *v)
{
    const struct attribute *row = attribute_find(p->rows, attribute);

    if (!value_is_null(value_at(p->config, attribute)))
        return;
    if (!row || !(row->flags & COMPUTED)) {
        (void)diag_error(c->diags, path_of(c->arena, attribute), "The provider's plan is wrong",
                         "%s is not computed, so a plan cannot set it. This is a bug in the "
                         "provider: please report it.",
                         attribute);
        return;
    }
    p->edits = value_with(c->arena, p->edits, attribute, v);
    p->planned = value_with(c->arena, p->planned, attribute, v);
}

void plan_set_in(struct call *c, struct plan *p, const char *nested, const char *attribute,
                 const struct value *v)
{
    const struct value *object = value_at(p->planned, nested);

    if (!value_is_set(object) || !value_is_null(value_in(p->config, nested, attribute)))
        return;
    object = value_with(c->arena, object, attribute, v);
    p->edits = value_with(c->arena, p->edits, nested, object);
    p->planned = value_with(c->arena, p->planned, nested, object);
}

void plan_set_unknown(struct call *c, struct plan *p, const char *attribute)
{
    plan_set(c, p, attribute, &value_unknown);
}

void plan_set_all_unknown(struct call *c, struct plan *p, const char *const *attributes)
{
    for (; *attributes; attributes++)
        plan_set_unknown(c, p, *attributes);
}

void plan_keep(struct call *c, struct plan *p, const char *attribute)
{
    const struct attribute *row = attribute_find(p->rows, attribute);
    const struct value *prior = value_at(p->prior, attribute);

    if (plan_is_create(p) || !row)
        return;
    if (value_is_null(value_at(p->config, attribute))) {
        if (row->flags & COMPUTED)
            plan_set(c, p, attribute, prior);
        return;
    }
    /* Where the state has nothing, Terraform accepts only what is configured. */
    if (value_is_null(prior))
        return;
    p->kept = value_with(c->arena, p->kept, attribute, prior);
    rebuild(c, p);
}

void plan_replace(struct call *c, struct plan *p, const struct path *at)
{
    if (!plan_is_create(p))
        replace_add(c->arena, &p->replace, at);
}
