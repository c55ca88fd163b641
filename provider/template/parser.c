#include "template/parser.h"

#include "template/parser_parts.h"
#include "template/quote.h"

/* What stands between a control's action and its end. */
static const struct node *item_list(struct parser *p, const struct node_list **out);

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
            return parser_fail(p, "template: multiple definition of template %s",
                               parser_quoted(p, name));
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
    parser_declare(p, TEXT("$"));
    p->ranges = 0;
    p->action_line = 0;
    if (!(end = item_list(p, &body)))
        return false;
    if (end->kind != NODE_END)
        return parser_fail(p, "unexpected %s in %s", end_words(end), context);
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
        return parser_unexpected(p, t, context);
    return quote_read(p->arena, t->text, out) || parser_fail(p, "invalid syntax");
}

static bool define(struct parser *p)
{
    static const char context[] = "define clause";
    struct token t = parser_next_but_space(p);
    struct text name;

    return template_name(p, &t, context, &name) &&
           parser_expect(p, TOKEN_RIGHT_DELIMITER, context) && definition(p, name, context);
}

/* --- actions ----------------------------------------------------------------- */
static const struct node *template_action(struct parser *p)
{
    static const char context[] = "template clause";
    struct token t = parser_next_but_space(p);
    struct node *n = parser_node(p, NODE_TEMPLATE, t.at);

    if (!template_name(p, &t, context, &n->control.name))
        return NULL;
    if (parser_next_but_space(p).kind == TOKEN_RIGHT_DELIMITER)
        return n;
    parser_back(p);
    n->control.pipeline = parser_pipeline(p, context, TOKEN_RIGHT_DELIMITER);
    return n->control.pipeline ? n : NULL;
}

static const struct node *block(struct parser *p)
{
    static const char context[] = "block clause";
    struct token t = parser_next_but_space(p);
    struct node *n = parser_node(p, NODE_TEMPLATE, t.at);

    if (!template_name(p, &t, context, &n->control.name) ||
        !(n->control.pipeline = parser_pipeline(p, context, TOKEN_RIGHT_DELIMITER)) ||
        !definition(p, n->control.name, context))
        return NULL;
    return n;
}

static const struct node *jump(struct parser *p, enum node_kind kind, size_t at, const char *words)
{
    struct token t = parser_next_but_space(p);

    if (t.kind != TOKEN_RIGHT_DELIMITER)
        return parser_unexpected(p, &t, words);
    if (p->ranges == 0)
        return parser_fail(p, "%s outside {{range}}", words);
    return parser_node(p, kind, at);
}

static const struct node *control(struct parser *p, enum node_kind kind);

/* "{{else if x}}" is an if inside the else that shares its end. */
static bool otherwise(struct parser *p, struct node *n)
{
    enum token_kind chained = n->kind == NODE_IF ? TOKEN_IF : TOKEN_WITH;
    const struct node *end, *inner;
    struct node_list *list;

    if (n->kind == NODE_RANGE || parser_peek(p).kind != chained) {
        if (!(end = item_list(p, &n->control.otherwise)))
            return false;
        return end->kind == NODE_END || parser_fail(p, "expected end; found %s", end_words(end));
    }
    (void)parser_next(p);
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

    n->control.pipeline = parser_pipeline(p, context, TOKEN_RIGHT_DELIMITER);
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
    struct node *n = parser_node(p, kind, 0);
    size_t variables = p->variable_count;
    bool done;

    if (p->depth >= TEMPLATE_PARSE_DEPTH_MAX)
        return parser_fail(p, "blocks are nested deeper than %d", TEMPLATE_PARSE_DEPTH_MAX);
    p->depth++;
    done = control_parts(p, n, kind == NODE_IF ? "if" : kind == NODE_WITH ? "with" : "range");
    p->depth--;
    p->variable_count = variables;
    return done ? n : NULL;
}

static const struct node *else_action(struct parser *p)
{
    struct token t = parser_peek_but_space(p);

    if (t.kind != TOKEN_IF && t.kind != TOKEN_WITH &&
        !parser_expect(p, TOKEN_RIGHT_DELIMITER, "else"))
        return NULL;
    return parser_node(p, NODE_ELSE, t.at);
}

static const struct node *value_action(struct parser *p)
{
    struct node *n = parser_node(p, NODE_ACTION, parser_peek(p).at);

    n->control.pipeline = parser_pipeline(p, "command", TOKEN_RIGHT_DELIMITER);
    return n->control.pipeline ? n : NULL;
}

static const struct node *action(struct parser *p)
{
    struct token t = parser_next_but_space(p);

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
        return parser_expect(p, TOKEN_RIGHT_DELIMITER, "end") ? parser_node(p, NODE_END, t.at)
                                                              : NULL;
    case TOKEN_IF:
        return control(p, NODE_IF);
    case TOKEN_RANGE:
        return control(p, NODE_RANGE);
    case TOKEN_TEMPLATE:
        return template_action(p);
    case TOKEN_WITH:
        return control(p, NODE_WITH);
    default:
        parser_back(p);
        return value_action(p);
    }
}

static const struct node *text_or_action(struct parser *p)
{
    struct token t = parser_next_but_space(p);
    const struct node *n;
    struct node *text;

    switch (t.kind) {
    case TOKEN_TEXT:
        text = parser_node(p, NODE_TEXT, t.at);
        text->text = t.text;
        return text;
    case TOKEN_LEFT_DELIMITER:
        p->action_line = t.line;
        n = action(p);
        p->action_line = 0;
        return n;
    default:
        return parser_unexpected(p, &t, "input");
    }
}

static const struct node *item_list(struct parser *p, const struct node_list **out)
{
    struct node_list *list = arena_alloc(p->arena, sizeof(*list));

    *out = list;
    while (parser_peek_but_space(p).kind != TOKEN_END) {
        const struct node *n = text_or_action(p);

        if (!n || n->kind == NODE_END || n->kind == NODE_ELSE)
            return n;
        node_list_add(p->arena, list, n);
    }
    return parser_fail(p, "unexpected EOF");
}

/* --- the source -------------------------------------------------------------- */
/* True: a define was at hand and has been read, or failed. */
static bool took_define(struct parser *p, bool *done)
{
    struct token delimiter = parser_peek(p), t;

    if (delimiter.kind != TOKEN_LEFT_DELIMITER)
        return false;
    (void)parser_next(p);
    t = parser_next_but_space(p);
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
    while (parser_peek(p).kind != TOKEN_END) {
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
            return parser_fail(p, "unexpected %s", end_words(n));
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
    parser_declare(&p, TEXT("$"));
    done = parse(&p, root) && add_template(&p, text_of(source->name), root);
    *out = p.templates;
    *error = p.error;
    return done;
}
