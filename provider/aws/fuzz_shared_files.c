#include <assert.h>
#include <stdint.h>

#include "aws/shared_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says which of the two files it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct shared_files files = {0};
    struct diags diags;
    bool read;

    diags_init(&diags, a);
    read = size && shared_file_parse(a, &diags, (struct text){(const char *)data + 1, size - 1},
                                     "config", data[0] & 1, &files);
    assert(read != diags.failed || !size);
    arena_free(a);
    return 0;
}
