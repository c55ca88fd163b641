/* Strings: searching, cutting, joining. Lengths are bytes, as in Sprig. */
#include <string.h>

#include "template/convert.h"
#include "template/quote.h"
#include "template/template.h"
#include "template/unicode.h"

static void builder(struct function_call *f, struct text_builder *b)
{
    text_builder_init(b, f->arena, TEMPLATE_OUTPUT_BYTES_MAX);
}

static bool starts_with(struct text t, struct text prefix)
{
    return t.len >= prefix.len && text_equal((struct text){t.at, prefix.len}, prefix);
}

static bool ends_with(struct text t, struct text suffix)
{
    return t.len >= suffix.len &&
           text_equal((struct text){t.at + t.len - suffix.len, suffix.len}, suffix);
}

enum { SHORT_PART_BYTES = 64 };

/* By Knuth, Morris and Pratt: in time that grows with t, whatever part looks like. */
static size_t find_long(struct text t, struct text part)
{
    size_t *border = memory_new(part.len, sizeof(*border)), at = 0, matched = 0;

    for (size_t i = 1, len = 0; i < part.len; border[i++] = len) {
        while (len && part.at[i] != part.at[len])
            len = border[len - 1];
        len += part.at[i] == part.at[len];
    }
    for (; at < t.len && matched < part.len; at++) {
        while (matched && t.at[at] != part.at[matched])
            matched = border[matched - 1];
        matched += t.at[at] == part.at[matched];
    }
    memory_free(border);
    return matched == part.len ? at - part.len : t.len;
}

/* Where `part` starts in t; t.len when it does not occur. */
static size_t find(struct text t, struct text part)
{
    if (part.len > SHORT_PART_BYTES)
        return find_long(t, part);
    for (size_t i = 0; i + part.len <= t.len; i++) {
        const char *first = part.len ? memchr(t.at + i, part.at[0], t.len - i) : t.at + i;

        if (!first)
            break;
        i = (size_t)(first - t.at);
        if (starts_with((struct text){first, t.len - i}, part))
            return i;
    }
    return t.len;
}

static struct text skip(struct text t, size_t count)
{
    return (struct text){t.at + count, t.len - count};
}

/* Takes what stands before `separator` out of *rest; an empty one parts the runes.
 * False when nothing is left. */
static bool take_piece(struct text *rest, struct text separator, struct text *piece)
{
    size_t len;

    if (!rest->at)
        return false;
    if (!separator.len) {
        if (!rest->len)
            return false;
        rune_decode(*rest, 0, &len);
    } else {
        len = find(*rest, separator);
    }
    *piece = (struct text){rest->at, len};
    if (separator.len && len == rest->len)
        *rest = (struct text){NULL, 0};
    else
        *rest = skip(*rest, len + separator.len);
    return true;
}

/* An empty text must not look like a used-up one. */
static struct text subject(struct function_call *f, size_t i)
{
    struct text t = function_text(f, i);

    return t.at ? t : TEXT("");
}

/* --- trimming ------------------------------------------------------------- */

static const struct datum *run_trim(struct function_call *f)
{
    return datum_string(f->arena, unicode_trim(function_text(f, 0)));
}

static bool has_rune(struct text set, uint32_t rune)
{
    uint32_t other;

    while (unicode_take(&set, &other, NULL))
        if (other == rune)
            return true;
    return false;
}

static const struct datum *run_trim_all(struct function_call *f)
{
    struct text set = function_text(f, 0), rest = function_text(f, 1), kept;
    uint32_t rune;

    do
        kept = rest;
    while (unicode_take(&rest, &rune, NULL) && has_rune(set, rune));
    while (kept.len) {
        size_t last = rune_last_len(kept), len;

        if (!has_rune(set, rune_decode(skip(kept, kept.len - last), 0, &len)))
            break;
        kept.len -= last;
    }
    return datum_string(f->arena, kept);
}

static const struct datum *run_trim_prefix(struct function_call *f)
{
    struct text prefix = function_text(f, 0), t = function_text(f, 1);

    return starts_with(t, prefix) ? datum_string(f->arena, skip(t, prefix.len))
                                  : function_argument(f, 1);
}

static const struct datum *run_trim_suffix(struct function_call *f)
{
    struct text suffix = function_text(f, 0), t = function_text(f, 1);

    if (ends_with(t, suffix))
        t.len -= suffix.len;
    return datum_string(f->arena, t);
}

/* Sprig looks at bytes here: a byte that would be a blank as a rune goes, and the others
 * become runes of their own. */
static const struct datum *run_nospace(struct function_call *f)
{
    struct text t = function_text(f, 0);
    struct text_builder b;
    bool found = false;

    builder(f, &b);
    for (size_t i = 0; i < t.len; i++) {
        if (unicode_is_space((unsigned char)t.at[i]))
            found = true;
        else
            rune_add(&b, (unsigned char)t.at[i]);
    }
    return found ? convert_built(f, &b) : function_argument(f, 0);
}

/* --- cutting -------------------------------------------------------------- */

static const struct datum *run_trunc(struct function_call *f)
{
    int64_t len = function_integer(f, 0);
    struct text t = function_text(f, 1);

    if (len < 0 && (uint64_t)0 - (uint64_t)len < t.len)
        t = skip(t, t.len - (size_t)-len);
    else if (len >= 0 && (uint64_t)len < t.len)
        t.len = (size_t)len;
    return datum_string(f->arena, t);
}

static const struct datum *out_of_range(struct function_call *f, const char *range)
{
    return function_fail(f, "runtime error: slice bounds out of range %s", range);
}

static const struct datum *run_substr(struct function_call *f)
{
    int64_t start = function_integer(f, 0), end = function_integer(f, 1);
    struct text t = function_text(f, 2);
    int64_t len = (int64_t)t.len;

    if (start < 0) {
        if (end < 0)
            return out_of_range(f, text_f(f->arena, "[:%lld]", (long long)end));
        if (end > len)
            return out_of_range(
                f, text_f(f->arena, "[:%lld] with length %lld", (long long)end, (long long)len));
        return datum_string(f->arena, (struct text){t.at, (size_t)end});
    }
    if (end < 0 || end > len)
        end = len;
    if (start > end)
        return out_of_range(f, text_f(f->arena, "[%lld:%lld]", (long long)start, (long long)end));
    return datum_string(f->arena, (struct text){t.at + start, (size_t)(end - start)});
}

static const struct datum *run_split_list(struct function_call *f)
{
    struct text separator = function_text(f, 0), rest = subject(f, 1), piece;
    const struct datum **pieces;
    size_t count = 0;

    for (struct text r = rest; take_piece(&r, separator, &piece); count++)
        ;
    pieces = arena_array(f->arena, count, sizeof(struct datum *));
    for (size_t i = 0; take_piece(&rest, separator, &piece); i++)
        pieces[i] = datum_string(f->arena, piece);
    return datum_strings(f->arena, pieces, count);
}

/* The map _0, _1 ... of at most `limit` pieces (< 0: of all); the last is what is left. */
static const struct datum *split_map(struct function_call *f, struct text separator, int64_t limit,
                                     struct text rest)
{
    const struct datum *map = datum_map_new(f->arena);
    struct text piece;

    for (int64_t i = 0; i != limit && rest.at; i++) {
        if (limit > 0 && i == limit - 1 && (separator.len || rest.len)) {
            piece = rest;
            rest = (struct text){NULL, 0};
        } else if (!take_piece(&rest, separator, &piece)) {
            break;
        }
        if (!function_work(f, map->map->count / FUNCTION_ELEMENTS_PER_STEP))
            return NULL;
        datum_set(map, text_of(text_f(f->arena, "_%lld", (long long)i)),
                  datum_string(f->arena, piece));
    }
    return convert_typed(f, map, "map[string]string");
}

static const struct datum *run_split(struct function_call *f)
{
    return split_map(f, function_text(f, 0), -1, subject(f, 1));
}

static const struct datum *run_splitn(struct function_call *f)
{
    return split_map(f, function_text(f, 0), function_integer(f, 1), subject(f, 2));
}

/* --- asking --------------------------------------------------------------- */

static const struct datum *run_contains(struct function_call *f)
{
    struct text part = function_text(f, 0), t = function_text(f, 1);

    return datum_bool(!part.len || find(t, part) < t.len);
}

static const struct datum *run_has_prefix(struct function_call *f)
{
    return datum_bool(starts_with(function_text(f, 1), function_text(f, 0)));
}

static const struct datum *run_has_suffix(struct function_call *f)
{
    return datum_bool(ends_with(function_text(f, 1), function_text(f, 0)));
}

static const struct datum *run_plural(struct function_call *f)
{
    return function_argument(f, function_integer(f, 2) == 1 ? 0 : 1);
}

/* --- building ------------------------------------------------------------- */

static const struct datum *run_hello(struct function_call *f)
{
    return datum_string_z(f->arena, "Hello!");
}

static const struct datum *run_to_string(struct function_call *f)
{
    return datum_string(f->arena, convert_text(f->arena, function_argument(f, 0)));
}

static const struct datum *run_repeat(struct function_call *f)
{
    int64_t count = function_integer(f, 0);
    struct text t = function_text(f, 1);
    struct text_builder b;

    if (count < 0)
        return function_fail(f, "strings: negative Repeat count");
    builder(f, &b);
    for (int64_t i = 0; t.len && i < count && !b.overflow; i++)
        text_add(&b, t);
    return convert_built(f, &b);
}

static const struct datum *run_replace(struct function_call *f)
{
    struct text old = function_text(f, 0), new = function_text(f, 1), rest = subject(f, 2);
    struct text_builder b;
    struct text piece;

    builder(f, &b);
    for (bool first = old.len > 0; take_piece(&rest, old, &piece); first = false) {
        if (!first)
            text_add(&b, new);
        text_add(&b, piece);
    }
    if (!old.len)
        text_add(&b, new);
    return convert_built(f, &b);
}

/* The arguments that are not nil, each written by `add`, with a blank between. */
static const struct datum *join_present(struct function_call *f,
                                        void (*add)(struct text_builder *b, const struct datum *d))
{
    struct text_builder b;
    bool first = true;

    builder(f, &b);
    for (size_t i = 0; i < f->count; i++) {
        if (function_argument(f, i)->kind == DATUM_NIL)
            continue;
        text_add_z(&b, first ? "" : " ");
        add(&b, function_argument(f, i));
        first = false;
    }
    return convert_built(f, &b);
}

static void add_quoted(struct text_builder *b, const struct datum *d)
{
    quote_text(b, convert_text(b->arena, d), false);
}

static void add_single_quoted(struct text_builder *b, const struct datum *d)
{
    text_add_char(b, '\'');
    datum_print(b, d);
    text_add_char(b, '\'');
}

static const struct datum *run_quote(struct function_call *f)
{
    return join_present(f, add_quoted);
}

static const struct datum *run_squote(struct function_call *f)
{
    return join_present(f, add_single_quoted);
}

static const struct datum *run_cat(struct function_call *f)
{
    return join_present(f, datum_print);
}

static const struct datum *run_join(struct function_call *f)
{
    struct items texts = convert_strings(f, function_argument(f, 1));
    struct text_builder b;

    builder(f, &b);
    for (size_t i = 0; i < texts.count; i++) {
        if (i)
            text_add(&b, function_text(f, 0));
        text_add(&b, texts.at[i]->text);
    }
    return convert_built(f, &b);
}

static void add_blanks(struct text_builder *b, int64_t count)
{
    static const char blanks[] = "                                ";

    for (int64_t step; count > 0 && !b->overflow; count -= step) {
        step = count < (int64_t)sizeof(blanks) - 1 ? count : (int64_t)sizeof(blanks) - 1;
        text_add(b, (struct text){blanks, (size_t)step});
    }
}

static const struct datum *indented(struct function_call *f, const char *before)
{
    int64_t spaces = function_integer(f, 0);
    struct text rest = subject(f, 1), line;
    struct text_builder b;

    if (spaces < 0)
        return function_fail(f, "strings: negative Repeat count");
    builder(f, &b);
    text_add_z(&b, before);
    for (bool first = true; text_split(&rest, '\n', &line); first = false) {
        text_add_z(&b, first ? "" : "\n");
        add_blanks(&b, spaces);
        text_add(&b, line);
    }
    return convert_built(f, &b);
}

static const struct datum *run_indent(struct function_call *f)
{
    return indented(f, "");
}

static const struct datum *run_nindent(struct function_call *f)
{
    return indented(f, "\n");
}

const struct function functions_string[] = {
    {"hello", "", run_hello, 0},
    {"trim", "s", run_trim, 0},
    {"trimAll", "ss", run_trim_all, 0},
    {"trimall", "ss", run_trim_all, 0},
    {"trimPrefix", "ss", run_trim_prefix, 0},
    {"trimSuffix", "ss", run_trim_suffix, 0},
    {"nospace", "s", run_nospace, 0},
    {"trunc", "is", run_trunc, 0},
    {"substr", "iis", run_substr, 0},
    {"splitList", "ss", run_split_list, 0},
    {"split", "ss", run_split, 0},
    {"splitn", "sis", run_splitn, 0},
    {"contains", "ss", run_contains, 0},
    {"hasPrefix", "ss", run_has_prefix, 0},
    {"hasSuffix", "ss", run_has_suffix, 0},
    {"plural", "ssi", run_plural, 0},
    {"toString", "v", run_to_string, 0},
    {"repeat", "is", run_repeat, 0},
    {"replace", "sss", run_replace, 0},
    {"quote", "v*", run_quote, 0},
    {"squote", "v*", run_squote, 0},
    {"cat", "v*", run_cat, 0},
    {"join", "sv", run_join, 0},
    {"indent", "is", run_indent, 0},
    {"nindent", "is", run_nindent, 0},
    {0},
};
