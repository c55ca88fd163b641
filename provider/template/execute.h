/* execute - the walk through a template's tree. For files of template/ only. */
#ifndef TEMPLATE_EXECUTE_H
#define TEMPLATE_EXECUTE_H
#include "template/evaluate.h"

/* Executes t with dot; its text is added to run->out. False: reported. */
bool execute_template(struct template_run *run, const struct template *t, const struct datum *dot);

#endif
