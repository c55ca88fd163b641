#include "template/regex_syntax.h"

#include <string.h>

#include "template/regex_rune.h"
#include "template/unicode.h"

enum { REPEAT_MAX = 1000 };

/* --- repetition ----------------------------------------------------------- */

/* A number without leading zeros; false when there is none. Capped. */
static bool read_count(struct text *t, int *count)
{
    if (!t->len || t->at[0] < '0' || t->at[0] > '9')
        return false;
    if (t->len >= 2 && t->at[0] == '0' && t->at[1] >= '0' && t->at[1] <= '9')
        return false;
    for (*count = 0; t->len && t->at[0] >= '0' && t->at[0] <= '9'; *t = regex_rune_skip(*t, 1))
        if (*count <= REPEAT_MAX)
            *count = *count * 10 + (t->at[0] - '0');
    return true;
}

/* "{2}", "{2,}" or "{2,3}" with its length; *max is -1 for no end. */
static bool is_braces(struct text t, int *min, int *max, size_t *len)
{
    struct text rest = regex_rune_skip(t, 1);

    if (!read_count(&rest, min))
        return false;
    *max = *min;
    if (text_starts_with(rest, ",")) {
        rest = regex_rune_skip(rest, 1);
        if (!read_count(&rest, max)) {
            if (!text_starts_with(rest, "}"))
                return false;
            *max = -1;
        }
    }
    *len = (size_t)(rest.at - t.at) + 1;
    return text_starts_with(rest, "}");
}

static bool add_repetition(struct regex_reading *s, size_t len)
{
    const char *from = s->rest.at;
    bool lazy, swapped = s->flags & REGEX_SWAP_GREEDY;
    struct text operator= {from, len};

    s->rest = regex_rune_skip(s->rest, len);
    lazy = regex_rune_follows(s, "?");
    s->rest = regex_rune_skip(s->rest, lazy);
    if (s->repeated)
        return regex_rune_fail(s, "invalid nested repetition operator", s->repeated, s->rest.at);
    if (!s->operand)
        return regex_rune_fail(s, "missing argument to repetition operator", from, s->rest.at);
    text_add(&s->out, operator);
    text_add_z(&s->out, lazy != swapped ? "?" : "");
    s->repeated = from;
    return true;
}

static bool read_braces(struct regex_reading *s)
{
    const char *from = s->rest.at;
    int min, max;
    size_t len;

    if (!is_braces(s->rest, &min, &max, &len)) {
        s->rest = regex_rune_skip(s->rest, 1);
        s->repeated = NULL;
        return regex_rune_literal(s, '{');
    }
    if (min > REPEAT_MAX || max > REPEAT_MAX || (max >= 0 && min > max))
        return regex_rune_fail(s, "invalid repeat count", from, from + len);
    return add_repetition(s, len);
}

/* --- groups --------------------------------------------------------------- */

static bool open_group(struct regex_reading *s, unsigned flags)
{
    if (s->depth == REGEX_NESTING_MAX)
        return regex_rune_fail(s, "expression nests too deeply", s->whole.at, regex_rune_end(s));
    s->outer[s->depth++] = s->flags;
    s->flags = flags;
    s->operand = false;
    return true;
}

static bool open_capture(struct regex_reading *s, struct text name)
{
    s->names[s->group_count++] = name;
    text_add_char(&s->out, '(');
    return open_group(s, s->flags);
}

/* "(?P<name>" or "(?<name>" */
static bool read_named(struct regex_reading *s)
{
    const char *from = s->rest.at;
    size_t start = regex_rune_follows(s, "(?P<") ? 4 : 3, len = start;
    struct text name;

    while (len < s->rest.len && from[len] != '>')
        len++;
    if (len == s->rest.len)
        return regex_rune_fail(s, "invalid named capture", from, regex_rune_end(s));
    name = (struct text){from + start, len - start};
    for (size_t i = 0; i < name.len; i++)
        if (!regex_rune_is_word(name.at[i]))
            return regex_rune_fail(s, "invalid named capture", from, from + len + 1);
    if (!name.len)
        return regex_rune_fail(s, "invalid named capture", from, from + len + 1);
    s->rest = regex_rune_skip(s->rest, len + 1);
    return open_capture(s, name);
}

/* "(?i)", "(?i-s:" and "(?:" */
static bool read_flags(struct regex_reading *s)
{
    static const char letters[] = "imsU"; /* in the order of the bits */
    const char *from = s->rest.at, *known;
    unsigned on = 0, off = 0, *named = &on;

    s->rest = regex_rune_skip(s->rest, 2);
    while (s->rest.len) {
        char c = s->rest.at[0];

        s->rest = regex_rune_skip(s->rest, 1);
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
    return regex_rune_fail(s, "invalid or unsupported Perl syntax", from, s->rest.at);
}

static bool read_open(struct regex_reading *s)
{
    if (regex_rune_follows(s, "(?P<") || regex_rune_follows(s, "(?<"))
        return read_named(s);
    if (regex_rune_follows(s, "(?"))
        return read_flags(s);
    s->rest = regex_rune_skip(s->rest, 1);
    return open_capture(s, TEXT(""));
}

static bool read_close(struct regex_reading *s)
{
    if (!s->depth)
        return regex_rune_fail(s, "unexpected )", s->whole.at, regex_rune_end(s));
    s->flags = s->outer[--s->depth];
    s->rest = regex_rune_skip(s->rest, 1);
    text_add_char(&s->out, ')');
    s->operand = true;
    return true;
}

/* --- the whole ------------------------------------------------------------ */

static bool read_token(struct regex_reading *s)
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
        return regex_rune_class(s);
    if (c == '\\')
        return regex_rune_escape(s);
    unicode_take(&s->rest, &rune, NULL);
    if (c == '|') {
        text_add_char(&s->out, '|');
        s->operand = false;
        return true;
    }
    /* Lines: PCRE2 would not see one behind a last newline, and $ would look past it. */
    if (c == '^')
        return regex_rune_operand(s, s->flags & REGEX_MULTI ? "(?<![^\\n])" : "\\A");
    if (c == '$')
        return regex_rune_operand(s, s->flags & REGEX_MULTI ? "(?![^\\n])" : "\\z");
    if (c == '.')
        return regex_rune_operand(s, s->flags & REGEX_DOT_ALL ? "[\\x{0}-\\x{10ffff}]" : "[^\\n]");
    return regex_rune_literal(s, rune);
}

static size_t count_groups(struct text pattern)
{
    size_t count = 1;

    for (size_t i = 0; i < pattern.len; i++)
        count += pattern.at[i] == '(';
    return count;
}

static bool check_text(struct regex_reading *s)
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
    struct regex_reading *s = arena_alloc(a, sizeof(*s));
    bool read;

    s->arena = a;
    s->whole = s->rest = pattern;
    s->group_count = 1;
    s->names = arena_array(a, count_groups(pattern), sizeof(*s->names));
    text_builder_init(&s->out, a, 64 * (size_t)REGEX_PATTERN_BYTES_MAX);
    read = check_text(s);
    while (read && s->rest.len)
        read = read_token(s);
    if (read && s->depth)
        read = regex_rune_fail(s, "missing closing )", s->whole.at, regex_rune_end(s));
    if (read && s->out.overflow)
        read = regex_rune_fail(s, "expression too large", s->whole.at, s->whole.at);
    *reason = s->reason;
    *out = (struct regex_syntax){text_built(&s->out), s->group_count, s->names};
    return read;
}
