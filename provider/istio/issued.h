/* issued - what a certificate tells of the arguments that it was issued with,
 * in the words that a configuration has for them: for imports. */
#ifndef ISTIO_ISSUED_H
#define ISTIO_ISSUED_H
#include <stdint.h>

#include "schema/value.h"

/* The part `key` ("CN", "O", "L") of an RFC 2253 subject, unescaped; "" when it
 * has none. */
const char *issued_part(struct arena *a, const char *subject, const char *key);
/* "87600h", or in seconds what is not whole hours. That certificates of ours
 * begin a little in the past is not part of it. */
const char *issued_validity(struct arena *a, int64_t not_before, int64_t not_after);
/* The object with `name` set to the text where it is null or unknown. */
const struct value *issued_fill(struct arena *a, const struct value *object, const char *name,
                                const char *text);

#endif
