/* stack - room for templates inside templates. For files of template/ only.
 *
 * Charts nest a few levels, but a thousand are allowed, each of which may hold
 * hundreds of blocks: more than the stack of a worker thread. When little is left, a
 * call goes on on a thread of its own while its caller waits for it, so everything
 * still happens one after the other. */
#ifndef TEMPLATE_STACK_H
#define TEMPLATE_STACK_H
#include "template/evaluate.h"

/* To be called before anything else of an execution. */
void stack_begin(struct template_run *run);
/* work(data), here or there. False: there is no more room. */
bool stack_call(struct template_run *run, void (*work)(void *data), void *data);

#endif
