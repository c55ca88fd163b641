/* semver - semantic versions and constraints as Masterminds/semver 3.5 reads them,
 * which is what Helm compares everything with. Pure; results live in the arena, the
 * texts inside a version are borrowed from what was read.
 *
 * Versions may lack parts, start with "v" and have leading zeros unless read
 * strictly. A version with a pre-release matches only a group of constraints (between
 * "||") in which some bound carries one. */
#ifndef CODEC_SEMVER_H
#define CODEC_SEMVER_H
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum {
    SEMVER_BYTES_MAX = 256,
    SEMVER_CONSTRAINT_BYTES_MAX = 512,
    SEMVER_CONSTRAINT_GROUPS_MAX = 32, /* parts between "||" */
};

struct semver {
    uint64_t major, minor, patch;
    struct text prerelease, metadata; /* without '-' and '+' */
    struct text original;
};
struct semver_constraint;

/* "v1.2" is 1.2.0; false when it is no version. */
bool semver_read(struct text text, struct semver *out);
/* The same, and why not in Helm's words; NULL = it was read. */
const char *semver_try(struct arena *a, struct text text, struct semver *out);
/* Three parts, no "v": semver 2.0.0 to the letter. */
bool semver_read_strict(struct text text, struct semver *out);
/* "1.2.3-rc.1+build" */
char *semver_text(struct arena *a, const struct semver *v);
/* -1, 0, 1 by precedence; metadata does not count. */
int semver_compare(const struct semver *a, const struct semver *b);

/* ">=1.2, <2 || 3.1 - 4"; false: *reason says why, in Helm's words. */
bool semver_constraint_read(struct arena *a, struct text text, struct semver_constraint **out,
                            const char **reason);
bool semver_matches(const struct semver_constraint *constraint, const struct semver *v);

#endif
