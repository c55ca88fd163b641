/* Any bytes as a packed chart, and any bytes as what is inside of the gzip: names that
 * come out are safe, and within the limits. */
#include <stdlib.h>

#include "codec/gzip.h"
#include "helm/archive.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_name(const char *name)
{
    struct text rest = text_of(name), part;

    while (text_split(&rest, '/', &part))
        if (!part.len || text_is(part, ".") || text_is(part, ".."))
            abort();
}

static void check(struct text bytes)
{
    struct arena *a = arena_new();
    struct diags diags;
    struct call c = {.arena = a, .diags = &diags};
    struct chart_files files;
    struct loader l;

    diags_init(&diags, a);
    loader_init(&l, &c, NULL);
    if (archive_read(&l, bytes, "input", &files) == diags.failed)
        abort();
    for (size_t i = 0; !diags.failed && i < files.count; i++)
        check_name(files.all[i].name);
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct text bytes = {(const char *)data, size};
    struct arena *a = arena_new();

    check(bytes);
    check(gzip_write(a, bytes)); /* so that the fuzzer reaches what is below */
    arena_free(a);
    return 0;
}
