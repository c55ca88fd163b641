#include "template/lexer.h"

#include <string.h>

#include "template/quote.h"
#include "template/rune.h"

enum { NO_RUNE = -1 };

void lexer_init(struct lexer *l, struct arena *a, struct text source)
{
    *l = (struct lexer){.arena = a, .source = source, .start_line = 1, .line = 1};
}

/* --- looking -------------------------------------------------------------- */
static struct text rest_from(const struct lexer *l, size_t at)
{
    if (at > l->source.len)
        at = l->source.len;
    return (struct text){l->source.at + at, l->source.len - at};
}

static bool follows(const struct lexer *l, size_t at, const char *z)
{
    return text_starts_with(rest_from(l, at), z);
}

/* The rune at hand, NO_RUNE at the end of the source. */
static long peek(const struct lexer *l, size_t *len)
{
    *len = 0;
    return l->at < l->source.len ? (long)rune_decode(l->source, l->at, len) : NO_RUNE;
}

static bool is_space(long rune)
{
    return rune == ' ' || rune == '\t' || rune == '\r' || rune == '\n';
}

static bool is_word(long rune)
{
    return rune == '_' ||
           (rune > 0 && (rune_is_letter((uint32_t)rune) || rune_is_digit((uint32_t)rune)));
}

static bool space_at(const struct lexer *l, size_t at)
{
    return at < l->source.len && is_space(l->source.at[at]);
}

/* Every token asks this: no comparison of texts here. */
static bool closes_at(const struct lexer *l, size_t at)
{
    return at + 1 < l->source.len && l->source.at[at] == '}' && l->source.at[at + 1] == '}';
}

/* "}}" or " -}}" */
static bool at_right_delimiter(const struct lexer *l, bool *trims)
{
    *trims = l->at + 1 < l->source.len && l->source.at[l->at + 1] == '-' && space_at(l, l->at) &&
             closes_at(l, l->at + 2);
    return *trims || closes_at(l, l->at);
}

/* Whether what is at hand may stand behind a word. */
static bool at_terminator(const struct lexer *l)
{
    size_t len;
    long rune = peek(l, &len);

    return rune == NO_RUNE || is_space(rune) ||
           (rune > 0 && rune < 0x80 && strchr(".,|:)(", (int)rune)) || closes_at(l, l->at);
}

/* --- making tokens --------------------------------------------------------- */
static void count_lines(struct lexer *l, size_t from, size_t to)
{
    while (from < to) {
        const char *newline = memchr(l->source.at + from, '\n', to - from);

        if (!newline)
            return;
        l->line++;
        from = (size_t)(newline - l->source.at) + 1;
    }
}

static void advance(struct lexer *l, size_t bytes)
{
    count_lines(l, l->at, l->at + bytes);
    l->at += bytes;
}

static void skip_pending(struct lexer *l)
{
    l->start = l->at;
    l->start_line = l->line;
}

static struct token pending(struct lexer *l, enum token_kind kind)
{
    struct token t = {kind, {l->source.at + l->start, l->at - l->start}, l->start, l->start_line};

    skip_pending(l);
    return t;
}

static struct token failure(struct lexer *l, const char *message)
{
    struct token t = {TOKEN_ERROR, text_of(message), l->start, l->start_line};

    l->source.len = 0;
    l->start = l->at = 0;
    l->inside_action = false;
    return t;
}

/* "U+0041 'A'" */
static struct token bad_rune(struct lexer *l, const char *what, long rune)
{
    struct text_builder b;

    text_builder_init(&b, l->arena, 200);
    if (rune == NO_RUNE)
        rune = 0xffffffff;
    text_add_f(&b, rune == 0xffffffff ? "%s U+FFFFFFFFFFFFFFFF" : "%s U+%04lX", what,
               (unsigned long)rune);
    if (rune <= RUNE_MAX && rune_is_printable((uint32_t)rune)) {
        text_add_z(&b, " '");
        rune_add(&b, (uint32_t)rune);
        text_add_char(&b, '\'');
    }
    return failure(l, b.at);
}

/* --- outside of actions ------------------------------------------------------ */
static void skip_space(struct lexer *l)
{
    size_t at = l->at;

    while (space_at(l, at))
        at++;
    advance(l, at - l->at);
}

/* The comment sign is at hand. False: *error is what is wrong. */
static bool skip_comment(struct lexer *l, const char **error)
{
    size_t at = l->at + 2;
    bool trims;

    while (at < l->source.len && !follows(l, at, "*/"))
        at++;
    if (at >= l->source.len) {
        *error = "unclosed comment";
        return false;
    }
    advance(l, at + 2 - l->at);
    if (!at_right_delimiter(l, &trims)) {
        *error = "comment ends before closing delimiter";
        return false;
    }
    advance(l, trims ? 4 : 2);
    if (trims)
        skip_space(l);
    skip_pending(l);
    return true;
}

static size_t find_delimiter(const struct lexer *l)
{
    size_t at = l->at;

    while (at < l->source.len) {
        const char *brace = memchr(l->source.at + at, '{', l->source.len - at);

        if (!brace)
            return l->source.len;
        at = (size_t)(brace - l->source.at);
        if (at + 1 < l->source.len && brace[1] == '{')
            return at;
        at++;
    }
    return l->source.len;
}

static struct token text_until(struct lexer *l, size_t end, bool trims)
{
    size_t kept = end;
    struct token t;

    while (trims && kept > l->at && space_at(l, kept - 1))
        kept--;
    advance(l, kept - l->at);
    t = pending(l, TOKEN_TEXT);
    advance(l, end - l->at);
    skip_pending(l);
    return t;
}

static struct token next_outside(struct lexer *l)
{
    const char *error;

    for (;;) {
        size_t delimiter = find_delimiter(l);
        bool trims = follows(l, delimiter + 2, "-") && space_at(l, delimiter + 3);
        struct token t;

        if (delimiter > l->at) {
            t = text_until(l, delimiter, trims);
            if (t.text.len)
                return t;
        }
        if (l->at >= l->source.len)
            return pending(l, TOKEN_END);
        if (follows(l, l->at + (trims ? 4 : 2), "/*")) {
            advance(l, trims ? 4 : 2);
            skip_pending(l);
            if (!skip_comment(l, &error))
                return failure(l, error);
            continue;
        }
        l->at += 2;
        t = pending(l, TOKEN_LEFT_DELIMITER);
        advance(l, trims ? 2 : 0);
        skip_pending(l);
        l->inside_action = true;
        l->parentheses = 0;
        return t;
    }
}

/* --- inside of actions ------------------------------------------------------- */
static struct token right_delimiter(struct lexer *l)
{
    struct token t;
    bool trims;

    (void)at_right_delimiter(l, &trims);
    if (trims) {
        advance(l, 2);
        skip_pending(l);
    }
    l->at += 2;
    t = pending(l, TOKEN_RIGHT_DELIMITER);
    if (trims)
        skip_space(l);
    skip_pending(l);
    l->inside_action = false;
    return t;
}

/* A blank before "-}}" belongs to the delimiter. */
static struct token space(struct lexer *l)
{
    size_t end = l->at;

    while (space_at(l, end))
        end++;
    if (follows(l, end, "-}}")) {
        end--;
        if (end == l->at)
            return right_delimiter(l);
    }
    advance(l, end - l->at);
    return pending(l, TOKEN_SPACE);
}

/* From the opening quote on. */
static struct token quoted(struct lexer *l, char quote, enum token_kind kind, const char *unclosed)
{
    size_t at = l->at + 1;

    for (;; at++) {
        char c = (char)(at < l->source.len ? l->source.at[at] : '\n');

        if (c == '\\' && at + 1 < l->source.len && l->source.at[at + 1] != '\n')
            at++;
        else if (c == '\n' || c == '\\')
            return failure(l, unclosed);
        else if (c == quote)
            break;
    }
    l->at = at + 1;
    return pending(l, kind);
}

static struct token raw_quoted(struct lexer *l)
{
    const char *end = memchr(l->source.at + l->at + 1, '`', l->source.len - l->at - 1);

    if (!end)
        return failure(l, "unterminated raw quoted string");
    advance(l, (size_t)(end - l->source.at) + 1 - l->at);
    return pending(l, TOKEN_RAW_STRING);
}

static void skip_word(struct lexer *l)
{
    size_t len;

    while (is_word(peek(l, &len)))
        l->at += len;
}

/* .Name or $name; the first character is at hand. */
static struct token field_or_variable(struct lexer *l, enum token_kind kind)
{
    size_t len;

    l->at++;
    if (at_terminator(l))
        return pending(l, kind == TOKEN_FIELD ? TOKEN_DOT : TOKEN_VARIABLE);
    skip_word(l);
    if (!at_terminator(l))
        return bad_rune(l, "bad character", peek(l, &len));
    return pending(l, kind);
}

static enum token_kind word_kind(struct text word)
{
    static const struct {
        struct text word;
        enum token_kind kind;
    } words[] = {
        {{"block", 5}, TOKEN_BLOCK},
        {{"break", 5}, TOKEN_BREAK},
        {{"continue", 8}, TOKEN_CONTINUE},
        {{"define", 6}, TOKEN_DEFINE},
        {{"else", 4}, TOKEN_ELSE},
        {{"end", 3}, TOKEN_END_KEYWORD},
        {{"if", 2}, TOKEN_IF},
        {{"range", 5}, TOKEN_RANGE},
        {{"nil", 3}, TOKEN_NIL},
        {{"with", 4}, TOKEN_WITH},
        {{"template", 8}, TOKEN_TEMPLATE},
        {{"true", 4}, TOKEN_BOOL},
        {{"false", 5}, TOKEN_BOOL},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (text_equal(word, words[i].word))
            return words[i].kind;
    return TOKEN_IDENTIFIER;
}

static struct token word(struct lexer *l)
{
    size_t len;

    skip_word(l);
    if (!at_terminator(l))
        return bad_rune(l, "bad character", peek(l, &len));
    return pending(l, word_kind((struct text){l->source.at + l->start, l->at - l->start}));
}

static bool accept(struct lexer *l, const char *set)
{
    if (l->at >= l->source.len || !l->source.at[l->at] || !strchr(set, l->source.at[l->at]))
        return false;
    l->at++;
    return true;
}

static void accept_run(struct lexer *l, const char *set)
{
    while (accept(l, set))
        ;
}

/* Takes whatever looks like a number; the parser knows whether it is one. */
static bool skip_number(struct lexer *l)
{
    const char *digits = "0123456789_";
    bool decimal = true, hexadecimal = false;
    size_t len;

    (void)accept(l, "+-");
    if (accept(l, "0")) {
        hexadecimal = accept(l, "xX");
        decimal = !hexadecimal;
        if (hexadecimal) {
            digits = "0123456789abcdefABCDEF_";
        } else if (accept(l, "oO")) {
            digits = "01234567_";
            decimal = false;
        } else if (accept(l, "bB")) {
            digits = "01_";
            decimal = false;
        }
    }
    accept_run(l, digits);
    if (accept(l, "."))
        accept_run(l, digits);
    if ((decimal && accept(l, "eE")) || (hexadecimal && accept(l, "pP"))) {
        (void)accept(l, "+-");
        accept_run(l, "0123456789_");
    }
    (void)accept(l, "i");
    if (is_word(peek(l, &len))) {
        l->at += len;
        return false;
    }
    return true;
}

static struct token number(struct lexer *l)
{
    bool complex = false, good = skip_number(l);
    struct text_builder b;

    if (good && (follows(l, l->at, "+") || follows(l, l->at, "-"))) {
        complex = true;
        good = skip_number(l) && l->source.at[l->at - 1] == 'i';
    }
    if (good)
        return pending(l, complex ? TOKEN_COMPLEX : TOKEN_NUMBER);
    text_builder_init(&b, l->arena, 4096);
    text_add_z(&b, "bad number syntax: ");
    quote_text(&b, (struct text){l->source.at + l->start, l->at - l->start}, false);
    return failure(l, b.at);
}

static struct token parenthesis(struct lexer *l, char c)
{
    l->at++;
    l->parentheses += c == '(' ? 1 : -1;
    if (l->parentheses < 0)
        return failure(l, "unexpected right paren");
    return pending(l, c == '(' ? TOKEN_LEFT_PARENTHESIS : TOKEN_RIGHT_PARENTHESIS);
}

static struct token single(struct lexer *l, enum token_kind kind)
{
    l->at++;
    return pending(l, kind);
}

static struct token dot(struct lexer *l)
{
    size_t next = l->at + 1;
    bool digit = next < l->source.len && l->source.at[next] >= '0' && l->source.at[next] <= '9';

    if (digit || next >= l->source.len)
        return number(l);
    return field_or_variable(l, TOKEN_FIELD);
}

static struct token declare(struct lexer *l)
{
    if (!follows(l, l->at, ":="))
        return failure(l, "expected :=");
    l->at += 2;
    return pending(l, TOKEN_DECLARE);
}

static struct token next_inside(struct lexer *l)
{
    size_t len;
    long rune = peek(l, &len);
    bool trims;

    if (at_right_delimiter(l, &trims))
        return l->parentheses ? failure(l, "unclosed left paren") : right_delimiter(l);
    if (is_space(rune))
        return space(l);
    if (is_word(rune) && !(rune >= '0' && rune <= '9'))
        return word(l);
    switch (rune) {
    case NO_RUNE:
        return failure(l, "unclosed action");
    case '=':
        return single(l, TOKEN_ASSIGN);
    case ':':
        return declare(l);
    case '|':
        return single(l, TOKEN_PIPE);
    case '"':
        return quoted(l, '"', TOKEN_STRING, "unterminated quoted string");
    case '\'':
        return quoted(l, '\'', TOKEN_CHARACTER_CONSTANT, "unterminated character constant");
    case '`':
        return raw_quoted(l);
    case '$':
        return field_or_variable(l, TOKEN_VARIABLE);
    case '.':
        return dot(l);
    case '(':
    case ')':
        return parenthesis(l, (char)rune);
    default:
        if (rune == '+' || rune == '-' || (rune >= '0' && rune <= '9'))
            return number(l);
        if (rune < 0x80 && rune_is_printable((uint32_t)rune))
            return single(l, TOKEN_CHARACTER);
        return bad_rune(l, "unrecognized character in action:", rune);
    }
}

struct token lexer_next(struct lexer *l)
{
    return l->inside_action ? next_inside(l) : next_outside(l);
}
