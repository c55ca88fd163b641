/* attribute - the rows of a schema: what a block consists of, as static data.
 *
 * A table ends with END_ATTRIBUTES. The macros take name, flags and description;
 * any field may follow the description:
 *     STRING("name", REQUIRED | FORCE_NEW, "Name of the gateway.", .check = check_dns_label),
 * Everything the schema knows of an attribute (validation, defaults, planning,
 * documentation) is in its row; nothing else describes it a second time. */
#ifndef SCHEMA_ATTRIBUTE_H
#define SCHEMA_ATTRIBUTE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schema/path.h"
#include "schema/type.h"

struct call;

enum attribute_flags {
    REQUIRED = 1 << 0,
    OPTIONAL = 1 << 1,
    COMPUTED = 1 << 2,   /* the provider may set it; together with OPTIONAL: when config is null */
    SENSITIVE = 1 << 3,  /* hidden in plan output, still stored in state */
    WRITE_ONLY = 1 << 4, /* only ever in call.config; null in plan and state */
    FORCE_NEW = 1 << 5,  /* a change replaces the resource */
    KEEP_STATE = 1 << 6, /* computed: an update never changes it */
};

enum nesting {
    NESTING_NONE,   /* a plain attribute of .type */
    NESTING_SINGLE, /* nested attributes: an object, a list, set or map of objects */
    NESTING_LIST,
    NESTING_SET,
    NESTING_MAP,
    NESTING_BLOCK, /* block syntax, at most one: for `timeouts` */
};

/* True = fine; else has reported against `at`. v is set (not null, not unknown). */
typedef bool check_fn(struct call *c, const struct path *at, const struct value *v);

struct attribute {
    const char *name; /* NULL ends the table */
    unsigned flags;
    enum nesting nesting;
    const struct type *type;        /* of a plain attribute */
    const struct attribute *nested; /* rows of a nested one */
    const char *doc;                /* a sentence or more; Markdown */
    const char *deprecated;         /* what to use instead */

    /* --- validation: all are skipped while the value is null or unknown --- */
    check_fn *check;             /* of the whole value */
    check_fn *check_element;     /* of each element of a list, set or map */
    const char *const *one_of;   /* ONE_OF("a", "b"): strings allowed */
    int64_t min, max;            /* of a number, when max > min */
    size_t min_items, max_items; /* of a list, set or map, when not 0 */
    /* Among the rows of one table that name the same group, exactly / at most
     * one may be set. */
    const char *exactly_one_of, *at_most_one_of;
    const char *const *conflicts_with; /* NAMES(...): rows of the same table */
    const char *const *requires;       /* rows that must be set when this one is */

    /* --- planning --- */
    /* Value when the configuration leaves it out (the row is OPTIONAL |
     * COMPUTED): text for a string, else a JSON literal: "3", "true", "[]". */
    const char *fallback;
    /* Computed: becomes unknown in an update only when one of these rows (of
     * the resource's top level) changes; else keeps its state. */
    const char *const *unknown_if;
    /* Of a WRITE_ONLY row: the ordinary row whose change makes Terraform plan
     * an update, because the value itself is never compared. */
    const char *version_attribute;
};

#define STRINGS_(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ONE_OF(...) STRINGS_(__VA_ARGS__)
#define NAMES(...) STRINGS_(__VA_ARGS__)

#define TYPED(attribute_name, attribute_type, attribute_flags, ...)                                \
    {                                                                                              \
        .name = (attribute_name), .type = (attribute_type), .flags = (attribute_flags),            \
        .doc = __VA_ARGS__                                                                         \
    }
#define STRING(attribute_name, attribute_flags, ...)                                               \
    TYPED(attribute_name, &type_string, attribute_flags, __VA_ARGS__)
#define NUMBER(attribute_name, attribute_flags, ...)                                               \
    TYPED(attribute_name, &type_number, attribute_flags, __VA_ARGS__)
#define BOOL(attribute_name, attribute_flags, ...)                                                 \
    TYPED(attribute_name, &type_bool, attribute_flags, __VA_ARGS__)
#define DYNAMIC(attribute_name, attribute_flags, ...)                                              \
    TYPED(attribute_name, &type_dynamic, attribute_flags, __VA_ARGS__)
/* NESTED("health_check", NESTING_SINGLE, health_check_rows, OPTIONAL, "…") */
#define NESTED(attribute_name, attribute_nesting, rows, attribute_flags, ...)                      \
    {                                                                                              \
        .name = (attribute_name), .nesting = (attribute_nesting), .nested = (rows),                \
        .flags = (attribute_flags), .doc = __VA_ARGS__                                             \
    }
/* clang-format off */
#define END_ATTRIBUTES {.name = NULL}
/* clang-format on */

/* for (const struct attribute *row = rows; row->name; row++) */
/* NOLINTBEGIN(bugprone-macro-parentheses): row is declared by it */
#define ATTRIBUTE_EACH(row, rows)                                                                  \
    for (const struct attribute *row = (rows); row && row->name; row++)
/* NOLINTEND(bugprone-macro-parentheses) */

/* NULL when there is no such row. */
const struct attribute *attribute_find(const struct attribute *rows, const char *name);
/* The type of one row's value, and of a whole table (an object). */
const struct type *attribute_type(struct arena *a, const struct attribute *row);
const struct type *attributes_type(struct arena *a, const struct attribute *rows);
/* Calls visit for every value of every row at any depth, parents first, with
 * its row and path; values inside null, unknown or missing parents are not
 * visited. Stops early when visit returns false. */
typedef bool attribute_visit_fn(void *data, const struct attribute *row, const struct path *at,
                                const struct value *v);
bool attributes_walk(struct arena *a, const struct attribute *rows, const struct value *object,
                     attribute_visit_fn *visit, void *data);
/* The object with every value replaced by what `map` returns for it, children
 * before parents; used for write-only nulling, defaults and the like. Rows
 * missing in the object are visited as null and added. */
typedef const struct value *attribute_map_fn(void *data, const struct attribute *row,
                                             const struct path *at, const struct value *v);
const struct value *attributes_map(struct arena *a, const struct attribute *rows,
                                   const struct value *object, attribute_map_fn *map, void *data);

#endif
