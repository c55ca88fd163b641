/* root - what a template finds at its root: .Chart, .Release, .Capabilities, .Files,
 * .Values, .Subcharts, one map per chart that all its templates share. */
#ifndef HELM_ROOT_H
#define HELM_ROOT_H
#include "helm/render.h"
#include "template/datum.h"

/* The same for every chart of a render. */
struct root_parts {
    const struct datum *release, *capabilities;
};

void root_parts_init(struct arena *a, const struct render_options *options, struct root_parts *out);
/* values: of the root chart; NULL parent. Of a sub-chart: its parent's map, in whose
 * .Values its own are found. */
const struct datum *root_new(struct arena *a, const struct chart *chart,
                             const struct root_parts *parts, const struct datum *values,
                             const struct datum *parent);
/* Sets .Template for the next file. */
void root_template(struct arena *a, const struct datum *root, const char *name,
                   const char *base_path);

const struct datum *capabilities_datum(struct arena *a, const struct capabilities *c);

#endif
