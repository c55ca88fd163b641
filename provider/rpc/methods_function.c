/* CallFunction: pure, before and without configuration. */
#include "rpc/method.h"

/* Argument i has row i, the variadic ones share the last. */
static const struct attribute *row_of(const struct resource *r, size_t i)
{
    ATTRIBUTE_EACH (row, r->attributes)
        if (i-- == 0)
            return row;
    return r->variadic;
}

static size_t parameter_count(const struct resource *r)
{
    size_t count = 0;

    ATTRIBUTE_EACH (row, r->attributes)
        count++;
    return count;
}

static bool check_count(struct call *c, size_t given)
{
    size_t wanted = parameter_count(c->resource);

    if (given == wanted || (given > wanted && c->resource->variadic))
        return true;
    return diag_error(c->diags, NULL, "Wrong number of arguments",
                      "%s takes %zu%s arguments, %zu were given.", c->resource->name, wanted,
                      c->resource->variadic ? " or more" : "", given);
}

static bool read_argument(struct call *c, const Tfplugin6__DynamicValue *message, size_t i,
                          const struct value **out)
{
    const struct attribute *row = row_of(c->resource, i);
    struct diags found;
    struct call quiet;

    diags_init(&found, c->arena);
    quiet = call_quietly(c, &found);
    if (!wire_read(&quiet, message, attribute_type(c->arena, row), out))
        return diag_error(c->diags, path_index(c->arena, NULL, i), "Malformed argument", "%s",
                          found.first ? found.first->detail : "");
    if (value_is_null(*out) && !(row->flags & OPTIONAL))
        return diag_error(c->diags, path_index(c->arena, NULL, i), "Argument must not be null",
                          "The parameter \"%s\" needs a value.", row->name);
    return true;
}

static bool read_arguments(struct call *c, const Tfplugin6__CallFunction__Request *request,
                           const struct value **out)
{
    size_t fixed = parameter_count(c->resource);
    struct value_builder b, more;
    const struct value *v;

    value_builder_init(&b, c->arena);
    value_builder_init(&more, c->arena);
    for (size_t i = 0; i < request->n_arguments; i++) {
        if (!read_argument(c, request->arguments[i], i, &v))
            return false;
        value_builder_add(i < fixed ? &b : &more, v);
    }
    if (c->resource->variadic)
        value_builder_add(&b, value_builder_list(&more));
    *out = value_builder_list(&b);
    return true;
}

static bool call_run(struct operation *o, const Tfplugin6__CallFunction__Request *request,
                     Tfplugin6__DynamicValue **out)
{
    struct call *c = &o->call;
    const struct value *arguments, *result = NULL;

    if (!operation_resource(o, KIND_FUNCTION, request->name) ||
        !check_count(c, request->n_arguments) || !read_arguments(c, request, &arguments))
        return false;
    if (!value_is_wholly_known(arguments)) {
        result = &value_unknown;
    } else if (!c->resource->run(c, arguments, &result)) {
        return false;
    }
    return wire_write(c, result ? result : &value_null, c->resource->returns, out);
}

static const struct path *first_step(const struct path *p)
{
    while (p && p->parent)
        p = p->parent;
    return p;
}

/* Functions have no diagnostics: one text, and the argument to blame. */
static Tfplugin6__FunctionError *function_error(struct arena *a, const struct diags *diags)
{
    Tfplugin6__FunctionError *out = wire_new(a, &tfplugin6__function_error__descriptor);
    struct text_builder b;

    text_builder_init(&b, a, 2 * (size_t)DIAG_DETAIL_BYTES_MAX);
    for (const struct diag *d = diags->first; d; d = d->next) {
        const struct path *blamed = first_step(d->path);

        if (d->severity != DIAG_ERROR)
            continue;
        text_add_f(&b, "%s%s%s%s", b.len ? "\n" : "", d->summary, *d->detail ? ": " : "",
                   d->detail);
        if (blamed && blamed->kind == PATH_INDEX && !out->function_argument_opt_case) {
            out->function_argument_opt_case =
                TFPLUGIN6__FUNCTION_ERROR__FUNCTION_ARGUMENT_OPT_FUNCTION_ARGUMENT;
            out->function_argument = blamed->index;
        }
    }
    out->text = wire_string(text_printable(a, text_built(&b), DIAG_DETAIL_BYTES_MAX));
    return out;
}

static void call_function(struct operation *o, const void *message, void *response)
{
    Tfplugin6__CallFunction__Response *reply = response;

    if (!call_run(o, message, &reply->result) || o->call.diags->failed) {
        reply->result = NULL;
        reply->error = function_error(o->call.arena, o->call.diags);
    }
}

const struct method methods_function[] = {
    PROVIDER_METHOD(CallFunction, call_function, call_function),
    END_METHODS,
};
