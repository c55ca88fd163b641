/* openapi - the OpenAPI v3 document of one group and version, from the shapes:
 * enough for clients that look up fields and what PATCH understands. */
#ifndef SANDBOX_OPENAPI_H
#define SANDBOX_OPENAPI_H
#include "acceptance/sandbox/server.h"

/* kinds: of one group and version; NULL ends. */
const struct value *openapi_document(struct request *r, const struct kind *const *kinds);

#endif
