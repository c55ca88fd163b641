/* ignore - .helmignore: which files of a chart's folder are no part of the chart.
 *
 * One pattern per line: "*", "?" and "[a-z]" within one part of a path, a trailing "/"
 * for folders, "/" in front or inside ties it to the chart's folder, "#" a comment.
 * Helm's own oddity is kept: with "!pattern", what does NOT match is left out. */
#ifndef HELM_IGNORE_H
#define HELM_IGNORE_H
#include "schema/call.h"
#include "schema/path.h"

struct ignore_rules;

/* With Helm's built-in rule (templates/.?*). An empty text gives that one alone. */
bool ignore_read(struct call *c, struct text text, const char *what, const struct path *at,
                 struct ignore_rules **out);
/* name: below the chart, with slashes. */
bool ignore_matches(const struct ignore_rules *rules, const char *name, bool is_folder);

/* Go's path.Match: the whole of a name, "*" and "?" stop at "/". *bad: the pattern is
 * broken. */
bool ignore_glob(const char *pattern, const char *name, bool *bad);

#endif
