/* run - what an execution offers to functions that render: include and tpl.
 * For files of template/ only. */
#ifndef TEMPLATE_RUN_H
#define TEMPLATE_RUN_H
#include "template/function.h"
#include "template/template.h"

/* Executes a template of the run's set and gives its text. */
const struct datum *run_include(struct function_call *f, struct text name, const struct datum *dot);
/* Parses the text beside the set's templates and executes it. */
const struct datum *run_text(struct function_call *f, struct text source, const struct datum *dot);
const struct template_hooks *run_hooks(const struct function_call *f);
/* A failure that Helm shows without the function's name: fail and required. */
const struct datum *run_fail(struct function_call *f, struct text message);

#endif
