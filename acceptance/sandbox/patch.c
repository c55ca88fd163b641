#include "acceptance/sandbox/patch.h"

#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/status.h"

enum { POINTER_BYTES_MAX = 64 * 1024 };

const struct value *patch_merge(struct arena *a, const struct value *target,
                                const struct value *patch)
{
    if (patch->kind != VALUE_MAP)
        return patch;
    if (target->kind != VALUE_MAP)
        target = &value_empty_map;
    for (size_t i = 0; i < value_count(patch); i++) {
        const struct value_entry *e = &patch->map.entries[i];

        target = value_with(
            a, target, e->key,
            value_is_null(e->value) ? NULL : patch_merge(a, value_at(target, e->key), e->value));
    }
    return target;
}

/* --- RFC 6902 ------------------------------------------------------------------------------ */
enum change { CHANGE_ADD, CHANGE_REPLACE, CHANGE_REMOVE };

/* "a~1b" is the key "a/b". */
static const char *unescape(struct arena *a, struct text step)
{
    struct text_builder b;

    text_builder_init(&b, a, POINTER_BYTES_MAX);
    for (size_t i = 0; i < step.len; i++) {
        if (step.at[i] == '~' && i + 1 < step.len)
            text_add_char(&b, step.at[++i] == '1' ? '/' : '~');
        else
            text_add_char(&b, step.at[i]);
    }
    return text_built(&b).at;
}

static const struct value *change_list(struct arena *a, const struct value *list, const char *step,
                                       const struct value *item, enum change what)
{
    size_t at = strcmp(step, "-") == 0 ? value_count(list) : strtoul(step, NULL, 10);
    const struct value *out = &value_empty_list;

    if (at > value_count(list) || (what != CHANGE_ADD && at == value_count(list)))
        return NULL;
    for (size_t i = 0; i <= value_count(list); i++) {
        if (i == at && what != CHANGE_REMOVE)
            out = value_append(a, out, item);
        if (i < value_count(list) && (i != at || what == CHANGE_ADD))
            out = value_append(a, out, value_item(list, i));
    }
    return out;
}

static const struct value *change_map(struct arena *a, const struct value *map, const char *key,
                                      const struct value *item, enum change what)
{
    if (what != CHANGE_ADD && !value_has(map, key))
        return NULL;
    return value_with(a, map, key, what == CHANGE_REMOVE ? NULL : item);
}

/* NULL when the path leads nowhere. */
static const struct value *change_at(struct arena *a, const struct value *target,
                                     struct text pointer, const struct value *item,
                                     enum change what)
{
    struct text step;
    const char *key;
    const struct value *inner;

    if (!text_split(&pointer, '/', &step))
        return item;
    key = unescape(a, step);
    if (!pointer.at && target->kind == VALUE_LIST)
        return change_list(a, target, key, item, what);
    if (!pointer.at)
        return change_map(a, target, key, item, what);
    if (target->kind == VALUE_LIST) {
        inner = change_at(a, value_item(target, strtoul(key, NULL, 10)), pointer, item, what);
        return inner ? change_list(a, target, key, inner, CHANGE_REPLACE) : NULL;
    }
    inner =
        value_has(target, key) ? change_at(a, value_at(target, key), pointer, item, what) : NULL;
    return inner ? value_with(a, target, key, inner) : NULL;
}

static const struct value *value_at_pointer(struct arena *a, const struct value *v,
                                            struct text pointer)
{
    struct text step;

    while (text_split(&pointer, '/', &step)) {
        const char *key = unescape(a, step);

        v = v->kind == VALUE_LIST ? value_item(v, strtoul(key, NULL, 10)) : value_at(v, key);
    }
    return v;
}

static const struct value *operate(struct arena *a, const struct value *target,
                                   const struct value *operation)
{
    const char *op = value_text(operation, "op");
    struct text pointer = text_of(value_text(operation, "path"));
    const struct value *item = value_at(operation, "value");

    if (pointer.len == 0 || *pointer.at != '/')
        return NULL;
    pointer = (struct text){pointer.at + 1, pointer.len - 1};
    if (strcmp(op, "add") == 0)
        return change_at(a, target, pointer, item, CHANGE_ADD);
    if (strcmp(op, "replace") == 0)
        return change_at(a, target, pointer, item, CHANGE_REPLACE);
    if (strcmp(op, "remove") == 0)
        return change_at(a, target, pointer, item, CHANGE_REMOVE);
    if (strcmp(op, "test") == 0)
        return value_equal(value_at_pointer(a, target, pointer), item) ? target : NULL;
    return NULL;
}

bool patch_json(struct request *r, const struct value *target, const struct value *operations,
                const struct value **out)
{
    for (size_t i = 0; i < value_count(operations); i++) {
        target = operate(r->a, target, value_item(operations, i));
        if (!target)
            return status_fail(r, 422, "Invalid",
                               "the server rejected our request due to an error "
                               "in our request");
    }
    *out = target;
    return true;
}
