#include "codec/base64.h"

#include <stdint.h>
#include <string.h>

static const char *alphabet_of(enum base64_form form)
{
    return form == BASE64_URL_RAW
               ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
               : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
}

struct text base64_encode(struct arena *a, struct text bytes, enum base64_form form)
{
    const char *alphabet = alphabet_of(form);
    const unsigned char *in = (const unsigned char *)bytes.at;
    char *out = arena_alloc(a, bytes.len / 3 * 4 + 5);
    size_t len = 0;

    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t group = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
                         (left > 2 ? in[i + 2] : 0);

        for (size_t digit = 0; digit < 4; digit++)
            if (digit <= left)
                out[len++] = alphabet[group >> (18 - 6 * digit) & 63];
            else if (form == BASE64_STANDARD)
                out[len++] = '=';
    }
    return (struct text){out, len};
}

bool base64_decode(struct arena *a, struct text encoded, enum base64_form form, struct text *bytes)
{
    const char *alphabet = alphabet_of(form);
    char *out = arena_alloc(a, encoded.len / 4 * 3 + 4);
    size_t len = 0, digits = 0, padding = 0;
    uint32_t group = 0;

    for (size_t i = 0; i < encoded.len; i++) {
        char c = encoded.at[i];
        const char *digit = c ? strchr(alphabet, c) : NULL;

        if (c == '\r' || c == '\n')
            continue;
        if (c == '=' && digits % 4 >= 2 && padding < 4 - digits % 4) {
            padding++;
            continue;
        }
        if (!digit || padding)
            return false;
        group = group << 6 | (uint32_t)(digit - alphabet);
        digits++;
        if (digits % 4 != 1) /* from the second digit on, each one completes a byte */
            out[len++] = (char)(group >> (2 * (4 - (digits - 1) % 4 - 1)));
    }
    *bytes = (struct text){out, len};
    return digits % 4 != 1 && (!padding || (digits + padding) % 4 == 0);
}
