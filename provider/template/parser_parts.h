/* parser_parts - what the files of the parser share: its state, tokens with some to look
 * ahead, variables in scope, pipelines. For parser*.c only.
 *
 * The first error stays; what fails returns NULL or false after it. */
#ifndef TEMPLATE_PARSER_PARTS_H
#define TEMPLATE_PARSER_PARTS_H
#include "template/lexer.h"
#include "template/parser.h"
#include "template/template.h"

enum { PARSER_AHEAD_MAX = 3, PARSER_ERROR_BYTES_MAX = 8192 };

struct parser {
    struct arena *arena;
    const struct source *source;
    struct lexer lexer;
    struct token ahead[PARSER_AHEAD_MAX]; /* [0] is what the lexer gave last */
    size_t ahead_count;
    struct text *variables;
    size_t variable_count, variable_capacity, variable_base;
    unsigned ranges, depth;
    unsigned action_line; /* 0 outside of actions */
    struct template *templates, **last;
    const char *error;
};

/* Always NULL. */
void *parser_fail(struct parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void *parser_unexpected(struct parser *p, const struct token *t, const char *context);
const char *parser_quoted(struct parser *p, struct text t);

struct token parser_next(struct parser *p);
/* Gives back the last token that was taken. */
void parser_back(struct parser *p);
struct token parser_peek(struct parser *p);
struct token parser_next_but_space(struct parser *p);
struct token parser_peek_but_space(struct parser *p);
bool parser_expect(struct parser *p, enum token_kind kind, const char *context);

void parser_declare(struct parser *p, struct text name);
bool parser_is_declared(const struct parser *p, struct text name);

struct node *parser_node(struct parser *p, enum node_kind kind, size_t at);
/* Up to and with the token `end`; context is what messages call it. */
const struct node *parser_pipeline(struct parser *p, const char *context, enum token_kind end);

#endif
