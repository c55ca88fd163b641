/* builtin - what the API does with its own kinds beyond their fields: defaults
 * that depend on others, values that it allocates, and what it refuses. */
#ifndef SANDBOX_BUILTIN_H
#define SANDBOX_BUILTIN_H
#include "acceptance/sandbox/server.h"
#include "acceptance/sandbox/status.h"

/* Defaults that no schema tells; v is in normal form. */
const struct value *builtin_default(struct arena *a, const struct kind *kind,
                                    const struct value *v);
/* Addresses, phases, labels that the server sets; nobody owns them. */
const struct value *builtin_prepare(struct sandbox *s, struct arena *a, const struct kind *kind,
                                    const struct value *before, const struct value *after);
void builtin_validate(const struct kind *kind, const struct value *before,
                      const struct value *after, struct problems *p);
/* Names and namespaces of every kind. */
void builtin_validate_name(const struct kind *kind, const char *name, struct problems *p);

#endif
