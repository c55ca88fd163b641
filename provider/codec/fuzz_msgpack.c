/* What is read fits its type and comes back equal when it is written and read
 * again; the second writing gives the same bytes. The first byte chooses the
 * type. */
#include <stdlib.h>

#include "codec/msgpack.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const struct type inner = {
    .kind = TYPE_OBJECT,
    .fields =
        (const struct type_field[]){
            {"a", &type_string}, {"b", &type_number}, {"c", &type_bool}, {"d", &type_dynamic}},
    .count = 4,
};
static const struct type tuple = {
    .kind = TYPE_TUPLE,
    .fields = (const struct type_field[]){{NULL, &type_number}, {NULL, &inner}},
    .count = 2,
};
static const struct type outer = {
    .kind = TYPE_OBJECT,
    .fields =
        (const struct type_field[]){
            {"l", LIST_OF(inner)}, {"m", MAP_OF(type_number)}, {"s", SET_OF(inner)}, {"t", &tuple}},
    .count = 4,
};

static void check(struct arena *a, const struct value *v, const struct type *t)
{
    const struct value *again;
    struct text first, second;
    struct diags diags;

    diags_init(&diags, a);
    if (!type_admits(t, v) || !msgpack_write(a, v, t, &diags, &first) ||
        !msgpack_read(a, first, t, &diags, &again) || !type_value_equal(t, v, again) ||
        !msgpack_write(a, again, t, &diags, &second) || !text_equal(first, second))
        abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const struct type *const types[] = {
        &type_dynamic, &type_string, &type_number, &type_string_map, &inner, &tuple, &outer,
    };
    struct arena *a = arena_new();
    const struct value *v;
    struct diags diags;

    diags_init(&diags, a);
    if (size) {
        const struct type *t = types[data[0] % (sizeof(types) / sizeof(types[0]))];
        struct text bytes = {(const char *)data + 1, size - 1};

        if (msgpack_read(a, bytes, t, &diags, &v))
            check(a, v, t);
        else if (!diags.failed || diags.count != 1)
            abort();
    }
    arena_free(a);
    return 0;
}
