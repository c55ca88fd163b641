#include "schema/fallback.h"

#include <string.h>

struct literal {
    struct arena *arena;
    const char *at;
};

static void skip_blanks(struct literal *l)
{
    l->at += strspn(l->at, " ");
}

static bool take(struct literal *l, const char *word)
{
    skip_blanks(l);
    if (strncmp(l->at, word, strlen(word)) != 0)
        return false;
    l->at += strlen(word);
    return true;
}

static const struct value *literal(struct literal *l);

static const char *quoted(struct literal *l)
{
    const char *start, *end;

    if (!take(l, "\""))
        return NULL;
    start = l->at;
    end = strpbrk(start, "\"\\");
    if (!end || *end == '\\')
        return NULL;
    l->at = end + 1;
    return text_z(l->arena, (struct text){start, (size_t)(end - start)});
}

static const struct value *list_literal(struct literal *l)
{
    struct value_builder b;

    value_builder_init(&b, l->arena);
    while (!take(l, "]")) {
        const struct value *item = literal(l);

        if (!item)
            return NULL;
        value_builder_add(&b, item);
        if (!take(l, ",") && *l->at != ']')
            return NULL;
    }
    return value_builder_list(&b);
}

static const struct value *map_literal(struct literal *l)
{
    struct value_builder b;

    value_builder_init(&b, l->arena);
    while (!take(l, "}")) {
        const char *key = quoted(l);
        const struct value *member = key && take(l, ":") ? literal(l) : NULL;

        if (!member)
            return NULL;
        value_builder_set(&b, key, member);
        if (!take(l, ",") && *l->at != '}')
            return NULL;
    }
    return value_builder_map(&b);
}

static const struct value *number_literal(struct literal *l)
{
    size_t len = strspn(l->at, "+-.0123456789eE");
    struct text digits = {l->at, len};

    l->at += len;
    return len ? value_number(l->arena, digits) : NULL;
}

static const struct value *literal(struct literal *l)
{
    skip_blanks(l);
    if (take(l, "true"))
        return &value_true;
    if (take(l, "false"))
        return &value_false;
    if (*l->at == '"')
        return value_string(l->arena, quoted(l)); /* NULL reads as null and fits no row */
    if (take(l, "["))
        return list_literal(l);
    if (take(l, "{"))
        return map_literal(l);
    return number_literal(l);
}

const struct value *fallback_value(struct arena *a, const struct attribute *row)
{
    struct literal l = {a, row->fallback};
    const struct value *v;

    if (!row->nested && row->type->kind == TYPE_STRING)
        return value_string(a, row->fallback);
    v = literal(&l);
    skip_blanks(&l);
    return v && !value_is_null(v) && !*l.at ? v : NULL;
}

const struct value *fallback_fill(struct arena *a, const struct attribute *rows,
                                  const struct value *object)
{
    ATTRIBUTE_EACH (row, rows)
        if (row->fallback && value_is_null(value_at(object, row->name)))
            object = value_with(a, object, row->name, fallback_value(a, row));
    return object;
}
