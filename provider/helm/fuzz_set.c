/* The first byte says the kind, the rest is an expression of --set: it changes the values
 * or is refused. */
#include <stdlib.h>

#include "helm/set_expression.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static bool read_name(__attribute__((unused)) struct call *c, __attribute__((unused)) void *data,
                      const char *name, struct text *out)
{
    *out = text_of(name);
    return true;
}

static const struct datum *values(struct arena *a)
{
    const struct datum *root = datum_map_new(a), *inner = datum_map_new(a);
    const struct datum **items = arena_array(a, 2, sizeof(struct datum *));

    items[0] = datum_int64(a, 1);
    items[1] = inner;
    datum_set(inner, TEXT("b"), datum_list(a, items, 2));
    datum_set(root, TEXT("a"), inner);
    datum_set(root, TEXT("c"), &datum_nil);
    return root;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena *a = arena_new();
    struct set_options options = {.read = read_name};
    const struct datum *changed = values(a);
    struct diags diags;
    struct call c = {.arena = a, .diags = &diags};

    diags_init(&diags, a);
    if (size) {
        options.kind = (enum set_kind)(data[0] % (SET_LITERAL + 1));
        if (set_expression(&c, (struct text){(const char *)data + 1, size - 1}, &options,
                           changed) == diags.failed)
            abort();
        if (datum_to_value(a, changed)->kind != VALUE_MAP)
            abort();
    }
    arena_free(a);
    return 0;
}
