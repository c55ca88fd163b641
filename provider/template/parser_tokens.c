#include <string.h>

#include "template/format.h"
#include "template/parser_parts.h"
#include "template/quote.h"

/* --- errors ------------------------------------------------------------------ */
void *parser_fail(struct parser *p, const char *format, ...)
{
    va_list arguments;
    const char *reason;

    if (p->error)
        return NULL;
    va_start(arguments, format);
    reason = text_fv(p->arena, format, arguments);
    va_end(arguments);
    p->error = text_f(p->arena, "template: %s:%u: %s", p->source->name, p->ahead[0].line, reason);
    return NULL;
}

const char *parser_quoted(struct parser *p, struct text t)
{
    struct text_builder b;

    text_builder_init(&b, p->arena, PARSER_ERROR_BYTES_MAX);
    quote_text(&b, t, false);
    return b.at;
}

/* The first ten runes are enough of a long token. */
static const char *token_words(struct parser *p, const struct token *t)
{
    struct text_builder b;
    struct format_verb verb = {.verb = 'q', .has_precision = true, .precision = 10};
    struct datum text = {.kind = DATUM_STRING, .text = t->text};

    if (t->kind == TOKEN_END)
        return "EOF";
    if (t->kind > TOKEN_KEYWORD)
        return text_f(p->arena, "<%.*s>", (int)t->text.len, t->text.at);
    if (t->text.len <= 10)
        return parser_quoted(p, t->text);
    text_builder_init(&b, p->arena, PARSER_ERROR_BYTES_MAX);
    format_operand(&b, &verb, &text);
    text_add_z(&b, "...");
    return b.at;
}

void *parser_unexpected(struct parser *p, const struct token *t, const char *context)
{
    const char *extra = "";

    if (t->kind != TOKEN_ERROR)
        return parser_fail(p, "unexpected %s in %s", token_words(p, t), context);
    if (p->action_line && p->action_line != t->line)
        extra = text_f(p->arena, "%s started at %s:%u",
                       text_ends_with(t->text, " action") ? "" : " in action", p->source->name,
                       p->action_line);
    return parser_fail(p, "%.*s%s", (int)t->text.len, t->text.at, extra);
}

/* --- tokens ------------------------------------------------------------------ */
struct token parser_next(struct parser *p)
{
    if (p->ahead_count)
        p->ahead_count--;
    else
        p->ahead[0] = lexer_next(&p->lexer);
    return p->ahead[p->ahead_count];
}

void parser_back(struct parser *p)
{
    p->ahead_count++;
}

struct token parser_peek(struct parser *p)
{
    struct token t = parser_next(p);

    parser_back(p);
    return t;
}

struct token parser_next_but_space(struct parser *p)
{
    struct token t;

    do {
        t = parser_next(p);
    } while (t.kind == TOKEN_SPACE);
    return t;
}

struct token parser_peek_but_space(struct parser *p)
{
    struct token t = parser_next_but_space(p);

    parser_back(p);
    return t;
}

bool parser_expect(struct parser *p, enum token_kind kind, const char *context)
{
    struct token t = parser_next_but_space(p);

    return t.kind == kind || parser_unexpected(p, &t, context);
}

/* --- variables --------------------------------------------------------------- */
void parser_declare(struct parser *p, struct text name)
{
    if (p->variable_count == p->variable_capacity) {
        size_t capacity = p->variable_capacity ? p->variable_capacity * 2 : 16;
        struct text *grown = arena_array(p->arena, capacity, sizeof(*grown));

        if (p->variable_count)
            memcpy(grown, p->variables, p->variable_count * sizeof(*grown));
        p->variables = grown;
        p->variable_capacity = capacity;
    }
    p->variables[p->variable_count++] = name;
}

bool parser_is_declared(const struct parser *p, struct text name)
{
    for (size_t i = p->variable_count; i > p->variable_base; i--)
        if (text_equal(p->variables[i - 1], name))
            return true;
    return false;
}

struct node *parser_node(struct parser *p, enum node_kind kind, size_t at)
{
    struct node *n = arena_alloc(p->arena, sizeof(*n));

    n->kind = kind;
    n->at = at;
    return n;
}
