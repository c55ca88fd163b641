/* shape - what a Kubernetes kind looks like: fields, list types, map keys.
 *
 * One description drives strict decoding, defaults, field ownership and merge.
 * Built-in kinds come from shapes_data.c (rows "Type:field=TYPE ..."), custom
 * ones from the structural schema of their CustomResourceDefinition. Shapes
 * never change once made; the built-in ones live as long as the process. */
#ifndef SANDBOX_SHAPE_H
#define SANDBOX_SHAPE_H
#include <stdbool.h>
#include <stddef.h>

#include "schema/value.h"

enum shape_kind {
    SHAPE_ANY, /* whatever JSON holds */
    SHAPE_STRING,
    SHAPE_INTEGER,
    SHAPE_NUMBER,
    SHAPE_BOOL,
    SHAPE_QUANTITY,
    SHAPE_TIME,
    SHAPE_BYTES, /* base64 */
    SHAPE_INT_OR_STRING,
    SHAPE_OBJECT,
    SHAPE_MAP,
    SHAPE_LIST,
};

enum shape_list { SHAPE_LIST_ATOMIC, SHAPE_LIST_SET, SHAPE_LIST_MAP };

struct shape_field;

struct shape {
    enum shape_kind kind;
    const char *name;         /* built-in struct: "Container"; "" otherwise */
    bool atomic;              /* OBJECT, MAP: owned as a whole */
    bool open;                /* OBJECT that keeps fields it does not know */
    enum shape_list list;     /* LIST */
    const char *const *keys;  /* SHAPE_LIST_MAP; NULL ends */
    const struct shape *item; /* LIST, MAP */
    const struct shape_field *fields;
    size_t count;
};

struct shape_field {
    const char *name;
    const struct shape *shape;
    bool keep;                    /* "", 0, false, {} and [] are stored, not left out */
    bool keep_null;               /* of a custom kind: a null is told, and mostly refused */
    const struct value *fallback; /* default, or NULL */
};

/* In shapes_data.c; NULL ends. */
extern const char *const shapes_data[];

/* NULL when there is no such built-in type. */
const struct shape *shape_builtin(const char *type);
/* From an openAPIV3Schema of a kind: metadata is ObjectMeta. */
const struct shape *shape_of_kind(struct arena *a, const struct value *schema);
const struct shape_field *shape_find(const struct shape *shape, const char *name);
/* What stands under a key of an object or map; NULL when it is not known. */
const struct shape *shape_at(const struct shape *shape, const char *key);
/* Element of a list, of any shape. */
const struct shape *shape_item(const struct shape *shape);

#endif
