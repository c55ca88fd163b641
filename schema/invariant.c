#include "schema/invariant.h"

#include <string.h>

#include "schema/element.h"
#include "schema/resource.h"

/* One question: is this answer one that Terraform core takes? */
struct inquiry {
    struct call *call;
    const struct resource *resource;
    bool fine;
};

static const char *shown_path(struct arena *a, const struct path *at)
{
    return at ? path_text(a, at) : "the whole object";
}

static void broken(struct inquiry *q, struct place at, const char *rule)
{
    struct arena *a = q->call->arena;

    q->fine = false;
    (void)diag_error(q->call->diags, at.at, text_f(a, "Broken protocol rule: %s", rule),
                     "%s of %s. Terraform would refuse this answer. This is a bug in the "
                     "provider.",
                     shown_path(a, at.at), q->resource->name);
}

static void expect(struct inquiry *q, bool holds, struct place at, const char *rule)
{
    if (!holds)
        broken(q, at, rule);
}

static const struct attribute *rows_of(const struct inquiry *q)
{
    return resource_attributes(q->call->arena, q->resource);
}

static struct inquiry inquiry_of(struct call *c, const struct resource *r)
{
    return (struct inquiry){c, r, true};
}

/* --- shape, write-only, wholly known ------------------------------------- */

static bool visit_write_only(void *data, const struct attribute *row, const struct path *at,
                             const struct value *v)
{
    if (row->flags & WRITE_ONLY)
        expect(data, value_is_null(v), (struct place){at, false},
               "a write-only attribute is null in plan and state");
    return true;
}

static void check_shape(struct inquiry *q, const struct value *object)
{
    const struct attribute *rows = rows_of(q);

    expect(q, type_admits(attributes_type(q->call->arena, rows), object), (struct place){0},
           "the object has the schema's type");
    (void)attributes_walk(q->call->arena, rows, object, visit_write_only, q);
}

/* Blames the deepest place, so that the message names the leaf. */
static void check_known(struct inquiry *q, struct place at, const struct value *v)
{
    struct arena *a = q->call->arena;
    bool object = at.at == NULL;

    expect(q, !value_is_unknown(v), at, "a state is wholly known");
    for (size_t i = 0; i < value_count(v); i++) {
        if (v->kind == VALUE_LIST)
            check_known(q, (struct place){path_index(a, at.at, i), false}, v->list.items[i]);
        else
            check_known(q,
                        (struct place){object ? path_name(a, NULL, v->map.entries[i].key)
                                              : path_key(a, at.at, v->map.entries[i].key),
                                       false},
                        v->map.entries[i].value);
    }
}

/* --- plan ---------------------------------------------------------------- */

static void plan_object(struct inquiry *q, const struct attribute *rows, struct place at,
                        const struct value *prior, const struct value *config,
                        const struct value *planned);

static void plan_elements(struct inquiry *q, const struct attribute *row, struct place at,
                          const struct value *prior, const struct value *config,
                          const struct value *planned)
{
    struct arena *a = q->call->arena;
    size_t count = element_count(row, config);
    bool map = row->nesting == NESTING_MAP;

    if (element_count(row, planned) != count) {
        broken(q, at, "a planned container has as many elements as the configured one");
        return;
    }
    if (row->nesting == NESTING_SET)
        return; /* Terraform trusts the elements */
    for (size_t i = 0; i < count; i++) {
        struct place place = place_of_element(a, at, row, config, i);
        const char *key = map ? config->map.entries[i].key : NULL;

        if (map && !value_has(planned, key))
            broken(q, place, "a planned map has the keys of the configured one");
        else
            plan_object(q, row->nested, place,
                        map ? value_at(prior, key) : element_at(row, prior, i),
                        element_at(row, config, i),
                        map ? value_at(planned, key) : element_at(row, planned, i));
    }
}

static void plan_row(struct inquiry *q, const struct attribute *row, struct place at,
                     const struct value *prior, const struct value *config,
                     const struct value *planned)
{
    const struct type *type = attribute_type(q->call->arena, row);
    bool block = row->nesting == NESTING_BLOCK;

    if (row->flags & WRITE_ONLY)
        return; /* its rule is checked on its own */
    if (block && value_is_unknown(planned)) {
        broken(q, at, "a planned block is known");
        return;
    }
    if (value_is_null(config)) {
        expect(q, row->flags & COMPUTED || value_is_null(planned), at,
               "an attribute that is neither configured nor computed is null");
        return;
    }
    if (type_value_equal(type, planned, config) ||
        (!value_is_null(prior) && !block && type_value_equal(type, planned, prior)))
        return;
    if (value_is_unknown(config))
        broken(q, at, "an unknown configured value stays unknown or keeps its state");
    else if (!row->nested)
        broken(q, at, "a configured value is planned as configured or keeps its state");
    else if (!value_is_set(planned))
        broken(q, at, "a configured container is planned known and not null");
    else
        plan_elements(q, row, at, prior, config, planned);
}

static void plan_object(struct inquiry *q, const struct attribute *rows, struct place at,
                        const struct value *prior, const struct value *config,
                        const struct value *planned)
{
    if (!value_is_set(config)) {
        expect(q, value_is_null(config) ? value_is_null(planned) : value_is_unknown(planned), at,
               "an element that is null or unknown is planned as it is configured");
        return;
    }
    if (!value_is_set(planned)) {
        broken(q, at, "a configured object is planned known and not null");
        return;
    }
    ATTRIBUTE_EACH (row, rows)
        plan_row(q, row, place_of_row(q->call->arena, at, row), value_at(prior, row->name),
                 value_at(config, row->name), value_at(planned, row->name));
}

/* A step into nothing is an error to Terraform, but a step into unknown is not. */
static bool path_exists(struct arena *a, const struct value *root, const struct path *at)
{
    const struct path *const *steps = path_steps(a, at);
    const struct value *v = root;

    for (size_t i = 0; i < path_depth(at) && !value_is_unknown(v); i++) {
        if (steps[i]->kind == PATH_INDEX ? (size_t)steps[i]->index >= value_count(v)
                                         : !value_has(v, steps[i]->name))
            return false;
        v = steps[i]->kind == PATH_INDEX ? value_item(v, (size_t)steps[i]->index)
                                         : value_at(v, steps[i]->name);
    }
    return true;
}

static void check_replace(struct inquiry *q, const struct plan *plan)
{
    struct arena *a = q->call->arena;

    for (const struct plan_replace_path *entry = plan->replace; entry; entry = entry->next)
        expect(q,
               path_exists(a, plan->prior, entry->path) ||
                   path_exists(a, plan->planned, entry->path),
               (struct place){entry->path, false},
               "a replacing path exists in the prior or the planned object");
}

bool invariant_plan(struct call *c, const struct resource *r, const struct plan *plan)
{
    struct inquiry q = inquiry_of(c, r);

    if (value_is_null(plan->config)) {
        expect(&q, value_is_null(plan->planned), (struct place){0}, "a destroy is planned as null");
        return q.fine;
    }
    check_shape(&q, plan->planned);
    plan_object(&q, rows_of(&q), (struct place){0}, plan->prior, plan->config, plan->planned);
    check_replace(&q, plan);
    return q.fine;
}

/* --- a result that must agree with what was planned ---------------------- */

static void agree(struct inquiry *q, const struct type *t, struct place at,
                  const struct value *planned, const struct value *result);

/* Refinements that a provider can pass on and then break: not null (key 1) and
 * a string's prefix (key 2), read from the msgpack body of the unknown. */
static void agree_refinement(struct inquiry *q, struct place at, const struct value *unknown,
                             const struct value *result)
{
    struct text body = unknown->refinement;
    const unsigned char *bytes = (const unsigned char *)body.at;
    bool not_null = body.len >= 3 && bytes[1] == 1 && bytes[2] == 0xc2;
    size_t skip = not_null ? 3 : 1;
    struct text prefix;

    if (not_null)
        expect(q, !value_is_null(result), at, "a value that was planned as not null is not null");
    if (body.len < skip + 2 || bytes[skip] != 2 || (bytes[skip + 1] & 0xe0) != 0xa0)
        return;
    prefix = (struct text){body.at + skip + 2, bytes[skip + 1] & 0x1f};
    if (prefix.len <= body.len - skip - 2 && value_is_set(result))
        expect(q, text_starts_with(value_string_text(result), text_z(q->call->arena, prefix)), at,
               "a text begins with its planned prefix");
}

static bool agrees(const struct inquiry *q, const struct type *t, const struct value *planned,
                   const struct value *result)
{
    struct diags ignored;
    struct call quiet;
    struct inquiry inner;

    diags_init(&ignored, q->call->arena);
    quiet = call_quietly(q->call, &ignored);
    inner = (struct inquiry){&quiet, q->resource, true};
    agree(&inner, t, (struct place){0}, planned, result);
    return inner.fine;
}

static bool has_partner(const struct inquiry *q, const struct type *t, const struct value *planned,
                        const struct value *result, size_t at, bool of_result)
{
    size_t count = value_count(of_result ? planned : result);

    for (size_t step = 0; step < count; step++) {
        size_t other = (at + step) % count;

        if (agrees(q, t, value_item(planned, of_result ? other : at),
                   value_item(result, of_result ? at : other)))
            return true;
    }
    return false;
}

static void agree_set(struct inquiry *q, const struct type *t, struct place at,
                      const struct value *planned, const struct value *result)
{
    expect(q, value_count(result) <= value_count(planned), at,
           "a set does not get more elements than planned");
    for (size_t i = 0; i < value_count(planned); i++)
        expect(q, has_partner(q, t->element, planned, result, i, false), at,
               "every planned set element is in the result");
    for (size_t i = 0; i < value_count(result); i++)
        expect(q, has_partner(q, t->element, planned, result, i, true), at,
               "every set element of the result was planned");
}

static void agree_items(struct inquiry *q, const struct type *t, struct place at,
                        const struct value *planned, const struct value *result)
{
    if (value_count(planned) != value_count(result)) {
        broken(q, at, "a list is as long as planned");
        return;
    }
    for (size_t i = 0; i < value_count(planned); i++)
        agree(q, t->kind == TYPE_TUPLE ? t->fields[i].type : t->element,
              (struct place){path_index(q->call->arena, at.at, i), at.in_set},
              value_item(planned, i), value_item(result, i));
}

static void agree_entries(struct inquiry *q, const struct type *t, struct place at,
                          const struct value *planned, const struct value *result)
{
    bool object = t->kind == TYPE_OBJECT;

    for (size_t i = 0; i < value_count(planned); i++) {
        const char *key = planned->map.entries[i].key;
        struct arena *a = q->call->arena;
        struct place place = {object ? path_name(a, at.at, key) : path_key(a, at.at, key), false};
        const struct type *type = object ? type_field(t, key) : t->element;

        if (!type || !value_has(result, key))
            broken(q, place, "every planned key is in the result");
        else
            agree(q, type, place, planned->map.entries[i].value, value_at(result, key));
    }
    for (size_t i = 0; i < value_count(result); i++)
        expect(q, value_has(planned, result->map.entries[i].key), at,
               "every key of the result was planned");
}

static void agree_dynamic(struct inquiry *q, struct place at, const struct value *planned,
                          const struct value *result)
{
    struct arena *a = q->call->arena;
    const struct type *type = type_of_value(a, planned);

    /* An unknown inside has no type of its own unless it came from the wire. */
    if (planned->kind != result->kind ||
        (value_is_wholly_known(planned) && !type_equal(type, type_of_value(a, result))))
        broken(q, at, "a value of any type has the planned type");
    else
        agree(q, type, at, planned, result);
}

static void agree_known(struct inquiry *q, const struct type *t, struct place at,
                        const struct value *planned, const struct value *result)
{
    switch (t->kind) {
    case TYPE_DYNAMIC:
        agree_dynamic(q, at, planned, result);
        break;
    case TYPE_LIST:
    case TYPE_TUPLE:
        agree_items(q, t, at, planned, result);
        break;
    case TYPE_SET:
        agree_set(q, t, at, planned, result);
        break;
    case TYPE_MAP:
    case TYPE_OBJECT:
        agree_entries(q, t, at, planned, result);
        break;
    default:
        expect(q, value_equal(planned, result), at, "a known planned value is in the result");
    }
}

static void agree(struct inquiry *q, const struct type *t, struct place at,
                  const struct value *planned, const struct value *result)
{
    if (value_is_unknown(planned)) {
        expect(q, type_admits(t, result), at, "an unknown planned value resolves within its type");
        agree_refinement(q, at, planned, result);
    } else if (value_is_null(planned))
        expect(q, value_is_null(result), at, "what was planned as null is null");
    else if (value_is_null(result))
        broken(q, at, "what was planned as set is not null");
    else if (value_is_unknown(result))
        broken(q, at, "what was planned as known is known");
    else
        agree_known(q, t, at, planned, result);
}

bool invariant_replan(struct call *c, const struct resource *r, const struct value *first,
                      const struct value *second)
{
    struct inquiry q = inquiry_of(c, r);

    agree(&q, resource_type(c->arena, r), (struct place){0}, first, second);
    return q.fine;
}

bool invariant_apply(struct call *c, const struct resource *r, const struct value *planned,
                     const struct value *result)
{
    struct inquiry q = inquiry_of(c, r);

    check_shape(&q, result);
    check_known(&q, (struct place){0}, result);
    agree(&q, resource_type(c->arena, r), (struct place){0}, planned, result);
    return q.fine;
}

bool invariant_state(struct call *c, const struct resource *r, const struct value *state)
{
    struct inquiry q = inquiry_of(c, r);

    expect(&q, r->kind != KIND_DATA || !value_is_null(state), (struct place){0},
           "a data source answers with an object");
    check_shape(&q, state);
    check_known(&q, (struct place){0}, state);
    return q.fine;
}
