#include "template/evaluate_call.h"

#include <string.h>

enum { NODE_BYTES_MAX = 1 << 20, SLOW_STEPS = 100000 };

static const struct operand none = {NULL, false};
static const struct arguments no_arguments = {0};

static const char *parameter_type(char letter)
{
    switch (letter) {
    case 's':
        return "string";
    case 'b':
        return "bool";
    case 'i':
        return "int";
    case 'I':
        return "int64";
    case 'f':
        return "float64";
    case 'm':
        return "map[string]interface {}";
    case 'l':
        return "[]interface {}";
    case 'V':
        return "*semver.Version";
    case 'C':
        return "sprig.certificate";
    case 'T':
        return "time.Time";
    case 'D':
        return "time.Duration";
    case 'Z':
        return "*time.Location";
    case 'U':
        return "uint32";
    default:
        return "interface {}";
    }
}

/* --- values ---------------------------------------------------------------------- */
static bool fits(char letter, const struct datum *d)
{
    switch (letter) {
    case 's':
        return d->kind == DATUM_STRING;
    case 'b':
        return d->kind == DATUM_BOOL;
    case 'i':
        return d->kind == DATUM_INT && !d->class;
    case 'I':
        return d->kind == DATUM_INT64 && !d->class;
    case 'f':
        return d->kind == DATUM_FLOAT64;
    case 'm':
        return d->kind == DATUM_MAP && datum_holds_any(d);
    case 'l':
        return d->kind == DATUM_LIST && datum_holds_any(d);
    case 'V':
    case 'C':
    case 'T':
    case 'D':
    case 'Z':
    case 'U':
        return strcmp(datum_type_name(d), parameter_type(letter)) == 0;
    default:
        return true;
    }
}

static struct operand fail(struct template_run *run, const char *what, const char *expected,
                           const char *got)
{
    (void)evaluate_fail(run, "%s; expected %s%s%s", what, expected, got ? "; got " : "",
                        got ? got : "");
    return none;
}

/* A bare nil becomes the zero value of types that have one. */
static struct operand check_nil(struct template_run *run, char letter, struct operand value)
{
    const char *expected = parameter_type(letter);

    if (letter == 'v')
        return value;
    if (value.boxed && letter != 'n')
        return fail(run, "wrong type for value", expected, "interface {}");
    if (letter == 'm')
        return (struct operand){&datum_unmade_map, false};
    if (letter == 'l')
        return (struct operand){&datum_unmade_list, false};
    if (letter == 'V')
        return value;
    return fail(run, "invalid value", expected, NULL);
}

static struct operand check(struct template_run *run, char letter, struct operand value)
{
    if (!value.datum)
        return none;
    if (value.datum->kind == DATUM_NIL)
        return check_nil(run, letter, value);
    if (fits(letter, value.datum))
        return value;
    return fail(run, "wrong type for value", parameter_type(letter), datum_type_name(value.datum));
}

/* --- literals -------------------------------------------------------------------- */
static const char *node_words(struct template_run *run, const struct node *node)
{
    struct text_builder b;

    text_builder_init(&b, run->arena, NODE_BYTES_MAX);
    node_print(&b, node);
    return b.at;
}

static struct operand unfit_literal(struct template_run *run, char letter, const struct node *node)
{
    const char *words = node_words(run, node);

    if (strchr("mlVCTZ", letter))
        (void)evaluate_fail(run, "can't handle %s for arg of type %s", words,
                            parameter_type(letter));
    else
        (void)evaluate_fail(run, "expected %s; found %s",
                            letter == 'f'           ? "float"
                            : letter == 'U'         ? "unsigned integer"
                            : strchr("iID", letter) ? "integer"
                                                    : parameter_type(letter),
                            words);
    return none;
}

/* A number without a type takes that of its parameter when it can. */
static const struct datum *number_for(struct template_run *run, char letter,
                                      const struct node *node)
{
    if (strchr("iID", letter) && node->constant.is_integer)
        return letter == 'i' ? datum_int(run->arena, node->constant.integer)
                             : datum_int64(run->arena, node->constant.integer);
    if (letter == 'U' && node->constant.is_integer && node->constant.integer >= 0)
        return datum_int64(run->arena, node->constant.integer & UINT32_MAX);
    if (letter == 'f' && node->constant.is_float)
        return datum_float64(run->arena, node->constant.real);
    return NULL;
}

static struct operand literal(struct template_run *run, struct operand dot, char letter,
                              const struct node *node)
{
    const struct datum *number;

    if (letter == 'v' || letter == 'n')
        return evaluate_node(run, dot, node, node, &no_arguments);
    if (node->kind == NODE_NUMBER)
        return (number = number_for(run, letter, node)) ? (struct operand){number, false}
                                                        : unfit_literal(run, letter, node);
    return fits(letter, node->constant.value) ? (struct operand){node->constant.value, false}
                                              : unfit_literal(run, letter, node);
}

static struct operand nil_literal(struct template_run *run, char letter)
{
    if (letter == 'v' || letter == 'V')
        return (struct operand){&datum_nil, false};
    if (letter == 'm' || letter == 'l')
        return check_nil(run, letter, (struct operand){&datum_nil, false});
    (void)evaluate_fail(run, "cannot assign nil to %s", parameter_type(letter));
    return none;
}

struct operand evaluate_argument(struct template_run *run, struct operand dot, char letter,
                                 const struct node *node)
{
    run->at = node;
    switch (node->kind) {
    case NODE_DOT:
        return check(run, letter, dot);
    case NODE_NIL:
        return nil_literal(run, letter);
    case NODE_BOOL:
    case NODE_NUMBER:
    case NODE_STRING:
        return literal(run, dot, letter, node);
    default:
        return check(run, letter, evaluate_node(run, dot, node, node, &no_arguments));
    }
}

/* --- argument lists -------------------------------------------------------------- */
struct shape {
    const char *letters;
    size_t fixed;  /* parameters that must be given */
    char variadic; /* type of all further ones; 0: there are none */
};

static struct shape shape_of(const char *parameters)
{
    size_t len = strlen(parameters);
    struct shape s = {parameters, len, 0};

    if (len && parameters[len - 1] == '*') {
        s.fixed = len - 2;
        s.variadic = parameters[len - 2];
    } else if (len && parameters[len - 1] == '+') {
        s.fixed = len - 1;
        s.variadic = parameters[len - 2];
    }
    return s;
}

static char letter_at(const struct shape *s, size_t i)
{
    return (char)(i < s->fixed ? s->letters[i] : s->variadic);
}

static bool check_count(struct template_run *run, const struct shape *s, struct text name,
                        size_t written, size_t given)
{
    if (s->variadic && given < s->fixed)
        return evaluate_fail(run, "wrong number of args for %.*s: want at least %zu got %zu",
                             (int)name.len, name.at, s->fixed, written);
    if (!s->variadic && given != s->fixed)
        return evaluate_fail(run, "wrong number of args for %.*s: want %zu got %zu", (int)name.len,
                             name.at, s->fixed, given);
    return true;
}

static const struct datum *argument_datum(const struct function_call *f, struct operand value)
{
    if (value.boxed && value.datum->kind == DATUM_NIL && f->function &&
        f->function->flags & FUNCTION_KNOWS_BOXED)
        return &evaluate_boxed_nil;
    return datum_as_argument(f->arena, value.datum);
}

bool evaluate_arguments(struct template_run *run, struct operand dot, const char *parameters,
                        struct text name, const struct arguments *arguments,
                        struct function_call *f)
{
    struct shape s = shape_of(parameters);
    size_t given = arguments->count + (arguments->last.datum ? 1 : 0);
    const struct datum **values;

    if (!check_count(run, &s, name, arguments->count, given))
        return false;
    values = given ? arena_array(run->arena, given, sizeof(struct datum *)) : NULL;
    for (size_t i = 0; i < given; i++) {
        struct operand value = i < arguments->count ? evaluate_argument(run, dot, letter_at(&s, i),
                                                                        arguments->nodes[i])
                                                    : check(run, letter_at(&s, i), arguments->last);

        if (!value.datum)
            return false;
        values[i] = argument_datum(f, value);
    }
    f->arguments = values;
    f->count = given;
    f->first = arguments->count ? arguments->nodes[0] : NULL;
    return true;
}

/* --- calls ----------------------------------------------------------------------- */
void evaluate_call_failed(struct template_run *run, const struct function_call *f, struct text name)
{
    struct error_part *inside = run->error;

    if (f->error) {
        (void)evaluate_fail(run, "error calling %.*s: %s", (int)name.len, name.at, f->error);
        return;
    }
    run->error = NULL;
    (void)evaluate_fail(run, "error calling %.*s: ", (int)name.len, name.at);
    run->error->next = inside;
}

/* and, or: the first operand that decides, and none behind it is evaluated. */
static struct operand decide(struct template_run *run, struct operand dot, bool deciding,
                             struct text name, const struct arguments *arguments)
{
    struct shape s = {"v", 1, 'v'};
    struct operand value = none;

    if (!check_count(run, &s, name, arguments->count,
                     arguments->count + (arguments->last.datum ? 1 : 0)))
        return none;
    for (size_t i = 0; i < arguments->count; i++) {
        value = evaluate_argument(run, dot, 'v', arguments->nodes[i]);
        if (!value.datum || datum_truth(value.datum) == deciding)
            return value;
    }
    return arguments->last.datum ? arguments->last : value;
}

/* What a function has to look at, in steps: it may be called often with large operands. */
static size_t size_in_steps(const struct function_call *f)
{
    size_t steps = f->function->flags & FUNCTION_SLOW ? SLOW_STEPS : 0;

    for (size_t i = 0; i < f->count; i++) {
        const struct datum *d = f->arguments[i];
        bool is_text = d->kind == DATUM_STRING || d->kind == DATUM_BYTES;

        steps += datum_len(d) / (is_text ? FUNCTION_BYTES_PER_STEP : FUNCTION_ELEMENTS_PER_STEP);
    }
    return steps;
}

struct operand evaluate_call(struct template_run *run, struct operand dot, const struct node *node,
                             const struct node *command, const struct arguments *arguments)
{
    const struct function *function = node->call.function;
    struct function_call f = {.run = run, .arena = run->arena, .function = function};
    const struct datum *result;

    run->at = node;
    if (!evaluate_step(run))
        return none;
    if (function->flags & (FUNCTION_AND | FUNCTION_OR))
        return decide(run, dot, function->flags & FUNCTION_OR, node->call.name, arguments);
    if (!evaluate_arguments(run, dot, function->parameters, node->call.name, arguments, &f) ||
        !evaluate_work(run, size_in_steps(&f)))
        return none;
    run->unstable = run->unstable || function->flags & FUNCTION_UNSTABLE;
    if (!(result = function->run(&f))) {
        run->at = command;
        evaluate_call_failed(run, &f, node->call.name);
        return none;
    }
    return (struct operand){result, result->kind == DATUM_NIL};
}
