#include "helm/document.h"

#include "codec/yml.h"
#include "template/datum.h"

bool document_read(struct call *c, struct text yaml, const char *what, const struct path *at,
                   const struct value **out)
{
    return yml_read_lenient(c->arena, yaml, what, at, c->diags, out);
}

bool document_scalar(struct arena *a, const struct value *v, const char **out)
{
    struct text_builder real;

    switch (v->kind) {
    case VALUE_NULL:
        *out = "";
        return true;
    case VALUE_STRING:
        *out = value_z(v);
        return true;
    case VALUE_BOOL:
        *out = v->boolean ? "true" : "false";
        return true;
    case VALUE_NUMBER:
        text_builder_init(&real, a, 64);
        if (v->number.is_integer)
            text_add(&real, v->number.text);
        else
            datum_print_float64(&real, v->number.real);
        *out = real.at;
        return true;
    default:
        return false;
    }
}
