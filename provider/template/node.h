/* node - a parsed template as a tree. For files of template/ only.
 *
 * Nodes are never changed after parsing. node_print() writes a node as Go's error
 * messages show it, which is the source in a canonical form. */
#ifndef TEMPLATE_NODE_H
#define TEMPLATE_NODE_H
#include "template/function.h"

enum node_kind {
    NODE_TEXT,
    NODE_ACTION,
    NODE_IF,
    NODE_WITH,
    NODE_RANGE,
    NODE_TEMPLATE,
    NODE_BREAK,
    NODE_CONTINUE,
    NODE_ELSE, /* else and end never stay in a tree */
    NODE_END,
    NODE_PIPELINE, /* from here on: what has a value */
    NODE_COMMAND,
    NODE_FUNCTION,
    NODE_FIELD,
    NODE_VARIABLE,
    NODE_CHAIN,
    NODE_DOT,
    NODE_NIL,
    NODE_BOOL,
    NODE_NUMBER,
    NODE_STRING,
};

struct node;

struct node_list {
    const struct node **items;
    size_t count, capacity;
};

struct node {
    enum node_kind kind;
    size_t at; /* byte in the source */
    union {
        struct text text;                /* TEXT */
        struct {                         /* ACTION, IF, WITH, RANGE, TEMPLATE */
            const struct node *pipeline; /* NULL: a template without argument */
            const struct node_list *body, *otherwise;
            struct text name; /* TEMPLATE */
        } control;
        struct { /* PIPELINE */
            struct node_list declarations, commands;
            bool assigns;
        } pipeline;
        struct node_list operands; /* COMMAND */
        struct {                   /* FUNCTION */
            const struct function *function;
            struct text name;
        } call;
        struct {                     /* FIELD, VARIABLE, CHAIN */
            const struct node *base; /* CHAIN */
            struct text *names;      /* a variable's own comes first, with its $ */
            size_t count;
        } path;
        struct { /* BOOL, NUMBER, STRING */
            struct text source;
            const struct datum *value; /* NULL: it overflows int */
            bool is_integer, is_float; /* what else a number can be */
            int64_t integer;
            double real;
        } constant;
    };
};

void node_list_add(struct arena *a, struct node_list *list, const struct node *n);
void node_print(struct text_builder *b, const struct node *n);
/* Holds nothing but white space: such a definition never replaces another. */
bool node_list_is_blank(const struct node_list *list);

#endif
