/* function - the tables of functions that templates may call.
 *
 * A family of functions is one file functions_<family>.c with one table, sorted by
 * nothing, ended by a row without a name; function.c lists the tables and finds
 * names. A row says its parameters by letters, which the evaluator checks before
 * the call with Go's own words ("wrong type for value; expected string; got
 * float64", "wrong number of args for trunc: want 2 got 1"):
 *     s string   b bool     i int (or an integral literal)
 *     I int64    f float64  v any (nil is allowed)
 *     m map      l list     n any, but nil is an error ("invalid value")
 *     V a version (semver) or nil         C a certificate (genCA ...)
 *     T a time   D a duration (or an integral literal)   Z a location of times
 *     U uint32 (a literal)
 * The last letter followed by '*' takes any number of such arguments, by '+' at
 * least one. So trunc is "is", printf "sv*", and "v+".
 *
 * A function gets checked arguments and returns a datum of f->arena, or
 * `return function_fail(f, "...")`. It must not keep f. Functions are pure but for
 * those flagged FUNCTION_UNSTABLE (random, time, certificates): a render that called
 * one says so (template_run.unstable). */
#ifndef TEMPLATE_FUNCTION_H
#define TEMPLATE_FUNCTION_H
#include "template/datum.h"

struct template_run;
struct node;

struct function_call {
    struct template_run *run;
    struct arena *arena;
    const struct function *function; /* NULL when a method is called */
    const struct datum *const *arguments;
    size_t count;
    const struct node *first; /* the first argument as written; NULL = a pipeline gave it */
    const char *error;        /* set by function_fail() */
};

enum function_flags {
    FUNCTION_UNSTABLE = 1 << 0,
    /* For the evaluator: it does the work of and and or itself, and hands a nil that
     * came out of a map to functions that tell it from others. */
    FUNCTION_AND = 1 << 1,
    FUNCTION_OR = 1 << 2,
    FUNCTION_KNOWS_BOXED = 1 << 3,
    FUNCTION_SLOW = 1 << 4, /* keys and passwords: counts as many steps */
};

struct function {
    const char *name;
    const char *parameters;
    const struct datum *(*run)(struct function_call *f);
    unsigned flags;
};

/* Always NULL. */
const struct datum *function_fail(struct function_call *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

enum { FUNCTION_ELEMENTS_PER_STEP = 16, FUNCTION_BYTES_PER_STEP = 64 };

/* Counts work that grows faster than the arguments. False: the execution has to end, which
 * is reported; the function returns NULL. */
bool function_work(struct function_call *f, size_t steps);

/* Argument i as what the row promised. */
const struct datum *function_argument(const struct function_call *f, size_t i);
struct text function_text(const struct function_call *f, size_t i);
int64_t function_integer(const struct function_call *f, size_t i);
double function_real(const struct function_call *f, size_t i);

/* NULL when there is no such name (also for those that Helm removes). */
const struct function *function_find(struct text name);

/* One table per file. */
extern const struct function functions_builtin[];  /* text/template's own: functions_builtin.c */
extern const struct function functions_helm[];     /* include, tpl, required, fail, lookup */
extern const struct function functions_string[];   /* Sprig: strings */
extern const struct function functions_case[];     /* Sprig: upper, lower and joined words */
extern const struct function functions_layout[];   /* Sprig: wrap and abbrev */
extern const struct function functions_random[];   /* Sprig: random words and numbers */
extern const struct function functions_list[];     /* Sprig: lists */
extern const struct function functions_dict[];     /* Sprig: maps */
extern const struct function functions_merge[];    /* Sprig: merge and mergeOverwrite */
extern const struct function functions_number[];   /* Sprig: conversions and arithmetic */
extern const struct function functions_type[];     /* Sprig: default, empty, kindOf, ternary ... */
extern const struct function functions_regex[];    /* Sprig: regular expressions, over PCRE2 */
extern const struct function functions_version[];  /* Sprig: semver, semverCompare */
extern const struct function functions_encoding[]; /* toYaml, toJson, toToml, from..., base64 */
extern const struct function functions_time[];     /* Sprig: dates */
extern const struct function functions_crypto[];   /* Sprig: digests, ciphers, private keys */
extern const struct function functions_password[]; /* Sprig: bcrypt, htpasswd, derivePassword */
extern const struct function functions_certificate[]; /* Sprig: genCA, genSignedCert ... */
extern const struct function functions_path[];        /* Sprig: paths and URLs */

#endif
