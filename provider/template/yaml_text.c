#include "template/yaml_text.h"

#include <stdint.h>
#include <string.h>

#include "template/json_write.h"
#include "template/letter.h"

enum { JSON_KEY_RUNES_MAX = 1022 }; /* with its quotes 1,024: YAML's longest simple key */

static struct text behind(struct text t, size_t i)
{
    return (struct text){t.at + i, t.len - i};
}

/* --- through JSON --------------------------------------------------------- */

static bool is_ascii(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.at[i] >= 0x7f)
            return false;
    return true;
}

/* Characters that JSON leaves as they are and YAML's reader refuses. */
static bool is_refused(unsigned rune)
{
    return rune == 0x7f || (rune >= 0x80 && rune < 0xa0 && rune != 0x85) || rune == 0xfffe ||
           rune == 0xffff;
}

/* U+0085 ends a line to YAML, also in the quotes that JSON gives: alone it becomes a
 * blank, of several each but one stays; blanks beside it go. Returns the bytes of the
 * whole run. */
static size_t fold_next_lines(struct text t, struct text_builder *b)
{
    size_t i = 0, breaks = 0;

    while (i < t.len) {
        if (t.at[i] == ' ') {
            i++;
        } else if (t.len - i >= 2 && memcmp(t.at + i, "\xc2\x85", 2) == 0) {
            breaks++;
            i += 2;
        } else {
            break;
        }
    }
    if (!breaks)
        text_add(b, (struct text){t.at, i});
    else if (breaks == 1)
        text_add_char(b, ' ');
    for (; breaks > 1; breaks--)
        text_add_char(b, '\n');
    return i;
}

bool yaml_text_through_json(struct arena *a, struct text t, struct text *out)
{
    struct text_builder b;
    size_t i = 0;

    *out = t;
    if (is_ascii(t))
        return true;
    text_builder_init(&b, a, SIZE_MAX / 4);
    while (i < t.len) {
        unsigned rune;
        size_t len = json_rune(behind(t, i), &rune);

        if (is_refused(rune))
            return false;
        if (rune == ' ' || rune == 0x85) {
            i += fold_next_lines(behind(t, i), &b);
            continue;
        }
        text_add(&b, len ? (struct text){t.at + i, len} : TEXT("\xef\xbf\xbd"));
        i += len ? len : 1;
    }
    *out = text_built(&b);
    return !b.overflow;
}

bool yaml_text_is_json_key(struct arena *a, struct text t)
{
    struct text_builder b;
    size_t runes = 0;

    if (t.len <= JSON_KEY_RUNES_MAX / 6) /* \u0000 is the longest way to say a byte */
        return is_ascii(t) || !strstr(text_z(a, t), "\xc2\x85");
    text_builder_init(&b, a, SIZE_MAX / 4);
    json_write_text(&b, t, JSON_WRITE_HTML_SAFE);
    for (size_t i = 0; i < b.len; i++)
        runes += ((unsigned char)b.at[i] & 0xc0) != 0x80;
    return runes <= JSON_KEY_RUNES_MAX + 2 && !strstr(text_z(a, t), "\xc2\x85");
}

/* --- looking -------------------------------------------------------------- */

size_t yaml_text_break(struct text t)
{
    if (!t.len)
        return 0;
    if (t.at[0] == '\n' || t.at[0] == '\r')
        return 1;
    if (t.len >= 2 && memcmp(t.at, "\xc2\x85", 2) == 0)
        return 2;
    return t.len >= 3 && (memcmp(t.at, "\xe2\x80\xa8", 3) == 0 || /* U+2028 */
                          memcmp(t.at, "\xe2\x80\xa9", 3) == 0)
               ? 3
               : 0;
}

bool yaml_text_printable(unsigned rune, size_t len)
{
    if (rune < 0x80)
        return rune == '\n' || (rune >= 0x20 && rune < 0x7f);
    return len < 4 && rune >= 0xa0 && rune != 0xfeff && rune != 0xfffe && rune != 0xffff;
}

static bool is_blank_at(struct text t, size_t i)
{
    return i >= t.len || t.at[i] == ' ' || t.at[i] == '\t';
}

static bool ends_word(struct text t, size_t i)
{
    return is_blank_at(t, i) || t.at[i] == '\0' || yaml_text_break(behind(t, i));
}

/* Characters that would mean something where they stand. */
static bool is_indicator(struct text t, size_t i, size_t before)
{
    char c = t.at[i];

    if (i == 0 && c && strchr("#,[]{}&*!|>'\"%@`", c))
        return true;
    if (i == 0 && (c == '?' || c == '-') && is_blank_at(t, 1))
        return true;
    return (c == ':' && is_blank_at(t, i + 1)) || (c == '#' && i > 0 && ends_word(t, before));
}

struct look {
    bool special, breaks, tab, indicators;
    bool break_space, space_break, edge_space, edge_break, trailing_space;
};

/* What stands at i, and how it follows what stood before. */
static void look_at(struct text t, size_t i, size_t len, size_t before, struct look *seen)
{
    bool space = t.at[i] == ' ', edge = i == 0 || i + len == t.len;
    bool after_space = i > 0 && t.at[before] == ' ';

    if (space) {
        seen->edge_space = seen->edge_space || edge;
        seen->trailing_space = i + len == t.len;
        seen->break_space = seen->break_space || (i > 0 && yaml_text_break(behind(t, before)));
    } else if (yaml_text_break(behind(t, i))) {
        seen->breaks = true;
        seen->edge_break = seen->edge_break || edge;
        seen->space_break = seen->space_break || after_space;
    }
}

static void look_through(struct text t, enum yaml_write_form form, struct look *seen,
                         struct yaml_text *out)
{
    size_t before = 0, len;

    for (size_t i = 0; i < t.len; before = i, i += len) {
        unsigned rune = (unsigned char)t.at[i];

        len = 1;
        out->runes++;
        if (rune >= 0x80) {
            len = json_rune(behind(t, i), &rune);
            len = len ? len : 1;
        } else if ((rune >= 'a' && rune <= 'z') || (rune >= '0' && rune <= '9')) {
            continue; /* the most of most texts */
        }
        if (rune == '\t' && form == YAML_WRITE_PRETTY)
            seen->tab = true;
        else if (!yaml_text_printable(rune, len))
            seen->special = true;
        seen->indicators = seen->indicators || is_indicator(t, i, before);
        look_at(t, i, len, before, seen);
    }
}

void yaml_text_look(struct text t, enum yaml_write_form form, struct yaml_text *out)
{
    struct look seen = {0};
    bool strange;

    *out = (struct yaml_text){.text = t};
    seen.indicators = text_starts_with(t, "---") || text_starts_with(t, "...");
    look_through(t, form, &seen, out);
    strange = seen.space_break || seen.special;
    out->multi_line = seen.breaks;
    out->plain = !(strange || seen.tab || seen.breaks || seen.edge_space || seen.edge_break ||
                   seen.break_space || seen.indicators);
    out->single_quoted = !(strange || seen.tab || seen.break_space);
    out->block = t.len && !strange && !seen.trailing_space;
    out->escaped_whole = text_starts_with(t, "\xef\xbb\xbf");
}

/* --- order ---------------------------------------------------------------- */

static bool is_digit(unsigned rune)
{
    return rune >= '0' && rune <= '9';
}

static unsigned rune_at(struct text t, size_t i)
{
    unsigned rune;

    json_rune(behind(t, i), &rune);
    return rune;
}

/* Digits from i on, as a number that wraps as Go's int64 does. */
static int64_t number_at(struct text t, size_t i, uint64_t seed, size_t *digits)
{
    uint64_t number = seed;

    for (*digits = 0; i < t.len && is_digit((unsigned char)t.at[i]); i++, ++*digits)
        number = number * 10 + (uint64_t)(t.at[i] - '0');
    return (int64_t)number;
}

/* Zeros behind other digits count: "100" and "101" differ at their end. */
static bool follows_digits(struct text t, size_t i)
{
    while (i-- > 0 && is_digit((unsigned char)t.at[i]))
        if (t.at[i] != '0')
            return true;
    return false;
}

static int order_of_numbers(struct text left, struct text right, size_t i)
{
    unsigned l = rune_at(left, i), r = rune_at(right, i);
    uint64_t seed = (l == '0' || r == '0') && follows_digits(left, i);
    size_t left_digits, right_digits;
    int64_t left_number = number_at(left, i, seed, &left_digits);
    int64_t right_number = number_at(right, i, seed, &right_digits);

    if (left_number != right_number)
        return left_number < right_number ? -1 : 1;
    if (left_digits != right_digits)
        return left_digits < right_digits ? -1 : 1;
    return l < r ? -1 : 1;
}

int yaml_text_order(struct text left, struct text right, enum yaml_write_form form)
{
    size_t i = 0;
    bool left_letter, right_letter;
    unsigned l, r;

    while (i < left.len && i < right.len && left.at[i] == right.at[i])
        i++;
    if (i == left.len || i == right.len)
        return (left.len > right.len) - (left.len < right.len);
    while (i > 0 && ((unsigned char)left.at[i] & 0xc0) == 0x80)
        i--; /* to the beginning of the character */
    l = rune_at(left, i);
    r = rune_at(right, i);
    left_letter = letter_is(l);
    right_letter = letter_is(r);
    if (left_letter && right_letter)
        return l < r ? -1 : 1;
    if (left_letter || right_letter) {
        bool digits = form == YAML_WRITE_PRETTY && i > 0 && is_digit((unsigned char)left.at[i - 1]);

        return (digits ? left_letter : right_letter) ? -1 : 1;
    }
    return order_of_numbers(left, right, i);
}
