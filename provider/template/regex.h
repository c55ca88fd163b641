/* regex - Go's regular expressions (RE2's syntax and its leftmost-first choice), run
 * by PCRE2. With rune.c the only caller of that library.
 *
 * A pattern is read by Go's own grammar and written again for PCRE2, so that what Go
 * refuses (look-around, back-references, possessive repetition) is refused and what
 * both know in different ways ($, \s, \b, (?U)) means what Go means. Unlike Go, PCRE2
 * goes back and tries again: a pattern for which that takes too long ends in an
 * error. A regex belongs to one thread; regex_free() it. */
#ifndef TEMPLATE_REGEX_H
#define TEMPLATE_REGEX_H
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum {
    REGEX_PATTERN_BYTES_MAX = 64 * 1024,
    REGEX_NESTING_MAX = 200,
    REGEX_STEPS_MAX = 2000000, /* of one match */
};

struct regex;

struct regex_span {
    size_t start, end; /* bytes; start > end = the group took no part */
};

/* NULL: no such pattern, *reason is Go's "error parsing regexp: ...". */
struct regex *regex_new(struct arena *a, struct text pattern, const char **reason);
void regex_free(struct regex *r);

/* Groups of the pattern, the whole match (0) among them. */
size_t regex_group_count(const struct regex *r);
/* "" for a group without a name. */
struct text regex_group_name(const struct regex *r, size_t group);

enum regex_outcome { REGEX_NO_MATCH, REGEX_MATCH, REGEX_TOO_LONG };
/* The first match that starts at `from` or later. */
enum regex_outcome regex_find(struct regex *r, struct text subject, size_t from);
/* Of the last match. */
struct regex_span regex_group(const struct regex *r, size_t group);

#endif
