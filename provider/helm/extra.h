/* extra - objects of a resource's own beside those of a chart.
 *
 * They become one more template of a copy of the chart, so that everything that is
 * true of the chart's objects is true of them: planned, pruned, watched for drift,
 * in the release record, removed by `helm uninstall`. */
#ifndef HELM_EXTRA_H
#define HELM_EXTRA_H
#include "helm/chart.h"

/* `chart` with the template "templates/<name>" of these objects; itself when there
 * are none. What looks like a template action in them stays text. */
const struct chart *extra_objects(struct arena *a, const struct chart *chart, const char *name,
                                  const struct value *objects);

#endif
