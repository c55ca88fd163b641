#include "schema/type.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

const struct type type_dynamic = {.kind = TYPE_DYNAMIC};
const struct type type_string = {.kind = TYPE_STRING};
const struct type type_number = {.kind = TYPE_NUMBER};
const struct type type_bool = {.kind = TYPE_BOOL};
const struct type type_string_list = {.kind = TYPE_LIST, .element = &type_string};
const struct type type_string_set = {.kind = TYPE_SET, .element = &type_string};
const struct type type_string_map = {.kind = TYPE_MAP, .element = &type_string};

/* The words of type JSON, by kind. */
static const char *const words[] = {"dynamic", "string", "number", "bool", "list",
                                    "set",     "map",    "object", "tuple"};

static struct type *type_new(struct arena *a, enum type_kind kind)
{
    struct type *t = arena_alloc(a, sizeof(*t));

    t->kind = kind;
    return t;
}

const struct type *type_list(struct arena *a, enum type_kind list_set_or_map,
                             const struct type *element)
{
    struct type *t = type_new(a, list_set_or_map);

    t->element = element;
    return t;
}

const struct type *type_object(struct arena *a, const struct type_field *fields, size_t count)
{
    struct type *t = type_new(a, TYPE_OBJECT);

    t->fields = fields;
    t->count = count;
    return t;
}

const struct type *type_tuple(struct arena *a, const struct type_field *fields, size_t count)
{
    struct type *t = type_new(a, TYPE_TUPLE);

    t->fields = fields;
    t->count = count;
    return t;
}

const struct type *type_copy(struct arena *a, const struct type *t)
{
    struct type *copy = type_new(a, t->kind);
    struct type_field *fields = arena_array(a, t->count, sizeof(*fields));

    for (size_t i = 0; i < t->count; i++)
        fields[i] = (struct type_field){arena_strdup(a, t->fields[i].name),
                                        type_copy(a, t->fields[i].type)};
    copy->fields = fields;
    copy->count = t->count;
    copy->element = t->element ? type_copy(a, t->element) : NULL;
    return copy;
}

const struct type *type_field(const struct type *object, const char *name)
{
    if (object->kind != TYPE_OBJECT)
        return NULL;
    for (size_t i = 0; i < object->count; i++)
        if (strcmp(object->fields[i].name, name) == 0)
            return object->fields[i].type;
    return NULL;
}

static bool fields_equal(const struct type *a, const struct type *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct type *other =
            a->kind == TYPE_TUPLE ? b->fields[i].type : type_field(b, a->fields[i].name);

        if (!other || !type_equal(a->fields[i].type, other))
            return false;
    }
    return true;
}

bool type_equal(const struct type *a, const struct type *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case TYPE_LIST:
    case TYPE_SET:
    case TYPE_MAP:
        return type_equal(a->element, b->element);
    case TYPE_OBJECT:
    case TYPE_TUPLE:
        return fields_equal(a, b);
    default:
        return true;
    }
}

const struct type *type_of_value(struct arena *a, const struct value *v)
{
    size_t count = value_count(v);
    struct type_field *fields;

    v = v ? v : &value_null;
    if (v->type && v->type->kind != TYPE_DYNAMIC)
        return v->type;
    if (!value_is_set(v))
        return &type_dynamic;
    switch (v->kind) {
    case VALUE_BOOL:
        return &type_bool;
    case VALUE_NUMBER:
        return &type_number;
    case VALUE_STRING:
        return &type_string;
    default:
        break;
    }
    fields = arena_array(a, count, sizeof(*fields));
    for (size_t i = 0; i < count; i++) {
        bool map = v->kind == VALUE_MAP;

        fields[i].name = map ? v->map.entries[i].key : NULL;
        fields[i].type = type_of_value(a, map ? v->map.entries[i].value : v->list.items[i]);
    }
    return v->kind == VALUE_MAP ? type_object(a, fields, count) : type_tuple(a, fields, count);
}

const char *type_name(struct arena *a, const struct type *t)
{
    if (t->kind == TYPE_DYNAMIC)
        return "any type";
    if (!t->element)
        return words[t->kind];
    return text_f(a, "%s of %s", words[t->kind], type_name(a, t->element));
}

/* --- type JSON ----------------------------------------------------------- */

static void add_quoted(struct text_builder *b, const char *z)
{
    text_add_char(b, '"');
    for (; *z; z++) {
        if ((unsigned char)*z < 0x20)
            text_add_f(b, "\\u%04x", (unsigned)*z);
        else if (*z == '"' || *z == '\\')
            text_add_f(b, "\\%c", *z);
        else
            text_add_char(b, *z);
    }
    text_add_char(b, '"');
}

static int by_name(const void *left, const void *right)
{
    const struct type_field *l = left, *r = right;

    return strcmp(l->name, r->name);
}

/* In byte order, so that one type has one text. */
static const struct type_field *sorted_fields(struct arena *a, const struct type *t)
{
    struct type_field *fields = arena_array(a, t->count, sizeof(*fields));

    if (!t->count)
        return fields;
    memcpy(fields, t->fields, t->count * sizeof(*fields));
    if (t->kind == TYPE_OBJECT)
        qsort(fields, t->count, sizeof(*fields), by_name);
    return fields;
}

static void add_type(struct text_builder *b, const struct type *t)
{
    const struct type_field *fields;
    bool object = t->kind == TYPE_OBJECT;

    if (t->kind < TYPE_LIST) {
        add_quoted(b, words[t->kind]);
        return;
    }
    text_add_f(b, "[\"%s\",", words[t->kind]);
    if (t->element) {
        add_type(b, t->element);
        text_add_char(b, ']');
        return;
    }
    text_add_char(b, object ? '{' : '[');
    fields = sorted_fields(b->arena, t);
    for (size_t i = 0; i < t->count; i++) {
        text_add_z(b, i ? "," : "");
        if (object) {
            add_quoted(b, fields[i].name);
            text_add_char(b, ':');
        }
        add_type(b, fields[i].type);
    }
    text_add_z(b, object ? "}]" : "]]");
}

struct text type_json(struct arena *a, const struct type *t)
{
    struct text_builder b;

    text_builder_init(&b, a, SIZE_MAX / 4); /* t itself was bounded */
    add_type(&b, t);
    return text_built(&b);
}

static const struct type *from_value(struct arena *a, const struct value *json, int depth);

static const struct type *primitive_from(const struct value *json)
{
    static const struct type *const primitives[] = {&type_dynamic, &type_string, &type_number,
                                                    &type_bool};

    for (size_t i = 0; i < sizeof(primitives) / sizeof(primitives[0]); i++)
        if (text_is(value_string_text(json), words[primitives[i]->kind]))
            return primitives[i];
    return NULL;
}

static const struct type *fields_from(struct arena *a, enum type_kind kind,
                                      const struct value *members, int depth)
{
    size_t count = value_count(members);
    struct type_field *fields = arena_array(a, count, sizeof(*fields));
    bool object = kind == TYPE_OBJECT;

    if (members->kind != (object ? VALUE_MAP : VALUE_LIST))
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const struct value *member =
            object ? members->map.entries[i].value : members->list.items[i];

        fields[i].name = object ? members->map.entries[i].key : NULL;
        fields[i].type = from_value(a, member, depth);
        if (!fields[i].type)
            return NULL;
    }
    return object ? type_object(a, fields, count) : type_tuple(a, fields, count);
}

static const struct type *from_value(struct arena *a, const struct value *json, int depth)
{
    struct text word = value_string_text(value_item(json, 0));
    size_t count = value_count(json);
    const struct type *element;

    if (json->kind == VALUE_STRING)
        return primitive_from(json);
    if (json->kind != VALUE_LIST || depth >= TYPE_DEPTH_MAX || count < 2)
        return NULL;
    for (size_t kind = TYPE_LIST; kind <= TYPE_TUPLE; kind++) {
        if (!text_is(word, words[kind]) || count > (kind == TYPE_OBJECT ? 3 : 2))
            continue;
        if (kind >= TYPE_OBJECT)
            return fields_from(a, (enum type_kind)kind, value_item(json, 1), depth + 1);
        element = from_value(a, value_item(json, 1), depth + 1);
        return element ? type_list(a, (enum type_kind)kind, element) : NULL;
    }
    return NULL;
}

const struct type *type_from_value(struct arena *a, const struct value *json)
{
    return json ? from_value(a, json, 0) : NULL;
}

/* --- values of a type ---------------------------------------------------- */

static bool elements_admitted(const struct type *t, const struct value *v)
{
    bool map = t->kind == TYPE_MAP;

    if (v->kind != (map ? VALUE_MAP : VALUE_LIST))
        return false;
    for (size_t i = 0; i < value_count(v); i++)
        if (!type_admits(t->element, map ? v->map.entries[i].value : v->list.items[i]))
            return false;
    return true;
}

static bool fields_admitted(const struct type *t, const struct value *v)
{
    bool object = t->kind == TYPE_OBJECT;

    if (v->kind != (object ? VALUE_MAP : VALUE_LIST) || value_count(v) != t->count)
        return false;
    for (size_t i = 0; i < t->count; i++)
        if ((object && !value_has(v, t->fields[i].name)) ||
            !type_admits(t->fields[i].type,
                         object ? value_at(v, t->fields[i].name) : v->list.items[i]))
            return false;
    return true;
}

bool type_admits(const struct type *t, const struct value *v)
{
    if (!value_is_set(v))
        return true;
    switch (t->kind) {
    case TYPE_STRING:
        return v->kind == VALUE_STRING;
    case TYPE_NUMBER:
        return v->kind == VALUE_NUMBER;
    case TYPE_BOOL:
        return v->kind == VALUE_BOOL;
    case TYPE_LIST:
    case TYPE_SET:
    case TYPE_MAP:
        return elements_admitted(t, v);
    case TYPE_OBJECT:
    case TYPE_TUPLE:
        return fields_admitted(t, v);
    default:
        return !v->type || type_admits(v->type, v);
    }
}

/* As multisets: what stands at the same place on both sides costs one look. */
static bool set_equal(const struct type *element, const struct value *a, const struct value *b)
{
    size_t count = a->list.count, found = 0;
    bool *taken = memory_new(count, sizeof(*taken));

    for (size_t i = 0; i < count && found == i; i++)
        for (size_t step = 0; step < count; step++) {
            size_t j = (i + step) % count;

            if (taken[j] || !type_value_equal(element, a->list.items[i], b->list.items[j]))
                continue;
            taken[j] = true;
            found++;
            break;
        }
    memory_free(taken);
    return found == count;
}

static bool dynamic_equal(const struct value *a, const struct value *b)
{
    struct arena *scratch = arena_new();
    const struct type *type = type_of_value(scratch, a);
    bool equal = type_equal(type, type_of_value(scratch, b)) &&
                 (type->kind == TYPE_DYNAMIC ? a->kind == b->kind : type_value_equal(type, a, b));

    arena_free(scratch);
    return equal;
}

/* Both sides mostly come in the same order, so that one look is enough. */
static const struct value_entry *entry_near(const struct value *map, const char *key, size_t guess)
{
    if (strcmp(map->map.entries[guess].key, key) == 0)
        return &map->map.entries[guess];
    for (size_t i = 0; i < map->map.count; i++)
        if (strcmp(map->map.entries[i].key, key) == 0)
            return &map->map.entries[i];
    return NULL;
}

static bool map_equal(const struct type *element, const struct value *a, const struct value *b)
{
    for (size_t i = 0; i < a->map.count; i++) {
        const struct value_entry *other = entry_near(b, a->map.entries[i].key, i);

        if (!other || !type_value_equal(element, a->map.entries[i].value, other->value))
            return false;
    }
    return true;
}

static bool members_equal(const struct type *t, const struct value *a, const struct value *b)
{
    bool object = t->kind == TYPE_OBJECT;

    for (size_t i = 0; i < t->count; i++) {
        const char *name = t->fields[i].name;

        if (!type_value_equal(t->fields[i].type, object ? value_at(a, name) : value_item(a, i),
                              object ? value_at(b, name) : value_item(b, i)))
            return false;
    }
    return true;
}

static bool list_equal(const struct type *element, const struct value *a, const struct value *b)
{
    for (size_t i = 0; i < a->list.count; i++)
        if (!type_value_equal(element, a->list.items[i], b->list.items[i]))
            return false;
    return true;
}

bool type_value_equal(const struct type *t, const struct value *a, const struct value *b)
{
    a = a ? a : &value_null;
    b = b ? b : &value_null;
    if (a == b)
        return true;
    if (t->kind == TYPE_DYNAMIC)
        return dynamic_equal(a, b);
    if (a->kind != b->kind || (t->kind != TYPE_OBJECT && value_count(a) != value_count(b)))
        return false;
    if (a->kind != VALUE_LIST && a->kind != VALUE_MAP)
        return value_equal(a, b);
    switch (t->kind) {
    case TYPE_LIST:
        return a->kind == VALUE_LIST && list_equal(t->element, a, b);
    case TYPE_SET:
        return a->kind == VALUE_LIST && set_equal(t->element, a, b);
    case TYPE_MAP:
        return a->kind == VALUE_MAP && map_equal(t->element, a, b);
    case TYPE_OBJECT:
        return a->kind == VALUE_MAP && members_equal(t, a, b);
    case TYPE_TUPLE:
        return a->kind == VALUE_LIST && members_equal(t, a, b);
    default:
        return value_equal(a, b);
    }
}

const struct value *type_empty(struct arena *a, const struct type *t)
{
    struct value_entry *entries;

    if (t->kind != TYPE_OBJECT)
        return &value_null;
    entries = arena_array(a, t->count, sizeof(*entries));
    for (size_t i = 0; i < t->count; i++)
        entries[i] = (struct value_entry){t->fields[i].name, &value_null};
    return value_map(a, entries, t->count);
}
