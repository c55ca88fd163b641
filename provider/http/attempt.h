/* attempt - one try of a job: curl's options before it, the verdict after it.
 * The I/O thread's. */
#ifndef HTTP_ATTEMPT_H
#define HTTP_ATTEMPT_H
#include "http/job.h"

/* Forgets the attempt before and makes easy ready; false with the outcome set
 * when curl lacks something that safety needs. */
bool attempt_begin(struct job *job, CURL *easy);
/* Turns curl's result into the job's outcome. The handle is free again. */
void attempt_end(struct job *job, CURLcode code);

#endif
