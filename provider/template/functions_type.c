/* Emptiness, choice and the names of types. */
#include "template/convert.h"

static const struct datum *run_default(struct function_call *f)
{
    return function_argument(f, f->count > 1 && datum_truth(function_argument(f, 1)) ? 1 : 0);
}

static const struct datum *run_empty(struct function_call *f)
{
    return datum_bool(!datum_truth(function_argument(f, 0)));
}

static const struct datum *run_coalesce(struct function_call *f)
{
    for (size_t i = 0; i < f->count; i++)
        if (datum_truth(function_argument(f, i)))
            return function_argument(f, i);
    return &datum_nil;
}

static const struct datum *run_all(struct function_call *f)
{
    for (size_t i = 0; i < f->count; i++)
        if (!datum_truth(function_argument(f, i)))
            return &datum_false;
    return &datum_true;
}

static const struct datum *run_any(struct function_call *f)
{
    for (size_t i = 0; i < f->count; i++)
        if (datum_truth(function_argument(f, i)))
            return &datum_true;
    return &datum_false;
}

static const struct datum *run_ternary(struct function_call *f)
{
    return function_argument(f, function_argument(f, 2)->boolean ? 0 : 1);
}

static const struct datum *run_kind_of(struct function_call *f)
{
    return datum_string_z(f->arena, datum_kind_name(function_argument(f, 0)));
}

static const struct datum *run_kind_is(struct function_call *f)
{
    return datum_bool(text_is(function_text(f, 0), datum_kind_name(function_argument(f, 1))));
}

static const struct datum *run_type_of(struct function_call *f)
{
    return datum_string_z(f->arena, datum_type_name(function_argument(f, 0)));
}

static const struct datum *run_type_is(struct function_call *f)
{
    return datum_bool(text_is(function_text(f, 0), datum_type_name(function_argument(f, 1))));
}

/* A pointer is like what it points to. */
static const struct datum *run_type_is_like(struct function_call *f)
{
    const char *type = datum_type_name(function_argument(f, 1));

    return datum_bool(text_is(function_text(f, 0), type) ||
                      (type[0] == '*' && text_is(function_text(f, 0), type + 1)));
}

const struct function functions_type[] = {
    {"default", "vv*", run_default, 0},
    {"empty", "v", run_empty, 0},
    {"coalesce", "v*", run_coalesce, 0},
    {"all", "v*", run_all, 0},
    {"any", "v*", run_any, 0},
    {"ternary", "vvb", run_ternary, 0},
    {"kindOf", "v", run_kind_of, 0},
    {"kindIs", "sv", run_kind_is, 0},
    {"typeOf", "v", run_type_of, 0},
    {"typeIs", "sv", run_type_is, 0},
    {"typeIsLike", "sv", run_type_is_like, 0},
    {0},
};
