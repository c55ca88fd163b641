#include "template/format.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "template/format_parts.h"
#include "template/quote.h"
#include "template/rune.h"

/* --- %v without flags, the common case ------------------------------------- */
void datum_print_float64(struct text_builder *b, double d)
{
    if (d > -1e6 && d < 1e6 && d == floor(d) && !(d == 0 && signbit(d)))
        text_add_f(b, "%d", (int)d);
    else
        format_shortest(b, d, 'g');
}

static void print(struct text_builder *b, const struct datum *d, unsigned depth);

static void print_list(struct text_builder *b, const struct datum *d, unsigned depth)
{
    text_add_char(b, '[');
    for (size_t i = 0; i < d->list.count && !b->overflow; i++) {
        if (i)
            text_add_char(b, ' ');
        print(b, d->list.items[i], depth);
    }
    text_add_char(b, ']');
}

static void print_map(struct text_builder *b, const struct datum_map *map, unsigned depth)
{
    text_add_z(b, "map[");
    for (size_t i = 0; i < map->count && !b->overflow; i++) {
        if (i)
            text_add_char(b, ' ');
        text_add(b, map->entries[i].key);
        text_add_char(b, ':');
        print(b, map->entries[i].value, depth);
    }
    text_add_char(b, ']');
}

static void print_integer(struct text_builder *b, int64_t i)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t left = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;

    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (i < 0)
        digits[--at] = '-';
    text_add(b, (struct text){digits + at, sizeof(digits) - at});
}

static void print_bytes(struct text_builder *b, struct text t)
{
    text_add_char(b, '[');
    for (size_t i = 0; i < t.len && !b->overflow; i++) {
        if (i)
            text_add_char(b, ' ');
        print_integer(b, (unsigned char)t.at[i]);
    }
    text_add_char(b, ']');
}

static void print(struct text_builder *b, const struct datum *d, unsigned depth)
{
    if (depth == 0)
        return;
    switch (d->kind) {
    case DATUM_NIL:
        text_add_z(b, "<nil>");
        break;
    case DATUM_BOOL:
        text_add_z(b, d->boolean ? "true" : "false");
        break;
    case DATUM_INT:
    case DATUM_INT64:
    case DATUM_UINT8:
        if (d->class)
            d->class->print(b, d);
        else
            print_integer(b, d->integer);
        break;
    case DATUM_FLOAT64:
        datum_print_float64(b, d->real);
        break;
    case DATUM_STRING:
        text_add(b, d->text);
        break;
    case DATUM_BYTES:
        print_bytes(b, d->text);
        break;
    case DATUM_LIST:
        print_list(b, d, depth - 1);
        break;
    case DATUM_MAP:
        print_map(b, d->map, depth - 1);
        break;
    case DATUM_OBJECT:
        d->object.class->print(b, d);
        break;
    }
}

void datum_print(struct text_builder *b, const struct datum *d)
{
    print(b, d, DATUM_DEPTH_MAX);
}

struct text datum_text(struct arena *a, const struct datum *d)
{
    struct text_builder b;

    if (d->kind == DATUM_STRING)
        return d->text;
    text_builder_init(&b, a, DATUM_TEXT_BYTES_MAX);
    datum_print(&b, d);
    return text_built(&b);
}

void format_print(struct text_builder *b, const struct datum *const *operands, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i && operands[i]->kind != DATUM_STRING && operands[i - 1]->kind != DATUM_STRING)
            text_add_char(b, ' ');
        datum_print(b, operands[i]);
    }
}

void format_print_line(struct text_builder *b, const struct datum *const *operands, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i)
            text_add_char(b, ' ');
        datum_print(b, operands[i]);
    }
    text_add_char(b, '\n');
}

/* --- any verb ---------------------------------------------------------------- */
void format_padding(struct text_builder *b, const struct format_verb *v, size_t len)
{
    char c = v->zero && !v->minus ? '0' : ' ';

    for (size_t i = len; v->has_width && i < (size_t)v->width && !b->overflow; i++)
        text_add_char(b, c);
}

void format_padded(struct text_builder *b, const struct format_verb *v, struct text t)
{
    size_t len = v->has_width ? rune_count(t) : 0;

    if (!v->minus)
        format_padding(b, v, len);
    text_add(b, t);
    if (v->minus)
        format_padding(b, v, len);
}

/* A precision counts runes. */
static struct text truncated(const struct format_verb *v, struct text t)
{
    size_t at = 0, len;

    if (!v->has_precision)
        return t;
    for (int i = 0; i < v->precision && at < t.len; i++, at += len)
        (void)rune_decode(t, at, &len);
    return (struct text){t.at, at};
}

static void add_hexadecimal(struct text_builder *b, const struct format_verb *v, struct text t)
{
    const char *prefix = !v->sharp ? "" : v->verb == 'x' ? "0x" : "0X";
    struct text_builder whole;

    if (v->has_precision && (size_t)v->precision < t.len)
        t.len = (size_t)v->precision;
    text_builder_init(&whole, b->arena, b->max_bytes);
    for (size_t i = 0; i < t.len && !whole.overflow; i++) {
        if (i && v->blank)
            text_add_char(&whole, ' ');
        if (i == 0 || v->blank)
            text_add_z(&whole, prefix);
        text_add_f(&whole, v->verb == 'x' ? "%02x" : "%02X", (unsigned char)t.at[i]);
    }
    b->overflow = b->overflow || whole.overflow;
    format_padded(b, v, text_built(&whole));
}

static void add_quoted(struct text_builder *b, const struct format_verb *v, struct text t)
{
    struct text_builder quoted;

    t = truncated(v, t);
    text_builder_init(&quoted, b->arena, b->max_bytes);
    if (v->sharp && quote_fits_backquotes(t)) {
        text_add_char(&quoted, '`');
        text_add(&quoted, t);
        text_add_char(&quoted, '`');
    } else {
        quote_text(&quoted, t, v->plus);
    }
    b->overflow = b->overflow || quoted.overflow;
    format_padded(b, v, text_built(&quoted));
}

bool format_text(struct text_builder *b, const struct format_verb *v, struct text t)
{
    switch (v->verb) {
    case 'v':
        if (v->sharp_v)
            add_quoted(b, v, t);
        else
            format_padded(b, v, truncated(v, t));
        return true;
    case 's':
        format_padded(b, v, truncated(v, t));
        return true;
    case 'x':
    case 'X':
        add_hexadecimal(b, v, t);
        return true;
    case 'q':
        add_quoted(b, v, t);
        return true;
    default:
        return false;
    }
}

static void add_bad_verb(struct text_builder *b, const struct format_verb *v, const struct datum *d)
{
    struct format_verb plain = *v;

    text_add_z(b, "%!");
    rune_add(b, v->verb);
    text_add_char(b, '(');
    if (d->kind == DATUM_NIL) {
        text_add_z(b, "<nil>");
    } else {
        text_add_z(b, datum_type_name(d));
        text_add_char(b, '=');
        plain.verb = 'v';
        format_operand(b, &plain, d);
    }
    text_add_char(b, ')');
}

/* %#v writes Go source: the type, then the elements in braces. */
static void open_elements(struct text_builder *b, const struct format_verb *v,
                          const struct datum *d)
{
    if (v->sharp_v)
        text_add_f(b, "%s{", datum_type_name(d));
    else
        text_add_z(b, d->kind == DATUM_MAP ? "map[" : "[");
}

static void add_element(struct text_builder *b, const struct format_verb *v, const struct datum *d)
{
    struct format_verb inner = *v;

    inner.depth++;
    if (d->kind == DATUM_NIL)
        text_add_z(b, v->sharp_v ? "interface {}(nil)" : "<nil>");
    else if (inner.depth < DATUM_DEPTH_MAX)
        format_operand(b, &inner, d);
}

static void add_list(struct text_builder *b, const struct format_verb *v, const struct datum *d)
{
    open_elements(b, v, d);
    for (size_t i = 0; i < d->list.count && !b->overflow; i++) {
        if (i)
            text_add_z(b, v->sharp_v ? ", " : " ");
        add_element(b, v, d->list.items[i]);
    }
    text_add_char(b, v->sharp_v ? '}' : ']');
}

static void add_map(struct text_builder *b, const struct format_verb *v, const struct datum *d)
{
    open_elements(b, v, d);
    for (size_t i = 0; i < d->map->count && !b->overflow; i++) {
        struct datum key = {.kind = DATUM_STRING, .text = d->map->entries[i].key};

        if (i)
            text_add_z(b, v->sharp_v ? ", " : " ");
        add_element(b, v, &key);
        text_add_char(b, ':');
        add_element(b, v, d->map->entries[i].value);
    }
    text_add_char(b, v->sharp_v ? '}' : ']');
}

static void add_bytes(struct text_builder *b, const struct format_verb *v, struct text t)
{
    if (v->verb != 'v' && v->verb != 'd' && format_text(b, v, t))
        return;
    text_add_z(b, v->sharp_v ? "[]byte{" : "[");
    for (size_t i = 0; i < t.len && !b->overflow; i++) {
        struct datum byte = {.kind = DATUM_UINT8, .integer = (unsigned char)t.at[i]};

        if (i)
            text_add_z(b, v->sharp_v ? ", " : " ");
        format_operand(b, v, &byte);
    }
    text_add_char(b, v->sharp_v ? '}' : ']');
}

/* Text of a class's own; false: the verb is none for texts. */
static bool add_printed(struct text_builder *b, const struct format_verb *v,
                        const struct datum_class *class, const struct datum *d)
{
    struct text_builder text;

    text_builder_init(&text, b->arena, b->max_bytes);
    class->print(&text, d);
    return format_text(b, v, text_built(&text));
}

static void add_nil(struct text_builder *b, const struct format_verb *v)
{
    if (v->verb == 'v' || v->verb == 'T')
        format_padded(b, v, TEXT("<nil>"));
    else
        add_bad_verb(b, v, &datum_nil);
}

static bool add_scalar(struct text_builder *b, const struct format_verb *v, const struct datum *d)
{
    switch (d->kind) {
    case DATUM_BOOL:
        if (v->verb == 't' || v->verb == 'v')
            format_padded(b, v, text_of(d->boolean ? "true" : "false"));
        return v->verb == 't' || v->verb == 'v';
    case DATUM_FLOAT64:
        return format_float(b, v, d->real);
    case DATUM_STRING:
        return format_text(b, v, d->text);
    default:
        return format_integer(b, v, d);
    }
}

void format_operand(struct text_builder *b, const struct format_verb *v, const struct datum *d)
{
    if (d->kind == DATUM_NIL) {
        add_nil(b, v);
        return;
    }
    if (v->verb == 'T' && v->depth == 0) {
        format_padded(b, v, truncated(v, text_of(datum_type_name(d))));
        return;
    }
    if (v->verb == 'w' && v->depth == 0) { /* it is for errors only */
        add_bad_verb(b, v, d);
        return;
    }
    switch (d->kind) {
    case DATUM_LIST:
        add_list(b, v, d);
        break;
    case DATUM_MAP:
        add_map(b, v, d);
        break;
    case DATUM_BYTES:
        add_bytes(b, v, d->text);
        break;
    case DATUM_OBJECT:
        if (!add_printed(b, v, d->object.class, d))
            add_bad_verb(b, v, d);
        break;
    default:
        if (d->class && !v->sharp_v && add_printed(b, v, d->class, d))
            break;
        if (!add_scalar(b, v, d))
            add_bad_verb(b, v, d);
    }
}
