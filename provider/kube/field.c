#include "kube/field.h"

#include <ctype.h>
#include <string.h>

enum { SHOWN_BYTES_MAX = 200, INDEX_MAX = 1000 * 1000 };

/* --- reading ----------------------------------------------------------------- */

static bool is_plain(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '/';
}

/* ["key"]: a quote in the key is not needed by any name of Kubernetes. */
static bool step_quoted(struct arena *a, const char **place, const struct value **v)
{
    const char *from = *place + 2, *to = strstr(from, "\"]");

    if (!to)
        return false;
    *v = value_at(*v, text_z(a, (struct text){from, (size_t)(to - from)}));
    *place = to + 2;
    return true;
}

static bool step_index(const char **place, const struct value **v)
{
    const char *at = *place + 1;
    size_t index = 0;

    if (!isdigit((unsigned char)*at))
        return false;
    for (; isdigit((unsigned char)*at) && index < INDEX_MAX; at++)
        index = index * 10 + (size_t)(*at - '0');
    if (*at != ']')
        return false;
    *v = value_item(*v, index);
    *place = at + 1;
    return true;
}

static bool step_key(struct arena *a, const char **place, const struct value **v)
{
    size_t len = 0;

    while (is_plain((*place)[len]))
        len++;
    *v = value_at(*v, text_z(a, (struct text){*place, len}));
    *place += len;
    return len > 0;
}

bool field_at(struct arena *a, const struct value *object, const char *place,
              const struct value **out)
{
    bool first = true;

    *out = object ? object : &value_null;
    for (place += *place == '.'; *place; first = false) {
        bool fine = false;

        if (place[0] == '[')
            fine = place[1] == '"' ? step_quoted(a, &place, out) : step_index(&place, out);
        else if (first || *place++ == '.')
            fine = step_key(a, &place, out);
        if (!fine)
            return false;
    }
    return !first;
}

/* --- writing ----------------------------------------------------------------- */

const char *field_key(struct arena *a, const char *place, const char *key)
{
    bool plain = key[0] != '\0';

    for (const char *z = key; *z; z++)
        plain = plain && is_plain(*z) && *z != '/';
    if (!plain)
        return text_f(a, "%s[\"%s\"]", place, key);
    return place[0] ? text_f(a, "%s.%s", place, key) : key;
}

const char *field_item(struct arena *a, const char *place, size_t index)
{
    return text_f(a, "%s[%zu]", place, index);
}

void field_differences(struct value_builder *b, const char *place, const struct value *x,
                       const struct value *y)
{
    struct arena *a = b->arena;

    if (value_equal(x, y))
        return;
    if (x->kind != y->kind || (x->kind != VALUE_MAP && x->kind != VALUE_LIST) ||
        (x->kind == VALUE_LIST && x->list.count != y->list.count)) {
        value_builder_add(b, value_string(a, place));
        return;
    }
    for (size_t i = 0; x->kind == VALUE_LIST && i < x->list.count; i++)
        field_differences(b, field_item(a, place, i), x->list.items[i], y->list.items[i]);
    for (size_t i = 0; x->kind == VALUE_MAP && i < x->map.count; i++) {
        const char *key = x->map.entries[i].key;

        field_differences(b, field_key(a, place, key), x->map.entries[i].value, value_at(y, key));
    }
    for (size_t i = 0; y->kind == VALUE_MAP && i < y->map.count; i++)
        if (!value_has(x, y->map.entries[i].key))
            value_builder_add(b, value_string(a, field_key(a, place, y->map.entries[i].key)));
}

/* --- waiting ----------------------------------------------------------------- */

static const char *shown(struct arena *a, const struct value *v)
{
    switch (v->kind) {
    case VALUE_STRING:
        return text_printable(a, value_string_text(v), SHOWN_BYTES_MAX);
    case VALUE_NUMBER:
        return text_z(a, v->number.text);
    case VALUE_BOOL:
        return v->boolean ? "true" : "false";
    default:
        return "";
    }
}

static bool is_there(const struct value *v)
{
    if (v->kind == VALUE_STRING || v->kind == VALUE_LIST || v->kind == VALUE_MAP)
        return v->kind == VALUE_STRING ? v->string.len > 0 : value_count(v) > 0;
    return value_is_set(v);
}

enum kube_verdict field_judge(struct call *c, void *data, const struct value *object,
                              const char **last_seen)
{
    const struct field_wanted *wanted = data;
    const struct value *v;

    if (!object)
        return KUBE_NOT_YET;
    if (!field_at(c->arena, object, wanted->place, &v) || !is_there(v)) {
        *last_seen = text_f(c->arena, "%s is not set", wanted->place);
        return KUBE_NOT_YET;
    }
    if (strcmp(value_text(object, "kind"), "Secret") == 0)
        *last_seen = text_f(c->arena, "%s has another value", wanted->place);
    else
        *last_seen = text_f(c->arena, "%s is \"%s\"", wanted->place, shown(c->arena, v));
    return !wanted->value || strcmp(shown(c->arena, v), wanted->value) == 0 ? KUBE_DONE
                                                                            : KUBE_NOT_YET;
}
