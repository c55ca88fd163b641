/* yml_go_source - a YAML value as Go source (fmt's %#v), which go-yaml puts into its
 * message about a key that is no scalar. For yml.c only; the text lives in the arena. */
#ifndef CODEC_YML_GO_SOURCE_H
#define CODEC_YML_GO_SOURCE_H
#include "schema/value.h"

enum { YML_GO_SOURCE_BYTES_MAX = 4096 }; /* longer ones are cut off */

const char *yml_go_source(struct arena *a, const struct value *v);

#endif
