#include "codec/json.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What is written was read or built within the readers' limits. */
static const size_t output_bytes_max = SIZE_MAX / 4;

struct reader {
    struct arena *a;
    struct diags *diags;
    const char *what;
    const char *start, *at, *end;
    int depth;
    bool lenient;
    const char *error; /* encoding/json's words, when lenient */
};

/* A character as Go quotes it. */
static const char *quoted_char(struct arena *a, const char *at)
{
    unsigned char c = (unsigned char)*at;

    if (c == '\'')
        return "'\\''";
    if (c == '\\' || c == '\n' || c == '\t' || c == '\r')
        return text_f(a, "'\\%c'", c == '\\' ? '\\' : c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
    if (c >= 0x80)
        return text_f(a, "'\\u%04x'", c); /* Go takes the byte for the character */
    return c < 0x20 || c == 0x7f ? text_f(a, "'\\x%02x'", c) : text_f(a, "'%c'", c);
}

/* Where Go's scanner was when it met a character that it did not like. */
static const char *go_place(const char *reason)
{
    static const char *const places[][2] = {
        {"a value was expected", "looking for beginning of value"},
        {"a comma or ] was expected", "after array element"},
        {"a comma or } was expected", "after object key:value pair"},
        {"a key in double quotes was expected", "looking for beginning of object key string"},
        {"a colon was expected", "after object key"},
        {"more text follows behind the value", "after top-level value"},
        {"unknown escape in a string", "in string escape code"},
        {"a control character in a string is not escaped", "in string literal"},
        {"a digit was expected behind the decimal point", "after decimal point in numeric literal"},
        {"the exponent has no digits", "in exponent of numeric literal"},
        {"a digit was expected behind the sign", "in numeric literal"},
        {"\\u is not followed by four hexadecimal digits", "in \\u hexadecimal character escape"},
    };

    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
        if (strcmp(places[i][0], reason) == 0)
            return places[i][1];
    return NULL;
}

static const char *go_error(const struct reader *r, const char *at, const char *reason)
{
    const char *place = go_place(reason);
    /* within a word, number or escape Go takes the end for a blank */
    bool ends = at >= r->end, within = place && strncmp(place, "in ", 3) == 0;

    if (ends && !within && !(place && strncmp(place, "after decimal", 13) == 0))
        return "unexpected end of JSON input";
    return place
               ? text_f(r->a, "invalid character %s %s", quoted_char(r->a, ends ? " " : at), place)
               : reason;
}

static bool fail_at(struct reader *r, const char *at, const char *reason)
{
    size_t line = 1, column = 1;

    if (r->lenient) {
        r->error = go_error(r, at, reason);
        return false;
    }
    for (const char *c = r->start; c < at; c++) {
        column = *c == '\n' ? 1 : column + 1;
        line += *c == '\n';
    }
    return diag_error(r->diags, NULL, text_f(r->a, "Cannot read JSON: %s", r->what),
                      "Line %zu, column %zu: %s.", line, column, reason);
}

static bool fail(struct reader *r, const char *reason)
{
    return fail_at(r, r->at, r->at < r->end || r->lenient ? reason : "the text ends too early");
}

static void skip_blanks(struct reader *r)
{
    while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at)
        r->at++;
}

static bool next_is(const struct reader *r, char c)
{
    return r->at < r->end && *r->at == c;
}

static bool take(struct reader *r, char c)
{
    if (!next_is(r, c))
        return false;
    r->at++;
    return true;
}

/* --- strings ------------------------------------------------------------- */

static void add_rune(char **out, uint32_t rune)
{
    char *at = *out;

    if (rune < 0x80) {
        *at++ = (char)rune;
    } else if (rune < 0x800) {
        *at++ = (char)(0xc0 | rune >> 6);
        *at++ = (char)(0x80 | (rune & 0x3f));
    } else if (rune < 0x10000) {
        *at++ = (char)(0xe0 | rune >> 12);
        *at++ = (char)(0x80 | (rune >> 6 & 0x3f));
        *at++ = (char)(0x80 | (rune & 0x3f));
    } else {
        *at++ = (char)(0xf0 | rune >> 18);
        *at++ = (char)(0x80 | (rune >> 12 & 0x3f));
        *at++ = (char)(0x80 | (rune >> 6 & 0x3f));
        *at++ = (char)(0x80 | (rune & 0x3f));
    }
    *out = at;
}

static bool read_hex4(struct reader *r, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        char c = (char)(r->at < r->end ? *r->at : '\0');
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;

        if (digit < 0)
            return fail(r, "\\u is not followed by four hexadecimal digits");
        *out = *out << 4 | (uint32_t)digit;
    }
    return true;
}

/* Behind a surrogate: the character of a pair, else U+FFFD, as Go has it. */
static uint32_t read_lenient_surrogate(struct reader *r, uint32_t high)
{
    const char *at = r->at;
    uint32_t low;

    if (high < 0xdc00 && r->end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
        r->at += 2;
        if (read_hex4(r, &low) && low >= 0xdc00 && low < 0xe000)
            return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        r->at = at;
    }
    return 0xfffd;
}

static bool read_unicode_escape(struct reader *r, char **out)
{
    uint32_t rune, low;

    if (!read_hex4(r, &rune))
        return false;
    if (r->lenient && rune >= 0xd800 && rune < 0xe000) {
        add_rune(out, read_lenient_surrogate(r, rune));
        return true;
    }
    if (rune >= 0xd800 && rune < 0xdc00 && take(r, '\\') && take(r, 'u')) {
        if (!read_hex4(r, &low))
            return false;
        if (low < 0xdc00 || low > 0xdfff)
            return fail_at(r, r->at - 6, "half of a surrogate pair stands alone");
        rune = 0x10000 + ((rune - 0xd800) << 10) + (low - 0xdc00);
    }
    if (rune >= 0xd800 && rune < 0xe000)
        return fail(r, "half of a surrogate pair stands alone");
    add_rune(out, rune);
    return true;
}

static bool read_escape(struct reader *r, char **out)
{
    static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    const char *name;

    if (take(r, 'u'))
        return read_unicode_escape(r, out);
    name = r->at < r->end && *r->at ? strchr(names, *r->at) : NULL;
    if (!name)
        return fail(r, "unknown escape in a string");
    *(*out)++ = bytes[name - names];
    r->at++;
    return true;
}

/* The closing quote; NULL when there is none. */
static const char *string_end(const struct reader *r)
{
    for (const char *at = r->at; at < r->end; at++) {
        if (*at == '"')
            return at;
        at += *at == '\\';
    }
    return NULL;
}

/* One character, or U+FFFD for a byte that is none. */
static void take_rune(struct reader *r, const char *end, char **to)
{
    size_t len = 1;

    if ((unsigned char)*r->at >= 0x80) {
        size_t left = (size_t)(end - r->at);

        for (len = 2; len <= 4 && len <= left; len++)
            if (text_utf8_valid((struct text){r->at, len}))
                break;
        if (len > 4 || len > left) {
            add_rune(to, 0xfffd);
            r->at++;
            return;
        }
    }
    memcpy(*to, r->at, len);
    *to += len;
    r->at += len;
}

/* Behind the opening quote. An escape is never shorter than what it stands for. */
static bool read_string(struct reader *r, struct text *out)
{
    const char *end = string_end(r);
    char *buffer, *to;

    if (!end)
        return fail_at(r, r->end, "a string has no closing quote");
    if (!text_utf8_valid((struct text){r->at, (size_t)(end - r->at)}) && !r->lenient)
        return fail(r, "a string is not valid UTF-8");
    to = buffer = arena_alloc(r->a, (size_t)(end - r->at) * (r->lenient ? 3 : 1) + 1);
    while (r->at < end) {
        if ((unsigned char)*r->at < 0x20)
            return fail(r, "a control character in a string is not escaped");
        if (take(r, '\\')) {
            if (!read_escape(r, &to))
                return false;
        } else if (r->lenient) {
            take_rune(r, end, &to);
        } else {
            *to++ = *r->at++;
        }
    }
    r->at = end + 1;
    *out = (struct text){buffer, (size_t)(to - buffer)};
    return true;
}

static const struct value *string_value(struct arena *a, struct text borrowed)
{
    struct value *v = arena_alloc(a, sizeof(*v));

    v->kind = VALUE_STRING;
    v->string = borrowed;
    return v;
}

/* --- values -------------------------------------------------------------- */

static bool read_value(struct reader *r, const struct value **out);

static size_t skip_digits(struct reader *r)
{
    const char *first = r->at;

    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return (size_t)(r->at - first);
}

static bool read_number(struct reader *r, const struct value **out)
{
    const char *first = r->at;

    if (take(r, '-') && r->lenient && !(r->at < r->end && *r->at >= '0' && *r->at <= '9'))
        return fail(r, "a digit was expected behind the sign");
    if (!take(r, '0') && !skip_digits(r))
        return fail(r, "a value was expected");
    if (take(r, '.') && !skip_digits(r))
        return fail(r, "a digit was expected behind the decimal point");
    if (take(r, 'e') || take(r, 'E')) {
        if (!take(r, '+'))
            take(r, '-');
        if (!skip_digits(r))
            return fail(r, "the exponent has no digits");
    }
    *out = value_number(r->a, (struct text){first, (size_t)(r->at - first)});
    if (r->lenient && (!*out || !isfinite((*out)->number.real))) {
        r->error = text_f(r->a, "json: cannot unmarshal number %.*s into Go value of type float64",
                          (int)(r->at - first), first);
        return false;
    }
    return *out || fail_at(r, first, "a number has too many digits");
}

static bool read_array(struct reader *r, const struct value **out)
{
    struct value_builder items;
    const struct value *item;

    value_builder_init(&items, r->a);
    skip_blanks(r);
    if (!next_is(r, ']'))
        do {
            if (!read_value(r, &item))
                return false;
            value_builder_add(&items, item);
        } while (take(r, ','));
    if (!take(r, ']'))
        return fail(r, "a comma or ] was expected");
    *out = value_builder_list(&items);
    return true;
}

static bool read_member(struct reader *r, struct value_builder *members)
{
    const struct value *member = &value_null;
    struct text key;

    skip_blanks(r);
    if (!take(r, '"'))
        return fail(r, "a key in double quotes was expected");
    if (!read_string(r, &key))
        return false;
    if (memchr(key.at, '\0', key.len + 1) != key.at + key.len)
        return fail_at(r, r->at - 1, "a key holds a NUL character");
    skip_blanks(r);
    if (!take(r, ':'))
        return fail(r, "a colon was expected");
    if (!read_value(r, &member))
        return false;
    value_builder_push(members, key.at, member);
    return true;
}

static const struct value *last_of_each(struct arena *a, const struct value_builder *members)
{
    struct value_builder last;

    value_builder_init(&last, a);
    for (size_t i = 0; i < members->count; i++)
        value_builder_set(&last, members->entries[i].key, members->entries[i].value);
    return value_builder_map(&last);
}

static bool read_object(struct reader *r, const struct value **out)
{
    struct value_builder members;
    const char *duplicate;

    value_builder_init(&members, r->a);
    skip_blanks(r);
    if (!next_is(r, '}'))
        do {
            if (!read_member(r, &members))
                return false;
        } while (take(r, ','));
    if (!take(r, '}'))
        return fail(r, "a comma or } was expected");
    duplicate = value_builder_duplicate(&members);
    if (duplicate && r->lenient) {
        *out = last_of_each(r->a, &members);
        return true;
    }
    if (duplicate)
        return fail_at(
            r, r->at - 1,
            text_f(r->a, "the object that ends here has the key \"%s\" twice", duplicate));
    *out = value_builder_map(&members);
    return true;
}

/* In Go's words: "invalid character 'x' in literal true (expecting 'e')". */
static bool fail_in_word(struct reader *r, const char *word)
{
    const char *letter = word;

    for (; r->at < r->end && *r->at == *letter; r->at++)
        letter++;
    r->error = text_f(r->a, "invalid character %s in literal %s (expecting '%c')",
                      quoted_char(r->a, r->at < r->end ? r->at : " "), word, *letter);
    return false;
}

static bool read_word(struct reader *r, const char *word, const struct value *meaning,
                      const struct value **out)
{
    if (!text_starts_with((struct text){r->at, (size_t)(r->end - r->at)}, word))
        return r->lenient ? fail_in_word(r, word) : fail(r, "a value was expected");
    r->at += strlen(word);
    *out = meaning;
    return true;
}

static bool read_nested(struct reader *r, const struct value **out)
{
    bool object = *r->at == '{', done;

    if (r->depth >= JSON_DEPTH_MAX)
        return fail(r, text_f(r->a, "the text is nested deeper than %d levels", JSON_DEPTH_MAX));
    r->at++;
    r->depth++;
    done = object ? read_object(r, out) : read_array(r, out);
    r->depth--;
    return done;
}

static bool read_scalar(struct reader *r, const struct value **out)
{
    struct text string;

    if (take(r, '"')) {
        if (!read_string(r, &string))
            return false;
        *out = string_value(r->a, string);
        return true;
    }
    if (next_is(r, 't'))
        return read_word(r, "true", &value_true, out);
    if (next_is(r, 'f'))
        return read_word(r, "false", &value_false, out);
    if (next_is(r, 'n'))
        return read_word(r, "null", &value_null, out);
    return read_number(r, out);
}

/* Takes the blanks around the value too. */
static bool read_value(struct reader *r, const struct value **out)
{
    bool done;

    skip_blanks(r);
    done = next_is(r, '{') || next_is(r, '[') ? read_nested(r, out) : read_scalar(r, out);
    skip_blanks(r);
    return done;
}

static bool read_text(struct reader *r, struct text json, const struct value **out)
{
    r->start = r->at = json.at ? json.at : "";
    r->end = r->start + json.len;
    *out = &value_null;
    if (!read_value(r, out))
        return false;
    if (r->at < r->end)
        return fail(r, "more text follows behind the value");
    return true;
}

bool json_read(struct arena *a, struct text json, const char *what, struct diags *diags,
               const struct value **out)
{
    struct reader r = {.a = a, .diags = diags, .what = what};

    *out = &value_null;
    if (json.len > JSON_BYTES_MAX)
        return diag_error(diags, NULL, text_f(a, "Cannot read JSON: %s", what),
                          "The text has %zu bytes; at most %d are read.", json.len, JSON_BYTES_MAX);
    return read_text(&r, json, out);
}

const char *json_try(struct arena *a, struct text json, const struct value **out)
{
    struct reader r = {.a = a, .what = "text", .lenient = true};

    if (read_text(&r, json, out))
        return NULL;
    *out = &value_null;
    return r.error;
}

/* --- writing ------------------------------------------------------------- */

struct writer {
    struct text_builder b;
    bool pretty;
};

/* Puts what needs no escape in one piece. */
static void write_string(struct text_builder *b, struct text t)
{
    static const char hex[] = "0123456789abcdef";
    static const char bytes[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
    size_t from = 0;

    text_add_char(b, '"');
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];
        const char *named;

        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        text_add(b, (struct text){t.at + from, i - from});
        from = i + 1;
        text_add_char(b, '\\');
        named = c ? strchr(bytes, c) : NULL;
        if (named)
            text_add_char(b, names[named - bytes]);
        else
            text_add(b, (struct text){(const char[]){'u', '0', '0', hex[c >> 4], hex[c & 15]}, 5});
    }
    text_add(b, (struct text){t.at + from, t.len - from});
    text_add_char(b, '"');
}

static void new_line(struct writer *w, int depth)
{
    if (!w->pretty)
        return;
    text_add_char(&w->b, '\n');
    for (int i = 0; i < depth; i++)
        text_add_z(&w->b, "  ");
}

static void write_value(struct writer *w, const struct value *v, int depth);

static void write_nested(struct writer *w, const struct value *v, int depth)
{
    bool map = v->kind == VALUE_MAP;
    size_t count = value_count(v);

    text_add_char(&w->b, map ? '{' : '[');
    for (size_t i = 0; i < count; i++) {
        text_add_z(&w->b, i ? "," : "");
        new_line(w, depth + 1);
        if (map) {
            write_string(&w->b, text_of(v->map.entries[i].key));
            text_add_z(&w->b, w->pretty ? ": " : ":");
        }
        write_value(w, map ? v->map.entries[i].value : v->list.items[i], depth + 1);
    }
    if (count)
        new_line(w, depth);
    text_add_char(&w->b, map ? '}' : ']');
}

static void write_value(struct writer *w, const struct value *v, int depth)
{
    assert(v->kind != VALUE_UNKNOWN);
    switch (v->kind) {
    case VALUE_NULL:
    case VALUE_UNKNOWN:
        text_add_z(&w->b, "null");
        break;
    case VALUE_BOOL:
        text_add_z(&w->b, v->boolean ? "true" : "false");
        break;
    case VALUE_NUMBER:
        text_add(&w->b, v->number.text);
        break;
    case VALUE_STRING:
        write_string(&w->b, v->string);
        break;
    case VALUE_LIST:
    case VALUE_MAP:
        write_nested(w, v, depth);
        break;
    }
}

struct text json_write(struct arena *a, const struct value *v)
{
    struct writer w = {.pretty = false};

    text_builder_init(&w.b, a, output_bytes_max);
    write_value(&w, v, 0);
    return text_built(&w.b);
}

struct text json_write_pretty(struct arena *a, const struct value *v)
{
    struct writer w = {.pretty = true};

    text_builder_init(&w.b, a, output_bytes_max);
    write_value(&w, value_sorted(a, v), 0);
    text_add_char(&w.b, '\n');
    return text_built(&w.b);
}
