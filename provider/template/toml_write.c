#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "codec/real.h"
#include "template/json_write.h"
#include "template/toml.h"
#include "template/toml_time.h"

/* The place of a table: its names, outermost first. */
struct key {
    const struct key *parent;
    struct text name;
    int depth; /* names in it */
};

struct writer {
    struct text_builder *b;
    const char *error;
};

static void write_element(struct writer *w, const struct datum *d, int depth);
static void write_entry(struct writer *w, const struct key *key, const struct datum *d);

/* --- text ---------------------------------------------------------------- */

static void write_quoted(struct text_builder *b, struct text t)
{
    static const char bytes[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";

    text_add_char(b, '"');
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];
        const char *named = c ? strchr(bytes, c) : NULL;

        if (named)
            text_add_f(b, "\\%c", names[named - bytes]);
        else if (c < 0x20 || c == 0x7f)
            text_add_f(b, "\\u%04x", c);
        else
            text_add_char(b, (char)c);
    }
    text_add_char(b, '"');
}

static void write_name(struct text_builder *b, struct text name)
{
    bool bare = name.len > 0;

    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];

        bare = bare && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '_' || c == '-');
    }
    if (bare)
        text_add(b, name);
    else
        write_quoted(b, name);
}

static void write_key(struct text_builder *b, const struct key *key)
{
    if (key->parent) {
        write_key(b, key->parent);
        text_add_char(b, '.');
    }
    write_name(b, key->name);
}

static void indent(struct text_builder *b, const struct key *key)
{
    for (int i = 1; i < key->depth; i++)
        text_add_z(b, "  ");
}

static void new_line(struct writer *w)
{
    if (w->b->len)
        text_add_char(w->b, '\n');
}

/* --- values -------------------------------------------------------------- */

static bool is_nil(const struct datum *d)
{
    return d->kind == DATUM_NIL;
}

static void write_real(struct text_builder *b, double d)
{
    char text[REAL_TEXT_BYTES];

    if (!isfinite(d)) {
        text_add_z(b, isnan(d) ? "nan" : d > 0 ? "inf" : "-inf");
        return;
    }
    real_print(text, d);
    text_add_z(b, text);
    if (!strpbrk(text, ".e"))
        text_add_z(b, ".0");
}

/* Like a table behind "[[name]]": a list of nothing but maps. */
static bool is_table_list(struct writer *w, const struct datum *d)
{
    bool tables = d->kind == DATUM_LIST && d->list.count > 0;

    if (d->kind != DATUM_LIST)
        return false;
    for (size_t i = 0; i < d->list.count; i++) {
        if (is_nil(d->list.items[i]))
            w->error = "toml: cannot encode array with nil element";
        tables = tables && d->list.items[i]->kind == DATUM_MAP;
    }
    return tables;
}

static bool is_table(struct writer *w, const struct datum *d)
{
    return d->kind == DATUM_MAP || is_table_list(w, d);
}

static void write_list(struct writer *w, const struct datum *d, int depth)
{
    text_add_char(w->b, '[');
    for (size_t i = 0; i < d->list.count && !w->error; i++) {
        text_add_z(w->b, i ? ", " : "");
        write_element(w, d->list.items[i], depth + 1);
    }
    text_add_char(w->b, ']');
}

/* Entries of one sort (tables or not) of a map within a line. */
static void write_inline_entries(struct writer *w, const struct datum *d, bool tables, bool more,
                                 int depth)
{
    size_t left = 0;

    for (size_t i = 0; i < d->map->count; i++)
        left += is_table(w, d->map->entries[i].value) == tables;
    for (size_t i = 0; i < d->map->count && !w->error; i++) {
        const struct datum_entry *entry = &d->map->entries[i];

        if (is_table(w, entry->value) != tables)
            continue;
        left--;
        if (is_nil(entry->value))
            continue;
        write_name(w->b, entry->key);
        text_add_z(w->b, " = ");
        write_element(w, entry->value, depth + 1);
        if (more || left)
            text_add_z(w->b, ", ");
    }
}

static void write_inline_map(struct writer *w, const struct datum *d, int depth)
{
    bool tables = false;

    for (size_t i = 0; i < d->map->count; i++)
        tables = tables || is_table(w, d->map->entries[i].value);
    text_add_char(w->b, '{');
    write_inline_entries(w, d, false, tables, depth);
    write_inline_entries(w, d, true, false, depth);
    text_add_char(w->b, '}');
}

static void write_bytes(struct text_builder *b, struct text bytes)
{
    text_add_char(b, '[');
    for (size_t i = 0; i < bytes.len; i++)
        text_add_f(b, "%s%u", i ? ", " : "", (unsigned char)bytes.at[i]);
    text_add_char(b, ']');
}

static void write_element(struct writer *w, const struct datum *d, int depth)
{
    if (depth > TOML_DEPTH_MAX || w->b->overflow) {
        w->error = "toml: the value is nested too deeply";
        return;
    }
    if (toml_time_write(w->b, d))
        return;
    d = d->kind == DATUM_OBJECT ? json_plain(w->b->arena, d) : d;
    switch (d->kind) {
    case DATUM_NIL:
        w->error = "toml: cannot encode array with nil element";
        break;
    case DATUM_BOOL:
        text_add_z(w->b, d->boolean ? "true" : "false");
        break;
    case DATUM_INT:
    case DATUM_INT64:
    case DATUM_UINT8:
        text_add_f(w->b, "%" PRId64, d->integer);
        break;
    case DATUM_FLOAT64:
        write_real(w->b, d->real);
        break;
    case DATUM_BYTES:
        write_bytes(w->b, d->text);
        break;
    case DATUM_LIST:
        write_list(w, d, depth);
        break;
    case DATUM_MAP:
        write_inline_map(w, d, depth);
        break;
    case DATUM_STRING:
    case DATUM_OBJECT:
        write_quoted(w->b, d->text);
        break;
    }
}

/* --- tables --------------------------------------------------------------- */

/* What is no table stands directly under the table's name, before sub-tables. */
static void write_entries(struct writer *w, const struct key *key, const struct datum *map)
{
    for (int tables = 0; tables < 2; tables++)
        for (size_t i = 0; i < map->map->count && !w->error; i++) {
            const struct datum_entry *entry = &map->map->entries[i];
            const struct key own = {key, entry->key, key ? key->depth + 1 : 1};

            if (is_table(w, entry->value) == (tables == 1) && !is_nil(entry->value))
                write_entry(w, &own, entry->value);
        }
}

static void write_table_list(struct writer *w, const struct key *key, const struct datum *d)
{
    for (size_t i = 0; i < d->list.count && !w->error; i++) {
        new_line(w);
        indent(w->b, key);
        text_add_z(w->b, "[[");
        write_key(w->b, key);
        text_add_z(w->b, "]]\n");
        write_entries(w, key, d->list.items[i]);
    }
}

static void write_table(struct writer *w, const struct key *key, const struct datum *d)
{
    if (key->depth == 1)
        new_line(w);
    indent(w->b, key);
    text_add_char(w->b, '[');
    write_key(w->b, key);
    text_add_z(w->b, "]\n");
    write_entries(w, key, d);
}

static void write_entry(struct writer *w, const struct key *key, const struct datum *d)
{
    if (key->depth > TOML_DEPTH_MAX || w->b->overflow) {
        w->error = "toml: the value is nested too deeply";
    } else if (d->kind == DATUM_MAP) {
        write_table(w, key, d);
    } else if (is_table_list(w, d)) {
        write_table_list(w, key, d);
    } else if (!w->error) {
        indent(w->b, key);
        write_name(w->b, key->name);
        text_add_z(w->b, " = ");
        write_element(w, d, 0);
        text_add_char(w->b, '\n');
    }
}

const char *toml_write(struct text_builder *b, const struct datum *d)
{
    struct writer w = {.b = b};

    d = d->kind == DATUM_OBJECT ? json_plain(b->arena, d) : d;
    if (d->kind == DATUM_MAP)
        write_entries(&w, NULL, d);
    else if (is_table_list(&w, d))
        w.error = "toml: top-level values must be Go maps or structs";
    else if (!w.error)
        write_element(&w, d, 0);
    return w.error;
}
