#include <string.h>

#include "template/format.h"
#include "template/rune.h"

enum { NUMBER_MAX = 1000000 };

/* A format that is being worked through. */
struct formatting {
    struct text_builder *out;
    struct text format;
    size_t at;
    const struct datum *const *operands;
    size_t count, next; /* operand */
    bool reordered;     /* an index like [3] was used anywhere */
    bool after_index;   /* the last thing read was one */
    bool good_index;
};

static char current(const struct formatting *f)
{
    return (char)(f->at < f->format.len ? f->format.at[f->at] : '\0');
}

static bool at_end(const struct formatting *f)
{
    return f->at >= f->format.len;
}

/* False: there is none here. A number that is too large is read and counts as none. */
static bool read_number(struct formatting *f, int *number)
{
    bool any = false, small = true;

    *number = 0;
    while (current(f) >= '0' && current(f) <= '9') {
        small = small && *number <= NUMBER_MAX;
        if (small)
            *number = *number * 10 + (current(f) - '0');
        f->at++;
        any = true;
    }
    if (!small || *number > NUMBER_MAX)
        *number = 0;
    return any && small;
}

/* "[3]": the operand to take next. */
static void read_index(struct formatting *f)
{
    size_t close, start = f->at;
    int number;
    bool valid;

    f->after_index = false;
    if (current(f) != '[')
        return;
    f->reordered = true;
    for (close = f->at; close < f->format.len && f->format.at[close] != ']';)
        close++;
    if (close >= f->format.len) {
        f->good_index = false;
        f->at = start + 1;
        return;
    }
    f->at++;
    f->after_index = read_number(f, &number) && f->at == close;
    valid = f->after_index && number >= 1 && (size_t)number <= f->count;
    f->at = close + 1;
    f->good_index = f->good_index && valid;
    if (valid)
        f->next = (size_t)number - 1;
}

static bool integer_operand(struct formatting *f, int *number)
{
    const struct datum *d;

    *number = 0;
    if (f->next >= f->count)
        return false;
    d = f->operands[f->next++];
    if ((d->kind != DATUM_INT && d->kind != DATUM_INT64 && d->kind != DATUM_UINT8) ||
        d->integer > NUMBER_MAX || d->integer < -NUMBER_MAX)
        return false;
    *number = (int)d->integer;
    return true;
}

static void read_flags(struct formatting *f, struct format_verb *v)
{
    for (;; f->at++) {
        switch (current(f)) {
        case '#':
            v->sharp = true;
            break;
        case '0':
            v->zero = true;
            break;
        case '+':
            v->plus = true;
            break;
        case '-':
            v->minus = true;
            break;
        case ' ':
            v->blank = true;
            break;
        default:
            return;
        }
    }
}

static void read_width(struct formatting *f, struct format_verb *v)
{
    if (current(f) != '*') {
        v->has_width = read_number(f, &v->width);
        if (f->after_index && v->has_width)
            f->good_index = false;
        return;
    }
    f->at++;
    v->has_width = integer_operand(f, &v->width);
    if (!v->has_width)
        text_add_z(f->out, "%!(BADWIDTH)");
    if (v->width < 0) {
        v->width = -v->width;
        v->minus = true;
        v->zero = false;
    }
    f->after_index = false;
}

static void read_precision(struct formatting *f, struct format_verb *v)
{
    if (f->at + 1 >= f->format.len || current(f) != '.')
        return;
    f->at++;
    if (f->after_index)
        f->good_index = false;
    read_index(f);
    if (current(f) != '*') {
        if (!read_number(f, &v->precision))
            v->precision = 0;
        v->has_precision = true;
        return;
    }
    f->at++;
    v->has_precision = integer_operand(f, &v->precision) && v->precision >= 0;
    if (!v->has_precision) {
        v->precision = 0;
        text_add_z(f->out, "%!(BADPREC)");
    }
    f->after_index = false;
}

static void add_problem(struct formatting *f, uint32_t verb, const char *problem)
{
    text_add_z(f->out, "%!");
    rune_add(f->out, verb);
    text_add_z(f->out, problem);
}

static void add_verb(struct formatting *f, struct format_verb *v)
{
    if (v->verb == '%') {
        text_add_char(f->out, '%');
    } else if (!f->good_index) {
        add_problem(f, v->verb, "(BADINDEX)");
    } else if (f->next >= f->count) {
        add_problem(f, v->verb, "(MISSING)");
    } else {
        if (v->verb == 'v' || v->verb == 'w') {
            v->sharp_v = v->sharp;
            v->plus_v = v->plus;
            v->sharp = v->plus = false;
        }
        format_operand(f->out, v, f->operands[f->next++]);
    }
}

/* After the percent sign. False: the format ended before the verb. */
static bool convert(struct formatting *f)
{
    struct format_verb v = {0};
    size_t len;

    f->good_index = true;
    f->after_index = false;
    read_flags(f, &v);
    read_index(f);
    read_width(f, &v);
    read_precision(f, &v);
    if (!f->after_index)
        read_index(f);
    if (at_end(f)) {
        text_add_z(f->out, "%!(NOVERB)");
        return false;
    }
    v.verb = rune_decode(f->format, f->at, &len);
    f->at += len;
    add_verb(f, &v);
    return true;
}

static void add_extra(struct formatting *f)
{
    struct format_verb plain = {.verb = 'v'};

    text_add_z(f->out, "%!(EXTRA ");
    for (size_t i = f->next; i < f->count; i++) {
        const struct datum *d = f->operands[i];

        if (i > f->next)
            text_add_z(f->out, ", ");
        if (d->kind != DATUM_NIL) {
            text_add_z(f->out, datum_type_name(d));
            text_add_char(f->out, '=');
        }
        format_operand(f->out, &plain, d);
    }
    text_add_char(f->out, ')');
}

void format_printf(struct text_builder *b, struct text format, const struct datum *const *operands,
                   size_t count)
{
    struct formatting f = {.out = b, .format = format, .operands = operands, .count = count};

    while (!at_end(&f) && !b->overflow) {
        const char *percent = memchr(format.at + f.at, '%', format.len - f.at);
        size_t end = percent ? (size_t)(percent - format.at) : format.len;

        text_add(b, (struct text){format.at + f.at, end - f.at});
        f.at = end + 1;
        if (percent && !convert(&f))
            break;
    }
    if (!f.reordered && f.next < f.count)
        add_extra(&f);
}
