#include "template/unicode.h"

#include "template/unicode_table.h"

bool unicode_take(struct text *rest, uint32_t *rune, size_t *len)
{
    size_t taken;

    if (!rest->len)
        return false;
    *rune = rune_decode(*rest, 0, &taken);
    *rest = (struct text){rest->at + taken, rest->len - taken};
    if (len)
        *len = taken;
    return true;
}

/* --- classes -------------------------------------------------------------- */

static enum unicode_class class_of(uint32_t rune)
{
    size_t low = 0, high = unicode_class_count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (unicode_classes[middle].first <= rune)
            low = middle;
        else
            high = middle;
    }
    if (unicode_classes[low].class < PAIRS)
        return unicode_classes[low].class;
    return (rune % 2 == 0) == (unicode_classes[low].class == PAIRS) ? UPPER : LOWER;
}

bool unicode_is_space(uint32_t rune)
{
    if (rune < 0x100)
        return (rune >= '\t' && rune <= '\r') || rune == ' ' || rune == 0x85 || rune == 0xA0;
    return rune == 0x1680 || (rune >= 0x2000 && rune <= 0x200A) || rune == 0x2028 ||
           rune == 0x2029 || rune == 0x202F || rune == 0x205F || rune == 0x3000;
}

bool unicode_is_upper(uint32_t rune)
{
    return class_of(rune) == UPPER;
}

bool unicode_is_lower(uint32_t rune)
{
    return class_of(rune) == LOWER;
}

bool unicode_is_title(uint32_t rune)
{
    return class_of(rune) == TITLE;
}

bool unicode_is_letter(uint32_t rune)
{
    enum unicode_class class = class_of(rune);

    return class == UPPER || class == LOWER || class == TITLE || class == LETTER;
}

bool unicode_is_digit(uint32_t rune)
{
    return class_of(rune) == DIGIT;
}

bool unicode_is_number(uint32_t rune)
{
    enum unicode_class class = class_of(rune);

    return class == DIGIT || class == NUMBER;
}

bool unicode_is_punct(uint32_t rune)
{
    return class_of(rune) == PUNCT;
}

bool unicode_is_printable(uint32_t rune)
{
    return class_of(rune) != NONE;
}

/* --- case ----------------------------------------------------------------- */

static const struct unicode_case_row *case_row(uint32_t rune)
{
    for (size_t i = 0; i < unicode_case_count && unicode_cases[i].first <= rune; i++)
        if (rune <= unicode_cases[i].last &&
            (rune - unicode_cases[i].first) % unicode_cases[i].step == 0)
            return &unicode_cases[i];
    return NULL;
}

uint32_t unicode_upper(uint32_t rune)
{
    const struct unicode_case_row *row = case_row(rune);

    return row ? (uint32_t)((int32_t)rune + row->upper) : rune;
}

uint32_t unicode_lower(uint32_t rune)
{
    const struct unicode_case_row *row = case_row(rune);

    return row ? (uint32_t)((int32_t)rune + row->lower) : rune;
}

/* The same as upper but for Georgian and for the letters that are two in one. */
uint32_t unicode_title(uint32_t rune)
{
    if (rune >= 0x10D0 && rune <= 0x10FF)
        return rune;
    if (rune >= 0x1C4 && rune <= 0x1CC)
        return 0x1C5 + (rune - 0x1C4) / 3 * 3;
    return rune >= 0x1F1 && rune <= 0x1F3 ? 0x1F2 : unicode_upper(rune);
}

/* --- texts ---------------------------------------------------------------- */

struct text unicode_trim(struct text t)
{
    struct text rest = t;
    uint32_t rune;
    size_t len;

    while (unicode_take(&rest, &rune, &len) && unicode_is_space(rune))
        t = rest;
    while (t.len) {
        size_t last = rune_last_len(t);

        if (!unicode_is_space(rune_decode((struct text){t.at + t.len - last, last}, 0, &len)))
            break;
        t.len -= last;
    }
    return t;
}
