#include "template/yaml_write.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/real.h"
#include "codec/yml_scalar.h"
#include "template/json_write.h"
#include "template/yaml_text.h"

enum {
    INDENT = 2,
    WIDTH = 80,                 /* text is folded at the first blank behind it */
    SIMPLE_KEY_BYTES_MAX = 128, /* longer keys are written with "? " */
};

struct writer {
    struct text_builder *b;
    enum yaml_write_form form;
    size_t column; /* characters in this line */
    /* The last that was written is white space, or only indentation of its line: what
     * go-yaml's emitter goes by when it decides on blanks and new lines. */
    bool whitespace, indention;
    int depth;
    const char *error;
};

enum place { AT_ROOT, IN_LIST, IN_MAP, AS_KEY };

/* --- marks ---------------------------------------------------------------- */

static void put(struct writer *w, char c)
{
    text_add_char(w->b, c);
    w->column++;
}

static void put_break(struct writer *w)
{
    text_add_char(w->b, '\n');
    w->column = 0;
    if (w->form == YAML_WRITE_PRETTY)
        w->indention = true;
}

static void write_indent(struct writer *w, int indent)
{
    size_t column = indent < 0 ? 0 : (size_t)indent;

    if (!w->indention || w->column > column || (w->column == column && !w->whitespace))
        put_break(w);
    while (w->column < column)
        put(w, ' ');
    w->whitespace = true;
    if (w->form == YAML_WRITE)
        w->indention = true;
}

static void write_mark(struct writer *w, const char *mark, bool needs_blank)
{
    if (needs_blank && !w->whitespace)
        put(w, ' ');
    for (; *mark; mark++)
        put(w, *mark);
    w->whitespace = false;
}

/* "-", "?" and ":" on a line of their own, behind which a nested block may begin. */
static void write_block_mark(struct writer *w, const char *mark)
{
    write_mark(w, mark, true);
}

/* A mark within a line. */
static void write_inline_mark(struct writer *w, const char *mark, bool needs_blank)
{
    write_mark(w, mark, needs_blank);
    w->indention = false;
}

/* --- scalars -------------------------------------------------------------- */

static struct text behind(struct text t, size_t i)
{
    return (struct text){t.at + i, t.len - i};
}

static size_t rune_length(struct text t, size_t i)
{
    unsigned rune;
    size_t len = (unsigned char)t.at[i] < 0x80 ? 1 : json_rune(behind(t, i), &rune);

    return len ? len : 1;
}

static void put_rune(struct writer *w, struct text t, size_t *i)
{
    size_t len = rune_length(t, *i);

    text_add(w->b, (struct text){t.at + *i, len});
    w->column++;
    *i += len;
}

static bool is_space(struct text t, size_t i)
{
    return i < t.len && t.at[i] == ' ';
}

static bool folds(const struct writer *w, bool may_break)
{
    return may_break && w->form == YAML_WRITE && w->column > WIDTH;
}

static void write_plain(struct writer *w, const struct yaml_text *y, int indent, bool may_break)
{
    struct text t = y->text;
    bool spaces = false;

    if (!w->whitespace)
        put(w, ' ');
    if (w->column + y->runes <= WIDTH || !may_break || w->form != YAML_WRITE) {
        text_add(w->b, t);
        w->column += y->runes;
        t.len = 0;
    }
    for (size_t i = 0; i < t.len;) {
        if (!is_space(t, i)) {
            put_rune(w, t, &i);
            spaces = w->indention = false;
            continue;
        }
        if (folds(w, may_break) && !spaces && !is_space(t, i + 1)) {
            write_indent(w, indent);
            i++;
        } else {
            put_rune(w, t, &i);
        }
        spaces = true;
    }
    w->whitespace = w->indention = false;
}

/* A line break in quotes; breaks tells that one stood just before. */
static void write_quoted_break(struct writer *w, struct text t, size_t *i, bool breaks)
{
    if (!breaks && t.at[*i] == '\n')
        put_break(w);
    if (t.at[*i] == '\n') {
        put_break(w);
        ++*i;
    } else {
        put_rune(w, t, i);
        w->column = 0;
    }
    w->indention = true;
}

static void write_single_quoted(struct writer *w, struct text t, int indent, bool may_break)
{
    bool spaces = false, breaks = false;

    write_inline_mark(w, "'", true);
    for (size_t i = 0; i < t.len;) {
        if (is_space(t, i)) {
            if (folds(w, may_break) && !spaces && i > 0 && i + 1 < t.len && !is_space(t, i + 1)) {
                write_indent(w, indent);
                i++;
            } else {
                put_rune(w, t, &i);
            }
            spaces = true;
        } else if (yaml_text_break(behind(t, i))) {
            write_quoted_break(w, t, &i, breaks);
            breaks = true;
        } else {
            if (breaks)
                write_indent(w, indent);
            if (t.at[i] == '\'')
                put(w, '\'');
            put_rune(w, t, &i);
            w->indention = spaces = breaks = false;
        }
    }
    write_inline_mark(w, "'", false);
}

static void write_escape(struct writer *w, unsigned rune)
{
    static const struct {
        unsigned rune;
        char name;
    } names[] = {{0, '0'},     {7, 'a'},    {8, 'b'},    {9, 't'},      {0xa, 'n'},
                 {0xb, 'v'},   {0xc, 'f'},  {0xd, 'r'},  {0x1b, 'e'},   {'"', '"'},
                 {'\\', '\\'}, {0x85, 'N'}, {0xa0, '_'}, {0x2028, 'L'}, {0x2029, 'P'}};
    size_t before = w->b->len;

    text_add_char(w->b, '\\');
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (names[i].rune == rune) {
            text_add_char(w->b, names[i].name);
            w->column += 2;
            return;
        }
    text_add_f(w->b, rune <= 0xff ? "x%02X" : rune <= 0xffff ? "u%04X" : "U%08X", rune);
    w->column += w->b->len - before;
}

static bool needs_escape(const struct yaml_text *y, size_t i, size_t len, unsigned rune)
{
    return rune == '"' || rune == '\\' || y->escaped_whole || !yaml_text_printable(rune, len) ||
           yaml_text_break(behind(y->text, i));
}

static void write_double_quoted(struct writer *w, const struct yaml_text *y, int indent,
                                bool may_break)
{
    struct text t = y->text;
    bool spaces = false;

    write_inline_mark(w, "\"", true);
    for (size_t i = 0; i < t.len;) {
        unsigned rune;
        size_t len = json_rune(behind(t, i), &rune);

        len = len ? len : 1;
        if (needs_escape(y, i, len, rune)) {
            write_escape(w, rune);
            i += len;
            spaces = false;
        } else if (rune == ' ' && folds(w, may_break) && !spaces && i > 0 && i + 1 < t.len) {
            write_indent(w, indent);
            if (is_space(t, i + 1))
                put(w, '\\');
            i++;
            spaces = true;
        } else {
            put_rune(w, t, &i);
            spaces = rune == ' ';
        }
    }
    write_inline_mark(w, "\"", false);
}

/* At least one character, and all of ASCII that follow it on the line. */
static void put_run(struct writer *w, struct text t, size_t *i)
{
    size_t from;

    put_rune(w, t, i);
    for (from = *i; *i < t.len && (unsigned char)t.at[*i] < 0x80 && t.at[*i] != '\n';)
        ++*i;
    text_add(w->b, (struct text){t.at + from, *i - from});
    w->column += *i - from;
}

/* How many line breaks the text ends with, as far as it matters. */
static int breaks_at_end(struct text t)
{
    int breaks = 0;

    while (t.len && breaks < 2) {
        size_t i = t.len - 1;

        while (i > 0 && ((unsigned char)t.at[i] & 0xc0) == 0x80)
            i--;
        if (!yaml_text_break(behind(t, i)))
            break;
        breaks++;
        t.len = i;
    }
    return t.len ? breaks : breaks + (breaks == 1);
}

static void write_literal(struct writer *w, struct text t, int indent)
{
    int ends = breaks_at_end(t);
    bool breaks = true;

    write_inline_mark(w, "|", true);
    if (is_space(t, 0) || yaml_text_break(t))
        write_inline_mark(w, "2", false);
    if (ends != 1)
        write_inline_mark(w, ends ? "+" : "-", false);
    put_break(w);
    w->indention = w->whitespace = true;
    for (size_t i = 0; i < t.len;) {
        if (yaml_text_break(behind(t, i))) {
            if (t.at[i] == '\n') {
                put_break(w);
                i++;
            } else {
                put_rune(w, t, &i);
                w->column = 0;
            }
            w->indention = breaks = true;
            continue;
        }
        if (breaks)
            write_indent(w, indent);
        put_run(w, t, &i);
        w->indention = breaks = false;
    }
}

/* Would it read back as something else than a string? */
static bool is_string_alone(const struct writer *w, struct text t)
{
    enum yml_meaning meaning = yml_scalar_meaning(w->b->arena, t);

    return meaning == YML_STRING && !yml_scalar_is_base60(t);
}

static void write_string(struct writer *w, const struct yaml_text *y, int indent, enum place place)
{
    bool key = place == AS_KEY;

    if (memchr(y->text.at, '\n', y->text.len) && !key && y->block)
        write_literal(w, y->text, indent);
    else if (memchr(y->text.at, '\n', y->text.len) || (key && y->multi_line) ||
             !is_string_alone(w, y->text) || !y->single_quoted)
        write_double_quoted(w, y, indent, !key);
    else if (y->plain)
        write_plain(w, y, indent, !key);
    else
        write_single_quoted(w, y->text, indent, !key);
}

/* A word or number that needs no quotes. */
static void write_word(struct writer *w, const char *word)
{
    write_inline_mark(w, word, true);
}

static void write_real(struct writer *w, double d)
{
    char text[REAL_TEXT_BYTES];

    if (!isfinite(d) && w->form == YAML_WRITE) {
        w->error = "json: unsupported value";
        return;
    }
    if (!isfinite(d)) {
        write_word(w, isnan(d) ? ".nan" : d > 0 ? ".inf" : "-.inf");
        return;
    }
    real_print_json(text, d);
    /* on the way through JSON whole numbers of 64 bits become integers */
    if (w->form == YAML_WRITE && yml_scalar_meaning(w->b->arena, text_of(text)) == YML_INTEGER) {
        write_word(w, d == 0 ? "0" : text);
        return;
    }
    real_print(text, d);
    write_word(w, text);
}

static void write_integer(struct writer *w, int64_t i)
{
    char text[REAL_TEXT_BYTES];

    (void)snprintf(text, sizeof(text), "%" PRId64, i);
    write_word(w, text);
}

/* --- collections ---------------------------------------------------------- */

static void write_node(struct writer *w, const struct datum *d, int indent, enum place place);

static bool read_text(struct writer *w, struct text raw, struct yaml_text *out)
{
    if (w->form == YAML_WRITE && !yaml_text_through_json(w->b->arena, raw, &raw)) {
        w->error = "yaml: control characters are not allowed";
        return false;
    }
    yaml_text_look(raw, w->form, out);
    return true;
}

static int by_natural_order(const void *left, const void *right)
{
    const struct datum_entry *const *l = left, *const *r = right;

    return yaml_text_order((*l)->key, (*r)->key, YAML_WRITE);
}

static int by_pretty_order(const void *left, const void *right)
{
    const struct datum_entry *const *l = left, *const *r = right;

    return yaml_text_order((*l)->key, (*r)->key, YAML_WRITE_PRETTY);
}

static const struct datum_entry **sorted(const struct writer *w, const struct datum_map *map)
{
    const struct datum_entry **entries =
        arena_array(w->b->arena, map->count + 1, sizeof(struct datum_entry *));

    for (size_t i = 0; i < map->count; i++)
        entries[i] = &map->entries[i];
    if (map->count)
        qsort(entries, map->count, sizeof(struct datum_entry *),
              w->form == YAML_WRITE ? by_natural_order : by_pretty_order);
    return entries;
}

static void write_entry(struct writer *w, const struct datum_entry *entry, int indent)
{
    struct yaml_text key;
    bool simple;

    if (!read_text(w, entry->key, &key))
        return;
    if (w->form == YAML_WRITE && !yaml_text_is_json_key(w->b->arena, entry->key)) {
        w->error = "yaml: did not find expected ',' or '}'";
        return;
    }
    simple = !key.multi_line && key.text.len <= SIMPLE_KEY_BYTES_MAX;
    write_indent(w, indent);
    if (!simple)
        write_block_mark(w, "?");
    write_string(w, &key, indent + INDENT, simple ? AS_KEY : IN_MAP);
    if (simple) {
        write_inline_mark(w, ":", false);
    } else {
        write_indent(w, indent);
        write_block_mark(w, ":");
    }
    write_node(w, entry->value, indent, IN_MAP);
}

static void write_map(struct writer *w, const struct datum *d, int indent)
{
    const struct datum_entry **entries;

    if (!d->map->count) {
        write_inline_mark(w, "{", true);
        write_inline_mark(w, "}", false);
        return;
    }
    entries = sorted(w, d->map);
    for (size_t i = 0; i < d->map->count && !w->error && !w->b->overflow; i++)
        write_entry(w, entries[i], indent < 0 ? 0 : indent + INDENT);
}

/* Lists stand under their key without indentation. */
static void write_list(struct writer *w, const struct datum *d, int indent, enum place place)
{
    bool flat = place == IN_MAP && !w->indention && w->form == YAML_WRITE;

    if (!d->list.count) {
        write_inline_mark(w, "[", true);
        write_inline_mark(w, "]", false);
        return;
    }
    indent = indent < 0 ? 0 : flat ? indent : indent + INDENT;
    for (size_t i = 0; i < d->list.count && !w->error && !w->b->overflow; i++) {
        write_indent(w, indent);
        write_block_mark(w, "-");
        write_node(w, d->list.items[i], indent, IN_LIST);
    }
}

static void write_nested(struct writer *w, const struct datum *d, int indent, enum place place)
{
    if (w->depth >= JSON_WRITE_DEPTH_MAX) {
        w->error = "json: unsupported value: encountered a cycle";
        return;
    }
    w->depth++;
    if (d->kind == DATUM_MAP)
        write_map(w, d, indent);
    else
        write_list(w, d, indent, place);
    w->depth--;
}

/* indent is that of the block around, -1 at the root. */
static void write_node(struct writer *w, const struct datum *d, int indent, enum place place)
{
    struct yaml_text text;

    d = json_plain(w->b->arena, d);
    switch (d->kind) {
    case DATUM_NIL:
        write_word(w, "null");
        break;
    case DATUM_BOOL:
        write_word(w, d->boolean ? "true" : "false");
        break;
    case DATUM_INT:
    case DATUM_INT64:
    case DATUM_UINT8:
        write_integer(w, d->integer);
        break;
    case DATUM_FLOAT64:
        write_real(w, d->real);
        break;
    case DATUM_LIST:
    case DATUM_MAP:
        write_nested(w, d, indent, place);
        break;
    case DATUM_STRING:
    case DATUM_BYTES:
    case DATUM_OBJECT:
        if (read_text(w, d->text, &text))
            write_string(w, &text, indent < 0 ? INDENT : indent + INDENT, place);
        break;
    }
}

const char *yaml_write_datum(struct text_builder *b, const struct datum *d,
                             enum yaml_write_form form)
{
    struct writer w = {.b = b, .form = form, .whitespace = true, .indention = true};

    write_node(&w, d, -1, AT_ROOT);
    write_indent(&w, -1);
    return w.error;
}
