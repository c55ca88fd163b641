#include <assert.h>
#include <stdint.h>

#include "source/challenge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever stands in WWW-Authenticate: every challenge has a scheme. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    const struct value *all = challenge_read(a, (struct text){(const char *)data, size});

    for (size_t i = 0; i < value_count(all); i++)
        assert(value_text(value_item(all, i), "scheme")[0]);
    arena_free(a);
    return 0;
}
