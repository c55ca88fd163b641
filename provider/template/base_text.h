/* base_text - base64 and base32 as Go's encoding packages read and write them, with
 * Go's words for a bad text (b64dec and b32dec give those as their result). */
#ifndef TEMPLATE_BASE_TEXT_H
#define TEMPLATE_BASE_TEXT_H
#include <stdbool.h>

#include "base/text.h"

/* False: *out says why it is no base64. */
bool base64_text_try(struct arena *a, struct text encoded, struct text *out);
struct text base64_text_decode(struct arena *a, struct text encoded);
struct text base32_text_encode(struct arena *a, struct text bytes);
struct text base32_text_decode(struct arena *a, struct text encoded);

#endif
