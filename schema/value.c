#include "schema/value.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/type.h"

enum {
    DIGITS_MAX = 1100,
    DISTANCE_MAX = 100000,
    EXPONENT_MAX = 1000000,
    BUILDER_FIRST = 8,
    FEW_KEYS = 16
};

const struct value value_null = {.kind = VALUE_NULL};
const struct value value_unknown = {.kind = VALUE_UNKNOWN};
const struct value value_true = {.kind = VALUE_BOOL, .boolean = true};
const struct value value_false = {.kind = VALUE_BOOL, .boolean = false};
const struct value value_empty_list = {.kind = VALUE_LIST};
const struct value value_empty_map = {.kind = VALUE_MAP};
const struct value value_empty_string = {.kind = VALUE_STRING, .string = {"", 0}};

static enum value_kind kind_of(const struct value *v)
{
    return v ? v->kind : VALUE_NULL;
}

static const struct value *or_null(const struct value *v)
{
    return v ? v : &value_null;
}

bool value_is_null(const struct value *v)
{
    return kind_of(v) == VALUE_NULL;
}

bool value_is_unknown(const struct value *v)
{
    return kind_of(v) == VALUE_UNKNOWN;
}

bool value_is_set(const struct value *v)
{
    return !value_is_null(v) && !value_is_unknown(v);
}

bool value_is_wholly_known(const struct value *v)
{
    switch (kind_of(v)) {
    case VALUE_UNKNOWN:
        return false;
    case VALUE_LIST:
        for (size_t i = 0; i < v->list.count; i++)
            if (!value_is_wholly_known(v->list.items[i]))
                return false;
        return true;
    case VALUE_MAP:
        for (size_t i = 0; i < v->map.count; i++)
            if (!value_is_wholly_known(v->map.entries[i].value))
                return false;
        return true;
    default:
        return true;
    }
}

static int by_key(const void *left, const void *right)
{
    const struct value_entry *l = left, *r = right;

    return strcmp(l->key, r->key);
}

static bool entries_equal(const struct value_entry *a, const struct value_entry *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(a[i].key, b[i].key) != 0 || !value_equal(a[i].value, b[i].value))
            return false;
    return true;
}

static bool same_key_order(const struct value *a, const struct value *b)
{
    for (size_t i = 0; i < a->map.count; i++)
        if (strcmp(a->map.entries[i].key, b->map.entries[i].key) != 0)
            return false;
    return true;
}

static bool map_equal(const struct value *a, const struct value *b)
{
    struct value_entry *sorted;
    size_t count = a->map.count;
    bool equal;

    if (count != b->map.count)
        return false;
    if (same_key_order(a, b))
        return entries_equal(a->map.entries, b->map.entries, count);
    sorted = memory_new(2 * count, sizeof(*sorted));
    memcpy(sorted, a->map.entries, count * sizeof(*sorted));
    memcpy(sorted + count, b->map.entries, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), by_key);
    qsort(sorted + count, count, sizeof(*sorted), by_key);
    equal = entries_equal(sorted, sorted + count, count);
    memory_free(sorted);
    return equal;
}

static bool list_equal(const struct value *a, const struct value *b)
{
    if (a->list.count != b->list.count)
        return false;
    for (size_t i = 0; i < a->list.count; i++)
        if (!value_equal(a->list.items[i], b->list.items[i]))
            return false;
    return true;
}

bool value_equal(const struct value *a, const struct value *b)
{
    a = or_null(a);
    b = or_null(b);
    if (a == b)
        return true;
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case VALUE_BOOL:
        return a->boolean == b->boolean;
    case VALUE_NUMBER:
        return text_equal(a->number.text, b->number.text);
    case VALUE_STRING:
        return text_equal(a->string, b->string);
    case VALUE_LIST:
        return list_equal(a, b);
    case VALUE_MAP:
        return map_equal(a, b);
    default:
        return true;
    }
}

const char *value_kind_name(const struct value *v)
{
    static const char *const names[] = {"null",   "unknown", "bool", "number",
                                        "string", "list",    "map"};

    return names[kind_of(v)];
}

/* NULL when there is none. */
static const struct value_entry *entry_of(const struct value *map, const char *key)
{
    if (kind_of(map) != VALUE_MAP || !key)
        return NULL;
    for (size_t i = 0; i < map->map.count; i++)
        if (strcmp(map->map.entries[i].key, key) == 0)
            return &map->map.entries[i];
    return NULL;
}

const struct value *value_at(const struct value *map, const char *key)
{
    const struct value_entry *entry = entry_of(map, key);

    return entry ? or_null(entry->value) : &value_null;
}

const struct value *value_walk(const struct value *v, const char *const *keys)
{
    for (; *keys; keys++)
        v = value_at(v, *keys);
    return or_null(v);
}

const struct value *value_item(const struct value *list, size_t index)
{
    if (kind_of(list) != VALUE_LIST || index >= list->list.count)
        return &value_null;
    return or_null(list->list.items[index]);
}

size_t value_count(const struct value *v)
{
    switch (kind_of(v)) {
    case VALUE_LIST:
        return v->list.count;
    case VALUE_MAP:
        return v->map.count;
    default:
        return 0;
    }
}

bool value_has(const struct value *map, const char *key)
{
    return entry_of(map, key) != NULL;
}

const char *value_z(const struct value *v)
{
    return value_string_text(v).at;
}

struct text value_string_text(const struct value *v)
{
    return kind_of(v) == VALUE_STRING ? v->string : TEXT("");
}

bool value_as_bool(const struct value *v)
{
    return kind_of(v) == VALUE_BOOL && v->boolean;
}

int64_t value_as_integer(const struct value *v)
{
    return kind_of(v) == VALUE_NUMBER && v->number.is_integer ? v->number.integer : 0;
}

double value_as_real(const struct value *v)
{
    return kind_of(v) == VALUE_NUMBER ? v->number.real : 0;
}

const char *value_text(const struct value *map, const char *key)
{
    return value_z(value_at(map, key));
}

bool value_flag(const struct value *map, const char *key)
{
    return value_as_bool(value_at(map, key));
}

int64_t value_integer_at(const struct value *map, const char *key)
{
    return value_as_integer(value_at(map, key));
}

const struct value *value_bool(bool b)
{
    return b ? &value_true : &value_false;
}

/* --- numbers ------------------------------------------------------------- */

/* What a decimal text says: 0.DIGITS * 10^point, where DIGITS are the digits
 * from `first` on with the decimal point left out. */
struct decimal {
    bool negative;
    const char *first; /* the first digit that is not 0; NULL: the number is 0 */
    size_t digits;     /* up to the last one that is not 0 */
    long point;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take_exponent(struct text *rest, long *exponent)
{
    bool negative;

    *exponent = 0;
    if (!rest->len || (rest->at[0] != 'e' && rest->at[0] != 'E'))
        return true;
    *rest = (struct text){rest->at + 1, rest->len - 1};
    negative = rest->len && rest->at[0] == '-';
    if (rest->len && (rest->at[0] == '-' || rest->at[0] == '+'))
        *rest = (struct text){rest->at + 1, rest->len - 1};
    if (!rest->len || !is_digit(rest->at[0]))
        return false;
    for (; rest->len && is_digit(rest->at[0]); rest->at++, rest->len--)
        if (*exponent < EXPONENT_MAX)
            *exponent = *exponent * 10 + (rest->at[0] - '0');
    if (negative)
        *exponent = -*exponent;
    return true;
}

/* Digits with at most one point among them. */
static bool take_mantissa(struct text *rest, struct decimal *out)
{
    size_t digits = 0, before_point = 0, first = 0, last = 0;
    bool point = false;

    for (; rest->len; rest->at++, rest->len--) {
        char c = rest->at[0];

        if (c == '.' && !point) {
            point = true;
            before_point = digits;
            continue;
        }
        if (!is_digit(c))
            break;
        if (c != '0') {
            if (!out->first) {
                out->first = rest->at;
                first = digits;
            }
            last = digits;
        }
        digits++;
    }
    if (!digits)
        return false;
    out->digits = out->first ? last - first + 1 : 0;
    if (out->digits > DIGITS_MAX)
        return false;
    if (!point)
        before_point = digits;
    if (before_point > first + DISTANCE_MAX || first > before_point + DISTANCE_MAX)
        return false; /* refused, even if an exponent would bring it back */
    out->point = (long)before_point - (long)first;
    return true;
}

static bool decimal_parse(struct text t, struct decimal *out)
{
    long exponent;

    *out = (struct decimal){.negative = t.len && t.at[0] == '-'};
    if (t.len && (t.at[0] == '-' || t.at[0] == '+'))
        t = (struct text){t.at + 1, t.len - 1};
    if (!take_mantissa(&t, out) || !take_exponent(&t, &exponent) || t.len)
        return false;
    out->point += exponent;
    return !out->first ||
           (out->point <= DIGITS_MAX && (long)out->digits - out->point <= DIGITS_MAX);
}

static void add_zeros(struct text_builder *b, long count)
{
    for (; count > 0; count--)
        text_add_char(b, '0');
}

static void add_digits(struct text_builder *b, const char *digits, long from, long to)
{
    if (to > from)
        text_add(b, (struct text){digits + from, (size_t)(to - from)});
}

static struct text decimal_text(struct arena *a, const struct decimal *d)
{
    char digits[DIGITS_MAX];
    struct text_builder b;
    long count = 0;

    if (!d->first)
        return TEXT("0");
    for (const char *at = d->first; count < (long)d->digits; at++)
        if (*at != '.')
            digits[count++] = *at;
    text_builder_init(&b, a, DIGITS_MAX + sizeof("-0."));
    text_add_z(&b, d->negative ? "-" : "");
    if (d->point <= 0) {
        text_add_z(&b, "0.");
        add_zeros(&b, -d->point);
        add_digits(&b, digits, 0, count);
    } else if (d->point >= count) {
        add_digits(&b, digits, 0, count);
        add_zeros(&b, d->point - count);
    } else {
        add_digits(&b, digits, 0, d->point);
        text_add_char(&b, '.');
        add_digits(&b, digits, d->point, count);
    }
    return text_built(&b);
}

static bool fits_integer(const char *canonical, int64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoll(canonical, &end, 10);
    return errno == 0 && *end == '\0';
}

const struct value *value_number(struct arena *a, struct text decimal)
{
    struct decimal parsed;
    struct value *v;

    if (!decimal_parse(decimal, &parsed))
        return NULL;
    v = arena_alloc(a, sizeof(*v));
    v->kind = VALUE_NUMBER;
    v->number.text = decimal_text(a, &parsed);
    v->number.real = parsed.first ? strtod(v->number.text.at, NULL) : parsed.negative ? -0.0 : 0.0;
    v->number.is_integer = fits_integer(v->number.text.at, &v->number.integer);
    return v;
}

const struct value *value_integer(struct arena *a, int64_t i)
{
    struct value *v = arena_alloc(a, sizeof(*v));

    v->kind = VALUE_NUMBER;
    v->number = (struct number){
        .text = text_of(text_f(a, "%" PRId64, i)),
        .real = (double)i,
        .integer = i,
        .is_integer = true,
    };
    return v;
}

const struct value *value_real(struct arena *a, double d)
{
    char text[40];

    if (!isfinite(d))
        return &value_null;
    for (int precision = 15; precision <= 17; precision++) {
        (void)snprintf(text, sizeof(text), "%.*g", precision, d);
        if (strtod(text, NULL) == d)
            break;
    }
    return or_null(value_number(a, text_of(text)));
}

/* --- building ------------------------------------------------------------ */

const struct value *value_typed(struct arena *a, const struct value *v, const struct type *t)
{
    struct value *typed;

    if (t->kind == TYPE_DYNAMIC) /* says nothing */
        return or_null(v);
    typed = arena_alloc(a, sizeof(*typed));
    *typed = *or_null(v);
    typed->type = t;
    return typed;
}

const struct value *value_string(struct arena *a, const char *z)
{
    return z ? value_string_of(a, text_of(z)) : &value_null;
}

static const struct value *string_borrow(struct arena *a, struct text t)
{
    struct value *v = arena_alloc(a, sizeof(*v));

    v->kind = VALUE_STRING;
    v->string = t;
    return v;
}

const struct value *value_string_of(struct arena *a, struct text t)
{
    return string_borrow(a, (struct text){text_z(a, t), t.len});
}

const struct value *value_f(struct arena *a, const char *format, ...)
{
    va_list arguments;
    char *z;

    va_start(arguments, format);
    z = text_fv(a, format, arguments);
    va_end(arguments);
    return string_borrow(a, text_of(z));
}

const struct value *value_list(struct arena *a, const struct value *const *items, size_t count)
{
    struct value *v = arena_alloc(a, sizeof(*v));

    v->kind = VALUE_LIST;
    v->list.items = items;
    v->list.count = count;
    return v;
}

const struct value *value_map(struct arena *a, const struct value_entry *entries, size_t count)
{
    struct value *v = arena_alloc(a, sizeof(*v));

    v->kind = VALUE_MAP;
    v->map.entries = entries;
    v->map.count = count;
    return v;
}

const struct value *value_list_copy(struct arena *a, const struct value *const *items, size_t count)
{
    const struct value **copy = arena_array(a, count, sizeof(const struct value *));

    for (size_t i = 0; i < count; i++)
        copy[i] = or_null(items[i]);
    return value_list(a, copy, count);
}

const struct value *value_map_copy(struct arena *a, const struct value_entry *entries, size_t count)
{
    struct value_entry *copy = arena_array(a, count, sizeof(*copy));

    for (size_t i = 0; i < count; i++)
        copy[i] = (struct value_entry){entries[i].key, or_null(entries[i].value)};
    return value_map(a, copy, count);
}

/* A builder that starts with the entries of map; none for other kinds. */
static void builder_from(struct value_builder *b, struct arena *a, const struct value *map)
{
    value_builder_init(b, a);
    for (size_t i = 0; kind_of(map) == VALUE_MAP && i < map->map.count; i++)
        value_builder_push(b, map->map.entries[i].key, map->map.entries[i].value);
}

static const struct value *without(struct arena *a, const struct value *map, const char *key)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; kind_of(map) == VALUE_MAP && i < map->map.count; i++)
        if (strcmp(map->map.entries[i].key, key) != 0)
            value_builder_push(&b, map->map.entries[i].key, map->map.entries[i].value);
    return value_builder_map(&b);
}

const struct value *value_with(struct arena *a, const struct value *map, const char *key,
                               const struct value *v)
{
    struct value_builder b;

    if (!v)
        return without(a, map, key);
    builder_from(&b, a, map);
    value_builder_set(&b, key, v);
    return value_builder_map(&b);
}

const struct value *value_with_walk(struct arena *a, const struct value *map, const struct value *v,
                                    const char *const *keys)
{
    if (!keys[0])
        return or_null(v);
    if (!keys[1])
        return value_with(a, map, keys[0], v);
    if (!v && kind_of(value_at(map, keys[0])) != VALUE_MAP) /* nothing there to remove */
        return kind_of(map) == VALUE_MAP ? map : &value_empty_map;
    return value_with(a, map, keys[0], value_with_walk(a, value_at(map, keys[0]), v, keys + 1));
}

const struct value *value_append(struct arena *a, const struct value *list,
                                 const struct value *item)
{
    size_t count = kind_of(list) == VALUE_LIST ? list->list.count : 0;
    const struct value **items = arena_array(a, count + 1, sizeof(const struct value *));

    for (size_t i = 0; i < count; i++)
        items[i] = list->list.items[i];
    items[count] = or_null(item);
    return value_list(a, items, count + 1);
}

const struct value *value_merge(struct arena *a, const struct value *base, const struct value *over)
{
    struct value_builder b;

    if (kind_of(base) != VALUE_MAP || kind_of(over) != VALUE_MAP)
        return or_null(over);
    builder_from(&b, a, base);
    for (size_t i = 0; i < over->map.count; i++) {
        const struct value_entry *entry = &over->map.entries[i];

        value_builder_set(&b, entry->key, value_merge(a, value_at(base, entry->key), entry->value));
    }
    return value_builder_map(&b);
}

static const struct value *sorted_list(struct arena *a, const struct value *v)
{
    const struct value **items = arena_array(a, v->list.count, sizeof(const struct value *));

    for (size_t i = 0; i < v->list.count; i++)
        items[i] = value_sorted(a, v->list.items[i]);
    return value_list(a, items, v->list.count);
}

static const struct value *sorted_map(struct arena *a, const struct value *v)
{
    struct value_entry *entries = arena_array(a, v->map.count, sizeof(*entries));

    for (size_t i = 0; i < v->map.count; i++)
        entries[i] =
            (struct value_entry){v->map.entries[i].key, value_sorted(a, v->map.entries[i].value)};
    if (v->map.count)
        qsort(entries, v->map.count, sizeof(*entries), by_key);
    return value_map(a, entries, v->map.count);
}

const struct value *value_sorted(struct arena *a, const struct value *v)
{
    struct value *sorted;

    if (kind_of(v) != VALUE_LIST && kind_of(v) != VALUE_MAP)
        return or_null(v);
    sorted = arena_alloc(a, sizeof(*sorted));
    *sorted = v->kind == VALUE_LIST ? *sorted_list(a, v) : *sorted_map(a, v);
    sorted->type = v->type;
    return sorted;
}

static struct text text_copy(struct arena *a, struct text t)
{
    return (struct text){text_z(a, t), t.len};
}

static const struct value *list_copy(struct arena *a, const struct value *v)
{
    const struct value **items = arena_array(a, v->list.count, sizeof(const struct value *));

    for (size_t i = 0; i < v->list.count; i++)
        items[i] = value_copy(a, v->list.items[i]);
    return value_list(a, items, v->list.count);
}

static const struct value *map_copy(struct arena *a, const struct value *v)
{
    struct value_entry *entries = arena_array(a, v->map.count, sizeof(*entries));

    for (size_t i = 0; i < v->map.count; i++)
        entries[i] = (struct value_entry){arena_strdup(a, v->map.entries[i].key),
                                          value_copy(a, v->map.entries[i].value)};
    return value_map(a, entries, v->map.count);
}

const struct value *value_copy(struct arena *a, const struct value *v)
{
    struct value *copy = arena_alloc(a, sizeof(*copy));

    v = or_null(v);
    *copy = *v;
    switch (v->kind) {
    case VALUE_UNKNOWN:
        copy->refinement = text_copy(a, v->refinement);
        break;
    case VALUE_NUMBER:
        copy->number.text = text_copy(a, v->number.text);
        break;
    case VALUE_STRING:
        copy->string = text_copy(a, v->string);
        break;
    case VALUE_LIST:
        *copy = *list_copy(a, v);
        break;
    case VALUE_MAP:
        *copy = *map_copy(a, v);
        break;
    default:
        break;
    }
    copy->type = v->type ? type_copy(a, v->type) : NULL;
    return copy;
}

/* --- builder ------------------------------------------------------------- */

void value_builder_init(struct value_builder *b, struct arena *a)
{
    *b = (struct value_builder){.arena = a};
}

void value_builder_push(struct value_builder *b, const char *key, const struct value *v)
{
    if (b->count == b->capacity) {
        size_t capacity = b->capacity ? 2 * b->capacity : BUILDER_FIRST;
        struct value_entry *grown = arena_array(b->arena, capacity, sizeof(*grown));

        if (b->count)
            memcpy(grown, b->entries, b->count * sizeof(*grown));
        b->entries = grown;
        b->capacity = capacity;
    }
    b->entries[b->count++] = (struct value_entry){key, or_null(v)};
}

void value_builder_set(struct value_builder *b, const char *key, const struct value *v)
{
    for (size_t i = 0; i < b->count; i++)
        if (strcmp(b->entries[i].key, key) == 0) {
            b->entries[i].value = or_null(v);
            return;
        }
    value_builder_push(b, key, v);
}

void value_builder_add(struct value_builder *b, const struct value *item)
{
    value_builder_push(b, NULL, item);
}

static const char *duplicate_among_few(const struct value_builder *b)
{
    for (size_t i = 1; i < b->count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(b->entries[i].key, b->entries[j].key) == 0)
                return b->entries[i].key;
    return NULL;
}

const char *value_builder_duplicate(const struct value_builder *b)
{
    struct value_entry *sorted;
    const char *duplicate = NULL;

    if (b->count <= FEW_KEYS)
        return duplicate_among_few(b);
    sorted = memory_new(b->count, sizeof(*sorted));
    memcpy(sorted, b->entries, b->count * sizeof(*sorted));
    qsort(sorted, b->count, sizeof(*sorted), by_key);
    for (size_t i = 1; i < b->count && !duplicate; i++)
        if (strcmp(sorted[i - 1].key, sorted[i].key) == 0)
            duplicate = sorted[i].key;
    memory_free(sorted);
    return duplicate;
}

const struct value *value_builder_map(const struct value_builder *b)
{
    return value_map(b->arena, b->entries, b->count);
}

const struct value *value_builder_list(const struct value_builder *b)
{
    const struct value **items = arena_array(b->arena, b->count, sizeof(const struct value *));

    for (size_t i = 0; i < b->count; i++)
        items[i] = b->entries[i].value;
    return value_list(b->arena, items, b->count);
}
