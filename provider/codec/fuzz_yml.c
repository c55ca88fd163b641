/* What is read comes back equal when it is written and read again. */
#include <stdlib.h>

#include "codec/yml.h"

enum { WRITTEN_NODES_MAX = 20000 }; /* expanded anchors make texts that take long */

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* Values in v, up to the limit. */
static size_t node_count(const struct value *v)
{
    size_t nodes = 1;

    for (size_t i = 0; i < value_count(v) && nodes < WRITTEN_NODES_MAX; i++)
        nodes += node_count(v->kind == VALUE_MAP ? v->map.entries[i].value : v->list.items[i]);
    return nodes;
}

static void check(struct arena *a, const struct value *v)
{
    const struct value *again;
    struct diags diags;

    diags_init(&diags, a);
    if (!yml_read(a, yml_write(a, v), "own text", NULL, &diags, &again) || !value_equal(v, again))
        abort();
}

static void check_lenient(struct arena *a, struct text yaml)
{
    const struct value *v;
    const char *error = yml_try(a, yaml, &v);

    if (error && (!value_is_null(v) || !*error))
        abort();
    if (node_count(v) < WRITTEN_NODES_MAX)
        check(a, v);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena *a = arena_new();
    const struct value *documents;
    struct diags diags;

    diags_init(&diags, a);
    if (yml_read_all(a, (struct text){(const char *)data, size}, "input", NULL, &diags,
                     &documents)) {
        for (size_t i = 0; i < value_count(documents); i++)
            if (node_count(value_item(documents, i)) < WRITTEN_NODES_MAX)
                check(a, value_item(documents, i));
    } else if (!diags.failed || diags.count != 1) {
        abort();
    }
    check_lenient(a, (struct text){(const char *)data, size});
    arena_free(a);
    return 0;
}
