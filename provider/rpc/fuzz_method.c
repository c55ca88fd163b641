/* The first byte chooses the method, the rest is its request. The types are the
 * test fixture's, which ask no server; a wait ends because all is cancelled. */
#include <stddef.h>
#include <stdint.h>

#include "provider.h"
#include "rpc/method.h"
#include "rpc/test_fixture.h"

enum { METHODS = 22 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct method *const themes[] = {
    methods_resource, methods_state,     methods_data,     methods_provider,
    methods_schema,   methods_ephemeral, methods_function,
};

static const struct method *chosen(size_t index)
{
    for (size_t i = 0; i < sizeof(themes) / sizeof(themes[0]); i++)
        for (const struct method *m = themes[i]; m->path; m++)
            if (index-- == 0)
                return m;
    return methods_resource;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct provider *provider;
    struct arena *a = arena_new();
    struct text reply;

    if (!provider) {
        provider = provider_new();
        cancel_fire(provider->cancel);
    }
    if (size)
        (void)method_run(chosen(data[0] % METHODS), provider, a,
                         (struct text){(const char *)data + 1, size - 1}, &reply);
    arena_free(a);
    return 0;
}
