#include "template/regex_syntax.h"

#include <string.h>

#include "template/unicode.h"

enum { FOLD = 1 << 0, MULTI = 1 << 1, DOT_ALL = 1 << 2, SWAP_GREEDY = 1 << 3 };
enum { REPEAT_MAX = 1000 };

struct syntax {
    struct arena *arena;
    struct text whole, rest;
    struct text_builder out;
    unsigned flags, outer[REGEX_NESTING_MAX]; /* of the open groups */
    size_t depth, group_count;
    struct text *names;
    const char *repeated; /* where the repetition starts that was just read */
    bool operand;         /* there is something to repeat */
    const char *reason;
};

static struct text skip(struct text t, size_t count)
{
    return (struct text){t.at + count, t.len - count};
}

static bool fail(struct syntax *s, const char *what, const char *from, const char *to)
{
    s->reason = text_f(s->arena, "error parsing regexp: %s: `%.*s`", what, (int)(to - from), from);
    return false;
}

static bool starts(const struct syntax *s, const char *z)
{
    return text_starts_with(s->rest, z);
}

static const char *end(const struct syntax *s)
{
    return s->whole.at + s->whole.len;
}

/* --- writing -------------------------------------------------------------- */

static void add_rune(struct syntax *s, uint32_t rune)
{
    bool plain = rune < 0x80 && (unicode_is_letter(rune) || unicode_is_digit(rune));

    if (plain)
        text_add_char(&s->out, (char)rune);
    else
        text_add_f(&s->out, "\\x{%x}", rune);
}

/* One thing that can be repeated. */
static void open_operand(struct syntax *s)
{
    text_add_z(&s->out, s->flags & FOLD ? "(?i:" : "(?:");
}

static bool close_operand(struct syntax *s)
{
    text_add_char(&s->out, ')');
    s->operand = true;
    return true;
}

static bool add_operand(struct syntax *s, const char *z)
{
    open_operand(s);
    text_add_z(&s->out, z);
    return close_operand(s);
}

static bool add_literal(struct syntax *s, uint32_t rune)
{
    if (s->flags & FOLD)
        open_operand(s);
    add_rune(s, rune);
    if (s->flags & FOLD)
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

static bool is_word(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Script names take "sc:", without it PCRE2 would look at script extensions. */
static bool add_property(struct syntax *s, struct text name, bool negated)
{
    bool category = name.len <= 2 || text_is(name, "Any");

    text_add_f(&s->out, "\\%c{%s%.*s}", negated ? 'P' : 'p', category ? "" : "sc:", (int)name.len,
               name.at);
    return true;
}

/* \pL, \p{Greek}, \P{^Lu}; the caller has seen that it is one. */
static bool read_property(struct syntax *s)
{
    const char *from = s->rest.at;
    bool negated = from[1] == 'P';
    struct text name;
    size_t len = 0;

    s->rest = skip(s->rest, 2);
    if (!s->rest.len)
        return fail(s, "invalid character class range", from, end(s));
    if (s->rest.at[0] != '{') {
        name = (struct text){s->rest.at, 1};
        s->rest = skip(s->rest, 1);
    } else {
        while (len < s->rest.len && s->rest.at[len] != '}')
            len++;
        if (len == s->rest.len)
            return fail(s, "invalid character class range", from, end(s));
        name = (struct text){s->rest.at + 1, len - 1};
        s->rest = skip(s->rest, len + 1);
    }
    if (name.len && name.at[0] == '^') {
        negated = !negated;
        name = skip(name, 1);
    }
    for (size_t i = 0; i < name.len; i++)
        if (!is_word(name.at[i]) || name.at[i] == '_')
            return fail(s, "invalid character class range", from, s->rest.at);
    return name.len ? add_property(s, name, negated)
                    : fail(s, "invalid character class range", from, s->rest.at);
}

static int hexadecimal(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind "\x": two digits, or any number of them in braces. */
static bool read_hexadecimal(struct syntax *s, uint32_t *rune)
{
    bool braces = s->rest.len && s->rest.at[0] == '{';
    size_t digits = 0;

    s->rest = skip(s->rest, braces);
    *rune = 0;
    while (s->rest.len && hexadecimal(s->rest.at[0]) >= 0 && (braces || digits < 2)) {
        *rune = *rune * 16 + (uint32_t)hexadecimal(s->rest.at[0]);
        s->rest = skip(s->rest, 1);
        digits++;
        if (*rune > RUNE_MAX)
            return false;
    }
    if (!braces)
        return digits == 2;
    if (!digits || !s->rest.len || s->rest.at[0] != '}')
        return false;
    s->rest = skip(s->rest, 1);
    return true;
}

static bool is_octal(struct text t)
{
    return t.len && t.at[0] >= '0' && t.at[0] <= '7';
}

static bool read_octal(struct syntax *s, char first, uint32_t *rune)
{
    /* A single digit would be a back-reference. */
    if (first != '0' && !is_octal(s->rest))
        return false;
    *rune = (uint32_t)(first - '0');
    for (size_t i = 0; i < 2 && is_octal(s->rest); i++) {
        *rune = *rune * 8 + (uint32_t)(s->rest.at[0] - '0');
        s->rest = skip(s->rest, 1);
    }
    return true;
}

/* An escape that stands for one rune. */
static bool read_escape(struct syntax *s, uint32_t *rune)
{
    static const char letters[] = "abtnvfr"; /* b is not among Go's */
    const char *from = s->rest.at, *named;
    size_t len;
    bool read = false;

    s->rest = skip(s->rest, 1);
    if (!s->rest.len)
        return fail(s, "trailing backslash at end of expression", from, from);
    *rune = rune_decode(s->rest, 0, &len);
    s->rest = skip(s->rest, len);
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
        read = *rune < 0x80 && (!is_word((char)*rune) || *rune == '_');
    if (!read && from[1] == 'x' && *rune <= RUNE_MAX && s->rest.len) /* Go has looked at one more */
        unicode_take(&s->rest, rune, NULL);
    return read || fail(s, "invalid escape sequence", from, s->rest.at);
}

/* \Q...\E */
static bool read_verbatim(struct syntax *s)
{
    uint32_t rune;

    s->rest = skip(s->rest, 2);
    while (s->rest.len && !starts(s, "\\E")) {
        unicode_take(&s->rest, &rune, NULL);
        add_literal(s, rune);
    }
    s->rest = skip(s->rest, s->rest.len ? 2 : 0);
    return true;
}

static bool read_backslash(struct syntax *s)
{
    static const struct {
        const char *escape, *written;
    } anchors[] = {{"\\A", "\\A"}, {"\\z", "\\z"}, {"\\b", "\\b"}, {"\\B", "\\B"}};
    const char *members = perl_class(s->rest);
    uint32_t rune;

    for (size_t i = 0; i < sizeof anchors / sizeof anchors[0]; i++)
        if (starts(s, anchors[i].escape)) {
            s->rest = skip(s->rest, 2);
            return add_operand(s, anchors[i].written);
        }
    if (starts(s, "\\Q"))
        return read_verbatim(s);
    if (members) {
        s->rest = skip(s->rest, 2);
        return add_operand(s, text_f(s->arena, "[%s]", members));
    }
    if (starts(s, "\\p") || starts(s, "\\P")) {
        open_operand(s);
        return read_property(s) && close_operand(s);
    }
    return read_escape(s, &rune) && add_literal(s, rune);
}

/* --- classes -------------------------------------------------------------- */

/* Takes "[:alpha:]"; false when there is none or it is none (s->reason tells). */
static bool read_posix(struct syntax *s)
{
    static const char known[] = " alnum alpha ascii blank cntrl digit graph lower print punct "
                                "space upper word xdigit ";
    const char *from = s->rest.at;
    struct text name;
    size_t len = 2;

    if (!starts(s, "[:"))
        return false;
    while (len + 1 < s->rest.len && !(from[len] == ':' && from[len + 1] == ']'))
        len++;
    if (len + 1 >= s->rest.len)
        return false;
    name = (struct text){from + 2, len - 2};
    if (name.len && name.at[0] == '^')
        name = skip(name, 1);
    if (!strstr(known, text_f(s->arena, " %.*s ", (int)name.len, name.at)))
        return fail(s, "invalid character class range", from, from + len + 2);
    text_add(&s->out, (struct text){from, len + 2});
    s->rest = skip(s->rest, len + 2);
    return true;
}

static bool read_class_rune(struct syntax *s, const char *class, uint32_t *rune)
{
    if (!s->rest.len)
        return fail(s, "missing closing ]", class, end(s));
    if (s->rest.at[0] == '\\')
        return read_escape(s, rune);
    return unicode_take(&s->rest, rune, NULL);
}

static bool read_class_range(struct syntax *s, const char *class)
{
    const char *from = s->rest.at;
    uint32_t low, high;

    if (!read_class_rune(s, class, &low))
        return false;
    high = low;
    if (s->rest.len >= 2 && s->rest.at[0] == '-' && s->rest.at[1] != ']') {
        s->rest = skip(s->rest, 1);
        if (!read_class_rune(s, class, &high))
            return false;
        if (high < low)
            return fail(s, "invalid character class range", from, s->rest.at);
    }
    add_rune(s, low);
    if (high != low) {
        text_add_char(&s->out, '-');
        add_rune(s, high);
    }
    return true;
}

static bool read_class_item(struct syntax *s, const char *class)
{
    const char *members = perl_class(s->rest);

    if (read_posix(s))
        return true;
    if (s->reason)
        return false;
    if (members) {
        text_add_z(&s->out, members);
        s->rest = skip(s->rest, 2);
        return true;
    }
    if (starts(s, "\\p") || starts(s, "\\P"))
        return read_property(s);
    return read_class_range(s, class);
}

static bool read_class(struct syntax *s)
{
    const char *class = s->rest.at;
    bool first = true;

    open_operand(s);
    s->rest = skip(s->rest, 1);
    text_add_char(&s->out, '[');
    if (starts(s, "^")) {
        text_add_char(&s->out, '^');
        s->rest = skip(s->rest, 1);
    }
    while (first || !starts(s, "]")) {
        if (!s->rest.len)
            return fail(s, "missing closing ]", class, end(s));
        if (!read_class_item(s, class))
            return false;
        first = false;
    }
    s->rest = skip(s->rest, 1);
    text_add_char(&s->out, ']');
    return close_operand(s);
}

/* --- repetition ----------------------------------------------------------- */

/* A number without leading zeros; false when there is none. Capped. */
static bool read_count(struct text *t, int *count)
{
    if (!t->len || t->at[0] < '0' || t->at[0] > '9')
        return false;
    if (t->len >= 2 && t->at[0] == '0' && t->at[1] >= '0' && t->at[1] <= '9')
        return false;
    for (*count = 0; t->len && t->at[0] >= '0' && t->at[0] <= '9'; *t = skip(*t, 1))
        if (*count <= REPEAT_MAX)
            *count = *count * 10 + (t->at[0] - '0');
    return true;
}

/* "{2}", "{2,}" or "{2,3}" with its length; *max is -1 for no end. */
static bool is_braces(struct text t, int *min, int *max, size_t *len)
{
    struct text rest = skip(t, 1);

    if (!read_count(&rest, min))
        return false;
    *max = *min;
    if (text_starts_with(rest, ",")) {
        rest = skip(rest, 1);
        if (!read_count(&rest, max)) {
            if (!text_starts_with(rest, "}"))
                return false;
            *max = -1;
        }
    }
    *len = (size_t)(rest.at - t.at) + 1;
    return text_starts_with(rest, "}");
}

static bool add_repetition(struct syntax *s, size_t len)
{
    const char *from = s->rest.at;
    bool lazy, swapped = s->flags & SWAP_GREEDY;
    struct text operator= {from, len};

    s->rest = skip(s->rest, len);
    lazy = starts(s, "?");
    s->rest = skip(s->rest, lazy);
    if (s->repeated)
        return fail(s, "invalid nested repetition operator", s->repeated, s->rest.at);
    if (!s->operand)
        return fail(s, "missing argument to repetition operator", from, s->rest.at);
    text_add(&s->out, operator);
    text_add_z(&s->out, lazy != swapped ? "?" : "");
    s->repeated = from;
    return true;
}

static bool read_braces(struct syntax *s)
{
    const char *from = s->rest.at;
    int min, max;
    size_t len;

    if (!is_braces(s->rest, &min, &max, &len)) {
        s->rest = skip(s->rest, 1);
        s->repeated = NULL;
        return add_literal(s, '{');
    }
    if (min > REPEAT_MAX || max > REPEAT_MAX || (max >= 0 && min > max))
        return fail(s, "invalid repeat count", from, from + len);
    return add_repetition(s, len);
}

/* --- groups --------------------------------------------------------------- */

static bool open_group(struct syntax *s, unsigned flags)
{
    if (s->depth == REGEX_NESTING_MAX)
        return fail(s, "expression nests too deeply", s->whole.at, end(s));
    s->outer[s->depth++] = s->flags;
    s->flags = flags;
    s->operand = false;
    return true;
}

static bool open_capture(struct syntax *s, struct text name)
{
    s->names[s->group_count++] = name;
    text_add_char(&s->out, '(');
    return open_group(s, s->flags);
}

/* "(?P<name>" or "(?<name>" */
static bool read_named(struct syntax *s)
{
    const char *from = s->rest.at;
    size_t start = starts(s, "(?P<") ? 4 : 3, len = start;
    struct text name;

    while (len < s->rest.len && from[len] != '>')
        len++;
    if (len == s->rest.len)
        return fail(s, "invalid named capture", from, end(s));
    name = (struct text){from + start, len - start};
    for (size_t i = 0; i < name.len; i++)
        if (!is_word(name.at[i]))
            return fail(s, "invalid named capture", from, from + len + 1);
    if (!name.len)
        return fail(s, "invalid named capture", from, from + len + 1);
    s->rest = skip(s->rest, len + 1);
    return open_capture(s, name);
}

/* "(?i)", "(?i-s:" and "(?:" */
static bool read_flags(struct syntax *s)
{
    static const char letters[] = "imsU"; /* in the order of the bits */
    const char *from = s->rest.at, *known;
    unsigned on = 0, off = 0, *named = &on;

    s->rest = skip(s->rest, 2);
    while (s->rest.len) {
        char c = s->rest.at[0];

        s->rest = skip(s->rest, 1);
        known = c ? strchr(letters, c) : NULL;
        if (known) {
            *named |= 1u << (known - letters);
        } else if (c == '-' && named == &on) {
            named = &off;
        } else if ((c == ':' || c == ')') && (named == &on || off)) {
            unsigned flags = (s->flags | on) & ~off;

            if (c == ':')
                text_add_z(&s->out, "(?:");
            else
                s->flags = flags;
            return c == ')' || open_group(s, flags);
        } else {
            break;
        }
    }
    return fail(s, "invalid or unsupported Perl syntax", from, s->rest.at);
}

static bool read_open(struct syntax *s)
{
    if (starts(s, "(?P<") || starts(s, "(?<"))
        return read_named(s);
    if (starts(s, "(?"))
        return read_flags(s);
    s->rest = skip(s->rest, 1);
    return open_capture(s, TEXT(""));
}

static bool read_close(struct syntax *s)
{
    if (!s->depth)
        return fail(s, "unexpected )", s->whole.at, end(s));
    s->flags = s->outer[--s->depth];
    s->rest = skip(s->rest, 1);
    text_add_char(&s->out, ')');
    s->operand = true;
    return true;
}

/* --- the whole ------------------------------------------------------------ */

static bool read_token(struct syntax *s)
{
    char c = s->rest.at[0];
    uint32_t rune;

    if (c == '*' || c == '+' || c == '?')
        return add_repetition(s, 1);
    if (c == '{')
        return read_braces(s);
    s->repeated = NULL;
    if (c == '(')
        return read_open(s);
    if (c == ')')
        return read_close(s);
    if (c == '[')
        return read_class(s);
    if (c == '\\')
        return read_backslash(s);
    unicode_take(&s->rest, &rune, NULL);
    if (c == '|') {
        text_add_char(&s->out, '|');
        s->operand = false;
        return true;
    }
    /* Lines: PCRE2 would not see one behind a last newline, and $ would look past it. */
    if (c == '^')
        return add_operand(s, s->flags & MULTI ? "(?<![^\\n])" : "\\A");
    if (c == '$')
        return add_operand(s, s->flags & MULTI ? "(?![^\\n])" : "\\z");
    if (c == '.')
        return add_operand(s, s->flags & DOT_ALL ? "[\\x{0}-\\x{10ffff}]" : "[^\\n]");
    return add_literal(s, rune);
}

static size_t count_groups(struct text pattern)
{
    size_t count = 1;

    for (size_t i = 0; i < pattern.len; i++)
        count += pattern.at[i] == '(';
    return count;
}

static bool check_text(struct syntax *s)
{
    if (s->whole.len > REGEX_PATTERN_BYTES_MAX) {
        s->reason = "error parsing regexp: expression too large";
        return false;
    }
    if (!text_utf8_valid(s->whole)) {
        s->reason = "error parsing regexp: invalid UTF-8";
        return false;
    }
    return true;
}

bool regex_syntax_translate(struct arena *a, struct text pattern, struct regex_syntax *out,
                            const char **reason)
{
    struct syntax *s = arena_alloc(a, sizeof *s);
    bool read;

    s->arena = a;
    s->whole = s->rest = pattern;
    s->group_count = 1;
    s->names = arena_array(a, count_groups(pattern), sizeof *s->names);
    text_builder_init(&s->out, a, 64 * (size_t)REGEX_PATTERN_BYTES_MAX);
    read = check_text(s);
    while (read && s->rest.len)
        read = read_token(s);
    if (read && s->depth)
        read = fail(s, "missing closing )", s->whole.at, end(s));
    if (read && s->out.overflow)
        read = fail(s, "expression too large", s->whole.at, s->whole.at);
    *reason = s->reason;
    *out = (struct regex_syntax){text_built(&s->out), s->group_count, s->names};
    return read;
}
