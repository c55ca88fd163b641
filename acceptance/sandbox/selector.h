/* selector - labelSelector and fieldSelector of lists and watches. */
#ifndef SANDBOX_SELECTOR_H
#define SANDBOX_SELECTOR_H
#include "acceptance/sandbox/server.h"

struct selector {
    const struct value *labels; /* list of {key, operator, values} */
    const struct value *fields; /* list of {path, equal, value} */
};

/* From the request's parameters. False: answered with 400. */
bool selector_read(struct request *r, struct selector *out);
bool selector_is_empty(const struct selector *s);
bool selector_matches(const struct selector *s, const struct value *object);
/* matchLabels and matchExpressions, as in a Deployment's selector. */
bool selector_object_matches(const struct value *selector, const struct value *labels);
/* In the arena's name; for what outlives the request. */
struct selector selector_copy(struct arena *a, const struct selector *s);

#endif
