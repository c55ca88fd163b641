/* set_digest - what an inventory remembers of an object's content: 8 bytes of
 * salt and 16 of the HMAC-SHA-256 of the fields that we own, as the server stored
 * them, in hexadecimal. The salt makes equal Secrets look different. */
#include <string.h>

#include "codec/json.h"
#include "crypto/digest.h"
#include "kube/set_parts.h"

enum { SALT_BYTES = 8, MAC_BYTES = 16, SALT_DIGITS = 2 * SALT_BYTES };

static bool digest_with(struct call *c, const char *salt, const struct value *live,
                        const char **out)
{
    const struct value *ours = value_sorted(c->arena, kube_owned_fields(c->arena, live));
    unsigned char mac[SHA256_BYTES];

    if (!digest_hmac_sha256(c->diags, text_of(salt), json_write(c->arena, ours), mac))
        return false;
    *out = text_f(c->arena, "%s%s", salt, digest_hex(c->arena, mac, MAC_BYTES));
    return true;
}

bool set_digest_agrees(struct call *c, const struct value *entry, const struct value *live,
                       bool *agrees)
{
    const char *old = value_text(entry, "digest"), *now;

    *agrees = false;
    if (strlen(old) < SALT_DIGITS)
        return true;
    if (!digest_with(c, text_z(c->arena, (struct text){old, SALT_DIGITS}), live, &now))
        return false;
    *agrees = strcmp(old, now) == 0;
    return true;
}

bool set_entry_of(struct call *c, const struct value *live, const struct value **entry)
{
    unsigned char salt[SALT_BYTES];
    const char *digest;

    if (!digest_random(c->diags, salt, sizeof(salt)) ||
        !digest_with(c, digest_hex(c->arena, salt, sizeof(salt)), live, &digest))
        return false;
    *entry = value_map_of(c->arena, {"api_version", value_at(live, "apiVersion")},
                          {"uid", value_in(live, "metadata", "uid")},
                          {"digest", value_string(c->arena, digest)});
    return true;
}

bool kube_set_entry(struct call *c, const struct value *live, const struct value **entry)
{
    if (!set_entry_of(c, live, entry))
        return false;
    if (!kube_is_ours(live))
        *entry = value_with(c->arena, *entry, "digest", &value_null);
    return true;
}

bool kube_set_agrees(struct call *c, const struct value *entry, const struct value *live,
                     bool *agrees)
{
    return set_digest_agrees(c, entry, live, agrees);
}
