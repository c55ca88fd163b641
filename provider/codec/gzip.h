/* gzip - RFC 1952 members to bytes and back, bounded. The only caller of zlib. */
#ifndef CODEC_GZIP_H
#define CODEC_GZIP_H
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "schema/diag.h"

bool gzip_is(struct text bytes);
/* `what` names the bytes in a message; bytes_max bounds the result. */
bool gzip_read(struct arena *a, struct text bytes, size_t bytes_max, const char *what,
               struct diags *diags, struct text *out);
/* Best compression, no name, no time: the same bytes give the same result. */
struct text gzip_write(struct arena *a, struct text bytes);

#endif
