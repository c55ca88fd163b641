/* store - the objects of one server, and the log of their changes.
 *
 * An object is kept as its JSON text, so that ten thousand of them are small
 * and a list is a concatenation; whoever looks inside reads it into an arena
 * of their own. Revisions are counted references: the log keeps what watches
 * still need. */
#ifndef SANDBOX_STORE_H
#define SANDBOX_STORE_H
#include "acceptance/sandbox/server.h"

struct stored {
    size_t references;
    int64_t version;
    bool has_owners;
    const char *uid; /* the texts live behind the struct, in its block */
    struct text ns, name, json;
};

/* All objects of one group and plural, in the order of namespace and name. */
struct collection {
    char *group, *plural;
    struct stored **items;
    size_t count, capacity;
};

struct collection *store_collection(struct sandbox *s, const struct kind *kind);
struct stored *store_find(struct sandbox *s, const struct kind *kind, const char *ns,
                          const char *name);
/* The object itself, in the arena; NULL when there is none. */
const struct value *store_get(struct sandbox *s, struct arena *a, const struct kind *kind,
                              const char *ns, const char *name);
const struct value *stored_value(struct arena *a, const struct stored *stored);
/* Stores v with the next resourceVersion, logs it and tells the controllers;
 * returns it as stored. */
const struct value *store_put(struct sandbox *s, struct arena *a, const struct kind *kind,
                              const struct value *v);
void store_remove(struct sandbox *s, const struct kind *kind, const char *ns, const char *name);
/* Forgets the log: every older resourceVersion is Gone. */
void store_compact(struct sandbox *s);
/* When the server ends. */
void store_clear(struct sandbox *s);

/* The event that is `index` places behind the oldest one. */
const struct event *store_event(const struct sandbox *s, size_t index);
/* A range of a collection: the first of the namespace, and the one behind it.
 * ns "" is everything. */
void store_range(const struct collection *c, const char *ns, size_t *first, size_t *end);

#endif
