#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "codec/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct xml_element *e, int depth)
{
    assert(depth <= XML_DEPTH_MAX && *e->name);
    for (const struct xml_element *child = e->first; child; child = child->next) {
        assert(child->parent == e);
        walk(child, depth + 1);
    }
}

/* Whatever a service answers; text that is escaped comes back as it was. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = {(const char *)data, size};
    struct arena *a = arena_new();
    const struct xml_element *root;
    struct diags diags;

    diags_init(&diags, a);
    if (xml_read(a, text, "reply", &diags, &root)) {
        const char *again = text_f(a, "<t>%s</t>", xml_escape(a, root->text));
        const struct xml_element *copy;

        walk(root, 1);
        assert(xml_read(a, text_of(again), "copy", &diags, &copy));
    } else {
        assert(diags.failed);
    }
    arena_free(a);
    return 0;
}
