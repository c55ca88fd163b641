/* yml - YAML documents to struct value and back, as Kubernetes reads YAML.
 *
 * YAML 1.1 core as sigs.k8s.io/yaml understands it: true/false (y, yes, on, n,
 * no, off in their cases too), null, ~, decimal, 0x, 0o, 0b and leading-0 octal
 * integers, floats, underscores in them; timestamps stay strings; number and
 * bool keys become their text; merge keys (<<) work, a map's own keys win;
 * anchors are expanded within YML_NODES_MAX (no billion laughs). Numbers stay
 * exact. Duplicate keys, other keys than scalars, .inf and .nan, and tags other
 * than the core's are refused with line and column. The only caller of libyaml. */
#ifndef CODEC_YML_H
#define CODEC_YML_H
#include <stdbool.h>

#include "base/text.h"
#include "schema/diag.h"
#include "schema/value.h"

enum { YML_BYTES_MAX = 64 << 20, YML_DEPTH_MAX = 100, YML_NODES_MAX = 2 << 20 };

/* A list of the documents, empty ones left out. `what` names the text in a
 * message; `at` is the attribute it came from, or NULL. */
bool yml_read_all(struct arena *a, struct text yaml, const char *what, const struct path *at,
                  struct diags *diags, const struct value **documents);
/* Exactly one document; an empty text is null. */
bool yml_read(struct arena *a, struct text yaml, const char *what, const struct path *at,
              struct diags *diags, const struct value **out);
/* As Helm reads: what the strict readers refuse here is taken as go-yaml v2 takes it.
 * Of equal keys the last wins, also over a merged one; unknown tags are ignored;
 * !!binary is decoded; a fraction as a key gets a float32's text. */
bool yml_read_all_lenient(struct arena *a, struct text yaml, const char *what,
                          const struct path *at, struct diags *diags,
                          const struct value **documents);
/* The first document alone, whatever follows; an empty text is null. */
bool yml_read_lenient(struct arena *a, struct text yaml, const char *what, const struct path *at,
                      struct diags *diags, const struct value **out);
/* The same where a bad text is a result: NULL, or what go-yaml says of it
 * ("yaml: line 2: mapping values are not allowed in this context"). */
const char *yml_try(struct arena *a, struct text yaml, const struct value **out);
/* Block style, two spaces, map order kept, strings quoted where they would read
 * as something else. Reading it back gives an equal value. */
struct text yml_write(struct arena *a, const struct value *v);

#endif
