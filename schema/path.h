/* path - where in a configuration a value stands.
 *
 * A path is a chain from the last step to the first, so that walking down costs
 * one small step per level and no copy. NULL is the root. Steps built by
 * path_name() and the others live in the arena; PATH("a", "b") makes a chain of
 * attribute names for a diagnostic. */
#ifndef SCHEMA_PATH_H
#define SCHEMA_PATH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "schema/value.h"

enum path_kind { PATH_NAME, PATH_KEY, PATH_INDEX };

struct path {
    const struct path *parent;
    enum path_kind kind;
    const char *name; /* PATH_NAME: attribute or block; PATH_KEY: map key */
    int64_t index;    /* PATH_INDEX: list element */
};

const struct path *path_name(struct arena *a, const struct path *parent, const char *attribute);
const struct path *path_key(struct arena *a, const struct path *parent, const char *map_key);
const struct path *path_index(struct arena *a, const struct path *parent, size_t index);
/* Attribute names from the root: path_of(a, "load_balancer", "ports"). */
#define path_of(a, ...) path_names((a), (const char *const[]){__VA_ARGS__, NULL})
const struct path *path_names(struct arena *a, const char *const *names);

/* Deep copy into another arena. */
const struct path *path_copy(struct arena *a, const struct path *p);

size_t path_depth(const struct path *p);
/* The steps from the root in an array of path_depth() elements. */
const struct path *const *path_steps(struct arena *a, const struct path *p);
bool path_equal(const struct path *a, const struct path *b);
/* load_balancer.ports[0].annotations["x"] */
char *path_text(struct arena *a, const struct path *p);
/* What stands at p inside root; value_null when nothing does. */
const struct value *path_value(const struct value *root, const struct path *p);
/* root with v at p; maps on the way are made, list indexes must exist. */
const struct value *path_replace(struct arena *a, const struct value *root, const struct path *p,
                                 const struct value *v);

#endif
