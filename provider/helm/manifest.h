/* manifest - rendered files to documents: where Helm cuts them, what is a hook, in
 * which order objects are installed. */
#ifndef HELM_MANIFEST_H
#define HELM_MANIFEST_H
#include "helm/render.h"

/* Cut at every line that starts with "---"; blank pieces are left out, others are
 * without white space around. *count pieces. */
struct text *manifest_split(struct arena *a, struct text file, size_t *count);
/* Without white space at both ends, as Go's strings.TrimSpace. */
struct text manifest_trim(struct text t);

/* Sorted apart while files are read, in the order of their paths. */
struct manifest {
    struct call *call;
    const struct path *at;
    struct rendered *out;
    size_t document_capacity, object_capacity, hook_capacity;
    bool unstable; /* of the file that is read */
};

/* Adds the documents of one rendered file to documents or hooks of m->out. A document
 * that is no YAML, or whose head has wrong types, is reported with its lines. */
bool manifest_add(struct manifest *m, const char *source, struct text file);
/* Puts documents in install order, fills objects, puts hooks in running order. */
void manifest_finish(struct manifest *m);
/* Adds the objects of a file of crds/ to out->crds. Before manifest_finish(). */
bool manifest_add_crds(struct manifest *m, const char *source, struct text file);

#endif
