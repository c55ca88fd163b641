/* letter - Unicode's category L, as unicode.IsLetter of Go 1.25 (Unicode 15.0). */
#ifndef TEMPLATE_LETTER_H
#define TEMPLATE_LETTER_H
#include <stdbool.h>

bool letter_is(unsigned rune);

#endif
