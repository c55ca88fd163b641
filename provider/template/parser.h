/* parser - from a template's text to trees. For files of template/ only.
 *
 * Trees live in the arena and borrow from the source. Function names are resolved
 * here, so an unknown one fails the source even where it is never called. */
#ifndef TEMPLATE_PARSER_H
#define TEMPLATE_PARSER_H
#include "template/node.h"

struct source {
    const char *name;
    struct text text;
};

/* One template: the source itself or what it defines. */
struct template
{
    struct text name;
    const struct source *source;
    const struct node_list *body;
    unsigned active; /* includes of it that are being executed */
    struct template *next;
};

/* *out: the source's own template and all that it defines, in the order in which they
 * end. False: *error is Go's message, "template: name:line: reason". */
bool parser_run(struct arena *a, const struct source *source, struct template **out,
                const char **error);

#endif
