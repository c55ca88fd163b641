#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "codec/yml.h"
#include "codec/yml_scalar.h"

enum {
    SIMPLE_KEY_BYTES_MAX = 200, /* YAML ends simple keys at 1,024 characters, escapes included */
};

/* What is written was read or built within the readers' limits. */
static const size_t output_bytes_max = SIZE_MAX / 4;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void write_node(struct text_builder *b, const struct value *v, int indent);

static void new_line(struct text_builder *b, int indent)
{
    text_add_char(b, '\n');
    for (int i = 0; i < indent; i++)
        text_add_char(b, ' ');
}

/* Characters that YAML does not print, or takes for the end of a line: C0 but
 * newline and tab, C1, U+2028, U+2029, U+FEFF, U+FFFE, U+FFFF. The number of
 * their bytes, or 0; *rune is what they stand for. */
static size_t special_at(struct text t, size_t i, unsigned *rune)
{
    const unsigned char *at = (const unsigned char *)t.at + i;
    size_t left = t.len - i;

    *rune = at[0];
    if (at[0] < 0x20 || at[0] == 0x7f)
        return at[0] != '\n' && at[0] != '\t';
    if (left < 2 || at[0] < 0xc2)
        return 0;
    if (at[0] == 0xc2 && at[1] < 0xa0) {
        *rune = at[1];
        return 2;
    }
    if (left < 3 || (at[0] != 0xe2 && at[0] != 0xef))
        return 0;
    *rune = (at[0] & 0xfu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
    return *rune == 0x2028 || *rune == 0x2029 || *rune == 0xfeff || *rune >= 0xfffe ? 3 : 0;
}

static bool has_special(struct text t)
{
    unsigned rune;

    for (size_t i = 0; i < t.len; i++)
        if (special_at(t, i, &rune))
            return true;
    return false;
}

static void write_quoted(struct text_builder *b, struct text t)
{
    unsigned rune;

    text_add_char(b, '"');
    for (size_t i = 0; i < t.len; i++) {
        size_t special = special_at(t, i, &rune);

        if (special) {
            text_add_f(b, rune < 0x100 ? "\\x%02x" : "\\u%04x", rune);
            i += special - 1;
        } else if (t.at[i] == '\n' || t.at[i] == '\t') {
            text_add_z(b, t.at[i] == '\n' ? "\\n" : "\\t");
        } else {
            if (t.at[i] == '"' || t.at[i] == '\\')
                text_add_char(b, '\\');
            text_add_char(b, t.at[i]);
        }
    }
    text_add_char(b, '"');
}

/* Digits and their company: numbers, dates and times to some reader. */
static bool looks_numeric(struct text t)
{
    bool digits = false;

    for (size_t i = 0; i < t.len; i++) {
        digits = digits || is_digit(t.at[i]);
        if (!is_digit(t.at[i]) && !strchr("+-.:_ eETtZzxXoO", t.at[i]))
            return false;
    }
    return digits;
}

/* Is the text a string when it stands there without quotes? */
static bool is_plain(struct arena *a, struct text t)
{
    char first = (char)(t.len ? t.at[0] : 0), last = (char)(t.len ? t.at[t.len - 1] : 0);
    bool letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') ||
                  is_digit(first) || first == '_' || first == '/' || (unsigned char)first >= 0x80;

    if (!letter || last == ' ' || last == ':' || looks_numeric(t) ||
        yml_scalar_meaning(a, t) != YML_STRING)
        return false;
    for (size_t i = 0; i + 1 < t.len; i++)
        if (t.at[i] == '\n' || t.at[i] == '\t' || (t.at[i] == ':' && t.at[i + 1] == ' ') ||
            (t.at[i] == ' ' && t.at[i + 1] == '#'))
            return false;
    return last != '\n' && last != '\t' && !has_special(t);
}

/* Several lines as a literal block, when nothing in them needs an escape and
 * the first shows where the block's text begins. */
static bool is_block(struct text t)
{
    return t.len > 1 && memchr(t.at, '\n', t.len) && !strchr(" \t\n", t.at[0]) && !has_special(t);
}

static void write_block(struct text_builder *b, struct text t, int indent)
{
    struct text line;
    bool ends = t.at[t.len - 1] == '\n', blank_end = ends && t.at[t.len - 2] == '\n';

    text_add_z(b, blank_end ? "|+" : ends ? "|" : "|-");
    t.len -= ends; /* what is written next begins with the last line's end */
    while (text_split(&t, '\n', &line)) {
        new_line(b, line.len ? indent : 0);
        text_add(b, line);
    }
}

static void write_string(struct text_builder *b, struct text t, int indent)
{
    if (is_plain(b->arena, t))
        text_add(b, t);
    else if (is_block(t))
        write_block(b, t, indent);
    else
        write_quoted(b, t);
}

static void write_key(struct text_builder *b, const char *key, int indent)
{
    struct text t = text_of(key);
    bool simple = t.len <= SIMPLE_KEY_BYTES_MAX;

    text_add_z(b, simple ? "" : "? ");
    if (is_plain(b->arena, t))
        text_add(b, t);
    else
        write_quoted(b, t);
    if (!simple)
        new_line(b, indent);
    text_add_char(b, ':');
}

static void write_map(struct text_builder *b, const struct value *v, int indent)
{
    for (size_t i = 0; i < v->map.count; i++) {
        const struct value *child = v->map.entries[i].value;
        bool list = child->kind == VALUE_LIST;

        if (i)
            new_line(b, indent);
        write_key(b, v->map.entries[i].key, indent);
        if (value_count(child))
            new_line(b, list ? indent : indent + 2);
        else
            text_add_char(b, ' ');
        write_node(b, child, list ? indent : indent + 2);
    }
}

static void write_list(struct text_builder *b, const struct value *v, int indent)
{
    for (size_t i = 0; i < v->list.count; i++) {
        if (i)
            new_line(b, indent);
        text_add_z(b, "- ");
        write_node(b, v->list.items[i], indent + 2);
    }
}

/* Where the node begins has been reached; further lines start at indent. */
static void write_node(struct text_builder *b, const struct value *v, int indent)
{
    assert(v->kind != VALUE_UNKNOWN);
    switch (v->kind) {
    case VALUE_NULL:
    case VALUE_UNKNOWN:
        text_add_z(b, "null");
        break;
    case VALUE_BOOL:
        text_add_z(b, v->boolean ? "true" : "false");
        break;
    case VALUE_NUMBER:
        text_add(b, v->number.text);
        break;
    case VALUE_STRING:
        write_string(b, v->string, indent);
        break;
    case VALUE_LIST:
        if (!v->list.count)
            text_add_z(b, "[]");
        write_list(b, v, indent);
        break;
    case VALUE_MAP:
        if (!v->map.count)
            text_add_z(b, "{}");
        write_map(b, v, indent);
        break;
    }
}

struct text yml_write(struct arena *a, const struct value *v)
{
    struct text_builder b;
    bool block = v->kind == VALUE_STRING;

    text_builder_init(&b, a, output_bytes_max);
    write_node(&b, v, block ? 2 : 0);
    text_add_char(&b, '\n');
    return text_built(&b);
}
