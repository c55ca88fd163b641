/* versions - which of the versions on offer is the one asked for: as Helm chooses,
 * the exact text first, else the newest that the constraint allows. Pure. */
#ifndef SOURCE_VERSIONS_H
#define SOURCE_VERSIONS_H
#include "schema/call.h"

enum versions_flags { VERSIONS_STRICT = 1 << 0 /* semver 2.0.0 to the letter, as OCI tags */ };

/* A list of maps with a "version", newest first; those without a version that can be
 * read are left out. */
const struct value *versions_sort(struct arena *a, const struct value *offered, unsigned flags);
/* Is it a version or a constraint? Else reported. "" is fine. */
bool versions_check(struct call *c, const char *wanted, const struct path *at);
/* One of a sorted list. "" asks for the newest that is no pre-release. `what` is
 * "chart istiod of https://…", for the message that nothing fits. */
bool versions_choose(struct call *c, const struct value *offered, const char *wanted,
                     const char *what, const struct path *at, const struct value **out);
/* Is `version` one that `wanted` asks for? */
bool versions_match(struct arena *a, const char *version, const char *wanted);

#endif
