/* Any bytes are unpacked or refused once; what is unpacked packs and unpacks again. */
#include <stdlib.h>

#include "codec/gzip.h"

enum { UNPACKED_BYTES_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena *a = arena_new();
    struct text out, again;
    struct diags diags;

    diags_init(&diags, a);
    if (gzip_read(a, (struct text){(const char *)data, size}, UNPACKED_BYTES_MAX, "input", &diags,
                  &out)) {
        if (!gzip_read(a, gzip_write(a, out), UNPACKED_BYTES_MAX, "own bytes", &diags, &again) ||
            !text_equal(out, again))
            abort();
    } else if (diags.count != 1) {
        abort();
    }
    arena_free(a);
    return 0;
}
