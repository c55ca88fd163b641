/* convert - how Sprig turns anything into a number, a text or a list. Conversions of
 * numbers never fail: what is no number is 0. Pure; results live in f's arena. */
#ifndef TEMPLATE_CONVERT_H
#define TEMPLATE_CONVERT_H
#include "template/function.h"

enum { CONVERT_ITEMS_MAX = 1 << 20 }; /* of a list that a function makes up */

struct items {
    const struct datum *const *at;
    size_t count;
};

/* Go's strconv.ParseInt; base 0 takes the base from the prefix (0x, 0b, 0o, 0) and
 * allows "_" after it. False = no number; *out is then the nearest bound when it was
 * out of range, else 0. */
bool convert_parse_integer(struct text t, unsigned base, int64_t *out);
/* Go's strconv.ParseFloat; false also when it is out of range. */
bool convert_parse_real(struct text t, double *out);

/* Sprig's toInt64, toFloat64: strings are read, false and true are 0 and 1. */
int64_t convert_integer(const struct datum *d);
double convert_real(const struct datum *d);
/* Go's int64(d): what does not fit is the smallest. */
int64_t convert_truncate(double d);
/* Sprig's strval: bytes as they are, all else as it prints. */
struct text convert_text(struct arena *a, const struct datum *d);

/* The elements of a list or of bytes. Otherwise fails with Sprig's words, in which %s
 * is the kind: "Cannot find last on type %s". */
bool convert_items(struct function_call *f, const struct datum *d, const char *before_kind,
                   const char *after_kind, struct items *out);
/* The non-nil elements as texts; anything else is one text, nil none. */
struct items convert_strings(struct function_call *f, const struct datum *d);

/* What was built as a string; fails when it ran over the builder's maximum. */
const struct datum *convert_built(struct function_call *f, const struct text_builder *b);
/* A copy of d that says it is of another Go type. */
const struct datum *convert_typed(struct function_call *f, const struct datum *d,
                                  const char *type_name);
/* What Go says of a function that was handed a nil it did not expect. */
const struct datum *convert_nil_error(struct function_call *f);

#endif
