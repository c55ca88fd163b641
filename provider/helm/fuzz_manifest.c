#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "source/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever a registry sends as a manifest: digests that are read are sound. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct diags diags;
    struct call c = {.arena = a, .diags = &diags};
    const struct value *parts;

    diags_init(&diags, a);
    if (registry_read_manifest(&c, (struct text){(const char *)data, size}, "it", NULL, &parts)) {
        const char *provenance = value_text(parts, "provenance");

        assert(package_digest(a, value_text(parts, "chart")));
        assert(!provenance[0] || strcmp(package_digest(a, provenance), provenance) == 0);
    } else {
        assert(diags.failed);
    }
    arena_free(a);
    return 0;
}
