/* value - the one dynamic value that every layer speaks.
 *
 * A value is immutable once built, lives in an arena and is shared freely.
 * Terraform's set, tuple and object exist in struct type only: here they are
 * lists and maps. Maps keep insertion order and hold each key once; keys are
 * NUL-terminated and never contain NUL (readers refuse such keys).
 *
 * Accessors never fail: a missing key, a wrong kind or a NULL pointer reads as
 * null, "" or 0. Nothing here returns NULL where a value is promised. */
#ifndef SCHEMA_VALUE_H
#define SCHEMA_VALUE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct type;

enum value_kind {
    VALUE_NULL,
    VALUE_UNKNOWN,
    VALUE_BOOL,
    VALUE_NUMBER,
    VALUE_STRING,
    VALUE_LIST,
    VALUE_MAP,
};

/* Exact decimal text beside its nearest machine forms. */
struct number {
    struct text text; /* canonical: -?digits[.digits], no exponent, no needless zeros */
    double real;      /* alone knows -0 from 0 */
    int64_t integer;  /* valid when is_integer */
    bool is_integer;  /* whole and fits int64_t */
};

struct value {
    enum value_kind kind;
    /* Type of a value that stands at a position of type dynamic, so that it
     * travels back exactly as it came; NULL elsewhere. */
    const struct type *type;
    union {
        bool boolean;
        struct number number;
        struct text string; /* UTF-8, NUL-terminated behind len, may hold NUL */
        struct {
            const struct value *const *items;
            size_t count;
        } list;
        struct {
            const struct value_entry *entries;
            size_t count;
        } map;
        struct text refinement; /* of an unknown: its msgpack ext 12 body, or empty */
    };
};

struct value_entry {
    const char *key;
    const struct value *value;
};

extern const struct value value_null, value_unknown, value_true, value_false;
extern const struct value value_empty_list, value_empty_map, value_empty_string;

/* --- asking ------------------------------------------------------------- */
bool value_is_null(const struct value *v);
bool value_is_unknown(const struct value *v);
/* Neither null nor unknown. */
bool value_is_set(const struct value *v);
/* No unknown in it at any depth. */
bool value_is_wholly_known(const struct value *v);
/* Same kind and content; numbers by exact decimal text, maps without regard to
 * order, two unknowns are equal. The dynamic type is not compared. */
bool value_equal(const struct value *a, const struct value *b);
/* "null", "unknown", "bool", "number", "string", "list", "map": for messages. */
const char *value_kind_name(const struct value *v);

const struct value *value_at(const struct value *map, const char *key);
/* value_in(object, "metadata", "labels", "app"): maps by key, one step each. */
#define value_in(v, ...) value_walk((v), (const char *const[]){__VA_ARGS__, NULL})
const struct value *value_walk(const struct value *v, const char *const *keys);
const struct value *value_item(const struct value *list, size_t index);
/* Elements of a list or entries of a map; 0 for every other kind. */
size_t value_count(const struct value *v);
bool value_has(const struct value *map, const char *key);

/* Contents of the value itself. */
const char *value_z(const struct value *v); /* "" unless a string; cut at a NUL byte */
struct text value_string_text(const struct value *v);
bool value_as_bool(const struct value *v);
int64_t value_as_integer(const struct value *v); /* 0 unless a whole number that fits */
double value_as_real(const struct value *v);
/* Contents of a map's entry: value_z(value_at(map, key)) and so on. */
const char *value_text(const struct value *map, const char *key);
bool value_flag(const struct value *map, const char *key);
int64_t value_integer_at(const struct value *map, const char *key);

/* --- building ----------------------------------------------------------- */
const struct value *value_bool(bool b);
const struct value *value_integer(struct arena *a, int64_t i);
const struct value *value_real(struct arena *a, double d);
/* From decimal text with optional fraction and exponent, made canonical; NULL
 * when it is not a number or would have over 1,100 digits. */
const struct value *value_number(struct arena *a, struct text decimal);
/* v with the type that it has at a position of type dynamic. */
const struct value *value_typed(struct arena *a, const struct value *v, const struct type *t);
/* Copies. NULL gives value_null. */
const struct value *value_string(struct arena *a, const char *z);
const struct value *value_string_of(struct arena *a, struct text t);
const struct value *value_f(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Borrow the array, which must live in the arena. */
const struct value *value_list(struct arena *a, const struct value *const *items, size_t count);
const struct value *value_map(struct arena *a, const struct value_entry *entries, size_t count);
/* Copies of literals: value_list_of(a, x, y), value_map_of(a, {"kind", k}, {"spec", s}). */
#define value_list_of(a, ...)                                                                      \
    value_list_copy((a), (const struct value *const[]){__VA_ARGS__},                               \
                    sizeof((const struct value *const[]){__VA_ARGS__}) / sizeof(void *))
#define value_map_of(a, ...)                                                                       \
    value_map_copy((a), (const struct value_entry[]){__VA_ARGS__},                                 \
                   sizeof((const struct value_entry[]){__VA_ARGS__}) / sizeof(struct value_entry))
const struct value *value_list_copy(struct arena *a, const struct value *const *items,
                                    size_t count);
const struct value *value_map_copy(struct arena *a, const struct value_entry *entries,
                                   size_t count);
/* The map with one entry replaced or added (v) or removed (v NULL); anything
 * but a map counts as an empty one. */
const struct value *value_with(struct arena *a, const struct value *map, const char *key,
                               const struct value *v);
/* The same for a nested place; missing maps on the way are made.
 * value_with_in(a, object, v, "metadata", "annotations", "x"). */
#define value_with_in(a, map, v, ...)                                                              \
    value_with_walk((a), (map), (v), (const char *const[]){__VA_ARGS__, NULL})
const struct value *value_with_walk(struct arena *a, const struct value *map, const struct value *v,
                                    const char *const *keys);
/* The list and one more element. */
const struct value *value_append(struct arena *a, const struct value *list,
                                 const struct value *item);
/* Deep merge as Helm merges values: maps by key, everything else from `over`
 * replaces; a null in `over` replaces too. */
const struct value *value_merge(struct arena *a, const struct value *base,
                                const struct value *over);
/* The same map with keys in byte order, at every depth. */
const struct value *value_sorted(struct arena *a, const struct value *v);
/* Deep copy into another arena, for what outlives a call. */
const struct value *value_copy(struct arena *a, const struct value *v);

/* Grows a map or a list of unknown size. Setting a key twice keeps the first
 * place and the last value. Keys are borrowed, here and in all of the above. */
struct value_builder {
    struct arena *arena;
    struct value_entry *entries; /* key NULL for list elements */
    size_t count, capacity;
};
void value_builder_init(struct value_builder *b, struct arena *a);
void value_builder_set(struct value_builder *b, const char *key, const struct value *v);
/* Skips the look for an equal key: for readers that check keys themselves. */
void value_builder_push(struct value_builder *b, const char *key, const struct value *v);
void value_builder_add(struct value_builder *b, const struct value *item);
/* A key that was pushed twice, or NULL. */
const char *value_builder_duplicate(const struct value_builder *b);
const struct value *value_builder_map(const struct value_builder *b);
const struct value *value_builder_list(const struct value_builder *b);

#endif
