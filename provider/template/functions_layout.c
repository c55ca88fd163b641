/* Texts made to fit a width, which is in bytes: wrapped or shortened. */
#include <string.h>

#include "template/convert.h"
#include "template/template.h"

static struct text skip(struct text t, size_t count)
{
    return (struct text){t.at + count, t.len - count};
}

/* The blank to break at: the last one up to the width and one more byte; t.len = none. */
static size_t last_blank(struct text t, size_t width)
{
    for (size_t i = width + 1; i > 0; i--)
        if (t.at[i - 1] == ' ')
            return i - 1;
    return t.len;
}

/* How much of t, which is longer than the width, goes on this line; *after it comes the
 * next one. */
static size_t line_len(struct text t, size_t width, bool break_words, size_t *after)
{
    size_t blank = last_blank(t, width);
    const char *next;

    if (blank == t.len && break_words) {
        *after = width;
        return width;
    }
    if (blank == t.len) {
        next = memchr(t.at + width, ' ', t.len - width);
        blank = next ? (size_t)(next - t.at) : t.len;
    }
    *after = blank + (blank < t.len);
    return blank;
}

static const struct datum *wrapped(struct function_call *f, struct text t, struct text separator,
                                   bool break_words)
{
    int64_t given = function_integer(f, 0);
    size_t width = given < 1 ? 1 : (size_t)given;
    struct text_builder b;

    text_builder_init(&b, f->arena, TEMPLATE_OUTPUT_BYTES_MAX);
    while (t.len > width) {
        size_t after, len;

        if (t.at[0] == ' ') {
            t = skip(t, 1);
            continue;
        }
        len = line_len(t, width, break_words, &after);
        text_add(&b, (struct text){t.at, len});
        if (len < t.len)
            text_add(&b, separator);
        t = skip(t, after);
    }
    text_add(&b, t);
    return convert_built(f, &b);
}

static const struct datum *run_wrap(struct function_call *f)
{
    return wrapped(f, function_text(f, 1), TEXT("\n"), false);
}

static const struct datum *run_wrap_with(struct function_call *f)
{
    struct text separator = function_text(f, 1);

    return wrapped(f, function_text(f, 2), separator.len ? separator : TEXT("\n"), true);
}

/* "...middle..." of at most max bytes, from about `left` on. */
static const struct datum *shortened(struct function_call *f, struct text t, int64_t left,
                                     size_t max)
{
    size_t kept = max - 3; /* room beside one ellipsis */

    if (t.len <= max)
        return datum_string(f->arena, t);
    if (left > (int64_t)(t.len - kept))
        left = (int64_t)(t.len - kept);
    if (left <= 4)
        return datum_string_z(f->arena, text_f(f->arena, "%.*s...", (int)kept, t.at));
    t = skip(t, (size_t)left);
    if (kept >= t.len)
        return datum_string_z(f->arena, text_f(f->arena, "...%.*s", (int)t.len, t.at));
    return datum_string_z(f->arena, text_f(f->arena, "...%.*s...", (int)(kept - 3), t.at));
}

static const struct datum *run_abbrev(struct function_call *f)
{
    int64_t max = function_integer(f, 0);

    if (max < 4)
        return function_argument(f, 1);
    return shortened(f, function_text(f, 1), 0, (size_t)max);
}

static const struct datum *run_abbrevboth(struct function_call *f)
{
    int64_t left = function_integer(f, 0), max = function_integer(f, 1);

    if (max < 4 || (left > 0 && max < 7))
        return function_argument(f, 2);
    return shortened(f, function_text(f, 2), left, (size_t)max);
}

const struct function functions_layout[] = {
    {"wrap", "is", run_wrap, 0},
    {"wrapWith", "iss", run_wrap_with, 0},
    {"abbrev", "is", run_abbrev, 0},
    {"abbrevboth", "iis", run_abbrevboth, 0},
    {0},
};
