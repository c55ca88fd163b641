/* test_pure - what the tests of this folder's pure parts share: a call, JSON in and out,
 * and what was said. For tests only: compiled into them. */
#ifndef HELM_TEST_PURE_H
#define HELM_TEST_PURE_H
#include <string.h>

#include "base/test.h"
#include "codec/json.h"
#include "schema/call.h"

#define PURE __attribute__((unused)) static

struct pure {
    struct diags diags;
    struct call call;
};

/* A fresh call. */
PURE struct call *pure_call(struct arena *a)
{
    struct pure *p = arena_alloc(a, sizeof(*p));

    diags_init(&p->diags, a);
    call_init(&p->call, a, &p->diags, NULL, NULL);
    return &p->call;
}

PURE const struct value *pure_json(struct arena *a, const char *json)
{
    const struct value *v = NULL;
    struct diags diags;

    diags_init(&diags, a);
    if (!json_read(a, text_of(json), "test", &diags, &v))
        fail_msg("%s in %s", diags.first->detail, json);
    return v;
}

/* With sorted keys. */
PURE const char *pure_text(struct arena *a, const struct value *v)
{
    return json_write(a, value_sorted(a, v)).at;
}

/* "summary: detail" of every diagnostic, a line each. */
PURE const char *pure_said(const struct call *c)
{
    struct text_builder b;

    text_builder_init(&b, c->arena, 1 << 20);
    text_add_z(&b, "");
    for (const struct diag *d = c->diags->first; d; d = d->next)
        text_add_f(&b, "%s%s: %s", b.len ? "\n" : "", d->summary, d->detail);
    return b.len ? b.at : "";
}

#endif
