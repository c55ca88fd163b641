/* What users bring: certificates and keys, as PEM or DER, judged together. A
 * first byte of 0 and a length in two more split the input in key and
 * certificates; anything else is both. */
#include "crypto/certificate.h"

#include <stdint.h>

enum { NOW = 1767225600 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(struct arena *a, struct diags *diags, struct text key_text, struct text text)
{
    struct certificates list, roots;
    struct key *k = NULL;

    if (!key_read(a, diags, NULL, key_text, &k))
        k = NULL;
    if (k)
        key_write_pem(a, k);
    if (!certificate_read_all(a, diags, NULL, "certificate", text, &list))
        return;
    roots = (struct certificates){list.items + list.count - 1, 1};
    if (certificate_check_signer(diags, NULL, list.items, k, NOW, true) &&
        certificate_check_chain(a, diags, NULL, &list, &roots, NOW))
        certificate_check_chain(a, diags, NULL, &list, &list, NOW);
    certificate_check_chain(a, diags, NULL, &roots, &list, NOW);
}

/* As charts bring them: whatever can be read may sign. */
static void sign(struct arena *a, struct diags *diags, struct text key_text, struct text text)
{
    struct certificate_request request = {
        .profile = CERTIFICATE_CHART_TLS,
        .common_name = "x",
        .not_before = NOW,
        .not_after = NOW,
        .path_length = -1,
    };
    struct certificate issuer, out;
    struct key *k;

    if (key_try(a, key_text, &k))
        return;
    key_write_traditional_pem(a, k);
    if (certificate_try(a, "issuer", text, &issuer))
        return;
    request.key = request.issuer_key = k;
    request.issuer = &issuer;
    (void)certificate_issue(a, diags, &request, &out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct text all = {(const char *)data, size}, key_text = all;
    struct diags diags;

    if (size >= 3 && data[0] == 0) {
        size_t len = (size_t)data[1] << 8 | data[2];

        all = (struct text){all.at + 3, all.len - 3};
        key_text = (struct text){all.at, len < all.len ? len : all.len};
        all = (struct text){all.at + key_text.len, all.len - key_text.len};
    }
    diags_init(&diags, a);
    judge(a, &diags, key_text, all);
    sign(a, &diags, key_text, all);
    arena_free(a);
    return 0;
}
