/* quote - Go's string literals, written and read.
 *
 * Writing is strconv.Quote: what is not printable becomes an escape, bytes that are
 * not UTF-8 become \xHH. Reading takes "...", `...` and '...'. */
#ifndef TEMPLATE_QUOTE_H
#define TEMPLATE_QUOTE_H
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* With double quotes around it; ascii_only escapes every rune from U+0080 on. */
void quote_text(struct text_builder *b, struct text t, bool ascii_only);
char *quote_z(struct arena *a, struct text t);
/* With single quotes around it. */
void quote_rune(struct text_builder *b, uint32_t rune, bool ascii_only);
/* As Go's package time quotes: every byte outside of printable ASCII becomes \xHH. */
char *quote_ascii(struct arena *a, struct text t);
/* Whether Go would write it between backquotes when asked to. */
bool quote_fits_backquotes(struct text t);
/* literal with its quotes, double or back; false = not a valid literal. */
bool quote_read(struct arena *a, struct text literal, struct text *out);
/* literal with its single quotes. *whole: nothing stands behind its first rune. */
bool quote_read_rune(struct text literal, uint32_t *out, bool *whole);

#endif
