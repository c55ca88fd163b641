/* challenge - what a 401 asks for: the WWW-Authenticate header (RFC 9110, 11.6.1).
 * Pure. */
#ifndef SOURCE_CHALLENGE_H
#define SOURCE_CHALLENGE_H
#include "schema/value.h"

/* A list of maps: "scheme" and the parameters, all names in lower case. What cannot be
 * read ends the list. */
const struct value *challenge_read(struct arena *a, struct text header);
/* The one of a scheme ("bearer"), or value_null. */
const struct value *challenge_find(const struct value *challenges, const char *scheme);

#endif
