#include "base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct text text_of(const char *z)
{
    return (struct text){z ? z : "", z ? strlen(z) : 0};
}

bool text_equal(struct text a, struct text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool text_is(struct text a, const char *z)
{
    return text_equal(a, text_of(z));
}

bool text_starts_with(struct text a, const char *prefix)
{
    size_t len = strlen(prefix);

    return a.len >= len && memcmp(a.at, prefix, len) == 0;
}

bool text_ends_with(struct text a, const char *suffix)
{
    size_t len = strlen(suffix);

    return a.len >= len && memcmp(a.at + a.len - len, suffix, len) == 0;
}

int text_compare(struct text a, struct text b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.at, b.at, common) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct text text_trim(struct text a)
{
    while (a.len && is_blank(a.at[0]))
        a = (struct text){a.at + 1, a.len - 1};
    while (a.len && is_blank(a.at[a.len - 1]))
        a.len--;
    return a;
}

bool text_split(struct text *rest, char separator, struct text *piece)
{
    const char *end;

    if (!rest->at)
        return false;
    end = rest->len ? memchr(rest->at, separator, rest->len) : NULL;
    if (!end) {
        *piece = *rest;
        *rest = (struct text){NULL, 0};
        return true;
    }
    *piece = (struct text){rest->at, (size_t)(end - rest->at)};
    *rest = (struct text){end + 1, rest->len - piece->len - 1};
    return true;
}

char *text_z(struct arena *a, struct text t)
{
    return arena_copy(a, t.at, t.len);
}

char *text_fv(struct arena *a, const char *format, va_list arguments)
{
    va_list again;
    char *out;
    int len;

    va_copy(again, arguments);
    len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (len < 0) /* an encoding error of %ls, which nobody uses */
        return arena_strdup(a, format);
    out = arena_alloc(a, (size_t)len + 1);
    (void)vsnprintf(out, (size_t)len + 1, format, arguments);
    return out;
}

char *text_f(struct arena *a, const char *format, ...)
{
    va_list arguments;
    char *out;

    va_start(arguments, format);
    out = text_fv(a, format, arguments);
    va_end(arguments);
    return out;
}

/* Length of the sequence at *at, 0 if it is not well-formed UTF-8. */
static size_t utf8_length(const unsigned char *at, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t rune;
    size_t len;

    if (at[0] < 0x80)
        return 1;
    len = at[0] >= 0xf0 && at[0] < 0xf8 ? 4 : at[0] >= 0xe0 && at[0] < 0xf0 ? 3 : 2;
    if (at[0] < 0xc0 || at[0] >= 0xf8 || len > left)
        return 0;
    rune = at[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        rune = rune << 6 | (at[i] & 0x3f);
    }
    if (rune < least[len] || rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000))
        return 0;
    return len;
}

bool text_utf8_valid(struct text t)
{
    for (size_t i = 0, step; i < t.len; i += step)
        if (!(step = utf8_length((const unsigned char *)t.at + i, t.len - i)))
            return false;
    return true;
}

char *text_printable(struct arena *a, struct text foreign, size_t max_bytes)
{
    struct text_builder b;
    size_t step;

    text_builder_init(&b, a, max_bytes);
    for (size_t i = 0; i < foreign.len && !b.overflow; i += step) {
        const unsigned char *at = (const unsigned char *)foreign.at + i;

        step = utf8_length(at, foreign.len - i);
        if (step == 0) {
            step = 1;
            text_add_z(&b, "\xef\xbf\xbd");
        } else if (step == 2 && at[0] == 0xc2 && at[1] < 0xa0) {
            continue; /* C1 control characters, which terminals obey too */
        } else if ((at[0] >= 0x20 && at[0] != 0x7f) || at[0] == '\n' || at[0] == '\t') {
            text_add(&b, (struct text){foreign.at + i, step});
        }
    }
    return b.at;
}

void text_builder_init(struct text_builder *b, struct arena *a, size_t max_bytes)
{
    *b = (struct text_builder){.arena = a, .max_bytes = max_bytes, .capacity = 64};
    b->at = arena_alloc(a, b->capacity);
}

/* Makes room for len bytes more; false when they are too many. */
static bool reserve(struct text_builder *b, size_t len)
{
    size_t capacity = (b->len + len + 1) * 2;
    char *grown;

    if (b->overflow || len > b->max_bytes - b->len) {
        b->overflow = true;
        return false;
    }
    if (b->len + len + 1 <= b->capacity)
        return true;
    grown = arena_alloc(b->arena, capacity);
    memcpy(grown, b->at, b->len);
    b->at = grown;
    b->capacity = capacity;
    return true;
}

void text_add(struct text_builder *b, struct text t)
{
    if (!reserve(b, t.len))
        return;
    if (t.len)
        memcpy(b->at + b->len, t.at, t.len);
    b->len += t.len;
    b->at[b->len] = '\0';
}

void text_add_z(struct text_builder *b, const char *z)
{
    text_add(b, text_of(z));
}

void text_add_char(struct text_builder *b, char c)
{
    if (!reserve(b, 1))
        return;
    b->at[b->len++] = c;
    b->at[b->len] = '\0';
}

/* Into the room that there is, and again where that was too small. */
void text_add_f(struct text_builder *b, const char *format, ...)
{
    size_t room = b->capacity - b->len;
    va_list arguments;
    int len;

    if (b->overflow)
        return;
    va_start(arguments, format);
    len = vsnprintf(b->at + b->len, room, format, arguments);
    va_end(arguments);
    if (len < 0 || !reserve(b, (size_t)len)) {
        b->at[b->len] = '\0';
        return;
    }
    if ((size_t)len >= room) {
        va_start(arguments, format);
        (void)vsnprintf(b->at + b->len, (size_t)len + 1, format, arguments);
        va_end(arguments);
    }
    b->len += (size_t)len;
}

struct text text_built(const struct text_builder *b)
{
    return (struct text){b->at, b->len};
}
