#include "schema/path.h"

#include <assert.h>
#include <string.h>

enum { PATH_TEXT_BYTES_MAX = 4096 };

static struct path *step_new(struct arena *a, const struct path *parent, enum path_kind kind)
{
    struct path *p = arena_alloc(a, sizeof(*p));

    p->parent = parent;
    p->kind = kind;
    return p;
}

const struct path *path_name(struct arena *a, const struct path *parent, const char *attribute)
{
    struct path *p = step_new(a, parent, PATH_NAME);

    p->name = attribute;
    return p;
}

const struct path *path_key(struct arena *a, const struct path *parent, const char *map_key)
{
    struct path *p = step_new(a, parent, PATH_KEY);

    p->name = map_key;
    return p;
}

const struct path *path_index(struct arena *a, const struct path *parent, size_t index)
{
    struct path *p = step_new(a, parent, PATH_INDEX);

    p->index = (int64_t)index;
    return p;
}

const struct path *path_names(struct arena *a, const char *const *names)
{
    const struct path *p = NULL;

    for (; *names; names++)
        p = path_name(a, p, *names);
    return p;
}

const struct path *path_copy(struct arena *a, const struct path *p)
{
    struct path *copy;

    if (!p)
        return NULL;
    copy = step_new(a, path_copy(a, p->parent), p->kind);
    copy->name = arena_strdup(a, p->name);
    copy->index = p->index;
    return copy;
}

size_t path_depth(const struct path *p)
{
    size_t depth = 0;

    for (; p; p = p->parent)
        depth++;
    return depth;
}

const struct path *const *path_steps(struct arena *a, const struct path *p)
{
    size_t depth = path_depth(p);
    const struct path **steps = arena_array(a, depth, sizeof(const struct path *));

    for (; p; p = p->parent)
        steps[--depth] = p;
    return steps;
}

bool path_equal(const struct path *a, const struct path *b)
{
    for (; a && b && a != b; a = a->parent, b = b->parent)
        if (a->kind != b->kind ||
            (a->kind == PATH_INDEX ? a->index != b->index : strcmp(a->name, b->name) != 0))
            return false;
    return a == b;
}

static void add_step(struct text_builder *b, const struct path *step)
{
    switch (step->kind) {
    case PATH_NAME:
        text_add_z(b, b->len ? "." : "");
        text_add_z(b, step->name);
        break;
    case PATH_INDEX:
        text_add_f(b, "[%lld]", (long long)step->index);
        break;
    case PATH_KEY:
        text_add_z(b, "[\"");
        for (const char *z = step->name; *z; z++) {
            text_add_z(b, *z == '"' || *z == '\\' ? "\\" : "");
            text_add_char(b, *z);
        }
        text_add_z(b, "\"]");
        break;
    }
}

char *path_text(struct arena *a, const struct path *p)
{
    const struct path *const *steps = path_steps(a, p);
    size_t depth = path_depth(p);
    struct text_builder b;

    text_builder_init(&b, a, PATH_TEXT_BYTES_MAX);
    for (size_t i = 0; i < depth; i++)
        add_step(&b, steps[i]);
    return b.at;
}

static const struct value *child(const struct value *v, const struct path *step)
{
    return step->kind == PATH_INDEX ? value_item(v, (size_t)step->index) : value_at(v, step->name);
}

const struct value *path_value(const struct value *root, const struct path *p)
{
    if (!p)
        return root ? root : &value_null;
    return child(path_value(root, p->parent), p);
}

static const struct value *item_replace(struct arena *a, const struct value *list, size_t index,
                                        const struct value *v)
{
    const struct value **items = arena_array(a, value_count(list), sizeof(const struct value *));

    assert(list->kind == VALUE_LIST && index < list->list.count);
    memcpy(items, list->list.items, list->list.count * sizeof(const struct value *));
    items[index] = v;
    return value_list(a, items, list->list.count);
}

const struct value *path_replace(struct arena *a, const struct value *root, const struct path *p,
                                 const struct value *v)
{
    const struct value *holder;

    if (!p)
        return v ? v : &value_null;
    holder = path_value(root, p->parent);
    v = p->kind == PATH_INDEX ? item_replace(a, holder, (size_t)p->index, v ? v : &value_null)
                              : value_with(a, holder, p->name, v ? v : &value_null);
    return path_replace(a, root, p->parent, v);
}
