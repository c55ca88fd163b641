/* element - how the value of a nested row is taken apart and put together.
 *
 * Objects, lists, sets and maps of objects become one loop over elements. A
 * place is a path that knows when it stands inside a set: set elements have no
 * step of their own, so every path inside one stops at the set. */
#ifndef SCHEMA_ELEMENT_H
#define SCHEMA_ELEMENT_H
#include "schema/attribute.h"

struct place {
    const struct path *at;
    bool in_set;
};

/* A row of the object at `parent`. */
struct place place_of_row(struct arena *a, struct place parent, const struct attribute *row);
/* Element i of the nested (or list, set, map) value v of `row` at `place`. */
struct place place_of_element(struct arena *a, struct place place, const struct attribute *row,
                              const struct value *v, size_t i);

/* 0 for null, unknown and every value that is not of the row's shape. Works
 * for nested rows and for plain lists, sets and maps. */
size_t element_count(const struct attribute *row, const struct value *v);
const struct value *element_at(const struct attribute *row, const struct value *v, size_t i);
/* The same container with other elements: as many as element_count(row, like). */
const struct value *element_join(struct arena *a, const struct attribute *row,
                                 const struct value *like, const struct value *const *elements);

#endif
