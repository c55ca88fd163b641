#include "template/parser.h"

#include <string.h>

#include "template/constant.h"
#include "template/format.h"
#include "template/lexer.h"
#include "template/quote.h"
#include "template/template.h"

enum { AHEAD_MAX = 3, ERROR_BYTES_MAX = 8192 };

struct parser {
    struct arena *arena;
    const struct source *source;
    struct lexer lexer;
    struct token ahead[AHEAD_MAX]; /* [0] is what the lexer gave last */
    size_t ahead_count;
    struct text *variables;
    size_t variable_count, variable_capacity, variable_base;
    unsigned ranges, depth;
    unsigned action_line; /* 0 outside of actions */
    struct template *templates, **last;
    const char *error;
};

/* What stands between a control's action and its end. */
static const struct node *item_list(struct parser *p, const struct node_list **out);
static const struct node *pipeline(struct parser *p, const char *context, enum token_kind end);

/* --- errors ------------------------------------------------------------------ */
static void *fail(struct parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void *fail(struct parser *p, const char *format, ...)
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

static const char *quoted(struct parser *p, struct text t)
{
    struct text_builder b;

    text_builder_init(&b, p->arena, ERROR_BYTES_MAX);
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
        return quoted(p, t->text);
    text_builder_init(&b, p->arena, ERROR_BYTES_MAX);
    format_operand(&b, &verb, &text);
    text_add_z(&b, "...");
    return b.at;
}

static void *unexpected(struct parser *p, const struct token *t, const char *context)
{
    const char *extra = "";

    if (t->kind != TOKEN_ERROR)
        return fail(p, "unexpected %s in %s", token_words(p, t), context);
    if (p->action_line && p->action_line != t->line)
        extra = text_f(p->arena, "%s started at %s:%u",
                       text_ends_with(t->text, " action") ? "" : " in action", p->source->name,
                       p->action_line);
    return fail(p, "%.*s%s", (int)t->text.len, t->text.at, extra);
}

/* --- tokens ------------------------------------------------------------------ */
static struct token next(struct parser *p)
{
    if (p->ahead_count)
        p->ahead_count--;
    else
        p->ahead[0] = lexer_next(&p->lexer);
    return p->ahead[p->ahead_count];
}

static void back(struct parser *p)
{
    p->ahead_count++;
}

static struct token peek(struct parser *p)
{
    struct token t = next(p);

    back(p);
    return t;
}

static struct token next_but_space(struct parser *p)
{
    struct token t;

    do {
        t = next(p);
    } while (t.kind == TOKEN_SPACE);
    return t;
}

static struct token peek_but_space(struct parser *p)
{
    struct token t = next_but_space(p);

    back(p);
    return t;
}

static bool expect(struct parser *p, enum token_kind kind, const char *context)
{
    struct token t = next_but_space(p);

    return t.kind == kind || unexpected(p, &t, context);
}

/* --- variables --------------------------------------------------------------- */
static void declare(struct parser *p, struct text name)
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

static bool is_declared(const struct parser *p, struct text name)
{
    for (size_t i = p->variable_count; i > p->variable_base; i--)
        if (text_equal(p->variables[i - 1], name))
            return true;
    return false;
}

/* --- operands ---------------------------------------------------------------- */
static struct node *node_new(struct parser *p, enum node_kind kind, size_t at)
{
    struct node *n = arena_alloc(p->arena, sizeof(*n));

    n->kind = kind;
    n->at = at;
    return n;
}

static void add_name(struct parser *p, struct node *n, struct text name)
{
    struct text *names = arena_array(p->arena, n->path.count + 1, sizeof(*names));

    if (n->path.count)
        memcpy(names, n->path.names, n->path.count * sizeof(*names));
    names[n->path.count++] = name;
    n->path.names = names;
}

static struct text without_dot(struct text field)
{
    return (struct text){field.at + 1, field.len - 1};
}

static const struct node *constant(struct parser *p, const struct token *t)
{
    struct node *n = node_new(p, NODE_STRING, t->at);
    const char *error;

    return constant_read(p->arena, t, n, &error) ? n : fail(p, "%s", error);
}

static struct node *function_name(struct parser *p, const struct token *t)
{
    struct node *n = node_new(p, NODE_FUNCTION, t->at);

    n->call.name = t->text;
    n->call.function = function_find(t->text);
    return n->call.function ? n : fail(p, "function %s not defined", quoted(p, t->text));
}

static struct node *path(struct parser *p, enum node_kind kind, size_t at, struct text name)
{
    struct node *n = node_new(p, kind, at);

    add_name(p, n, name);
    return n;
}

static const struct node *variable(struct parser *p, const struct token *t)
{
    if (!is_declared(p, t->text))
        return fail(p, "undefined variable %s", quoted(p, t->text));
    return path(p, NODE_VARIABLE, t->at, t->text);
}

static const struct node *parenthesized(struct parser *p)
{
    const struct node *n;

    if (p->depth >= TEMPLATE_PARSE_DEPTH_MAX)
        return fail(p, "max expression depth exceeded");
    p->depth++;
    n = pipeline(p, "parenthesized pipeline", TOKEN_RIGHT_PARENTHESIS);
    p->depth--;
    return n;
}

/* NULL without an error: what is at hand is no operand. */
static const struct node *term(struct parser *p)
{
    struct token t = next_but_space(p);

    switch (t.kind) {
    case TOKEN_IDENTIFIER:
        return function_name(p, &t);
    case TOKEN_DOT:
        return node_new(p, NODE_DOT, t.at);
    case TOKEN_NIL:
        return node_new(p, NODE_NIL, t.at);
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
        back(p);
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

    if (!base || peek(p).kind != TOKEN_FIELD)
        return base;
    n = node_new(p, base->kind, peek(p).at);
    if (base->kind == NODE_FIELD || base->kind == NODE_VARIABLE) {
        add_name(p, n, base->path.names[0]);
    } else {
        n->kind = NODE_CHAIN;
        n->path.base = base;
    }
    while (peek(p).kind == TOKEN_FIELD)
        add_name(p, n, without_dot(next(p).text));
    if (!takes_no_field(base))
        return n;
    text_builder_init(&b, p->arena, ERROR_BYTES_MAX);
    node_print(&b, base);
    return fail(p, "unexpected . after term %s", quoted(p, text_built(&b)));
}

/* --- pipelines --------------------------------------------------------------- */
static const struct node *command(struct parser *p)
{
    struct node *n = node_new(p, NODE_COMMAND, peek_but_space(p).at);
    struct token t;

    do {
        const struct node *one;

        (void)peek_but_space(p);
        one = operand(p);
        if (p->error)
            return NULL;
        if (one)
            node_list_add(p->arena, &n->operands, one);
        t = next(p);
    } while (t.kind == TOKEN_SPACE);
    if (t.kind == TOKEN_RIGHT_DELIMITER || t.kind == TOKEN_RIGHT_PARENTHESIS)
        back(p);
    else if (t.kind != TOKEN_PIPE)
        return unexpected(p, &t, "operand");
    return n->operands.count ? n : fail(p, "empty command");
}

static void add_declaration(struct parser *p, struct node *n, const struct token *t)
{
    node_list_add(p->arena, &n->pipeline.declarations, path(p, NODE_VARIABLE, t->at, t->text));
    declare(p, t->text);
}

/* After "$x,": another variable of a range. */
static bool more_declarations(struct parser *p, const struct node *n, const char *context)
{
    enum token_kind kind;

    if (strcmp(context, "range") != 0 || n->pipeline.declarations.count >= 2)
        return fail(p, "too many declarations in %s", context);
    kind = peek_but_space(p).kind;
    if (kind == TOKEN_VARIABLE || kind == TOKEN_RIGHT_DELIMITER || kind == TOKEN_RIGHT_PARENTHESIS)
        return true;
    return fail(p, "range can only initialize variables");
}

/* "$x :=", "$x =", "$k, $v :=" before the commands. */
static bool declarations(struct parser *p, struct node *n, const char *context)
{
    while (peek_but_space(p).kind == TOKEN_VARIABLE) {
        struct token variable_token = next_but_space(p), after = peek(p), sign = peek_but_space(p);

        if (sign.kind == TOKEN_ASSIGN || sign.kind == TOKEN_DECLARE) {
            n->pipeline.assigns = sign.kind == TOKEN_ASSIGN;
            (void)next_but_space(p);
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
        (void)next_but_space(p);
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
        return fail(p, "missing value for %s", context);
    for (size_t i = 1; i < commands->count; i++)
        if (takes_no_field(commands->items[i]->operands.items[0]))
            return fail(p, "non executable command in pipeline stage %zu", i + 1);
    return n;
}

static const struct node *pipeline(struct parser *p, const char *context, enum token_kind end)
{
    struct node *n = node_new(p, NODE_PIPELINE, peek_but_space(p).at);

    if (!declarations(p, n, context))
        return NULL;
    for (;;) {
        struct token t = next_but_space(p);
        const struct node *one;

        if (t.kind == end)
            return checked(p, n, context);
        if (!starts_operand(t.kind))
            return unexpected(p, &t, context);
        back(p);
        if (!(one = command(p)))
            return NULL;
        node_list_add(p->arena, &n->pipeline.commands, one);
    }
}

/* --- definitions ------------------------------------------------------------- */
static bool add_template(struct parser *p, struct text name, const struct node_list *body)
{
    struct template *t;

    for (t = p->templates; t; t = t->next) {
        if (!text_equal(t->name, name))
            continue;
        if (node_list_is_blank(t->body))
            t->body = body;
        else if (!node_list_is_blank(body))
            return fail(p, "template: multiple definition of template %s", quoted(p, name));
        return true;
    }
    t = arena_alloc(p->arena, sizeof(*t));
    *t = (struct template){.name = name, .source = p->source, .body = body};
    *p->last = t;
    p->last = &t->next;
    return true;
}

static const char *end_words(const struct node *n)
{
    return n->kind == NODE_END ? "{{end}}" : "{{else}}";
}

/* The body of define or block up to its end: variables and ranges around it do not
 * reach inside. */
static bool definition(struct parser *p, struct text name, const char *context)
{
    size_t base = p->variable_base, count = p->variable_count;
    unsigned ranges = p->ranges, action_line = p->action_line;
    const struct node_list *body;
    const struct node *end;

    p->variable_base = count;
    declare(p, TEXT("$"));
    p->ranges = 0;
    p->action_line = 0;
    if (!(end = item_list(p, &body)))
        return false;
    if (end->kind != NODE_END)
        return fail(p, "unexpected %s in %s", end_words(end), context);
    p->variable_base = base;
    p->variable_count = count;
    p->ranges = ranges;
    p->action_line = action_line;
    return add_template(p, name, body);
}

static bool template_name(struct parser *p, const struct token *t, const char *context,
                          struct text *out)
{
    if (t->kind != TOKEN_STRING && t->kind != TOKEN_RAW_STRING)
        return unexpected(p, t, context);
    return quote_read(p->arena, t->text, out) || fail(p, "invalid syntax");
}

static bool define(struct parser *p)
{
    static const char context[] = "define clause";
    struct token t = next_but_space(p);
    struct text name;

    return template_name(p, &t, context, &name) && expect(p, TOKEN_RIGHT_DELIMITER, context) &&
           definition(p, name, context);
}

/* --- actions ----------------------------------------------------------------- */
static const struct node *template_action(struct parser *p)
{
    static const char context[] = "template clause";
    struct token t = next_but_space(p);
    struct node *n = node_new(p, NODE_TEMPLATE, t.at);

    if (!template_name(p, &t, context, &n->control.name))
        return NULL;
    if (next_but_space(p).kind == TOKEN_RIGHT_DELIMITER)
        return n;
    back(p);
    n->control.pipeline = pipeline(p, context, TOKEN_RIGHT_DELIMITER);
    return n->control.pipeline ? n : NULL;
}

static const struct node *block(struct parser *p)
{
    static const char context[] = "block clause";
    struct token t = next_but_space(p);
    struct node *n = node_new(p, NODE_TEMPLATE, t.at);

    if (!template_name(p, &t, context, &n->control.name) ||
        !(n->control.pipeline = pipeline(p, context, TOKEN_RIGHT_DELIMITER)) ||
        !definition(p, n->control.name, context))
        return NULL;
    return n;
}

static const struct node *jump(struct parser *p, enum node_kind kind, size_t at, const char *words)
{
    struct token t = next_but_space(p);

    if (t.kind != TOKEN_RIGHT_DELIMITER)
        return unexpected(p, &t, words);
    if (p->ranges == 0)
        return fail(p, "%s outside {{range}}", words);
    return node_new(p, kind, at);
}

static const struct node *control(struct parser *p, enum node_kind kind);

/* "{{else if x}}" is an if inside the else that shares its end. */
static bool otherwise(struct parser *p, struct node *n)
{
    enum token_kind chained = n->kind == NODE_IF ? TOKEN_IF : TOKEN_WITH;
    const struct node *end, *inner;
    struct node_list *list;

    if (n->kind == NODE_RANGE || peek(p).kind != chained) {
        if (!(end = item_list(p, &n->control.otherwise)))
            return false;
        return end->kind == NODE_END || fail(p, "expected end; found %s", end_words(end));
    }
    (void)next(p);
    if (!(inner = control(p, n->kind)))
        return false;
    list = arena_alloc(p->arena, sizeof(*list));
    node_list_add(p->arena, list, inner);
    n->control.otherwise = list;
    return true;
}

static bool control_parts(struct parser *p, struct node *n, const char *context)
{
    const struct node *end;

    n->control.pipeline = pipeline(p, context, TOKEN_RIGHT_DELIMITER);
    if (!n->control.pipeline)
        return false;
    n->at = n->control.pipeline->at;
    p->ranges += n->kind == NODE_RANGE;
    end = item_list(p, &n->control.body);
    p->ranges -= n->kind == NODE_RANGE;
    return end && (end->kind == NODE_END || otherwise(p, n));
}

static const struct node *control(struct parser *p, enum node_kind kind)
{
    struct node *n = node_new(p, kind, 0);
    size_t variables = p->variable_count;
    bool done;

    if (p->depth >= TEMPLATE_PARSE_DEPTH_MAX)
        return fail(p, "blocks are nested deeper than %d", TEMPLATE_PARSE_DEPTH_MAX);
    p->depth++;
    done = control_parts(p, n, kind == NODE_IF ? "if" : kind == NODE_WITH ? "with" : "range");
    p->depth--;
    p->variable_count = variables;
    return done ? n : NULL;
}

static const struct node *else_action(struct parser *p)
{
    struct token t = peek_but_space(p);

    if (t.kind != TOKEN_IF && t.kind != TOKEN_WITH && !expect(p, TOKEN_RIGHT_DELIMITER, "else"))
        return NULL;
    return node_new(p, NODE_ELSE, t.at);
}

static const struct node *value_action(struct parser *p)
{
    struct node *n = node_new(p, NODE_ACTION, peek(p).at);

    n->control.pipeline = pipeline(p, "command", TOKEN_RIGHT_DELIMITER);
    return n->control.pipeline ? n : NULL;
}

static const struct node *action(struct parser *p)
{
    struct token t = next_but_space(p);

    switch (t.kind) {
    case TOKEN_BLOCK:
        return block(p);
    case TOKEN_BREAK:
        return jump(p, NODE_BREAK, t.at, "{{break}}");
    case TOKEN_CONTINUE:
        return jump(p, NODE_CONTINUE, t.at, "{{continue}}");
    case TOKEN_ELSE:
        return else_action(p);
    case TOKEN_END_KEYWORD:
        return expect(p, TOKEN_RIGHT_DELIMITER, "end") ? node_new(p, NODE_END, t.at) : NULL;
    case TOKEN_IF:
        return control(p, NODE_IF);
    case TOKEN_RANGE:
        return control(p, NODE_RANGE);
    case TOKEN_TEMPLATE:
        return template_action(p);
    case TOKEN_WITH:
        return control(p, NODE_WITH);
    default:
        back(p);
        return value_action(p);
    }
}

static const struct node *text_or_action(struct parser *p)
{
    struct token t = next_but_space(p);
    const struct node *n;
    struct node *text;

    switch (t.kind) {
    case TOKEN_TEXT:
        text = node_new(p, NODE_TEXT, t.at);
        text->text = t.text;
        return text;
    case TOKEN_LEFT_DELIMITER:
        p->action_line = t.line;
        n = action(p);
        p->action_line = 0;
        return n;
    default:
        return unexpected(p, &t, "input");
    }
}

static const struct node *item_list(struct parser *p, const struct node_list **out)
{
    struct node_list *list = arena_alloc(p->arena, sizeof(*list));

    *out = list;
    while (peek_but_space(p).kind != TOKEN_END) {
        const struct node *n = text_or_action(p);

        if (!n || n->kind == NODE_END || n->kind == NODE_ELSE)
            return n;
        node_list_add(p->arena, list, n);
    }
    return fail(p, "unexpected EOF");
}

/* --- the source -------------------------------------------------------------- */
/* True: a define was at hand and has been read, or failed. */
static bool took_define(struct parser *p, bool *done)
{
    struct token delimiter = peek(p), t;

    if (delimiter.kind != TOKEN_LEFT_DELIMITER)
        return false;
    (void)next(p);
    t = next_but_space(p);
    if (t.kind == TOKEN_DEFINE) {
        *done = define(p);
        return true;
    }
    p->ahead[1] = delimiter;
    p->ahead_count = 2;
    return false;
}

static bool parse(struct parser *p, struct node_list *root)
{
    while (peek(p).kind != TOKEN_END) {
        const struct node *n;
        bool done;

        if (took_define(p, &done)) {
            if (!done)
                return false;
            continue;
        }
        if (!(n = text_or_action(p)))
            return false;
        if (n->kind == NODE_END || n->kind == NODE_ELSE)
            return fail(p, "unexpected %s", end_words(n));
        node_list_add(p->arena, root, n);
    }
    return true;
}

bool parser_run(struct arena *a, const struct source *source, struct template **out,
                const char **error)
{
    struct parser p = {.arena = a, .source = source};
    struct node_list *root = arena_alloc(a, sizeof(*root));
    bool done;

    p.last = &p.templates;
    lexer_init(&p.lexer, a, source->text);
    declare(&p, TEXT("$"));
    done = parse(&p, root) && add_template(&p, text_of(source->name), root);
    *out = p.templates;
    *error = p.error;
    return done;
}
