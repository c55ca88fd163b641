/* document - YAML of charts, read as Helm reads it: the first document of a text,
 * leniently, and scalars where Go wants a string. */
#ifndef HELM_DOCUMENT_H
#define HELM_DOCUMENT_H
#include "schema/call.h"
#include "schema/path.h"

/* The first document of a text; null when there is none. */
bool document_read(struct call *c, struct text yaml, const char *what, const struct path *at,
                   const struct value **out);
/* The text of a scalar: `version: 1.10` is "1.1", true is "true", null is "". False:
 * it is a list or a map. */
bool document_scalar(struct arena *a, const struct value *v, const char **out);

#endif
