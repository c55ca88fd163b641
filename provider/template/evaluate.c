#include "template/evaluate.h"

#include <string.h>

#include "base/clock.h"
#include "template/evaluate_call.h"
#include "template/quote.h"

enum { STEPS_BETWEEN_LOOKS = 4096, MESSAGE_BYTES_MAX = 1 << 20 };

const struct datum evaluate_boxed_nil = {.kind = DATUM_NIL};

static const struct operand none = {NULL, false};
static const struct operand bare_nil = {&datum_nil, false};

/* --- errors -------------------------------------------------------------------- */
static void add_location(struct template_run *run, struct text_builder *b)
{
    const struct source *source = run->template->source;
    size_t line = 1, start = 0, from = b->len;

    for (size_t i = 0; i < run->at->at; i++) {
        if (source->text.at[i] == '\n') {
            line++;
            start = i + 1;
        }
    }
    text_add_f(b, "%s:%zu:%zu", source->name, line, run->at->at - start);
    run->error_location = (struct text){
        text_z(run->arena, (struct text){b->at + from, b->len - from}), b->len - from};
}

/* "template: file:1:2: executing "name" at <node>: " */
static void add_place(struct template_run *run, struct text_builder *b)
{
    text_builder_init(b, run->arena, MESSAGE_BYTES_MAX);
    text_add_z(b, "template: ");
    add_location(run, b);
    text_add_z(b, ": executing ");
    quote_text(b, run->template->name, false);
    text_add_z(b, " at <");
    node_print(b, run->at);
    text_add_z(b, ">: ");
}

void evaluate_prefix(struct template_run *run, struct text text)
{
    struct error_part *part = arena_alloc(run->arena, sizeof(*part));

    *part = (struct error_part){text, run->error};
    run->error = part;
}

bool evaluate_fail(struct template_run *run, const char *format, ...)
{
    struct text_builder b;
    va_list arguments;

    add_place(run, &b);
    va_start(arguments, format);
    text_add_z(&b, text_fv(run->arena, format, arguments));
    va_end(arguments);
    evaluate_prefix(run, text_built(&b));
    return false;
}

static bool abort_run(struct template_run *run, const char *why)
{
    run->aborted = why;
    return evaluate_fail(run, "%s", why);
}

bool evaluate_work(struct template_run *run, size_t steps)
{
    run->steps += steps;
    if (run->out->overflow)
        return abort_run(run, "its text exceeds 64 MiB");
    if (arena_bytes(run->arena) > run->arena_bytes_max)
        return abort_run(run, "the chart's templates take more than 512 MiB of memory");
    if (run->steps > TEMPLATE_STEPS_MAX)
        return abort_run(run, "it takes more than 10 million steps");
    if (run->steps < run->next_look)
        return true;
    run->next_look = run->steps + STEPS_BETWEEN_LOOKS;
    if (run->call->cancel && cancel_fired(run->call->cancel))
        return abort_run(run, "interrupted");
    if (call_left_ms(run->call) == 0)
        return abort_run(run, "it takes longer than the operation may");
    return true;
}

bool evaluate_step(struct template_run *run)
{
    return evaluate_work(run, 1);
}

bool function_work(struct function_call *f, size_t steps)
{
    return evaluate_work(f->run, steps);
}

/* --- variables ------------------------------------------------------------------ */
void evaluate_declare(struct template_run *run, struct text name, struct operand value)
{
    if (run->variable_count == run->variable_capacity) {
        size_t capacity = run->variable_capacity ? run->variable_capacity * 2 : 32;
        struct variable *grown = arena_array(run->arena, capacity, sizeof(*grown));

        if (run->variable_count)
            memcpy(grown, run->variables, run->variable_count * sizeof(*grown));
        run->variables = grown;
        run->variable_capacity = capacity;
    }
    run->variables[run->variable_count++] = (struct variable){name, value};
}

static struct variable *find_variable(struct template_run *run, struct text name)
{
    for (size_t i = run->variable_count; i > run->variable_base; i--)
        if (text_equal(run->variables[i - 1].name, name))
            return &run->variables[i - 1];
    (void)evaluate_fail(run, "undefined variable: %.*s", (int)name.len, name.at);
    return NULL;
}

bool evaluate_assign(struct template_run *run, struct text name, struct operand value)
{
    struct variable *v = find_variable(run, name);

    if (v)
        v->value = value;
    return v;
}

/* --- fields ---------------------------------------------------------------------- */
struct operand evaluate_element(const struct datum *holder, const struct datum *element)
{
    return (struct operand){element, datum_holds_any(holder)};
}

static const char *type_of(struct operand o)
{
    return o.boxed ? "interface {}" : datum_type_name(o.datum);
}

static struct operand no_field(struct template_run *run, struct operand receiver, struct text name)
{
    (void)evaluate_fail(run, "can't evaluate field %.*s in type %s", (int)name.len, name.at,
                        type_of(receiver));
    return none;
}

static const struct datum_method *find_method(const struct datum *d, struct text name)
{
    const struct datum_class *class = d->kind == DATUM_OBJECT ? d->object.class : d->class;

    for (const struct datum_method *m = class ? class->methods : NULL; m && m->name; m++)
        if (text_is(name, m->name))
            return m;
    return NULL;
}

static struct operand call_method(struct template_run *run, struct operand dot,
                                  const struct node *node, const struct datum_method *method,
                                  const struct datum *self, const struct arguments *arguments)
{
    struct function_call f = {.run = run, .arena = run->arena};
    struct text name = text_of(method->name);
    const struct datum *result;

    if (!evaluate_arguments(run, dot, method->parameters, name, arguments, &f))
        return none;
    result = method->run(&f, self);
    if (result)
        return (struct operand){result, result->kind == DATUM_NIL};
    run->at = node;
    evaluate_call_failed(run, &f, name);
    return none;
}

static struct operand map_field(struct template_run *run, struct operand receiver, struct text name,
                                bool has_arguments)
{
    const struct datum *found;

    if (has_arguments) {
        (void)evaluate_fail(run, "%.*s is not a method but has arguments", (int)name.len, name.at);
        return none;
    }
    found = datum_get(receiver.datum, name);
    if (found)
        return evaluate_element(receiver.datum, found);
    if (receiver.datum->class && receiver.datum->class->zero)
        return (struct operand){receiver.datum->class->zero, false};
    if (text_ends_with(text_of(datum_type_name(receiver.datum)), "]string"))
        return (struct operand){&datum_empty_string, false};
    return (struct operand){&datum_nil, true};
}

/* A field, or a method with its arguments. */
static struct operand object_field(struct template_run *run, struct operand dot,
                                   const struct node *node, struct operand receiver,
                                   struct text name, const struct arguments *arguments)
{
    const struct datum_class *class = receiver.datum->object.class;
    struct function_call f = {.run = run, .arena = run->arena};
    bool found = false, is_method = false;
    const struct datum *member;

    if (!class->member)
        return no_field(run, receiver, name);
    if (!evaluate_arguments(run, dot, "v*", name, arguments, &f))
        return none;
    member = class->member(&f, receiver.datum, name, &found, &is_method);
    if (!found)
        return no_field(run, receiver, name);
    if (!member) {
        run->at = node;
        evaluate_call_failed(run, &f, name);
        return none;
    }
    if (!is_method && f.count) {
        (void)evaluate_fail(run, "%.*s has arguments but cannot be invoked as function",
                            (int)name.len, name.at);
        return none;
    }
    return (struct operand){member, member->kind == DATUM_NIL};
}

static struct operand field(struct template_run *run, struct operand dot, const struct node *node,
                            struct operand receiver, struct text name,
                            const struct arguments *arguments)
{
    const struct datum_method *method = find_method(receiver.datum, name);

    if (method)
        return call_method(run, dot, node, method, receiver.datum, arguments);
    switch (receiver.datum->kind) {
    case DATUM_NIL:
        if (!receiver.boxed)
            return bare_nil;
        (void)evaluate_fail(run, "nil pointer evaluating interface {}.%.*s", (int)name.len,
                            name.at);
        return none;
    case DATUM_MAP:
        return map_field(run, receiver, name, arguments->count || arguments->last.datum);
    case DATUM_OBJECT:
        return object_field(run, dot, node, receiver, name, arguments);
    default:
        return no_field(run, receiver, name);
    }
}

/* .a.b.c: only the last may be a method that takes the arguments. */
static struct operand fields(struct template_run *run, struct operand dot, const struct node *node,
                             struct operand receiver, size_t from,
                             const struct arguments *arguments)
{
    static const struct arguments no_arguments = {0};

    for (size_t i = from; i < node->path.count && receiver.datum; i++)
        receiver = field(run, dot, node, receiver, node->path.names[i],
                         i + 1 == node->path.count ? arguments : &no_arguments);
    return receiver;
}

static struct operand chain(struct template_run *run, struct operand dot, const struct node *node,
                            const struct arguments *arguments)
{
    struct operand base;

    run->at = node;
    if (node->path.base->kind == NODE_NIL) {
        (void)evaluate_fail(run, "indirection through explicit nil");
        return none;
    }
    base = evaluate_argument(run, dot, 'v', node->path.base);
    if (!base.datum)
        return none;
    return fields(run, dot, node, base, 0, arguments);
}

static bool takes_arguments(struct template_run *run, const struct node *node,
                            const struct arguments *arguments)
{
    struct text_builder b;

    if (!arguments->count && !arguments->last.datum)
        return true;
    text_builder_init(&b, run->arena, MESSAGE_BYTES_MAX);
    node_print(&b, node);
    return evaluate_fail(run, "can't give argument to non-function %s", b.at);
}

static struct operand variable(struct template_run *run, struct operand dot,
                               const struct node *node, const struct arguments *arguments)
{
    struct variable *v;

    run->at = node;
    if (!(v = find_variable(run, node->path.names[0])))
        return none;
    if (node->path.count > 1)
        return fields(run, dot, node, v->value, 1, arguments);
    return takes_arguments(run, node, arguments) ? v->value : none;
}

/* --- commands ------------------------------------------------------------------- */
static struct operand constant(struct template_run *run, const struct node *node)
{
    run->at = node;
    if (!node->constant.value) {
        (void)evaluate_fail(run, "%.*s overflows int", (int)node->constant.source.len,
                            node->constant.source.at);
        return none;
    }
    return (struct operand){node->constant.value, false};
}

static struct operand plain_value(struct template_run *run, struct operand dot,
                                  const struct node *node, const struct arguments *arguments)
{
    run->at = node;
    if (!takes_arguments(run, node, arguments))
        return none;
    if (node->kind == NODE_DOT)
        return dot;
    if (node->kind != NODE_NIL)
        return constant(run, node);
    (void)evaluate_fail(run, "nil is not a command");
    return none;
}

struct operand evaluate_node(struct template_run *run, struct operand dot, const struct node *node,
                             const struct node *command, const struct arguments *arguments)
{
    switch (node->kind) {
    case NODE_FIELD:
        run->at = node;
        return fields(run, dot, node, dot, 0, arguments);
    case NODE_CHAIN:
        return chain(run, dot, node, arguments);
    case NODE_VARIABLE:
        return variable(run, dot, node, arguments);
    case NODE_FUNCTION:
        return evaluate_call(run, dot, node, command, arguments);
    case NODE_PIPELINE:
        if (!takes_arguments(run, node, arguments))
            return none;
        return evaluate_pipeline(run, dot, node);
    default:
        return plain_value(run, dot, node, arguments);
    }
}

struct operand evaluate_pipeline(struct template_run *run, struct operand dot,
                                 const struct node *pipeline)
{
    struct operand value = none;

    if (!pipeline)
        return bare_nil;
    run->at = pipeline;
    for (size_t i = 0; i < pipeline->pipeline.commands.count; i++) {
        const struct node *command = pipeline->pipeline.commands.items[i];
        struct arguments arguments = {command->operands.items + 1, command->operands.count - 1,
                                      value};

        value = evaluate_node(run, dot, command->operands.items[0], command, &arguments);
        if (!value.datum)
            return none;
        value.boxed = false;
    }
    for (size_t i = 0; i < pipeline->pipeline.declarations.count; i++) {
        struct text name = pipeline->pipeline.declarations.items[i]->path.names[0];

        if (!pipeline->pipeline.assigns)
            evaluate_declare(run, name, value);
        else if (!evaluate_assign(run, name, value))
            return none;
    }
    return value;
}
