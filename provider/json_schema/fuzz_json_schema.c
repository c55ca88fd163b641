/* A list of cases as in testdata/json_schema.json: each schema judges its values, or is
 * refused with a reason. */
#include <stdlib.h>

#include "codec/json.h"
#include "json_schema/json_schema.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void judge(struct arena *a, const struct value *schema, const struct value *values)
{
    const char *refused;
    const struct json_schema_miss *miss = json_schema_check(a, schema, values, &refused);

    if (refused && !refused[0])
        abort();
    for (; miss; miss = miss->next)
        (void)json_schema_miss_text(a, miss);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena *a = arena_new();
    const struct value *cases;

    if (!json_try(a, (struct text){(const char *)data, size}, &cases))
        for (size_t i = 0; i < value_count(cases) && cases->kind == VALUE_LIST; i++) {
            const struct value *one = value_item(cases, i);

            if (one->kind == VALUE_LIST && value_count(one) >= 2)
                judge(a, value_item(one, 0), value_item(one, 1));
        }
    arena_free(a);
    return 0;
}
