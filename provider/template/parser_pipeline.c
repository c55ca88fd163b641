#include <string.h>

#include "template/constant.h"
#include "template/parser_parts.h"

/* --- operands ---------------------------------------------------------------- */
/* Grows by doubling. */
static void add_name(struct parser *p, struct node *n, struct text name)
{
    size_t count = n->path.count;

    if ((count & (count - 1)) == 0) {
        struct text *names = arena_array(p->arena, count ? count * 2 : 1, sizeof(*names));

        if (count)
            memcpy(names, n->path.names, count * sizeof(*names));
        n->path.names = names;
    }
    n->path.names[n->path.count++] = name;
}

static struct text without_dot(struct text field)
{
    return (struct text){field.at + 1, field.len - 1};
}

static const struct node *constant(struct parser *p, const struct token *t)
{
    struct node *n = parser_node(p, NODE_STRING, t->at);
    const char *error;

    return constant_read(p->arena, t, n, &error) ? n : parser_fail(p, "%s", error);
}

static struct node *function_name(struct parser *p, const struct token *t)
{
    struct node *n = parser_node(p, NODE_FUNCTION, t->at);

    n->call.name = t->text;
    n->call.function = function_find(t->text);
    return n->call.function ? n
                            : parser_fail(p, "function %s not defined", parser_quoted(p, t->text));
}

static struct node *path(struct parser *p, enum node_kind kind, size_t at, struct text name)
{
    struct node *n = parser_node(p, kind, at);

    add_name(p, n, name);
    return n;
}

static const struct node *variable(struct parser *p, const struct token *t)
{
    if (!parser_is_declared(p, t->text))
        return parser_fail(p, "undefined variable %s", parser_quoted(p, t->text));
    return path(p, NODE_VARIABLE, t->at, t->text);
}

static const struct node *parenthesized(struct parser *p)
{
    const struct node *n;

    if (p->depth >= TEMPLATE_PARSE_DEPTH_MAX)
        return parser_fail(p, "max expression depth exceeded");
    p->depth++;
    n = parser_pipeline(p, "parenthesized pipeline", TOKEN_RIGHT_PARENTHESIS);
    p->depth--;
    return n;
}

/* NULL without an error: what is at hand is no operand. */
static const struct node *term(struct parser *p)
{
    struct token t = parser_next_but_space(p);

    switch (t.kind) {
    case TOKEN_IDENTIFIER:
        return function_name(p, &t);
    case TOKEN_DOT:
        return parser_node(p, NODE_DOT, t.at);
    case TOKEN_NIL:
        return parser_node(p, NODE_NIL, t.at);
    case TOKEN_VARIABLE:
        return variable(p, &t);
    case TOKEN_FIELD:
        return path(p, NODE_FIELD, t.at, without_dot(t.text));
    case TOKEN_LEFT_PARENTHESIS:
        return parenthesized(p);
    case TOKEN_BOOL:
    case TOKEN_CHARACTER_CONSTANT:
    case TOKEN_COMPLEX:
    case TOKEN_NUMBER:
    case TOKEN_STRING:
    case TOKEN_RAW_STRING:
        return constant(p, &t);
    default:
        parser_back(p);
        return NULL;
    }
}

static bool takes_no_field(const struct node *n)
{
    return n->kind == NODE_BOOL || n->kind == NODE_STRING || n->kind == NODE_NUMBER ||
           n->kind == NODE_NIL || n->kind == NODE_DOT;
}

/* A term with its fields: .a.b, $x.a, (f x).a. The place of a chain is that of its
 * second part, as in Go's messages. */
static const struct node *operand(struct parser *p)
{
    const struct node *base = term(p);
    struct text_builder b;
    struct node *n;

    if (!base || parser_peek(p).kind != TOKEN_FIELD)
        return base;
    n = parser_node(p, base->kind, parser_peek(p).at);
    if (base->kind == NODE_FIELD || base->kind == NODE_VARIABLE) {
        add_name(p, n, base->path.names[0]);
    } else {
        n->kind = NODE_CHAIN;
        n->path.base = base;
    }
    while (parser_peek(p).kind == TOKEN_FIELD)
        add_name(p, n, without_dot(parser_next(p).text));
    if (!takes_no_field(base))
        return n;
    text_builder_init(&b, p->arena, PARSER_ERROR_BYTES_MAX);
    node_print(&b, base);
    return parser_fail(p, "unexpected . after term %s", parser_quoted(p, text_built(&b)));
}

/* --- pipelines --------------------------------------------------------------- */
static const struct node *command(struct parser *p)
{
    struct node *n = parser_node(p, NODE_COMMAND, parser_peek_but_space(p).at);
    struct token t;

    do {
        const struct node *one;

        (void)parser_peek_but_space(p);
        one = operand(p);
        if (p->error)
            return NULL;
        if (one)
            node_list_add(p->arena, &n->operands, one);
        t = parser_next(p);
    } while (t.kind == TOKEN_SPACE);
    if (t.kind == TOKEN_RIGHT_DELIMITER || t.kind == TOKEN_RIGHT_PARENTHESIS)
        parser_back(p);
    else if (t.kind != TOKEN_PIPE)
        return parser_unexpected(p, &t, "operand");
    return n->operands.count ? n : parser_fail(p, "empty command");
}

static void add_declaration(struct parser *p, struct node *n, const struct token *t)
{
    node_list_add(p->arena, &n->pipeline.declarations, path(p, NODE_VARIABLE, t->at, t->text));
    parser_declare(p, t->text);
}

/* After "$x,": another variable of a range. */
static bool more_declarations(struct parser *p, const struct node *n, const char *context)
{
    enum token_kind kind;

    if (strcmp(context, "range") != 0 || n->pipeline.declarations.count >= 2)
        return parser_fail(p, "too many declarations in %s", context);
    kind = parser_peek_but_space(p).kind;
    if (kind == TOKEN_VARIABLE || kind == TOKEN_RIGHT_DELIMITER || kind == TOKEN_RIGHT_PARENTHESIS)
        return true;
    return parser_fail(p, "range can only initialize variables");
}

/* "$x :=", "$x =", "$k, $v :=" before the commands. */
static bool declarations(struct parser *p, struct node *n, const char *context)
{
    while (parser_peek_but_space(p).kind == TOKEN_VARIABLE) {
        struct token variable_token = parser_next_but_space(p), after = parser_peek(p),
                     sign = parser_peek_but_space(p);

        if (sign.kind == TOKEN_ASSIGN || sign.kind == TOKEN_DECLARE) {
            n->pipeline.assigns = sign.kind == TOKEN_ASSIGN;
            (void)parser_next_but_space(p);
            add_declaration(p, n, &variable_token);
            return true;
        }
        if (sign.kind != TOKEN_CHARACTER || !text_is(sign.text, ",")) {
            /* Not a declaration: what was read goes back, the blank too. */
            p->ahead[1] = after.kind == TOKEN_SPACE ? after : variable_token;
            p->ahead[2] = variable_token;
            p->ahead_count = after.kind == TOKEN_SPACE ? 3 : 2;
            return true;
        }
        (void)parser_next_but_space(p);
        add_declaration(p, n, &variable_token);
        if (!more_declarations(p, n, context))
            return false;
    }
    return true;
}

static bool starts_operand(enum token_kind kind)
{
    switch (kind) {
    case TOKEN_BOOL:
    case TOKEN_CHARACTER_CONSTANT:
    case TOKEN_COMPLEX:
    case TOKEN_DOT:
    case TOKEN_FIELD:
    case TOKEN_IDENTIFIER:
    case TOKEN_NUMBER:
    case TOKEN_NIL:
    case TOKEN_RAW_STRING:
    case TOKEN_STRING:
    case TOKEN_VARIABLE:
    case TOKEN_LEFT_PARENTHESIS:
        return true;
    default:
        return false;
    }
}

/* Only the first command may be a plain value. */
static const struct node *checked(struct parser *p, const struct node *n, const char *context)
{
    const struct node_list *commands = &n->pipeline.commands;

    if (commands->count == 0)
        return parser_fail(p, "missing value for %s", context);
    for (size_t i = 1; i < commands->count; i++)
        if (takes_no_field(commands->items[i]->operands.items[0]))
            return parser_fail(p, "non executable command in pipeline stage %zu", i + 1);
    return n;
}

const struct node *parser_pipeline(struct parser *p, const char *context, enum token_kind end)
{
    struct node *n = parser_node(p, NODE_PIPELINE, parser_peek_but_space(p).at);

    if (!declarations(p, n, context))
        return NULL;
    for (;;) {
        struct token t = parser_next_but_space(p);
        const struct node *one;

        if (t.kind == end)
            return checked(p, n, context);
        if (!starts_operand(t.kind))
            return parser_unexpected(p, &t, context);
        parser_back(p);
        if (!(one = command(p)))
            return NULL;
        node_list_add(p->arena, &n->pipeline.commands, one);
    }
}
