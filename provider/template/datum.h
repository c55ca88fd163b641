/* datum - a value as Go templates see it.
 *
 * struct value, the one value of the other layers, is immutable and has one kind
 * of number. Templates need Go's kinds apart (int, int64, float64: eq compares
 * them strictly) and maps that `set` changes under every holder, so this layer has
 * its own and converts at its edge: datum_of_value() on the way in,
 * datum_to_value() on the way out.
 *
 * Lists are never changed in place; maps are, and are shared by reference. A map
 * keeps its keys in byte order, the order in which `range` visits them. Everything
 * lives in the arena that made it; a datum is never freed singly. No NULL pointer
 * stands for a datum: nil is &datum_nil. */
#ifndef TEMPLATE_DATUM_H
#define TEMPLATE_DATUM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "schema/value.h"

/* Templates can make a map that holds itself: what walks a datum stops there. */
enum { DATUM_DEPTH_MAX = 500, DATUM_NODES_MAX = 5000000, DATUM_TEXT_BYTES_MAX = 64 << 20 };

enum datum_kind {
    DATUM_NIL, /* untyped nil, a nil interface, a missing key */
    DATUM_BOOL,
    DATUM_INT,     /* literals, len, atoi, list indices */
    DATUM_INT64,   /* --set, int64, add, mul ... */
    DATUM_UINT8,   /* index of a string, an element of bytes */
    DATUM_FLOAT64, /* every number of a values file, of fromYaml and fromJson */
    DATUM_STRING,
    DATUM_BYTES, /* []byte: prints as [65 10] */
    DATUM_LIST,
    DATUM_MAP,
    DATUM_OBJECT, /* struct-like, with methods: .Capabilities, .Files, a time, a semver */
};

struct datum;
struct datum_map;
struct function_call;

/* Its arguments are checked as those of a function are; see function.h. */
struct datum_method {
    const char *name, *parameters;
    const struct datum *(*run)(struct function_call *f, const struct datum *self);
};

/* What is behind an object, or behind a map, list or integer with a Go type of its own. */
struct datum_class {
    const char *type_name; /* as typeOf prints it: "*semver.Version" */
    const char *kind_name; /* as kindOf prints it: "struct", "ptr", "map" */
    /* Ended by a row without a name, or NULL; they come before fields and keys. */
    const struct datum_method *methods;
    /* Of a map or list whose elements are of one type: that type's zero value, which
     * absent keys have. NULL: they are of any type. */
    const struct datum *zero;

    /* As fmt prints an object or integer with %v. */
    void (*print)(struct text_builder *b, const struct datum *self);

    /* --- of objects only ---
     * Field or method `name` of self. A method gets the arguments of f; a field
     * given arguments is an error that the evaluator raises (is_method tells).
     * NULL with *found false: there is no such member. NULL with *found true:
     * it failed and function_fail() was called. */
    const struct datum *(*member)(struct function_call *f, const struct datum *self,
                                  struct text name, bool *found, bool *is_method);
    /* Whether two of the class are alike; NULL = only one and the same is. */
    bool (*equal)(const struct datum *a, const struct datum *b);
    /* A struct that a function gets as an argument is a copy, which lacks the methods of
     * a pointer to it: the class of that copy. NULL: the same. */
    const struct datum_class *as_argument;
    /* What toYaml, toJson and the like write; NULL = the printed text. A map may have its
     * entries in another order than that of their keys, in which JSON writes them: it is
     * for reading through only. */
    const struct datum *(*plain)(struct arena *a, const struct datum *self);
};

struct datum {
    enum datum_kind kind;
    /* Go's own name where it is not the kind's usual one ("[]string",
     * "map[string]string", "chartutil.Values"); NULL = the usual one. */
    const char *type_name;
    const struct datum_class *class; /* of a map, list, integer: see there; else NULL */
    union {
        bool boolean;
        int64_t integer; /* INT, INT64, UINT8 */
        double real;
        struct text text; /* STRING, BYTES; not NUL-terminated */
        struct {
            const struct datum *const *items;
            size_t count;
        } list;
        struct datum_map *map;
        struct {
            const struct datum_class *class;
            const void *data;
        } object;
    };
};

struct datum_entry {
    struct text key;
    const struct datum *value;
};

/* Entries in byte order of their keys. Read them freely; change by datum_set and
 * datum_unset only. */
struct datum_map {
    struct arena *arena;
    struct datum_entry *entries;
    size_t count, capacity;
};

extern const struct datum datum_nil, datum_true, datum_false, datum_empty_string;
/* What a nil becomes where a function wants a map or a list. */
extern const struct datum datum_unmade_map, datum_unmade_list;

/* --- building (strings, items and keys are borrowed, not copied) --------- */
const struct datum *datum_bool(bool b);
const struct datum *datum_int(struct arena *a, int64_t i);
const struct datum *datum_int64(struct arena *a, int64_t i);
const struct datum *datum_uint8(struct arena *a, uint8_t i);
const struct datum *datum_float64(struct arena *a, double real);
const struct datum *datum_string(struct arena *a, struct text t);
const struct datum *datum_string_z(struct arena *a, const char *z);
const struct datum *datum_bytes(struct arena *a, struct text t);
const struct datum *datum_list(struct arena *a, const struct datum *const *items, size_t count);
/* A list whose Go type is []string. */
const struct datum *datum_strings(struct arena *a, const struct datum *const *items, size_t count);
const struct datum *datum_map_new(struct arena *a);
/* A list, map or integer as one of a class; maps share their entries. */
const struct datum *datum_of_class(struct arena *a, const struct datum_class *class,
                                   const struct datum *d);
const struct datum *datum_object(struct arena *a, const struct datum_class *class,
                                 const void *data);
/* d as a function gets it: see datum_class.as_argument. */
const struct datum *datum_as_argument(struct arena *a, const struct datum *d);
/* map must be a DATUM_MAP; changes it for all who hold it. */
void datum_set(const struct datum *d, struct text key, const struct datum *v);
void datum_unset(const struct datum *d, struct text key);

/* --- asking -------------------------------------------------------------- */
/* NULL when absent or not a map. */
const struct datum *datum_get(const struct datum *d, struct text key);
const struct datum *datum_get_z(const struct datum *d, const char *key);
/* Bytes of a string, elements of a list, entries of a map; else 0. */
size_t datum_len(const struct datum *d);
/* A map or list that Go has not made: it is written as null, and setting a key in the
 * map is an error. */
bool datum_is_unmade(const struct datum *d);
/* Go's truth: false, 0, nil, "" and empty lists and maps are false. */
bool datum_truth(const struct datum *d);
/* reflect.DeepEqual: kinds (and Go types) must agree too. */
bool datum_equal(const struct datum *a, const struct datum *b);
/* The same, taking what it looks at from *nodes; false when they are used up. */
bool datum_equal_within(const struct datum *a, const struct datum *b, size_t *nodes);
/* "map", "slice", "string", "bool", "int", "int64", "float64", "uint8", "ptr",
 * "struct", "invalid" as reflect.Kind prints. */
const char *datum_kind_name(const struct datum *d);
/* "map[string]interface {}", "[]interface {}", "<nil>" as %T prints. */
const char *datum_type_name(const struct datum *d);
/* Whether the elements of a list or map are of any type (interface {}), as they
 * are but for Go types like []string and map[string]string. */
bool datum_holds_any(const struct datum *d);
/* Deep: maps and lists are new, types kept. What lies beyond the limits becomes nil. */
const struct datum *datum_copy(struct arena *a, const struct datum *d);
/* The same; NULL when something lies beyond the limits, as in a map that holds itself. */
const struct datum *datum_copy_whole(struct arena *a, const struct datum *d);

/* --- text ---------------------------------------------------------------- */
/* As fmt prints with %v: shortest float that reads back, [a b], map[k:v],
 * <nil>. */
void datum_print(struct text_builder *b, const struct datum *d);
/* The same as a text; a string is returned as it is. */
struct text datum_text(struct arena *a, const struct datum *d);
/* strconv.FormatFloat(d, 'g', -1, 64): the shortest digits that read back, with an
 * exponent of two digits at least when the decimal exponent is below -4 or from 6 on
 * ("1e+06", "123456.789", "1.23456789e+07"). */
void datum_print_float64(struct text_builder *b, double d);

/* --- the edge ------------------------------------------------------------ */
/* Numbers become float64, as Helm reads YAML and JSON; null becomes nil. */
const struct datum *datum_of_value(struct arena *a, const struct value *v);
/* nil becomes null, bytes a string, objects their plain form or printed text. */
const struct value *datum_to_value(struct arena *a, const struct datum *d);

#endif
