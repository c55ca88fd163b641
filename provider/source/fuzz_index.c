#include <assert.h>
#include <stdint.h>

#include "source/repository.h"
#include "source/versions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever a server sends as its index: what is read can be chosen from. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct diags diags;
    struct call c = {.arena = a, .diags = &diags};
    const struct value *index, *offer;

    diags_init(&diags, a);
    if (repository_read_index(&c, (struct text){(const char *)data, size}, "index", NULL, &index)) {
        for (size_t i = 0; i < value_count(index); i++) {
            const struct value *offers = index->map.entries[i].value;

            for (size_t k = 0; k < value_count(offers); k++)
                assert(value_text(value_item(offers, k), "version")[0] &&
                       value_text(value_item(offers, k), "url")[0]);
            if (versions_choose(&c, offers, "", "chart", NULL, &offer))
                assert(versions_choose(&c, offers, value_text(offer, "version"), "chart", NULL,
                                       &offer));
        }
    } else {
        assert(diags.failed);
    }
    arena_free(a);
    return 0;
}
