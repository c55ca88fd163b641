#include "template/execute.h"

#include "template/quote.h"
#include "template/set.h"
#include "template/stack.h"

enum flow { NEXT, BREAK, CONTINUE, FAILED };

static enum flow walk_list(struct template_run *run, struct operand dot,
                           const struct node_list *list);

static bool print_value(struct template_run *run, struct operand value)
{
    if (value.datum->kind == DATUM_NIL)
        text_add_z(run->out, "<no value>");
    else
        datum_print(run->out, value.datum);
    return evaluate_step(run);
}

static enum flow walk_action(struct template_run *run, struct operand dot, const struct node *n)
{
    struct operand value = evaluate_pipeline(run, dot, n->control.pipeline);

    if (!value.datum)
        return FAILED;
    if (n->control.pipeline->pipeline.declarations.count)
        return NEXT;
    return print_value(run, value) ? NEXT : FAILED;
}

/* if and with: with makes the value the dot of its body. */
static enum flow walk_choice(struct template_run *run, struct operand dot, const struct node *n)
{
    size_t variables = run->variable_count;
    struct operand value = evaluate_pipeline(run, dot, n->control.pipeline);
    enum flow flow = NEXT;

    if (!value.datum)
        return FAILED;
    if (datum_truth(value.datum))
        flow = walk_list(run, n->kind == NODE_WITH ? value : dot, n->control.body);
    else if (n->control.otherwise)
        flow = walk_list(run, dot, n->control.otherwise);
    run->variable_count = variables;
    return flow;
}

/* --- range ---------------------------------------------------------------------- */
/* One variable gets the element; of two, the first gets the index. Those that are
 * declared stand on top already. */
static bool set_range_variables(struct template_run *run, const struct node *pipeline,
                                struct operand index, struct operand element)
{
    const struct node_list *names = &pipeline->pipeline.declarations;

    if (names->count == 0)
        return true;
    if (!pipeline->pipeline.assigns) {
        run->variables[run->variable_count - 1].value = element;
        if (names->count > 1)
            run->variables[run->variable_count - 2].value = index;
        return true;
    }
    return evaluate_assign(run, names->items[0]->path.names[0],
                           names->count > 1 ? index : element) &&
           (names->count == 1 || evaluate_assign(run, names->items[1]->path.names[0], element));
}

static enum flow iterate(struct template_run *run, const struct node *n, struct operand index,
                         struct operand element)
{
    size_t variables = run->variable_count;
    enum flow flow;

    if (!evaluate_step(run) || !set_range_variables(run, n->control.pipeline, index, element))
        return FAILED;
    flow = walk_list(run, element, n->control.body);
    run->variable_count = variables;
    return flow == CONTINUE ? NEXT : flow;
}

static enum flow range_list(struct template_run *run, const struct node *n, const struct datum *d)
{
    bool indexed = n->control.pipeline->pipeline.declarations.count > 1;
    enum flow flow = NEXT;

    for (size_t i = 0; i < d->list.count && flow == NEXT; i++) {
        struct operand index = {indexed ? datum_int(run->arena, (int64_t)i) : &datum_nil, false};

        flow = iterate(run, n, index, evaluate_element(d, d->list.items[i]));
    }
    return flow;
}

static enum flow range_bytes(struct template_run *run, const struct node *n, struct text t)
{
    enum flow flow = NEXT;

    for (size_t i = 0; i < t.len && flow == NEXT; i++) {
        struct operand index = {datum_int(run->arena, (int64_t)i), false};
        struct operand element = {datum_uint8(run->arena, (uint8_t)t.at[i]), false};

        flow = iterate(run, n, index, element);
    }
    return flow;
}

/* The body may change the map: what it holds at the start is visited. */
static enum flow range_map(struct template_run *run, const struct node *n, const struct datum *d)
{
    size_t count = d->map->count;
    struct datum_entry *entries = arena_array(run->arena, count, sizeof(*entries));
    enum flow flow = NEXT;

    for (size_t i = 0; i < count; i++)
        entries[i] = d->map->entries[i];
    for (size_t i = 0; i < count && flow == NEXT; i++) {
        struct operand key = {datum_string(run->arena, entries[i].key), false};

        flow = iterate(run, n, key, evaluate_element(d, entries[i].value));
    }
    return flow;
}

static const struct datum *integer_like(struct arena *a, const struct datum *d, int64_t i)
{
    struct datum *out = arena_alloc(a, sizeof(*out));

    *out = *d;
    out->integer = i;
    return out;
}

static enum flow range_integer(struct template_run *run, const struct node *n,
                               const struct datum *d)
{
    enum flow flow = NEXT;

    for (int64_t i = 0; i < d->integer && flow == NEXT; i++)
        flow = iterate(run, n, (struct operand){&datum_nil, false},
                       (struct operand){integer_like(run->arena, d, i), false});
    return flow;
}

static enum flow no_range(struct template_run *run, const struct datum *d, const char *format)
{
    struct text printed = datum_text(run->arena, datum_as_argument(run->arena, d));

    (void)evaluate_fail(run, "%s %.*s%s", format, (int)printed.len, printed.at,
                        format[0] == 'c' ? " to iterate over more than one variable" : "");
    return FAILED;
}

/* *empty: there was nothing to visit, so the else part has its turn. */
static enum flow range_value(struct template_run *run, const struct node *n, const struct datum *d,
                             bool *empty)
{
    *empty = datum_len(d) == 0;
    switch (d->kind) {
    case DATUM_NIL:
        return NEXT;
    case DATUM_LIST:
        return range_list(run, n, d);
    case DATUM_BYTES:
        return range_bytes(run, n, d->text);
    case DATUM_MAP:
        return range_map(run, n, d);
    case DATUM_INT:
    case DATUM_INT64:
    case DATUM_UINT8:
        if (n->control.pipeline->pipeline.declarations.count > 1)
            return no_range(run, d, "can't use");
        *empty = d->integer <= 0;
        return range_integer(run, n, d);
    default:
        return no_range(run, d, "range can't iterate over");
    }
}

static enum flow walk_range(struct template_run *run, struct operand dot, const struct node *n)
{
    size_t variables = run->variable_count;
    struct operand value;
    enum flow flow;
    bool empty;

    run->at = n;
    value = evaluate_pipeline(run, dot, n->control.pipeline);
    if (!value.datum)
        return FAILED;
    flow = range_value(run, n, value.datum, &empty);
    if (flow == NEXT && empty && n->control.otherwise)
        flow = walk_list(run, dot, n->control.otherwise);
    else if (flow == BREAK)
        flow = NEXT;
    run->variable_count = variables;
    return flow;
}

/* --- templates -------------------------------------------------------------------- */
/* Where an error stands before the first node was reached. */
static const struct node start_of_text = {.kind = NODE_TEXT};

struct body {
    struct template_run *run;
    const struct template *template;
    struct operand dot;
    enum flow flow;
};

static void walk_body(void *data)
{
    struct body *b = data;

    b->flow = walk_list(b->run, b->dot, b->template->body);
}

static bool enter(struct template_run *run, struct body *b)
{
    if (++run->depth > TEMPLATE_NESTING_MAX)
        return evaluate_fail(run, "exceeded maximum template depth (%d)", TEMPLATE_NESTING_MAX);
    return stack_call(run, walk_body, b) ||
           evaluate_fail(run, "templates and blocks are nested too deeply");
}

bool execute_template(struct template_run *run, const struct template *t, const struct datum *dot)
{
    const struct template *caller = run->template;
    const struct node *at = run->at;
    size_t count = run->variable_count, base = run->variable_base;
    struct body b = {run, t, {dot, false}, FAILED};
    bool entered;

    run->template = t;
    run->variable_base = count;
    evaluate_declare(run, TEXT("$"), b.dot);
    if (!run->at)
        run->at = &start_of_text;
    entered = enter(run, &b);
    run->depth--;
    run->template = caller;
    run->at = at;
    run->variable_base = base;
    run->variable_count = count;
    return entered && b.flow != FAILED;
}

static enum flow walk_template(struct template_run *run, struct operand dot, const struct node *n)
{
    struct template *t = set_find(run->set, n->control.name);
    struct operand value;
    struct text_builder b;

    run->at = n;
    if (!t) {
        text_builder_init(&b, run->arena, SET_NAME_BYTES_MAX);
        quote_text(&b, n->control.name, false);
        (void)evaluate_fail(run, "template %s not defined", b.at);
        return FAILED;
    }
    value = evaluate_pipeline(run, dot, n->control.pipeline);
    if (!value.datum)
        return FAILED;
    run->at = n;
    return execute_template(run, t, value.datum) ? NEXT : FAILED;
}

static enum flow walk(struct template_run *run, struct operand dot, const struct node *n)
{
    run->at = n;
    switch (n->kind) {
    case NODE_TEXT:
        text_add(run->out, n->text);
        return NEXT;
    case NODE_ACTION:
        return walk_action(run, dot, n);
    case NODE_IF:
    case NODE_WITH:
        return walk_choice(run, dot, n);
    case NODE_RANGE:
        return walk_range(run, dot, n);
    case NODE_TEMPLATE:
        return walk_template(run, dot, n);
    case NODE_BREAK:
        return BREAK;
    default:
        return CONTINUE;
    }
}

static enum flow walk_list(struct template_run *run, struct operand dot,
                           const struct node_list *list)
{
    enum flow flow = NEXT;

    for (size_t i = 0; i < list->count && flow == NEXT; i++)
        flow = walk(run, dot, list->items[i]);
    return flow;
}
