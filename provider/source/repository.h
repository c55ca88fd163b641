/* repository - charts of an HTTP repository: <address>/index.yaml and what its urls
 * lead to. An index is fetched once per process and address. For source alone. */
#ifndef SOURCE_REPOSITORY_H
#define SOURCE_REPOSITORY_H
#include "source/package.h"

enum { INDEX_BYTES_MAX = 64 << 20 };

bool repository_get(struct call *c, struct chart_store *s, const struct wanted *w,
                    struct package *out);
/* What of an index counts: a map of chart names to lists of {"version", "url",
 * "digest"}, newest first. Entries that lack version or url are left out, as Helm does.
 * `what` names the text. */
bool repository_read_index(struct call *c, struct text index, const char *what,
                           const struct path *at, const struct value **out);

#endif
