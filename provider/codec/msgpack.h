/* msgpack - cty's MessagePack, the form in which Terraform sends values.
 *
 * Reading is driven by the declared type: objects carry exactly its fields,
 * tuples its length, dynamic positions are [type JSON, value]. Every ext code
 * is an unknown; ext 12 keeps its refinement bytes. Numbers arrive as int,
 * uint, float or decimal text. Truncated, mistyped, too deep or invalid UTF-8
 * input is a diagnostic with the attribute path; nothing is allocated by a
 * claimed count. Writing emits the smallest exact form. */
#ifndef CODEC_MSGPACK_H
#define CODEC_MSGPACK_H
#include <stdbool.h>

#include "base/text.h"
#include "schema/diag.h"
#include "schema/type.h"

enum { MSGPACK_DEPTH_MAX = 200 };

/* Strings in *out are copies. Bytes behind the value are an error. */
bool msgpack_read(struct arena *a, struct text bytes, const struct type *t, struct diags *diags,
                  const struct value **out);
/* v must fit t (type_admits); fields that v lacks are written as nil. A value
 * that does not fit is our own mistake: a diagnostic, not a crash. */
bool msgpack_write(struct arena *a, const struct value *v, const struct type *t,
                   struct diags *diags, struct text *out);

#endif
