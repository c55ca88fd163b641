/* real - doubles as decimal text with the fewest digits that read back, in the forms
 * that Go gives them. Pure; for finite numbers only. */
#ifndef CODEC_REAL_H
#define CODEC_REAL_H
#include <stddef.h>

enum { REAL_TEXT_BYTES = 40 };

/* Each returns the length; out is NUL-terminated. */
/* strconv's 'g': "1e+06", "123456.789", "1e-05". */
size_t real_print(char out[static REAL_TEXT_BYTES], double d);
/* The same for a float32. */
size_t real_print_float(char out[static REAL_TEXT_BYTES], float f);
/* encoding/json: plain digits from 1e-6 up to 1e21, else "1e-7". */
size_t real_print_json(char out[static REAL_TEXT_BYTES], double d);

#endif
