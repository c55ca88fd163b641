#include <assert.h>
#include <stdint.h>

#include "source/keyring.h"
#include "source/provenance.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is given as keys or as a signed text: read within its bounds, and nothing
 * that has no key is ever verified. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char digest[] =
        "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    struct provenance_claim claim = {"chart", "chart-1.0.0.tgz", digest, NULL};
    struct text input = {(const char *)data, size}, packets;
    struct arena *a = arena_new();
    struct openpgp_packet p;
    struct keyring keyring;
    struct diags diags;
    struct call c = {.arena = a, .diags = &diags};

    diags_init(&diags, a);
    if (keyring_read(a, &diags, input, 1800000000, &keyring) == NULL)
        for (size_t i = 0; i < keyring.count; i++)
            assert(keyring.keys[i].user);
    if (openpgp_dearmor(a, input, "PUBLIC KEY BLOCK", &packets))
        assert(packets.len > 0);
    for (struct text rest = input; openpgp_next(&rest, &p);) {
        struct openpgp_signature signature;

        assert(p.body.at >= input.at && p.body.at + p.body.len <= input.at + input.len);
        (void)openpgp_read_signature(a, p.body, &signature);
    }
    assert(!provenance_check(&c, input, input, &claim) && diags.failed);
    arena_free(a);
    return 0;
}
