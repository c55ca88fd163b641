#include "acceptance/sandbox/fields.h"

#include <string.h>

#include "codec/json.h"

enum { PATH_BYTES_MAX = 64 * 1024 };

/* --- nodes ------------------------------------------------------------------- */
static bool is_member(const struct value *node)
{
    return node && (value_count(node) == 0 || value_has(node, "."));
}

static const struct value *child(const struct value *node, const char *key)
{
    return node && value_has(node, key) ? value_at(node, key) : NULL;
}

/* NULL when nothing is in it. */
static const struct value *node_of(struct arena *a, bool member, struct value_builder *children)
{
    struct value_builder with_dot;

    if (children->count == 0)
        return member ? &value_empty_map : NULL;
    if (!member)
        return value_builder_map(children);
    value_builder_init(&with_dot, a);
    value_builder_push(&with_dot, ".", &value_empty_map);
    for (size_t i = 0; i < children->count; i++)
        value_builder_push(&with_dot, children->entries[i].key, children->entries[i].value);
    return value_builder_map(&with_dot);
}

static void add_child(struct value_builder *b, const char *key, const struct value *node)
{
    if (node)
        value_builder_push(b, key, node);
}

const struct value *fields_union(struct arena *a, const struct value *x, const struct value *y)
{
    struct value_builder b;

    if (!x || !y)
        return x ? x : y;
    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(x); i++) {
        const struct value_entry *e = &x->map.entries[i];

        if (strcmp(e->key, ".") != 0)
            add_child(&b, e->key, fields_union(a, e->value, child(y, e->key)));
    }
    for (size_t i = 0; i < value_count(y); i++) {
        const struct value_entry *e = &y->map.entries[i];

        if (strcmp(e->key, ".") != 0 && !value_has(x, e->key))
            add_child(&b, e->key, e->value);
    }
    return node_of(a, is_member(x) || is_member(y), &b);
}

static const struct value *combine(struct arena *a, const struct value *x, const struct value *y,
                                   bool minus)
{
    struct value_builder b;

    if (!x || !y)
        return minus ? x : NULL;
    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(x); i++) {
        const struct value_entry *e = &x->map.entries[i];

        if (strcmp(e->key, ".") != 0)
            add_child(&b, e->key, combine(a, e->value, child(y, e->key), minus));
    }
    return node_of(a, is_member(x) && is_member(y) != minus, &b);
}

const struct value *fields_minus(struct arena *a, const struct value *x, const struct value *y)
{
    return combine(a, x, y, true);
}

const struct value *fields_common(struct arena *a, const struct value *x, const struct value *y)
{
    return combine(a, x, y, false);
}

const struct value *fields_sorted(struct arena *a, const struct value *set)
{
    return set ? value_sorted(a, set) : &value_empty_map; /* "." sorts before letters */
}

/* --- elements of lists --------------------------------------------------------- */
static bool is_map(const struct shape *shape, const struct value *v)
{
    return v->kind == VALUE_MAP && !shape->atomic &&
           (shape->kind == SHAPE_ANY || shape->kind == SHAPE_MAP || shape->kind == SHAPE_OBJECT);
}

static bool is_keyed_list(const struct shape *shape, const struct value *v)
{
    return v->kind == VALUE_LIST && shape->kind == SHAPE_LIST && shape->list != SHAPE_LIST_ATOMIC;
}

/* A key's value, or its default: ports are often given without a protocol. */
static const struct value *key_value(const struct shape *shape, const struct value *item,
                                     const char *key)
{
    const struct shape_field *field = shape_find(shape->item, key);

    if (value_has(item, key) || !field || !field->fallback)
        return value_at(item, key);
    return field->fallback;
}

/* k:{"name":"x"} or v:"x" */
static const char *element_key(struct arena *a, const struct shape *shape, const struct value *item)
{
    struct value_builder b;

    if (shape->list == SHAPE_LIST_SET)
        return text_f(a, "v:%s", json_write(a, item).at);
    value_builder_init(&b, a);
    for (size_t i = 0; shape->keys[i]; i++)
        value_builder_set(&b, shape->keys[i], key_value(shape, item, shape->keys[i]));
    return text_f(a, "k:%s", json_write(a, value_sorted(a, value_builder_map(&b))).at);
}

static const struct value *find_element(struct arena *a, const struct shape *shape,
                                        const struct value *list, const char *key)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(element_key(a, shape, value_item(list, i)), key) == 0)
            return value_item(list, i);
    return NULL;
}

static const char *field_key(struct arena *a, const char *name)
{
    return text_f(a, "f:%s", name);
}

/* --- sets from values ------------------------------------------------------------ */
/* Everything in v; with all = false only what applying it claims: leaves, map
 * keys and list elements, not the structs on the way. */
static const struct value *collect(struct arena *a, const struct shape *shape,
                                   const struct value *v, bool member, bool all)
{
    struct value_builder b;
    bool keyed = is_keyed_list(shape, v);

    if (!keyed && !is_map(shape, v))
        return &value_empty_map;
    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(v); i++) {
        const struct value *item = keyed ? value_item(v, i) : v->map.entries[i].value;
        const char *name = keyed ? "" : v->map.entries[i].key;
        const struct shape *next = keyed ? shape_item(shape) : shape_at(shape, name);
        bool inner = all || keyed || shape->kind != SHAPE_OBJECT;

        if (next)
            value_builder_set(&b, keyed ? element_key(a, shape, item) : field_key(a, name),
                              collect(a, next, item, inner, all));
    }
    return node_of(a, member || b.count == 0, &b);
}

const struct value *fields_of(struct arena *a, const struct shape *shape, const struct value *v)
{
    return value_count(v) ? collect(a, shape, v, false, false) : NULL;
}

struct change_builders {
    struct value_builder added, modified, removed;
};

static void compare_child(struct arena *a, const struct shape *shape, const char *key,
                          const struct value *before, const struct value *after,
                          struct change_builders *out)
{
    struct fields_change change = {0};

    if (before && after)
        change = fields_compare(a, shape, before, after);
    else if (after)
        change.added = collect(a, shape, after, true, true);
    else if (before)
        change.removed = collect(a, shape, before, true, true);
    add_child(&out->added, key, change.added);
    add_child(&out->modified, key, change.modified);
    add_child(&out->removed, key, change.removed);
}

static const struct value *entry(const struct value *map, const char *key)
{
    return value_has(map, key) ? value_at(map, key) : NULL;
}

static void compare_maps(struct arena *a, const struct shape *shape, const struct value *before,
                         const struct value *after, struct change_builders *out)
{
    for (size_t i = 0; i < value_count(before); i++) {
        const char *key = before->map.entries[i].key;

        if (shape_at(shape, key))
            compare_child(a, shape_at(shape, key), field_key(a, key), before->map.entries[i].value,
                          entry(after, key), out);
    }
    for (size_t i = 0; i < value_count(after); i++) {
        const char *key = after->map.entries[i].key;

        if (shape_at(shape, key) && !value_has(before, key))
            compare_child(a, shape_at(shape, key), field_key(a, key), NULL,
                          after->map.entries[i].value, out);
    }
}

static void compare_lists(struct arena *a, const struct shape *shape, const struct value *before,
                          const struct value *after, struct change_builders *out)
{
    for (size_t i = 0; i < value_count(before); i++) {
        const char *key = element_key(a, shape, value_item(before, i));

        compare_child(a, shape_item(shape), key, value_item(before, i),
                      find_element(a, shape, after, key), out);
    }
    for (size_t i = 0; i < value_count(after); i++) {
        const char *key = element_key(a, shape, value_item(after, i));

        if (!find_element(a, shape, before, key))
            compare_child(a, shape_item(shape), key, NULL, value_item(after, i), out);
    }
}

struct fields_change fields_compare(struct arena *a, const struct shape *shape,
                                    const struct value *before, const struct value *after)
{
    struct change_builders b;
    struct fields_change change = {0};

    if (value_is_null(before) && after->kind == VALUE_LIST)
        before = &value_empty_list;
    value_builder_init(&b.added, a);
    value_builder_init(&b.modified, a);
    value_builder_init(&b.removed, a);
    if (is_map(shape, before) && is_map(shape, after))
        compare_maps(a, shape, before, after, &b);
    else if (is_keyed_list(shape, before) && is_keyed_list(shape, after))
        compare_lists(a, shape, before, after, &b);
    else if (!value_equal(before, after))
        change.modified = &value_empty_map;
    else
        return change;
    if (change.modified)
        return change;
    change.added = node_of(a, false, &b.added);
    change.modified = node_of(a, false, &b.modified);
    change.removed = node_of(a, false, &b.removed);
    return change;
}

/* --- paths for people ------------------------------------------------------------ */
static const char *step_text(struct arena *a, const char *key)
{
    struct diags diags;
    const struct value *keys = NULL;
    struct text_builder b;

    if (strncmp(key, "f:", 2) == 0)
        return text_f(a, ".%s", key + 2);
    if (strncmp(key, "v:", 2) == 0)
        return text_f(a, "[=%s]", key + 2);
    diags_init(&diags, a);
    if (!json_read(a, text_of(key + 2), "key", &diags, &keys))
        return key;
    text_builder_init(&b, a, PATH_BYTES_MAX);
    for (size_t i = 0; i < value_count(keys); i++)
        text_add_f(&b, "%s%s=%s", i ? "," : "[", keys->map.entries[i].key,
                   json_write(a, keys->map.entries[i].value).at);
    text_add_char(&b, ']');
    return text_built(&b).at;
}

/* At each level the members come first, then what is below them. */
static void add_paths(struct arena *a, const struct value *node, const char *path,
                      struct value_builder *out)
{
    for (size_t i = 0; i < value_count(node); i++) {
        const struct value_entry *e = &node->map.entries[i];

        if (strcmp(e->key, ".") != 0 && is_member(e->value))
            value_builder_add(out, value_f(a, "%s%s", path, step_text(a, e->key)));
    }
    for (size_t i = 0; i < value_count(node); i++) {
        const struct value_entry *e = &node->map.entries[i];

        if (strcmp(e->key, ".") != 0)
            add_paths(a, e->value, text_f(a, "%s%s", path, step_text(a, e->key)), out);
    }
}

const struct value *fields_paths(struct arena *a, const struct value *set)
{
    struct value_builder b;

    value_builder_init(&b, a);
    if (set)
        add_paths(a, fields_sorted(a, set), "", &b);
    return value_builder_list(&b);
}

/* --- merge ------------------------------------------------------------------------- */
static const struct value *merge_maps(struct arena *a, const struct shape *shape,
                                      const struct value *live, const struct value *applied)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(live); i++) {
        const struct value_entry *e = &live->map.entries[i];
        const struct shape *next = shape_at(shape, e->key);

        value_builder_push(&b, e->key,
                           value_has(applied, e->key) && next
                               ? fields_merge(a, next, e->value, value_at(applied, e->key))
                               : e->value);
    }
    for (size_t i = 0; i < value_count(applied); i++)
        if (!value_has(live, applied->map.entries[i].key))
            value_builder_push(&b, applied->map.entries[i].key, applied->map.entries[i].value);
    return value_builder_map(&b);
}

static void merge_element(struct arena *a, const struct shape *shape, const struct value *live,
                          const struct value *item, struct value_builder *out)
{
    const struct value *old = find_element(a, shape, live, element_key(a, shape, item));

    value_builder_add(out, old ? fields_merge(a, shape_item(shape), old, item) : item);
}

/* Elements that only live has keep their place; the applied ones keep the
 * order in which they were applied. */
static const struct value *merge_lists(struct arena *a, const struct shape *shape,
                                       const struct value *live, const struct value *applied)
{
    struct value_builder b;
    size_t next = 0;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(live); i++) {
        const char *key = element_key(a, shape, value_item(live, i));

        if (!find_element(a, shape, applied, key)) {
            value_builder_add(&b, value_item(live, i));
            continue;
        }
        for (size_t k = next; k < value_count(applied); k++) {
            if (strcmp(element_key(a, shape, value_item(applied, k)), key) != 0)
                continue;
            for (; next <= k; next++)
                merge_element(a, shape, live, value_item(applied, next), &b);
        }
    }
    for (; next < value_count(applied); next++)
        merge_element(a, shape, live, value_item(applied, next), &b);
    return value_builder_list(&b);
}

const struct value *fields_merge(struct arena *a, const struct shape *shape,
                                 const struct value *live, const struct value *applied)
{
    if (is_map(shape, live) && is_map(shape, applied))
        return merge_maps(a, shape, live, applied);
    if (is_keyed_list(shape, live) && is_keyed_list(shape, applied))
        return merge_lists(a, shape, live, applied);
    return applied;
}

/* --- prune ------------------------------------------------------------------------- */
/* True when the child goes away as a whole. */
static bool is_dropped(const struct value *last, const struct value *owned)
{
    return last && !owned;
}

static const struct value *prune_map(struct arena *a, const struct shape *shape,
                                     const struct value *v, const struct value *last,
                                     const struct value *owned)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(v); i++) {
        const struct value_entry *e = &v->map.entries[i];
        const char *key = field_key(a, e->key);

        if (!is_dropped(child(last, key), child(owned, key)))
            value_builder_push(&b, e->key,
                               fields_prune(a, shape_at(shape, e->key), e->value, child(last, key),
                                            child(owned, key)));
    }
    return value_builder_map(&b);
}

static const struct value *prune_list(struct arena *a, const struct shape *shape,
                                      const struct value *v, const struct value *last,
                                      const struct value *owned)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(v); i++) {
        const char *key = element_key(a, shape, value_item(v, i));

        if (!is_dropped(child(last, key), child(owned, key)))
            value_builder_add(&b, fields_prune(a, shape_item(shape), value_item(v, i),
                                               child(last, key), child(owned, key)));
    }
    return value_builder_list(&b);
}

const struct value *fields_prune(struct arena *a, const struct shape *shape, const struct value *v,
                                 const struct value *last, const struct value *owned)
{
    if (!last || !shape)
        return v;
    if (is_map(shape, v))
        return prune_map(a, shape, v, last, owned);
    if (is_keyed_list(shape, v))
        return prune_list(a, shape, v, last, owned);
    return v;
}

/* --- faults ------------------------------------------------------------------------ */
static const char *expected_kind(const struct shape *shape, const struct value *v)
{
    switch (shape->kind) {
    case SHAPE_STRING:
    case SHAPE_BYTES:
    case SHAPE_TIME:
        return v->kind == VALUE_STRING ? NULL : "string";
    case SHAPE_INTEGER:
    case SHAPE_NUMBER:
        return v->kind == VALUE_NUMBER ? NULL : "numeric (int or float)";
    case SHAPE_BOOL:
        return v->kind == VALUE_BOOL ? NULL : "boolean";
    case SHAPE_LIST:
        return v->kind == VALUE_LIST ? NULL : "list";
    case SHAPE_OBJECT:
    case SHAPE_MAP:
        return v->kind == VALUE_MAP ? NULL : "map";
    default:
        return NULL;
    }
}

static const char *fault_at(struct arena *a, const struct shape *shape, const struct value *v,
                            const char *path);

static const char *list_fault(struct arena *a, const struct shape *shape, const struct value *v,
                              const char *path)
{
    for (size_t i = 0; i < value_count(v); i++) {
        bool keyed = is_keyed_list(shape, v);
        const char *key = keyed ? element_key(a, shape, value_item(v, i)) : "";
        const char *step = keyed ? step_text(a, key) : text_f(a, "[%zu]", i);
        const char *fault;

        if (keyed && find_element(a, shape, v, key) != value_item(v, i))
            return text_f(a, "%s: duplicate entries for key %s", path, step);
        fault = fault_at(a, shape_item(shape), value_item(v, i), text_f(a, "%s%s", path, step));
        if (fault)
            return fault;
    }
    return NULL;
}

static const char *map_fault(struct arena *a, const struct shape *shape, const struct value *v,
                             const char *path)
{
    for (size_t i = 0; i < value_count(v); i++) {
        const struct value_entry *e = &v->map.entries[i];
        const char *at = text_f(a, "%s.%s", path, e->key), *fault;

        if (!shape_at(shape, e->key))
            return text_f(a, "%s: field not declared in schema", at);
        fault = fault_at(a, shape_at(shape, e->key), e->value, at);
        if (fault)
            return fault;
    }
    return NULL;
}

static const char *fault_at(struct arena *a, const struct shape *shape, const struct value *v,
                            const char *path)
{
    const char *expected = value_is_null(v) ? NULL : expected_kind(shape, v);

    if (expected)
        return text_f(a, "%s: expected %s, got &{%s}", path, expected, json_write(a, v).at);
    if (v->kind == VALUE_LIST)
        return list_fault(a, shape, v, path);
    if (v->kind == VALUE_MAP && shape->kind != SHAPE_ANY)
        return map_fault(a, shape, v, path);
    return NULL;
}

const char *fields_fault(struct arena *a, const struct shape *shape, const struct value *v)
{
    return fault_at(a, shape, v, "");
}
