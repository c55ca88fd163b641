/* base64 - RFC 4648, standard and URL alphabets. */
#ifndef CODEC_BASE64_H
#define CODEC_BASE64_H
#include <stdbool.h>

#include "base/text.h"

enum base64_form { BASE64_STANDARD, BASE64_RAW, BASE64_URL_RAW }; /* raw: no padding */

struct text base64_encode(struct arena *a, struct text bytes, enum base64_form form);
/* Padding is optional in every form, line breaks are skipped; false for
 * anything else that is not of the alphabet. */
bool base64_decode(struct arena *a, struct text encoded, enum base64_form form, struct text *bytes);

#endif
