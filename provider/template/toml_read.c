#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "template/quote.h"
#include "template/rune.h"
#include "template/toml.h"
#include "template/toml_time.h"

/* A table that a header has defined and no other may. */
struct closed {
    struct closed *next;
    const struct datum_map *map;
};

struct reader {
    struct arena *a;
    const char *at, *end;
    size_t line;
    int depth;
    struct closed *closed;
    const char *key; /* of the table and value that are being read, for messages */
    const char *error;
};

static bool fail(struct reader *r, const char *reason)
{
    if (r->error)
        return false;
    if (r->key)
        r->error = text_f(r->a, "toml: line %zu (last key \"%s\"): %s", r->line, r->key, reason);
    else
        r->error = text_f(r->a, "toml: line %zu: %s", r->line, reason);
    return false;
}

/* "..., but got 'x' instead"; the end of the text is `end`. */
static bool fail_got(struct reader *r, const char *reason, const char *end, const char *after)
{
    struct text_builder b;
    size_t len = 1;

    text_builder_init(&b, r->a, 200);
    text_add_f(&b, "%s, but got ", reason);
    if (r->at < r->end)
        quote_rune(&b, rune_decode((struct text){r->at, (size_t)(r->end - r->at)}, 0, &len), false);
    else
        text_add_z(&b, end);
    text_add_z(&b, after);
    return fail(r, b.at);
}

static bool next_is(const struct reader *r, const char *z)
{
    size_t len = strlen(z);

    return (size_t)(r->end - r->at) >= len && memcmp(r->at, z, len) == 0;
}

static bool take(struct reader *r, const char *z)
{
    if (!next_is(r, z))
        return false;
    r->at += strlen(z);
    return true;
}

static void skip_blanks(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t'))
        r->at++;
}

static void skip_comment(struct reader *r)
{
    if (next_is(r, "#"))
        while (r->at < r->end && *r->at != '\n')
            r->at++;
}

static bool take_line_end(struct reader *r)
{
    if (!take(r, "\n") && !take(r, "\r\n"))
        return false;
    r->line++;
    return true;
}

static void skip_lines(struct reader *r)
{
    do {
        skip_blanks(r);
        skip_comment(r);
    } while (take_line_end(r));
}

/* --- strings ------------------------------------------------------------- */

static void add_rune(struct text_builder *b, unsigned long rune)
{
    if (rune < 0x80) {
        text_add_char(b, (char)rune);
        return;
    }
    if (rune >= 0x10000) {
        text_add_char(b, (char)(0xf0 | rune >> 18));
        text_add_char(b, (char)(0x80 | (rune >> 12 & 0x3f)));
    } else if (rune >= 0x800) {
        text_add_char(b, (char)(0xe0 | rune >> 12));
    }
    text_add_char(b, (char)(rune >= 0x800 ? 0x80 | (rune >> 6 & 0x3f) : 0xc0 | rune >> 6));
    text_add_char(b, (char)(0x80 | (rune & 0x3f)));
}

static bool read_hex(struct reader *r, int digits, struct text_builder *out)
{
    unsigned long rune = 0;

    for (int i = 0; i < digits; i++, r->at++) {
        const char *found =
            r->at < r->end && *r->at ? strchr("0123456789abcdef", *r->at | 0x20) : NULL;

        if (!found)
            return fail(r, "expected hexadecimal digits behind \\u");
        rune = rune << 4 | (unsigned long)(found - "0123456789abcdef");
    }
    if (rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000))
        return fail(r, "an escape is no Unicode character");
    add_rune(out, rune);
    return true;
}

/* Behind the backslash. */
static bool read_escape(struct reader *r, bool multi_line, struct text_builder *out)
{
    static const char names[] = "btnfre\"\\", bytes[] = "\b\t\n\f\r\x1b\"\\";
    const char *name = r->at < r->end && *r->at ? strchr(names, *r->at) : NULL;

    if (name) {
        text_add_char(out, bytes[name - names]);
        r->at++;
        return true;
    }
    if (take(r, "u"))
        return read_hex(r, 4, out);
    if (take(r, "U"))
        return read_hex(r, 8, out);
    skip_blanks(r);
    if (!multi_line || !take_line_end(r))
        return fail(r,
                    text_f(r->a, "invalid escape in string '\\%c'", r->at < r->end ? *r->at : ' '));
    while (r->at < r->end && (skip_blanks(r), take_line_end(r)))
        ;
    return true;
}

static bool read_string(struct reader *r, struct text *out)
{
    bool basic = *r->at == '"';
    const char *quote = basic ? "\"" : "'", *three = basic ? "\"\"\"" : "'''";
    bool multi_line = take(r, three);
    struct text_builder b;

    text_builder_init(&b, r->a, (size_t)(r->end - r->at) + 16);
    if (multi_line)
        (void)take_line_end(r);
    else
        r->at++;
    while (!take(r, multi_line ? three : quote)) {
        if (r->at >= r->end)
            return fail(r, text_f(r->a,
                                  basic ? "unexpected EOF; expected '%s'"
                                        : "unexpected EOF; expected \"%s\"",
                                  multi_line ? three : quote));
        if (basic && take(r, "\\")) {
            if (!read_escape(r, multi_line, &b))
                return false;
            continue;
        }
        if (*r->at == '\n' && !multi_line)
            return fail(r, "strings cannot contain newlines");
        r->line += *r->at == '\n';
        text_add_char(&b, *r->at++);
    }
    while (multi_line && take(r, quote)) /* up to two quotes may stand before the end */
        text_add_z(&b, quote);
    *out = text_built(&b);
    return true;
}

/* --- values -------------------------------------------------------------- */

static bool read_value(struct reader *r, const struct datum **out);
static bool read_assignment(struct reader *r, const struct datum *table);

static bool read_array(struct reader *r, const struct datum **out)
{
    const struct datum **items = NULL;
    size_t count = 0, capacity = 0;

    for (skip_lines(r); !take(r, "]"); skip_lines(r)) {
        if (count == capacity) {
            const struct datum **more = arena_array(r->a, capacity * 2 + 8, sizeof(struct datum *));

            if (count)
                memcpy(more, items, count * sizeof(struct datum *));
            items = more;
            capacity = capacity * 2 + 8;
        }
        if (!read_value(r, &items[count++]))
            return false;
        skip_lines(r);
        if (!take(r, ",") && !next_is(r, "]"))
            return fail_got(r, "expected a comma (',') or array terminator (']')", "end of file",
                            "");
    }
    *out = datum_list(r->a, items, count);
    return true;
}

static bool read_inline_table(struct reader *r, const struct datum **out)
{
    *out = datum_map_new(r->a);
    skip_blanks(r);
    if (!take(r, "}"))
        do {
            skip_blanks(r);
            if (!read_assignment(r, *out))
                return false;
            skip_blanks(r);
            if (take(r, "}"))
                break;
        } while (take(r, ",") || fail_got(r, "expected a comma or an inline table terminator '}'",
                                          "end of file", " instead"));
    return !r->error;
}

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("+-_.:", c));
}

/* A number without its underscores, which have to stand between digits. */
static bool plain_number(struct reader *r, struct text word, char *out)
{
    for (size_t i = 0; i < word.len; i++) {
        if (word.at[i] != '_')
            *out++ = word.at[i];
        else if (i == 0 || i + 1 == word.len || !strchr("0123456789abcdefABCDEF", word.at[i - 1]) ||
                 !strchr("0123456789abcdefABCDEF", word.at[i + 1]))
            return fail(r,
                        text_f(r->a,
                               "Invalid integer \"%.*s\": underscores must be surrounded by digits",
                               (int)word.len, word.at));
    }
    *out = '\0';
    return true;
}

static bool read_integer(struct reader *r, const char *z, const struct datum **out)
{
    bool sign = *z == '+' || *z == '-';
    int base = z[0] == '0' && z[1] == 'x'   ? 16
               : z[0] == '0' && z[1] == 'o' ? 8
               : z[0] == '0' && z[1] == 'b' ? 2
                                            : 10;
    const char *digits = z + (base == 10 ? 0 : 2);
    char *rest;
    long long number;

    if (base == 10 && z[sign] == '0' && z[sign + 1])
        return fail(r, text_f(r->a, "Invalid integer \"%s\": cannot have leading zeroes", z));
    errno = 0;
    number = strtoll(digits, &rest, base);
    if (*rest || rest == digits)
        return fail(r, text_f(r->a, "expected value but found \"%s\" instead", z));
    if (errno)
        return fail(r, text_f(r->a, "%s is out of range for int64", z));
    *out = datum_int64(r->a, number);
    return true;
}

static bool looks_like_time(struct text word)
{
    return (word.len >= 8 && word.at[4] == '-') || (word.len >= 5 && word.at[2] == ':');
}

static bool read_number(struct reader *r, struct text word, const struct datum **out)
{
    char *z = arena_alloc(r->a, word.len + 1), *rest;
    const char *unsigned_word, *point;

    if (!plain_number(r, word, z))
        return false;
    unsigned_word = z + (*z == '+' || *z == '-');
    if (strcmp(unsigned_word, "inf") == 0 || strcmp(unsigned_word, "nan") == 0) {
        *out = datum_float64(r->a, strtod(z, NULL));
        return true;
    }
    if (unsigned_word[0] == '0' && strchr("xob", unsigned_word[1]) && unsigned_word[1])
        return read_integer(r, z, out);
    if (!strpbrk(z, ".eE"))
        return read_integer(r, z, out);
    if (*unsigned_word == '.')
        return fail(r, "floats must start with a digit, not '.'");
    if (*unsigned_word < '0' || *unsigned_word > '9')
        return fail(r, text_f(r->a, "expected value but found \"%s\" instead", z));
    point = strchr(z, '.');
    if (point && (point[1] < '0' || point[1] > '9'))
        return fail(
            r, text_f(r->a, "Invalid float \"%s\": '.' must be followed by one or more digits", z));
    *out = datum_float64(r->a, strtod(z, &rest));
    return (!*rest && strspn(z, "+-0123456789.eE") == strlen(z)) ||
           fail(r, text_f(r->a, "Invalid float value: \"%s\"", z));
}

/* true, 12, 1.5, 2024-01-01 10:00:00 */
static bool read_word(struct reader *r, const struct datum **out)
{
    struct text word = {r->at, 0};

    while (r->at < r->end && is_word_char(*r->at))
        r->at++;
    word.len = (size_t)(r->at - word.at);
    if (!word.len)
        return fail(r, r->at < r->end ? "expected value" : "unexpected EOF; expected value");
    if (looks_like_time(word)) {
        if (word.len == 10 && next_is(r, " ") && r->end - r->at > 1 && r->at[1] >= '0' &&
            r->at[1] <= '9')
            for (r->at++; r->at < r->end && is_word_char(*r->at);)
                r->at++;
        word.len = (size_t)(r->at - word.at);
        return toml_time_read(r->a, word, out) ||
               fail(r, text_f(r->a, "invalid datetime: \"%.*s\"", (int)word.len, word.at));
    }
    if (text_is(word, "true") || text_is(word, "false")) {
        *out = datum_bool(text_is(word, "true"));
        return true;
    }
    return read_number(r, word, out);
}

static bool read_value(struct reader *r, const struct datum **out)
{
    struct text text = {"", 0};
    bool done;

    if (r->depth >= TOML_DEPTH_MAX)
        return fail(r, "the text is nested too deeply");
    r->depth++;
    if (next_is(r, "\"") || next_is(r, "'")) {
        done = read_string(r, &text);
        *out = done ? datum_string(r->a, text) : NULL;
    } else {
        done = take(r, "[")   ? read_array(r, out)
               : take(r, "{") ? read_inline_table(r, out)
                              : read_word(r, out);
    }
    r->depth--;
    return done;
}

/* --- keys and tables ------------------------------------------------------ */

static bool read_name(struct reader *r, struct text *out)
{
    skip_blanks(r);
    if (next_is(r, "\"") || next_is(r, "'"))
        return read_string(r, out);
    *out = (struct text){r->at, 0};
    while (r->at < r->end && is_word_char(*r->at) && !strchr("+.:", *r->at))
        r->at++;
    out->len = (size_t)(r->at - out->at);
    return out->len || fail(r, "expected a key");
}

static void close_table(struct reader *r, const struct datum *table)
{
    struct closed *closed = arena_alloc(r->a, sizeof(*closed));

    *closed = (struct closed){r->closed, table->map};
    r->closed = closed;
}

static bool is_closed(const struct reader *r, const struct datum *table)
{
    for (const struct closed *c = r->closed; c; c = c->next)
        if (c->map == table->map)
            return true;
    return false;
}

static bool defined_twice(struct reader *r, struct text name)
{
    return fail(r, text_f(r->a, "Key '%.*s' has already been defined.", (int)name.len, name.at));
}

/* The table under that name, made when missing; the last one of a list of tables. */
static bool enter(struct reader *r, const struct datum **table, struct text name)
{
    const struct datum *inner = datum_get(*table, name);

    if (!inner) {
        inner = datum_map_new(r->a);
        datum_set(*table, name, inner);
    }
    if (inner->kind == DATUM_LIST && inner->list.count)
        inner = inner->list.items[inner->list.count - 1];
    if (inner->kind != DATUM_MAP)
        return defined_twice(r, name);
    *table = inner;
    return true;
}

/* Names the key that began at `start` and ends here; key is what it stands in. */
static void name_key(struct reader *r, const char *key, const char *start)
{
    struct text name = text_trim((struct text){start, (size_t)(r->at - start)});

    r->key = text_f(r->a, "%s%s%.*s", key ? key : "", key ? "." : "", (int)name.len, name.at);
}

/* All but the last name of a.b.c; *last is that. */
static bool read_key(struct reader *r, const struct datum **table, struct text *last)
{
    if (!read_name(r, last))
        return false;
    for (skip_blanks(r); take(r, "."); skip_blanks(r))
        if (!enter(r, table, *last) || !read_name(r, last))
            return false;
    return true;
}

static bool read_assignment(struct reader *r, const struct datum *table)
{
    const char *outer = r->key, *start = r->at;
    const struct datum *value = NULL;
    struct text name;

    if (!read_key(r, &table, &name))
        return false;
    if (!next_is(r, "="))
        return r->at < r->end ? fail_got(r, "expected '.' or '='", "", " instead")
                              : fail(r, "unexpected EOF; expected key separator '='");
    name_key(r, outer, start);
    r->at++;
    skip_blanks(r);
    if (datum_get(table, name))
        return defined_twice(r, name);
    if (!read_value(r, &value))
        return false;
    datum_set(table, name, value);
    r->key = outer;
    return true;
}

/* Grows by doubling: what lies behind the end of the old list is ours. */
static void append_table(struct reader *r, const struct datum *table, struct text name,
                         const struct datum *list, const struct datum *entry)
{
    size_t count = list ? list->list.count : 0;
    const struct datum **items;
    struct datum *longer = arena_alloc(r->a, sizeof(*longer));

    if ((count & (count - 1)) == 0) {
        items = arena_array(r->a, count ? count * 2 : 1, sizeof(struct datum *));
        if (count)
            memcpy(items, list->list.items, count * sizeof(struct datum *));
    } else {
        items = (const struct datum **)(uintptr_t)list->list.items;
    }
    items[count] = entry;
    *longer = *datum_list(r->a, items, count + 1);
    longer->type_name = "[]map[string]interface {}";
    datum_set(table, name, longer);
}

/* Behind "[" or "[[". */
static bool read_header(struct reader *r, const struct datum *root, bool list,
                        const struct datum **table)
{
    const struct datum *outer = root, *there;
    struct text name;

    if (next_is(r, "]"))
        return fail(r, "unexpected end of table name (table names cannot be empty)");
    if (!read_key(r, &outer, &name))
        return false;
    if (!take(r, list ? "]]" : "]"))
        return fail_got(r, "expected '.' or ']' to end table name", "'\\x00'", " instead");
    there = datum_get(outer, name);
    if (list) {
        if (there && (there->kind != DATUM_LIST || !there->type_name))
            return defined_twice(r, name);
        *table = datum_map_new(r->a);
        append_table(r, outer, name, there, *table);
        return true;
    }
    if (there && (there->kind != DATUM_MAP || is_closed(r, there)))
        return defined_twice(r, name);
    *table = outer;
    if (!enter(r, table, name))
        return false;
    close_table(r, *table);
    return true;
}

static bool read_line(struct reader *r, const struct datum *root, const struct datum **table)
{
    bool list = next_is(r, "[[");

    if (take(r, list ? "[[" : "[")) {
        const char *start = r->at;

        r->key = NULL;
        if (!read_header(r, root, list, table))
            return false;
        name_key(r, NULL, start);
        r->key = text_z(r->a, (struct text){r->key, strcspn(r->key, "]")});
    } else if (!read_assignment(r, *table)) {
        return false;
    }
    skip_blanks(r);
    skip_comment(r);
    return r->at == r->end || take_line_end(r) ||
           fail_got(r, "expected a top-level item to end with a newline, comment, or EOF", "",
                    " instead");
}

const char *toml_read(struct arena *a, struct text toml, const struct datum **out)
{
    struct reader r = {.a = a, .at = toml.len ? toml.at : "", .line = 1};
    const struct datum *table;

    r.end = r.at + toml.len;
    *out = table = datum_map_new(a);
    if (!text_utf8_valid(toml))
        return "toml: the text is not valid UTF-8";
    for (skip_lines(&r); r.at < r.end; skip_lines(&r))
        if (!read_line(&r, *out, &table))
            break;
    return r.error;
}
