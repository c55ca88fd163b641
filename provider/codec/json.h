/* json - JSON text to struct value and back.
 *
 * An own reader, because every number's exact text has to be kept (Terraform's
 * exceed a double). Limits: JSON_BYTES_MAX, JSON_DEPTH_MAX. A refused text is a
 * diagnostic with line and column; invalid UTF-8, lone surrogates, duplicate
 * keys (last wins is not silently accepted: an error) and NUL in keys are
 * refused. */
#ifndef CODEC_JSON_H
#define CODEC_JSON_H
#include <stdbool.h>

#include "base/text.h"
#include "schema/diag.h"
#include "schema/type.h"

enum { JSON_BYTES_MAX = 256 << 20, JSON_DEPTH_MAX = 200 };

/* `what` names the text in a message: "state", "reply of cluster east". */
bool json_read(struct arena *a, struct text json, const char *what, struct diags *diags,
               const struct value **out);
/* As Go's encoding/json reads: of equal keys the last wins, bad UTF-8 becomes U+FFFD.
 * NULL, or what Go says of a bad text ("unexpected end of JSON input"). */
const char *json_try(struct arena *a, struct text json, const struct value **out);
/* Compact, map order kept, no HTML escapes. v must be wholly known. */
struct text json_write(struct arena *a, const struct value *v);
/* Two spaces per level and a final newline, keys in byte order: for files and
 * people. */
struct text json_write_pretty(struct arena *a, const struct value *v);

/* Terraform's JSON state of type t: numbers and bools may be strings where the
 * type says so, dynamic positions are {"type": T, "value": V}; attributes that
 * are missing become null, those that t lacks are left out. */
bool json_to_type(struct arena *a, const struct value *json, const struct type *t,
                  struct diags *diags, const struct value **out);

#endif
