/* evaluate - an execution, and the value of what stands in an action. For files of
 * template/ only.
 *
 * Go tells a value from an interface that holds it, and so do its messages and its
 * treatment of nil: what a map or a list holds is boxed until a pipeline takes it.
 * A boxed nil has no fields (an error), a bare one has all of them (nil). */
#ifndef TEMPLATE_EVALUATE_H
#define TEMPLATE_EVALUATE_H
#include "template/parser.h"
#include "template/run.h"

struct operand {
    const struct datum *datum; /* NULL: there is none, or its evaluation failed */
    bool boxed;
};

struct variable {
    struct text name;
    struct operand value;
};

/* A part of an error message; the outermost comes first. */
struct error_part {
    struct text text;
    struct error_part *next;
};

struct template_run {
    struct arena *arena;
    struct call *call;
    struct template_set *set;
    const struct template *template;
    const struct node *at; /* what a message would point at */
    struct variable *variables;
    size_t variable_count, variable_capacity, variable_base;
    struct text_builder *out;
    struct error_part *error;
    struct text error_location; /* of the outermost part */
    const char *plain_error;    /* of fail and required */
    const char *aborted;        /* a limit was reached: why */
    size_t steps, next_look;
    size_t arena_bytes_max; /* when the arena holds more, the execution ends */
    unsigned depth, hops;   /* templates inside each other, stacks in use */
    const char *stack;      /* where this one began */
    size_t stack_bytes;     /* how much of it may be used */
    bool unstable;
};

/* The value of a pipeline; its declarations are made. A NULL pipeline is nil. */
struct operand evaluate_pipeline(struct template_run *run, struct operand dot,
                                 const struct node *pipeline);

void evaluate_declare(struct template_run *run, struct text name, struct operand value);
/* False: reported. */
bool evaluate_assign(struct template_run *run, struct text name, struct operand value);

/* Report an error at run->at. Always false. */
bool evaluate_fail(struct template_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Puts text before the error that was reported inside. */
void evaluate_prefix(struct template_run *run, struct text text);
/* Counts steps; false when the execution has to end, which is then reported. */
bool evaluate_work(struct template_run *run, size_t steps);
bool evaluate_step(struct template_run *run);

/* A boxed nil as an argument of a function with FUNCTION_KNOWS_BOXED. */
extern const struct datum evaluate_boxed_nil;

/* An element of a list or map. */
struct operand evaluate_element(const struct datum *holder, const struct datum *element);

#endif
