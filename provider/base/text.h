/* text - borrowed slices, formatted copies and a bounded builder.
 *
 * A struct text borrows: it never owns what it points at and may hold NUL
 * bytes. Whatever is returned lives in the arena that was passed in. A builder
 * has a named maximum; going past it is remembered and checked once at the
 * end, so that a run of additions needs no check each. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct text {
    const char *at;
    size_t len; /* bytes */
};

/* For string literals and arrays only. */
#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})

/* NULL gives an empty text. */
struct text text_of(const char *z);
bool text_equal(struct text a, struct text b);
bool text_is(struct text a, const char *z);
bool text_starts_with(struct text a, const char *prefix);
bool text_ends_with(struct text a, const char *suffix);
/* Orders by bytes, the shorter first: for sorting. */
int text_compare(struct text a, struct text b);
/* Cuts blanks (space, tab, CR, LF) from both ends. */
struct text text_trim(struct text a);
/* Takes what stands before the first `separator` out of *rest and moves *rest
 * behind it; false when *rest is used up (rest->at is then NULL). "a,,b" gives
 * three pieces. */
bool text_split(struct text *rest, char separator, struct text *piece);
/* NUL-terminated copy. */
char *text_z(struct arena *a, struct text t);
/* printf into the arena. */
char *text_f(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *text_fv(struct arena *a, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool text_utf8_valid(struct text t);
/* For showing foreign text to people: invalid UTF-8 becomes U+FFFD, control
 * characters but newline and tab are left out, at most max_bytes remain. */
char *text_printable(struct arena *a, struct text foreign, size_t max_bytes);

struct text_builder {
    struct arena *arena;
    char *at; /* always NUL-terminated */
    size_t len, capacity, max_bytes;
    bool overflow; /* something was refused: max_bytes was reached */
};

void text_builder_init(struct text_builder *b, struct arena *a, size_t max_bytes);
void text_add(struct text_builder *b, struct text t);
void text_add_z(struct text_builder *b, const char *z);
void text_add_char(struct text_builder *b, char c);
/* Arguments may not point into the builder. */
void text_add_f(struct text_builder *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* What was built so far; borrowed from the arena. */
struct text text_built(const struct text_builder *b);

#endif
