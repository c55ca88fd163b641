/* glob - patterns of .Files.Glob: "*" and "?" within a part of a path, "**" across
 * parts, "[a-z]", "[!abc]", "{a,b}", a backslash before what is meant as it is. */
#ifndef HELM_GLOB_H
#define HELM_GLOB_H
#include <stdbool.h>
#include <stddef.h>

enum {
    GLOB_STEPS_MAX = 20000000, /* of all names that one pattern is held against */
    GLOB_PATTERN_BYTES_MAX = 4096,
};

struct glob {
    const char *pattern;
    size_t steps;
    bool exceeded; /* a limit was reached: no answer counts any more */
};

/* A pattern that is not understood means "**", as in Helm. */
void glob_init(struct glob *g, const char *pattern);
bool glob_matches(struct glob *g, const char *name);

#endif
