#include <string.h>

#include "crypto/certificate.h"
#include "istio/cacerts.h"

enum { ROOTS_BYTES_MAX = 2 * CERTIFICATE_TEXT_BYTES_MAX };

static bool contains(struct text in, struct text what)
{
    for (size_t i = 0; i + what.len <= in.len; i++)
        if (memcmp(in.at + i, what.at, what.len) == 0)
            return true;
    return false;
}

static bool holds_all(const struct certificates *list, const struct certificates *others)
{
    for (size_t i = 0; i < others->count; i++)
        if (!certificates_hold(list, &others->items[i]))
            return false;
    return true;
}

bool cacerts_roots_compare(struct arena *a, struct diags *diags, const struct path *at,
                           struct text before, struct text after, enum cacerts_roots *out,
                           bool *same_text)
{
    struct certificates old, new;
    bool keeps, adds_none;

    if (!certificate_read_all(a, diags, at, "root certificate", before, &old) ||
        !certificate_read_all(a, diags, at, "new root certificate", after, &new))
        return false;
    keeps = holds_all(&new, &old);
    adds_none = holds_all(&old, &new);
    *out = keeps ? (adds_none ? CACERTS_ROOTS_SAME : CACERTS_ROOTS_GROWN)
                 : (adds_none ? CACERTS_ROOTS_SHRUNK : CACERTS_ROOTS_REPLACED);
    before = text_trim(before);
    after = text_trim(after);
    *same_text = contains(before, after) || contains(after, before);
    return true;
}

bool cacerts_roots_join(struct arena *a, struct diags *diags, const struct path *at,
                        struct text roots, struct text added, struct text *out)
{
    struct certificates old, new;
    struct text_builder b;

    if (!certificate_read_all(a, diags, at, "root certificate", roots, &old) ||
        !certificate_read_all(a, diags, at, "new root certificate", added, &new))
        return false;
    text_builder_init(&b, a, ROOTS_BYTES_MAX);
    text_add(&b, roots);
    if (!text_ends_with(roots, "\n"))
        text_add_char(&b, '\n');
    for (size_t i = 0; i < new.count; i++)
        if (!certificates_hold(&old, &new.items[i]))
            text_add(&b, new.items[i].pem);
    *out = text_built(&b);
    return true;
}
