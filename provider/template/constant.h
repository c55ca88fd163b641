/* constant - the value of a literal in a template. For files of template/ only. */
#ifndef TEMPLATE_CONSTANT_H
#define TEMPLATE_CONSTANT_H
#include "template/lexer.h"
#include "template/node.h"

/* Fills n->constant. False: *error says why it is none. */
bool constant_read(struct arena *a, const struct token *t, struct node *n, const char **error);

#endif
