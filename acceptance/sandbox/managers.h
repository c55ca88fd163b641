/* managers - metadata.managedFields: who owns what, and server-side apply. */
#ifndef SANDBOX_MANAGERS_H
#define SANDBOX_MANAGERS_H
#include "acceptance/sandbox/server.h"

struct write {
    struct arena *arena;
    const struct kind *kind;
    const char *manager, *subresource; /* "" = the object itself */
    bool force;
};

/* after with its managedFields: what changed since before belongs to the
 * manager. before NULL: the object is made. */
const struct value *managers_update(const struct write *w, const struct value *before,
                                    const struct value *after);
/* before with what is applied; false: *conflicts lists {manager, field}. The
 * object comes without defaults; its managedFields are in *managed (NULL: none), to
 * be set once the object is complete. */
bool managers_apply(const struct write *w, const struct value *before, const struct value *applied,
                    const struct value **after, const struct value **managed,
                    const struct value **conflicts);
/* The manager's entry with the time of now: for an apply that changed the
 * object itself, not only who owns what. NULL stays NULL. */
const struct value *managers_touch(const struct write *w, const struct value *managed);

#endif
