/* version - what Istio's version numbers mean: lines that differ in their charts, the
 * Kubernetes that each needs, and how far an upgrade may go. Pure. */
#ifndef ISTIO_VERSION_H
#define ISTIO_VERSION_H
#include "schema/call.h"
#include "schema/path.h"

enum {
    VERSION_MINOR_MIN = 13,       /* the oldest that is supported */
    VERSION_MINOR_PROFILES = 21,  /* charts know profiles from here on */
    VERSION_MINOR_PLATFORMS = 24, /* and platforms; profiles remote and stable */
};

/* Of a row: a whole semantic version, 1.13.0 or newer. */
bool version_check(struct call *c, const struct path *at, const struct value *v);
/* 27 of "1.27.3"; 0 when it is none. */
int version_minor(const char *version);
/* The lowest Kubernetes minor that this line of Istio runs on. */
int version_kubernetes_minor(int minor);

/* The values.schema.json of the gateway chart of 1.21 to 1.24 refuses the chart's own
 * defaults, read as the JSON Schema that it says it is (Helm does so from 3.18 on). */
bool version_refuses_own_values(const char *version);

/* An upgrade in place that leaves lines out, or goes back: a warning against `at`.
 * Either may be "". */
void version_warn_of_step(struct call *c, const struct path *at, const char *from, const char *to);

#endif
