/* yaml_write - a datum as Helm's toYaml writes it: the value goes through JSON and
 * go-yaml v2 there, and every trait of that way shows in manifests, so all are kept:
 * natural key order, what gets which quotes, folding at 80 columns, block scalars,
 * lists not indented under their key, escapes.
 *
 * The order of keys such as "9a" and "10" side by side is not stable in Helm itself. */
#ifndef TEMPLATE_YAML_WRITE_H
#define TEMPLATE_YAML_WRITE_H
#include "template/datum.h"

enum yaml_write_form {
    YAML_WRITE,        /* toYaml */
    YAML_WRITE_PRETTY, /* toYamlPretty: go-yaml v3, lists indented, nothing folded */
};

/* With a newline at the end. NULL, or Go's words for what cannot be written; b holds
 * part of it then. */
const char *yaml_write_datum(struct text_builder *b, const struct datum *d,
                             enum yaml_write_form form);

#endif
