/* format - how Go's package fmt writes a datum.
 *
 * Writing never fails: a verb that does not fit its operand is written into the
 * text, as in Go ("%!d(string=x)"). */
#ifndef TEMPLATE_FORMAT_H
#define TEMPLATE_FORMAT_H
#include "template/datum.h"

/* One verb of a format with its flags. */
struct format_verb {
    uint32_t verb;
    bool minus, plus, sharp, blank, zero; /* the flags - + # blank 0 */
    bool plus_v, sharp_v;                 /* %+v and %#v */
    bool has_width, has_precision;
    int width, precision;
    unsigned depth; /* of lists and maps around the operand */
};

/* fmt.Sprint, Sprintln, Sprintf. */
void format_print(struct text_builder *b, const struct datum *const *operands, size_t count);
void format_print_line(struct text_builder *b, const struct datum *const *operands, size_t count);
void format_printf(struct text_builder *b, struct text format, const struct datum *const *operands,
                   size_t count);

/* One operand by one verb. */
void format_operand(struct text_builder *b, const struct format_verb *v, const struct datum *d);

/* strconv.FormatFloat with the shortest digits: form is 'e', 'f' or 'g'. */
void format_shortest(struct text_builder *b, double real, char form);

#endif
