#include "template/quote.h"

#include <string.h>

#include "template/rune.h"

static void add_escape(struct text_builder *b, uint32_t rune)
{
    static const char names[] = "abtnvfr";

    if (rune >= 7 && rune <= 13) {
        text_add_char(b, '\\');
        text_add_char(b, names[rune - 7]);
    } else if (rune < ' ' || rune == 0x7f) {
        text_add_f(b, "\\x%02x", (unsigned)rune);
    } else if (rune < 0x10000) {
        text_add_f(b, "\\u%04x", (unsigned)rune);
    } else {
        text_add_f(b, "\\U%08x", (unsigned)rune);
    }
}

static void add_rune(struct text_builder *b, uint32_t rune, char quote, bool ascii_only)
{
    if (rune == (uint32_t)quote || rune == '\\') {
        text_add_char(b, '\\');
        text_add_char(b, (char)rune);
    } else if ((ascii_only && rune >= 0x80) || !rune_is_printable(rune)) {
        add_escape(b, rune);
    } else {
        rune_add(b, rune);
    }
}

/* Bytes from `at` on that stand for themselves in a literal. */
static size_t plain_len(struct text t, size_t at)
{
    size_t end = at;

    while (end < t.len && t.at[end] >= ' ' && t.at[end] < 0x7f && t.at[end] != '"' &&
           t.at[end] != '\\')
        end++;
    return end - at;
}

void quote_text(struct text_builder *b, struct text t, bool ascii_only)
{
    size_t len;

    text_add_char(b, '"');
    for (size_t i = 0; i < t.len && !b->overflow; i += len) {
        uint32_t rune;

        if ((len = plain_len(t, i))) {
            text_add(b, (struct text){t.at + i, len});
            continue;
        }
        rune = rune_decode(t, i, &len);
        if (rune == RUNE_INVALID && len == 1)
            text_add_f(b, "\\x%02x", (unsigned char)t.at[i]);
        else
            add_rune(b, rune, '"', ascii_only);
    }
    text_add_char(b, '"');
}

void quote_rune(struct text_builder *b, uint32_t rune, bool ascii_only)
{
    bool valid = rune <= RUNE_MAX && (rune < 0xd800 || rune >= 0xe000);

    text_add_char(b, '\'');
    add_rune(b, valid ? rune : RUNE_INVALID, '\'', ascii_only);
    text_add_char(b, '\'');
}

char *quote_z(struct arena *a, struct text t)
{
    struct text_builder b;

    text_builder_init(&b, a, t.len * 4 + 2); /* at most "\\x41" for a byte */
    quote_text(&b, t, false);
    return b.at;
}

char *quote_ascii(struct arena *a, struct text t)
{
    struct text_builder b;

    text_builder_init(&b, a, t.len * 4 + 2);
    text_add_char(&b, '"');
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];

        if (c == '"' || c == '\\')
            text_add_char(&b, '\\');
        if (c < ' ' || c >= 0x80)
            text_add_f(&b, "\\x%02x", c);
        else
            text_add_char(&b, t.at[i]);
    }
    text_add_char(&b, '"');
    return b.at;
}

bool quote_fits_backquotes(struct text t)
{
    for (size_t i = 0, len; i < t.len; i += len) {
        uint32_t rune = rune_decode(t, i, &len);

        if ((len == 1 && rune == RUNE_INVALID) || rune == 0xfeff || rune == '`' || rune == 0x7f ||
            (rune < ' ' && rune != '\t'))
            return false;
    }
    return true;
}

/* --- reading ------------------------------------------------------------- */
static int digit_of(char c, unsigned base)
{
    int value = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : 99;

    return value < (int)base ? value : -1;
}

static bool read_digits(struct text *t, size_t count, unsigned base, uint32_t *out)
{
    *out = 0;
    if (t->len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        int digit = digit_of(t->at[i], base);

        if (digit < 0)
            return false;
        *out = *out * base + (uint32_t)digit;
    }
    *t = (struct text){t->at + count, t->len - count};
    return true;
}

/* What follows a backslash. *is_byte: the value is a byte, not a rune. */
static bool read_escape(struct text *t, char quote, uint32_t *out, bool *is_byte)
{
    static const char names[] = "abtnvfr";
    const char *name;
    char c;

    *is_byte = false;
    if (t->len == 0)
        return false;
    c = t->at[0];
    if (c >= '0' && c <= '7') {
        *is_byte = true;
        return read_digits(t, 3, 8, out) && *out < 256;
    }
    *t = (struct text){t->at + 1, t->len - 1};
    if (c == 'x') {
        *is_byte = true;
        return read_digits(t, 2, 16, out);
    }
    if (c == 'u' || c == 'U')
        return read_digits(t, c == 'u' ? 4 : 8, 16, out) && *out <= RUNE_MAX &&
               (*out < 0xd800 || *out >= 0xe000);
    if (c == '\\' || c == quote) {
        *out = (unsigned char)c;
        return true;
    }
    name = c ? strchr(names, c) : NULL;
    *out = name ? (uint32_t)(name - names) + 7 : 0;
    return name;
}

static bool read_interpreted(struct text rest, struct text_builder *b)
{
    while (rest.len) {
        const char *slash = memchr(rest.at, '\\', rest.len);
        size_t plain = slash ? (size_t)(slash - rest.at) : rest.len;
        uint32_t rune;
        bool is_byte;

        text_add(b, (struct text){rest.at, plain});
        if (!slash)
            return true;
        rest = (struct text){slash + 1, rest.len - plain - 1};
        if (!read_escape(&rest, '"', &rune, &is_byte))
            return false;
        if (is_byte)
            text_add_char(b, (char)rune);
        else
            rune_add(b, rune);
    }
    return true;
}

static struct text without_carriage_returns(struct arena *a, struct text t)
{
    struct text_builder b;

    if (!t.len || !memchr(t.at, '\r', t.len))
        return t;
    text_builder_init(&b, a, t.len);
    for (size_t i = 0; i < t.len; i++)
        if (t.at[i] != '\r')
            text_add_char(&b, t.at[i]);
    return text_built(&b);
}

bool quote_read(struct arena *a, struct text literal, struct text *out)
{
    struct text inner = {literal.at + 1, literal.len - 2};
    struct text_builder b;

    if (literal.len < 2 || literal.at[0] != literal.at[literal.len - 1])
        return false;
    *out = inner;
    if (literal.at[0] == '`') {
        *out = without_carriage_returns(a, inner);
        return true;
    }
    if (!inner.len || !memchr(inner.at, '\\', inner.len))
        return true;
    text_builder_init(&b, a, inner.len * 4);
    if (!read_interpreted(inner, &b))
        return false;
    *out = text_built(&b);
    return true;
}

bool quote_read_rune(struct text literal, uint32_t *out, bool *whole)
{
    struct text rest = {literal.at + 1, literal.len - 1};
    size_t len;
    bool is_byte;

    if (rest.len < 2 || rest.at[0] == '\'')
        return false;
    if (rest.at[0] == '\\') {
        rest = (struct text){rest.at + 1, rest.len - 1};
        if (!read_escape(&rest, '\'', out, &is_byte))
            return false;
    } else {
        *out = rune_decode(rest, 0, &len);
        rest = (struct text){rest.at + len, rest.len - len};
    }
    *whole = rest.len == 1 && rest.at[0] == '\'';
    return true;
}
