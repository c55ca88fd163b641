/* program - a foreign program that the person named, run to its end.
 *
 * In a process group of its own, so that what it started is ended with it; with
 * nothing on stdin, default signals, and its output bounded. Ends when the program
 * ends, when it prints too much, when it takes too long, or when the call is
 * cancelled: never later than a moment after that. Thread-safe. */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H
#include <stdbool.h>
#include <stdint.h>

#include "base/cancel.h"
#include "base/text.h"

enum {
    PROGRAM_OUTPUT_BYTES_MAX = 1 << 20,
    PROGRAM_ERROR_BYTES_MAX = 4096, /* the last of what it says on stderr */
    PROGRAM_RUN_MS_MAX = 60 * 1000,
};

struct program {
    char *const *arguments; /* the first is the program, looked for in PATH; ends with NULL */
    char *const *variables; /* its environment; NULL = ours */
    struct cancel *cancel;  /* may be NULL */
    int64_t deadline_ms;    /* monotonic; PROGRAM_RUN_MS_MAX from now where that is earlier */
};

/* Lives in the arena. */
struct program_end {
    const char *trouble; /* NULL = it ended with code 0; else a clause: "it ended with code 1." */
    struct text output;
    const char *said; /* stderr's end, fit for people; "" = nothing */
};

/* False when out->trouble says something. */
bool program_run(struct arena *a, const struct program *program, struct program_end *out);
/* The environment of this process; ends with NULL. */
char **program_environment(void);

#endif
