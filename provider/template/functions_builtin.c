#include <string.h>

#include "template/evaluate.h"
#include "template/format.h"
#include "template/rune.h"

enum { OUTPUT_MAX = TEMPLATE_OUTPUT_BYTES_MAX };

/* --- comparison -------------------------------------------------------------------- */
enum basic_kind { OTHER, BOOL, SIGNED, UNSIGNED, FLOAT, STRING };

static enum basic_kind basic_kind(const struct datum *d)
{
    switch (d->kind) {
    case DATUM_BOOL:
        return BOOL;
    case DATUM_INT:
    case DATUM_INT64:
        return SIGNED;
    case DATUM_UINT8:
        return UNSIGNED;
    case DATUM_FLOAT64:
        return FLOAT;
    case DATUM_STRING:
        return STRING;
    default:
        return OTHER;
    }
}

static bool are_integers(const struct datum *a, const struct datum *b)
{
    enum basic_kind x = basic_kind(a), y = basic_kind(b);

    return (x == SIGNED || x == UNSIGNED) && (y == SIGNED || y == UNSIGNED);
}

static bool fail_incompatible(struct function_call *f, const struct datum *a, const struct datum *b)
{
    function_fail(f, "incompatible types for comparison: %s and %s", datum_type_name(a),
                  datum_type_name(b));
    return false;
}

static const char *as_words(struct function_call *f, const struct datum *d, char verb)
{
    struct format_verb v = {.verb = (unsigned char)verb};
    struct text_builder b;

    text_builder_init(&b, f->arena, OUTPUT_MAX);
    format_operand(&b, &v, d);
    return b.at;
}

/* nil, lists, maps and objects. */
static bool equal_others(struct function_call *f, const struct datum *a, const struct datum *b,
                         bool *equal)
{
    *equal = a->kind == DATUM_NIL && b->kind == DATUM_NIL;
    if (a->kind == DATUM_NIL || b->kind == DATUM_NIL)
        return true;
    if (strcmp(datum_kind_name(a), datum_kind_name(b)) != 0)
        return function_fail(f, "non-comparable types %s: %s, %s: %s", as_words(f, a, 's'),
                             datum_type_name(a), datum_type_name(b), as_words(f, b, 'v'));
    if (a->kind != DATUM_OBJECT)
        return function_fail(f, "non-comparable type %s: %s", as_words(f, b, 's'),
                             datum_type_name(b));
    /* Pointers are equal when they are one. */
    *equal = strcmp(datum_kind_name(a), "ptr") == 0
                 ? datum_equal(a, b) && a->object.data == b->object.data
                 : datum_equal(a, b);
    return true;
}

static bool equal(struct function_call *f, const struct datum *a, const struct datum *b, bool *out)
{
    *out = false;
    if (are_integers(a, b)) {
        *out = a->integer == b->integer;
        return true;
    }
    if (basic_kind(a) != basic_kind(b))
        return a->kind == DATUM_NIL || b->kind == DATUM_NIL || fail_incompatible(f, a, b);
    if (basic_kind(a) == OTHER)
        return equal_others(f, a, b, out);
    *out = datum_equal(a, b);
    return true;
}

static const struct datum *eq(struct function_call *f)
{
    bool same = false;

    if (f->count < 2)
        return function_fail(f, "missing argument for comparison");
    for (size_t i = 1; i < f->count && !same; i++)
        if (!equal(f, f->arguments[0], f->arguments[i], &same))
            return NULL;
    return datum_bool(same);
}

static const struct datum *ne(struct function_call *f)
{
    bool same;

    return equal(f, f->arguments[0], f->arguments[1], &same) ? datum_bool(!same) : NULL;
}

static bool less(struct function_call *f, const struct datum *a, const struct datum *b, bool *out)
{
    enum basic_kind kind = basic_kind(a);

    if (kind == OTHER || basic_kind(b) == OTHER)
        return function_fail(f, "invalid type for comparison");
    if (are_integers(a, b))
        *out = a->integer < b->integer;
    else if (kind != basic_kind(b))
        return fail_incompatible(f, a, b);
    else if (kind == BOOL)
        return function_fail(f, "invalid type for comparison");
    else if (kind == FLOAT)
        *out = a->real < b->real;
    else
        *out = text_compare(a->text, b->text) < 0;
    return true;
}

static const struct datum *lt(struct function_call *f)
{
    bool is = false;

    return less(f, f->arguments[0], f->arguments[1], &is) ? datum_bool(is) : NULL;
}

static bool less_or_equal(struct function_call *f, bool *out)
{
    return less(f, f->arguments[0], f->arguments[1], out) &&
           (*out || equal(f, f->arguments[0], f->arguments[1], out));
}

static const struct datum *le(struct function_call *f)
{
    bool is = false;

    return less_or_equal(f, &is) ? datum_bool(is) : NULL;
}

static const struct datum *gt(struct function_call *f)
{
    bool is = false;

    return less_or_equal(f, &is) ? datum_bool(!is) : NULL;
}

static const struct datum *ge(struct function_call *f)
{
    bool is = false;

    return less(f, f->arguments[0], f->arguments[1], &is) ? datum_bool(!is) : NULL;
}

static const struct datum *negate(struct function_call *f)
{
    return datum_bool(!datum_truth(f->arguments[0]));
}

/* --- elements ----------------------------------------------------------------------- */
/* d as an index into list, which has `count` elements. */
static bool position(struct function_call *f, const struct datum *list, const struct datum *d,
                     size_t *out)
{
    size_t count = datum_len(list);

    if (d->kind == DATUM_NIL)
        return function_fail(f, "cannot index slice/array with nil");
    if (d->kind != DATUM_INT && d->kind != DATUM_INT64 && d->kind != DATUM_UINT8)
        return function_fail(f, "cannot index slice/array with type %s", datum_type_name(d));
    *out = (size_t)d->integer;
    if (d->integer >= 0 && (uint64_t)d->integer < count)
        return true;
    if ((uint64_t)d->integer == count && d->integer >= 0)
        return function_fail(f, "reflect: %s index out of range", datum_kind_name(list));
    return function_fail(f, "index out of range: %lld", (long long)d->integer);
}

static const struct datum *list_element(struct function_call *f, const struct datum *d,
                                        const struct datum *key)
{
    size_t at = 0;

    if (!position(f, d, key, &at))
        return NULL;
    if (d->kind == DATUM_LIST)
        return d->list.items[at];
    return datum_uint8(f->arena, (uint8_t)d->text.at[at]);
}

static const struct datum *map_element(struct function_call *f, const struct datum *d,
                                       const struct datum *key)
{
    const struct datum *found;

    if (key->kind == DATUM_NIL)
        return function_fail(f, "value is nil; should be of type string");
    if (key->kind != DATUM_STRING)
        return function_fail(f, "value has type %s; should be string", datum_type_name(key));
    found = datum_get(d, key->text);
    if (!found && d->class && d->class->zero)
        return d->class->zero;
    if (!found && text_ends_with(text_of(datum_type_name(d)), "]string"))
        return &datum_empty_string;
    return found ? found : &datum_nil;
}

/* Go looks behind a pointer before it complains of a type. */
static const char *pointed_type(const struct datum *d)
{
    const char *name = datum_type_name(d);

    return name + (name[0] == '*');
}

static const struct datum *index_of(struct function_call *f)
{
    const struct datum *d = f->arguments[0];

    if (d->kind == DATUM_NIL)
        return function_fail(f, "index of untyped nil");
    for (size_t i = 1; i < f->count && d; i++) {
        if (d->kind == DATUM_LIST || d->kind == DATUM_STRING || d->kind == DATUM_BYTES)
            d = list_element(f, d, f->arguments[i]);
        else if (d->kind == DATUM_MAP)
            d = map_element(f, d, f->arguments[i]);
        else if (d->kind == DATUM_NIL)
            d = function_fail(f, "index of nil pointer");
        else
            d = function_fail(f, "can't index item of type %s", pointed_type(d));
    }
    return d;
}

static const struct datum *len(struct function_call *f)
{
    const struct datum *d = f->arguments[0];

    switch (d->kind) {
    case DATUM_STRING:
    case DATUM_BYTES:
    case DATUM_LIST:
    case DATUM_MAP:
        return datum_int(f->arena, (int64_t)datum_len(d));
    case DATUM_NIL:
        return function_fail(f, "%s",
                             d == &evaluate_boxed_nil
                                 ? "len of nil pointer"
                                 : "reflect: call of reflect.Value.Type on zero Value");
    default:
        return function_fail(f, "len of type %s", pointed_type(d));
    }
}

/* --- text --------------------------------------------------------------------------- */
static const struct datum *built(struct function_call *f, const struct text_builder *b)
{
    if (b->overflow)
        return function_fail(f, "the text is larger than %d bytes", OUTPUT_MAX);
    return datum_string(f->arena, text_built(b));
}

static const struct datum *print(struct function_call *f)
{
    struct text_builder b;

    text_builder_init(&b, f->arena, OUTPUT_MAX);
    format_print(&b, f->arguments, f->count);
    return built(f, &b);
}

static const struct datum *print_line(struct function_call *f)
{
    struct text_builder b;

    text_builder_init(&b, f->arena, OUTPUT_MAX);
    format_print_line(&b, f->arguments, f->count);
    return built(f, &b);
}

static const struct datum *print_format(struct function_call *f)
{
    struct text_builder b;

    text_builder_init(&b, f->arena, OUTPUT_MAX);
    format_printf(&b, function_text(f, 0), f->arguments + 1, f->count - 1);
    return built(f, &b);
}

/* What the escapers work on: the arguments as actions show them, joined as by print. */
static struct text joined(struct function_call *f)
{
    static const struct datum no_value = {.kind = DATUM_STRING, .text = {"<no value>", 10}};
    const struct datum **shown;
    struct text_builder b;

    if (f->count == 1 && f->arguments[0]->kind == DATUM_STRING)
        return f->arguments[0]->text;
    shown = arena_array(f->arena, f->count, sizeof(struct datum *));
    for (size_t i = 0; i < f->count; i++)
        shown[i] = f->arguments[i]->kind == DATUM_NIL ? &no_value : f->arguments[i];
    text_builder_init(&b, f->arena, OUTPUT_MAX);
    format_print(&b, shown, f->count);
    return text_built(&b);
}

static const struct datum *html(struct function_call *f)
{
    struct text t = joined(f);
    struct text_builder b;

    text_builder_init(&b, f->arena, OUTPUT_MAX);
    for (size_t i = 0; i < t.len; i++) {
        static const char special[] = "\"'&<>";
        static const char *const names[] = {"&#34;", "&#39;", "&amp;", "&lt;", "&gt;"};
        const char *found = t.at[i] ? strchr(special, t.at[i]) : NULL;

        if (found)
            text_add_z(&b, names[found - special]);
        else if (t.at[i])
            text_add_char(&b, t.at[i]);
        else
            text_add_z(&b, "\xef\xbf\xbd");
    }
    return built(f, &b);
}

static void add_js(struct text_builder *b, uint32_t rune, struct text bytes)
{
    if (rune == '\\' || rune == '\'' || rune == '"')
        text_add_f(b, "\\%c", (char)rune);
    else if (rune < ' ' || (rune < 0x80 && strchr("<>&=", (int)rune)) ||
             (rune >= 0x80 && !rune_is_printable(rune)))
        text_add_f(b, "\\u%04X", (unsigned)rune);
    else
        text_add(b, bytes);
}

static const struct datum *js(struct function_call *f)
{
    struct text t = joined(f);
    struct text_builder b;

    text_builder_init(&b, f->arena, OUTPUT_MAX);
    for (size_t i = 0, step; i < t.len; i += step) {
        uint32_t rune = rune_decode(t, i, &step);

        add_js(&b, rune, (struct text){t.at + i, step});
    }
    return built(f, &b);
}

static const struct datum *url_query(struct function_call *f)
{
    struct text t = joined(f);
    struct text_builder b;

    text_builder_init(&b, f->arena, OUTPUT_MAX);
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];

        if (c == ' ')
            text_add_char(&b, '+');
        else if (c < 0x80 && (rune_is_letter(c) || rune_is_digit(c) || (c && strchr("-_.~", c))))
            text_add_char(&b, (char)c);
        else
            text_add_f(&b, "%%%02X", c);
    }
    return built(f, &b);
}

/* Charts have no functions as values, so this always fails: with the text of the
 * argument as it is written, or of what the pipeline handed over. */
static const struct datum *call(struct function_call *f)
{
    const struct datum *d = f->arguments[0];
    struct text_builder b;

    if (d->kind == DATUM_NIL)
        return function_fail(f, "call of nil");
    text_builder_init(&b, f->arena, OUTPUT_MAX);
    if (f->first)
        node_print(&b, f->first);
    else if (d->kind == DATUM_STRING)
        text_add(&b, d->text);
    else
        text_add_f(&b, "<%s Value>", datum_type_name(d));
    return function_fail(f, "non-function %s of type %s", b.at, datum_type_name(d));
}

const struct function functions_builtin[] = {
    {"and", "v+", NULL, FUNCTION_AND},
    {"or", "v+", NULL, FUNCTION_OR},
    {"not", "v", negate, 0},
    {"eq", "v+", eq, 0},
    {"ne", "vv", ne, 0},
    {"lt", "vv", lt, 0},
    {"le", "vv", le, 0},
    {"gt", "vv", gt, 0},
    {"ge", "vv", ge, 0},
    {"index", "v+", index_of, 0},
    {"len", "v", len, FUNCTION_KNOWS_BOXED},
    {"print", "v*", print, 0},
    {"println", "v*", print_line, 0},
    {"printf", "sv*", print_format, 0},
    {"html", "v*", html, 0},
    {"js", "v*", js, 0},
    {"urlquery", "v*", url_query, 0},
    {"call", "v+", call, 0},
    {0},
};
