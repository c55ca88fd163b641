/* rune - Unicode code points in UTF-8 text, as Go sees them.
 *
 * Text of charts may be any bytes: what is not UTF-8 decodes as U+FFFD, one byte
 * at a time. The classes are Unicode's general categories. */
#ifndef TEMPLATE_RUNE_H
#define TEMPLATE_RUNE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { RUNE_INVALID = 0xfffd, RUNE_MAX = 0x10ffff };

/* The rune at byte `at` (which must be inside t) and its length in bytes; a broken
 * one is RUNE_INVALID with length 1. */
uint32_t rune_decode(struct text t, size_t at, size_t *len);
/* Bytes of the last rune of a text that is not empty. */
size_t rune_last_len(struct text t);
size_t rune_count(struct text t);
/* What cannot be encoded (a surrogate, above U+10FFFF) is added as U+FFFD. */
void rune_add(struct text_builder *b, uint32_t rune);

bool rune_is_letter(uint32_t rune);
bool rune_is_digit(uint32_t rune);
/* Letters, marks, numbers, punctuation, symbols and the ASCII blank. */
bool rune_is_printable(uint32_t rune);

#endif
