#include "template/run.h"

static const struct datum *include(struct function_call *f)
{
    return run_include(f, function_text(f, 0), function_argument(f, 1));
}

static const struct datum *tpl(struct function_call *f)
{
    return run_text(f, function_text(f, 0), function_argument(f, 1));
}

/* 0 and false are values; only what is missing or "" is not. */
static const struct datum *required(struct function_call *f)
{
    const struct datum *d = function_argument(f, 1);

    if (d->kind == DATUM_NIL || (d->kind == DATUM_STRING && d->text.len == 0))
        return run_fail(f, function_text(f, 0));
    return d;
}

static const struct datum *fail(struct function_call *f)
{
    return run_fail(f, function_text(f, 0));
}

static const struct datum *lookup(struct function_call *f)
{
    const struct template_hooks *hooks = run_hooks(f);
    const char *words[4];

    if (!hooks->lookup)
        return datum_map_new(f->arena);
    for (size_t i = 0; i < 4; i++)
        words[i] = text_z(f->arena, function_text(f, i));
    return hooks->lookup(f, hooks->data, words[0], words[1], words[2], words[3]);
}

/* Helm asks no name server unless it is told to, and gives this instead. */
static const struct datum *no_host(struct function_call *f)
{
    (void)f;
    return &datum_empty_string;
}

const struct function functions_helm[] = {
    {"include", "sv", include, 0},
    {"tpl", "sv", tpl, 0},
    {"required", "sv", required, 0},
    {"fail", "s", fail, 0},
    {"lookup", "ssss", lookup, 0},
    {"getHostByName", "s", no_host, 0},
    {0},
};
