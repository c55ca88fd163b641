/* lexer - a template's text as tokens. For files of template/ only.
 *
 * Tokens borrow from the source. Trim markers and comments are dealt with here: the
 * parser sees neither. After an error token nothing but end tokens follow. */
#ifndef TEMPLATE_LEXER_H
#define TEMPLATE_LEXER_H
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum token_kind {
    TOKEN_ERROR, /* text is the message */
    TOKEN_END,   /* of the source */
    TOKEN_TEXT,  /* outside of actions */
    TOKEN_LEFT_DELIMITER,
    TOKEN_RIGHT_DELIMITER,
    TOKEN_SPACE,
    TOKEN_ASSIGN,
    TOKEN_DECLARE,
    TOKEN_PIPE,
    TOKEN_LEFT_PARENTHESIS,
    TOKEN_RIGHT_PARENTHESIS,
    TOKEN_CHARACTER, /* any other, a comma */
    TOKEN_BOOL,
    TOKEN_CHARACTER_CONSTANT,
    TOKEN_COMPLEX,
    TOKEN_NUMBER,
    TOKEN_STRING, /* with its quotes */
    TOKEN_RAW_STRING,
    TOKEN_FIELD, /* with its dot */
    TOKEN_IDENTIFIER,
    TOKEN_VARIABLE, /* with its dollar sign */
    TOKEN_KEYWORD,  /* from here on: keywords */
    TOKEN_DOT,
    TOKEN_BLOCK,
    TOKEN_BREAK,
    TOKEN_CONTINUE,
    TOKEN_DEFINE,
    TOKEN_ELSE,
    TOKEN_END_KEYWORD,
    TOKEN_IF,
    TOKEN_NIL,
    TOKEN_RANGE,
    TOKEN_TEMPLATE,
    TOKEN_WITH,
};

struct token {
    enum token_kind kind;
    struct text text;
    size_t at;     /* byte in the source */
    unsigned line; /* where it starts, from 1 */
};

struct lexer {
    struct arena *arena;
    struct text source;
    size_t start, at; /* of the token that is being read; where reading is */
    unsigned start_line, line;
    int parentheses;
    bool inside_action;
};

void lexer_init(struct lexer *l, struct arena *a, struct text source);
struct token lexer_next(struct lexer *l);

#endif
