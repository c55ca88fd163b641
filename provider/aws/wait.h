/* wait - waiting until AWS has done what it accepted: rows, and the one loop.
 *
 * Polls grow from poll_ms_min to poll_ms_max, obey the call's deadline and cancellation,
 * and log at INFO what was last seen when it changes. */
#ifndef AWS_WAIT_H
#define AWS_WAIT_H
#include "aws/aws.h"

struct aws_wait {
    const char *what; /* "cluster to become ACTIVE": "Timed out waiting for …" */
    const struct aws_operation *operation;
    const char *const *path; /* keys to the state in the output, ended by NULL; a list on
                                the way is entered at its first element */
    const char *const *done, *const *failed; /* states; others mean: go on */
    bool until_gone;                         /* "not found" is the end */
    bool may_be_missing; /* just made: not found is "not yet" for AWS_VISIBLE_MS */
    int64_t poll_ms_min, poll_ms_max;
};

enum { AWS_VISIBLE_MS = 2 * 60 * 1000 };

/* True: *out = the output that ended it (NULL = gone). False: reported, with the
 * reasons that `explain` finds in the last output (may be NULL). */
bool aws_wait(struct call *c, struct aws *session, const struct aws_wait *wait,
              const struct value *input,
              const char *(*explain)(struct arena *a, const struct value *output),
              const struct value **out);
/* Calls until it is not refused with a code of the row's `pending`, for at most ms. */
bool aws_call_until(struct call *c, struct aws *session, const struct aws_operation *operation,
                    const struct value *input, int64_t ms, const struct value **out);

#endif
