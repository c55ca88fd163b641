/* uri_escape - bytes of a URL written as "%41", and back. Pure. */
#ifndef TEMPLATE_URI_ESCAPE_H
#define TEMPLATE_URI_ESCAPE_H
#include <stdbool.h>

#include "base/text.h"

/* Each part of a URL has bytes of its own that may stand as they are. */
enum uri_part { URI_PATH, URI_HOST, URI_ZONE, URI_USER, URI_FRAGMENT };

struct text uri_escape(struct arena *a, struct text t, enum uri_part part);
/* NULL = done; else what Go says of t. */
const char *uri_unescape(struct arena *a, struct text t, enum uri_part part, struct text *out);
/* Whether t has no byte that would have to be escaped. */
bool uri_is_escaped(struct text t, enum uri_part part);

#endif
