/* Regular expressions. A bad pattern is no match for regexMatch and an error for all
 * others; the must forms word it a little differently. */
#include <string.h>

#include "base/clock.h"
#include "template/convert.h"
#include "template/quote.h"
#include "template/regex.h"
#include "template/template.h"
#include "template/unicode.h"

/* Matches do not say what they took, so their time is counted: four seconds are all that
 * one execution has. */
enum { STEPS_PER_MS = TEMPLATE_STEPS_MAX / 4000 };

/* A walk over the matches in a text. */
struct walk {
    struct regex *regex;
    struct text subject;
    size_t from;
    struct regex_span match;
    bool failed; /* reported */
};

/* --- walking -------------------------------------------------------------- */

static const char *quoted(struct arena *a, struct text pattern)
{
    struct text_builder b;

    if (quote_fits_backquotes(pattern))
        return text_f(a, "`%.*s`", (int)pattern.len, pattern.at);
    text_builder_init(&b, a, 16 * (pattern.len + 1));
    quote_text(&b, pattern, false);
    return text_built(&b).at;
}

static bool open_walk(struct function_call *f, struct walk *w)
{
    struct text pattern = function_text(f, 0);
    const char *reason;

    *w = (struct walk){.subject = function_text(f, 1)};
    w->regex = regex_new(f->arena, pattern, &reason);
    if (w->regex)
        return true;
    if (strncmp(f->function->name, "must", 4) == 0)
        function_fail(f, "%s", reason);
    else
        function_fail(f, "regexp: Compile(%s): %s", quoted(f->arena, pattern), reason);
    return false;
}

/* The result, unless the walk failed on its way. */
static const struct datum *close_walk(struct walk *w, const struct datum *result)
{
    regex_free(w->regex);
    return w->failed ? NULL : result;
}

/* The first match from w->from on. */
static bool find(struct function_call *f, struct walk *w)
{
    enum regex_outcome outcome = REGEX_NO_MATCH;
    int64_t start_ms = clock_monotonic_ms();

    if (w->from <= w->subject.len)
        outcome = regex_find(w->regex, w->subject, w->from);
    if (!function_work(f, 1 + (size_t)(clock_monotonic_ms() - start_ms) * STEPS_PER_MS)) {
        w->failed = true;
        return false;
    }
    if (outcome == REGEX_TOO_LONG) {
        function_fail(f, "the pattern takes more than %d steps to match", REGEX_STEPS_MAX);
        w->failed = true;
    }
    if (outcome == REGEX_MATCH)
        w->match = regex_group(w->regex, 0);
    return outcome == REGEX_MATCH;
}

static void step_over_rune(struct walk *w)
{
    size_t len = 1;

    if (w->from < w->subject.len)
        (void)rune_decode(w->subject, w->from, &len);
    w->from += len;
}

/* The next match; an empty one right behind the last match does not count. */
static bool next(struct function_call *f, struct walk *w)
{
    size_t last_end = w->match.end;
    bool first = w->from == 0;

    while (find(f, w)) {
        if (w->match.end > w->from) {
            w->from = w->match.end;
            return true;
        }
        step_over_rune(w);
        if (first || w->match.start != last_end || w->match.end != last_end)
            return true;
    }
    return false;
}

static struct text matched(const struct walk *w)
{
    return (struct text){w->subject.at + w->match.start, w->match.end - w->match.start};
}

/* --- functions ------------------------------------------------------------ */

static const struct datum *run_match(struct function_call *f)
{
    struct walk w;
    bool found;

    if (!open_walk(f, &w)) {
        if (strncmp(f->function->name, "must", 4) == 0)
            return NULL;
        f->error = NULL;
        return &datum_false;
    }
    found = find(f, &w);
    return close_walk(&w, datum_bool(found));
}

static const struct datum *run_find(struct function_call *f)
{
    struct text found = TEXT("");
    struct walk w;

    if (!open_walk(f, &w))
        return NULL;
    if (find(f, &w))
        found = matched(&w);
    return close_walk(&w, datum_string(f->arena, found));
}

/* Grows by doubling; the arena keeps the old ones. */
struct texts {
    const struct datum **at;
    size_t count, capacity;
};

static void add_text(struct function_call *f, struct texts *t, struct text text)
{
    if (t->count == t->capacity) {
        const struct datum **larger;

        t->capacity = t->capacity ? t->capacity * 2 : 8;
        larger = arena_array(f->arena, t->capacity, sizeof(struct datum *));
        for (size_t i = 0; i < t->count; i++)
            larger[i] = t->at[i];
        t->at = larger;
    }
    t->at[t->count++] = datum_string(f->arena, text);
}

static const struct datum *run_find_all(struct function_call *f)
{
    int64_t limit = function_integer(f, 2);
    struct texts found = {0};
    struct walk w;

    if (!open_walk(f, &w))
        return NULL;
    while ((limit < 0 || (int64_t)found.count < limit) && next(f, &w))
        add_text(f, &found, matched(&w));
    return close_walk(&w, datum_strings(f->arena, found.at, found.count));
}

static const struct datum *run_split(struct function_call *f)
{
    int64_t limit = function_integer(f, 2);
    struct texts pieces = {0};
    size_t start = 0, end = 0;
    struct walk w;

    if (!open_walk(f, &w))
        return NULL;
    if (limit != 0 && function_text(f, 0).len && !w.subject.len) {
        add_text(f, &pieces, TEXT(""));
        return close_walk(&w, datum_strings(f->arena, pieces.at, pieces.count));
    }
    while (limit != 0 && (limit < 0 || (int64_t)pieces.count < limit - 1) && next(f, &w)) {
        end = w.match.start;
        if (w.match.end != 0)
            add_text(f, &pieces, (struct text){w.subject.at + start, end - start});
        start = w.match.end;
    }
    if (limit != 0 && end != w.subject.len)
        add_text(f, &pieces, (struct text){w.subject.at + start, w.subject.len - start});
    return close_walk(&w, datum_strings(f->arena, pieces.at, pieces.count));
}

/* --- replacing ------------------------------------------------------------ */

/* False when the group took no part. */
static bool add_group(struct text_builder *b, const struct walk *w, size_t group)
{
    struct regex_span span = regex_group(w->regex, group);

    if (span.start > span.end)
        return false;
    text_add(b, (struct text){w->subject.at + span.start, span.end - span.start});
    return true;
}

/* A name of digits is a number: "" for what names no group. */
static void add_reference(struct text_builder *b, const struct walk *w, struct text name)
{
    size_t count = regex_group_count(w->regex);
    int64_t number;
    bool digits = true;

    for (size_t i = 0; i < name.len; i++)
        digits = digits && name.at[i] >= '0' && name.at[i] <= '9';
    if (digits && (name.len == 1 || name.at[0] != '0')) {
        if (convert_parse_integer(name, 10, &number) && number < (int64_t)count)
            (void)add_group(b, w, (size_t)number);
        return;
    }
    for (size_t i = 1; i < count; i++)
        if (text_equal(regex_group_name(w->regex, i), name) && add_group(b, w, i))
            return;
}

/* What may follow "$": a word, in braces or not. 0 = no reference. */
static size_t reference_len(struct text t, struct text *name)
{
    size_t start = t.len && t.at[0] == '{', at = start, len;

    while (at < t.len) {
        uint32_t rune = rune_decode(t, at, &len);

        if (rune != '_' && !unicode_is_letter(rune) && !unicode_is_digit(rune))
            break;
        at += len;
    }
    *name = (struct text){t.at + start, at - start};
    if (!name->len || (start && (at == t.len || t.at[at] != '}')))
        return 0;
    return at + start;
}

static void add_expanded(struct text_builder *b, const struct walk *w, struct text template)
{
    struct text name;

    while (template.len) {
        const char *dollar = memchr(template.at, '$', template.len);
        size_t before = dollar ? (size_t)(dollar - template.at) : template.len, len;

        text_add(b, (struct text){template.at, before});
        if (!dollar)
            return;
        template = (struct text){dollar + 1, template.len - before - 1};
        len = reference_len(template, &name);
        if (len)
            add_reference(b, w, name);
        else
            text_add_char(b, '$');
        if (!len && text_starts_with(template, "$"))
            len = 1;
        template = (struct text){template.at + len, template.len - len};
    }
}

static void add_literal(struct text_builder *b, const struct walk *w, struct text template)
{
    (void)w;
    text_add(b, template);
}

static const struct datum *replace(struct function_call *f,
                                   void (*add)(struct text_builder *b, const struct walk *w,
                                               struct text template))
{
    struct text_builder b;
    size_t done = 0;
    struct walk w;

    if (!open_walk(f, &w))
        return NULL;
    text_builder_init(&b, f->arena, TEMPLATE_OUTPUT_BYTES_MAX);
    while (!b.overflow && next(f, &w)) {
        text_add(&b, (struct text){w.subject.at + done, w.match.start - done});
        add(&b, &w, function_text(f, 2));
        done = w.match.end;
    }
    text_add(&b, (struct text){w.subject.at + done, w.subject.len - done});
    if (w.failed)
        return close_walk(&w, NULL);
    return close_walk(&w, convert_built(f, &b));
}

static const struct datum *run_replace_all(struct function_call *f)
{
    return replace(f, add_expanded);
}

static const struct datum *run_replace_all_literal(struct function_call *f)
{
    return replace(f, add_literal);
}

static const struct datum *run_quote_meta(struct function_call *f)
{
    struct text t = function_text(f, 0);
    struct text_builder b;

    text_builder_init(&b, f->arena, TEMPLATE_OUTPUT_BYTES_MAX);
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] && strchr("\\.+*?()|[]{}^$", t.at[i]))
            text_add_char(&b, '\\');
        text_add_char(&b, t.at[i]);
    }
    return convert_built(f, &b);
}

const struct function functions_regex[] = {
    {"regexMatch", "ss", run_match, 0},
    {"mustRegexMatch", "ss", run_match, 0},
    {"regexFind", "ss", run_find, 0},
    {"mustRegexFind", "ss", run_find, 0},
    {"regexFindAll", "ssi", run_find_all, 0},
    {"mustRegexFindAll", "ssi", run_find_all, 0},
    {"regexSplit", "ssi", run_split, 0},
    {"mustRegexSplit", "ssi", run_split, 0},
    {"regexReplaceAll", "sss", run_replace_all, 0},
    {"mustRegexReplaceAll", "sss", run_replace_all, 0},
    {"regexReplaceAllLiteral", "sss", run_replace_all_literal, 0},
    {"mustRegexReplaceAllLiteral", "sss", run_replace_all_literal, 0},
    {"regexQuoteMeta", "s", run_quote_meta, 0},
    {0},
};
