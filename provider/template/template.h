/* template - Go's text/template with Sprig's and Helm's functions, as Helm 3.21
 * runs them.
 *
 * A set holds parsed templates by name. All sources are parsed first, then any is
 * executed, any number of times; maps that a template changes stay changed for the
 * next. Nothing here does I/O: what needs a server (lookup) is a function that the
 * caller gives. One set belongs to one call and its arena.
 *
 * Errors are diagnostics in Helm's own words with file, line and column and the
 * chain of includes. Limits: time and cancellation of the call, output,
 * memory, steps, depth. */
#ifndef TEMPLATE_TEMPLATE_H
#define TEMPLATE_TEMPLATE_H
#include <stdbool.h>

#include "schema/call.h"
#include "template/datum.h"

enum {
    TEMPLATE_OUTPUT_BYTES_MAX = 64 << 20,  /* of one file, and of any text on the way */
    TEMPLATE_MEMORY_BYTES_MAX = 512 << 20, /* of all executions of a set */
    TEMPLATE_STEPS_MAX = 10000000,         /* of one execution: calls, turns, sizes of operands */
    TEMPLATE_SOURCE_BYTES_MAX = 16 << 20,
    TEMPLATE_INCLUDE_DEPTH_MAX = 1000, /* of one name, as in Helm */
    TEMPLATE_NESTING_MAX = 5000,       /* templates inside each other */
    TEMPLATE_PARSE_DEPTH_MAX = 500,    /* blocks and parentheses inside each other */
};

struct template_set;

/* How templates of a set meet the world. */
struct template_hooks {
    /* The object, an empty map when absent, a list object for an empty name; NULL =
     * reported in f by function_fail(). The hook NULL = always an empty map. */
    const struct datum *(*lookup)(struct function_call *f, void *data, const char *api_version,
                                  const char *kind, const char *namespace, const char *name);
    void *data;
};

struct template_set *template_set_new(struct call *c, const struct template_hooks *hooks);
/* Adds the template `name` ("chart/templates/a.yaml") and all that it defines.
 * Among files, a definition that is parsed later wins. */
/* source and name must outlive the set. */
bool template_parse(struct template_set *s, const char *name, struct text source);
/* *out lives in the set's arena; every "<no value>" is taken out of it, as Helm
 * does. */
bool template_execute(struct template_set *s, const char *name, const struct datum *dot,
                      struct text *out);
/* What the last failure was, word for word as Helm prints it behind "Error: ". */
const char *template_error(const struct template_set *s);
/* Whether the last execution called a function whose result differs from call to
 * call (random text, keys, the time). */
bool template_unstable(const struct template_set *s);

#endif
