/* check_value - how a refused value is reported, by the table's rules and by
 * the named checks alike. */
#ifndef SCHEMA_CHECK_VALUE_H
#define SCHEMA_CHECK_VALUE_H
#include "schema/call.h"

/* Always false. Says "Invalid <path>" and "It must <rule>; it is <value>." */
bool check_refuse(struct call *c, const struct path *at, const struct value *v, const char *rule);
/* "Invalid <path>": the one form of summary. */
const char *check_title(struct arena *a, const struct path *at);

#endif
