#include "template/regex_rune.h"

#include <string.h>

#include "template/unicode.h"

struct text regex_rune_skip(struct text t, size_t count)
{
    return (struct text){t.at + count, t.len - count};
}

bool regex_rune_fail(struct regex_reading *s, const char *what, const char *from, const char *to)
{
    s->reason = text_f(s->arena, "error parsing regexp: %s: `%.*s`", what, (int)(to - from), from);
    return false;
}

bool regex_rune_follows(const struct regex_reading *s, const char *z)
{
    return text_starts_with(s->rest, z);
}

const char *regex_rune_end(const struct regex_reading *s)
{
    return s->whole.at + s->whole.len;
}

/* --- writing -------------------------------------------------------------- */

static void add_rune(struct regex_reading *s, uint32_t rune)
{
    bool plain = rune < 0x80 && (unicode_is_letter(rune) || unicode_is_digit(rune));

    if (plain)
        text_add_char(&s->out, (char)rune);
    else
        text_add_f(&s->out, "\\x{%x}", rune);
}

/* One thing that can be repeated. */
static void open_operand(struct regex_reading *s)
{
    text_add_z(&s->out, s->flags & REGEX_FOLD ? "(?i:" : "(?:");
}

static bool close_operand(struct regex_reading *s)
{
    text_add_char(&s->out, ')');
    s->operand = true;
    return true;
}

bool regex_rune_operand(struct regex_reading *s, const char *z)
{
    open_operand(s);
    text_add_z(&s->out, z);
    return close_operand(s);
}

bool regex_rune_literal(struct regex_reading *s, uint32_t rune)
{
    if (s->flags & REGEX_FOLD)
        open_operand(s);
    add_rune(s, rune);
    if (s->flags & REGEX_FOLD)
        text_add_char(&s->out, ')');
    s->operand = true;
    return true;
}

/* --- escapes -------------------------------------------------------------- */

/* Go's \s has no vertical tab, and none of these knows more than ASCII. */
static const struct {
    char letter;
    const char *members;
} perl_classes[] = {
    {'d', "0-9"},
    {'D', "\\x{0}-\\x{2f}\\x{3a}-\\x{10ffff}"},
    {'s', "\\x{9}\\x{a}\\x{c}\\x{d}\\x{20}"},
    {'S', "\\x{0}-\\x{8}\\x{b}\\x{e}-\\x{1f}\\x{21}-\\x{10ffff}"},
    {'w', "0-9A-Za-z\\x{5f}"},
    {'W', "\\x{0}-\\x{2f}\\x{3a}-\\x{40}\\x{5b}-\\x{5e}\\x{60}\\x{7b}-\\x{10ffff}"},
};

static const char *perl_class(struct text t)
{
    if (t.len >= 2 && t.at[0] == '\\')
        for (size_t i = 0; i < sizeof perl_classes / sizeof perl_classes[0]; i++)
            if (perl_classes[i].letter == t.at[1])
                return perl_classes[i].members;
    return NULL;
}

bool regex_rune_is_word(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Script names take "sc:", without it PCRE2 would look at script extensions. */
static bool add_property(struct regex_reading *s, struct text name, bool negated)
{
    bool category = name.len <= 2 || text_is(name, "Any");

    text_add_f(&s->out, "\\%c{%s%.*s}", negated ? 'P' : 'p', category ? "" : "sc:", (int)name.len,
               name.at);
    return true;
}

/* \pL, \p{Greek}, \P{^Lu}; the caller has seen that it is one. */
static bool read_property(struct regex_reading *s)
{
    const char *from = s->rest.at;
    bool negated = from[1] == 'P';
    struct text name;
    size_t len = 0;

    s->rest = regex_rune_skip(s->rest, 2);
    if (!s->rest.len)
        return regex_rune_fail(s, "invalid character class range", from, regex_rune_end(s));
    if (s->rest.at[0] != '{') {
        name = (struct text){s->rest.at, 1};
        s->rest = regex_rune_skip(s->rest, 1);
    } else {
        while (len < s->rest.len && s->rest.at[len] != '}')
            len++;
        if (len == s->rest.len)
            return regex_rune_fail(s, "invalid character class range", from, regex_rune_end(s));
        name = (struct text){s->rest.at + 1, len - 1};
        s->rest = regex_rune_skip(s->rest, len + 1);
    }
    if (name.len && name.at[0] == '^') {
        negated = !negated;
        name = regex_rune_skip(name, 1);
    }
    for (size_t i = 0; i < name.len; i++)
        if (!regex_rune_is_word(name.at[i]) || name.at[i] == '_')
            return regex_rune_fail(s, "invalid character class range", from, s->rest.at);
    return name.len ? add_property(s, name, negated)
                    : regex_rune_fail(s, "invalid character class range", from, s->rest.at);
}

static int hexadecimal(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind "\x": two digits, or any number of them in braces. */
static bool read_hexadecimal(struct regex_reading *s, uint32_t *rune)
{
    bool braces = s->rest.len && s->rest.at[0] == '{';
    size_t digits = 0;

    s->rest = regex_rune_skip(s->rest, braces);
    *rune = 0;
    while (s->rest.len && hexadecimal(s->rest.at[0]) >= 0 && (braces || digits < 2)) {
        *rune = *rune * 16 + (uint32_t)hexadecimal(s->rest.at[0]);
        s->rest = regex_rune_skip(s->rest, 1);
        digits++;
        if (*rune > RUNE_MAX)
            return false;
    }
    if (!braces)
        return digits == 2;
    if (!digits || !s->rest.len || s->rest.at[0] != '}')
        return false;
    s->rest = regex_rune_skip(s->rest, 1);
    return true;
}

static bool is_octal(struct text t)
{
    return t.len && t.at[0] >= '0' && t.at[0] <= '7';
}

static bool read_octal(struct regex_reading *s, char first, uint32_t *rune)
{
    /* A single digit would be a back-reference. */
    if (first != '0' && !is_octal(s->rest))
        return false;
    *rune = (uint32_t)(first - '0');
    for (size_t i = 0; i < 2 && is_octal(s->rest); i++) {
        *rune = *rune * 8 + (uint32_t)(s->rest.at[0] - '0');
        s->rest = regex_rune_skip(s->rest, 1);
    }
    return true;
}

/* An escape that stands for one rune. */
static bool read_escape(struct regex_reading *s, uint32_t *rune)
{
    static const char letters[] = "abtnvfr"; /* b is not among Go's */
    const char *from = s->rest.at, *named;
    size_t len;
    bool read = false;

    s->rest = regex_rune_skip(s->rest, 1);
    if (!s->rest.len)
        return regex_rune_fail(s, "trailing backslash at end of expression", from, from);
    *rune = rune_decode(s->rest, 0, &len);
    s->rest = regex_rune_skip(s->rest, len);
    named = *rune < 0x80 && *rune != 'b' && *rune ? strchr(letters, (int)*rune) : NULL;
    if (named) {
        *rune = (uint32_t)('\a' + (named - letters));
        return true;
    }
    if (*rune >= '0' && *rune <= '7')
        read = read_octal(s, (char)*rune, rune);
    else if (*rune == 'x')
        read = read_hexadecimal(s, rune);
    else
        read = *rune < 0x80 && (!regex_rune_is_word((char)*rune) || *rune == '_');
    if (!read && from[1] == 'x' && *rune <= RUNE_MAX && s->rest.len) /* Go has looked at one more */
        unicode_take(&s->rest, rune, NULL);
    return read || regex_rune_fail(s, "invalid escape sequence", from, s->rest.at);
}

/* \Q...\E */
static bool read_verbatim(struct regex_reading *s)
{
    uint32_t rune;

    s->rest = regex_rune_skip(s->rest, 2);
    while (s->rest.len && !regex_rune_follows(s, "\\E")) {
        unicode_take(&s->rest, &rune, NULL);
        regex_rune_literal(s, rune);
    }
    s->rest = regex_rune_skip(s->rest, s->rest.len ? 2 : 0);
    return true;
}

bool regex_rune_escape(struct regex_reading *s)
{
    static const struct {
        const char *escape, *written;
    } anchors[] = {{"\\A", "\\A"}, {"\\z", "\\z"}, {"\\b", "\\b"}, {"\\B", "\\B"}};
    const char *members = perl_class(s->rest);
    uint32_t rune;

    for (size_t i = 0; i < sizeof anchors / sizeof anchors[0]; i++)
        if (regex_rune_follows(s, anchors[i].escape)) {
            s->rest = regex_rune_skip(s->rest, 2);
            return regex_rune_operand(s, anchors[i].written);
        }
    if (regex_rune_follows(s, "\\Q"))
        return read_verbatim(s);
    if (members) {
        s->rest = regex_rune_skip(s->rest, 2);
        return regex_rune_operand(s, text_f(s->arena, "[%s]", members));
    }
    if (regex_rune_follows(s, "\\p") || regex_rune_follows(s, "\\P")) {
        open_operand(s);
        return read_property(s) && close_operand(s);
    }
    return read_escape(s, &rune) && regex_rune_literal(s, rune);
}

/* --- classes -------------------------------------------------------------- */

/* Takes "[:alpha:]"; false when there is none or it is none (s->reason tells). */
static bool read_posix(struct regex_reading *s)
{
    static const char known[] = " alnum alpha ascii blank cntrl digit graph lower print punct "
                                "space upper word xdigit ";
    const char *from = s->rest.at;
    struct text name;
    size_t len = 2;

    if (!regex_rune_follows(s, "[:"))
        return false;
    while (len + 1 < s->rest.len && !(from[len] == ':' && from[len + 1] == ']'))
        len++;
    if (len + 1 >= s->rest.len)
        return false;
    name = (struct text){from + 2, len - 2};
    if (name.len && name.at[0] == '^')
        name = regex_rune_skip(name, 1);
    if (!strstr(known, text_f(s->arena, " %.*s ", (int)name.len, name.at)))
        return regex_rune_fail(s, "invalid character class range", from, from + len + 2);
    text_add(&s->out, (struct text){from, len + 2});
    s->rest = regex_rune_skip(s->rest, len + 2);
    return true;
}

static bool read_class_rune(struct regex_reading *s, const char *class, uint32_t *rune)
{
    if (!s->rest.len)
        return regex_rune_fail(s, "missing closing ]", class, regex_rune_end(s));
    if (s->rest.at[0] == '\\')
        return read_escape(s, rune);
    return unicode_take(&s->rest, rune, NULL);
}

static bool read_class_range(struct regex_reading *s, const char *class)
{
    const char *from = s->rest.at;
    uint32_t low, high;

    if (!read_class_rune(s, class, &low))
        return false;
    high = low;
    if (s->rest.len >= 2 && s->rest.at[0] == '-' && s->rest.at[1] != ']') {
        s->rest = regex_rune_skip(s->rest, 1);
        if (!read_class_rune(s, class, &high))
            return false;
        if (high < low)
            return regex_rune_fail(s, "invalid character class range", from, s->rest.at);
    }
    add_rune(s, low);
    if (high != low) {
        text_add_char(&s->out, '-');
        add_rune(s, high);
    }
    return true;
}

static bool read_class_item(struct regex_reading *s, const char *class)
{
    const char *members = perl_class(s->rest);

    if (read_posix(s))
        return true;
    if (s->reason)
        return false;
    if (members) {
        text_add_z(&s->out, members);
        s->rest = regex_rune_skip(s->rest, 2);
        return true;
    }
    if (regex_rune_follows(s, "\\p") || regex_rune_follows(s, "\\P"))
        return read_property(s);
    return read_class_range(s, class);
}

bool regex_rune_class(struct regex_reading *s)
{
    const char *class = s->rest.at;
    bool first = true;

    open_operand(s);
    s->rest = regex_rune_skip(s->rest, 1);
    text_add_char(&s->out, '[');
    if (regex_rune_follows(s, "^")) {
        text_add_char(&s->out, '^');
        s->rest = regex_rune_skip(s->rest, 1);
    }
    while (first || !regex_rune_follows(s, "]")) {
        if (!s->rest.len)
            return regex_rune_fail(s, "missing closing ]", class, regex_rune_end(s));
        if (!read_class_item(s, class))
            return false;
        first = false;
    }
    s->rest = regex_rune_skip(s->rest, 1);
    text_add_char(&s->out, ']');
    return close_operand(s);
}
