/* issued - what a certificate tells of the arguments that it was issued with,
 * in the words that a configuration has for them: for imports. */
#ifndef ISTIO_ISSUED_H
#define ISTIO_ISSUED_H
#include <stdint.h>

#include "base/arena.h"

/* The part `key` ("CN", "O", "L") of an RFC 2253 subject, unescaped; "" when it
 * has none. */
const char *issued_part(struct arena *a, const char *subject, const char *key);
/* "87600h", or in seconds what is not whole hours. That certificates of ours
 * begin a little in the past is not part of it. */
const char *issued_validity(struct arena *a, int64_t not_before, int64_t not_after);
/* "12 days", "3 hours": how long something is away, for messages. */
const char *issued_distance(struct arena *a, int64_t seconds);

#endif
