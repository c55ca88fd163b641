/* json_schema_format - the `format` of JSON Schema up to draft 7. For json_schema alone. */
#ifndef JSON_SCHEMA_JSON_SCHEMA_FORMAT_H
#define JSON_SCHEMA_JSON_SCHEMA_FORMAT_H
#include <stdbool.h>

#include "base/text.h"

/* Formats that are not known fit everything. */
bool json_schema_format_fits(const char *format, struct text t);

#endif
