/* format_parts - what the files of format share; for them only. */
#ifndef TEMPLATE_FORMAT_PARTS_H
#define TEMPLATE_FORMAT_PARTS_H
#include "template/format.h"

/* Adds t within the verb's width. */
void format_padded(struct text_builder *b, const struct format_verb *v, struct text t);
void format_padding(struct text_builder *b, const struct format_verb *v, size_t len);
/* False: the verb is none for integers (floats). */
bool format_integer(struct text_builder *b, const struct format_verb *v, const struct datum *d);
bool format_float(struct text_builder *b, const struct format_verb *v, double real);
bool format_text(struct text_builder *b, const struct format_verb *v, struct text t);

#endif
