/* family - a chart and its sub-charts while dependencies and values are sorted out.
 * Helm changes its charts in place for that; a struct chart stays as it was read, so
 * the working copies are here. For the files of helm/ that work on values. */
#ifndef HELM_FAMILY_H
#define HELM_FAMILY_H
#include "helm/chart.h"
#include "template/datum.h"

/* One entry of Chart.yaml's dependencies. */
struct declared {
    const struct value *entry;
    const char *name; /* the alias, once it is applied */
    bool enabled;
};

struct family {
    const struct chart *chart;
    const char *name; /* the chart's, or its alias */
    const struct datum *values;
    struct declared *declared;
    size_t declared_count;
    struct family **members;
    size_t member_count;
};

struct family *family_new(struct arena *a, const struct chart *chart);
/* The chart that the family has become. */
struct chart *family_chart(struct arena *a, const struct family *f);

/* Conditions, tags, versions and aliases, then import-values. `user` is not changed. */
bool family_settle(struct call *c, const struct path *at, struct family *f,
                   const struct datum *user);

#endif
