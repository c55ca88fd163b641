/* table - maps with the methods of Go's chartutil.Values: the root of a template and
 * .Values are such maps. */
#ifndef HELM_TABLE_H
#define HELM_TABLE_H
#include "template/datum.h"

/* The same map (its entries are shared), with YAML, AsMap, Table and PathValue. */
const struct datum *table_datum(struct arena *a, const struct datum *map);

#endif
