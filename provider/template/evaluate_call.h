/* evaluate_call - arguments and calls: what evaluate.c and evaluate_call.c share. */
#ifndef TEMPLATE_EVALUATE_CALL_H
#define TEMPLATE_EVALUATE_CALL_H
#include "template/evaluate.h"

struct arguments {
    const struct node *const *nodes;
    size_t count;
    struct operand last; /* what the pipeline hands over; datum NULL: nothing */
};

/* The value of any node with a value. command is what an error of the call points
 * at. */
struct operand evaluate_node(struct template_run *run, struct operand dot, const struct node *node,
                             const struct node *command, const struct arguments *arguments);
/* One argument for a parameter of type `letter` (function.h). */
struct operand evaluate_argument(struct template_run *run, struct operand dot, char letter,
                                 const struct node *node);
/* Fills f->arguments as the parameters want them. */
bool evaluate_arguments(struct template_run *run, struct operand dot, const char *parameters,
                        struct text name, const struct arguments *arguments,
                        struct function_call *f);
struct operand evaluate_call(struct template_run *run, struct operand dot, const struct node *node,
                             const struct node *command, const struct arguments *arguments);
/* Reports that the call of `name` failed, with what f or the execution inside says. */
void evaluate_call_failed(struct template_run *run, const struct function_call *f,
                          struct text name);

#endif
