#include "template/template.h"

#include <string.h>

#include "template/execute.h"
#include "template/quote.h"
#include "template/set.h"
#include "template/stack.h"

enum { EXCERPT_BYTES = 2048, REASON_BYTES = 4096 };

static const char no_value[] = "<no value>";

struct template_set *template_set_new(struct call *c, const struct template_hooks *hooks)
{
    struct template_set *s = arena_alloc(c->arena, sizeof(*s));

    s->call = c;
    s->arena = c->arena;
    s->arena_bytes = arena_bytes(c->arena);
    if (hooks)
        s->hooks = *hooks;
    text_builder_init(&s->out, s->arena, TEMPLATE_OUTPUT_BYTES_MAX);
    return s;
}

const char *template_error(const struct template_set *s)
{
    return s->error ? s->error : "";
}

bool template_unstable(const struct template_set *s)
{
    return s->unstable;
}

/* A thousand includes inside each other: where it began and why it ended. */
static const char *shortened(struct arena *a, const char *error)
{
    size_t len = strlen(error);

    if (len <= EXCERPT_BYTES + REASON_BYTES)
        return error;
    return text_f(a, "%.*s\n... (%zu bytes) ...\n%s", EXCERPT_BYTES, error,
                  len - EXCERPT_BYTES - REASON_BYTES, error + len - REASON_BYTES);
}

static bool report(struct template_set *s, const char *error)
{
    s->error = error;
    return diag_error(s->call->diags, NULL, "Chart template failed", "%s",
                      shortened(s->arena, error));
}

/* --- parsing ---------------------------------------------------------------------- */
/* Helm keeps the second and the last part of Go's message. */
static const char *parse_error(struct arena *a, const char *name, const char *error)
{
    const char *location = strstr(error, ": "), *end, *last, *next;

    if (!location)
        return text_f(a, "parse error in (%s): %s", name, error);
    location += 2;
    end = strstr(location, ": ");
    if (!end)
        return text_f(a, "parse error at (%s): %s", location, location);
    for (last = end + 2; (next = strstr(last, ": "));)
        last = next + 2;
    return text_f(a, "parse error at (%.*s): %s", (int)(end - location), location, last);
}

static bool parse(struct template_set *s, const char *name, struct text text, struct template **out,
                  const char **error)
{
    struct source *source = arena_alloc(s->arena, sizeof(*source));

    *source = (struct source){name, text};
    if (text.len > TEMPLATE_SOURCE_BYTES_MAX) {
        *error = text_f(s->arena, "template: %s:1: it has more than %d bytes", name,
                        TEMPLATE_SOURCE_BYTES_MAX);
        return false;
    }
    return parser_run(s->arena, source, out, error);
}

bool template_parse(struct template_set *s, const char *name, struct text source)
{
    struct template *templates;
    const char *error;

    if (!parse(s, name, source, &templates, &error))
        return report(s, parse_error(s->arena, name, error));
    set_add(s, templates);
    return true;
}

/* --- executing -------------------------------------------------------------------- */
/* A copy without what stands for missing values. */
static struct text without_no_value(struct arena *a, struct text t)
{
    char *copy = arena_alloc(a, t.len + 1);
    size_t len = 0, at = 0;

    while (at < t.len) {
        const char *open = memchr(t.at + at, '<', t.len - at);
        size_t plain = open ? (size_t)(open - t.at) - at : t.len - at;

        memcpy(copy + len, t.at + at, plain);
        len += plain;
        at += plain;
        if (!open)
            break;
        if (text_starts_with((struct text){open, t.len - at}, no_value))
            at += sizeof(no_value) - 1;
        else
            copy[len++] = t.at[at++];
    }
    return (struct text){copy, len};
}

static const char *joined(struct arena *a, const struct error_part *parts)
{
    struct text_builder b;

    text_builder_init(&b, a, TEMPLATE_OUTPUT_BYTES_MAX);
    for (; parts; parts = parts->next)
        text_add(&b, parts->text);
    return b.at;
}

static bool report_run(struct template_set *s, const struct template_run *run)
{
    struct text at = run->error_location;

    s->error = joined(s->arena, run->error);
    if (run->plain_error)
        s->error =
            text_f(s->arena, "execution error at (%.*s): %s", (int)at.len, at.at, run->plain_error);
    return report(s, s->error);
}

bool template_execute(struct template_set *s, const char *name, const struct datum *dot,
                      struct text *out)
{
    struct template_run run = {.arena = s->arena,
                               .call = s->call,
                               .set = s,
                               .out = &s->out,
                               .arena_bytes_max = s->arena_bytes + TEMPLATE_MEMORY_BYTES_MAX};
    struct template *t = set_find(s, text_of(name));
    bool done;

    if (!t)
        return report(s, text_f(s->arena,
                                "template: no template \"%s\" associated with template \"gotpl\"",
                                name));
    s->out.len = 0;
    s->out.overflow = false;
    stack_begin(&run);
    done = execute_template(&run, t, dot);
    s->unstable = run.unstable;
    if (!done)
        return report_run(s, &run);
    if (s->out.overflow)
        return report(s, text_f(s->arena, "%s: its text exceeds 64 MiB", name));
    *out = without_no_value(s->arena, text_built(&s->out));
    return true;
}

/* --- for functions that render ------------------------------------------------------ */
/* Texts inside texts are built behind each other in one builder and cut off again. */
static bool render(struct template_run *run, struct template *t, const struct datum *dot,
                   struct text *out)
{
    size_t mark = run->out->len;
    bool done = execute_template(run, t, dot);

    *out = (struct text){run->out->at + mark, run->out->len - mark};
    run->out->len = mark;
    return done;
}

static const char *quoted(struct arena *a, struct text t)
{
    struct text_builder b;

    text_builder_init(&b, a, TEMPLATE_OUTPUT_BYTES_MAX);
    quote_text(&b, t, false);
    return b.at;
}

/* Of a long text the beginning: what went wrong stands behind it in the message. */
static const char *excerpt(struct arena *a, struct text t)
{
    size_t len = EXCERPT_BYTES;

    if (t.len <= EXCERPT_BYTES)
        return quoted(a, t);
    while (len > 0 && ((unsigned char)t.at[len] & 0xc0) == 0x80)
        len--;
    return text_f(a, "%s... (%zu bytes)", quoted(a, (struct text){t.at, len}), t.len);
}

const struct datum *run_include(struct function_call *f, struct text name, const struct datum *dot)
{
    struct template *t = set_find(f->run->set, name);
    struct text text;
    bool done;

    if (!t)
        return function_fail(f, "template: no template %s associated with template \"gotpl\"",
                             quoted(f->arena, name));
    if (t->active > TEMPLATE_INCLUDE_DEPTH_MAX)
        return function_fail(f,
                             "rendering template has a nested reference name: %.*s: unable to "
                             "execute template",
                             (int)name.len, name.at);
    t->active++;
    done = render(f->run, t, dot, &text);
    t->active--;
    if (!done)
        return NULL;
    return datum_string(f->arena, (struct text){arena_copy(f->arena, text.at, text.len), text.len});
}

const struct datum *run_text(struct function_call *f, struct text source, const struct datum *dot)
{
    struct template_run *run = f->run;
    struct template_set *s = arena_alloc(f->arena, sizeof(*s)), *before = run->set;
    struct template *templates, *root;
    struct text text;
    const char *error;
    bool done;

    *s = (struct template_set){
        .call = before->call, .arena = f->arena, .hooks = before->hooks, .parent = before};
    if (!parse(s, "gotpl", source, &templates, &error))
        return function_fail(f, "cannot parse template %s: %s", excerpt(f->arena, source), error);
    for (root = templates; root->next;)
        root = root->next;
    set_add(s, templates);
    run->set = s;
    done = render(run, root, dot, &text);
    run->set = before;
    if (!done) {
        evaluate_prefix(run,
                        text_of(text_f(f->arena, "error during tpl function execution for %s: ",
                                       excerpt(f->arena, source))));
        return NULL;
    }
    return datum_string(f->arena, without_no_value(f->arena, text));
}

const struct template_hooks *run_hooks(const struct function_call *f)
{
    return &f->run->set->hooks;
}

const struct datum *run_fail(struct function_call *f, struct text message)
{
    f->run->plain_error = text_z(f->arena, message);
    return function_fail(f, "%s", f->run->plain_error);
}
