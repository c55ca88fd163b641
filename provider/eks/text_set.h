/* text_set - lists of strings whose order means nothing: AWS gives ids back in any. */
#ifndef EKS_TEXT_SET_H
#define EKS_TEXT_SET_H
#include "schema/value.h"

bool text_set_has(const struct value *list, const char *text);
/* The same strings; null counts as an empty list. */
bool text_set_equal(const struct value *a, const struct value *b);

#endif
