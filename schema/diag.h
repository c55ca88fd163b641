/* diag - the one channel by which people learn what went wrong.
 *
 * The place that knows the reason reports it and returns false; everyone above
 * returns false and adds nothing. diag_error() is always false, so reporting
 * and leaving is one statement. Entries with the same text and path are kept
 * once. Text is made valid UTF-8 without control characters; secrets must not
 * be in it. Belongs to one call, like its arena. */
#ifndef SCHEMA_DIAG_H
#define SCHEMA_DIAG_H
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "schema/path.h"

enum diag_severity { DIAG_ERROR = 1, DIAG_WARNING = 2 }; /* the protocol's numbers */

enum { DIAG_SUMMARY_BYTES_MAX = 500, DIAG_DETAIL_BYTES_MAX = 16 * 1024, DIAG_COUNT_MAX = 200 };

struct diag {
    enum diag_severity severity;
    const char *summary;     /* one line */
    const char *detail;      /* sentences: where, the server's own words, what to do next */
    const struct path *path; /* NULL: the whole block */
    struct diag *next;
};

struct diags {
    struct arena *arena;
    struct diag *first, *last;
    size_t count;
    bool failed; /* an error is among them */
};

void diags_init(struct diags *d, struct arena *a);
/* Both take printf for the detail. The path must live in d's arena. */
bool diag_error(struct diags *d, const struct path *at, const char *summary,
                const char *detail_format, ...) __attribute__((format(printf, 4, 5)));
void diag_warning(struct diags *d, const struct path *at, const char *summary,
                  const char *detail_format, ...) __attribute__((format(printf, 4, 5)));
/* Adds what another list holds, for work that tries and then decides. */
void diags_append(struct diags *to, const struct diags *from);

#endif
