/* unicode_table - the rows behind unicode.c. For unicode.c only. */
#ifndef TEMPLATE_UNICODE_TABLE_H
#define TEMPLATE_UNICODE_TABLE_H
#include <stddef.h>
#include <stdint.h>

/* SYMBOL: signs and marks. PAIRS: upper and lower take turns, the upper ones at even
 * code points; ODD: at odd ones. */
enum unicode_class { NONE, UPPER, LOWER, TITLE, LETTER, DIGIT, NUMBER, PUNCT, SYMBOL, PAIRS, ODD };

/* The class holds up to the next row. */
struct unicode_class_row {
    uint32_t first;
    enum unicode_class class;
};

/* Every step-th rune from first to last: what to add for its other cases. */
struct unicode_case_row {
    uint32_t first, last, step;
    int32_t upper, lower;
};

extern const struct unicode_class_row unicode_classes[];
extern const size_t unicode_class_count;
/* By first. */
extern const struct unicode_case_row unicode_cases[];
extern const size_t unicode_case_count;

#endif
