#include "helm/document.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "codec/real.h"
#include "codec/yml.h"

bool document_read(struct call *c, struct text yaml, const char *what, const struct path *at,
                   const struct value **out)
{
    return yml_read_lenient(c->arena, yaml, what, at, c->diags, out);
}

/* A number that is no integer of 64 bits is a float32 on its way into a string. */
static const char *number_text(struct arena *a, const struct number *n)
{
    char text[REAL_TEXT_BYTES];
    bool is_digits = n->text.len <= strlen("18446744073709551615");

    for (size_t i = 0; i < n->text.len && is_digits; i++)
        is_digits = isdigit((unsigned char)n->text.at[i]);
    if (n->is_integer || is_digits)
        return text_z(a, n->text);
    if (isinf((float)n->real))
        return n->real < 0 ? "-Inf" : "+Inf";
    real_print_float(text, (float)n->real);
    return arena_strdup(a, text);
}

bool document_scalar(struct arena *a, const struct value *v, const char **out)
{
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
        *out = number_text(a, &v->number);
        return true;
    default:
        return false;
    }
}
