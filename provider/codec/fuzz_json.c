/* What is read comes back equal when it is written and read again, compact and
 * pretty. */
#include <stdlib.h>

#include "codec/json.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check(struct arena *a, struct text written, const struct value *v)
{
    const struct value *again;
    struct diags diags;

    diags_init(&diags, a);
    if (!json_read(a, written, "own text", &diags, &again) || !value_equal(v, again))
        abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena *a = arena_new();
    const struct value *v;
    struct diags diags;

    diags_init(&diags, a);
    if (json_read(a, (struct text){(const char *)data, size}, "input", &diags, &v)) {
        check(a, json_write(a, v), v);
        check(a, json_write_pretty(a, v), v);
        if (!type_value_equal(&type_dynamic, v, value_copy(a, v)))
            abort();
    } else if (!diags.failed || diags.count != 1) {
        abort();
    }
    arena_free(a);
    return 0;
}
