/* Letters: upper and lower case, words written together or apart. */
#include "template/convert.h"
#include "template/template.h"
#include "template/unicode.h"

static void builder(struct function_call *f, struct text_builder *b)
{
    text_builder_init(b, f->arena, TEMPLATE_OUTPUT_BYTES_MAX);
}

/* --- rune by rune --------------------------------------------------------- */

static const struct datum *map_runes(struct function_call *f, uint32_t (*change)(uint32_t rune))
{
    struct text rest = function_text(f, 0);
    struct text_builder b;
    uint32_t rune;

    builder(f, &b);
    while (unicode_take(&rest, &rune, NULL))
        rune_add(&b, change(rune));
    return convert_built(f, &b);
}

static const struct datum *run_upper(struct function_call *f)
{
    return map_runes(f, unicode_upper);
}

static const struct datum *run_lower(struct function_call *f)
{
    return map_runes(f, unicode_lower);
}

/* As Go's deprecated strings.Title parts words: an apostrophe does, "_" does not. */
static bool parts_words(uint32_t rune)
{
    if (rune < 0x80)
        return !unicode_is_letter(rune) && !unicode_is_digit(rune) && rune != '_';
    return unicode_is_space(rune);
}

static const struct datum *run_title(struct function_call *f)
{
    struct text rest = function_text(f, 0);
    struct text_builder b;
    uint32_t rune, before = ' ';

    builder(f, &b);
    for (; unicode_take(&rest, &rune, NULL); before = rune)
        rune_add(&b, parts_words(before) ? unicode_title(rune) : rune);
    return convert_built(f, &b);
}

static const struct datum *run_untitle(struct function_call *f)
{
    struct text rest = function_text(f, 0);
    struct text_builder b;
    bool first = true;
    uint32_t rune;

    builder(f, &b);
    while (unicode_take(&rest, &rune, NULL)) {
        bool space = unicode_is_space(rune);

        rune_add(&b, first && !space ? unicode_lower(rune) : rune);
        first = space;
    }
    return convert_built(f, &b);
}

static const struct datum *run_swapcase(struct function_call *f)
{
    struct text rest = function_text(f, 0);
    struct text_builder b;
    bool after_space = true;
    uint32_t rune;

    builder(f, &b);
    while (unicode_take(&rest, &rune, NULL)) {
        uint32_t swapped = rune;

        if (unicode_is_upper(rune) || unicode_is_title(rune))
            swapped = unicode_lower(rune);
        else if (unicode_is_lower(rune))
            swapped = after_space ? unicode_title(rune) : unicode_upper(rune);
        after_space = !unicode_is_upper(rune) && !unicode_is_title(rune) &&
                      !unicode_is_lower(rune) && unicode_is_space(rune);
        rune_add(&b, swapped);
    }
    return convert_built(f, &b);
}

/* Sprig looks at bytes here, and writes each that it takes as a rune. */
static const struct datum *run_initials(struct function_call *f)
{
    struct text t = function_text(f, 0);
    struct text_builder b;
    bool after_space = true;

    builder(f, &b);
    for (size_t i = 0; i < t.len; i++) {
        bool space = unicode_is_space((unsigned char)t.at[i]);

        if (after_space && !space)
            rune_add(&b, (unsigned char)t.at[i]);
        after_space = space;
    }
    return convert_built(f, &b);
}

/* --- words together ------------------------------------------------------- */

static bool is_connector(uint32_t rune)
{
    return rune == '-' || rune == '_' || unicode_is_space(rune);
}

/* How the next rune of a camel-case text is written. */
struct camel {
    uint32_t held; /* read, but the next rune decides whether it is written */
    bool capitals; /* so far the word is all capitals, which become small */
};

static void camel_next(struct text_builder *b, struct camel *c, uint32_t rune)
{
    bool after_connector = is_connector(c->held);

    if (!after_connector || is_connector(rune))
        rune_add(b, c->held);
    if (after_connector && !is_connector(rune)) {
        c->capitals = unicode_is_upper(rune);
        rune = unicode_upper(rune);
    } else if (!after_connector && c->capitals) {
        c->capitals = unicode_is_upper(rune);
        rune = c->capitals ? unicode_lower(rune) : rune;
    }
    c->held = rune;
}

static const struct datum *run_camelcase(struct function_call *f)
{
    struct text rest = function_text(f, 0);
    struct text_builder b;
    struct camel camel = {0};
    uint32_t rune = 0;

    if (!rest.len)
        return &datum_empty_string;
    builder(f, &b);
    while (unicode_take(&rest, &rune, NULL) && is_connector(rune)) {
        rune_add(&b, rune);
        if (!rest.len)
            rune_add(&b, rune); /* the library's own doubling of a last "_" */
    }
    if (is_connector(rune))
        return convert_built(f, &b);
    camel.capitals = unicode_is_upper(rune);
    camel.held = unicode_upper(rune);
    while (unicode_take(&rest, &rune, NULL))
        camel_next(&b, &camel, rune);
    rune_add(&b, camel.held);
    return convert_built(f, &b);
}

/* --- words apart ---------------------------------------------------------- */

enum word_kind {
    WORD_NONE,
    WORD_NUMBER,
    WORD_UPPER,
    WORD_LETTERS,
    WORD_CONNECTOR,
    WORD_PUNCT,
    WORD_OTHER
};

struct word {
    enum word_kind kind;
    struct text text;
};

/* Letters of scripts that put no blanks between words do not count. */
static bool is_alphabet(uint32_t rune)
{
    return unicode_is_letter(rune) && !(rune >= 0x4E00 && rune <= 0x9FCC) &&
           !(rune >= 0x3400 && rune <= 0x4D85) && !(rune >= 0x20000 && rune <= 0x2B81D);
}

static bool is_small(uint32_t rune)
{
    return is_alphabet(rune) && !unicode_is_upper(rune);
}

static bool is_other(uint32_t rune)
{
    return !is_connector(rune) && !is_alphabet(rune) && !unicode_is_number(rune) &&
           !unicode_is_punct(rune);
}

/* The next rune that is one; bad bytes before it count to its length. With nothing but
 * bad bytes left it is `before`. */
static uint32_t valid_rune(struct text t, uint32_t before, size_t *len)
{
    uint32_t rune;
    size_t one;

    *len = 0;
    while (unicode_take(&t, &rune, &one)) {
        *len += one;
        if (rune != RUNE_INVALID)
            return rune;
    }
    return before;
}

static struct text skip(struct text t, size_t count)
{
    return (struct text){t.at + count, t.len - count};
}

/* Lengthens the word by the runes that belong; *rune is the last one that was seen,
 * *last the length of the last one that was taken. */
static void extend(struct word *word, struct text *rest, bool (*belongs)(uint32_t rune),
                   uint32_t *rune, size_t *last)
{
    size_t len;

    while (rest->len) {
        *rune = valid_rune(*rest, *rune, &len);
        if (!belongs(*rune))
            break;
        *last = len;
        word->text.len += len;
        *rest = skip(*rest, len);
    }
}

/* "HTTPServer" is HTTP and Server: the last capital belongs to the letters behind it. */
static void take_upper(struct word *word, struct text *rest, uint32_t rune)
{
    size_t before = word->text.len, last = 0;

    extend(word, rest, unicode_is_upper, &rune, &last);
    if (word->text.len == before) {
        extend(word, rest, is_small, &rune, &last);
    } else if (rest->len && is_alphabet(rune)) {
        word->text.len -= last;
        *rest = (struct text){rest->at - last, rest->len + last};
    }
}

static struct word take_word(struct text *rest)
{
    struct word word = {WORD_NONE, {rest->at, 0}};
    size_t last;
    uint32_t rune;

    if (!rest->len)
        return word;
    rune = valid_rune(*rest, RUNE_INVALID, &last);
    word.text.len = last;
    *rest = skip(*rest, last);
    if (rune == RUNE_INVALID)
        return word;
    if (is_connector(rune)) {
        word.kind = WORD_CONNECTOR;
        extend(&word, rest, is_connector, &rune, &last);
    } else if (unicode_is_punct(rune)) {
        word.kind = WORD_PUNCT;
        extend(&word, rest, unicode_is_punct, &rune, &last);
    } else if (unicode_is_upper(rune)) {
        word.kind = WORD_UPPER;
        take_upper(&word, rest, rune);
    } else if (is_alphabet(rune)) {
        word.kind = WORD_LETTERS;
        extend(&word, rest, is_small, &rune, &last);
    } else if (unicode_is_number(rune)) {
        word.kind = WORD_NUMBER;
        extend(&word, rest, unicode_is_number, &rune, &last);
    } else {
        word.kind = WORD_OTHER;
        extend(&word, rest, is_other, &rune, &last);
    }
    return word;
}

struct apart {
    struct text_builder b;
    char connector;
    struct text rest;
    struct word word; /* the one to be written next */
};

static void write_word(struct apart *s, struct word word)
{
    uint32_t rune;

    if (word.kind != WORD_UPPER && word.kind != WORD_CONNECTOR) {
        text_add(&s->b, word.text);
        return;
    }
    while (unicode_take(&word.text, &rune, NULL))
        rune_add(&s->b, is_connector(rune) ? (uint32_t)s->connector : unicode_lower(rune));
}

/* A connector is due before words that bring none themselves. */
static void write_connector(struct apart *s)
{
    if (s->word.kind != WORD_CONNECTOR && s->word.kind != WORD_PUNCT)
        text_add_char(&s->b, s->connector);
}

/* Letters and digits behind a number stay with it: "2m3s". */
static void write_after_number(struct apart *s)
{
    while (s->word.kind == WORD_LETTERS || s->word.kind == WORD_NUMBER) {
        write_word(s, s->word);
        s->word = take_word(&s->rest);
    }
    if (s->word.kind != WORD_NONE)
        write_connector(s);
}

/* A number behind a word belongs to it, unless small letters follow: "bld4", "http_2xx". */
static void write_after_letters(struct apart *s)
{
    struct word number = s->word;

    if (number.kind != WORD_NUMBER) {
        write_connector(s);
        return;
    }
    if (!s->rest.len)
        return;
    s->word = take_word(&s->rest);
    if (s->word.kind != WORD_LETTERS) {
        write_word(s, number);
        write_connector(s);
        return;
    }
    text_add_char(&s->b, s->connector);
    write_word(s, number);
    write_after_number(s);
}

static const struct datum *words_apart(struct function_call *f, char connector)
{
    struct apart s = {.connector = connector, .rest = function_text(f, 0)};

    if (!function_work(f, s.rest.len)) /* it is for names */
        return NULL;
    builder(f, &s.b);
    s.word = take_word(&s.rest);
    while (s.rest.len) {
        struct word before = s.word;

        write_word(&s, before);
        s.word = take_word(&s.rest);
        if (before.kind == WORD_NUMBER)
            write_after_number(&s);
        else if (before.kind != WORD_CONNECTOR && before.kind != WORD_PUNCT)
            write_after_letters(&s);
    }
    write_word(&s, s.word);
    return convert_built(f, &s.b);
}

static const struct datum *run_snakecase(struct function_call *f)
{
    return words_apart(f, '_');
}

static const struct datum *run_kebabcase(struct function_call *f)
{
    return words_apart(f, '-');
}

const struct function functions_case[] = {
    {"upper", "s", run_upper, 0},         {"lower", "s", run_lower, 0},
    {"title", "s", run_title, 0},         {"untitle", "s", run_untitle, 0},
    {"swapcase", "s", run_swapcase, 0},   {"initials", "s", run_initials, 0},
    {"camelcase", "s", run_camelcase, 0}, {"snakecase", "s", run_snakecase, 0},
    {"kebabcase", "s", run_kebabcase, 0}, {0},
};
