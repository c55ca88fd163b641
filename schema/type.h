/* type - Terraform's (cty's) types, as schemas declare them.
 *
 * Static tables use the macros; types that arrive on the wire are built in an
 * arena. All are immutable. */
#ifndef SCHEMA_TYPE_H
#define SCHEMA_TYPE_H
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "schema/value.h"

enum type_kind {
    TYPE_DYNAMIC,
    TYPE_STRING,
    TYPE_NUMBER,
    TYPE_BOOL,
    TYPE_LIST,
    TYPE_SET,
    TYPE_MAP,
    TYPE_OBJECT,
    TYPE_TUPLE,
};

struct type_field {
    const char *name; /* NULL in a tuple */
    const struct type *type;
};

struct type {
    enum type_kind kind;
    const struct type *element;      /* list, set, map */
    const struct type_field *fields; /* object: by name; tuple: by position */
    size_t count;                    /* of fields */
};

extern const struct type type_dynamic, type_string, type_number, type_bool;
extern const struct type type_string_list, type_string_set, type_string_map;

/* For static tables: LIST_OF(type_string) is a const struct type *. */
#define LIST_OF(element_type) (&(const struct type){.kind = TYPE_LIST, .element = &(element_type)})
#define SET_OF(element_type) (&(const struct type){.kind = TYPE_SET, .element = &(element_type)})
#define MAP_OF(element_type) (&(const struct type){.kind = TYPE_MAP, .element = &(element_type)})

const struct type *type_list(struct arena *a, enum type_kind list_set_or_map,
                             const struct type *element);
/* Borrows fields. */
const struct type *type_object(struct arena *a, const struct type_field *fields, size_t count);
const struct type *type_tuple(struct arena *a, const struct type_field *fields, size_t count);
/* Deep copy into another arena. */
const struct type *type_copy(struct arena *a, const struct type *t);
/* NULL when there is no such field. */
const struct type *type_field(const struct type *object, const char *name);
/* Object fields compare without regard to order. */
bool type_equal(const struct type *a, const struct type *b);
/* The type that a value without a declared one has: maps are objects, lists
 * are tuples, null and unknown are dynamic; a value that carries its own type
 * has that. */
const struct type *type_of_value(struct arena *a, const struct value *v);
/* "list of string", "object": for messages and docs. */
const char *type_name(struct arena *a, const struct type *t);
/* Compact type JSON, as the protocol carries it: ["list","string"]. */
struct text type_json(struct arena *a, const struct type *t);
/* From the tree that type JSON parses to; NULL when it is none, or is nested
 * deeper than TYPE_DEPTH_MAX. Optional attributes (third element) are taken as
 * ordinary ones. */
enum { TYPE_DEPTH_MAX = 64 };
const struct type *type_from_value(struct arena *a, const struct value *json);

/* Does v fit t? Unknown and null fit everywhere. Objects must carry exactly
 * the declared fields. Depth is bounded by v's own. */
bool type_admits(const struct type *t, const struct value *v);
/* Equal as Terraform sees it: sets without order, dynamic values by type too. */
bool type_value_equal(const struct type *t, const struct value *a, const struct value *b);
/* An object of nulls, for a null of TYPE_OBJECT; value_null for others. */
const struct value *type_empty(struct arena *a, const struct type *t);

#endif
