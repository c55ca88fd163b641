#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "aws/credentials_parts.h"
#include "base/clock.h"
#include "codec/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a process, a container's agent or an instance's metadata service gives. */
static void read_document(struct call *c, struct text text)
{
    struct search s = {.c = c};
    struct aws_credentials out;
    const struct value *json;

    if (json_try(c->arena, text, &json))
        return;
    assert(credentials_document(&s, json, "the fuzzer", &out) != c->diags->failed);
    assert(c->diags->failed ||
           (*out.key.id && *out.key.secret && out.key.session_token && out.expires_at >= 0));
}

static void read_login(struct call *c, struct text text)
{
    const struct value *login;

    assert(credentials_sso_cache(c, text, "cache", &login) != c->diags->failed);
    if (c->diags->failed)
        return;
    assert(*value_text(login, "accessToken"));
    (void)clock_parse_rfc3339(value_text(login, "expiresAt"));
}

/* The first byte says where the rest comes from. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct call c = {.arena = a};
    struct diags diags;
    struct text text;

    diags_init(&diags, a);
    c.diags = &diags;
    text = size
               ? (struct text){text_z(a, (struct text){(const char *)data + 1, size - 1}), size - 1}
               : TEXT("");
    if (size && data[0] & 1)
        read_login(&c, text);
    else
        read_document(&c, text);
    arena_free(a);
    return 0;
}
