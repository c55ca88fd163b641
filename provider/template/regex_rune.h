/* regex_rune - the parts of a pattern that stand for one character: literals, escapes
 * and classes. With regex_syntax.c, which knows repetition and groups, it writes Go's
 * patterns again for PCRE2; for that file only.
 *
 * A function that returns false has said why in `reason`. */
#ifndef TEMPLATE_REGEX_RUNE_H
#define TEMPLATE_REGEX_RUNE_H
#include <stdint.h>

#include "template/regex_syntax.h"

enum regex_flags {
    REGEX_FOLD = 1 << 0,
    REGEX_MULTI = 1 << 1,
    REGEX_DOT_ALL = 1 << 2,
    REGEX_SWAP_GREEDY = 1 << 3,
};

struct regex_reading {
    struct arena *arena;
    struct text whole, rest;
    struct text_builder out;
    unsigned flags, outer[REGEX_NESTING_MAX]; /* of the open groups */
    size_t depth, group_count;
    struct text *names;
    const char *repeated; /* where the repetition starts that was just read */
    bool operand;         /* there is something to repeat */
    const char *reason;
};

struct text regex_rune_skip(struct text t, size_t count);
bool regex_rune_fail(struct regex_reading *s, const char *what, const char *from, const char *to);
/* Whether z is what comes next. */
bool regex_rune_follows(const struct regex_reading *s, const char *z);
const char *regex_rune_end(const struct regex_reading *s);
bool regex_rune_is_word(char c);

/* Write one thing that can be repeated. Always true. */
bool regex_rune_operand(struct regex_reading *s, const char *z);
bool regex_rune_literal(struct regex_reading *s, uint32_t rune);

/* At a backslash, at an opening bracket. */
bool regex_rune_escape(struct regex_reading *s);
bool regex_rune_class(struct regex_reading *s);

#endif
