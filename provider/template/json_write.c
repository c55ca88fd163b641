#include "template/json_write.h"
#include "template/rune.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "codec/base64.h"
#include "codec/real.h"

struct writer {
    struct text_builder *b;
    unsigned flags;
    int depth;
    const char *error;
};

/* --- text ---------------------------------------------------------------- */

size_t json_rune(struct text t, unsigned *rune)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)(t.len ? t.at[0] : 0);
    size_t len = first < 0x80             ? 1
                 : (first & 0xe0) == 0xc0 ? 2
                 : (first & 0xf0) == 0xe0 ? 3
                 : (first & 0xf8) == 0xf0 ? 4
                                          : 0;

    *rune = 0xfffd;
    if (!len || len > t.len)
        return 0;
    if (len == 1) {
        *rune = first;
        return 1;
    }
    *rune = first & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        unsigned char c = (unsigned char)t.at[i];

        if ((c & 0xc0) != 0x80)
            return 0;
        *rune = *rune << 6 | (c & 0x3f);
    }
    return *rune < least[len] || *rune > 0x10ffff || (*rune >= 0xd800 && *rune < 0xe000) ? 0 : len;
}

static void write_escape(struct text_builder *b, unsigned rune)
{
    static const char bytes[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
    const char *named = rune && rune < 0x80 ? strchr(bytes, (int)rune) : NULL;

    text_add_char(b, '\\');
    if (named)
        text_add_char(b, names[named - bytes]);
    else
        text_add_f(b, "u%04x", rune);
}

static bool is_plain(unsigned char c, unsigned flags)
{
    if (c < 0x20 || c == '"' || c == '\\' || c >= 0x80)
        return false;
    return !(flags & JSON_WRITE_HTML_SAFE) || (c != '<' && c != '>' && c != '&');
}

void json_write_text(struct text_builder *b, struct text t, unsigned flags)
{
    size_t from = 0, i = 0;

    text_add_char(b, '"');
    while (i < t.len) {
        unsigned rune;
        size_t len;

        if (is_plain((unsigned char)t.at[i], flags)) {
            i++;
            continue;
        }
        len = json_rune((struct text){t.at + i, t.len - i}, &rune);
        if (len > 1 && rune != 0x2028 && rune != 0x2029) {
            i += len;
            continue;
        }
        text_add(b, (struct text){t.at + from, i - from});
        write_escape(b, len ? rune : RUNE_INVALID);
        i += len ? len : 1;
        from = i;
    }
    text_add(b, (struct text){t.at + from, i - from});
    text_add_char(b, '"');
}

/* --- values -------------------------------------------------------------- */

const struct datum *json_plain(struct arena *a, const struct datum *d)
{
    const struct datum *plain = NULL;

    if (d->kind == DATUM_BYTES)
        return datum_string(a, base64_encode(a, d->text, BASE64_STANDARD));
    if (datum_is_unmade(d))
        return &datum_nil;
    if (d->kind != DATUM_OBJECT)
        return d;
    if (d->object.class->plain)
        plain = d->object.class->plain(a, d);
    return plain ? plain : datum_string(a, datum_text(a, d));
}

static void new_line(const struct writer *w)
{
    if (!(w->flags & JSON_WRITE_PRETTY))
        return;
    text_add_char(w->b, '\n');
    for (int i = 0; i < w->depth; i++)
        text_add_z(w->b, "  ");
}

static void write_value(struct writer *w, const struct datum *d);

static void write_nested(struct writer *w, const struct datum *d)
{
    bool map = d->kind == DATUM_MAP;
    size_t count = datum_len(d);

    text_add_char(w->b, map ? '{' : '[');
    w->depth++;
    if (w->depth > JSON_WRITE_DEPTH_MAX)
        w->error = "json: unsupported value: encountered a cycle";
    for (size_t i = 0; i < count && !w->error && !w->b->overflow; i++) {
        text_add_z(w->b, i ? "," : "");
        new_line(w);
        if (map) {
            json_write_text(w->b, d->map->entries[i].key, w->flags);
            text_add_z(w->b, w->flags & JSON_WRITE_PRETTY ? ": " : ":");
        }
        write_value(w, map ? d->map->entries[i].value : d->list.items[i]);
    }
    w->depth--;
    if (count)
        new_line(w);
    text_add_char(w->b, map ? '}' : ']');
}

static void write_real(struct writer *w, double d)
{
    char text[REAL_TEXT_BYTES];

    if (!isfinite(d)) {
        w->error = isnan(d)  ? "json: unsupported value: NaN"
                   : d > 0.0 ? "json: unsupported value: +Inf"
                             : "json: unsupported value: -Inf";
        return;
    }
    real_print_json(text, d);
    text_add_z(w->b, text);
}

static void write_value(struct writer *w, const struct datum *d)
{
    d = json_plain(w->b->arena, d);
    switch (d->kind) {
    case DATUM_NIL:
        text_add_z(w->b, "null");
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
        write_real(w, d->real);
        break;
    case DATUM_LIST:
    case DATUM_MAP:
        write_nested(w, d);
        break;
    case DATUM_STRING:
    case DATUM_BYTES:
    case DATUM_OBJECT:
        json_write_text(w->b, d->text, w->flags);
        break;
    }
}

const char *json_write_datum(struct text_builder *b, const struct datum *d, unsigned flags)
{
    struct writer w = {.b = b, .flags = flags};

    write_value(&w, d);
    return w.error;
}
