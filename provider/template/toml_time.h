/* toml_time - times of TOML as Go's time.Time and back. A date, a time of day or both
 * without an offset have a zone whose name says so, as BurntSushi's package does it.
 * For toml_read.c and toml_write.c only. */
#ifndef TEMPLATE_TOML_TIME_H
#define TEMPLATE_TOML_TIME_H
#include "template/datum.h"

/* False: the word is no time. */
bool toml_time_read(struct arena *a, struct text word, const struct datum **out);
/* False, and nothing written: d is no time. */
bool toml_time_write(struct text_builder *b, const struct datum *d);

#endif
