/* values - what a chart is rendered with: the user's values over the chart's, pushed
 * into sub-charts, exactly as Helm 3.21 does it. Pure. */
#ifndef HELM_VALUES_H
#define HELM_VALUES_H
#include "helm/chart.h"
#include "template/datum.h"

/* The user's side, lowest first: each of `documents` (a list of maps) is merged over
 * the one before, then each of `sets` in its order: maps {"name", "value", "type"} with
 * type "auto" (--set; also when none is said), "string", "json", "literal". A null
 * deletes the chart's default (see values_for_chart). Errors name the entry. */
bool values_of_user(struct call *c, const struct value *documents, const struct value *sets,
                    const struct path *documents_at, const struct path *sets_at,
                    const struct value **out);
/* One --set expression "a.b[0]=x,c={1,2}" over `base` (a map, or null); type as above,
 * where "json" is --set-json, "literal" --set-literal. "file" is as "string": its
 * values are names of files, see set_expression.h. */
bool values_set(struct call *c, struct text expression, const char *type, const struct path *at,
                const struct value *base, const struct value **out);
/* A whole number that came by --set is int64 in templates, every other is float64:
 * the number's dynamic type (value->type) is this. */
extern const struct type *const values_integer;
/* Between struct value with that mark and what templates see. */
const struct datum *values_to_datum(struct arena *a, const struct value *v);
const struct value *values_from_datum(struct arena *a, const struct datum *d);

/* Drops the dependencies that conditions, tags and versions switch off, applies
 * aliases and import-values, and merges everything: *chart_out is the chart to render
 * and *values what its root sees, with the parts of sub-charts in it. A user's null
 * deletes as in Helm. Where a default is passed over because one side is a map and
 * the other is none, a warning at `at` says so. */
bool values_for_chart(struct call *c, const struct chart *chart, const struct value *user,
                      const struct path *at, struct chart **chart_out, const struct datum **values);
/* values.schema.json of the chart and its sub-charts; every miss is reported with
 * its place at `at`. */
bool values_check_schema(struct call *c, const struct chart *chart, const struct value *values,
                         const struct path *at);

#endif
