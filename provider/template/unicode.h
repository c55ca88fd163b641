/* unicode - letters as Go's unicode, strings and strconv packages see them: classes,
 * simple case mapping, trimming. Pure. */
#ifndef TEMPLATE_UNICODE_H
#define TEMPLATE_UNICODE_H
#include "template/rune.h"

/* Takes the first rune out of *rest; false when there is none. *len may be NULL. */
bool unicode_take(struct text *rest, uint32_t *rune, size_t *len);

bool unicode_is_space(uint32_t rune);
bool unicode_is_upper(uint32_t rune);
bool unicode_is_lower(uint32_t rune);
bool unicode_is_title(uint32_t rune);
bool unicode_is_letter(uint32_t rune);
bool unicode_is_digit(uint32_t rune);
bool unicode_is_number(uint32_t rune); /* digits among them */
bool unicode_is_punct(uint32_t rune);
/* Letters, marks, numbers, signs and the plain blank: what strconv does not escape. */
bool unicode_is_printable(uint32_t rune);

uint32_t unicode_upper(uint32_t rune);
uint32_t unicode_lower(uint32_t rune);
uint32_t unicode_title(uint32_t rune);

/* strings.TrimSpace */
struct text unicode_trim(struct text t);

#endif
