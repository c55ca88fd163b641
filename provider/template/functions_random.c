/* Results that differ from call to call. */
#include "crypto/digest.h"
#include "template/convert.h"
#include "template/rune.h"
#include "template/template.h"

/* A number below `limit`, each as likely; false and reported on failure. */
static bool random_below(struct function_call *f, uint64_t limit, uint64_t *out)
{
    uint64_t fair = UINT64_MAX - UINT64_MAX % limit;
    struct diags diags;

    diags_init(&diags, f->arena);
    do {
        if (!digest_random(&diags, out, sizeof *out)) {
            function_fail(f, "%s", diags.first->detail);
            return false;
        }
    } while (*out >= fair);
    *out %= limit;
    return true;
}

static const struct datum *run_rand_int(struct function_call *f)
{
    int64_t min = function_integer(f, 0);
    uint64_t distance = (uint64_t)function_integer(f, 1) - (uint64_t)min, random;

    if (distance == 0 || distance > INT64_MAX)
        return function_fail(f, "invalid argument to Intn");
    if (!random_below(f, distance, &random))
        return NULL;
    return datum_int(f->arena, (int64_t)((uint64_t)min + random));
}

static const struct datum *run_shuffle(struct function_call *f)
{
    struct text t = function_text(f, 0);
    size_t count = rune_count(t), len;
    uint32_t *runes = arena_array(f->arena, count, sizeof *runes);
    struct text_builder b;

    for (size_t i = 0, at = 0; i < count; i++, at += len)
        runes[i] = rune_decode(t, at, &len);
    text_builder_init(&b, f->arena, TEMPLATE_OUTPUT_BYTES_MAX);
    for (; count; count--) {
        uint64_t pick;

        if (!random_below(f, count, &pick))
            return NULL;
        rune_add(&b, runes[pick]);
        runes[pick] = runes[count - 1];
    }
    return convert_built(f, &b);
}

const struct function functions_random[] = {
    {"randInt", "ii", run_rand_int, FUNCTION_UNSTABLE},
    {"shuffle", "s", run_shuffle, FUNCTION_UNSTABLE},
    {0},
};
