/* regex_syntax - Go's grammar of patterns, written again for PCRE2. For regex.c. */
#ifndef TEMPLATE_REGEX_SYNTAX_H
#define TEMPLATE_REGEX_SYNTAX_H
#include "template/regex.h"

struct regex_syntax {
    struct text pattern; /* for PCRE2 */
    size_t group_count;  /* the whole match among them */
    const struct text *names;
};

/* False: *reason is Go's "error parsing regexp: ...". */
bool regex_syntax_translate(struct arena *a, struct text pattern, struct regex_syntax *out,
                            const char **reason);

#endif
