/* fuzz_kubeconfig - any text as kubeconfig.raw. What is accepted must have an
 * https address and something to sign in with. */
#include <stdlib.h>

#include "base/arena.h"
#include "kube/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct text raw = {arena_copy(a, data, size), size};
    const struct value *argument = value_map_of(a, {"raw", value_string_of(a, raw)});
    struct kube_target t = {.host = NULL};
    struct diags diags;
    struct call call;

    diags_init(&diags, a);
    call_init(&call, a, &diags, NULL, NULL);
    if (kubeconfig_target(&call, argument, NULL, &t)) {
        const struct kube_credentials *who = &t.credentials;
        struct kube_target copy = target_copy(a, &t);

        if (!text_starts_with(text_of(copy.host), "https://") ||
            !(who->token || who->token_file || who->client_certificate_pem.len || who->exec))
            abort();
    } else if (!diags.failed) {
        abort();
    }
    arena_free(a);
    return 0;
}
