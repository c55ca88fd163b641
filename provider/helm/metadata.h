/* metadata - Chart.yaml: its fields as Helm types them, and what Helm demands of them. */
#ifndef HELM_METADATA_H
#define HELM_METADATA_H
#include "helm/loader.h"

/* Lays the known fields of a document (Chart.yaml, or requirements.yaml behind it) over
 * *metadata: texts become strings, unknown fields are left out. `what` names the chart,
 * `file` the document. */
bool metadata_read(struct loader *l, const struct value *document, const char *what,
                   const char *file, const struct value **metadata);
/* Name, version, type, aliases: reports the first that Helm would refuse. */
bool metadata_check(struct loader *l, const struct value *metadata, const char *what);

#endif
