#include "template/datum.h"

#include <stdlib.h>
#include <string.h>

const struct datum datum_nil = {.kind = DATUM_NIL};
const struct datum datum_true = {.kind = DATUM_BOOL, .boolean = true};
const struct datum datum_false = {.kind = DATUM_BOOL, .boolean = false};
const struct datum datum_empty_string = {.kind = DATUM_STRING, .text = {"", 0}};
static struct datum_map unmade; /* nobody writes to it */
const struct datum datum_unmade_map = {.kind = DATUM_MAP, .map = &unmade};
static const struct datum *const unmade_items[] = {&datum_nil}; /* nobody reads it */
const struct datum datum_unmade_list = {.kind = DATUM_LIST, .list = {unmade_items, 0}};

enum { MAP_FIRST = 8 };

/* --- building ------------------------------------------------------------ */
static struct datum *make(struct arena *a, enum datum_kind kind)
{
    struct datum *d = arena_alloc(a, sizeof(*d));

    d->kind = kind;
    return d;
}

const struct datum *datum_bool(bool b)
{
    return b ? &datum_true : &datum_false;
}

static const struct datum *integer(struct arena *a, enum datum_kind kind, int64_t i)
{
    struct datum *d = make(a, kind);

    d->integer = i;
    return d;
}

const struct datum *datum_int(struct arena *a, int64_t i)
{
    return integer(a, DATUM_INT, i);
}

const struct datum *datum_int64(struct arena *a, int64_t i)
{
    return integer(a, DATUM_INT64, i);
}

const struct datum *datum_uint8(struct arena *a, uint8_t i)
{
    return integer(a, DATUM_UINT8, i);
}

const struct datum *datum_float64(struct arena *a, double real)
{
    struct datum *d = make(a, DATUM_FLOAT64);

    d->real = real;
    return d;
}

static const struct datum *text(struct arena *a, enum datum_kind kind, struct text t)
{
    struct datum *d = make(a, kind);

    d->text = t;
    return d;
}

const struct datum *datum_string(struct arena *a, struct text t)
{
    return t.len ? text(a, DATUM_STRING, t) : &datum_empty_string;
}

const struct datum *datum_string_z(struct arena *a, const char *z)
{
    return datum_string(a, text_of(z));
}

const struct datum *datum_bytes(struct arena *a, struct text t)
{
    return text(a, DATUM_BYTES, t);
}

static struct datum *list(struct arena *a, const struct datum *const *items, size_t count)
{
    struct datum *d = make(a, DATUM_LIST);

    d->list.items = items;
    d->list.count = count;
    return d;
}

const struct datum *datum_list(struct arena *a, const struct datum *const *items, size_t count)
{
    return list(a, items, count);
}

const struct datum *datum_strings(struct arena *a, const struct datum *const *items, size_t count)
{
    struct datum *d = list(a, items, count);

    d->type_name = "[]string";
    return d;
}

static struct datum *map_of_size(struct arena *a, size_t capacity)
{
    struct datum *d = make(a, DATUM_MAP);

    d->map = arena_alloc(a, sizeof(*d->map));
    d->map->arena = a;
    d->map->capacity = capacity;
    if (capacity)
        d->map->entries = arena_array(a, capacity, sizeof(*d->map->entries));
    return d;
}

const struct datum *datum_map_new(struct arena *a)
{
    return map_of_size(a, 0);
}

const struct datum *datum_object(struct arena *a, const struct datum_class *class, const void *data)
{
    struct datum *d = make(a, DATUM_OBJECT);

    d->object.class = class;
    d->object.data = data;
    return d;
}

const struct datum *datum_of_class(struct arena *a, const struct datum_class *class,
                                   const struct datum *d)
{
    struct datum *copy = arena_alloc(a, sizeof(*copy));

    *copy = *d;
    copy->class = class;
    copy->type_name = class->type_name;
    return copy;
}

const struct datum *datum_as_argument(struct arena *a, const struct datum *d)
{
    if (d->kind != DATUM_OBJECT || !d->object.class->as_argument)
        return d;
    return datum_object(a, d->object.class->as_argument, d->object.data);
}

/* --- maps ---------------------------------------------------------------- */
/* Where key is, or where it would have to go. */
static size_t map_place(const struct datum_map *map, struct text key, bool *found)
{
    size_t low = 0, high = map->count;

    *found = false;
    if (high && text_compare(map->entries[high - 1].key, key) < 0)
        return high; /* maps are mostly filled in order */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = text_compare(map->entries[middle].key, key);

        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void map_reserve(struct datum_map *map)
{
    struct datum_entry *grown;

    if (map->count < map->capacity)
        return;
    map->capacity = map->capacity ? map->capacity * 2 : MAP_FIRST;
    grown = arena_array(map->arena, map->capacity, sizeof(*grown));
    if (map->count)
        memcpy(grown, map->entries, map->count * sizeof(*grown));
    map->entries = grown;
}

void datum_set(const struct datum *d, struct text key, const struct datum *v)
{
    struct datum_map *map = d->map;
    bool found;
    size_t at = map_place(map, key, &found);

    if (found) {
        map->entries[at].value = v;
        return;
    }
    map_reserve(map);
    memmove(map->entries + at + 1, map->entries + at, (map->count - at) * sizeof(*map->entries));
    map->entries[at] = (struct datum_entry){key, v};
    map->count++;
}

void datum_unset(const struct datum *d, struct text key)
{
    struct datum_map *map = d->map;
    bool found;
    size_t at = map_place(map, key, &found);

    if (!found)
        return;
    map->count--;
    memmove(map->entries + at, map->entries + at + 1, (map->count - at) * sizeof(*map->entries));
}

const struct datum *datum_get(const struct datum *d, struct text key)
{
    bool found;
    size_t at;

    if (d->kind != DATUM_MAP)
        return NULL;
    at = map_place(d->map, key, &found);
    return found ? d->map->entries[at].value : NULL;
}

const struct datum *datum_get_z(const struct datum *d, const char *key)
{
    return datum_get(d, text_of(key));
}

/* --- asking -------------------------------------------------------------- */
bool datum_is_unmade(const struct datum *d)
{
    return d->kind == DATUM_MAP ? d->map == &unmade
                                : d->kind == DATUM_LIST && d->list.items == unmade_items;
}

size_t datum_len(const struct datum *d)
{
    switch (d->kind) {
    case DATUM_STRING:
    case DATUM_BYTES:
        return d->text.len;
    case DATUM_LIST:
        return d->list.count;
    case DATUM_MAP:
        return d->map->count;
    default:
        return 0;
    }
}

bool datum_truth(const struct datum *d)
{
    switch (d->kind) {
    case DATUM_NIL:
        return false;
    case DATUM_BOOL:
        return d->boolean;
    case DATUM_INT:
    case DATUM_INT64:
    case DATUM_UINT8:
        return d->integer != 0;
    case DATUM_FLOAT64:
        return d->real < 0 || d->real > 0 || d->real != d->real;
    case DATUM_OBJECT:
        return true;
    default:
        return datum_len(d) > 0;
    }
}

static bool equal(const struct datum *a, const struct datum *b, unsigned depth, size_t *nodes);

static bool lists_equal(const struct datum *a, const struct datum *b, unsigned depth, size_t *nodes)
{
    if (a->list.count != b->list.count)
        return false;
    for (size_t i = 0; i < a->list.count; i++)
        if (!equal(a->list.items[i], b->list.items[i], depth, nodes))
            return false;
    return true;
}

static bool maps_equal(const struct datum_map *a, const struct datum_map *b, unsigned depth,
                       size_t *nodes)
{
    if (a == b)
        return true;
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!text_equal(a->entries[i].key, b->entries[i].key) ||
            !equal(a->entries[i].value, b->entries[i].value, depth, nodes))
            return false;
    return true;
}

static bool objects_equal(const struct datum *a, const struct datum *b)
{
    if (a->object.class != b->object.class)
        return false;
    return a->object.data == b->object.data ||
           (a->object.class->equal && a->object.class->equal(a, b));
}

/* What comparing d itself costs. */
static size_t nodes_of(const struct datum *d)
{
    return 1 + (d->kind == DATUM_STRING || d->kind == DATUM_BYTES ? d->text.len / 64 : 0);
}

static bool equal(const struct datum *a, const struct datum *b, unsigned depth, size_t *nodes)
{
    if (a->kind != b->kind || strcmp(datum_type_name(a), datum_type_name(b)) != 0)
        return false;
    if (depth == 0)
        return true; /* a map that holds itself */
    if (*nodes < nodes_of(a))
        *nodes = 0;
    if (*nodes == 0)
        return false;
    *nodes -= nodes_of(a);
    switch (a->kind) {
    case DATUM_NIL:
        return true;
    case DATUM_BOOL:
        return a->boolean == b->boolean;
    case DATUM_INT:
    case DATUM_INT64:
    case DATUM_UINT8:
        return a->integer == b->integer;
    case DATUM_FLOAT64:
        return a->real <= b->real && a->real >= b->real;
    case DATUM_STRING:
    case DATUM_BYTES:
        return text_equal(a->text, b->text);
    case DATUM_LIST:
        return lists_equal(a, b, depth - 1, nodes);
    case DATUM_MAP:
        return maps_equal(a->map, b->map, depth - 1, nodes);
    case DATUM_OBJECT:
        return objects_equal(a, b);
    }
    return false;
}

bool datum_equal(const struct datum *a, const struct datum *b)
{
    size_t nodes = DATUM_NODES_MAX;

    return datum_equal_within(a, b, &nodes);
}

bool datum_equal_within(const struct datum *a, const struct datum *b, size_t *nodes)
{
    return a == b || equal(a, b, DATUM_DEPTH_MAX, nodes);
}

const char *datum_kind_name(const struct datum *d)
{
    static const char *const names[] = {
        [DATUM_NIL] = "invalid", [DATUM_BOOL] = "bool",     [DATUM_INT] = "int",
        [DATUM_INT64] = "int64", [DATUM_UINT8] = "uint8",   [DATUM_FLOAT64] = "float64",
        [DATUM_BYTES] = "slice", [DATUM_STRING] = "string", [DATUM_LIST] = "slice",
        [DATUM_MAP] = "map",
    };

    return d->kind == DATUM_OBJECT ? d->object.class->kind_name : names[d->kind];
}

const char *datum_type_name(const struct datum *d)
{
    static const char *const names[] = {
        [DATUM_NIL] = "<nil>",
        [DATUM_BOOL] = "bool",
        [DATUM_INT] = "int",
        [DATUM_INT64] = "int64",
        [DATUM_UINT8] = "uint8",
        [DATUM_FLOAT64] = "float64",
        [DATUM_STRING] = "string",
        [DATUM_BYTES] = "[]uint8",
        [DATUM_LIST] = "[]interface {}",
        [DATUM_MAP] = "map[string]interface {}",
    };

    if (d->type_name)
        return d->type_name;
    return d->kind == DATUM_OBJECT ? d->object.class->type_name : names[d->kind];
}

bool datum_holds_any(const struct datum *d)
{
    const char *element = d->type_name ? strchr(d->type_name, ']') : NULL;

    if (d->class)
        return !d->class->zero;
    return !element || strcmp(element, "]interface {}") == 0;
}

/* --- copying ------------------------------------------------------------- */
/* What is left of a copy: a map that holds itself twice would never end. */
struct allowance {
    struct arena *arena;
    size_t nodes;
    unsigned depth;
    bool exceeded;
};

static const struct datum *copy(struct allowance *left, const struct datum *d);

static const struct datum *copy_list(struct allowance *left, const struct datum *d)
{
    const struct datum **items = arena_array(left->arena, d->list.count, sizeof(struct datum *));
    struct datum *out = list(left->arena, items, d->list.count);

    for (size_t i = 0; i < d->list.count; i++)
        items[i] = copy(left, d->list.items[i]);
    out->type_name = d->type_name;
    out->class = d->class;
    return out;
}

static const struct datum *copy_map(struct allowance *left, const struct datum *d)
{
    struct datum *out = map_of_size(left->arena, d->map->count);

    out->type_name = d->type_name;
    out->class = d->class;
    out->map->count = d->map->count;
    for (size_t i = 0; i < d->map->count; i++)
        out->map->entries[i] =
            (struct datum_entry){d->map->entries[i].key, copy(left, d->map->entries[i].value)};
    return out;
}

static const struct datum *copy(struct allowance *left, const struct datum *d)
{
    const struct datum *out = d;

    if (d->kind != DATUM_LIST && d->kind != DATUM_MAP)
        return d;
    if (left->depth == 0 || left->nodes == 0) {
        left->exceeded = true;
        return &datum_nil;
    }
    left->depth--;
    left->nodes--;
    out = d->kind == DATUM_LIST ? copy_list(left, d) : copy_map(left, d);
    left->depth++;
    return out;
}

const struct datum *datum_copy(struct arena *a, const struct datum *d)
{
    struct allowance left = {a, DATUM_NODES_MAX, DATUM_DEPTH_MAX, false};

    return copy(&left, d);
}

const struct datum *datum_copy_whole(struct arena *a, const struct datum *d)
{
    struct allowance left = {a, DATUM_NODES_MAX, DATUM_DEPTH_MAX, false};
    const struct datum *out = copy(&left, d);

    return left.exceeded ? NULL : out;
}

/* --- the edge ------------------------------------------------------------ */
static int by_key(const void *left, const void *right)
{
    const struct datum_entry *l = left, *r = right;

    return text_compare(l->key, r->key);
}

static const struct datum *map_of_value(struct arena *a, const struct value *v)
{
    struct datum *out = map_of_size(a, v->map.count);
    bool sorted = true;

    out->map->count = v->map.count;
    for (size_t i = 0; i < v->map.count; i++) {
        out->map->entries[i] = (struct datum_entry){text_of(v->map.entries[i].key),
                                                    datum_of_value(a, v->map.entries[i].value)};
        sorted = sorted && (i == 0 || by_key(&out->map->entries[i - 1], &out->map->entries[i]) < 0);
    }
    if (!sorted)
        qsort(out->map->entries, out->map->count, sizeof(*out->map->entries), by_key);
    return out;
}

const struct datum *datum_of_value(struct arena *a, const struct value *v)
{
    const struct datum **items;

    switch (v->kind) {
    case VALUE_BOOL:
        return datum_bool(v->boolean);
    case VALUE_NUMBER:
        return datum_float64(a, v->number.real);
    case VALUE_STRING:
        return datum_string(a, v->string);
    case VALUE_LIST:
        items = arena_array(a, v->list.count, sizeof(struct datum *));
        for (size_t i = 0; i < v->list.count; i++)
            items[i] = datum_of_value(a, v->list.items[i]);
        return datum_list(a, items, v->list.count);
    case VALUE_MAP:
        return map_of_value(a, v);
    default:
        return &datum_nil;
    }
}

static const struct value *to_value(struct allowance *left, const struct datum *d);

static const struct value *list_to_value(struct allowance *left, const struct datum *d)
{
    const struct value **items = arena_array(left->arena, d->list.count, sizeof(struct value *));

    for (size_t i = 0; i < d->list.count; i++)
        items[i] = to_value(left, d->list.items[i]);
    return value_list(left->arena, items, d->list.count);
}

static const struct value *map_to_value(struct allowance *left, const struct datum *d)
{
    struct value_entry *entries = arena_array(left->arena, d->map->count, sizeof(*entries));

    for (size_t i = 0; i < d->map->count; i++)
        entries[i] = (struct value_entry){text_z(left->arena, d->map->entries[i].key),
                                          to_value(left, d->map->entries[i].value)};
    return value_map(left->arena, entries, d->map->count);
}

static const struct value *object_to_value(struct allowance *left, const struct datum *d)
{
    const struct datum *plain =
        d->object.class->plain ? d->object.class->plain(left->arena, d) : NULL;

    if (plain && plain->kind != DATUM_OBJECT)
        return to_value(left, plain);
    return value_string_of(left->arena, datum_text(left->arena, d));
}

static const struct value *nested_to_value(struct allowance *left, const struct datum *d)
{
    const struct value *out;

    if (left->depth == 0 || left->nodes == 0)
        return &value_null;
    left->depth--;
    left->nodes--;
    if (d->kind == DATUM_LIST)
        out = list_to_value(left, d);
    else
        out = d->kind == DATUM_MAP ? map_to_value(left, d) : object_to_value(left, d);
    left->depth++;
    return out;
}

static const struct value *to_value(struct allowance *left, const struct datum *d)
{
    switch (d->kind) {
    case DATUM_NIL:
        return &value_null;
    case DATUM_BOOL:
        return value_bool(d->boolean);
    case DATUM_INT:
    case DATUM_INT64:
    case DATUM_UINT8:
        return value_integer(left->arena, d->integer);
    case DATUM_FLOAT64:
        return value_real(left->arena, d->real);
    case DATUM_STRING:
    case DATUM_BYTES:
        return value_string_of(left->arena, d->text);
    default:
        return nested_to_value(left, d);
    }
}

const struct value *datum_to_value(struct arena *a, const struct datum *d)
{
    struct allowance left = {a, DATUM_NODES_MAX, DATUM_DEPTH_MAX, false};

    return to_value(&left, d);
}
