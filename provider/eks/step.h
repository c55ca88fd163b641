/* step - one part of a cluster (an add-on, a node group) while it is worked on.
 *
 * What fails is reported with the part's name and its place in the configuration. A
 * request that EKS refuses because something else is being done to the part, or because it
 * does not see yet what IAM or EC2 have just made, is sent again. Belongs to one call. */
#ifndef EKS_STEP_H
#define EKS_STEP_H
#include "aws/aws.h"
#include "aws/wait.h"

/* What to do about a reason that has this word. */
struct step_advice {
    const char *word, *text; /* word NULL ends a table */
};

struct step {
    struct call *call;
    struct aws *aws;
    const char *cluster;
    const char *what;          /* "Add-on coredns": begins every summary */
    const char *member, *name; /* "addonName", "coredns": how requests name it */
    const struct path *at;     /* eks.addons["coredns"] */
    /* Tables that end with NULL, or NULL: a word of EKS's refusal and the argument at fault;
     * a word of it and what to do. */
    const char *const (*blame)[2];
    const struct step_advice *advice;
};

/* The text of the first row whose word is in the reason; "". */
const char *step_advice_on(const struct step_advice *rows, const char *reason);
/* {"clusterName": …, "<member>": …}. */
const struct value *step_input(const struct step *s);
/* Reported at the argument `name` of the part; NULL = at the part itself. Always false. */
bool step_error(const struct step *s, const char *argument, const char *summary,
                const char *detail_format, ...) __attribute__((format(printf, 4, 5)));
/* *out NULL = it does not exist (`gone`), or exists already (`exists`). */
bool step_call(const struct step *s, const struct aws_operation *operation,
               const struct value *input, const struct value **out);
/* At most ms, and never longer than the call may take. */
bool step_wait(const struct step *s, const struct aws_wait *wait, int64_t ms);
/* For the update of this id to end; errors of the update are its reasons. */
bool step_wait_update(const struct step *s, const char *update_id, int64_t ms);
/* Gives the object of this ARN the tags that it lacks, and takes those of `old` that are
 * not wanted any more. */
bool step_tag(const struct step *s, const char *arn, const struct value *now,
              const struct value *wanted, const struct value *old);

#endif
