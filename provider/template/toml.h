/* toml - a datum to TOML as BurntSushi's encoder writes it (toToml), and TOML 1.0 to
 * a datum (fromToml): whole numbers are int64, others float64; dates and times
 * are Go's. */
#ifndef TEMPLATE_TOML_H
#define TEMPLATE_TOML_H
#include "template/datum.h"

enum { TOML_DEPTH_MAX = 100 };

/* NULL, or why it cannot be written, in the encoder's words. */
const char *toml_write(struct text_builder *b, const struct datum *d);
/* NULL, or what is wrong: "toml: line 3: ...". *out is a map. */
const char *toml_read(struct arena *a, struct text toml, const struct datum **out);

#endif
