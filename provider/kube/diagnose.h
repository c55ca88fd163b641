/* diagnose - what helps a person to see why an object does not get ready. For
 * files in kube/ only. */
#ifndef KUBE_DIAGNOSE_H
#define KUBE_DIAGNOSE_H
#include "kube/kube.h"

enum { DIAGNOSE_MS = 5000 };

/* The object's newest warning events, and for a workload the pods that are not
 * ready with their reasons: paragraphs that begin with blank lines, or "". What
 * cannot be read is left out. object may be NULL. */
const char *diagnose(struct call *c, struct kube *k, const struct kube_ref *ref,
                     const struct value *object);

#endif
